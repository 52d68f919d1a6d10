"""Methods compared on the same traffic: every method on every seed of every scenario, paired by seed."""

from sim.bench.compare import TracePlace, bench
from sim.bench.kept import KeptRuns
from sim.bench.runs import BenchSettings, Case, OnRun, plain_cases, study_cases
from sim.bench.study import Fairness, Study, read_study
from sim.bench.table import markdown

__all__ = [
    "BenchSettings", "Case", "Fairness", "KeptRuns", "OnRun", "Study", "TracePlace", "bench", "markdown",
    "plain_cases", "read_study", "study_cases",
]  # fmt: skip
