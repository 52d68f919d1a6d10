"""Yardsticks: what SUMO does by itself, and strategies that see more than any loop tells. None ever drives a street."""

from sim.baselines.sumo_programs import OWN_PLAN, SUMO_ACTUATED, SUMO_RUNS, write_actuated_programs
from sim.baselines.yardsticks import YARDSTICKS

__all__ = ["OWN_PLAN", "SUMO_ACTUATED", "SUMO_RUNS", "YARDSTICKS", "write_actuated_programs"]
