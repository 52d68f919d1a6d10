"""Every lane as the simulator knows it: who stands and who comes, where loops would have to guess.

A vehicle belongs to the lane from which it will pass its next signal. Slower than `STANDING_M_S` it is queued; else it
is on its way and reaches the stop line after

    distance / max(its speed, SPEED_RATIO * the speed allowed to it).

Sight ends `view_m` before the stop line, and what lies beyond is not forgotten:

- who waits outside the network for room to enter is queued at the first signal of its way, where sight reaches the
  entry or is full of standing vehicles;
- where sight is full and the road goes on, the queue is at least as long as the loops say: whoever sees never knows
  less than who only counts;
- flows are those of the vehicles that came into sight, and stay as they were while it is full.

Who is seen standing in red waits, also where no loop lies; nobody seen, nobody waits. What is learned of discharge, and
whether a green did its duty, stays as measured. Shapes: J junctions, N lanes, R seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Protocol

import numpy as np

from controller import Network
from controller.lanes import build_lanes
from controller.layout import BoolArray, FloatArray, IntArray, build_layout
from controller.state import LaneState
from sim.sumo_map import JunctionMap
from sim.sumo_net import SignalLink
from sim.sumo_world import Approaching

STANDING_M_S = 2.0
"""Slower vehicles stand, or are about to."""
SPEED_RATIO = 0.9
"""Vehicles approach at this share of the speed allowed to them on average."""
FULL_WITHIN_M = 15.0
"""Somebody stands so near to the end of sight: two cars, and there may be more behind."""
FLOW_MEMORY_S = 180.0
"""Flows forget within some cycles."""


class Sighted(Protocol):
    """What of a running simulation is looked at."""

    def approaching(self, view_m: float) -> Iterable[Approaching]: ...

    def waiting_outside(self) -> Sequence[str]: ...

    def route_of(self, vehicle: str) -> Sequence[str]: ...


class LanePlaces:
    """Which lane of the site each link of SUMO's signals leads off, as one number: row * N + column."""

    def __init__(self, network: Network, maps: Mapping[str, JunctionMap], links: Iterable[SignalLink]) -> None:
        """`maps`: how each junction lies in the SUMO network.

        A site's lane may be made of several SUMO lanes, and then bears the name of one that holds loops, not of the
        last one before the stop line. Where two such lanes share that last one, the first stands for both.
        """
        self.shape = build_lanes(build_layout(network)).shape
        place_of: dict[tuple[str, str], int] = {}
        for row, junction in enumerate(network.junctions):
            at = maps[junction.id]
            for column, lane in enumerate(junction.lanes):
                last = at.lanes.get(lane.id, (lane.id,))[0]
                place_of.setdefault((at.tls, last), row * self.shape[1] + column)
        known = [link for link in links if (link.tls, link.lane) in place_of]
        self._place = {(link.tls, link.index): place_of[link.tls, link.lane] for link in known}
        self._at = {(link.tls, link.lane): place_of[link.tls, link.lane] for link in known}
        self._turn: dict[tuple[str, str], set[int]] = {}
        for link in known:
            turn = (link.lane.rpartition("_")[0], link.to_edge)
            self._turn.setdefault(turn, set()).add(place_of[link.tls, link.lane])

    def of(self, vehicle: Approaching) -> int | None:
        """The lane off which its route leads; None where no lane of the site leads to its signal."""
        return self._place.get((vehicle.tls, vehicle.link))

    def on(self, vehicle: Approaching) -> int | None:
        """The lane on which the vehicle is; None before it has come to the last one before its signal."""
        return self._at.get((vehicle.tls, vehicle.lane))

    def first_of(self, route: Sequence[str]) -> tuple[int, ...]:
        """The lanes from which the first signal of a route can be passed; none where it has no signal."""
        return next((tuple(sorted(self._turn[turn])) for turn in pairwise(route) if turn in self._turn), ())


