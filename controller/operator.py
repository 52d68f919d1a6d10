"""What operators have asked for and is still in force; a manual period from taking over to being back in step.

    AUTOMATIC ──hold, step──▶ HELD ──warning time──▶ ENDING ──time over, release──▶ HANDING_BACK ──in step──▶ AUTOMATIC
                               ▲ └──────────────── release ───────────────────────────▶ │
                               └────────────── hold, step renew it ◀── ENDING, HANDING_BACK

A manual period always ends: by its own time, or `manual_limit_s` after the last request. What was forgotten comes back
by itself, and not without a warning. Handing back is a transition: the strategy goes on from the stage that shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from controller.events import Alarm, Decision, OperatorAction, OperatorRequest, Reason
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout
from controller.model import StrategyParameters
from controller.state import StageProposal


class ManualState(IntEnum):
    """Where a junction is in a manual period."""

    AUTOMATIC = 0
    HELD = 1
    ENDING = 2
    """Held, and warned that it will end."""
    HANDING_BACK = 3


@dataclass(slots=True)
class OperatorWishes:
    """Standing wishes of each junction."""

    stage: IntArray  # (J,) held stage, 0 where none is held
    until_s: FloatArray  # (J,) end of the hold [s], inf where none is held
    warn_s: FloatArray  # (J,) when its end is announced [s]
    manual_state: IntArray  # (J,) ManualState
    plan: IntArray  # (J,) plan chosen by hand, -1 where the calendar decides
    strategy: IntArray  # (J,) strategy chosen by hand, -1 where the site's is used

    @classmethod
    def none(cls, layout: NetworkLayout) -> OperatorWishes:
        """Nobody has asked for anything."""
        n_j = layout.shape[0]
        return cls(
            stage=np.zeros(n_j, np.int64),
            until_s=np.full(n_j, np.inf),
            warn_s=np.full(n_j, np.inf),
            manual_state=np.zeros(n_j, np.int64),
            plan=np.full(n_j, -1, np.int64),
            strategy=np.full(n_j, -1, np.int64),
        )

    @property
    def manual(self) -> BoolArray:
        """(J,) an operator holds a stage."""
        return np.asarray(self.stage > 0)

    def hold(self, row: int, stage: int, until_s: float, warn_s: float) -> None:
        """Begin or renew a manual period."""
        self.stage[row], self.until_s[row], self.warn_s[row] = stage, until_s, warn_s
        self.manual_state[row] = ManualState.HELD

    def let_go(self, row: int) -> None:
        """The junction is on its way back."""
        self.stage[row], self.until_s[row], self.warn_s[row] = 0, np.inf, np.inf
        self.manual_state[row] = ManualState.HANDING_BACK


def hear_operators(
    wishes: OperatorWishes,
    requests: Sequence[OperatorRequest],
    requested: IntArray,
    strategies: tuple[str, ...],
    layout: NetworkLayout,
    parameters: StrategyParameters,
    now_s: float,
) -> tuple[list[Decision], list[Alarm]]:
    """Apply the requests of this step, end manual periods whose time is over and announce those that will end soon.

    `requested` (J,) is the stage asked for now. A request that names what does not exist is left alone: its sender was
    told at the door.
    """
    before = wishes.manual_state.copy()
    over = np.flatnonzero(now_s >= wishes.until_s)
    decisions = [_handing_back(wishes, int(row), layout, "expired", "") for row in over]
    for request in requests:
        rows = range(len(layout.junctions)) if request.junction is None else [layout.junction_index[request.junction]]
        for row in rows:
            decisions += _apply(wishes, request, row, int(requested[row]), strategies, layout, parameters, now_s)
    warned = (wishes.manual_state == ManualState.HELD) & (now_s >= wishes.warn_s)
    wishes.manual_state[warned] = ManualState.ENDING
    decisions += [
        Decision(layout.junctions[row].id, Reason.MANUAL_ENDING, _left(wishes, int(row), now_s))
        for row in np.flatnonzero(warned)
    ]
    was, is_ = before == ManualState.ENDING, wishes.manual_state == ManualState.ENDING
    alarms = [
        Alarm(
            layout.junctions[row].id,
            Reason.MANUAL_ENDING,
            cleared=bool(was[row]),
            because=_left(wishes, int(row), now_s),
        )
        for row in np.flatnonzero(was != is_)
    ]
    return decisions, alarms


def settle(wishes: OperatorWishes, proposal: StageProposal, layout: NetworkLayout) -> list[Decision]:
    """Hand-backs that are complete: the strategy's answer is no step of a transition any more."""
    back = (wishes.manual_state == ManualState.HANDING_BACK) & (proposal.reason != int(Reason.TRANSITION))
    wishes.manual_state[back] = ManualState.AUTOMATIC
    return [Decision(layout.junctions[row].id, Reason.HANDED_BACK) for row in np.flatnonzero(back)]


