"""A cabinet's file against itself."""

from __future__ import annotations

from collections.abc import Iterator

from plans.findings import Problem
from plans.schema import CabinetFile


def cabinet_problems(name: str, cabinet: CabinetFile) -> Iterator[Problem]:
    """What contradicts itself in cabinets/<name>.yaml."""
    file = f"cabinets/{name}.yaml"
    if cabinet.cabinet != name:
        yield Problem(file, ("cabinet",), f"the id is {cabinet.cabinet}, the file is named {name}; make them equal")
