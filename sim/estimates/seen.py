"""What is true of every lane in one second: who stands, who comes, who came, who left.

Shapes: J junctions, N lanes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from controller.lanes import LaneLayout
from controller.layout import FloatArray
from sim.baselines.truth import STANDING_M_S, LanePlaces, Sighted

VIEW_M = 600.0
"""Nobody farther from his stop line is looked at."""
BARE_M = 50.0
"""A lane without an advance loop is looked at for so far."""
AT_LINE_M = 30.0
"""Who was no farther from his stop line, and has another signal ahead a second later, has passed it."""
AT_STAND_M = 7.5
"""Who is no farther from the stop line stands at it."""


class Seen(NamedTuple):
    """The truth of one second; where nothing else is said vehicles of each lane, (J, N)."""

    departures: tuple[tuple[str, int, int], ...]
    """(signal, link, place of the lane) of each vehicle that has gone."""
    queue: FloatArray
    coming: FloatArray
    """Not standing, on the stretch that the lane's loops see."""
    came: FloatArray
    """Upon the stretch before the advance loop, in this second."""
    gone: FloatArray
    """Over the stop line."""
    near_line: FloatArray
    """1 where somebody is within `AT_LINE_M`, or has just gone."""
    in_use: FloatArray
    """1 where somebody stands at the stop line, or passes it in one headway."""


class Street:
    """The running simulation, second by second."""

    def __init__(self, world: Sighted, places: LanePlaces, lanes: LaneLayout) -> None:
        self._world, self._places, self._shape = world, places, places.shape
        sees, far = lanes.near_loop >= 0, lanes.far_loop >= 0
        self._stretch_m = np.where(sees, lanes.near_m, np.minimum(BARE_M, lanes.length_m)).ravel()
        self.seen_m = np.where(far, lanes.far_m, np.where(sees, lanes.near_m, 0.0))
        """(J, N) how far the lane's loops see [m]."""
        self._headway_s = 1.0 / np.maximum(1e-3, lanes.saturation_veh_s).ravel()
        self._met: set[tuple[str, int]] = set()
        self._before: dict[str, tuple[str, int, int, float]] = {}

    def second(self) -> Seen:
        """What is true now."""
        queue, coming, came, gone, near_line, in_use = (np.zeros(self._stretch_m.size) for _ in range(6))
        seen_m = self.seen_m.ravel()
        now: dict[str, tuple[str, int, int, float]] = {}
        for vehicle in self._world.approaching(VIEW_M):
            place = self._places.of(vehicle)
            if place is None:
                continue
            now[vehicle.vehicle] = (vehicle.tls, vehicle.link, place, vehicle.distance_m)
            standing = vehicle.speed_m_s < STANDING_M_S
            queue[place] += standing
            near_line[place] = max(near_line[place], vehicle.distance_m <= AT_LINE_M)
            soon_m = max(AT_STAND_M, (self._headway_s[place] - 1.0) * vehicle.speed_m_s)
            in_use[place] = max(in_use[place], vehicle.distance_m <= soon_m)
            coming[place] += not standing and vehicle.distance_m <= seen_m[place]
            if vehicle.distance_m <= self._stretch_m[place] and (vehicle.vehicle, place) not in self._met:
                self._met.add((vehicle.vehicle, place))
                came[place] += 1.0
        departures = self._departures(now)
        for _, _, place in departures:
            gone[place] += 1.0
            near_line[place] = in_use[place] = 1.0
        self._before = now
        of_lanes = (values.reshape(self._shape) for values in (queue, coming, came, gone, near_line, in_use))
        return Seen(departures, *of_lanes)

    def _departures(self, now: dict[str, tuple[str, int, int, float]]) -> tuple[tuple[str, int, int], ...]:
        return tuple(
            (tls, link, place)
            for name, (tls, link, place, distance_m) in self._before.items()
            if distance_m <= AT_LINE_M and (name not in now or now[name][0] != tls)
        )
