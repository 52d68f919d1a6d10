"""Strategies with single parameters changed: a part switched off, a weight halved, for a comparison alone.

A change names a field of the site's StrategyParameters, or of a dataclass that stands in one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from controller.model import StrategyParameters
from sim.prepared import Prepared
from sim.scenario import ScenarioError

Change = tuple[str, str]
"""Name of a parameter and its value as it was written."""

_SWITCH = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}


def with_changes(prepared: Prepared, changes: Sequence[Change]) -> Prepared:
    """The same scenario under changed parameters; raises ScenarioError with what can be changed."""
    network = prepared.site.network
    changed = replace(network, parameters=changed_parameters(network.parameters, changes))
    return replace(prepared, site=replace(prepared.site, network=changed))


def changed_parameters(parameters: StrategyParameters, changes: Sequence[Change]) -> StrategyParameters:
    """The parameters with every change made; raises ScenarioError.

    >>> changed_parameters(StrategyParameters(), [("gap_s", "2.5")]).gap_s
    2.5
    """
    for name, text in changes:
        found = _with(parameters, name, text)
        if found is None:
            raise ScenarioError(f"there is no parameter {name!r}: one of {', '.join(sorted(names(parameters)))}")
        parameters = found
    return parameters


def names(parameters: Any) -> list[str]:
    """Every parameter that can be changed."""
    found = []
    for field in fields(parameters):
        value = getattr(parameters, field.name)
        found += names(value) if is_dataclass(value) else [field.name]
    return found


def _with(parameters: Any, name: str, text: str) -> Any | None:
    """A copy with the parameter changed, here or in a dataclass below; None where nothing bears the name."""
    for field in fields(parameters):
        value = getattr(parameters, field.name)
        if is_dataclass(value):
            below = _with(value, name, text)
            if below is not None:
                return replace(parameters, **{field.name: below})
        elif field.name == name:
            return replace(parameters, **{name: _read(name, text, value)})
    return None


def _read(name: str, text: str, like: Any) -> Any:
    """The text as a value of the same kind as the present one."""
    try:
        if isinstance(like, bool):
            return _SWITCH[text.lower()]
        if isinstance(like, Enum):
            return type(like)(text)
        return type(like)(text)
    except (ValueError, KeyError) as error:
        kind = "on or off" if isinstance(like, bool) else f"a value like {like}"
        raise ScenarioError(f"{name}={text}: write {kind}") from error
