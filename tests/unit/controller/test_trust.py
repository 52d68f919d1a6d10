"""Which loops are believed, what stands in for one that is not, and what does a junction do meanwhile?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from controller import CabinetReport, ControlMode, DetectorReading, Junction, Loop, LoopRole, Reason, Rung, StepResult
from controller.state import LoopFault, StandIn
from tests.towns import ObedientStreet, three_stage_junction, town

Says = tuple[int, int]
"""Vehicles and occupied ms of one second."""
Story = Callable[[int], Says]


class Street(ObedientStreet):
    """One junction with a stop-line and an advance loop on each lane, told what each loop says."""

    def __init__(
        self,
        stories: dict[str, Story | None],
        *,
        advance: bool = True,
        leaving: str | None = None,
        strategy: str = "actuated",
    ) -> None:
        """`None` for a loop that is not told of at all; a loop without a story is quiet. `leaving`: an exit of K3."""
        junction = three_stage_junction()
        farther = tuple(Loop(f"A{k}", LoopRole.ADVANCE, f"l{k}", (f"K{k}",), 60.0) for k in range(4)) if advance else ()
        exits = (Loop(leaving, LoopRole.EXIT, None, ("K3",), 20.0),) if leaving else ()
        junction = replace(junction, loops=(*junction.loops, *farther, *exits), wired=("D0",))
        super().__init__(town(junction), strategy)
        self.stories = stories
        self.register = 0
        self.counted: Callable[[int], int] | None = None
        """Vehicles that the cabinet counts on D0 in each second; None: the cabinet counts nothing."""
        self.alarms: list[tuple[float, str, str, bool]] = []

    def _reading(self, junction: Junction, busy: Sequence[tuple[str, str]]) -> DetectorReading:
        second = int(self.now_s)
        loops = [loop.id for loop in junction.loops if self.stories.get(loop.id, quiet) is not None]
        said = [(self.stories.get(loop) or quiet)(second) for loop in loops]
        return DetectorReading(
            junction.id, self.now_s - 1, self.now_s, tuple(loops),
            tuple(count for count, _ in said), tuple(ms for _, ms in said),
        )  # fmt: skip

    def report(self, junction: Junction) -> CabinetReport:
        report = super().report(junction)
        if self.counted is None:
            return report
        self.register = (self.register + self.counted(int(self.now_s))) & 0xFFFF
        return replace(report, counts=(self.register,))

    def run(self, seconds: int) -> StepResult:
        """So many seconds; alarms are noted."""
        result = self.second()
        for k in range(seconds):
            result = self.second() if k else result
            self.alarms += [
                (result.now_s, str(dict(a.because)["loop"]), str(dict(a.because)["fault"]), a.cleared)
                for a in result.alarms
                if a.code is Reason.DETECTOR_FAULT
            ]
        return result

    def state(self, loop: str) -> tuple[LoopFault, StandIn]:
        """What is thought of a loop, and who speaks for it."""
        column = self.controller.layout.loop_index["J1"][loop]
        last = self.controller._senses.last
        assert last is not None
        return LoopFault(int(last.fault[column])), StandIn(int(last.stand_in[column]))


def quiet(second: int) -> Says:
    return 0, 0


def every(seconds: int, phase: int = 0) -> Story:
    """A vehicle each so many seconds."""
    return lambda second: (1, 400 + 17 * (second % 7)) if second % seconds == phase else (0, 0)


def always_on(second: int) -> Says:
    return 0, 1000


TRAFFIC: dict[str, Story | None] = {f"{row}{k}": every(9 + k, k) for row in "DA" for k in range(4)}


def test_ordinary_traffic_is_believed() -> None:
    street = Street(dict(TRAFFIC))
    street.counted = lambda second: int(second % 9 == 0)
    street.run(900)
    assert street.alarms == []


@pytest.mark.parametrize(
    ("story", "fault", "within_s"),
    [
        (None, LoopFault.SILENT, 6),
        (always_on, LoopFault.STUCK_ON, 300),
        (quiet, LoopFault.STUCK_OFF, 900),
        (lambda second: (5, 500), LoopFault.CHATTER, 60),
        (lambda second: (int(second % 5 == 0), 400 if second % 5 == 0 else 0), LoopFault.FROZEN, 110),
    ],
    ids=["silent", "stuck on", "stuck off", "chatter", "frozen"],
)
def test_a_fault_is_found_in_time_and_the_lanes_other_loop_stands_in(
    story: Story | None, fault: LoopFault, within_s: int
) -> None:
    """Fault list F14 to F17 and a loop that is told of no more."""
    street = Street(dict(TRAFFIC))
    street.run(200)
    street.stories["D2"] = story
    street.run(within_s)
    assert [(loop, what) for _, loop, what, _ in street.alarms] == [("D2", fault.name.lower())]
    assert street.state("D2") == (fault, StandIn.NEIGHBOUR)
    assert street.controller.state_view()[0].rung is Rung.SUBSTITUTES


def test_a_loop_that_is_well_again_is_believed_again_and_five_minutes_later_the_junction_is_at_the_top() -> None:
    street = Street(dict(TRAFFIC))
    street.run(10)
    street.stories["D2"] = None
    street.run(10)
    street.stories["D2"] = TRAFFIC["D2"]
    street.run(70)
    assert [(loop, what, over) for _, loop, what, over in street.alarms] == [
        ("D2", "silent", False),
        ("D2", "silent", True),
    ]
    assert street.state("D2") == (LoopFault.NONE, StandIn.OWN)
    assert street.controller.state_view()[0].rung is Rung.SUBSTITUTES
    street.run(300)
    assert street.controller.state_view()[0].rung is Rung.ADAPTIVE


def test_the_cabinets_own_counts_contradict_a_loop() -> None:
    """Twice as many told as counted, and the register wraps meanwhile."""
    street = Street(dict(TRAFFIC))
    street.register = 65_500
    street.counted = lambda second: int(second % 9 == 0)
    street.run(600)
    assert street.alarms == []
    street.stories["D0"] = every(3)
    street.run(300)
    assert [(loop, what) for _, loop, what, _ in street.alarms] == [("D0", "miscounted")]


def test_a_loop_that_chattered_for_long_is_believed_five_minutes_after_it_is_well() -> None:
    """The thousands that it invented do not contradict the cabinet's counts for half an hour more."""
    street = Street(dict(TRAFFIC))
    street.counted = lambda second: int(second % 9 == 0)
    street.run(200)
    street.stories["D0"] = lambda second: (3, 500)
    street.run(720)
    assert street.state("D0")[0] is LoopFault.CHATTER
    street.stories["D0"] = TRAFFIC["D0"]
    street.run(290)
    assert street.state("D0")[0] is not LoopFault.NONE
    street.run(50)
    assert street.state("D0")[0] is LoopFault.NONE


