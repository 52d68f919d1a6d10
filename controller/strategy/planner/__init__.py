"""The planner: a rolling horizon for each junction, searched anew every second; only its next change is done."""

from controller.strategy.planner.planner import Planner

__all__ = ["Planner"]
