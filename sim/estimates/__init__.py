"""Every estimate that strategies plan with, against the simulator's truth: bias, mean error, correlation."""

from sim.estimates.against_truth import ESTIMATES, SETTLED_S, AgainstTruth
from sim.estimates.pairs import Agreement, Pairs
from sim.estimates.run import compare_estimates

__all__ = ["ESTIMATES", "SETTLED_S", "AgainstTruth", "Agreement", "Pairs", "compare_estimates"]
