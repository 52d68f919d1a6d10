"""One junction: which stages in which order, its own cycle, and its splits in any cycle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, permutations

from controller.model import GroupKind, Junction, TimingPlan
from plans.tuning.critical import Critical, critical_chain
from plans.tuning.demand import Demand, DemandError
from plans.tuning.lane_loads import LaneLoad, flows_by_group, lane_loads
from plans.tuning.rules import TuningRules
from plans.tuning.splits import Aim, LaneStream, Splits, best_splits, stream_of
from plans.tuning.stage_order import StageOrder, order_of
from plans.tuning.turning_gaps import yielding_flow_veh_h

MOST_ORDERS = 400
"""Orders of stages that are compared at one junction; beyond, the shorter cycles are kept."""
LOOKED_AT = 24
"""Of these so many, the shortest ones, are computed through."""


@dataclass(frozen=True, slots=True)
class JunctionCase:
    """A junction with its traffic, before any cycle is chosen."""

    junction: Junction
    loads: tuple[LaneLoad, ...]
    orders: tuple[StageOrder, ...]
    """Orders of stages that may be used, that of the plan it begins with first."""
    base: TimingPlan

    @property
    def flow_ratio_of(self) -> dict[str, float]:
        """Highest y of a lane that each group lets go."""
        ratios: dict[str, float] = {}
        for load in self.loads:
            for group in load.holding_groups:
                ratios[group] = max(ratios.get(group, 0.0), load.flow_ratio)
        return ratios

    def critical(self, order: StageOrder) -> Critical | None:
        """The critical chain in one of its orders."""
        return critical_chain(order, self.flow_ratio_of)

    @property
    def shortest_s(self) -> int:
        """The shortest cycle that any of its orders fits into [s]."""
        return min(order.shortest_cycle_s for order in self.orders)


def junction_case(junction: Junction, base: TimingPlan, demand: Demand, rules: TuningRules) -> JunctionCase:
    """Loads and orders of stages of a junction."""
    own = _own_order(junction, base)
    orders = [order_of(junction, own)]
    if rules.choose_stages:
        orders += _other_orders(junction, orders[0], rules)
    return JunctionCase(junction, lane_loads(junction, demand), tuple(orders), base)


def splits_in(case: JunctionCase, cycle_s: int, aim: Aim) -> Splits | None:
    """The best splits of the best order in this cycle, those that give way reckoned with; None where none fits."""
    found: Splits | None = None
    for order in case.orders:
        splits = splits_of_order(case, order, cycle_s, aim)
        if splits is not None and (found is None or splits.delay_veh_s_h < found.delay_veh_s_h * 0.999):
            found = splits
    return found


def splits_of_order(case: JunctionCase, order: StageOrder, cycle_s: int, aim: Aim) -> Splits | None:
    """Splits of one order: first as if nobody gave way, then with what turns find in the gaps of those greens."""
    streams: Sequence[LaneStream] = [stream_of(load) for load in case.loads]
    splits = best_splits(order, streams, cycle_s, aim)
    if splits is None or not case.junction.permissive:
        return splits
    for _ in range(2):
        streams = _with_yielding(case, splits)
        splits = best_splits(order, streams, cycle_s, aim) or splits
    return splits


def _with_yielding(case: JunctionCase, splits: Splits) -> list[LaneStream]:
    greens = splits.green_s()
    flows = flows_by_group(case.loads)
    saturation: dict[str, float] = {}
    for load in case.loads:
        for group in load.lane.groups:
            saturation[group] = saturation.get(group, 0.0) + load.lane.saturation_flow_veh_h
    shown = _stages_of(case.junction, splits.order)
    streams = []
    for load in case.loads:
        slow = 0.0
        for group, flow in load.by_group.items():
            own = load.lane.saturation_flow_veh_h
            over = [
                other
                for gives, other in case.junction.permissive
                if gives == group and shown.get(group, frozenset()) & shown.get(other, frozenset())
            ]
            rate = own
            if over and flow > 0:
                opposing = sum(flows.get(other, 0.0) for other in over)
                rate = yielding_flow_veh_h(
                    opposing,
                    max(opposing + 1.0, sum(saturation.get(other, 0.0) for other in over)),
                    max(greens.get(other, 0.0) for other in over),
                    greens.get(group, 0.0),
                    splits.cycle_s,
                )
            slow += flow / max(min(rate, own), 1.0)
        streams.append(stream_of(load, load.flow_pcu_h / slow if slow > 0 else None))
    return streams


def _stages_of(junction: Junction, order: StageOrder) -> Mapping[str, frozenset[str]]:
    """The stages of the order in which each group is green."""
    used = [stage for stage in junction.stages if stage.id in order.stages]
    return {group.id: frozenset(s.id for s in used if group.id in s.groups) for group in junction.groups}


def _own_order(junction: Junction, base: TimingPlan) -> tuple[str, ...]:
    """The stages of the plan it begins with; steps that only lead from one stage to another are made by the cabinet."""
    stages = [junction.stages[step.stage - 1] for step in base.steps]
    names = [stage.id for stage in stages if stage.selectable] or [stage.id for stage in stages]
    order = [name for place, name in enumerate(names) if name != names[place - 1] or len(names) == 1]
    missing = _ungreen(junction, order)
    if missing:
        raise DemandError(
            f"{junction.id}: in plan {base.plan} {', '.join(sorted(missing))} is never green; "
            "name another plan with --like"
        )
    return tuple(order or names[:1])


def _ungreen(junction: Junction, stages: Sequence[str]) -> set[str]:
    green = {group for stage in junction.stages if stage.id in stages for group in stage.groups}
    used = {group for lane in junction.lanes for group in lane.groups}
    used |= {group.id for group in junction.groups if group.kind is GroupKind.PEDESTRIAN}
    return used - green


def _other_orders(junction: Junction, own: StageOrder, rules: TuningRules) -> Iterator[StageOrder]:
    """Orders of the stages that strategies may choose in which every group is green once; shortest cycles first."""
    names = [stage.id for stage in junction.stages if stage.selectable]
    found: list[StageOrder] = []
    for count in range(2, min(rules.most_stages, len(names)) + 1):
        for chosen in combinations(names, count):
            if _ungreen(junction, chosen):
                continue
            for rest in permutations(chosen[1:]):
                order = order_of(junction, (chosen[0], *rest))
                if _each_once(order) and not _same(order, own):
                    found.append(order)
            if len(found) >= MOST_ORDERS:
                break
    found.sort(key=lambda order: (order.shortest_cycle_s, len(order.stages)))
    yield from found[:LOOKED_AT]


def _each_once(order: StageOrder) -> bool:
    groups = [span.group for span in order.spans]
    return len(groups) == len(set(groups))


def _same(one: StageOrder, other: StageOrder) -> bool:
    turned = [other.stages[k:] + other.stages[:k] for k in range(len(other.stages))]
    return one.stages in turned


def without_choice(case: JunctionCase, order: StageOrder) -> JunctionCase:
    """The same with this order of stages alone."""
    return replace(case, orders=(order,))
