"""What every strategy is given and what it must answer."""

from __future__ import annotations

from dataclasses import Field, dataclass, field
from typing import Any, ClassVar, Protocol, Self

import numpy as np

from controller.lanes import LaneLayout
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout
from controller.model import StrategyParameters
from controller.state import LaneState, SignalState, StageProposal, TrafficState


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything a strategy may know of this second."""

    now_s: float
    local_s: int | None
    """Seconds since local midnight; None until a clock reading came."""
    plan: IntArray  # (J,) the plan of the hour, place in `layout.programme.plans`
    traffic: TrafficState
    lanes: LaneLayout
    lane_state: LaneState
    signals: SignalState
    requested: IntArray  # (J,) stage last asked for, 0 before the first
    requested_since_s: FloatArray  # (J,) when it was first asked for [s]
    commanded: BoolArray  # (J,) the centre commands this junction
    overruled: BoolArray = field(default_factory=lambda: np.zeros((), bool))
    """(J,) somebody else than the plan decides there: an operator, another strategy, the cabinet; () False: nobody."""
    owed: BoolArray = field(default_factory=lambda: np.zeros((), bool))
    """(J, G) groups that the plan must serve first, because another strategy has forgotten them; () False: none."""
    presses: BoolArray = field(default_factory=lambda: np.zeros((), bool))
    """(J, G) who is to be served next, or the junction goes by its plan; at most one a junction; () False: nobody."""


class Strategy(Protocol):
    """One method of control for a whole town. A dataclass of arrays, so that it can be put down and taken up."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @classmethod
    def start(cls, layout: NetworkLayout, now_s: float) -> Self:
        """Before the first second."""
        ...

    def propose(self, moment: Moment, layout: NetworkLayout, parameters: StrategyParameters) -> StageProposal:
        """The stage wanted at each junction."""
        ...
