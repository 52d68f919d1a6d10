"""A small site for the tests of the street, and a cabinet that says yes to every block that is whole."""

from collections.abc import Sequence
from dataclasses import replace

from controller.events import CabinetMode, CommandKind, PermittedCommand, Reason
from controller.model import (
    Aspect,
    DayPlan,
    GroupKind,
    Junction,
    Loop,
    LoopRole,
    Network,
    Schedule,
    SignalGroup,
    Stage,
)
from field_io.registers import (
    BlockRefused,
    CommandBlock,
    Identity,
    ResultCode,
    Status,
    block_crc,
    decode_command,
    encode_identity,
    encode_status,
)

SAFETY_HASH = 0x9F3A6C1D42B07E58


def make_junction(name: str, number: int) -> Junction:
    """Two vehicle groups, two stages, two loops."""
    return Junction(
        id=name,
        name=name,
        groups=(
            SignalGroup("K1", GroupKind.VEHICLE, min_green_s=6, max_green_s=60, amber_s=3),
            SignalGroup("K2", GroupKind.VEHICLE, min_green_s=6, max_green_s=60, amber_s=3),
        ),
        stages=(Stage("A", ("K1",)), Stage("B", ("K2",))),
        intergreen_s=((None, 5.0), (5.0, None)),
        lanes=(),
        loops=(
            Loop("D1", LoopRole.STOP_LINE, None, ("K1",), 1.0),
            Loop("D2", LoopRole.STOP_LINE, None, ("K2",), 1.0),
        ),
        timings=(),
        number=number,
        cabinet_number=1000 + number,
        safety_hash=SAFETY_HASH + number,
    )


def make_network(*names: str) -> Network:
    """A site of such junctions, J01 and J02 unless named."""
    junctions = tuple(make_junction(name, index + 1) for index, name in enumerate(names or ("J01", "J02")))
    week = ("day", "day", "day", "day", "day", "day", "day")
    return Network("udon", junctions, Schedule(week, (DayPlan("day", ((0, "night"),)),)))


def command(junction: str = "J01", **changes: object) -> PermittedCommand:
    """Request stage 2, based on stage 1 in remote, issued and valid at 100 s."""
    request = PermittedCommand(
        junction=junction,
        kind=CommandKind.REQUEST_STAGE,
        stage=2,
        expected_stage=1,
        expected_mode=CabinetMode.REMOTE,
        min_green_s=6.0,
        max_green_s=60.0,
        lease_s=10.0,
        reason=Reason.PROGRAMME,
        issued_s=100.0,
        valid_until_s=101.0,
    )
    return replace(request, **changes)  # type: ignore[arg-type]  # the test names the fields


class YesCabinet:
    """The words of a TSC-MB/1.0 cabinet that accepts whatever is whole and signed, and shows the stage asked for."""

    def __init__(self, junction: Junction, key: bytes | None, boot_id: int = 0x1234_5678_9ABC_DEF0) -> None:
        self.key = key
        self.identity = Identity(
            junction.cabinet_number,
            junction.number,
            junction.safety_hash,
            boot_id,
            len(junction.groups),
            len(junction.stages),
            detectors=2,
        )
        aspects = (Aspect.GREEN, Aspect.RED, *(Aspect.DARK,) * 30)
        self.status = Status(7, 1000, CabinetMode.REMOTE, active_stage=1, aspects=aspects, lease_left_ds=300)
        self.blocks: list[CommandBlock] = []
        self.answer = ResultCode.ACCEPTED

    def identity_words(self) -> tuple[int, ...]:
        return encode_identity(self.identity)

    def status_words(self, scans: int = 10) -> tuple[int, ...]:
        """The snapshot after so many more scans."""
        status = self.status
        snapshot, uptime_ms = (status.snapshot + scans) & 0xFFFF, (status.uptime_ms + 100 * scans) & 0xFFFF_FFFF
        self.status = replace(status, snapshot=snapshot, uptime_ms=uptime_ms)
        return encode_status(self.status)

    def write(self, words: Sequence[int]) -> int:
        """Take a block; 0 or the Modbus exception."""
        try:
            block = decode_command(words, self.key)
        except BlockRefused as refused:
            return refused.exception_code
        self.blocks.append(block)
        changes: dict[str, object] = {
            "result": self.answer,
            "received_sequence": block.sequence,
            "received_epoch": block.epoch,
        }
        if self.answer is ResultCode.ACCEPTED:
            changes |= {
                "owner_epoch": block.epoch,
                "accepted_sequence": block.sequence,
                "accepted_crc": block_crc(words),
                "lease_left_ds": block.lease_ms // 100,
                "active_stage": block.stage or self.status.active_stage,
            }
        self.status = replace(self.status, **changes)  # type: ignore[arg-type]  # names of registers
        return 0