@pytest.mark.parametrize("told", [every(4), every(20)], ids=["more than twice", "less than half"])
def test_a_loop_that_goes_on_miscounting_stays_suspected(told: Story) -> None:
    street = Street(dict(TRAFFIC))
    street.counted = lambda second: int(second % 9 == 0)
    street.run(200)
    street.stories["D0"] = told
    street.run(1500)
    assert [(loop, what, over) for _, loop, what, over in street.alarms] == [("D0", "miscounted", False)]


def test_what_a_loop_invents_is_no_evidence_against_the_lanes_other_loop_nor_against_itself_later() -> None:
    """At night: nobody touches the advance loop for six minutes, while the stop line invents a vehicle a second."""
    street = Street({"D0": every(60), "A0": every(60, 53)})
    history = street.controller._senses._history
    for loop in ("D0", "A0"):
        history.hour_veh_s[0, street.controller.layout.loop_index["J1"][loop]] = 1 / 60
    history.hour_learned_s[0] = 4 * 3600
    street.counted = lambda second: int(second % 60 == 0)
    street.run(1000)
    street.stories |= {"D0": lambda second: (1, 300 + 40 * (second % 11)), "A0": quiet}
    street.run(370)
    street.stories |= {"D0": every(60), "A0": every(60, 53)}
    street.run(340)
    assert [(loop, what, over) for _, loop, what, over in street.alarms] == [
        ("D0", "miscounted", False),
        ("D0", "miscounted", True),
    ]


