"""Cabinets for tests, and a centre that writes command blocks to them."""

from dataclasses import replace
from typing import Any

from controller.events import CabinetMode, CommandKind
from controller.model import GroupKind
from field_io.registers import ANY_STAGE, CommandBlock, ResultCode, Status, encode_command
from sim.cabinet import CabinetConfig, GroupTimes, LocalPlan, PlcCabinet, StartUp, StartUpSequence, VirtualCabinet
from sim.monitor import GroupRules, JunctionRules

KEY = bytes(range(32))
ANYWHERE = frozenset({CommandKind.RENEW, CommandKind.RELEASE, CommandKind.REQUEST_FLASH})


def crossroads(**changes: Any) -> CabinetConfig:
    """K1 with its pedestrians F1 against K2; stage 1 {K1, F1}, stage 2 {K2}, stage 3 {K1}. Intergreens 5, 6 and 11 s.

    Minimums 6 s, 7 s (walk) and 5 s; amber 3 s, clearance 8 s; local plan of 60 s: stage 1 at 0, stage 2 at 30.
    """
    groups = (
        GroupTimes("K1", GroupKind.VEHICLE, 60, 500, 30),
        GroupTimes("F1", GroupKind.PEDESTRIAN, 70, 300, 80),
        GroupTimes("K2", GroupKind.VEHICLE, 50, 300, 30),
    )
    intergreen_ds = ((None, None, 50), (None, None, 110), (50, 60, None))
    config = CabinetConfig(
        id="J01",
        number=1042,
        junction_number=1,
        groups=groups,
        intergreen_ds=intergreen_ds,
        stages=(0b011, 0b100, 0b001),
        start_up=StartUp(StartUpSequence.NORDIC, dark_ds=70, amber_ds=30, red_ds=50, first_stage=1),
        local_plan=LocalPlan(600, 0, ((0, 1), (300, 2))),
        safety_hash=0x6955_B900_00FA_9F3A,
    )
    return replace(config, **changes)


def monitor_rules(config: CabinetConfig) -> JunctionRules:
    """What the monitor would have read in the junction's file, if that said the same as the cabinet's."""
    groups = tuple(
        GroupRules(g.id, g.kind, g.min_green_ds, g.closing_ds, g.red_amber_ds)
        if g.kind is GroupKind.VEHICLE
        else GroupRules(g.id, g.kind, g.min_green_ds, clearance_ds=g.closing_ds)
        for g in config.groups
    )
    intergreen_ds = {
        (i, j): time_ds
        for i, row in enumerate(config.intergreen_ds)
        for j, time_ds in enumerate(row)
        if time_ds is not None
    }
    return JunctionRules(config.id, groups, intergreen_ds)


class Centre:
    """A controller's side of the link: right blocks from the cabinet's own status, unless told otherwise."""

    def __init__(self, cabinet: VirtualCabinet, epoch: int = 17) -> None:
        self.cabinet = cabinet
        self.epoch = epoch
        self.sequence = 0
        self.words: tuple[int, ...] = ()
        """The last block written."""

    def block(self, kind: CommandKind, **changes: Any) -> CommandBlock:
        """The block that is right now, with some fields changed."""
        self.sequence += 1
        status, identity = self.cabinet.status, self.cabinet.identity
        block = CommandBlock(
            cabinet_id=identity.cabinet_id,
            epoch=self.epoch,
            sequence=self.sequence,
            kind=kind,
            lease_ms=10_000,
            expected_stage=ANY_STAGE if kind in ANYWHERE else status.active_stage,
            expected_mode=status.mode,
            boot_id_low=identity.boot_id & 0xFFFF_FFFF,
            basis_snapshot=status.snapshot,
            safety_hash=identity.safety_hash,
        )
        return replace(block, **changes)

    def send(self, block: CommandBlock, key: bytes | None = KEY) -> ResultCode:
        """Write a block; the cabinet must find its form good."""
        self.words = encode_command(block, key)
        assert self.cabinet.write_holding(0, self.words) == 0
        return ResultCode(self.cabinet.status.result)

    def say(self, kind: CommandKind, **changes: Any) -> ResultCode:
        """Make and write a block."""
        return self.send(self.block(kind, **changes))

    def request(self, stage: int, **changes: Any) -> ResultCode:
        """Ask for a stage."""
        return self.say(CommandKind.REQUEST_STAGE, stage=stage, **changes)

    def renew_until(self, end_ds: int) -> None:
        """Let the cabinet live with a renewal each second."""
        while self.cabinet.now_ds < end_ds:
            self.cabinet.advance(min(self.cabinet.now_ds + 10, end_ds))
            assert self.say(CommandKind.RENEW) is ResultCode.ACCEPTED


def start(config: CabinetConfig | None = None, *, now_ds: int = 0, key: bytes | None = KEY) -> VirtualCabinet:
    """A cabinet that has just been switched on."""
    return VirtualCabinet(
        config or crossroads(), boot_id=0xB007_0000_0002_6B1F, key=key, now_ds=now_ds, unix_at_zero_s=0.0
    )


def in_local(config: CabinetConfig | None = None) -> VirtualCabinet:
    """A cabinet that has started up and runs its local plan, at 0:01:00 by its clock."""
    cabinet = start(config)
    cabinet.advance(600)
    assert cabinet.mode is CabinetMode.LOCAL_COORDINATED
    return cabinet


def in_remote(config: CabinetConfig | None = None) -> tuple[VirtualCabinet, Centre]:
    """A cabinet under remote control with stage 1 green, at 0:01:40, and the centre that holds the lease."""
    cabinet = in_local(config)
    centre = Centre(cabinet)
    cabinet.advance(800)
    assert centre.request(1) is ResultCode.ACCEPTED
    centre.renew_until(1000)
    assert (cabinet.mode, cabinet.active_stage) == (CabinetMode.REMOTE, 1)
    return cabinet, centre


def mode_of(cabinet: VirtualCabinet | PlcCabinet) -> CabinetMode:
    """Its mode now: a call, so that a type checker does not take an earlier answer for a lasting one."""
    return cabinet.mode


def without_echo(status: Status) -> Status:
    """The status but for what a refused block may change: its echo and the counters."""
    return replace(
        status,
        result=0,
        command_state=0,
        received_sequence=0,
        received_epoch=0,
        refused_blocks=0,
        non_conforming_writes=0,
        authentication_failures=0,
    )
