"""Generated lives of a cabinet: requests right and wrong, lapses, manual, flash, faults, power cuts, in any order.

Two cabinets get the same orders. One is looked at every scan, and the independent monitor judges its lamps; the other
leaps, and must have got to the same place. The machine is used twice: to find a break, and (`test_mutations.py`) to
show that it would find one.
"""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from controller.events import CabinetMode, CommandKind
from controller.model import GroupKind
from field_io.registers import ClockStatus, CommandBlock, FaultBit, ResultCode, encode_command
from sim.cabinet import FOLLOWS, CabinetConfig, GroupTimes, LocalPlan, StartUp, StartUpSequence, VirtualCabinet
from sim.cabinet.operation import FLASH, LEASED, LOCAL, ON_DUTY
from sim.monitor import Monitor
from tests.cabinets import KEY, Centre, monitor_rules, without_echo


@st.composite
def configurations(draw: st.DrawFn) -> CabinetConfig:
    """Any groups, conflicts, intergreens, stages, start-up and local plan that do not contradict themselves."""
    n = draw(st.integers(2, 6))
    groups = tuple(_group(draw, f"G{i}") for i in range(n))
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    conflicts = draw(st.sets(st.sampled_from(pairs), min_size=1))
    matrix: list[list[int | None]] = [[None] * n for _ in range(n)]
    for i, j in conflicts:
        for a, b in ((i, j), (j, i)):
            matrix[a][b] = groups[a].closing_ds + groups[b].red_amber_ds + draw(st.integers(0, 40))
    stages = tuple(_stage(draw, n, conflicts) for _ in range(draw(st.integers(2, 4))))
    cycle_ds = draw(st.integers(100, 600))
    times = sorted(draw(st.sets(st.integers(0, cycle_ds - 1), min_size=1, max_size=4)))
    number = st.integers(1, len(stages))
    return CabinetConfig(
        id="J",
        number=7,
        junction_number=7,
        groups=groups,
        intergreen_ds=tuple(tuple(row) for row in matrix),
        stages=stages,
        start_up=StartUp(
            draw(st.sampled_from(StartUpSequence)),
            dark_ds=draw(st.integers(0, 60)),
            amber_ds=draw(st.integers(0, 60)),
            red_ds=draw(st.integers(0, 60)),
            first_stage=draw(number),
        ),
        local_plan=LocalPlan(cycle_ds, draw(st.integers(0, cycle_ds)), tuple((at, draw(number)) for at in times)),
        safety_hash=99,
        stuck_request_ds=draw(st.sampled_from([200, 3000])),
    )


def _group(draw: st.DrawFn, name: str) -> GroupTimes:
    minimum_ds = draw(st.integers(10, 100))
    maximum_ds = minimum_ds + draw(st.integers(0, 100))
    if draw(st.booleans()):
        return GroupTimes(name, GroupKind.PEDESTRIAN, minimum_ds, maximum_ds, draw(st.sampled_from([0, 45, 80])))
    return GroupTimes(
        name, GroupKind.VEHICLE, minimum_ds, maximum_ds, draw(st.integers(30, 50)), draw(st.sampled_from([0, 10]))
    )


def _stage(draw: st.DrawFn, n: int, conflicts: set[tuple[int, int]]) -> int:
    """Groups in any order, each taken in if it conflicts with none before it; at times all red."""
    taken: list[int] = []
    for i in draw(st.lists(st.integers(0, n - 1), max_size=n, unique=True)):
        if all((min(i, j), max(i, j)) not in conflicts for j in taken):
            taken.append(i)
    return sum(1 << i for i in taken)


WRONG_FIELDS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.sampled_from(
        [
            {"map_version": 0x0200},
            {"cabinet_id": 8},
            {"boot_id_low": 1},
            {"safety_hash": 98},
            {"epoch": 1},
            {"epoch": 0},
            {"sequence": 0},
            {"lease_ms": 0},
            {"lease_ms": 2999},
            {"lease_ms": 30_001},
            {"stage": 0},
            {"stage": 32},
            {"plan": 9},
        ]
    ),
    st.builds(lambda mode: {"expected_mode": mode}, st.integers(0, 12)),
    st.builds(lambda stage: {"expected_stage": stage}, st.integers(0, 5)),
    st.builds(lambda snapshot: {"basis_snapshot": snapshot}, st.integers(0, 65_535)),
)


