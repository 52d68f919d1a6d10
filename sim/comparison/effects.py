"""What a change does: each measure before and after, paired by seed, with the 95 % interval of the difference.

The common luck of a seed cancels out. A measure is worse, or better, only where the whole interval says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sim.bench.estimates import estimate


class Verdict(StrEnum):
    """What the interval of a difference says; less is better in every measure."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    """Equal in every seed."""
    UNSURE = "unsure"
    """The interval holds zero, or a single seed has none."""


MEASURES: Mapping[str, str] = {
    "delay_s": "s/vehicle",
    "person_delay_s": "s/person",
    "stops": "per vehicle",
    "trip_s": "s",
    "worst_approach_s": "s/vehicle",
    "longest_red_s": "s",
    "pedestrian_wait_s": "s/person",
    "pedestrian_wait_max_s": "s",
    "queue_mean_veh": "vehicles",
    "left_over_veh": "vehicles",
}
"""Measure: its unit. `left_over_veh` did not arrive within the time: under way, or never let in."""
DECISIVE = ("delay_s", "person_delay_s", "stops", "worst_approach_s", "pedestrian_wait_s", "left_over_veh")
"""One of these that is surely worse makes a change one for the worse."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One measure before and after."""

    measure: str
    unit: str
    before: float
    after: float
    difference: float
    """After - before."""
    half_width: float | None
    """Of its 95 % interval; None of a single seed."""
    seeds: int

    @property
    def verdict(self) -> Verdict:
        """What the interval says."""
        if self.difference == 0 and not self.half_width:
            return Verdict.SAME
        if self.half_width is None or abs(self.difference) <= self.half_width:
            return Verdict.UNSURE
        return Verdict.WORSE if self.difference > 0 else Verdict.BETTER


def effects_of(before: Mapping[int, Mapping[str, Any]], after: Mapping[int, Mapping[str, Any]]) -> tuple[Effect, ...]:
    """The effects from answers of runs, by seed; measures that nobody has (no one on foot) are left out."""
    seeds = sorted(before.keys() & after.keys())
    effects = []
    for measure, unit in MEASURES.items():
        pairs = [(_value(before[seed], measure), _value(after[seed], measure)) for seed in seeds]
        known = [(one, other) for one, other in pairs if one is not None and other is not None]
        if known:
            effects.append(_effect(measure, unit, known))
    return tuple(effects)


def _effect(measure: str, unit: str, pairs: Sequence[tuple[float, float]]) -> Effect:
    count = len(pairs)
    difference = estimate([other - one for one, other in pairs])
    return Effect(
        measure=measure,
        unit=unit,
        before=sum(one for one, _ in pairs) / count,
        after=sum(other for _, other in pairs) / count,
        difference=difference.mean,
        half_width=difference.half_width,
        seeds=count,
    )


def _value(answer: Mapping[str, Any], measure: str) -> float | None:
    match measure:
        case "pedestrian_wait_s" | "pedestrian_wait_max_s":
            key = "max" if measure == "pedestrian_wait_max_s" else "mean"
            return float(answer["pedestrian_wait_s"][key]) if "pedestrian" in answer["by_class"] else None
        case "queue_mean_veh":
            return float(answer["queue_veh"]["mean"])
        case "left_over_veh":
            return float(answer["unfinished"] + answer["undeparted"])
        case _:
            return float(answer[measure])
