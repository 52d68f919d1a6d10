"""Whose turn it is where a junction is full: nobody is served twice while somebody else waits for the first time.

Where the changes of a round take a large part of it and the flows fill the rest, returning again and again to the stage
that discharges most wastes the green of all in changes, although each return pays by itself. Serving everybody in turn
until his queue has gone keeps every queue bounded that any order could (exhaustive service of polling systems: Takagi,
Queuing analysis of polling models, ACM Computing Surveys 20, 1988).
"""

from __future__ import annotations

import numpy as np

from controller.layout import BoolArray, FloatArray, IntArray

FULL_ROUND_S = 100.0
"""A junction that needs so long to serve everybody once is full."""
CHANGES_S = 25.0
"""So much of a round must go into changes before their number matters more than their order."""


def in_turn(
    allowed: BoolArray,
    serves: BoolArray,
    waits: BoolArray,
    began_s: FloatArray,
    ended_s: FloatArray,
    current: IntArray,
    round_s: FloatArray,
    changes_s: FloatArray,
) -> BoolArray:
    """(J, S) stages that may be chosen: at a full junction only those whose turn it is, and the one that shows.

    allowed (J, S); serves (J, S, G) groups of a stage; waits (J, G) somebody waits at the group; began_s and ended_s
    (J, G) begin and end of its last green; current (J,) place of the stage that shows; round_s, changes_s (J,).
    """
    own = np.where(serves & waits[:, None, :], began_s[:, None, :], np.inf).min(axis=2, initial=np.inf)
    other = np.where(~serves & waits[:, None, :], ended_s[:, None, :], np.inf).min(axis=2, initial=np.inf)
    shown = np.arange(allowed.shape[1]) == current[:, None]
    turn = allowed & ((own <= other) | np.isinf(own) | shown)
    full = (round_s >= FULL_ROUND_S) & (changes_s >= CHANGES_S) & (turn & ~shown).any(axis=1)
    return np.asarray(np.where(full[:, None], turn, allowed))