class LaneTruth:
    """Perfect sight of every lane to `view_m` before its stop line, for `Controller(sight=...)`."""

    def __init__(self, world: Sighted, network: Network, places: LanePlaces, view_m: float) -> None:
        self._world, self._places, self._view_m = world, places, view_m
        length_m, speed_m_s = np.zeros(places.shape), np.ones(places.shape)
        for row, junction in enumerate(network.junctions):
            for column, lane in enumerate(junction.lanes):
                length_m[row, column], speed_m_s[row, column] = lane.length_m, max(1.0, lane.speed_m_s)
        # Farther out than the lane is long they come to another signal first, or are not yet there.
        self._seen_m = np.minimum(view_m, length_m)
        self._ends_early = length_m > view_m
        self._reach_s = np.rint(self._seen_m / (SPEED_RATIO * speed_m_s)).astype(np.int64)
        self._uncleared_s, self._waited_s = np.zeros(places.shape), np.zeros(places.shape)
        self._flow_veh_s: FloatArray | None = None
        self._met: set[tuple[str, int]] = set()
        self._lanes_of: dict[str, tuple[int, ...]] = {}

    def __call__(self, measured: LaneState) -> LaneState:
        """The measurement, with who stands and who comes as it is in this second."""
        n_r = measured.near_due.shape[2]
        near_s = np.minimum(self._reach_s, n_r - 1)
        far_s = np.minimum(self._reach_s, near_s + n_r - 1)
        seen = [
            (place, vehicle)
            for vehicle in self._world.approaching(self._view_m)
            if (place := self._places.of(vehicle)) is not None
        ]
        queue, near, far, full = self._counted(seen, near_s, n_r)
        outside = self._outside(full)
        queue = queue + outside
        queue = np.where(full & self._ends_early, np.maximum(queue, measured.queue_veh), queue)
        self._uncleared_s = np.where(queue > 0, self._uncleared_s + 1.0, 0.0)
        red = measured.green_s == 0
        self._waited_s = np.where(red & ((self._waited_s > 0) | (queue > 0)), self._waited_s + 1.0, 0.0)
        in_red_s = np.where(queue > 0, np.maximum(self._waited_s, measured.waited_s), 0.0)
        return replace(
            measured,
            queue_veh=queue,
            near_due=near,
            far_due=far,
            near_s=near_s,
            far_s=far_s,
            flow_veh_s=self._flow(measured, seen, full),
            since_clear_s=self._uncleared_s,
            waited_s=np.where(red, in_red_s, measured.waited_s),
        )

    def _counted(
        self, seen: Sequence[tuple[int, Approaching]], near_s: IntArray, n_r: int
    ) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray]:
        """(J, N) standing, (J, N, R) due at the stop line, (J, N, R) due `near_s` later, (J, N) sight is full."""
        n_lanes = near_s.size
        rows = [(place, one.distance_m, one.speed_m_s, one.allowed_m_s) for place, one in seen]
        table = np.array(rows, np.float64).reshape(-1, 4)
        lane, distance_m, speed_m_s, allowed_m_s = table[:, 0].astype(np.int64), table[:, 1], table[:, 2], table[:, 3]
        standing = speed_m_s < STANDING_M_S
        queue = np.bincount(lane[standing], minlength=n_lanes).astype(np.float64)
        farthest_m = np.zeros(n_lanes)
        np.maximum.at(farthest_m, lane[standing], distance_m[standing])
        full = (queue > 0) & (farthest_m >= self._seen_m.ravel() - FULL_WITHIN_M)
        due_s = np.rint(distance_m / np.maximum(np.maximum(speed_m_s, SPEED_RATIO * allowed_m_s), 0.1)).astype(np.int64)
        later = due_s >= n_r
        beyond_s = np.clip(due_s - near_s.ravel()[lane], 0, n_r - 1)
        near, far = ~standing & ~later, ~standing & later
        shape = (*near_s.shape, n_r)
        return (
            queue.reshape(near_s.shape),
            np.bincount(lane[near] * n_r + due_s[near], minlength=n_lanes * n_r).astype(np.float64).reshape(shape),
            np.bincount(lane[far] * n_r + beyond_s[far], minlength=n_lanes * n_r).astype(np.float64).reshape(shape),
            full.reshape(near_s.shape),
        )

    def _outside(self, full: BoolArray) -> FloatArray:
        """(J, N) vehicles that wait outside the network for room to enter; one of several lanes takes its share."""
        waiting = np.zeros(full.size)
        for vehicle in self._world.waiting_outside():
            lanes = self._lanes_of.get(vehicle)
            if lanes is None:
                lanes = self._lanes_of[vehicle] = self._places.first_of(self._world.route_of(vehicle))
            for place in lanes:
                waiting[place] += 1.0 / len(lanes)
        return np.where(full | ~self._ends_early, waiting.reshape(full.shape), 0.0)

    def _flow(self, measured: LaneState, seen: Sequence[tuple[int, Approaching]], full: BoolArray) -> FloatArray:
        """(J, N) vehicles that came into sight, smoothed over `FLOW_MEMORY_S` [veh/s]."""
        came = np.zeros(full.size)
        for place, vehicle in seen:
            if (vehicle.vehicle, place) not in self._met:
                self._met.add((vehicle.vehicle, place))
                came[place] += 1.0
        before = measured.flow_veh_s if self._flow_veh_s is None else self._flow_veh_s
        smoothed = before + (came.reshape(full.shape) - before) / FLOW_MEMORY_S
        self._flow_veh_s = np.where(full, np.maximum(before, smoothed), smoothed)
        return self._flow_veh_s
