"""What is compared: a strategy by its name, or one with parameters changed, written `planner:NAME=VALUE+NAME=VALUE`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from controller.model import StrategyParameters
from sim.parameters import Change, changed_parameters
from sim.scenario import ScenarioError
from sim.simulate import strategies

OWN_PLAN, ORACLE, FLOOR = "own-plan", "oracle", "floor"
FIXED_TIME = "fixed_time"
RIVALS = (OWN_PLAN, "sumo-actuated", "maxwave", "maxpressure")
"""Who has to be beaten; the best of them by its mean delay counts. `webster`, tuned on the very demand, where asked."""


@dataclass(frozen=True, slots=True)
class Method:
    """A strategy and what is changed in it; `label` names it in tables."""

    label: str
    strategy: str
    changes: tuple[Change, ...] = ()


def read_method(text: str, variants: Mapping[str, str] | None = None) -> Method:
    """A method as it is written; `variants` are names that stand for one. Raises ScenarioError.

    >>> read_method("actuated:gap_s=2")
    Method(label='actuated:gap_s=2', strategy='actuated', changes=(('gap_s', '2'),))
    """
    written = (variants or {}).get(text, text)
    strategy, _, rest = written.partition(":")
    if strategy not in strategies():
        known = ", ".join((*strategies(), *(variants or {})))
        raise ScenarioError(f"there is no method {text!r}: one of {known}, or NAME:PARAMETER=VALUE+...")
    changes = []
    for part in filter(None, rest.split("+")):
        name, equals, value = part.partition("=")
        if not equals:
            raise ScenarioError(f"{text!r}: {part!r} is no PARAMETER=VALUE")
        changes.append((name.strip(), value.strip()))
    changed_parameters(StrategyParameters(), changes)
    return Method(text, strategy, tuple(changes))


def in_hindsight(label: str) -> bool:
    """Whether a method knows or may what no other does: it is a yardstick, and never the best of a scenario.

    >>> in_hindsight("oracle-300"), in_hindsight("planner")
    (True, False)
    """
    return label.startswith((ORACLE, FLOOR))


def known_as(label: str) -> str:
    """The method that a variant varies, by the way it is written.

    >>> known_as("planner:later_s=20"), known_as("planner")
    ('planner', 'planner')
    """
    return label.partition(":")[0]
