"""Third step: from traffic to a wish. One method a file, one signature for all.

A strategy is made once (`start(layout, now_s)`), remembers in arrays only, and answers each second, for every
junction at once, with a `StageProposal`. It may ask for anything; whether the time is right is decided after it.
"""

from controller.strategy.actuated import Actuated
from controller.strategy.asking import FALLBACK, Answers, ask
from controller.strategy.contract import Moment, Strategy
from controller.strategy.fixed_time import FixedTime
from controller.strategy.planner import Planner

STRATEGIES: dict[str, type[Strategy]] = {"fixed_time": FixedTime, "actuated": Actuated, "planner": Planner}
"""By the name an engineer writes."""
DEFAULT_STRATEGY = "planner"
"""What runs where nobody named another."""

__all__ = [
    "DEFAULT_STRATEGY",
    "FALLBACK",
    "STRATEGIES",
    "Actuated",
    "Answers",
    "FixedTime",
    "Moment",
    "Planner",
    "Strategy",
    "ask",
]
