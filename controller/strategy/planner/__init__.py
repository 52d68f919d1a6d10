"""The planner: a rolling horizon for each junction, searched anew every second; only its next change is done."""

from controller.strategy.planner.planner import Planner
from controller.strategy.planner.search import IMPATIENCE_PLACE, SPILL_PLACE, TownOutlook

__all__ = ["IMPATIENCE_PLACE", "SPILL_PLACE", "Planner", "TownOutlook"]
