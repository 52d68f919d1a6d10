"""First step: from readings and reports to the state of the traffic and of the lamps."""

from controller.measure.calls import CallMemory, measure_calls
from controller.measure.loops import LoopMemory, LoopSecond, scatter_readings
from controller.measure.signals import observe_signals

__all__ = ["CallMemory", "LoopMemory", "LoopSecond", "measure_calls", "observe_signals", "scatter_readings"]