def overrule(proposal: StageProposal, wishes: OperatorWishes) -> StageProposal:
    """Where a stage is held by hand, that stage is proposed."""
    held = wishes.stage > 0
    return StageProposal(
        np.where(held, wishes.stage, proposal.stage),
        np.where(held, int(Reason.OPERATOR), proposal.reason),
    )


def _apply(
    wishes: OperatorWishes,
    request: OperatorRequest,
    row: int,
    requested: int,
    strategies: tuple[str, ...],
    layout: NetworkLayout,
    parameters: StrategyParameters,
    now_s: float,
) -> list[Decision]:
    junction = layout.junctions[row].id
    told = [Decision(junction, Reason.OPERATOR, (("action", request.action.value), ("by", request.by)))]
    match request.action:
        case OperatorAction.HOLD | OperatorAction.STEP:
            stage = request.stage or _hand(request.action, int(wishes.stage[row]) or requested, row, layout)
            if stage == 0:
                return told  # nothing shows yet, and none was named: there is nothing to hold
            begins = not wishes.manual[row]
            until_s = now_s + parameters.manual_limit_s if request.until_s is None else request.until_s
            warning_s = min(parameters.manual_warning_s, (until_s - now_s) / 2)
            wishes.hold(row, stage, until_s, until_s - warning_s)
            if begins:
                because = (("stage", layout.junctions[row].stages[stage - 1].id), ("by", request.by))
                told.append(Decision(junction, Reason.MANUAL, (*because, *_left(wishes, row, now_s))))
        case OperatorAction.RELEASE:
            if wishes.manual[row]:
                told = [_handing_back(wishes, row, layout, request.action.value, request.by)]
        case OperatorAction.PLAN:
            plans = layout.programme.plans
            wishes.plan[row] = plans.index(request.plan) if request.plan in plans else -1
        case OperatorAction.MODE:
            wishes.strategy[row] = strategies.index(request.strategy) if request.strategy in strategies else -1
    return told


def _hand(action: OperatorAction, present: int, row: int, layout: NetworkLayout) -> int:
    """The stage that is meant where none is named: the present one to hold, the next one to step to."""
    if action is OperatorAction.HOLD or present == 0:
        return present
    n = int(layout.n_stages[row])
    order = [(present + k) % n for k in range(n)]
    return next((place + 1 for place in order if layout.selectable[row, place]), present)


def _handing_back(wishes: OperatorWishes, row: int, layout: NetworkLayout, action: str, by: str) -> Decision:
    wishes.let_go(row)
    return Decision(layout.junctions[row].id, Reason.HANDING_BACK, (("action", action), ("by", by)))


def _left(wishes: OperatorWishes, row: int, now_s: float) -> tuple[tuple[str, float], ...]:
    """How long the manual period lasts yet; nothing where it is over."""
    left_s = float(wishes.until_s[row]) - now_s
    return (("left_s", round(left_s)),) if np.isfinite(left_s) else ()
