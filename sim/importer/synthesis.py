"""Stages that the programme does not have: sets of groups that may be green together and to which none can be added.

A programme shows the sets that its author thought of. Where two turns of opposite roads never cross, it may still never
show them together; a planner that takes stages in any order has use for them. They are made on request only: what a
junction may show is its engineer's decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controller.model import MAX_STAGES, Stage
from sim.importer.conflicts import Conflicts

GroupSet = frozenset[str]


def with_compatible_stages(stages: Sequence[Stage], order: Sequence[str], conflicts: Conflicts) -> tuple[Stage, ...]:
    """The stages, then X1, X2, ...: the greatest compatible sets not among them, as many as a cabinet holds.

    `order` is the groups' order. Sets with more groups come first (TSC-MB/1.0, IR 11: at most `MAX_STAGES`).
    """
    known = {frozenset(stage.groups) for stage in stages}
    friends = {group: frozenset(order) - {group} - set(conflicts.against(group)) for group in order}
    place = {group: number for number, group in enumerate(order)}
    found = [found for found in _greatest(frozenset(), frozenset(order), frozenset(), friends) if found not in known]
    found.sort(key=lambda groups: (-len(groups), sorted(place[group] for group in groups)))
    room = MAX_STAGES - len(stages)
    made = (
        Stage(f"X{number}", tuple(group for group in order if group in groups))
        for number, groups in enumerate(found[:room], start=1)
    )
    return (*stages, *made)


def _greatest(chosen: GroupSet, open_to: GroupSet, done: GroupSet, friends: dict[str, GroupSet]) -> Iterator[GroupSet]:
    """Maximal cliques of the graph of friends (Bron and Kerbosch 1973, with a pivot)."""
    if not open_to:
        if not done:
            yield chosen
        return
    pivot = max(sorted(open_to | done), key=lambda group: len(open_to & friends[group]))
    for group in sorted(open_to - friends[pivot]):
        yield from _greatest(chosen | {group}, open_to & friends[group], done & friends[group], friends)
        open_to, done = open_to - {group}, done | {group}
