"""What the loops make the controller believe, and what is true, second by second.

It looks as a yardstick's sight looks, and changes nothing: the controller goes on with what the loops told.

| estimate | truth |
|---|---|
| queue | vehicles slower than 2 m/s that will pass their next signal from the lane |
| coming | the others of them, on the stretch that the lane's loops see |
| arrivals | vehicles that come upon that stretch, or upon the last 50 m, smoothed as the estimate is |
| discharge | vehicles over the stop line while the queue of the begin of green goes, from second 3 of green, by lane |
| wait | how long somebody has stood there in red, of lanes where somebody does |

Shapes: J junctions, N lanes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from controller import Network
from controller.lanes import START_UP_S, build_lanes
from controller.layout import BoolArray, FloatArray, IntArray, build_layout
from controller.state import LaneState
from sim.baselines.truth import STANDING_M_S, LanePlaces, Sighted
from sim.estimates.pairs import Agreement, Pairs

VIEW_M = 600.0
"""Nobody farther from his stop line is looked at."""
BARE_M = 50.0
"""A lane without an advance loop is looked at for so far."""
AT_LINE_M = 30.0
"""Who was no farther from his stop line, and has another signal ahead a second later, has passed it."""
FLOW_MEMORY_S = 180.0
"""As `controller.measure.queues` forgets flows."""
SETTLED_S = 300.0
"""Estimates learn for so long before they are judged [s]."""
LEAST_QUEUE_VEH = 3.0
"""A queue that tells a discharge."""
LEAST_DISCHARGE_S = 60.0
"""Seconds of discharging queues on a lane from which its rate is judged."""

ESTIMATES: Mapping[str, tuple[str, str]] = {
    "queue": ("veh", "standing before the stop line"),
    "coming": ("veh", "on their way, on the stretch that the loops see"),
    "arrivals": ("veh/h", "flow upon that stretch, smoothed over 3 min"),
    "discharge": ("veh/h", "while a queue goes: learned saturation flow, of permissive and shared lanes too"),
    "wait": (
        "s",
        "of the longest waiting in red, where somebody waits; a green that did not relieve the lane does not end it",
    ),
}
"""Each with its unit and what it is."""


class _Seen(NamedTuple):
    """The truth of one second."""

    queue: FloatArray  # (J, N)
    coming: FloatArray  # (J, N)
    came: FloatArray  # (J, N) upon the stretch in this second
    gone: FloatArray  # (J, N) over the stop line


class AgainstTruth:
    """Compares each second's measurement with the world; for `Controller(sight=...)`."""

    def __init__(self, world: Sighted, network: Network, places: LanePlaces, begin_s: float) -> None:
        lanes = build_lanes(build_layout(network))
        self._world, self._places, self._names = world, places, _names(network, places.shape)
        self._judged_from_s, self._now_s = begin_s + SETTLED_S, begin_s
        self._lane = lanes.exists & ~lanes.walk
        self._watched = self._lane & (lanes.stop_loop >= 0)
        sees = lanes.near_loop >= 0
        self._stretch_m = np.where(sees, lanes.near_m, np.minimum(BARE_M, lanes.length_m))
        far = lanes.far_loop >= 0
        self._seen_m = np.where(far, lanes.far_m, np.where(sees, lanes.near_m, 0.0))
        self._flow = np.zeros(places.shape)
        self._wait_s, self._left_veh = np.zeros(places.shape), np.zeros(places.shape)
        self._met: set[tuple[str, int]] = set()
        self._before: dict[str, tuple[str, int, float]] = {}
        self._discharge = np.zeros((3, *places.shape))  # seconds, veh estimated, veh gone
        self._pairs = {name: Pairs(places.shape) for name in ESTIMATES}
        self.stages: Callable[[], IntArray] = lambda: np.zeros(places.shape[0], np.int64)
        """(J,) number of the stage asked for, 0 for none."""

    def __call__(self, measured: LaneState) -> LaneState:
        """The measurement as it was given."""
        self._now_s += 1.0
        seen = self._look()
        green = measured.green_s > 0
        self._flow += (seen.came - self._flow) / FLOW_MEMORY_S
        waits = ~green & ((self._wait_s > 0) | (seen.queue > 0))
        self._wait_s = np.where(waits, self._wait_s + 1.0, 0.0)
        goes = self._queue_goes(measured, seen)
        if self._now_s >= self._judged_from_s:
            coming = measured.near_due.sum(axis=2) + measured.far_due.sum(axis=2)
            self._pairs["queue"].add(measured.queue_veh, seen.queue, self._lane)
            self._pairs["coming"].add(coming, seen.coming, self._lane & (self._seen_m > 0))
            self._pairs["arrivals"].add(3600 * measured.flow_veh_s, 3600 * self._flow, self._lane)
            self._pairs["wait"].add(measured.waited_s, self._wait_s, self._lane & ~green & (self._wait_s > 0))
            self._discharge += np.where(goes, np.stack([np.ones_like(seen.gone), self._rate(measured), seen.gone]), 0.0)
        return measured

    def agreements(self) -> dict[str, Agreement]:
        """Every estimate that there was something of; discharge lane by lane over the whole run."""
        seconds, estimated, gone = self._discharge
        per_h = 3600 / np.maximum(1.0, seconds)
        self._pairs["discharge"] = Pairs(seconds.shape)
        self._pairs["discharge"].add(per_h * estimated, per_h * gone, seconds >= LEAST_DISCHARGE_S)
        found = {name: pairs.agreement(self._names) for name, pairs in self._pairs.items()}
        return {name: agreement for name, agreement in found.items() if agreement is not None}

    def _look(self) -> _Seen:
        queue, coming, came, gone = (np.zeros(self._lane.size) for _ in range(4))
        stretch_m, seen_m = self._stretch_m.ravel(), self._seen_m.ravel()
        now: dict[str, tuple[str, int, float]] = {}
        for vehicle in self._world.approaching(VIEW_M):
            place = self._places.of(vehicle)
            if place is None:
                continue
            now[vehicle.vehicle] = (vehicle.tls, place, vehicle.distance_m)
            standing = vehicle.speed_m_s < STANDING_M_S
            queue[place] += standing
            coming[place] += not standing and vehicle.distance_m <= seen_m[place]
            if vehicle.distance_m <= stretch_m[place] and (vehicle.vehicle, place) not in self._met:
                self._met.add((vehicle.vehicle, place))
                came[place] += 1.0
        for name, (tls, place, distance_m) in self._before.items():
            if distance_m <= AT_LINE_M and now.get(name, ("", 0, 0.0))[0] != tls:
                gone[place] += 1.0
        self._before = now
        shape = self._lane.shape
        return _Seen(*(values.reshape(shape) for values in (queue, coming, came, gone)))

    def _queue_goes(self, measured: LaneState, seen: _Seen) -> BoolArray:
        """(J, N) the queue that stood at the begin of green is going, and its start-up is over."""
        begins = measured.green_s == 1.0
        stood = np.where(seen.queue + seen.gone >= LEAST_QUEUE_VEH, seen.queue + seen.gone, 0.0)
        left = np.where(begins, stood, self._left_veh)
        goes = self._watched & (measured.green_s > START_UP_S) & (left > 0)
        self._left_veh = np.where(measured.green_s > 0, np.maximum(0.0, left - seen.gone), 0.0)
        return np.asarray(goes)

    def _rate(self, measured: LaneState) -> FloatArray:
        """(J, N) discharge in the stage of now [veh/s]."""
        stage = self.stages()
        rate = measured.rate_veh_s[np.arange(stage.size), np.maximum(stage - 1, 0)]
        return np.where((stage > 0)[:, None], rate, 0.0)


def _names(network: Network, shape: tuple[int, int]) -> list[list[str]]:
    """`junction/lane` of each place, empty where there is no lane."""
    return [
        [f"{junction.id}/{lane.id}" for lane in junction.lanes] + [""] * (shape[1] - len(junction.lanes))
        for junction in network.junctions
    ]
