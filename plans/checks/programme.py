"""A junction's cycle against its own safety data: what a cabinet would have to bend, or could not run at all.

Both forms are judged as successive sets of wanted groups. Written by groups, a green begins when it is asked for, so
the intergreen must have run by then. Written by stages, the cabinet makes the interstage and the green begins after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from controller.model import GroupKind, SignalGroup
from plans.checks.signals import SignalData, seconds
from plans.programme import Green, WantedSet, greens_of

MIN_CYCLE_S, MAX_CYCLE_S = 30, 255
"""RiLSA's shortest; the longest that event logs and NTCIP patterns hold (code 132)."""
USUAL_CYCLE_S = 120
"""RiLSA: 30 to 120 s, 90 s or less where people cross."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something a programme asks that the safety data forbid, said of one green (or of a group that has none)."""

    group: str
    on_s: int
    """Second of the cycle at which the green is asked for."""
    message: str
    least_s: float = 0.0
    """How long the green would have to be asked for; 0 where that would not help."""


@dataclass(frozen=True, slots=True)
class Start:
    """How long after it is asked for a green can begin, and what it waits for."""

    delay_s: float
    ending: str | None
    """The group whose intergreen holds it longest; None where nothing does."""


def programme_faults(data: SignalData, sets: Sequence[WantedSet], cycle_s: int, *, exact: bool) -> Iterator[Fault]:
    """What is wrong with a cycle; `exact`: greens must be able to begin the second they are asked for (by groups)."""
    groups = data.by_id()
    greens = greens_of(sets, cycle_s)
    for green in greens:
        if green.length_s == cycle_s:
            continue
        group = groups[green.group]
        start = green_start(data, group, green, greens, cycle_s)
        yield from _restart_fault(group, green, greens, cycle_s)
        if exact and start.ending is not None and start.delay_s > group.red_amber_s:
            yield _early(data, group, green, start, cycle_s)
        delay_s = group.red_amber_s if exact else start.delay_s
        if green.length_s - delay_s < group.min_green_s - 1e-9:
            yield _short(group, green, Start(delay_s, None if exact else start.ending))


def green_start(data: SignalData, group: SignalGroup, green: Green, greens: Sequence[Green], cycle_s: int) -> Start:
    """When the green can begin: after its red-amber and after every intergreen of a group that ended before it."""
    start = Start(group.red_amber_s, None)
    for other in greens:
        intergreen_s = data.intergreens.get(other.group, {}).get(green.group)
        if intergreen_s is None or other.length_s == cycle_s:
            continue
        since_end_s = (green.on_s - other.on_s - other.length_s) % cycle_s
        if intergreen_s - since_end_s > start.delay_s:
            start = Start(intergreen_s - since_end_s, other.group)
    return start


def longest_red_s(data: SignalData, sets: Sequence[WantedSet], cycle_s: int) -> Mapping[str, float]:
    """The longest time [s] that each group with a green in the cycle stands without it."""
    groups = data.by_id()
    greens = greens_of(sets, cycle_s)
    reds: dict[str, float] = {}
    for green in greens:
        following = min(_same(green, greens), key=lambda other: _until(green, other, cycle_s))
        delay_s = green_start(data, groups[green.group], following, greens, cycle_s).delay_s
        red_s = 0.0 if green.length_s == cycle_s else _until(green, following, cycle_s) - green.length_s + delay_s
        reds[green.group] = max(red_s, reds.get(green.group, 0.0))
    return reds


def cycle_fault(cycle_s: int) -> tuple[str, bool] | None:
    """What is wrong with the length of a cycle, and whether it forbids its use."""
    if not MIN_CYCLE_S <= cycle_s <= MAX_CYCLE_S:
        return f"a cycle of {cycle_s} s; {MIN_CYCLE_S} to {MAX_CYCLE_S} s, usually not above {USUAL_CYCLE_S} s", True
    if cycle_s > USUAL_CYCLE_S:
        return f"a cycle of {cycle_s} s is long; {MIN_CYCLE_S} to {USUAL_CYCLE_S} s are usual (RiLSA)", False
    return None


def offset_fault(offset_s: int, cycle_s: int) -> str | None:
    """What is wrong with an offset (rule V10: 0 <= offset < cycle)."""
    if offset_s < cycle_s:
        return None
    return f"{offset_s} s is not below the cycle of {cycle_s} s; {offset_s % cycle_s} s is the same"


def _until(green: Green, other: Green, cycle_s: int) -> int:
    return (other.on_s - green.on_s - 1) % cycle_s + 1


def _same(green: Green, greens: Sequence[Green]) -> list[Green]:
    return [other for other in greens if other.group == green.group]


def _restart_fault(group: SignalGroup, green: Green, greens: Sequence[Green], cycle_s: int) -> Iterator[Fault]:
    for other in _same(green, greens):
        gap_s = (other.on_s - green.on_s - green.length_s) % cycle_s
        if 0 < gap_s <= group.closing_s:
            closing = "amber" if group.kind is GroupKind.VEHICLE else "clearance"
            message = (
                f"{group.id} is asked for again {gap_s} s after its green; its {closing} takes "
                f"{seconds(group.closing_s)} and red must follow (MUTCD 4D): at least {int(group.closing_s) + 1} s"
            )
            yield Fault(group.id, other.on_s, message)


def _early(data: SignalData, group: SignalGroup, green: Green, start: Start, cycle_s: int) -> Fault:
    intergreen_s = data.intergreens[str(start.ending)][group.id]
    late_s = start.delay_s - group.red_amber_s
    earliest = green.on_s + int(late_s) + (late_s % 1 > 0)
    message = (
        f"{group.id} gets green {seconds(intergreen_s - late_s)} after {start.ending} ends; the intergreen is "
        f"{seconds(intergreen_s)}: on at {earliest % cycle_s} or later"
    )
    return Fault(group.id, green.on_s, message)


def _short(group: SignalGroup, green: Green, start: Start) -> Fault:
    least_s = start.delay_s + group.min_green_s
    name = "walk" if group.kind is GroupKind.PEDESTRIAN else "minimum green"
    parts = f"{name} {seconds(group.min_green_s)} of {group.id}"
    if start.ending is not None:
        parts += f" after {seconds(start.delay_s)} of interstage ({start.ending} to {group.id})"
    elif start.delay_s:
        parts += f" after {seconds(start.delay_s)} of red-amber"
    message = f"{group.id} is asked for {green.length_s} s; at least {seconds(least_s)}: {parts}"
    return Fault(group.id, green.on_s, message, least_s)
