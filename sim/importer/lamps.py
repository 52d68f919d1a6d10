"""What the repaired programme shows second by second, its letters in SUMO, and where it differs from the original.

The list of repairs is no list of intentions: the repaired programme is played through one cycle, its lamps are turned
into SUMO's letters as a run does it, and each second that differs from SUMO's program is listed with what and why.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from controller.model import Aspect, GroupKind
from sim.importer.conflicts import Links, are_foes, gives_way
from sim.importer.groups import Grouping, LinkGroup, Run, cyclic_runs
from sim.importer.network import RoadNetwork
from sim.importer.programs import ASPECT_OF_LETTER, Programme
from sim.importer.report import Repair
from sim.importer.times import GroupTimes
from sim.sumo_map import JunctionEntry, LinkEntry, junction_map, lamp_string, pattern_of

_FITS: Mapping[Aspect, frozenset[str]] = {
    Aspect.RED: frozenset("rs"),
    Aspect.RED_AMBER: frozenset("u"),
    Aspect.GREEN: frozenset("gG"),
    Aspect.AMBER: frozenset("yY"),
    Aspect.FLASHING_GREEN: frozenset("rsyY"),
}
"""Letters that show an aspect; SUMO has none for a crossing that clears."""

_WHY: Mapping[tuple[Aspect, Aspect], str] = {
    (Aspect.AMBER, Aspect.GREEN): "amber between two greens and no red: the green is kept",
    (Aspect.AMBER, Aspect.RED): "the amber is longer than this group's: red",
    (Aspect.AMBER, Aspect.FLASHING_GREEN): "the letters of a clearing crossing vary: the most frequent one",
    (Aspect.GREEN, Aspect.AMBER): "the green had no full amber or intergreen after it: it ends earlier",
    (
        Aspect.GREEN,
        Aspect.RED,
    ): "the green began before its intergreen, or had no full amber or clearance after it: red",
    (Aspect.GREEN, Aspect.RED_AMBER): "the green began before its intergreen: it begins later",
    (Aspect.GREEN, Aspect.FLASHING_GREEN): "the walk had no full clearance after it: it ends earlier",
    (Aspect.RED, Aspect.AMBER): "the amber was missing or too short: it is shown in full",
    (Aspect.RED, Aspect.GREEN): "the letters of a red that never becomes green vary: the most frequent one",
    (Aspect.RED_AMBER, Aspect.RED): "red-amber without a green after it, or longer than this group's: red",
    (Aspect.RED_AMBER, Aspect.GREEN): "red-amber between two greens and no red: the green is kept",
    (Aspect.RED, Aspect.RED_AMBER): "the green begins later, and red-amber with it",
}
_OTHER_LETTER = (
    "the programme shows two letters for one picture of the lamps (`g` or `G`, `s` or `r`): the more frequent one"
)


@dataclass(frozen=True, slots=True)
class Signal:
    """All that is known of a signal when its lamps are drawn."""

    junction: str
    network: RoadNetwork
    programme: Programme
    links: Links
    grouping: Grouping
    times: Mapping[str, GroupTimes]
    greens: Mapping[str, tuple[Run, ...]]
    """After repair."""


@dataclass(frozen=True, slots=True)
class Lamps:
    """The repaired programme as a run shows it."""

    entry: JunctionEntry
    """Links and patterns of sumo.yaml."""
    aspects: tuple[tuple[Aspect, ...], ...]
    """(cycle_s, groups)."""
    repairs: tuple[Repair, ...]
    repaired_seconds: frozenset[int]


def play(signal: Signal) -> Lamps:
    """Play the repaired programme through one cycle."""
    groups = signal.grouping.groups
    cycle_s = signal.programme.cycle_s
    columns = [group_aspects(group, signal.times[group.id], signal.greens[group.id], cycle_s) for group in groups]
    aspects = tuple(zip(*columns, strict=True))
    entry = JunctionEntry(
        tls=signal.programme.tls,
        groups=tuple(group.id for group in groups),
        links=_link_entries(signal),
        patterns=_patterns(signal, aspects),
    )
    lamps = junction_map(signal.junction, entry)
    shown = [lamp_string(lamps, picture) for picture in aspects]
    differ = frozenset(second for second, state in enumerate(shown) if state != signal.programme.states[second])
    return Lamps(entry, aspects, tuple(_repairs(signal, entry, aspects, shown)), differ)


def group_aspects(group: LinkGroup, times: GroupTimes, greens: Sequence[Run], cycle_s: int) -> tuple[Aspect, ...]:
    """What a group shows in each second: red-amber, green, then amber or clearance, else red; (cycle_s,)."""
    shown = [Aspect.RED] * cycle_s
    closing = Aspect.AMBER if group.kind is GroupKind.VEHICLE else Aspect.FLASHING_GREEN
    for green in greens:
        for second in range(green.first_s - times.red_amber_s, green.first_s):
            shown[second % cycle_s] = Aspect.RED_AMBER
        for second in range(green.end_s, green.end_s + times.closing_s):
            shown[second % cycle_s] = closing
        for second in range(green.first_s, green.end_s):
            shown[second % cycle_s] = Aspect.GREEN
    return tuple(shown)


def _link_entries(signal: Signal) -> tuple[LinkEntry, ...]:
    group_of = {link: group.id for group in signal.grouping.groups for link in group.links}
    entries = []
    for index, letters in enumerate(zip(*signal.programme.states, strict=True)):
        dark = "O" if any(movement.off == "O" for movement in signal.links.get(index, ())) else "o"
        seen = set(letters)
        yields_to = _yields_to(signal, index) if {"g", "G"} <= seen else ()
        if index not in group_of:
            constant = signal.grouping.constant[index]
            entries.append(
                LinkEntry(index=index, constant="G" if yields_to else constant, dark=dark, yields_to=yields_to)
            )
            continue
        entries.append(
            LinkEntry(
                index=index,
                group=group_of[index],
                green="G" if "G" in seen else "g",
                red="s" if "s" in seen and "r" not in seen else "r",
                amber="Y" if "Y" in seen and "y" not in seen else "y",
                dark=dark,
                yields_to=yields_to,
            )
        )
    return tuple(entries)


def _yields_to(signal: Signal, link: int) -> tuple[int, ...]:
    """Links that have priority over a link: by the matrix, or because the programme shows them G and it g."""
    own = signal.links.get(link, ())
    return tuple(
        other
        for other, movements in signal.links.items()
        if other != link
        and are_foes(signal.network, own, movements)
        and (
            gives_way(signal.network, own, movements)
            or any(state[link] == "g" and state[other] == "G" for state in signal.programme.states)
        )
    )


def _patterns(signal: Signal, aspects: Sequence[tuple[Aspect, ...]]) -> dict[str, str]:
    """The programme's own string for each pattern of aspects; of several the most frequent, then the first."""
    column = {link: number for number, group in enumerate(signal.grouping.groups) for link in group.links}
    constant = {link: letter for link, letter in signal.grouping.constant.items() if link in signal.links}
    strings: dict[str, Counter[str]] = defaultdict(Counter)
    for picture, state in zip(aspects, signal.programme.states, strict=True):
        fits = all(state[link] in _FITS[picture[number]] for link, number in column.items())
        if fits and all(ASPECT_OF_LETTER[state[link]] is ASPECT_OF_LETTER[kept] for link, kept in constant.items()):
            strings[pattern_of(picture)][state] += 1
    return {pattern: counts.most_common(1)[0][0] for pattern, counts in strings.items()}


