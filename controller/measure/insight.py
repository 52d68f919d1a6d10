"""What is known of every lane beside its queue and its arrivals: used green, turning, full exits, and trust in all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.lanes import LaneLayout
from controller.measure.discharge import standing_exits
from controller.measure.lane_memory import LaneMemory
from controller.measure.lane_trust import LaneTrustMemory, trust_lanes
from controller.measure.loops import LoopSecond
from controller.measure.saturation import SaturationMemory, measure_saturation
from controller.measure.stop_line import StopLineMemory, look_at_stop_lines
from controller.measure.turning import TurningMemory, measure_turning
from controller.state import LaneInsight, LaneState, LoopState, SignalState

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class LaneInsights:
    """Everything that is remembered for it, and the one step that takes a second."""

    def __init__(self, lanes: LaneLayout) -> None:
        self._lanes = lanes
        self._stop_line = StopLineMemory.empty(lanes)
        self._saturation = SaturationMemory.empty(lanes)
        self._turning = TurningMemory.empty(lanes)
        self._trust = LaneTrustMemory.empty(lanes)

    @property
    def memories(self) -> dict[str, DataclassInstance]:
        """What a snapshot must hold."""
        return {
            "stop_line": self._stop_line,
            "saturation": self._saturation,
            "turning": self._turning,
            "lane_trust": self._trust,
        }

    def measure(
        self,
        state: LaneState,
        of_lanes: LaneMemory,
        loops: LoopSecond,
        believed: LoopState,
        signals: SignalState,
        measurable: LaneLayout,
    ) -> LaneState:
        """`state`, the measurement of this second, with its insight; `of_lanes` is what that measurement remembers.

        `measurable` are the lanes without the loops that are not trusted: a broken exit loop fills no exit.
        """
        lanes = self._lanes
        second = look_at_stop_lines(self._stop_line, loops, state.green_s > 0, lanes)
        use = measure_saturation(self._saturation, second, of_lanes.queue_goes, state.green_s, state.credit_veh, lanes)
        share = measure_turning(self._turning, second, signals, lanes)
        trust = trust_lanes(self._trust, of_lanes, self._saturation, second, believed, loops.fresh, lanes)
        return replace(state, insight=LaneInsight(use, share, standing_exits(of_lanes, measurable), trust))
