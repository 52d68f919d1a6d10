"""Before and after: the same hours of two runs side by side, with the interval of their mean difference.

Bins are paired by the second of the day (and its weekday, where both runs have it), so that what differs between the
hours cancels. The interval is Student's: mean ± t(0.975, n - 1) · s / √n over the pairs; bins of one day are not quite
independent, so that it is rather too narrow than too wide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student_t

from console.report.record import DAY_S, FloatArray, RunRecord
from console.report.tables.table import Table

CONFIDENCE = 0.95
LEAST_PAIRS = 2


@dataclass(frozen=True, slots=True)
class Paired:
    """A measure before and after."""

    before: float
    after: float
    difference: float
    half_width: float
    """Of the 95 % interval of the difference; NaN of fewer than two pairs."""
    pairs: int

    @property
    def figures(self) -> tuple[float, float, float, float, int]:
        """As in a row of the table."""
        return (self.before, self.after, self.difference, self.half_width, self.pairs)

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out zero."""
        return bool(abs(self.difference) > self.half_width)


def paired(before: FloatArray, after: FloatArray) -> Paired:
    """Compare pairs of values, (n_pairs,) each.

    >>> found = paired(np.array([10.0, 12.0, 14.0]), np.array([8.0, 11.0, 11.0]))
    >>> found.difference, round(found.half_width, 2), found.sure
    (-2.0, 2.48, False)
    """
    difference = after - before
    half = np.nan
    if difference.size >= LEAST_PAIRS:
        factor = float(student_t.ppf((1 + CONFIDENCE) / 2, difference.size - 1))
        half = factor * float(difference.std(ddof=1)) / difference.size**0.5
    return Paired(float(before.mean()), float(after.mean()), float(difference.mean()), half, difference.size)


MEASURES: Mapping[str, tuple[str, str, str]] = {
    "volume": ("volumes", "flow_veh_h", "sum"),
    "arrivals_on_green": ("arrivals_on_green", "share_on_green", "mean"),
    "delay": ("delay", "delay_s", "mean"),
    "degree_of_saturation": ("delay", "degree_of_saturation", "max"),
}
"""Measure: the table it stands in, its column, and how the rows of one bin become one value."""
_SUMMED: Mapping[str, Callable[[FloatArray], np.float64]] = {"sum": np.sum, "mean": np.mean, "max": np.max}
HEAD = ("junction", "measure", "before", "after", "difference", "half_width", "pairs")


def comparison_table(
    before: tuple[RunRecord, Mapping[str, Table]], after: tuple[RunRecord, Mapping[str, Table]], bin_s: float
) -> Table:
    """Every measure of every junction that both runs have."""
    rows: list[tuple[object, ...]] = []
    known = {junction.id for junction in before[0].junctions}
    by_weekday = _both_have_weekdays(before[0], after[0])
    for junction in after[0].junctions:
        if junction.id not in known:
            continue
        for measure in (*MEASURES, "split_failures"):
            then = _by_bin(before, junction.id, measure, bin_s, by_weekday=by_weekday)
            now = _by_bin(after, junction.id, measure, bin_s, by_weekday=by_weekday)
            common = sorted(then.keys() & now.keys())
            if common:
                found = paired(np.array([then[key] for key in common]), np.array([now[key] for key in common]))
                rows.append((junction.id, measure, *found.figures))
    return Table.of_rows("comparison", HEAD, rows)


def _both_have_weekdays(before: RunRecord, after: RunRecord) -> bool:
    """Whether the runs are long enough to be paired day by day: a week each."""
    return all(run.end_s - run.begin_s >= 7 * DAY_S for run in (before, after))


def _by_bin(
    run: tuple[RunRecord, Mapping[str, Table]], junction: str, measure: str, bin_s: float, *, by_weekday: bool
) -> dict[tuple[int, int], float]:
    """{(weekday or 0, bin of the day): value}, the mean over days."""
    record, tables = run
    if measure == "split_failures":
        mine = tables["split_failures"]
        mine = mine.of(junction) if len(mine) else mine
        at_s, values, how = mine["at_s"], mine["failed"].astype(float), _SUMMED["mean"]
    else:
        table, column, name = MEASURES[measure]
        mine = tables[table].of(junction) if len(tables[table]) else tables[table]
        at_s, values, how = mine["begin_s"], mine[column].astype(float), _SUMMED[name]
    if not len(mine):
        return {}
    place = np.floor(at_s.astype(float) / bin_s).astype(np.int64)
    kept = ~np.isnan(values)
    of_bin = {int(number): float(how(values[kept & (place == number)])) for number in np.unique(place[kept])}
    by_day: dict[tuple[int, int], list[float]] = {}
    bins_a_day = int(DAY_S // bin_s)
    for number, value in of_bin.items():
        weekday = (record.date.weekday() + number // bins_a_day) % 7 if by_weekday else 0
        by_day.setdefault((weekday, number % bins_a_day), []).append(value)
    return {key: float(np.mean(values)) for key, values in by_day.items()}


def compare_results(before: Sequence[Mapping[str, object]], after: Sequence[Mapping[str, object]]) -> Table:
    """Results of simulations, paired by scenario and seed: every measure that both have."""
    then = {(result["scenario"], result["seed"]): result for result in before}
    now = {(result["scenario"], result["seed"]): result for result in after}
    common = sorted(then.keys() & now.keys(), key=str)
    rows: list[tuple[object, ...]] = []
    for measure in RESULT_MEASURES:
        pairs = [(then[key].get(measure), now[key].get(measure)) for key in common]
        values = [(float(a), float(b)) for a, b in pairs if isinstance(a, int | float) and isinstance(b, int | float)]
        if values:
            found = paired(np.array([a for a, _ in values]), np.array([b for _, b in values]))
            rows.append(("", measure, *found.figures))
    return Table.of_rows("comparison", HEAD, rows)


RESULT_MEASURES = (
    "delay_s", "person_delay_s", "trip_s", "wait_s", "stops", "worst_approach_s", "longest_red_s", "queue_mean_veh",
)  # fmt: skip