class CabinetMachine(RuleBasedStateMachine):
    """A cabinet, its twin, two centres and a town's worth of trouble."""

    @initialize(config=configurations(), begin=st.booleans(), now_ds=st.integers(0, 900_000))
    def switch_on(self, config: CabinetConfig, begin: bool, now_ds: int) -> None:
        self.cabinet, self.twin = (
            VirtualCabinet(config, boot_id=5, key=KEY, now_ds=now_ds, unix_at_zero_s=1_767_571_200.0) for _ in range(2)
        )
        if begin:
            self.cabinet.begin_in_remote(now_ds)
            self.twin.begin_in_remote(now_ds)
        self.monitor = Monitor([monitor_rules(config)])
        self.centre, self.rival = Centre(self.cabinet, epoch=17), Centre(self.cabinet, epoch=18)
        self.ordered_ds = now_ds
        self.order: tuple[CabinetMode, int] | None = None
        self.longest_wish_ds = 0
        self.handover = self.cabinet.handover
        self.written: list[CommandBlock] = []
        self.watch()

    # ------------------------------------------------------------------------------------------------- the oracle

    def watch(self) -> None:
        """Judge what shows now."""
        now_ds, operation = self.cabinet.now_ds, self.cabinet._operation
        self.monitor.observe(now_ds / 10, {"J": self.cabinet.aspects})
        assert not self.monitor.total, self.monitor.breaks
        assert self.cabinet.monitor_trip is None, "its own monitor tripped over lamps that are sound"
        if operation.mode in LEASED:
            assert now_ds < operation.ownership.lease_end_ds, "remote after the lease ended (S6)"
        came_from, self.handover = self.handover, self.cabinet.handover
        assert self.handover in FOLLOWS[came_from], f"{came_from} leads to {self.handover} (hand-over)"
        order = (operation.mode, operation.wanted_stage)
        if order != self.order:
            self.order, self.ordered_ds = order, now_ds
        if operation.mode in ON_DUTY and operation.groups.green != operation.groups.target:
            assert now_ds - self.ordered_ds <= self.longest_interstage_ds(), "an interstage does not end (L3)"

    def longest_interstage_ds(self) -> int:
        """L3: longest intergreen (or closing) + longest minimum + 1 s."""
        config = self.cabinet.config
        gaps = [time_ds for row in config.intergreen_ds for time_ds in row if time_ds is not None]
        minimums = [group.min_green_ds for group in config.groups]
        return max(gaps + [g.closing_ds for g in config.groups]) + max([*minimums, self.longest_wish_ds]) + 10

    @invariant()
    def the_twin_is_in_the_same_place(self) -> None:
        assert self.cabinet.aspects == self.twin.aspects
        assert self.cabinet.status == self.twin.status

    # ------------------------------------------------------------------------------------------------- the orders

    @rule(time_ds=st.one_of(st.integers(1, 30), st.integers(1, 400)))
    def time_passes(self, time_ds: int) -> None:
        for _ in range(time_ds):
            self.cabinet.advance(self.cabinet.now_ds + 1)
            self.watch()
        self.twin.advance(self.cabinet.now_ds)

    @rule(stage=st.integers(1, 4), wish_ds=st.sampled_from([0, 0, 70, 130]), seconds=st.integers(0, 12))
    def request(self, stage: int, wish_ds: int, seconds: int) -> None:
        """A stage of the table, and then renewals for a while."""
        stage = 1 + (stage - 1) % len(self.cabinet.config.stages)
        self.longest_wish_ds = max(self.longest_wish_ds, wish_ds)
        self.write(self.centre.block(CommandKind.REQUEST_STAGE, stage=stage, min_green_ds=wish_ds))
        for _ in range(seconds):
            self.time_passes(10)
            self.write(self.centre.block(CommandKind.RENEW))

    @rule(
        kind=st.sampled_from(CommandKind),
        stage=st.integers(0, 5),
        age=st.integers(0, 25),
        rival=st.booleans(),
        lease_ms=st.integers(3000, 30_000),
    )
    def any_block(self, kind: CommandKind, stage: int, age: int, rival: bool, lease_ms: int) -> None:
        centre = self.rival if rival else self.centre
        block = centre.block(kind, stage=stage, lease_ms=lease_ms)
        self.write(replace(block, basis_snapshot=(block.basis_snapshot - age) & 0xFFFF))

    @rule(kind=st.sampled_from(CommandKind), wrong=WRONG_FIELDS)
    def wrong_block(self, kind: CommandKind, wrong: dict[str, Any]) -> None:
        self.write(self.centre.block(kind, **wrong))

    @precondition(lambda self: self.written)
    @rule(flip=st.sampled_from([0, 0, 1, 4]))
    def the_last_block_again(self, flip: int) -> None:
        """As it was, or the same sequence with another content, or an older one."""
        block = self.written[-1 - flip] if flip < len(self.written) else self.written[0]
        self.write(block if flip != 1 else replace(self.written[-1], reason=12))

    @rule(
        address=st.sampled_from([0, 0, 1, 39, 1000]),
        words=st.lists(st.integers(0, 65_535), min_size=38, max_size=42),
        flip=st.integers(0, 39),
    )
    def garbage(self, address: int, words: list[int], flip: int) -> None:
        before = self.cabinet.status
        assert self.both(address, words) in {2, 3}
        block = list(encode_command(self.centre.block(CommandKind.REQUEST_STAGE, stage=1), KEY))
        block[flip] ^= 0x0100
        assert self.both(0, block) in {2, 3}
        assert without_echo(self.cabinet.status) == without_echo(before)

    @rule(name=st.sampled_from(["manual_on", "manual_off", "step", "flash_on", "flash_red", "flash_off", "reset"]))
    def somebody_on_site(self, name: str) -> None:
        for cabinet in (self.cabinet, self.twin):
            {
                "manual_on": lambda c: c.set_manual(on=True),
                "manual_off": lambda c: c.set_manual(on=False),
                "step": lambda c: c.step_manual(),
                "flash_on": lambda c: c.request_flash(),
                "flash_red": lambda c: c.request_flash(red=True),
                "flash_off": lambda c: c.request_flash(on=False),
                "reset": lambda c: c.reset_on_site(),
            }[name](cabinet)
        self.watch()

    @rule(name=st.sampled_from(["power_cycle", "clock_lost", "clock_set", "fault", "latched"]))
    def trouble(self, name: str) -> None:
        for cabinet in (self.cabinet, self.twin):
            {
                "power_cycle": lambda c: c.power_cycle(),
                "clock_lost": lambda c: c.set_clock(0.0, ClockStatus.NEVER_SET),
                "clock_set": lambda c: c.set_clock(1_767_600_000.0),
                "fault": lambda c: c.raise_fault(FaultBit.DOOR),
                "latched": lambda c: c.raise_fault(FaultBit.CONFLICT, latched=True),
            }[name](cabinet)
        self.watch()

    # --------------------------------------------------------------------------------------------------- the door

    def write(self, block: CommandBlock) -> None:
        """A whole and authentic block; what is refused must change nothing, what is accepted must have been allowed."""
        self.written = [*self.written[-4:], block]
        before, wanted = self.cabinet.status, self.cabinet._operation.wanted_stage
        assert self.both(0, encode_command(block, KEY)) == 0
        after = self.cabinet.status
        if after.result == ResultCode.ACCEPTED:
            assert before.mode in LEASED | LOCAL | FLASH, "a remote effect in a mode that allows none (S5)"
            moved = after.aspects != before.aspects and block.kind is not CommandKind.RELEASE
            assert before.mode not in FLASH or not moved, "a remote effect in flash (S5)"
            assert not before.latched_faults, "a remote effect under a latched fault (S9)"
            assert before.owner_epoch in {0, block.epoch} or block.kind is CommandKind.TAKE_OVER, "two owners (S7)"
        else:
            assert without_echo(after) == without_echo(before), "a refused block changed something (S10)"
            assert self.cabinet._operation.wanted_stage == wanted
        self.watch()

    def both(self, address: int, words: Any) -> int:
        code = self.cabinet.write_holding(address, words)
        assert self.twin.write_holding(address, words) == code
        return code
