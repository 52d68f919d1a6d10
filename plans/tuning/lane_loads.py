"""Flows of turns onto lanes: drivers spread over the lanes that serve them until these are equally loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.model import Junction, Lane
from plans.tuning.demand import Demand, DemandError, Turn

FloatArray = NDArray[np.float64]

SWEEPS = 60
"""Each turn is spread anew over what the others leave, so often; the loads then stand still."""
ASSUMED_PCU_H = 1800.0
"""Saturation flow of a lane of which nothing was said: that of passenger cars (Webster's usual lane)."""
LEAST_SHARE = 0.05
"""A group whose vehicles are fewer of a shared lane's does not hold the lane up."""


@dataclass(frozen=True, slots=True)
class LaneLoad:
    """One lane with its flow."""

    lane: Lane
    flow_pcu_h: float
    by_group: Mapping[str, float]
    """Flow of each group on it [pcu/h]."""
    saturation_pcu_h: float
    """What it discharges while green, in the unit of its flow."""

    @property
    def flow_ratio(self) -> float:
        """Degree y = q/s, at the lane's own saturation flow."""
        return self.flow_pcu_h / self.saturation_pcu_h

    @property
    def holding_groups(self) -> tuple[str, ...]:
        """Groups that must be green for the lane to flow."""
        least = LEAST_SHARE * self.flow_pcu_h
        return tuple(group for group, flow in self.by_group.items() if flow > least)


def lane_loads(junction: Junction, demand: Demand) -> tuple[LaneLoad, ...]:
    """The loads of every lane of a junction; raises DemandError for a turn that no lane serves."""
    loads: list[LaneLoad] = []
    for approach in dict.fromkeys(lane.approach for lane in junction.lanes):
        lanes = [lane for lane in junction.lanes if lane.approach == approach]
        groups = list(dict.fromkeys(group for lane in lanes for group in lane.groups))
        flows = [demand.pcu_h(Turn(junction.id, approach, group)) for group in groups]
        serves = np.array([[group in lane.groups for lane in lanes] for group in groups])
        mean_pcu = demand.mean_pcu(junction.id, approach)
        saturation = np.array([saturation_pcu_h(lane, mean_pcu) for lane in lanes])
        shares = spread(np.array(flows), serves, saturation)
        shares = shares * _leaning(junction.id, lanes, shares.sum(axis=0), demand)
        loads += [
            LaneLoad(
                lane,
                float(shares[:, column].sum()),
                {group: float(shares[row, column]) for row, group in enumerate(groups)},
                float(saturation[column]),
            )
            for column, lane in enumerate(lanes)
        ]
    _refuse_strangers(junction, demand)
    return tuple(loads)


def saturation_pcu_h(lane: Lane, mean_pcu: float) -> float:
    """What a lane discharges while green, in car units: a flow that was measured counted vehicles as they come.

    `mean_pcu` is that of a vehicle of its approach. The lane's default is no measurement, and counts cars.
    """
    if lane.saturation_flow_veh_h == ASSUMED_PCU_H:
        return ASSUMED_PCU_H
    return lane.saturation_flow_veh_h * mean_pcu


def _leaning(junction: str, lanes: Sequence[Lane], balanced: FloatArray, demand: Demand) -> FloatArray:
    """Factor of each lane's load (lanes,) by what was seen of the lanes: half way between equal loads and that.

    In free flow drivers keep the lane that suits their next turn; in a queue some of them take the shorter one.
    """
    seen = np.array([demand.lane_shares.get((junction, lane.id), 0.0) for lane in lanes])
    if seen.sum() <= 0 or balanced.sum() <= 0:
        return np.ones(len(lanes))
    leaning = seen / seen.sum() * balanced.sum()
    factor: FloatArray = np.where(balanced > 0, (balanced + leaning) / 2 / np.maximum(balanced, 1e-9), 1.0)
    return factor


def spread(flows_pcu_h: FloatArray, serves: NDArray[np.bool_], saturation_pcu_h: FloatArray) -> FloatArray:
    """Flow of each turn on each lane (turns, lanes), such that no driver finds a less loaded lane that serves him.

    `flows_pcu_h` (turns,), `serves` (turns, lanes), `saturation_pcu_h` (lanes,). The least sum of squared flow ratios.

    >>> spread(np.array([600.0, 300.0]), np.array([[True, True], [False, True]]), np.array([1800.0, 1800.0])).tolist()
    [[450.0, 150.0], [0.0, 300.0]]
    """
    shares = np.zeros(serves.shape)
    for _ in range(SWEEPS):
        before = shares.copy()
        for row in np.flatnonzero(flows_pcu_h > 0):
            columns = np.flatnonzero(serves[row])
            if not columns.size:
                continue
            others = shares.sum(axis=0) - shares[row]
            shares[row, columns] = _filled(float(flows_pcu_h[row]), others[columns], saturation_pcu_h[columns])
        if np.abs(shares - before).max(initial=0.0) < 1e-6:
            break
    return shares


def _filled(flow: float, loads: FloatArray, saturation: FloatArray) -> FloatArray:
    """A flow over lanes that carry `loads` already, the least loaded first, to one level of q/s: water filling."""
    ratios = loads / saturation
    order = np.argsort(ratios)
    level = 0.0
    for count in range(1, len(order) + 1):
        chosen = order[:count]
        level = (flow + float(loads[chosen].sum())) / float(saturation[chosen].sum())
        if count == len(order) or level <= ratios[order[count]]:
            break
    filled: FloatArray = np.maximum(level * saturation - loads, 0.0)
    return filled


def _refuse_strangers(junction: Junction, demand: Demand) -> None:
    served = {(lane.approach, group) for lane in junction.lanes for group in lane.groups}
    strange = [
        f"{turn.approach} {turn.group}"
        for turn in demand.flows_veh_h
        if turn.junction == junction.id and (turn.approach, turn.group) not in served
    ]
    if strange:
        known = ", ".join(f"{approach} {group}" for approach, group in sorted(served))
        raise DemandError(f"{junction.id}: no lane serves {', '.join(strange)}; its turns are {known}")


def flows_by_group(loads: Sequence[LaneLoad]) -> dict[str, float]:
    """Flow of each group [pcu/h]."""
    flows: dict[str, float] = {}
    for load in loads:
        for group, flow in load.by_group.items():
            flows[group] = flows.get(group, 0.0) + flow
    return flows
