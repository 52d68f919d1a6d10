"""One junction: which stages in which order, its own cycle, and its splits in any cycle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, permutations

from controller.model import GroupKind, Junction, TimingPlan
from plans.tuning.critical import Critical, critical_chain
from plans.tuning.demand import Demand, DemandError, GivingWay, Turn
from plans.tuning.lane_loads import LaneLoad, flows_by_group, lane_loads
from plans.tuning.rules import TuningRules
from plans.tuning.splits import Aim, LaneStream, Splits, best_splits, stream_of
from plans.tuning.stage_order import StageOrder, order_of
from plans.tuning.turning_gaps import yielding_flow_veh_h
from plans.tuning.ways import STRAIGHT, Ways, with_ways

MOST_ORDERS = 400
"""Orders of stages that are compared at one junction; beyond, the shorter cycles are kept."""
LOOKED_AT = 24
"""Of these so many, the shortest ones, are computed through."""


NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class JunctionCase:
    """A junction with its traffic, before any cycle is chosen."""

    junction: Junction
    loads: tuple[LaneLoad, ...]
    orders: tuple[StageOrder, ...]
    """Orders of stages that may be used, that of the plan it begins with first."""
    base: TimingPlan
    demand: Demand

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


def junction_case(
    junction: Junction, base: TimingPlan, demand: Demand, rules: TuningRules, ways: Ways = STRAIGHT
) -> JunctionCase:
    """Loads and orders of stages of a junction; `ways` are its sets between two stages."""
    own = _own_order(junction, base)
    orders = [order_of(junction, *with_ways(own, ways))]
    if rules.choose_stages:
        orders += _other_orders(junction, orders[0], rules, ways)
    return JunctionCase(junction, lane_loads(junction, demand), tuple(orders), base, demand)


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
    """The lanes, each with what it discharges when some of its vehicles wait for gaps."""
    gaps = _Gaps(case, splits)
    streams = []
    for load in case.loads:
        own = load.saturation_pcu_h
        needed = sum(flow * gaps.time_h(load, group) for group, flow in load.by_group.items() if flow > 0)
        streams.append(stream_of(load, min(own, load.flow_pcu_h / needed) if needed > 0 else None))
    return streams


class _Gaps:
    """What giving way costs under given splits."""

    def __init__(self, case: JunctionCase, splits: Splits) -> None:
        self._case, self._splits = case, splits
        self._greens = splits.green_s()
        self._flows = flows_by_group(case.loads)
        self._saturation: dict[str, float] = {}
        for load in case.loads:
            for group in load.lane.groups:
                self._saturation[group] = self._saturation.get(group, 0.0) + load.saturation_pcu_h
        self._shown = _stages_of(case.junction, splits.order)

    def time_h(self, load: LaneLoad, group: str) -> float:
        """Green that a vehicle of a group on this lane takes [h]."""
        own = load.saturation_pcu_h
        turn = Turn(self._case.junction.id, load.lane.approach, group)
        total = self._case.demand.pcu_h(turn)
        told = self._case.demand.giving_way.get(turn)
        pairs = self._case.junction.permissive
        named = {other: self._flows.get(other, 0.0) for gives, other in pairs if gives == group}
        parts = [GivingWay(total, named)] if told is None else told
        slow_h = freely = 0.0
        for part in parts:
            share = part.flow_pcu_h / total if total > 0 else 0.0
            rate = self._rate(group, part.priority_pcu_h or named, own)
            slow_h += share / rate
            freely += share
        return slow_h + max(0.0, 1 - freely) / own

    def _rate(self, group: str, priority_pcu_h: Mapping[str, float], own_veh_h: float) -> float:
        """Saturation flow of who gives way to these flows, as far as they are green together [veh/h]."""
        over = [other for other in priority_pcu_h if self._shown.get(group, NOBODY) & self._shown.get(other, NOBODY)]
        opposing = sum(priority_pcu_h[other] for other in over)
        if not over or opposing <= 0:
            return own_veh_h
        rate = yielding_flow_veh_h(
            opposing,
            max(opposing + 1.0, sum(self._saturation.get(other, 0.0) for other in over)),
            max(self._greens.get(other, 0.0) for other in over),
            self._greens.get(group, 0.0),
            self._splits.cycle_s,
        )
        return max(min(rate, own_veh_h), 1.0)


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


def _other_orders(junction: Junction, own: StageOrder, rules: TuningRules, ways: Ways) -> Iterator[StageOrder]:
    """Orders of the stages that strategies may choose in which every group is green once; shortest cycles first."""
    names = [stage.id for stage in junction.stages if stage.selectable]
    found: list[StageOrder] = []
    for count in range(2, min(rules.most_stages, len(names)) + 1):
        for chosen in combinations(names, count):
            if _ungreen(junction, chosen):
                continue
            for rest in permutations(chosen[1:]):
                order = order_of(junction, *with_ways((chosen[0], *rest), ways))
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
