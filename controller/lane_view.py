"""What may be published of a lane: every estimate as a plain number, with how far it may be trusted."""

from __future__ import annotations

from dataclasses import dataclass

from controller.model import Junction
from controller.state import LaneState

H_S = 3600.0


@dataclass(frozen=True, slots=True)
class LaneView:
    """What the loops make the controller believe of one lane; trusts are 0 (a guess) to 1 (as far as loops go)."""

    lane: str
    approach: str
    green_s: float
    """How long it has had green; 0 in red [s]."""
    queue_veh: float
    queue_trust: float
    flow_veh_h: float
    """Arrivals, smoothed over some minutes."""
    flow_trust: float
    discharge_veh_h: float
    """In the stage that serves it best, blocked lanes and full exits counted."""
    discharge_trust: float
    saturation: float
    """Degree of saturation: used green over green of the last greens."""
    saturation_trust: float
    congested: bool
    """All of its green is used, and lets few go."""
    max_flow_veh_h: float
    start_up_s: float
    waited_s: float
    """How long its longest waiting has stood in red [s]."""
    exits_full: float
    """Part of its exits on which vehicles stand."""
    turning: tuple[tuple[str, float], ...]
    """(group, part of the approach's outflow that leaves by this lane and that group)."""


def view_lanes(junction: Junction, row: int, state: LaneState) -> tuple[LaneView, ...]:
    """The lanes of one junction, in its order; `row` is its place among the junctions."""
    return tuple(_view(junction, row, place, state) for place in range(len(junction.lanes)))


def _view(junction: Junction, row: int, place: int, state: LaneState) -> LaneView:
    lane, at, column = junction.lanes[place], (row, place), junction.group_index()
    insight, use, trust = state.insight, state.insight.use, state.insight.trust
    return LaneView(
        lane=lane.id,
        approach=lane.approach,
        green_s=float(state.green_s[at]),
        queue_veh=float(state.queue_veh[at]),
        queue_trust=float(trust.queue[at]),
        flow_veh_h=H_S * float(state.flow_veh_s[at]),
        flow_trust=float(trust.flow[at]),
        discharge_veh_h=H_S * float(state.rate_veh_s[row, :, place].max(initial=0.0)),
        discharge_trust=float(trust.rate[at]),
        saturation=float(use.saturation[at]),
        saturation_trust=float(trust.saturation[at]),
        congested=bool(use.congested[at]),
        max_flow_veh_h=H_S * float(use.max_flow_veh_s[at]),
        start_up_s=float(use.start_up_s[at]),
        waited_s=float(state.waited_s[at]),
        exits_full=float(insight.exits_full[at]),
        turning=tuple((group, float(insight.turning_share[row, place, column[group]])) for group in lane.groups),
    )
