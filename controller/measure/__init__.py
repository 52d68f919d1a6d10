"""First step: from readings and reports to the state of the traffic and of the lamps."""

from controller.measure.believed import BelievedLanes, believe
from controller.measure.insight import LaneInsights
from controller.measure.lane_memory import LaneMemory
from controller.measure.loops import LoopMemory, LoopSecond, scatter_readings
from controller.measure.queues import measure_lanes
from controller.measure.senses import LoopSenses
from controller.measure.signals import observe_signals

__all__ = [
    "BelievedLanes",
    "LaneInsights",
    "LaneMemory",
    "LoopMemory",
    "LoopSecond",
    "LoopSenses",
    "believe",
    "measure_lanes",
    "observe_signals",
    "scatter_readings",
]
