"""Ask the strategies that somebody listens to, and look at each answer before it is believed.

A strategy that raises is begun anew and has failed at every junction that listens to it; an answer that a
junction cannot carry out has failed there. In that second the junction stays in the stage asked for before; the ladder
does the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.events import Reason
from controller.layout import BoolArray, IntArray, NetworkLayout
from controller.model import StrategyParameters
from controller.state import StageProposal
from controller.strategy.contract import Moment, Strategy

FALLBACK = "fixed_time"
"""Everybody's fallback; asked always, so that its clock runs."""
FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    LookupError,
    MemoryError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a method of control may raise when it is wrong. What the world raises (a signal, an exit, no disk) is none."""
_IS_REASON = np.zeros(max(Reason) + 1, bool)
_IS_REASON[[int(reason) for reason in Reason]] = True
"""By code; gaps are no reasons."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What was proposed, and by whom nothing may be believed."""

    proposal: StageProposal
    fault: IntArray  # (J,) Reason why the strategy heard there is not to be trusted, NONE where it is
    plan_answers: BoolArray  # (J,) the fixed plan has a stage to run


def ask(
    strategies: dict[str, Strategy],
    heard: IntArray,
    moment: Moment,
    layout: NetworkLayout,
    parameters: StrategyParameters,
) -> Answers:
    """Every junction's wish from the strategy that is heard there (`heard` (J,): its place in `strategies`)."""
    n_j = heard.size
    stage, reason, fault = (np.zeros(n_j, np.int64) for _ in range(3))
    plan_answers = np.zeros(n_j, bool)
    for place, name in enumerate(strategies):
        listening = heard == place
        if name != FALLBACK and not listening.any():
            continue
        wish = _wish(strategies, name, moment, layout, parameters)
        if isinstance(wish, Reason):
            fault = np.where(listening, int(wish), fault)
            continue
        sound = _sound(wish, layout)
        stage = np.where(listening & sound, wish.stage, stage)
        reason = np.where(listening & sound, wish.reason, reason)
        fault = np.where(listening & ~sound, int(Reason.STRATEGY_NONSENSE), fault)
        if name == FALLBACK:
            plan_answers = sound & (wish.stage > 0)
    return Answers(StageProposal(stage, reason), fault, plan_answers)


def _wish(
    strategies: dict[str, Strategy], name: str, moment: Moment, layout: NetworkLayout, parameters: StrategyParameters
) -> StageProposal | Reason:
    try:
        wish = strategies[name].propose(moment, layout, parameters)
    except FAULTS:
        strategies[name] = type(strategies[name]).start(layout, moment.now_s)
        return Reason.STRATEGY_FAILED
    return wish if _readable(wish, moment) else Reason.STRATEGY_NONSENSE


def _readable(wish: object, moment: Moment) -> bool:
    """Whether an answer has a whole number for every junction."""
    return isinstance(wish, StageProposal) and all(_whole(part, moment) for part in (wish.stage, wish.reason))


def _whole(part: object, moment: Moment) -> bool:
    if not isinstance(part, np.ndarray) or part.shape != moment.requested.shape:
        return False
    return np.issubdtype(part.dtype, np.integer)


def _sound(wish: StageProposal, layout: NetworkLayout) -> BoolArray:
    """(J,) the stage is in the junction's table, or none, and the reason is one."""
    stage = (wish.stage >= 0) & (wish.stage <= layout.n_stages)
    known = (wish.reason >= 0) & (wish.reason < _IS_REASON.size)
    return np.asarray(stage & known & _IS_REASON[np.where(known, wish.reason, 0)])
