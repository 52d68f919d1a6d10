"""One second of one junction, taken from a journal by running the core again: what was seen, weighed, said and sent."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from console.exits import UsageError
from console.explaining.provisos import ProvisosTold, in_own_names
from controller import Controller, Network, SnapshotMismatchError
from controller.core import JunctionView
from controller.events import Alarm, Decision, PermittedCommand, Reason, StepResult
from controller.lane_view import LaneView, view_lanes
from controller.model import Junction
from controller.state import LoopFault
from controller.strategy import Moment
from controller.strategy.planner.alternatives import Course, Weighing, Witness, weigh, witnessed
from controller.strategy.planner.provisos import provisos
from controller.strategy.planner.search import expected_arrivals
from field_io import records
from field_io.errors import JournalError
from field_io.journal import program_version
from field_io.segment import Segment
from plans import Bundle, load_site

NEXT_S = (10, 30)
"""How far ahead expected arrivals are told [s]."""


@dataclass(frozen=True, slots=True)
class LoopSeen:
    """A loop of a lane, and whether it is believed."""

    loop: str
    role: str
    trust: float
    fault: str
    """Empty where nothing is suspected."""


@dataclass(frozen=True, slots=True)
class LaneSeen(LaneView):
    """What the planner knew of a lane."""

    groups: tuple[str, ...]
    expected_veh: tuple[float, ...]
    """Arrivals expected in the next `NEXT_S` seconds [veh]."""
    loops: tuple[LoopSeen, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan in the junction's own words."""

    turns: tuple[tuple[str, int], ...]
    """(stage, asked for in so many seconds), in order; none: the stage of now stays."""
    cost_veh_s: float


@dataclass(frozen=True, slots=True)
class Explained:
    """Everything that is told of the second."""

    site: str
    junction: str
    now_s: float
    strategy: str
    version: str
    identical: bool
    """Whether the core, run again, answered as it did then, to the last bit."""
    mode: str
    rung: str
    rung_reason: Reason
    stage: str
    """Asked for before this second; empty before the first."""
    stage_since_s: float
    left_s: float
    """Until it may be left [s]."""
    lanes: tuple[LaneSeen, ...] = ()
    crossings: tuple[tuple[str, float], ...] = ()
    """(group, how long somebody who called has waited [s])."""
    plan: Plan | None = None
    alternatives: tuple[Plan, ...] = ()
    provisos: ProvisosTold = field(default_factory=ProvisosTold)
    """Why it asked for something else than the plan begins with."""
    asked: str = ""
    """Stage that the planner asked for."""
    command: PermittedCommand | None = None
    sent: str = ""
    """Stage of the command."""
    decisions: tuple[Decision, ...] = ()
    alarms: tuple[Alarm, ...] = ()


def explained_second(path: Path, junction: str, now_s: float) -> Explained:
    """Run the core again up to control time `now_s` [s]; raises JournalError, PlanError, UsageError."""
    with Segment.reading(path) as segment:
        network = load_site(Bundle.from_json(segment.head.bundle)).network
        names = [known.id for known in network.junctions]
        if junction not in names:
            raise UsageError(f"{network.site} has no junction {junction}: one of {', '.join(names)}")
        core, witness, before, result, identical = _run_again(segment, network, now_s)
        strategy, version = segment.head.strategy, segment.head.version
    row = names.index(junction)
    return _told(network, row, core, witness, before[row], result, (strategy, version, identical))


class _Witnessed(Controller):
    """The controller itself; what its planner is given and answers is told to `witness`."""

    def __init__(self, network: Network, strategy: str = "fixed_time", start_s: float = 0.0) -> None:
        self.witness = Witness()
        super().__init__(network, strategy, start_s, also={"planner": witnessed(self.witness)})


def _run_again(
    segment: Segment, network: Network, now_s: float
) -> tuple[_Witnessed, Witness, tuple[JunctionView, ...], StepResult, bool]:
    number, snapshot = segment.snapshot_before(now_s)
    try:
        core = _Witnessed.restore(network, snapshot, segment.head.strategy)
    except (SnapshotMismatchError, ValueError) as error:
        raise JournalError(str(segment.path), f"its site cannot be taken up again: {error}") from error
    for step in segment.steps(after=number):
        number += 1
        if step.number != number:
            raise JournalError(str(segment.path), f"steps {number} to {step.number - 1} are missing")
        before = core.state_view()
        result = core.step(step.now_s, step.inputs)
        if step.now_s >= now_s:
            return core, core.witness, before, result, records.digest((result,)) == step.digest
    raise JournalError(str(segment.path), f"it ends before {now_s:g} s")