@pytest.mark.parametrize(("says", "at_most_veh_s"), [((5, 500), 0.3), ((1, 300), 0.3)], ids=["chatter", "frozen"])
def test_lanes_are_measured_by_loops_that_are_believed(says: Says, at_most_veh_s: float) -> None:
    """What a broken advance loop invents is no arrival: the planner held its green for it (three times the delay)."""
    street = Street(dict(TRAFFIC))
    street.run(200)
    street.stories["A1"] = lambda second: says
    street.run(700)
    state = street.controller._lane_state
    assert state is not None
    assert state.flow_veh_s[0].max() < at_most_veh_s
    assert state.near_due[0].sum(axis=1).max() < 3


def test_stop_lines_and_advance_loops_that_come_apart_are_implausible() -> None:
    """An advance loop that invents vehicles in an hour that is known from the days before."""
    street = Street(dict(TRAFFIC))
    history = street.controller._senses._history
    for k in range(4):
        for row in "DA":
            history.hour_veh_s[0, street.controller.layout.loop_index["J1"][f"{row}{k}"]] = 1 / (9 + k)
    history.hour_learned_s[0] = 4 * 3600
    street.run(300)
    street.stories["A1"] = lambda second: (1, 300 + 40 * (second % 11)) if second % 2 else (0, 0)
    street.run(900)
    assert [(loop, what) for _, loop, what, _ in street.alarms] == [("A1", "implausible")]


def test_a_loop_that_hangs_does_not_hold_its_stage() -> None:
    """Not before it is found, and not after: at most a plan's green (35 s of 60) and a fifth of it."""
    street = Street(dict(TRAFFIC) | {"D3": always_on})
    street.run(1200)
    lengths, since = [], 0
    for second, (was, now) in enumerate(zip(street.history, street.history[1:], strict=False)):
        if now["J1"] != was["J1"]:
            if was["J1"] == 3:
                lengths.append(second - since)
            since = second
    assert lengths
    assert max(lengths) <= 1.2 * 18  # the plan gives the stage 18 s


def test_without_neighbour_history_speaks_and_without_history_the_plan() -> None:
    """A movement whose only loop is lost: the plan runs, or, where it carries little, a recall in the plan's rhythm."""
    alone = {f"D{k}": every(9 + 30 * (k == 3), k) for k in range(4)}
    early = Street(dict(alone), advance=False)
    early.run(30)
    early.stories["D3"] = None
    early.run(10)
    assert early.state("D3") == (LoopFault.SILENT, StandIn.PLAN)
    view = early.controller.state_view()[0]
    assert (view.rung, view.mode, view.rung_reason) == (Rung.PLAN, ControlMode.FIXED_TIME, Reason.BLIND_MOVEMENT)

    late = Street(dict(alone), advance=False)
    late.run(1000)
    late.stories["D3"] = None
    late.run(20)
    assert late.state("D3") == (LoopFault.SILENT, StandIn.HISTORY)
    view = late.controller.state_view()[0]
    assert (view.rung, view.mode) == (Rung.SUBSTITUTES, ControlMode.ACTUATED)
    late.run(200)
    assert sum(second["J1"] == 3 for second in late.history[-200:]) > 10


def test_a_broken_exit_loop_fills_no_exit_in_what_is_told_of_lanes() -> None:
    """On for ever it is found out after a quarter of an hour; until then somebody stands on it."""
    street = Street(dict(TRAFFIC) | {"X3": always_on}, leaving="X3")
    street.run(800)
    assert street.controller.lane_view("J1")[3].exits_full == 1.0
    street.run(200)
    assert street.state("X3")[0] is LoopFault.STUCK_ON
    assert street.controller.lane_view("J1")[3].exits_full == 0.0
