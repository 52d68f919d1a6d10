"""One colour and one mark a method, the same in every plot of a comparison; told apart without colour too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Okabe and Ito's colours, which all eyes tell apart; ours is the first.
_COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#7F7F7F",
    "#000000",
    "#8C564B",
    "#B2A400",
)
_MARKS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")


@dataclass(frozen=True, slots=True)
class Look:
    """How a method is drawn."""

    colour: str
    mark: str


def looks(methods: Sequence[str], first: str) -> dict[str, Look]:
    """A look for each method; `first` has the first one."""
    ordered = [first, *(method for method in methods if method != first)] if first in methods else list(methods)
    return {
        method: Look(_COLOURS[place % len(_COLOURS)], _MARKS[place % len(_MARKS)])
        for place, method in enumerate(ordered)
    }
