"""What each junction could do now: from its cabinet's reports, its link, its loops, its plan and its strategy.

Nothing here waits or remembers grudges; that is the ladder's business. Every second the causes of the table below are
looked at; the worst that holds is the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from controller.events import CabinetMode, CabinetReport, LinkChange, Reason, Rung
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout
from controller.supervise.ladder import CENTRAL, Possible

REPORT_STALE_S = 3.0
"""A cabinet whose last report is older than this is not commanded: the basis would be refused anyway (20 scans)."""
REFUSALS_UNTIL_FALL = 3
"""So many commands in a row that the cabinet's echo does not show, and the centre gives the junction up (fault F35)."""
OVERRUNS_UNTIL_FALL = 3
"""So many steps in a row past their deadline, and the strategies that may be the cause are given up."""
PLAN_PATIENCE_S = 5.0
"""A plan that has had no answer for so long (no civil time, no such plan) is no fallback."""

OWN_RUNG = np.array(
    [
        {
            CabinetMode.DARK: Rung.DARK,
            CabinetMode.REMOTE: Rung.PLAN,
            CabinetMode.LOCAL_COORDINATED: Rung.CABINET_PLAN,
            CabinetMode.LOCAL_ISOLATED: Rung.ISOLATED,
            CabinetMode.MANUAL: Rung.CABINET_PLAN,
        }.get(mode, Rung.FLASH)
        for mode in CabinetMode
    ],
    np.int64,
)
"""Rung of a cabinet by its mode; what serves nobody (start-up, all red, flash, fault) stands with flash."""
_COMMANDABLE = np.array(
    [m in {CabinetMode.REMOTE, CabinetMode.LOCAL_COORDINATED, CabinetMode.LOCAL_ISOLATED} for m in CabinetMode]
)
_REASON_OF_MODE = np.array(
    [
        {
            CabinetMode.DARK: Reason.CABINET_DARK,
            CabinetMode.START_UP: Reason.CABINET_START_UP,
            CabinetMode.LOCAL_ISOLATED: Reason.CABINET_ISOLATED,
            CabinetMode.MANUAL: Reason.CABINET_MANUAL,
            CabinetMode.ALL_RED_HOLD: Reason.CABINET_FLASH,
            CabinetMode.FLASH_AMBER: Reason.CABINET_FLASH,
            CabinetMode.FLASH_RED: Reason.CABINET_FLASH,
            CabinetMode.LATCHED_FAULT: Reason.CABINET_FAULT,
        }.get(mode, Reason.CABINET_LOCAL)
        for mode in CabinetMode
    ],
    np.int64,
)


@dataclass(slots=True)
class Health:
    """What was last heard of each junction."""

    link_up: BoolArray  # (J,)
    cabinet_mode: IntArray  # (J,) CabinetMode codes
    latched: BoolArray  # (J,)
    reported_s: FloatArray  # (J,) -inf before the first report [s]
    left_us: BoolArray  # (J,) the cabinet has left remote in its newest report
    refusals: IntArray  # (J,) commands in a row that the cabinet's echo does not show
    overruns: IntArray  # (1,) steps in a row past their deadline
    strategy: IntArray  # (J,) Reason why the strategy heard in the last step is not to be trusted, NONE where it is
    plan_told_s: FloatArray  # (J,) when the fixed plan last had an answer [s]
    stale: BoolArray  # (J,) counts are missing or too old
    called_s: FloatArray  # (J, G) how long somebody has called in a red that was ours [s]
    stepped_s: FloatArray  # (1,) last second that was looked at [s]

    @classmethod
    def start(cls, layout: NetworkLayout, now_s: float) -> Health:
        """Nothing heard."""
        n_j = layout.shape[0]
        return cls(
            link_up=np.ones(n_j, bool),
            cabinet_mode=np.full(n_j, int(CabinetMode.DARK), np.int64),
            latched=np.zeros(n_j, bool),
            reported_s=np.full(n_j, -np.inf),
            left_us=np.zeros(n_j, bool),
            refusals=np.zeros(n_j, np.int64),
            overruns=np.zeros(1, np.int64),
            strategy=np.zeros(n_j, np.int64),
            plan_told_s=np.full(n_j, now_s),
            stale=np.zeros(n_j, bool),
            called_s=np.zeros(layout.shape[:2]),
            stepped_s=np.full(1, now_s),
        )

    @property
    def known(self) -> BoolArray:
        """(J,) cabinets that have ever reported."""
        return np.asarray(np.isfinite(self.reported_s))

    def reachable(self, now_s: float) -> BoolArray:
        """(J,) cabinets that a command would reach and that would take it."""
        young = now_s - self.reported_s <= REPORT_STALE_S
        return np.asarray(self.link_up & young & _COMMANDABLE[self.cabinet_mode] & ~self.latched)

    def forgive_pause(self, now_s: float) -> None:
        """While the core itself stood still nobody was asked: that time counts against no cabinet and no plan (F46)."""
        pause_s = now_s - float(self.stepped_s[0]) - REPORT_STALE_S
        if pause_s > 0:
            self.reported_s = self.reported_s + pause_s
            self.plan_told_s = self.plan_told_s + pause_s
        self.stepped_s[0] = now_s

    def hear_overrun(self, *, overrun: bool) -> None:
        """Whether the last step was past its deadline."""
        self.overruns[0] = self.overruns[0] + 1 if overrun else 0

    def hear_calls(self, waits: BoolArray) -> None:
        """One more second for every group (J, G) that is called, red, and ours to serve."""
        self.called_s = np.where(waits, self.called_s + 1.0, 0.0)

    def judge(self, fault: IntArray, plan_answers: BoolArray, now_s: float) -> None:
        """What came of asking the strategies, for the next second: faults (J,) and whether the plan had an answer."""
        self.strategy = fault
        self.plan_told_s = np.where(plan_answers, now_s, self.plan_told_s)


