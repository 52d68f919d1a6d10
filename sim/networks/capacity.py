"""How much traffic a network carries: Webster's sum of critical flow ratios at its busiest signal.

A signal carries a flow as long as its stages' critical flow ratios and its lost time fit into a cycle:

    Y = Σ over stages of the critical q / s  <=  1 - L / C

(Webster, Road Research Technical Paper 39, 1958). Y is taken as the least sum of green shares with which every turn
gets the green that its flow needs, over the stages of the network's own program; drivers choose among the lanes of
their turn so that it is least. Where each lane is green in one stage only, that is Webster's Y. `s` is
SATURATION_VEH_H a lane; where a turn has to give way (SUMO's `g`) it passes at GIVING_WAY of it, and holds up so long
who is behind it on its lane. L counts START_UP_S and the intergreen less END_GAIN_S for each stage that gets green. C
is LONGEST_CYCLE_S: with it a fixed plan carries the most.

1.0 of capacity is the demand at which the busiest signal reaches the bound: there a fixed plan is full in every cycle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from controller.model import GroupKind
from plans.formulas import END_GAIN_S, START_UP_S
from sim.importer.network import Movement, RoadNetwork
from sim.importer.programs import Programme

SATURATION_VEH_H = 1800.0
"""Passenger cars an hour of green a lane, for every movement."""
GIVING_WAY = 0.3
"""Share of the saturation flow that a turn reaches which gives way; assumed, for gaps in a busy stream and the end of
green."""
LONGEST_CYCLE_S = 120.0
TWO_WHEELER_PCU = 0.4
"""A motorcycle takes so much of a car's place at the stop line; assumed."""


@dataclass(frozen=True, slots=True)
class SignalLoad:
    """What one signal is asked for by one vehicle an hour in the whole network."""

    tls: str
    flow_ratio: float
    """Y for a demand of 1 pcu/h."""
    lost_s: float

    @property
    def capacity_pcu_h(self) -> float:
        """Demand of the whole network at which this signal is full [pcu/h]."""
        return (1 - self.lost_s / LONGEST_CYCLE_S) / self.flow_ratio if self.flow_ratio else np.inf


def pcu_a_vehicle(two_wheelers_share: float) -> float:
    """Passenger car units of a vehicle of the mix.

    >>> round(pcu_a_vehicle(0.6), 2)
    0.64
    """
    return 1 - two_wheelers_share * (1 - TWO_WHEELER_PCU)


def signal_load(
    programme: Programme, network: RoadNetwork, flows: Mapping[tuple[str, str], float], intergreen_s: float
) -> SignalLoad:
    """Y and L of one signal; `flows` are shares of all traffic from edge to edge."""
    links = [
        (index, movement)
        for index, movements in network.signals[programme.tls].items()
        for movement in movements
        if movement.kind is GroupKind.VEHICLE and flows.get(_turn(network, movement))
    ]
    stages = _stages(programme)
    if not links:
        return SignalLoad(programme.tls, 0.0, 0.0)
    green = _least_green(links, stages, network, flows)
    lost_s = START_UP_S + intergreen_s - END_GAIN_S
    return SignalLoad(programme.tls, float(green.sum()), lost_s * int((green > 1e-12).sum()))


def _stages(programme: Programme) -> list[str]:
    """State strings of the phases in which somebody has green and nobody amber."""
    found = dict.fromkeys(programme.states)
    return [state for state in found if set(state) & set("gG") and not set(state) & set("yYu")]


def _turn(network: RoadNetwork, movement: Movement) -> tuple[str, str]:
    return network.lanes[movement.from_lane].edge, network.lanes[movement.to_lane].edge


def _least_green(
    links: Sequence[tuple[int, Movement]],
    stages: Sequence[str],
    network: RoadNetwork,
    flows: Mapping[tuple[str, str], float],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(stages,) green shares, least in sum: min Σ g; unknowns g of the stages, t the part of it that each link uses.

    Each turn: Σ over its links and stages of s·w·t = its flow. Each lane in each stage: Σ over its links of t <= g.
    """
    n_s, n_l = len(stages), len(links)
    weight = np.array([[_weight(state[index]) for state in stages] for index, _ in links])  # (links, stages)
    turns = sorted({_turn(network, movement) for _, movement in links})
    lanes = sorted({movement.from_lane for _, movement in links})
    of_turn = np.array([[_turn(network, movement) == turn for _, movement in links] for turn in turns], dtype=float)
    of_lane = np.array([[movement.from_lane == lane for _, movement in links] for lane in lanes], dtype=float)
    served = SATURATION_VEH_H * of_turn[:, :, None] * weight  # (turns, links, stages)
    used = np.einsum("al,sk->aslk", of_lane, np.eye(n_s))  # (lanes, stages, links, stages)
    found = linprog(
        np.concatenate([np.ones(n_s), np.zeros(n_l * n_s)]),
        A_ub=np.hstack([-np.tile(np.eye(n_s), (len(lanes), 1)), used.reshape(len(lanes) * n_s, n_l * n_s)]),
        b_ub=np.zeros(len(lanes) * n_s),
        A_eq=np.hstack([np.zeros((len(turns), n_s)), served.reshape(len(turns), n_l * n_s)]),
        b_eq=np.array([flows[turn] for turn in turns]),
        method="highs",
    )
    if not found.success:
        raise ValueError(f"no green serves every turn: {found.message}")
    return np.asarray(found.x[:n_s])


def _weight(letter: str) -> float:
    return {"G": 1.0, "g": GIVING_WAY}.get(letter, 0.0)
