"""Counts become demand: rows of intervals, looked through for gaps and overlaps, and the busiest hour taken.

A gap is refused, because a plan made for half of the traffic looks like a good one. Where the engineer asks for it, it
is filled from its neighbours in time, and the plan says so.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from controller.model import Junction, Network
from plans.tuning.demand import Demand, DemandError, Turn

HOUR_S = 3600
QUARTER_S = 900
MOST_TOLD = 12
"""Gaps that a message names; the rest are counted."""
LONGEST_FILLED = 2
"""Intervals in a row that are filled; a longer gap is refused whatever was asked for."""


@dataclass(frozen=True, slots=True)
class Count:
    """Vehicles of one turn in one interval."""

    turn: Turn
    begin_s: int
    end_s: int
    vehicles: Mapping[str, float | None]
    """By class; None where a cell is empty."""
    where: str
    """File and line, for messages."""


@dataclass(frozen=True, slots=True)
class Span:
    """The stretch of time that the demand is taken from."""

    begin_s: int
    end_s: int

    def __str__(self) -> str:
        """As people write it: 07:00-08:00."""
        return f"{_clock(self.begin_s)}-{_clock(self.end_s)}"


def demand_of_counts(
    counts: Sequence[Count],
    origin: str,
    *,
    span: Span | None = None,
    fill: bool = False,
    motorcycle_pcu: Mapping[str, float] | None = None,
) -> Demand:
    """Demand of a span, or of the hour with most vehicles, at its peak; raises DemandError with every gap at once."""
    inside, chosen, repaired = _within(counts, origin, span, fill=fill)
    flows: dict[Turn, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    counted_s: dict[Turn, int] = defaultdict(int)
    for count in inside:
        counted_s[count.turn] += count.end_s - count.begin_s
        for name, vehicles in count.vehicles.items():
            flows[count.turn][name] += vehicles or 0.0
    factors = peak_hour_factors(inside)
    by_turn = {
        turn: {
            name: vehicles * HOUR_S / counted_s[turn] / factors[turn.junction] for name, vehicles in by_class.items()
        }
        for turn, by_class in flows.items()
    }
    least = min(factors, key=lambda name: (factors[name], name))
    if factors[least] < 1:
        repaired.append(
            f"flows are those of the busiest quarter of the hour at each junction (volume / peak hour factor, HCM; the "
            f"least factor {factors[least]:.2f} at {least})"
        )
    return Demand(by_turn, f"{origin}, {chosen}", motorcycle_pcu=dict(motorcycle_pcu or {}), remarks=tuple(repaired))


@dataclass(frozen=True, slots=True)
class HourlyVolumes:
    """What was counted in one stretch of time, all classes together."""

    veh_h: Mapping[Turn, float]
    peak_hour_factor: Mapping[str, float]
    """By junction."""


def volumes_of_counts(counts: Sequence[Count], origin: str) -> HourlyVolumes:
    """Vehicles in the hour with most of them; raises DemandError with every gap at once."""
    inside, _, _ = _within(counts, origin, None, fill=False)
    vehicles: dict[Turn, float] = defaultdict(float)
    counted_s: dict[Turn, int] = defaultdict(int)
    for count in inside:
        counted_s[count.turn] += count.end_s - count.begin_s
        vehicles[count.turn] += sum(value or 0.0 for value in count.vehicles.values())
    flows = {turn: number * HOUR_S / counted_s[turn] for turn, number in vehicles.items()}
    return HourlyVolumes(flows, peak_hour_factors(inside))


def _within(
    counts: Sequence[Count], origin: str, span: Span | None, *, fill: bool
) -> tuple[list[Count], Span, list[str]]:
    """The counts of a span, or of the busiest hour, without gaps; that span; what was filled. Raises DemandError."""
    if not counts:
        raise DemandError(f"{origin}: there is no count in it")
    _refuse_overlaps(counts, origin)
    whole, repaired = _mended(counts, origin, fill=fill)
    chosen = span or busiest_hour(whole)
    inside = [count for count in whole if chosen.begin_s <= count.begin_s and count.end_s <= chosen.end_s]
    if not inside:
        known = Span(min(count.begin_s for count in counts), max(count.end_s for count in counts))
        raise DemandError(f"{origin}: no interval lies within {chosen}; it has counts of {known}")
    return inside, chosen, repaired


def peak_hour_factors(counts: Sequence[Count]) -> dict[str, float]:
    """Each junction's mean flow over that of its busiest quarter of an hour: PHF = V / (4 V15) (HCM), at most 1.

    A queue is made in the quarter, not in the mean of the hour. 1 where the intervals are longer than a quarter.
    """
    vehicles: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    begin_s, end_s = min(count.begin_s for count in counts), max(count.end_s for count in counts)
    coarse = {count.turn.junction for count in counts if count.end_s - count.begin_s > QUARTER_S}
    for count in counts:
        quarter = (count.begin_s - begin_s) // QUARTER_S
        vehicles[count.turn.junction][quarter] += sum(value or 0.0 for value in count.vehicles.values())
    quarters = (end_s - begin_s) / QUARTER_S
    return {
        junction: 1.0
        if junction in coarse or quarters <= 1 or not max(of.values())
        else min(1.0, sum(of.values()) / quarters / max(of.values()))
        for junction, of in vehicles.items()
    }


def busiest_hour(counts: Sequence[Count]) -> Span:
    """The hour, from the begin of some interval, in which most vehicles were counted; all of a shorter count."""
    first, last = min(count.begin_s for count in counts), max(count.end_s for count in counts)
    if last - first <= HOUR_S:
        return Span(first, last)
    begins = sorted({count.begin_s for count in counts if count.begin_s + HOUR_S <= last})
    totals = {
        begin: sum(
            vehicles or 0.0
            for count in counts
            if begin <= count.begin_s and count.end_s <= begin + HOUR_S
            for vehicles in count.vehicles.values()
        )
        for begin in begins
    }
    busiest = max(begins, key=lambda begin: totals[begin])
    return Span(busiest, busiest + HOUR_S)


def turns_of_group(junction: Junction, group: str, flow: float) -> dict[Turn, float]:
    """A group's flow on the approaches that it lets go, by their lanes, where the source does not tell them apart."""
    lanes = [lane for lane in junction.lanes if group in lane.groups]
    shares: dict[Turn, float] = defaultdict(float)
    for lane in lanes:
        shares[Turn(junction.id, lane.approach, group)] += flow / len(lanes)
    return dict(shares)