def _told(
    network: Network,
    row: int,
    core: _Witnessed,
    witness: Witness,
    before: JunctionView,
    result: StepResult,
    run: tuple[str, str, bool],
) -> Explained:
    junction, view = network.junctions[row], core.state_view()[row]
    weighing = weigh(witness.town, row) if witness.town is not None else None
    command = next((command for command in result.commands if command.junction == junction.id), None)
    asked = int(witness.proposal.stage[row]) if witness.proposal is not None else 0
    strategy, version, identical = run
    return Explained(
        site=network.site,
        junction=junction.id,
        now_s=result.now_s,
        strategy=strategy,
        version=version or program_version(),
        identical=identical,
        mode=view.mode.value,
        rung=view.rung.name.lower(),
        rung_reason=view.rung_reason,
        stage=_stage(junction, before.stage),
        stage_since_s=before.stage_since_s,
        left_s=weighing.left_s if weighing is not None else 0.0,
        lanes=_lanes(junction, row, core, witness),
        crossings=_crossings(junction, row, core, witness),
        plan=_plan(junction, weighing.chosen) if weighing is not None else None,
        alternatives=_others(junction, weighing),
        provisos=in_own_names(provisos(witness, row, weighing), junction),
        asked=_stage(junction, asked),
        command=command,
        sent=_stage(junction, command.stage) if command is not None else "",
        decisions=tuple(told for told in result.decisions if told.junction == junction.id),
        alarms=tuple(told for told in result.alarms if told.junction == junction.id),
    )


def _stage(junction: Junction, number: int) -> str:
    return junction.stages[number - 1].id if number > 0 else ""


def _plan(junction: Junction, course: Course) -> Plan:
    return Plan(tuple((_stage(junction, turn.stage), turn.asked_in_s) for turn in course.turns), course.cost_veh_s)


def _others(junction: Junction, weighing: Weighing | None) -> tuple[Plan, ...]:
    return tuple(_plan(junction, course) for course in weighing.others) if weighing is not None else ()


def _lanes(junction: Junction, row: int, core: _Witnessed, witness: Witness) -> tuple[LaneSeen, ...]:
    if witness.moment is None or witness.town is None:
        return ()
    expected = expected_arrivals(witness.town, row, max(NEXT_S))
    return tuple(
        LaneSeen(
            **asdict(view),
            groups=junction.lanes[place].groups,
            expected_veh=tuple(float(expected[place, :seconds].sum()) for seconds in NEXT_S),
            loops=_loops(junction, core, witness.moment, (row, place)),
        )
        for place, view in enumerate(view_lanes(junction, row, witness.moment.lane_state))
    )


def _loops(junction: Junction, core: _Witnessed, moment: Moment, at: tuple[int, int]) -> tuple[LoopSeen, ...]:
    """The loops that watch a lane, also those that it shares."""
    believed, lanes = moment.traffic.loops, moment.lanes
    named = {column: loop for loop, column in core.layout.loop_index[junction.id].items()}
    roles = {loop.id: loop.role.value for loop in junction.loops}
    columns = (int(column[at]) for column in (lanes.stop_loop, lanes.near_loop, lanes.far_loop))
    return tuple(
        LoopSeen(
            loop=named[column],
            role=roles[named[column]],
            trust=round(float(believed.trust[column]), 3),
            fault=""
            if believed.fault[column] == LoopFault.NONE
            else LoopFault(int(believed.fault[column])).name.lower(),
        )
        for column in columns
        if column >= 0
    )


def _crossings(junction: Junction, row: int, core: _Witnessed, witness: Witness) -> tuple[tuple[str, float], ...]:
    if witness.moment is None:
        return ()
    called = witness.moment.traffic.call[row] & core.layout.pedestrian[row]
    red_s = witness.moment.now_s - witness.moment.signals.red_since_s[row]
    return tuple((junction.groups[place].id, float(red_s[place])) for place in np.flatnonzero(called))
