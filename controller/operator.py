"""What operators have asked for and is still in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from controller.events import Decision, OperatorAction, OperatorRequest, Reason
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout
from controller.state import StageProposal


@dataclass(slots=True)
class OperatorWishes:
    """Standing wishes of each junction."""

    stage: IntArray  # (J,) held stage, 0 where none is held
    until_s: FloatArray  # (J,) end of the hold [s]
    plan: IntArray  # (J,) plan chosen by hand, -1 where the calendar decides
    strategy: IntArray  # (J,) strategy chosen by hand, -1 where the site's is used

    @classmethod
    def none(cls, layout: NetworkLayout) -> OperatorWishes:
        """Nobody has asked for anything."""
        n_j = layout.shape[0]
        return cls(
            np.zeros(n_j, np.int64), np.full(n_j, np.inf), np.full(n_j, -1, np.int64), np.full(n_j, -1, np.int64)
        )

    @property
    def manual(self) -> BoolArray:
        """(J,) an operator holds a stage."""
        return np.asarray(self.stage > 0)


def hear_operators(
    wishes: OperatorWishes,
    requests: Sequence[OperatorRequest],
    requested: IntArray,
    strategies: tuple[str, ...],
    layout: NetworkLayout,
    now_s: float,
) -> list[Decision]:
    """Apply the requests of this step and end holds that have run out; `requested` (J,) is the stage asked for now.

    A request that names what does not exist is left alone: its sender was told at the door.
    """
    decisions: list[Decision] = []
    for expired in np.flatnonzero((wishes.stage > 0) & (now_s >= wishes.until_s)):
        wishes.stage[expired] = 0
        decisions.append(Decision(layout.junctions[expired].id, Reason.OPERATOR, (("action", "expired"),)))
    for request in requests:
        rows = range(len(layout.junctions)) if request.junction is None else [layout.junction_index[request.junction]]
        for row in rows:
            _apply(wishes, request, row, int(requested[row]), strategies, layout)
            decisions.append(
                Decision(
                    layout.junctions[row].id,
                    Reason.OPERATOR,
                    (("action", request.action.value), ("by", request.by)),
                )
            )
    return decisions


def _apply(
    wishes: OperatorWishes,
    request: OperatorRequest,
    row: int,
    requested: int,
    strategies: tuple[str, ...],
    layout: NetworkLayout,
) -> None:
    until_s = np.inf if request.until_s is None else request.until_s
    match request.action:
        case OperatorAction.HOLD:
            wishes.stage[row], wishes.until_s[row] = request.stage or requested, until_s
        case OperatorAction.STEP:
            wishes.stage[row] = request.stage or _following(int(wishes.stage[row] or requested), row, layout)
            wishes.until_s[row] = until_s
        case OperatorAction.RELEASE:
            wishes.stage[row], wishes.until_s[row] = 0, np.inf
        case OperatorAction.PLAN:
            plans = layout.programme.plans
            wishes.plan[row] = plans.index(request.plan) if request.plan in plans else -1
        case OperatorAction.MODE:
            wishes.strategy[row] = strategies.index(request.strategy) if request.strategy in strategies else -1


def _following(stage: int, row: int, layout: NetworkLayout) -> int:
    """The next stage of the junction that may be chosen, in its order."""
    n = int(layout.n_stages[row])
    order = [(stage + k) % n for k in range(n)]
    return next((place + 1 for place in order if layout.selectable[row, place]), stage)


def overrule(proposal: StageProposal, wishes: OperatorWishes) -> StageProposal:
    """Where a stage is held by hand, that stage is proposed."""
    held = wishes.stage > 0
    return StageProposal(
        np.where(held, wishes.stage, proposal.stage),
        np.where(held, int(Reason.OPERATOR), proposal.reason),
    )