def turn_named(network: Network, junction: str, approach: str, group: str) -> Turn:
    """The turn of these names; an empty approach where only one leads to the group. Raises DemandError."""
    known = {each.id: each for each in network.junctions}
    if junction not in known:
        raise DemandError(f"the site has no junction {junction!r}: one of {', '.join(known)}")
    approaches = list(dict.fromkeys(lane.approach for lane in known[junction].lanes if group in lane.groups))
    if not approaches:
        groups = dict.fromkeys(name for lane in known[junction].lanes for name in lane.groups)
        raise DemandError(f"{junction}: no lane leads to group {group!r}: one of {', '.join(groups)}")
    if not approach and len(approaches) == 1:
        return Turn(junction, approaches[0], group)
    if approach not in approaches:
        told = f"approach {approach!r}" if approach else "which approach"
        raise DemandError(f"{junction} {group}: {told}? One of {', '.join(approaches)}")
    return Turn(junction, approach, group)


def _refuse_overlaps(counts: Iterable[Count], origin: str) -> None:
    by_turn: dict[Turn, list[Count]] = defaultdict(list)
    for count in counts:
        by_turn[count.turn].append(count)
    faults = []
    for of_turn in by_turn.values():
        ordered = sorted(of_turn, key=lambda count: count.begin_s)
        for before, after in pairwise(ordered):
            if after.begin_s < before.end_s:
                faults.append(f"{after.where}: {_told(after)} overlaps {before.where}")
    if faults:
        raise DemandError(_listed(f"{origin}: intervals overlap; each vehicle may be counted once", faults))


