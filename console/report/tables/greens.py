"""Every green that showed: when it began and ended, why it ended, and what its plan had promised it.

Why: the stage that was asked for and in which the group is no longer green; its reason falls into one of the classes
of the event log (gap out, max out, force off) or into one that this system has besides.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import numpy.typing as npt

from console.report.record import FloatArray, IntArray, RunRecord
from console.report.tables.table import Table
from controller import Aspect, GroupKind, Reason
from plans.planned_greens import planned_greens, timing_of

UNKNOWN, GAP_OUT, MAX_OUT, FORCE_OFF, PLANNER, OPERATOR = range(6)
CAUSES = ("unknown", "gap_out", "max_out", "force_off", "planner", "operator")
CAUSE_OF: Mapping[Reason, int] = {
    Reason.GAP_OUT: GAP_OUT,
    Reason.DEMAND: GAP_OUT,  # nobody needs the present green
    Reason.MAX_OUT: MAX_OUT,
    Reason.MAX_RED: MAX_OUT,  # somebody has waited as long as anybody may
    Reason.FORCE_OFF: FORCE_OFF,
    Reason.PROGRAMME: FORCE_OFF,  # the plan's switching point
    Reason.TRANSITION: FORCE_OFF,
    Reason.MINIMUM_GREEN: FORCE_OFF,
    Reason.PLANNER: PLANNER,
    Reason.YARDSTICK: PLANNER,
    Reason.OPERATOR: OPERATOR,
}
_CLOSING = (int(Aspect.AMBER), int(Aspect.FLASHING_GREEN))


def green_table(record: RunRecord) -> Table:
    """One row a green: junction, group, kind, from green over closing and red to the next green, cause, plan.

    `next_s` is NaN for the last green of a group; greens cut off by the record's begin, end or gaps are left out.
    """
    group, at_s, aspect = record.lamp_group, record.lamp_s, record.lamp_aspect
    last = np.ones(group.size, bool)
    last[:-1] = group[1:] != group[:-1]
    first = np.roll(last, 1)
    until_s = np.where(last, record.end_s, np.roll(at_s, -1))
    after = np.where(last, int(Aspect.UNKNOWN), np.roll(aspect, -1))
    rows = np.flatnonzero((aspect == int(Aspect.GREEN)) & ~first & (after != int(Aspect.UNKNOWN)))
    closing = np.isin(after[rows], _CLOSING)
    following = np.minimum(rows + 1, group.size - 1)
    red_s = np.where(closing, until_s[following], until_s[rows])
    column = group[rows]
    next_s = np.full(rows.size, np.nan)
    same = column[1:] == column[:-1]
    next_s[:-1][same] = at_s[rows][1:][same]
    junction = np.array([place.junction for place in record.groups])[column]
    ended_s = until_s[rows]
    cause = _causes(record, column, ended_s)
    plan = plan_at(record, junction, at_s[rows])
    names = np.array([place.id for place in record.junctions])
    return Table(
        "greens",
        {
            "junction": names[junction],
            "group": np.array([place.group.id for place in record.groups])[column],
            "column": column,
            "pedestrian": np.array([place.group.kind is GroupKind.PEDESTRIAN for place in record.groups])[column],
            "green_s": at_s[rows],
            "closing_s": ended_s,
            "red_s": red_s,
            "next_s": next_s,
            "length_s": ended_s - at_s[rows],
            "planned_s": _promised(record, column, plan),
            "cause": np.array(CAUSES)[cause],
            "plan": plan,
        },
    )


def _causes(record: RunRecord, column: IntArray, ended_s: FloatArray) -> IntArray:
    """The class of the reason for which each green ended."""
    cause = np.full(column.size, UNKNOWN)
    table = np.full(max(Reason) + 1, UNKNOWN)
    table[list(CAUSE_OF)] = list(CAUSE_OF.values())
    for row, junction in enumerate(record.junctions):
        at_s, number, reason = record.asked(row)
        if not at_s.size:
            continue
        for place in record.groups_of(row):
            mine = np.flatnonzero(column == place.column)
            served = np.array([False, *(place.group.id in stage.groups for stage in junction.stages)])
            found = np.searchsorted(at_s, ended_s[mine], side="right") - 1
            known = (found >= 0) & ~served[np.minimum(number[found], len(junction.stages))]
            cause[mine] = np.where(known, table[np.minimum(reason[found], table.size - 1)], UNKNOWN)
    return cause


def plan_changes(record: RunRecord) -> dict[str, tuple[list[float], list[str]]]:
    """By junction: when a plan began to apply, and which."""
    changes: dict[str, tuple[list[float], list[str]]] = {}
    for at_s, decision in record.decisions:
        plan = dict(decision.because).get("plan")
        if decision.reason == Reason.PLAN_CHANGE and plan is not None:
            times, plans = changes.setdefault(decision.junction, ([], []))
            times.append(at_s)
            plans.append(str(plan))
    return changes


def plan_at(record: RunRecord, junction: IntArray, at_s: FloatArray) -> npt.NDArray[np.str_]:
    """The plan that applied at a junction at a time; empty where the journal does not say."""
    changes = plan_changes(record)
    plans = np.full(junction.size, "", dtype="U64")
    for row, place in enumerate(record.junctions):
        if place.id not in changes:
            continue
        times, names = changes[place.id]
        mine = np.flatnonzero(junction == row)
        found = np.searchsorted(np.array(times), at_s[mine], side="right") - 1
        plans[mine] = np.array(names)[np.maximum(found, 0)]
    return plans


def _promised(record: RunRecord, column: IntArray, plan: npt.NDArray[np.str_]) -> FloatArray:
    """The green that the plan gives the group [s], the longest of several in a cycle; NaN where there is none."""

    @cache
    def of(group: int, name: str) -> float:
        place = record.groups[group]
        junction = record.junctions[place.junction]
        timing = timing_of(junction, name)
        if timing is None:
            return np.nan
        greens = [green.length_s for green in planned_greens(junction, timing) if green.column == place.number - 1]
        return max(greens, default=np.nan)

    return np.array([of(group, name) for group, name in zip(column.tolist(), plan.tolist(), strict=True)], np.float64)
