"""Whether the judged method reached what was asked of it: a line for each target, with what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.bench.methods import ORACLE
from sim.bench.runs import Case
from sim.bench.study import Fairness

Found = Mapping[str, Any]


def verdict(methods: Mapping[str, Found], judged: str, case: Case, fair: Fairness) -> list[dict[str, Any]]:
    """Lines {what, limit, found, met}; none where the judged method did not run."""
    mine = methods.get(judged)
    return [] if mine is None else list(_lines(methods, mine, case, fair))


def _lines(methods: Mapping[str, Found], mine: Found, case: Case, fair: Fairness) -> Iterator[dict[str, Any]]:
    against = mine["against_best_rival"]
    ratio = against["ratio"] if against else None
    for what, limit in (("must", case.must), ("goal", case.goal)):
        if limit is not None and ratio is not None:
            yield _line(f"{what}: delay to {against['method']}", limit, ratio)
    yield _line("gridlocked seeds", 0, len(mine["gridlocked_seeds"]))
    yield _line("safety breaks an hour", 0, mine["breaks_h"])
    if fair.worst_approach is not None and mine["worst_approach_ratio"] is not None:
        yield _line(f"worst approach to {against['method']}'s", fair.worst_approach, mine["worst_approach_ratio"])
    if fair.longest_red_s is not None:
        yield _line("longest red [s]", fair.longest_red_s, mine["longest_red_s"]["max"])
    yield from _pedestrians(methods, mine, fair)
    yield from _oracle(methods, mine, fair)


def _pedestrians(methods: Mapping[str, Found], mine: Found, fair: Fairness) -> Iterator[dict[str, Any]]:
    other = methods.get(fair.pedestrian_wait_of or "")
    if other is not None and mine["pedestrian_wait_s"] and other["pedestrian_wait_s"]:
        limit_s = other["pedestrian_wait_s"]["mean"]
        yield _line(f"pedestrian wait [s], {fair.pedestrian_wait_of}'s", limit_s, mine["pedestrian_wait_s"]["mean"])


def _oracle(methods: Mapping[str, Found], mine: Found, fair: Fairness) -> Iterator[dict[str, Any]]:
    gap = mine["against_oracle"]
    if gap is None or methods.get(ORACLE) is None:
        return
    if fair.oracle is not None and gap["ratio"] is not None:
        yield _line("delay to the oracle", fair.oracle, gap["ratio"])
    best_s = gap["difference_s"] + (gap["half_width_s"] or 0.0)
    # The oracle is worse only where the whole interval of mine - oracle lies below 0.
    yield {"what": "oracle not worse [s]", "limit": 0, "found": best_s, "met": best_s >= 0}


def _line(what: str, limit: float, found: float) -> dict[str, Any]:
    return {"what": what, "limit": limit, "found": found, "met": found <= limit}
