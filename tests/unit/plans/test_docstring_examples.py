"""Do the examples in the docstrings of plans/ hold?"""

import doctest
import importlib
import pkgutil

import plans


def test_every_example_holds() -> None:
    modules = [importlib.import_module(info.name) for info in pkgutil.walk_packages(plans.__path__, "plans.")]
    results = [doctest.testmod(module) for module in modules]
    assert sum(result.attempted for result in results) > 20
    assert sum(result.failed for result in results) == 0
