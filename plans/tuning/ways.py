"""Sets on the way from one stage to the next: who may go on while a slower group of the same stage clears.

A crossing takes longer to clear than the vehicles beside it; without such a set these would stand and wait for it. The
rule is that of the planner (`controller.stage_changes`), the sets are those that the junction has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from controller.layout import build_layout
from controller.model import Network
from controller.stage_changes import build_stage_changes


@dataclass(frozen=True, slots=True)
class Way:
    """A set shown between two stages."""

    stage: str
    seconds: int


Ways = Mapping[tuple[str, str], Way]
"""By (stage that is left, stage that is asked for); a change that is not named goes straight."""
STRAIGHT: Ways = MappingProxyType({})


def ways_of(network: Network) -> dict[str, Ways]:
    """The ways of every junction."""
    changes = build_stage_changes(build_layout(network))
    found: dict[str, Ways] = {}
    for row, junction in enumerate(network.junctions):
        names = [stage.id for stage in junction.stages]
        found[junction.id] = {
            (one, other): Way(names[int(changes.via[row, a, b])], int(changes.via_s[row, a, b]))
            for a, one in enumerate(names)
            for b, other in enumerate(names)
            if changes.via[row, a, b] >= 0
        }
    return found


def with_ways(stages: Sequence[str], ways: Ways) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """A cyclic order of stages with the sets between them, and how long each is shown at least [s].

    >>> with_ways(("A", "B"), {("A", "B"): Way("A-end", 3)})
    (('A', 'A-end', 'B'), (1, 3, 1))
    """
    names: list[str] = []
    least: list[int] = []
    for place, stage in enumerate(stages):
        names.append(stage)
        least.append(1)
        way = ways.get((stage, stages[(place + 1) % len(stages)])) if len(stages) > 1 else None
        if way is not None:
            names.append(way.stage)
            least.append(way.seconds)
    return tuple(names), tuple(least)
