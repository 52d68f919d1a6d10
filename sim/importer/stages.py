"""Stages of a junction: the sets of groups that the programme shows green together.

A set that stands by itself (nothing is amber or red-amber meanwhile) may be chosen by a strategy. Two kinds of set are
only steps from one stage to the next: those seen only during a change, and clearances (too short to be a minimum green,
and part of a longer set: some groups have ended, the next have not begun).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from controller.model import MAX_STAGES, Aspect, Stage
from sim.importer.groups import LinkGroup, Run, cyclic_runs
from sim.importer.times import USUAL_MIN_GREEN_S

GroupSet = frozenset[str]
NOTHING: GroupSet = frozenset()


@dataclass(frozen=True, slots=True)
class StageSeconds:
    """Which sets may be chosen, and in which seconds of the cycle the programme rests in one of them."""

    selectable: tuple[GroupSet, ...]
    """In the order of their first second."""
    resting: tuple[bool, ...]
    """(cycle_s,); the other seconds belong to a change of stages."""


def find_stage_seconds(groups: Sequence[LinkGroup], cycle_s: int) -> StageSeconds:
    """Sets of greens of the SUMO programme that are stages, and the seconds that belong to them."""
    sets = [_shown_green(groups, second) for second in range(cycle_s)]
    standing = [_nothing_changes(groups, second) for second in range(cycle_s)]
    lasting_s = {
        wanted: max((run.duration_s for run in cyclic_runs(marks, wanted=True)), default=0)
        for wanted in dict.fromkeys(sets)
        for marks in [[seen == wanted and still for seen, still in zip(sets, standing, strict=True)]]
        if wanted
    }
    long_sets = [wanted for wanted, length in lasting_s.items() if length >= USUAL_MIN_GREEN_S]
    selectable = tuple(
        wanted
        for wanted, length in lasting_s.items()
        if length > 0 and (length >= USUAL_MIN_GREEN_S or not any(wanted < longer for longer in long_sets))
    )
    resting = tuple(still and seen in selectable for seen, still in zip(sets, standing, strict=True))
    return StageSeconds(selectable, resting)


def _shown_green(groups: Sequence[LinkGroup], second: int) -> GroupSet:
    return frozenset(group.id for group in groups if group.shown[second] is Aspect.GREEN)


def _nothing_changes(groups: Sequence[LinkGroup], second: int) -> bool:
    return all(group.shown[second] in {Aspect.GREEN, Aspect.RED} for group in groups)


def wanted_sets(windows: Mapping[str, Iterable[Run]], cycle_s: int) -> tuple[GroupSet, ...]:
    """Groups that are asked to be green in each second, (cycle_s,); `windows` run from request to end of green."""
    sets: list[set[str]] = [set() for _ in range(cycle_s)]
    for group, runs in windows.items():
        for run in runs:
            for second in range(run.first_s, run.end_s):
                sets[second % cycle_s].add(group)
    return tuple(frozenset(groups) for groups in sets)


def make_stages(order: Sequence[str], selectable: Sequence[GroupSet], wanted: Sequence[GroupSet]) -> tuple[Stage, ...]:
    """All stages: S1, S2, ... may be chosen; S1-end, S1-end2, ... lead on from S1; `all-red` has no green.

    `order` is the groups' order, `wanted` the repaired programme's sets, (cycle_s,). A group that no stage would serve
    makes the first set with it one that may be chosen.
    """
    chosen = [wanted_set for wanted_set in selectable if wanted_set]
    for group in order:
        if not any(group in choice for choice in chosen):
            chosen += [next(seen for seen in wanted if group in seen)]
    names = {choice: f"S{number}" for number, choice in enumerate(dict.fromkeys(chosen), start=1)}
    count = len(names)
    before = next((names[seen] for seen in reversed(wanted) if seen in names), "S1")
    ends: dict[str, int] = {}
    for seen in wanted:
        if seen in names:
            before = names[seen] if names[seen].partition("-")[2] == "" else before
        elif not seen:
            names[seen] = "all-red"
        else:
            ends[before] = ends.get(before, 0) + 1
            names[seen] = f"{before}-end{ends[before] if ends[before] > 1 else ''}"
    return tuple(
        Stage(name, tuple(group for group in order if group in groups), selectable=number < count)
        for number, (groups, name) in enumerate(names.items())
    )


def too_many(stages: Sequence[Stage]) -> str | None:
    """What to say when a cabinet cannot hold the stages."""
    if len(stages) <= MAX_STAGES:
        return None
    return f"its programme has {len(stages)} different sets of greens; a cabinet holds {MAX_STAGES} (TSC-MB/1.0, IR 11)"
