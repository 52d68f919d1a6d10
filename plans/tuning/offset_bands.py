"""Offsets by bandwidth along rows of junctions that the engineer names: which greens make the bands, and how wide."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from controller.model import Junction
from plans.tuning.bands import BandError, Bands, RowSignal, widest_bands
from plans.tuning.cycles import CycleChoice
from plans.tuning.demand import Demand, DemandError
from plans.tuning.junction_tuning import JunctionCase


@dataclass(frozen=True, slots=True)
class Way:
    """From one junction of the row to the next."""

    leaves: str
    """Group at the first junction by which most of it leaves; empty where nothing tells it."""
    arrives: str
    """Group at the second junction for most of it."""
    travel_s: float
    flow_pcu_h: float


@dataclass(frozen=True, slots=True)
class RowBands:
    """The offsets of a row, with what opens them."""

    row: tuple[str, ...]
    bands: Bands
    out_groups: tuple[str, ...]
    back_groups: tuple[str, ...]
    one_band: bool = True

    def told(self, place: int) -> str:
        """Why a junction has its offset."""
        link = min(place, len(self.bands.out_s) - 1)
        ways = f"out {self.bands.out_s[link]:.0f} s on {self.out_groups[place]}"
        if self.bands.back_s:
            ways += f", back {self.bands.back_s[link]:.0f} s on {self.back_groups[place]}"
        proved = "" if self.bands.optimal else ", not proved the widest"
        through = f"green band along {' '.join(self.row)}"
        if not self.one_band:
            onward = f"to {self.row[link + 1]}" if place == link else f"from {self.row[link]}"
            through = f"green bands between each two of {' '.join(self.row)}; {onward}"
        return f"{through}: {ways}; efficiency {self.bands.efficiency:.0%}{proved}"


def row_bands(
    row: Sequence[str],
    cases: Mapping[str, JunctionCase],
    choices: Mapping[str, CycleChoice],
    demand: Demand,
    *,
    one_band: bool = True,
) -> RowBands:
    """The widest band along a row, or bands of their own between each two.

    Raises DemandError where its junctions do not follow each other.
    """
    _refuse(row, cases, choices)
    out = [_way(cases, demand, up, down, row) for up, down in pairwise(row)]
    back = [_way(cases, demand, down, up, row, needed=False) for up, down in pairwise(row)]
    two_way = all(way is not None for way in back)
    returns = [way for way in back if way is not None] if two_way else []
    ways_out = [way for way in out if way is not None]
    out_groups = [ways_out[0].leaves or _opposite(returns, 0), *(way.arrives for way in ways_out)]
    back_groups = [*(way.arrives for way in returns), returns[-1].leaves or out_groups[-1]] if returns else []
    signals = [
        RowSignal(
            name,
            _green(choices[name], out_groups[place]),
            _green(choices[name], back_groups[place]) if back_groups else None,
        )
        for place, name in enumerate(row)
    ]
    flows = [way.flow_pcu_h for way in ways_out], [way.flow_pcu_h for way in returns]
    weights = [max(sum(told), 1.0) if one_band else [max(flow, 1.0) for flow in told] for told in flows]
    try:
        bands = widest_bands(
            signals,
            [way.travel_s for way in ways_out],
            [way.travel_s for way in returns] or [0.0] * len(ways_out),
            choices[row[0]].splits.cycle_s,
            weight_out=weights[0],
            weight_back=weights[1] or 1.0,
            one_band=one_band,
        )
    except BandError as error:
        raise DemandError(f"corridor {','.join(row)}: {error}") from error
    return RowBands(tuple(row), bands, tuple(out_groups), tuple(back_groups), one_band)


def _refuse(row: Sequence[str], cases: Mapping[str, JunctionCase], choices: Mapping[str, CycleChoice]) -> None:
    missing = [name for name in row if name not in cases]
    if missing:
        raise DemandError(f"corridor {','.join(row)}: no demand is known at {', '.join(missing)}")
    if len(row) < 2 or len(set(row)) < len(row):
        raise DemandError(f"corridor {','.join(row)}: name two junctions at least, each once")
    cycles = {choices[name].splits.cycle_s for name in row}
    if len(cycles) > 1:
        raise DemandError(
            f"corridor {','.join(row)}: its junctions run cycles of {', '.join(f'{c} s' for c in sorted(cycles))}; "
            "a band needs one: give it with --cycle"
        )


def _opposite(returns: Sequence[Way], place: int) -> str:
    """Where nothing tells how a row is entered: with the green of who leaves it there."""
    return returns[place].arrives if returns else ""


def _way(
    cases: Mapping[str, JunctionCase], demand: Demand, up: str, down: str, row: Sequence[str], *, needed: bool = True
) -> Way | None:
    links = [link for link in demand.links if (link.upstream.junction, link.downstream.junction) == (up, down)]
    if links:
        leaves: dict[str, float] = defaultdict(float)
        arrives: dict[str, float] = defaultdict(float)
        for link in links:
            leaves[link.upstream.group] += link.flow_pcu_h
            arrives[link.downstream.group] += link.flow_pcu_h
        total = sum(leaves.values())
        travel_s = sum(link.travel_s * link.flow_pcu_h for link in links) / total
        return Way(max(leaves, key=leaves.__getitem__), max(arrives, key=arrives.__getitem__), travel_s, total)
    named = _by_name(cases[down].junction, up)
    if named is None and needed:
        raise DemandError(
            f"corridor {','.join(row)}: nothing tells the way from {up} to {down}; give --scenario, or name the "
            f"approach of {down} after {up}"
        )
    return named


def _by_name(junction: Junction, upstream: str) -> Way | None:
    """The approach in whose name the upstream junction's id stands, as a word."""
    lanes = [lane for lane in junction.lanes if upstream in re.split(r"[^0-9A-Za-z]+", lane.approach)]
    if not lanes:
        return None
    groups = [group for lane in lanes for group in lane.groups]
    travel_s = max((lane.signal_upstream_m or lane.length_m) / lane.speed_m_s for lane in lanes)
    return Way("", max(dict.fromkeys(groups), key=groups.count), travel_s, 1.0)


def _green(choice: CycleChoice, group: str) -> tuple[float, float]:
    """The longest green of a group: (begin after the offset, length) [s]."""
    splits = choice.splits
    if group in splits.order.always:
        return 0.0, float(splits.cycle_s)
    found = [(0.0, 0.0)]
    for span in splits.order.spans:
        if span.group == group:
            start = sum(splits.splits_s[: span.first])
            asked = sum(splits.splits_s[(span.first + step) % len(splits.splits_s)] for step in range(span.stages))
            found.append(((start + span.gap_s) % splits.cycle_s, asked - span.gap_s))
    return max(found, key=lambda green: green[1])
