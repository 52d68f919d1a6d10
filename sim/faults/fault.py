"""One fault of a story, and what a kind of fault is: a function that breaks something and answers how it is mended.

Each fault has chance of its own, so that leaving one out of a story changes no other.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sim.faults.world import World

Heal = Callable[[], None]
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a story. Times are seconds since the run began."""

    number: int
    kind: str
    junction: str
    begin_s: int
    end_s: int
    seed: int

    @property
    def chance(self) -> random.Random:
        """Its own, whatever else happens."""
        return random.Random(f"{self.seed}/{self.number}/{self.kind}")


Inject = Callable[[World, Fault, random.Random], Heal]


@dataclass(frozen=True, slots=True)
class FaultKind:
    """What may happen: its group in the fault list, how it is done, and how long it lasts [s]."""

    group: str
    inject: Inject
    lasts_s: tuple[int, int] = (5, 300)
    local: bool = True
    """Whether it strikes one junction."""


def nothing() -> None:
    """Nothing has to be mended."""


def drop(troubles: dict[_Key, _Value], key: _Key) -> None:
    """This trouble is over."""
    troubles.pop(key, None)
