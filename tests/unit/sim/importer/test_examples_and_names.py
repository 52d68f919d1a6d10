"""Do the examples in the importer's docstrings hold, and do SUMO's ids become ids of ours?"""

import doctest
import importlib
import pkgutil
import re

from plans.schema.base import ID_PATTERN
from sim import importer, sumo_map
from sim.importer.names import site_ids


def test_every_example_holds() -> None:
    modules = [importlib.import_module(info.name) for info in pkgutil.walk_packages(importer.__path__, "sim.importer.")]
    results = [doctest.testmod(module) for module in (*modules, sumo_map)]
    assert sum(result.attempted for result in results) >= 4
    assert sum(result.failed for result in results) == 0


def test_ids_are_allowed_and_different() -> None:
    names = ["A0", "a0", "-12#3", "-12/3", "J" * 100, "J" * 99 + "K", "สี่แยก", ":J1", "x y"]
    ids = site_ids(names)
    assert all(re.fullmatch(ID_PATTERN, found) for found in ids.values())
    assert len({found.lower() for found in ids.values()}) == len(names)
    assert site_ids(names) == ids
