"""Which plan a junction runs now: what is wanted, but not more changes an hour than the engineer allows.

A person's choice is heard at once, always; it counts, so that the calendar does not change the plan again too soon.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.events import Decision, Reason
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout

HOUR_S = 3600.0


@dataclass(slots=True)
class PlanChoice:
    """The plan of each junction, and when it was last changed."""

    plan: IntArray  # (J,) place in `programme.plans`, -1 before the first
    changed_s: FloatArray  # (J, K) times of the last changes [s], oldest first; K: how many are allowed in an hour
    held_back: IntArray  # (J,) a plan that is due and must wait, -1 where none does

    @classmethod
    def start(cls, n_junctions: int, max_changes_h: int) -> PlanChoice:
        """No plan yet; the first one is no change."""
        return cls(
            np.full(n_junctions, -1, np.int64),
            np.full((n_junctions, max_changes_h), -np.inf),
            np.full(n_junctions, -1, np.int64),
        )


def choose_plans(
    choice: PlanChoice, wanted: IntArray, by_hand: BoolArray, layout: NetworkLayout, now_s: float
) -> list[Decision]:
    """Set `choice.plan` to `wanted` (J,) where that may be now; tell once of each plan that must wait.

    `by_hand` (J,): a person chose it.
    """
    first = choice.plan < 0
    changing = ~first & (wanted != choice.plan)
    free = now_s - choice.changed_s[:, 0] >= HOUR_S
    goes = changing & (free | by_hand)
    if goes.any():
        choice.changed_s[goes] = np.column_stack([choice.changed_s[goes, 1:], np.full(int(goes.sum()), now_s)])
    choice.plan = np.where(first | goes, wanted, choice.plan)
    waiting = np.where(changing & ~goes, wanted, -1)
    news = np.flatnonzero((waiting >= 0) & (waiting != choice.held_back))
    choice.held_back = waiting
    return [
        Decision(
            layout.junctions[row].id,
            Reason.PLAN_HELD_BACK,
            (
                ("plan", layout.programme.plans[waiting[row]]),
                ("wait_s", round(float(choice.changed_s[row, 0]) + HOUR_S - now_s)),
            ),
        )
        for row in news
    ]
