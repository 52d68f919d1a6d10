"""Who decided, and why: time in each control mode, moves on the ladder, decisions by reason; steps that came late."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from console.report.record import RunRecord
from console.report.tables.table import Table
from controller import ControlMode, Reason
from field_io.journal_columns import DecisionRecord


def mode_spells(record: RunRecord) -> dict[str, list[tuple[float, float, str]]]:
    """By junction: (begin, end, mode) [s]; a junction begins as the cabinet's own until the core says otherwise."""
    spells: dict[str, list[tuple[float, float, str]]] = {
        junction.id: [(record.begin_s, record.end_s, ControlMode.LOCAL.value)] for junction in record.junctions
    }
    for at_s, decision in record.decisions:
        mode = dict(decision.because).get("mode")
        if mode is None or decision.junction not in spells:
            continue
        mine = spells[decision.junction]
        begin_s, _, before = mine[-1]
        if at_s <= begin_s:
            mine[-1] = (begin_s, record.end_s, str(mode))
        else:
            mine[-1] = (begin_s, at_s, before)
            mine.append((at_s, record.end_s, str(mode)))
    return spells


def mode_table(record: RunRecord) -> Table:
    """Seconds and share of the time that each junction was in each mode."""
    rows: list[tuple[object, ...]] = []
    whole_s = record.end_s - record.begin_s
    for junction, spells in mode_spells(record).items():
        total: dict[str, float] = defaultdict(float)
        for begin_s, end_s, mode in spells:
            total[mode] += end_s - begin_s
        rows += [
            (junction, mode.value, total[mode.value], total[mode.value] / whole_s)
            for mode in ControlMode
            if total[mode.value] > 0
        ]
    return Table.of_rows("modes", ("junction", "mode", "seconds", "share"), rows)


MOVE = ("mode", "before", "rung", "rung_before")
"""What a decision says that tells of a move: who decides now and did before, and at which rung of the ladder."""


def moves(record: RunRecord) -> list[tuple[float, DecisionRecord]]:
    """Every move on the ladder, of every junction, in order of time: (when [s], decision)."""
    return [(at_s, told) for at_s, told in record.decisions if {*MOVE} <= {name for name, _ in told.because}]


def move_table(record: RunRecord) -> Table:
    """Every move on the ladder: when [s], who decides now and did before, the rungs, and why."""
    rows = [
        (at_s, told.junction, *(str(dict(told.because)[name]) for name in MOVE), _name(told.reason))
        for at_s, told in moves(record)
    ]
    return Table.of_rows("moves", ("at_s", "junction", *MOVE, "reason"), rows)


def _name(reason: int) -> str:
    """A reason of a newer version keeps its number."""
    return Reason(reason).name.lower() if reason in set(Reason) else str(reason)


def reason_table(record: RunRecord) -> Table:
    """How often each reason decided at each junction."""
    rows: list[tuple[object, ...]] = []
    for row, junction in enumerate(record.junctions):
        _, _, reasons = record.asked(row)
        counts = np.bincount(reasons, minlength=max(Reason) + 1)
        for _, decision in record.decisions:
            if decision.junction == junction.id and decision.reason <= max(Reason):
                counts[decision.reason] += 1
        rows += [(junction.id, reason.name.lower(), int(counts[reason])) for reason in Reason if counts[reason]]
    return Table.of_rows("reasons", ("junction", "reason", "decisions"), rows)


def stage_table(record: RunRecord) -> Table:
    """How often and how long each stage was asked for."""
    rows: list[tuple[object, ...]] = []
    for row, junction in enumerate(record.junctions):
        at_s, numbers, _ = record.asked(row)
        known = numbers <= len(junction.stages)
        lasted_s = np.diff(at_s, append=record.end_s)[known]
        times = np.bincount(numbers[known], minlength=len(junction.stages) + 1)
        spent_s = np.bincount(numbers[known], lasted_s, minlength=len(junction.stages) + 1)
        total_s = float(spent_s.sum()) or 1.0
        rows += [
            (junction.id, stage.id, int(n), float(of_s) / int(n), float(of_s) / total_s)
            for stage, n, of_s in zip(junction.stages, times[1:], spent_s[1:], strict=True)
            if n
        ]
    return Table.of_rows("stages", ("junction", "stage", "times", "mean_s", "share"), rows)


def late_table(record: RunRecord) -> Table:
    """Steps of the controller that took longer than they may: when [s], and how long [s]."""
    return Table.of_rows("late_steps", ("at_s", "took_s"), record.late)
