"""What shows in the street, from the cabinets' reports; and how long it has shown."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np

from controller.events import CabinetReport
from controller.layout import FloatArray, IntArray, NetworkLayout
from controller.model import Aspect
from controller.state import SignalState


def observe_signals(state: SignalState, reports: Sequence[CabinetReport], layout: NetworkLayout, seen_s: float) -> None:
    """Take the newest report of each junction into `state`.

    `seen_s` is the time the reports speak of: the last step, after which they were read. An aspect counts from the
    first report that shows it, so an age is never too long, and a minimum judged by it never too short.
    """
    newest = {layout.junction_index[report.junction]: report for report in reports}
    if not newest:
        return
    rows = np.fromiter(newest, np.int64, len(newest))
    exists = layout.group_exists[rows]
    shown = np.full(exists.shape, int(Aspect.UNKNOWN), np.int64)
    shown[exists] = np.fromiter(chain.from_iterable(r.aspects for r in newest.values()), np.int64)
    before = state.aspect[rows]
    changed = shown != before
    first = np.isneginf(state.seen_s[rows])
    ended = changed & (before == int(Aspect.GREEN))
    state.since_s[rows] = np.where(changed, seen_s, state.since_s[rows])
    state.since_s[rows] -= np.where(first[:, None], _minimum_run_s(newest, rows, layout), 0.0)
    state.red_since_s[rows] = np.where(ended, seen_s, state.red_since_s[rows])
    state.aspect[rows] = shown
    state.active_stage[rows] = [report.active_stage for report in newest.values()]
    state.seen_s[rows] = seen_s


def _minimum_run_s(newest: dict[int, CabinetReport], rows: IntArray, layout: NetworkLayout) -> FloatArray:
    """(n, G) what a cabinet met in mid green says of the minimums: so much of each has run already [s]."""
    left_s = np.array([report.min_green_left_s for report in newest.values()])
    run_s: FloatArray = np.maximum(0.0, layout.min_green_s[rows] - left_s[:, None])
    return run_s