def _mended(counts: Sequence[Count], origin: str, *, fill: bool) -> tuple[list[Count], list[str]]:
    """The counts without gaps, and what was filled; raises DemandError."""
    intervals = sorted({(count.begin_s, count.end_s) for count in counts})
    at = {(count.turn, count.begin_s, count.end_s): count for count in counts}
    faults: list[str] = []
    repaired: list[str] = []
    whole: list[Count] = []
    for begin, end in pairwise(intervals):
        if end[0] > begin[1]:
            faults.append(f"nothing was counted {Span(begin[1], end[0])} at any junction")
    for turn in dict.fromkeys(count.turn for count in counts):
        row = [at.get((turn, *interval)) for interval in intervals]
        for name in dict.fromkeys(name for count in row if count is not None for name in count.vehicles):
            series = [None if count is None else count.vehicles.get(name) for count in row]
            filled = _filled(series) if fill else series
            for interval, value, mended in zip(intervals, series, filled, strict=True):
                told = f"{turn.junction} {turn.approach} {turn.group} {name} {Span(*interval)}"
                if value is None and mended is None:
                    faults.append(told)
                elif value is None:
                    repaired.append(f"filled: {told} as {mended:.0f}, the mean of its neighbours in time")
                if mended is not None:
                    whole.append(Count(turn, *interval, {name: mended}, told))
    if faults:
        advice = (
            f"more than {LONGEST_FILLED} intervals in a row, or at an end, are not filled: count again"
            if fill
            else "count again, or fill gaps of up to two intervals from their neighbours with --fill-gaps"
        )
        raise DemandError(_listed(f"{origin}: counts are missing; {advice}", faults))
    return _joined(whole), repaired


def _joined(counts: Sequence[Count]) -> list[Count]:
    """One count for each turn and interval again."""
    found: dict[tuple[Turn, int, int], dict[str, float | None]] = defaultdict(dict)
    where: dict[tuple[Turn, int, int], str] = {}
    for count in counts:
        key = (count.turn, count.begin_s, count.end_s)
        found[key] |= count.vehicles
        where[key] = count.where
    return [Count(*key, vehicles, where[key]) for key, vehicles in found.items()]


def _filled(series: Sequence[float | None]) -> list[float | None]:
    """Short gaps between two counts as the mean of the two; longer ones, and those at an end, stay."""
    filled = list(series)
    place = 0
    while place < len(series):
        if series[place] is not None:
            place += 1
            continue
        end = place
        while end < len(series) and series[end] is None:
            end += 1
        before = series[place - 1] if place else None
        after = series[end] if end < len(series) else None
        if before is not None and after is not None and end - place <= LONGEST_FILLED:
            filled[place:end] = [(before + after) / 2] * (end - place)
        place = end
    return filled


def _told(count: Count) -> str:
    return f"{count.turn.junction} {count.turn.approach} {count.turn.group} {Span(count.begin_s, count.end_s)}"


def _listed(head: str, faults: Sequence[str]) -> str:
    rest = f"\n  and {len(faults) - MOST_TOLD} more" if len(faults) > MOST_TOLD else ""
    return head + "".join(f"\n  {fault}" for fault in faults[:MOST_TOLD]) + rest


def _clock(second: int) -> str:
    return f"{second // HOUR_S:02d}:{second % HOUR_S // 60:02d}" + (f":{second % 60:02d}" if second % 60 else "")


def number_of(text: str) -> float | None:
    """A count as it is written: empty is None; raises ValueError for what is no number of 0 or more.

    >>> number_of("12"), number_of(" ")
    (12.0, None)
    """
    if not text.strip():
        return None
    value = float(text)
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{text!r} is no count")
    return value
