"""RESCO's two greedy rules: every `DECIDE_S` the stage with most to serve gets green, whatever it was before.

- max-wave: the vehicles on the stage's approach lanes, standing or coming, within 50 m of the stop line;
- max-pressure: those standing on them within 200 m, less those standing on the lanes that the stage leads to
  (Varaiya 2013, with every saturation flow alike; so RESCO: Ault & Sharon, NeurIPS 2021).

Both see every vehicle that is on the last lane before the stop line, and count it for that lane (`LanePlaces.on`). That
is RESCO's sight; where last lanes are short it ends early. `wide` variants look beyond, along each vehicle's way, and
count it for the lane off which its route leads (`LanePlaces.of`). Of equals the first stage of the junction is taken,
also where nobody waits at all. Shapes: J junctions, S stages, N approach lanes, X lanes led to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from controller import Network, Reason
from controller.lanes import build_lanes
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout, build_layout
from controller.model import StrategyParameters
from controller.state import StageProposal
from controller.strategy import Moment, Strategy
from sim.sumo_map import JunctionMap
from sim.sumo_net import SumoNet
from sim.sumo_world import Approaching, SumoWorld

DECIDE_S = 10.0
"""Between two decisions [s] (RESCO's step)."""
WAVE_VIEW_M = 50.0
PRESSURE_VIEW_M = 200.0
HALTED_M_S = 0.1
"""Slower vehicles stand (SUMO's own limit for waiting time)."""


Sight = Callable[[Approaching], int | None]
"""The place of the lane that a vehicle counts for; None for a vehicle that is not seen."""


class Gauge(Protocol):
    """Says what each stage has to serve."""

    def __call__(self) -> FloatArray:
        """(J, S) in vehicles, now."""
        ...


def greedy_by(gauge: Gauge) -> type[Strategy]:
    """The strategy that serves whichever stage has most by this gauge."""

    @dataclass(slots=True)
    class Greedy:
        """The stage that had most to serve at the last decision."""

        stage: IntArray  # (J,) number, 0 before the first decision
        decided_s: FloatArray  # (1,) when that was [s]

        @classmethod
        def start(cls, layout: NetworkLayout, now_s: float) -> Self:
            """Decides when first asked."""
            return cls(np.zeros(layout.shape[0], np.int64), np.full(1, now_s - DECIDE_S))

        def propose(self, moment: Moment, layout: NetworkLayout, parameters: StrategyParameters) -> StageProposal:
            """The stage of the last decision, or of a new one where it is time."""
            del parameters  # no gap, no maximum green
            if moment.now_s - self.decided_s[0] >= DECIDE_S:
                self.decided_s[0] = moment.now_s
                self.stage = np.where(layout.selectable, gauge(), -np.inf).argmax(axis=1) + 1
            return StageProposal(self.stage.copy(), np.full(self.stage.size, int(Reason.YARDSTICK)))

    return Greedy


class WaveGauge:
    """Vehicles before the stage's stop lines, standing or coming."""

    def __init__(self, world: SumoWorld, network: Network, sight: Sight, view_m: float = WAVE_VIEW_M) -> None:
        self._world, self._sight, self._view_m = world, sight, view_m
        self._served = lanes_served(network)

    def __call__(self) -> FloatArray:
        """(J, S) vehicles."""
        vehicles = self._world.approaching(self._view_m)
        return stage_sums(self._served, counted(vehicles, self._sight, self._served))


class PressureGauge:
    """Vehicles that stand before the stage's stop lines, less those that stand on the lanes behind them."""

    def __init__(
        self,
        world: SumoWorld,
        network: Network,
        sight: Sight,
        leads: tuple[BoolArray, tuple[tuple[str, ...], ...]],
        view_m: float = PRESSURE_VIEW_M,
    ) -> None:
        """`leads`: see `lanes_led_to`."""
        self._world, self._sight, self._view_m = world, sight, view_m
        self._served = lanes_served(network)
        self._leads, self._lanes = leads

    def __call__(self) -> FloatArray:
        """(J, S) vehicles; below 0 where more stand behind than before."""
        vehicles = self._world.approaching(self._view_m)
        before = counted((one for one in vehicles if one.speed_m_s < HALTED_M_S), self._sight, self._served)
        behind = np.zeros((self._leads.shape[0], self._leads.shape[2]))
        for row, lanes in enumerate(self._lanes):
            behind[row, : len(lanes)] = [self._world.halted_vehicles(lane) for lane in lanes]
        return stage_sums(self._served, before) - stage_sums(self._leads, behind)


def counted(vehicles: Iterable[Approaching], sight: Sight, served: BoolArray) -> FloatArray:
    """(J, N) vehicles that count for each lane; served (J, S, N) gives the shape."""
    n_j, _, n_n = served.shape
    lanes = [place for vehicle in vehicles if (place := sight(vehicle)) is not None]
    return np.bincount(np.array(lanes, np.int64), minlength=n_j * n_n).astype(np.float64).reshape(n_j, n_n)


def stage_sums(belongs: BoolArray, vehicles: FloatArray) -> FloatArray:
    """(J, S) vehicles on the lanes (J, N) that belong (J, S, N) to each stage.

    >>> stage_sums(np.array([[[True, True, False], [False, True, True]]]), np.array([[3.0, 1.0, 5.0]])).tolist()
    [[4.0, 6.0]]
    """
    return np.asarray((belongs * vehicles[:, None, :]).sum(axis=2))


def lanes_served(network: Network) -> BoolArray:
    """(J, S, N) the lane has a group that the stage shows green; crossings are no lanes."""
    lanes = build_lanes(build_layout(network))
    return np.asarray((lanes.served > 0) & ~lanes.walk[:, None, :])


def lanes_led_to(
    network: Network, maps: Mapping[str, JunctionMap], net: SumoNet
) -> tuple[BoolArray, tuple[tuple[str, ...], ...]]:
    """(J, S, X) the stage leads to the lane, and the SUMO lanes of each junction that X counts."""
    groups: dict[str, dict[str, set[str]]] = {name: {} for name in maps}  # junction: lane led to: its groups
    junction_of = {at.tls: name for name, at in maps.items()}
    for link in net.links:
        name = junction_of.get(link.tls)
        group = None if name is None else maps[name].links[link.index].group
        if name is not None and group is not None and link.to_edge not in net.crossings:
            groups[name].setdefault(link.to_lane, set()).add(maps[name].groups[group])
    lanes = tuple(tuple(groups[junction.id]) for junction in network.junctions)
    n_s = max((len(junction.stages) for junction in network.junctions), default=0)
    leads = np.zeros((len(lanes), n_s, max(map(len, lanes), default=0)), bool)
    for row, junction in enumerate(network.junctions):
        for s, stage in enumerate(junction.stages):
            own = groups[junction.id].values()
            leads[row, s, : len(lanes[row])] = [bool(of_lane & set(stage.groups)) for of_lane in own]
    return leads, lanes
