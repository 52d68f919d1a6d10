"""Yardsticks: what SUMO does by itself, and strategies that see more than any loop tells. None ever drives a street."""

from sim.baselines.floor import FLOOR, run_floor, without_conflicts
from sim.baselines.sumo_programs import (
    ACTUATED,
    OWN_PLAN,
    SUMO_ACTUATED,
    SUMO_ACTUATED_BOUNDED,
    SUMO_PROGRAMS,
    least_of,
    write_actuated_programs,
)
from sim.baselines.yardsticks import YARDSTICKS, lane_places

SUMO_RUNS = (*SUMO_PROGRAMS, FLOOR)
"""Strategies that run in SUMO, without our core and cabinets."""

__all__ = [
    "ACTUATED",
    "FLOOR",
    "OWN_PLAN",
    "SUMO_ACTUATED",
    "SUMO_ACTUATED_BOUNDED",
    "SUMO_RUNS",
    "YARDSTICKS",
    "lane_places",
    "least_of",
    "run_floor",
    "without_conflicts",
    "write_actuated_programs",
]
