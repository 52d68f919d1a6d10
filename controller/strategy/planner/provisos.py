"""With which provisos the first step of the cheapest plan was asked for at one junction in one second. Read only.

The planner does not ask for everything that its search finds: a green is held for who waits for a gap in it, a stage
that has shown for too long is left, a change goes by way of another set, and in a full junction the search itself may
choose only those whose turn it is. Places count from 0, numbers of stages from 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.layout import BoolArray, FloatArray, NetworkLayout
from controller.strategy.contract import Moment
from controller.strategy.planner.alternatives import Weighing, Witness
from controller.strategy.planner.passage import Passage, lingers
from controller.strategy.planner.planner import REST_S, _open_stages, must_serve
from controller.strategy.planner.search import TownOutlook
from controller.strategy.planner.trapped import sets_out, would_trap


@dataclass(frozen=True, slots=True)
class Way:
    """A change that goes by way of another set."""

    by: int
    """Number of the set on the way."""
    to: int
    """Number of the stage that the change leads to."""
    left_s: float
    """Until that stage is asked for; 0: now [s]."""
    begins: bool
    """It was asked for in this second for the first time."""
    ends_first: tuple[int, ...]
    """Places of the groups that lose their green on the way already."""
    pause: bool
    """Nobody has green on the way: for somebody who sets out just when his green ends, if there is one."""
    for_lanes: tuple[int, ...]
    """Places of the lanes in which he stands or lingers, in the second in which that decides; none: not known yet."""


@dataclass(frozen=True, slots=True)
class Provisos:
    """What stood between the cheapest plan and what was asked for; nothing in most seconds."""

    waits_turn: tuple[int, ...] = ()
    """Numbers of the stages that may not be chosen, because others wait for the first time."""
    held_for: tuple[int, ...] = ()
    """Places of the lanes in which somebody waits for a gap: for his sake the green was held."""
    pressed_for: tuple[int, ...] = ()
    """Places of the group that had to be served next, whatever the plan says: it may not be let wait any longer."""
    rested_s: float = 0.0
    """How long the stage has shown that is left because it may show no longer; 0 where that is not so [s]."""
    way: Way | None = None


def provisos(witness: Witness, row: int, weighing: Weighing | None) -> Provisos:
    """What stood between `weighing`, the plans of junction `row`, and what was asked for there."""
    moment, layout, town, passage = witness.moment, witness.layout, witness.town, witness.passage
    if moment is None or layout is None or town is None or passage is None:
        return Provisos()
    way = _way(witness, row, moment, layout, passage)
    if weighing is None:
        return Provisos(way=way)
    changes = weighing.chosen.begins[1]
    turn = _waits_turn(town, moment, layout, row)
    pressed_for = _pressed_for(town, moment, layout, row)
    if pressed_for:
        return Provisos(turn, pressed_for=pressed_for, way=way)
    held = _held_for(moment, row) if changes else ()
    rested_s = _rested_s(town, row) if held or not changes else 0.0
    return Provisos(turn, () if rested_s else held, rested_s=rested_s, way=way)


def _waits_turn(town: TownOutlook, moment: Moment, layout: NetworkLayout, row: int) -> tuple[int, ...]:
    barred = _open_stages(moment, layout)[row] & ~town.allowed[row]
    return tuple(int(stage) + 1 for stage in np.flatnonzero(barred))


def _held_for(moment: Moment, row: int) -> tuple[int, ...]:
    """Lanes that would hold the green if nobody else stood there."""
    state = moment.lane_state
    alone = _each_alone(state.stalled_s[row])
    green_s, still_s = (np.broadcast_to(of_lane[row], alone.shape) for of_lane in (state.green_s, state.still_s))
    return _places(would_trap(alone, green_s, still_s))


def _pressed_for(town: TownOutlook, moment: Moment, layout: NetworkLayout, row: int) -> tuple[int, ...]:
    """The group for whose sake the stage is left now."""
    pressed, _ = must_serve(moment, layout, town.current + 1, town.allowed)
    return _places(moment.presses[row]) if pressed[row] and town.current_left[row] <= 0.0 else ()


def _rested_s(town: TownOutlook, row: int) -> float:
    run_s = float(town.current_run[row])
    others = town.allowed[row] & (np.arange(town.allowed.shape[1]) != town.current[row])
    return run_s if run_s >= REST_S and town.current_left[row] <= 0.0 and others.any() else 0.0


def _way(witness: Witness, row: int, moment: Moment, layout: NetworkLayout, passage: Passage) -> Way | None:
    before = int(witness.via[row]) if witness.via is not None else 0
    by, here, to = int(passage.via[row]) or before, int(passage.before[row]), int(passage.stage[row])
    if by == 0:
        return None
    begins = before == 0
    pause = by - 1 == moment.lanes.nobody[row]
    late: tuple[int, ...] = ()
    if pause:
        late = _who_stands(moment, row) if begins else _who_lingers(moment, row, passage)
    return Way(
        by=by,
        to=to,
        left_s=float(max(0.0, passage.until_s[row] - moment.now_s)) if passage.via[row] else 0.0,
        begins=begins,
        ends_first=_places(layout.stage_green[row, here - 1] & ~layout.stage_green[row, by - 1]),
        pause=bool(pause),
        for_lanes=late,
    )


def _who_stands(moment: Moment, row: int) -> tuple[int, ...]:
    state = moment.lane_state
    alone = _each_alone(state.stalled_s[row])
    return _places(sets_out(alone, np.broadcast_to(state.green_s[row], alone.shape)))


def _who_lingers(moment: Moment, row: int, passage: Passage) -> tuple[int, ...]:
    """Lanes for whose sake the set on the way shows on, in the second in which that was decided."""
    before, to = np.maximum(passage.before - 1, 0), int(passage.stage[row]) - 1
    ended_s = moment.now_s - passage.since_s
    late_s = ended_s[row] - moment.lanes.decide_s[row, before[row], to]
    if not passage.via[row] or not 0.0 <= late_s < 1.0:
        return ()
    return _places(lingers(moment.lanes, before, ended_s, moment.lane_state.on_line_s)[row])


def _each_alone(stalled_s: FloatArray) -> FloatArray:
    """(N, N) a row for each lane, in which only who stands in that lane stands."""
    return np.where(np.eye(stalled_s.size, dtype=bool), stalled_s, 0.0)


def _places(chosen: BoolArray) -> tuple[int, ...]:
    return tuple(int(place) for place in np.flatnonzero(chosen))
