"""Yardsticks: what SUMO does by itself, and strategies that see more than any loop tells. None ever drives a street."""

from sim.baselines.floor import FLOOR, run_floor, without_conflicts
from sim.baselines.sumo_programs import OWN_PLAN, SUMO_ACTUATED, SUMO_PROGRAMS, write_actuated_programs
from sim.baselines.yardsticks import YARDSTICKS, lane_places

SUMO_RUNS = (*SUMO_PROGRAMS, FLOOR)
"""Strategies that run in SUMO, without our core and cabinets."""

__all__ = [
    "FLOOR",
    "OWN_PLAN",
    "SUMO_ACTUATED",
    "SUMO_RUNS",
    "YARDSTICKS",
    "lane_places",
    "run_floor",
    "without_conflicts",
    "write_actuated_programs",
]
