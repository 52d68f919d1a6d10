"""First step: from readings and reports to the state of the traffic and of the lamps."""

from controller.measure.calls import CallMemory, measure_calls
from controller.measure.signals import observe_signals

__all__ = ["CallMemory", "measure_calls", "observe_signals"]
