"""What the loops make the controller believe, and what is true, second by second.

It looks as a yardstick's sight looks, and changes nothing: the controller goes on with what the loops told.

| estimate | truth |
|---|---|
| queue | vehicles slower than 2 m/s that will pass their next signal from the lane |
| coming | the others of them, on the stretch that the lane's loops see |
| arrivals | vehicles that come upon that stretch, or upon the last 50 m, smoothed as the estimate is |
| discharge | vehicles over the stop line while the queue of the begin of green goes, from second 3 of green, by lane |
| wait | how long somebody has stood there, over greens that did not let the queue go, or what arrives in a round |
| saturation | green in which somebody stood at the line or passed it in one headway, see `true_use.py` |
| start-up | see `true_use.py` |
| turning | vehicles over the stop line by lane and group, see `true_turning.py` |
| full exits | exits on whose loop the last vehicle stands, see `true_exits.py` |

Shapes: J junctions, N lanes, G groups.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from controller import Network
from controller.lanes import START_UP_S, build_lanes
from controller.layout import BoolArray, FloatArray, IntArray, build_layout
from controller.measure.queues import DUTY_LEAST_VEH, ROUND_S
from controller.measure.turning import SUMMED_EVERY_S
from controller.state import LaneState
from sim.baselines.truth import LanePlaces, Sighted
from sim.estimates.pairs import Agreement, Pairs, Trusted
from sim.estimates.seen import Seen, Street
from sim.estimates.true_exits import RearMost, TrueExits
from sim.estimates.true_turning import TrueTurning
from sim.estimates.true_use import TrueUse
from sim.sumo_map import JunctionMap

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
        "of the longest waiting, in red; only a green that let the queue go, or what arrives in 90 s, ended it",
    ),
    "saturation": ("of 1", "degree of saturation: used green over green of the last three greens or so"),
    "start-up": ("s", "lost at the start of green, learned by lane"),
    "turning": ("of 1", "part of its approach's outflow that leaves by a lane and a group"),
    "full exits": ("of 1", "part of a lane's exits on which vehicles stand (spillback)"),
}
"""Each with its unit and what it is."""
TRUSTED = ("queue", "arrivals", "saturation")
"""Estimates that are judged by how far they are trusted as well."""


class World(Sighted, RearMost, Protocol):
    """What of a running simulation is looked at."""


class AgainstTruth:
    """Compares each second's measurement with the world; for `Controller(sight=...)`."""

    def __init__(
        self,
        world: World,
        network: Network,
        places: LanePlaces,
        maps: Mapping[str, JunctionMap],
        begin_s: float,
    ) -> None:
        layout = build_layout(network)
        lanes = build_lanes(layout)
        self._street, self._names = Street(world, places, lanes), _names(network, places.shape)
        self._ways = _ways(network, lanes.groups.shape)
        self._judged_from_s, self._now_s = begin_s + SETTLED_S, begin_s
        self._lane = lanes.exists & ~lanes.walk
        self._watched = self._lane & (lanes.stop_loop >= 0)
        self._flow = np.zeros(places.shape)
        self._wait_s, self._left_veh, self._credit_veh = (np.zeros(places.shape) for _ in range(3))
        self._use, self._exits = TrueUse(places.shape), TrueExits(world, layout, lanes, maps)
        self._turning, self._turned_s = TrueTurning(network, lanes, maps), 0
        self._start_up_s = np.zeros(places.shape)
        self._discharge = np.zeros((3, *places.shape))  # seconds, veh estimated, veh gone
        self._pairs = {name: Pairs(places.shape) for name in ESTIMATES}
        self._pairs["turning"] = Pairs(lanes.groups.shape)
        self._trusted = {name: Trusted(places.shape) for name in TRUSTED}
        self.stages: Callable[[], IntArray] = lambda: np.zeros(places.shape[0], np.int64)
        """(J,) number of the stage asked for, 0 for none."""

    def __call__(self, measured: LaneState) -> LaneState:
        """The measurement as it was given."""
        self._now_s += 1.0
        seen = self._street.second()
        self._turn(seen)
        green = measured.green_s > 0
        self._flow += (seen.came - self._flow) / FLOW_MEMORY_S
        self._wait(green, seen)
        goes = self._queue_goes(measured, seen)
        ended = self._use.second(green, seen.in_use > 0, seen.queue, seen.gone, measured.insight.use)
        self._start_up_s = measured.insight.use.start_up_s
        full = self._exits.full()
        if self._now_s >= self._judged_from_s:
            self._judge_insight(measured, ended, full)
            coming = measured.near_due.sum(axis=2) + measured.far_due.sum(axis=2)
            self._pairs["queue"].add(measured.queue_veh, seen.queue, self._lane)
            trust = measured.insight.trust
            self._trusted["queue"].add(trust.queue, measured.queue_veh, seen.queue, self._lane)
            self._trusted["arrivals"].add(trust.flow, 3600 * measured.flow_veh_s, 3600 * self._flow, self._lane)
            self._pairs["coming"].add(coming, seen.coming, self._lane & (self._street.seen_m > 0))
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
        self._pairs["start-up"] = Pairs(seconds.shape)
        lost_s, told = self._use.start_up_s()
        self._pairs["start-up"].add(self._start_up_s, lost_s, told & self._watched)
        names = {"turning": self._ways}
        found = {name: pairs.agreement(names.get(name, self._names)) for name, pairs in self._pairs.items()}
        return {name: agreement for name, agreement in found.items() if agreement is not None}

    def by_trust(self) -> dict[str, list[tuple[str, Agreement]]]:
        """Those of `TRUSTED`, by how far they were trusted."""
        return {name: trusted.agreements(self._names) for name, trusted in self._trusted.items()}

    def _turn(self, seen: Seen) -> None:
        for departure in seen.departures:
            self._turning.left(*departure)
        self._turned_s = (self._turned_s + 1) % SUMMED_EVERY_S
        if self._turned_s == 0:
            self._turning.forget()

    def _judge_insight(self, measured: LaneState, ended: BoolArray, full: FloatArray) -> None:
        insight = measured.insight
        judged = ended & self._watched
        self._pairs["saturation"].add(insight.use.saturation, self._use.saturation, judged)
        self._trusted["saturation"].add(insight.trust.saturation, insight.use.saturation, self._use.saturation, judged)
        self._pairs["full exits"].add(insight.exits_full, full, self._lane & self._exits.watched)
        if self._turned_s == 0:
            share, enough = self._turning.share()
            self._pairs["turning"].add(insight.turning_share, share, enough & self._watched[:, :, None])

    def _wait(self, green: BoolArray, seen: Seen) -> None:
        """One more second of waiting, by the rule of `controller.measure.queues.wait_on`."""
        self._credit_veh = np.where(green, self._credit_veh + seen.gone, 0.0)
        duty_veh = np.maximum(DUTY_LEAST_VEH, ROUND_S * self._flow)
        done = green & ((seen.queue < 1.0) | (self._credit_veh >= duty_veh))
        waits = ((self._wait_s > 0) | (~green & (seen.queue > 0))) & ~done
        self._wait_s = np.where(waits, self._wait_s + 1.0, 0.0)

    def _queue_goes(self, measured: LaneState, seen: Seen) -> BoolArray:
        """(J, N) the queue that stood at the begin of green is going, and its start-up is over.

        Who meant to take the lane may take another in the end: without anybody before the line the queue has gone.
        """
        begins = measured.green_s == 1.0
        stood = np.where(seen.queue + seen.gone >= LEAST_QUEUE_VEH, seen.queue + seen.gone, 0.0)
        left = np.where(begins, stood, self._left_veh)
        left = np.where(seen.near_line > 0, left, 0.0)
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


def _ways(network: Network, shape: tuple[int, ...]) -> list[list[str]]:
    """`junction/lane by group` of each way off a lane, the ways of a junction one after the other."""
    _, n_lanes, n_groups = shape
    names = [[""] * (n_lanes * n_groups) for _ in network.junctions]
    for row, junction in enumerate(network.junctions):
        for place, lane in enumerate(junction.lanes):
            for column, group in enumerate(junction.groups):
                names[row][place * n_groups + column] = f"{junction.id}/{lane.id} by {group.id}"
    return names