def _repairs(
    signal: Signal, entry: JunctionEntry, aspects: Sequence[tuple[Aspect, ...]], shown: Sequence[str]
) -> list[Repair]:
    column = {group: number for number, group in enumerate(entry.groups)}
    repairs = []
    for link in entry.links:
        before = [state[link.index] for state in signal.programme.states]
        after = [state[link.index] for state in shown]
        pictures = [
            ASPECT_OF_LETTER[letter] if link.group is None else picture[column[link.group]]
            for letter, picture in zip(after, aspects, strict=True)
        ]
        changes = [
            (old, new, _why(old, picture)) if old != new else None
            for old, new, picture in zip(before, after, pictures, strict=True)
        ]
        for change in dict.fromkeys(change for change in changes if change is not None):
            old, new, why = change
            repairs += [
                Repair(signal.junction, link.index, link.group, run.first_s, run.duration_s, old, new, why)
                for run in cyclic_runs(changes, change)
            ]
    return sorted(repairs, key=lambda repair: (repair.first_s, repair.link))


def _why(letter: str, picture: Aspect) -> str:
    if letter in _FITS.get(picture, frozenset()):
        return _OTHER_LETTER
    return _WHY.get((ASPECT_OF_LETTER[letter], picture), "the programme shows what no street may")
