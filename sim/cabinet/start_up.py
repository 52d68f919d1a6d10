"""How the lamps come on after a power cut or a flash: three customs as tables of intervals.

uk      everything off; then amber to the vehicle groups that do not start, pedestrians red, the first stage still dark;
        then red for the starting intergreen; then the first stage straight from dark to green (Siemens ST900 handbook).
us      minimum flash of 6 to 16 s, then all red, then the first stage (EDI CMU-212).
nordic  dark, then amber with pedestrians red, then red, each group in this order, then the first stage (RSMP).
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.model import Aspect, GroupKind
from sim.cabinet.config import CabinetConfig, StartUpSequence


@dataclass(frozen=True, slots=True)
class Interval:
    """One interval of a start-up: its length (a field of `StartUp`) and who shows what."""

    length: str
    vehicles: Aspect
    pedestrians: Aspect
    first_stage: Aspect | None = None
    """What groups of the first stage show, where that differs."""


SEQUENCES = {
    StartUpSequence.UK: (
        Interval("dark_ds", Aspect.DARK, Aspect.DARK),
        Interval("amber_ds", Aspect.AMBER, Aspect.RED, Aspect.DARK),
        Interval("red_ds", Aspect.RED, Aspect.RED, Aspect.DARK),
    ),
    StartUpSequence.US: (
        Interval("dark_ds", Aspect.FLASHING_RED, Aspect.DARK),
        Interval("red_ds", Aspect.RED, Aspect.RED),
    ),
    StartUpSequence.NORDIC: (
        Interval("dark_ds", Aspect.DARK, Aspect.DARK),
        Interval("amber_ds", Aspect.AMBER, Aspect.RED),
        Interval("red_ds", Aspect.RED, Aspect.RED),
    ),
}
STRAIGHT_TO_GREEN = frozenset({StartUpSequence.UK})
"""Sequences whose first stage goes from dark to green."""


@dataclass(frozen=True, slots=True)
class Step:
    """One interval of one cabinet: from when on it shows what."""

    at_ds: int
    aspects: tuple[Aspect, ...]


def schedule(config: CabinetConfig, now_ds: int, *, after_flash: bool) -> tuple[tuple[Step, ...], int]:
    """The intervals of a start-up that begins now, and when the first stage may start.

    After a flash the first interval has been had; the lamps go on from the second.
    """
    first = config.stages[config.start_up.first_stage - 1]
    steps, at_ds = [], now_ds
    intervals = SEQUENCES[config.start_up.sequence]
    ambers_ds = config.start_up.amber_ds if any(interval.length == "amber_ds" for interval in intervals) else 0
    for place, interval in enumerate(intervals):
        if after_flash and not place:
            continue
        length_ds: int = getattr(config.start_up, interval.length)
        if not place or (interval.length == "red_ds" and not ambers_ds):
            # A power cut shows for a scan at least: no lamp goes from red to amber. And so does the red after it where
            # no amber comes between: no lamp goes from dark to red-amber. (After amber the intergreen keeps its red.)
            length_ds = max(1, length_ds)
        if length_ds:
            steps.append(Step(at_ds, _aspects(config, interval, first)))
        at_ds += length_ds
    return tuple(steps), at_ds


def flashing(config: CabinetConfig, vehicles: Aspect) -> tuple[Aspect, ...]:
    """Every vehicle group flashes; pedestrian signals are dark (MUTCD 4E.06)."""
    return tuple(vehicles if group.kind is GroupKind.VEHICLE else Aspect.DARK for group in config.groups)


def dark(config: CabinetConfig) -> tuple[Aspect, ...]:
    """No lamp is lit."""
    return (Aspect.DARK,) * len(config.groups)


def _aspects(config: CabinetConfig, interval: Interval, first: int) -> tuple[Aspect, ...]:
    by_kind = {GroupKind.VEHICLE: interval.vehicles, GroupKind.PEDESTRIAN: interval.pedestrians}
    return tuple(
        interval.first_stage if interval.first_stage is not None and first >> i & 1 else by_kind[group.kind]
        for i, group in enumerate(config.groups)
    )
