"""First step: from readings and reports to the state of the traffic and of the lamps."""

from controller.measure.calls import CallMemory, measure_calls
from controller.measure.loops import LoopMemory, LoopSecond, scatter_readings
from controller.measure.queues import LaneMemory, measure_lanes
from controller.measure.signals import observe_signals

__all__ = [
    "CallMemory",
    "LaneMemory",
    "LoopMemory",
    "LoopSecond",
    "measure_calls",
    "measure_lanes",
    "observe_signals",
    "scatter_readings",
]
