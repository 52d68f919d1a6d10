"""Offsets by delay: what platoons wait at every difference of two offsets, and the least sum of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plans.tuning.cycles import FARTHEST_S, CycleChoice
from plans.tuning.demand import Link, Turn
from plans.tuning.junction_tuning import JunctionCase
from plans.tuning.platoons import departures, dispersed, waiting_veh_s

FloatArray = NDArray[np.float64]

PASSES = 3
"""Platoons are formed anew by the offsets found, so often: first from even arrivals."""
STARTS = 12
SWEEPS = 30
SEED = 20


@dataclass(frozen=True, slots=True)
class Stream:
    """A turn at its junction: greens in the junction's own clock, tiled to the common cycle."""

    turn: Turn
    green: NDArray[np.bool_]
    saturation_veh_s: float
    flow_veh_s: float


def streams_of(
    cases: Mapping[str, JunctionCase], choices: Mapping[str, CycleChoice], common_s: int
) -> dict[Turn, Stream]:
    """Every turn with traffic, with its green over the common cycle."""
    found: dict[Turn, Stream] = {}
    for name, case in cases.items():
        greens = green_seconds(choices[name])
        rates: dict[tuple[str, str], list[float]] = {}
        for load in case.loads:
            for group, flow in load.by_group.items():
                if flow <= 0:
                    continue
                rate = rates.setdefault((load.lane.approach, group), [0.0, 0.0])
                rate[0] += flow
                rate[1] += load.saturation_pcu_h * flow / load.flow_pcu_h
        for (approach, group), (flow, saturation) in rates.items():
            green = np.tile(greens[group], common_s // len(greens[group]))
            turn = Turn(name, approach, group)
            found[turn] = Stream(turn, green, saturation / 3600, flow / 3600)
    return found


def green_seconds(choice: CycleChoice) -> dict[str, NDArray[np.bool_]]:
    """Whether each group is green in each second of its junction's cycle, (cycle_s,)."""
    splits = choice.splits
    starts = np.concatenate([[0], np.cumsum(splits.splits_s)[:-1]])
    greens = {group: np.ones(splits.cycle_s, dtype=bool) for group in splits.order.always}
    for span in splits.order.spans:
        shown = greens.setdefault(span.group, np.zeros(splits.cycle_s, dtype=bool))
        length = sum(splits.splits_s[(span.first + step) % len(splits.splits_s)] for step in range(span.stages))
        begin = int(starts[span.first]) + round(span.gap_s)
        end = int(starts[span.first]) + length
        shown[np.arange(begin, max(begin, end)) % splits.cycle_s] = True
    return greens


class OffsetTable:
    """Waiting at each pair of junctions by the difference of their offsets, for the offsets of today's platoons."""

    def __init__(self, streams: Mapping[Turn, Stream], links: Sequence[Link], common_s: int) -> None:
        self.common_s = common_s
        self._streams = streams
        self._links = [
            link
            for link in links
            if link.upstream in streams and link.downstream in streams and link.travel_s <= FARTHEST_S
        ]

    def waiting(self, offsets_s: Mapping[str, int] | None) -> dict[tuple[str, str], FloatArray]:
        """Vehicle seconds an hour by (upstream, downstream), (common_s,): index (downstream - upstream) offset.

        Platoons leave as the offsets make them; without offsets as if everybody came evenly.
        """
        leaving = self._leaving(offsets_s)
        table: dict[tuple[str, str], FloatArray] = {}
        for (upstream, turn), links in self._by_pair().items():
            stream = self._streams[turn]
            platoon = sum((self._arriving(link, leaving) for link in links), np.zeros(self.common_s))
            rest = max(0.0, stream.flow_veh_s - float(platoon.mean()))
            seconds = np.arange(self.common_s)
            shifted = platoon[(seconds[:, None] + seconds[None, :]) % self.common_s] + rest
            waited = waiting_veh_s(shifted, stream.green, stream.saturation_veh_s) * 3600 / self.common_s
            pair = (upstream, turn.junction)
            table[pair] = table.get(pair, np.zeros(self.common_s)) + waited
        return table

    def _by_pair(self) -> dict[tuple[str, Turn], list[Link]]:
        pairs: dict[tuple[str, Turn], list[Link]] = {}
        for link in self._links:
            pairs.setdefault((link.upstream.junction, link.downstream), []).append(link)
        return pairs

    def _arriving(self, link: Link, leaving: Mapping[Turn, FloatArray]) -> FloatArray:
        """The link's part of what its upstream turn lets go, as it arrives, in the upstream junction's clock."""
        profile = leaving[link.upstream]
        share = min(1.0, link.flow_pcu_h / 3600 / max(float(profile.mean()), 1e-9))
        return dispersed(profile * share, link.travel_s)

    def _leaving(self, offsets_s: Mapping[str, int] | None) -> dict[Turn, FloatArray]:
        even = {turn: np.full(self.common_s, stream.flow_veh_s) for turn, stream in self._streams.items()}
        first = {
            turn: departures(even[turn], stream.green, stream.saturation_veh_s)
            for turn, stream in self._streams.items()
        }
        if offsets_s is None:
            return first
        coming: dict[Turn, FloatArray] = {}
        for link in self._links:
            shift = offsets_s[link.downstream.junction] - offsets_s[link.upstream.junction]
            arriving = np.roll(self._arriving(link, first), -shift)
            coming[link.downstream] = coming.get(link.downstream, np.zeros(self.common_s)) + arriving
        left = dict(first)
        for turn, platoon in coming.items():
            stream = self._streams[turn]
            rest = max(0.0, stream.flow_veh_s - float(platoon.mean()))
            left[turn] = departures(platoon + rest, stream.green, stream.saturation_veh_s)
        return left


def least_waiting(
    junctions: Sequence[str], table: Mapping[tuple[str, str], FloatArray], common_s: int, start: Mapping[str, int]
) -> dict[str, int]:
    """Offsets of least waiting, one junction at a time until nothing moves, from several starts; `start` is one."""
    chance = np.random.default_rng(SEED)
    starts = [dict(start), along_the_tree(junctions, table, common_s)]
    starts += [{name: int(chance.integers(common_s)) for name in junctions} for _ in range(STARTS)]
    settled = [_settled(offsets, table, common_s) for offsets in starts]
    return min(settled, key=lambda offsets: waiting_of(offsets, table, common_s))


def waiting_of(offsets_s: Mapping[str, int], table: Mapping[tuple[str, str], FloatArray], common_s: int) -> float:
    """The sum of the table at these offsets [veh·s/h]."""
    return sum(float(waited[(offsets_s[down] - offsets_s[up]) % common_s]) for (up, down), waited in table.items())


def along_the_tree(
    junctions: Sequence[str], table: Mapping[tuple[str, str], FloatArray], common_s: int
) -> dict[str, int]:
    """Offsets that are best along a tree of the pairs that gain most by coordination, each as good as alone."""
    both: dict[frozenset[str], FloatArray] = {}
    for (up, down), waited in table.items():
        low, high = sorted((up, down))
        seen = waited if (up, down) == (low, high) else np.roll(waited[::-1], 1)
        pair = frozenset((low, high))
        both[pair] = both.get(pair, np.zeros(common_s)) + seen
    offsets: dict[str, int] = {}
    pairs = sorted(both, key=lambda pair: (-float(np.ptp(both[pair])), sorted(pair)))
    for root in junctions:
        if root in offsets:
            continue
        offsets[root] = 0
        while True:
            reaching = [pair for pair in pairs if len(pair & offsets.keys()) == 1]
            if not reaching:
                break
            low, high = sorted(reaching[0])
            best = int(both[reaching[0]].argmin())
            if low in offsets:
                offsets[high] = (offsets[low] + best) % common_s
            else:
                offsets[low] = (offsets[high] - best) % common_s
    return offsets


def _settled(
    offsets_s: Mapping[str, int], table: Mapping[tuple[str, str], FloatArray], common_s: int
) -> dict[str, int]:
    offsets = dict(offsets_s)
    seconds = np.arange(common_s)
    for _ in range(SWEEPS):
        before = dict(offsets)
        for name in offsets:
            cost = np.zeros(common_s)
            for (up, down), waited in table.items():
                if name == down:
                    cost += waited[(seconds - offsets[up]) % common_s]
                elif name == up:
                    cost += waited[(offsets[down] - seconds) % common_s]
            if cost.min() < cost[offsets[name]] - 1e-9:
                offsets[name] = int(cost.argmin())
        if offsets == before:
            break
    return offsets