@dataclass(frozen=True, slots=True)
class Senses:
    """What the measuring step says of each junction's eyes."""

    fresh: BoolArray  # (J,) counts are young enough to act on
    impaired: BoolArray  # (J,) a loop is not trusted
    blind: BoolArray  # (J,) a critical movement has neither a trusted loop nor a neighbour that sees for it
    forgotten: BoolArray  # (J,) somebody has waited so long that only the plan serves him in time


def hear_links(health: Health, changes: Sequence[LinkChange], layout: NetworkLayout) -> None:
    """Links that came or went."""
    for change in changes:
        health.link_up[layout.junction_index[change.junction]] = change.up


def hear_reports(health: Health, reports: Sequence[CabinetReport], layout: NetworkLayout, now_s: float) -> None:
    """Newest word of each cabinet."""
    health.left_us[:] = False
    newest = {layout.junction_index[report.junction]: report for report in reports}
    if not newest:
        return
    rows = np.fromiter(newest, np.int64, len(newest))
    modes = np.fromiter((int(report.mode) for report in newest.values()), np.int64, len(newest))
    refused = np.fromiter((report.accepted is False for report in newest.values()), bool, len(newest))
    remote = int(CabinetMode.REMOTE)
    health.left_us[rows] = (health.cabinet_mode[rows] == remote) & (modes != remote)
    health.refusals[rows] = np.where(refused, health.refusals[rows] + 1, 0)
    health.cabinet_mode[rows] = modes
    health.latched[rows] = np.fromiter((report.latched_faults != 0 for report in newest.values()), bool, len(newest))
    health.reported_s[rows] = now_s


def possible(
    health: Health, senses: Senses, rung: IntArray, lease_s: float, uses_plan: BoolArray, now_s: float
) -> Possible:
    """What is possible at each junction; `rung` (J,) where it stands, `uses_plan` (J,) the plan is its strategy.

    A junction whose link is lost keeps its rung until the lease is over: until then its cabinet does what was asked.
    """
    mode = health.cabinet_mode
    silent_s = np.where(rung > CENTRAL, REPORT_STALE_S, lease_s)
    unreachable = (now_s - health.reported_s > silent_s) | (~health.link_up & (rung > CENTRAL))
    counts = _counts(health, senses)
    needs_plan = uses_plan | (counts != int(Reason.NONE)) | (rung >= CENTRAL)
    planless = needs_plan & (now_s - health.plan_told_s > PLAN_PATIENCE_S)
    cabinet = _first(
        (Reason.CABINET_FAULT, health.latched),
        (_REASON_OF_MODE[mode], ~_COMMANDABLE[mode]),
        (Reason.LINK_DOWN, unreachable),
        (_REASON_OF_MODE[mode], health.left_us),
        (Reason.CABINET_REFUSES, health.refusals >= REFUSALS_UNTIL_FALL),
        (Reason.PLAN_FAILED, planless),
    )
    loops = np.where(senses.impaired, int(Reason.DETECTOR_FAULT), int(Reason.NONE))
    causes = np.stack([loops, counts, cabinet])
    well = causes == int(Reason.NONE)
    return Possible(
        well=well,
        cabinet=OWN_RUNG[mode],
        reason=np.where(~well[2], cabinet, np.where(~well[1], counts, loops)),
        fault=mode != int(CabinetMode.MANUAL),
    )


def _counts(health: Health, senses: Senses) -> IntArray:
    """(J,) why no adaptive strategy may run, NONE where one may."""
    late = np.full(senses.fresh.size, health.overruns[0] >= OVERRUNS_UNTIL_FALL)
    return _first(
        (Reason.STALE_DETECTORS, ~senses.fresh),
        (Reason.BLIND_MOVEMENT, senses.blind),
        (health.strategy, health.strategy != int(Reason.NONE)),
        (Reason.STRATEGY_LATE, late),
        (Reason.MAX_RED, senses.forgotten),
    )


def _first(*causes: tuple[IntArray | Reason, BoolArray]) -> IntArray:
    """(J,) the first of the reasons that holds, NONE where none does."""
    reason = np.zeros(causes[0][1].size, np.int64)
    for code, holds in reversed(causes):
        reason = np.where(holds, code, reason)
    return reason
