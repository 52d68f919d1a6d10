"""Every lane as the simulator knows it: who stands and who comes, where loops would have to guess.

A vehicle belongs to the lane from which it will pass its next signal. Slower than `STANDING_M_S` it is queued; else it
is on its way and reaches the stop line after

    distance / max(its speed, SPEED_RATIO * the speed allowed to it).

What loops learn beside that (discharge, flows) stays as measured. Shapes: J junctions, N lanes, R seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from controller import Network
from controller.lanes import build_lanes
from controller.layout import FloatArray, IntArray, build_layout
from controller.state import LaneState
from sim.sumo_net import SignalLink
from sim.sumo_world import Approaching, SumoWorld

STANDING_M_S = 2.0
"""Slower vehicles stand, or are about to."""
SPEED_RATIO = 0.9
"""Vehicles approach at this share of the speed allowed to them on average."""


class LanePlaces:
    """Which lane of the site each link of SUMO's signals leads off, as one number: row * N + column."""

    def __init__(self, network: Network, tls_of: dict[str, str], links: Iterable[SignalLink]) -> None:
        """`tls_of`: SUMO's traffic light of each junction."""
        self.shape = build_lanes(build_layout(network)).shape
        place_of = {
            (tls_of[junction.id], lane.id): row * self.shape[1] + column
            for row, junction in enumerate(network.junctions)
            for column, lane in enumerate(junction.lanes)
        }
        self._place = {
            (link.tls, link.index): place_of[link.tls, link.lane] for link in links if (link.tls, link.lane) in place_of
        }

    def of(self, vehicle: Approaching) -> int | None:
        """Where the vehicle belongs; None where no lane of the site leads to its signal."""
        return self._place.get((vehicle.tls, vehicle.link))


class LaneTruth:
    """Perfect sight of every lane to `view_m` before its stop line, for `Controller(sight=...)`."""

    def __init__(self, world: SumoWorld, network: Network, places: LanePlaces, view_m: float) -> None:
        self._world, self._places, self._view_m = world, places, view_m
        reach_s = np.zeros(places.shape)
        for row, junction in enumerate(network.junctions):
            for column, lane in enumerate(junction.lanes):
                seen_m = min(
                    view_m, lane.length_m
                )  # farther out they come to another signal first, or are not yet there
                reach_s[row, column] = seen_m / (SPEED_RATIO * max(1.0, lane.speed_m_s))
        self._reach_s = np.rint(reach_s).astype(np.int64)
        self._uncleared_s = np.zeros(places.shape)

    def __call__(self, measured: LaneState) -> LaneState:
        """The measurement, with who stands and who comes as it is in this second."""
        n_r = measured.near_due.shape[2]
        near_s = np.minimum(self._reach_s, n_r - 1)
        far_s = np.minimum(self._reach_s, near_s + n_r - 1)
        queue, near, far = self._counted(near_s, n_r)
        self._uncleared_s = np.where(queue > 0, self._uncleared_s + 1.0, 0.0)
        return replace(
            measured,
            queue_veh=queue,
            near_due=near,
            far_due=far,
            near_s=near_s,
            far_s=far_s,
            since_clear_s=self._uncleared_s,
        )

    def _counted(self, near_s: IntArray, n_r: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(J, N) standing, (J, N, R) due at the stop line, (J, N, R) due `near_s` later."""
        n_lanes = near_s.size
        seen = [
            (place, vehicle.distance_m, vehicle.speed_m_s, vehicle.allowed_m_s)
            for vehicle in self._world.approaching(self._view_m)
            if (place := self._places.of(vehicle)) is not None
        ]
        table = np.array(seen, np.float64).reshape(-1, 4)
        lane, distance_m, speed_m_s, allowed_m_s = table[:, 0].astype(np.int64), table[:, 1], table[:, 2], table[:, 3]
        standing = speed_m_s < STANDING_M_S
        queue = np.bincount(lane[standing], minlength=n_lanes).astype(np.float64)
        due_s = np.rint(distance_m / np.maximum(np.maximum(speed_m_s, SPEED_RATIO * allowed_m_s), 0.1)).astype(np.int64)
        later = due_s >= n_r
        beyond_s = np.clip(due_s - near_s.ravel()[lane], 0, n_r - 1)
        near, far = ~standing & ~later, ~standing & later
        shape = (*near_s.shape, n_r)
        return (
            queue.reshape(near_s.shape),
            np.bincount(lane[near] * n_r + due_s[near], minlength=n_lanes * n_r).astype(np.float64).reshape(shape),
            np.bincount(lane[far] * n_r + beyond_s[far], minlength=n_lanes * n_r).astype(np.float64).reshape(shape),
        )
