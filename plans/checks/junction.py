"""A junction's file against itself: groups, stages, conflicts and intergreens, lanes and loops."""

from __future__ import annotations

from collections.abc import Iterator

from plans.findings import Problem
from plans.schema import JunctionFile


def junction_problems(name: str, junction: JunctionFile) -> Iterator[Problem]:
    """What contradicts itself in junctions/<name>.yaml."""
    file = f"junctions/{name}.yaml"
    if junction.junction != name:
        yield Problem(file, ("junction",), f"the id is {junction.junction}, the file is named {name}; make them equal")
