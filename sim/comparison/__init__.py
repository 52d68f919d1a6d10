"""Two sites on the same traffic: what changed, and what it does, seed by seed."""

from sim.comparison.compare import ComparedSite, Comparison, ComparisonSettings, compare_sites
from sim.comparison.effects import DECISIVE, Effect, Verdict, effects_of

__all__ = [
    "DECISIVE",
    "ComparedSite",
    "Comparison",
    "ComparisonSettings",
    "Effect",
    "Verdict",
    "compare_sites",
    "effects_of",
]
