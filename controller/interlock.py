"""Fifth step: the last word. Knows groups, conflicts and minimums; knows no strategy.

A request becomes a `PermittedCommand` only if every rule below lets it pass; nothing else makes one. A refusal is
recorded, alarmed and costs the request, never the lamps: the junction keeps the stage permitted before. The cabinet
checks all of it again with data of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from controller.events import Alarm, CabinetMode, CabinetReport, CommandKind, PermittedCommand, Reason
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout
from controller.model import Aspect, StrategyParameters
from controller.state import StageRequest

ANY_STAGE = 0xFFFF
"""TSC-MB/1.0, HR 14: no expectation; only with renew, release and flash."""
_RIGHT_OF_WAY = np.zeros(max(Aspect) + 1, bool)
_RIGHT_OF_WAY[[Aspect.GREEN, Aspect.AMBER, Aspect.RED_AMBER, Aspect.FLASHING_GREEN]] = True
"""By code: aspects that two conflicting groups must never show together (S1)."""
_WORKING = np.zeros(max(CabinetMode) + 1, bool)
_WORKING[[CabinetMode.REMOTE, CabinetMode.LOCAL_COORDINATED, CabinetMode.LOCAL_ISOLATED, CabinetMode.MANUAL]] = True
"""By code: modes in which a cabinet serves traffic stage by stage."""
_MODE_OF = {int(mode): mode for mode in CabinetMode}
_REASON_OF = {int(reason): reason for reason in Reason}


@dataclass(slots=True)
class InterlockMemory:
    """What the interlock itself has seen and said; shared with no other step."""

    green: BoolArray  # (J, G) shown green in the last report
    green_since_s: FloatArray  # (J, G) first report of it [s]
    moving: BoolArray  # (J, G) shown with right of way or closing
    active: IntArray  # (J,) active stage of the last report
    mode: IntArray  # (J,) CabinetMode codes
    met: BoolArray  # (J,) has reported before
    permitted: IntArray  # (J,) last stage permitted, 0 where none
    confirmed: BoolArray  # (J,) the last report had the echo of a block of ours
    heads_for: IntArray  # (J,) stage that shows or comes next by the last report, 0 for none
    refused: IntArray  # (J,) Reason of a standing refusal, 0 where none
    together: BoolArray  # (J,) the last report showed conflicting groups with right of way

    @classmethod
    def start(cls, layout: NetworkLayout, now_s: float) -> InterlockMemory:
        """Nothing seen: every group may have turned green just now."""
        n_j, n_g, _ = layout.shape
        return cls(
            green=np.ones((n_j, n_g), bool),
            green_since_s=np.full((n_j, n_g), now_s),
            moving=np.ones((n_j, n_g), bool),
            active=np.zeros(n_j, np.int64),
            mode=np.full(n_j, int(CabinetMode.DARK), np.int64),
            met=np.zeros(n_j, bool),
            permitted=np.zeros(n_j, np.int64),
            confirmed=np.zeros(n_j, bool),
            heads_for=np.zeros(n_j, np.int64),
            refused=np.zeros(n_j, np.int64),
            together=np.zeros(n_j, bool),
        )


@dataclass(frozen=True, slots=True)
class Case:
    """What the rules look at: the request and what shows."""

    stage: IntArray  # (J,)
    target: BoolArray  # (J, G) groups that the stage wants green
    memory: InterlockMemory
    now_s: float


def unknown_stage(case: Case, layout: NetworkLayout) -> BoolArray:
    """(J,) the stage is not in the junction's table (result code 23)."""
    return (case.stage < 0) | (case.stage > layout.n_stages)


def conflicting_greens(case: Case, layout: NetworkLayout) -> BoolArray:
    """(J,) two groups of the stage may not be green together (S1; RiLSA, MUTCD 4D)."""
    pairs = case.target[:, :, None] & case.target[:, None, :] & layout.conflict
    return np.asarray(pairs.any(axis=(1, 2)))


def short_minimum(case: Case, layout: NetworkLayout) -> BoolArray:
    """(J,) a green would end before its minimum, walk of pedestrians included (S3; V5, V6)."""
    ending = case.memory.green & ~case.target & layout.group_exists
    young = case.now_s - case.memory.green_since_s < layout.min_green_s
    return np.asarray((ending & young).any(axis=1))


def missing_intergreen(case: Case, layout: NetworkLayout) -> BoolArray:
    """(J,) a group would start against one whose closing the intergreen does not cover (S2).

    Intergreen >= amber or clearance of the ending group + red-amber of the starting one, or there is none at all.
    """
    starting = case.target & ~case.memory.green
    ending = case.memory.moving & ~case.target & layout.group_exists
    needed_s = layout.closing_s[:, :, None] + layout.red_amber_s[:, None, :]
    short = layout.conflict & (layout.intergreen_s < needed_s)
    return np.asarray((ending[:, :, None] & starting[:, None, :] & short).any(axis=(1, 2)))


RULES: tuple[tuple[Reason, Callable[[Case, NetworkLayout], BoolArray]], ...] = (
    (Reason.INTERLOCK_UNKNOWN_STAGE, unknown_stage),
    (Reason.INTERLOCK_CONFLICT, conflicting_greens),
    (Reason.INTERLOCK_MINIMUM, short_minimum),
    (Reason.INTERLOCK_INTERGREEN, missing_intergreen),
)
"""Asked in this order; the first that objects gives the reason."""


def hear(
    memory: InterlockMemory, reports: Sequence[CabinetReport], layout: NetworkLayout, seen_s: float
) -> list[Alarm]:
    """Take the newest report of each cabinet; alarm once where one begins to show what none may show (fault F43)."""
    newest = {layout.junction_index[report.junction]: report for report in reports}
    if not newest:
        return []
    said, n = newest.values(), len(newest)
    rows = np.fromiter(newest, np.int64, n)
    shown = np.full((n, layout.shape[1]), int(Aspect.RED), np.int64)
    shown[layout.group_exists[rows]] = np.fromiter(chain.from_iterable(report.aspects for report in said), np.int64)
    green = shown == int(Aspect.GREEN)
    left_s = np.fromiter((report.min_green_left_s for report in said), float, n)[:, None]
    run_s = np.maximum(0.0, layout.min_green_s[rows] - left_s)  # met in mid green: the cabinet says what has run
    since_s = np.where(green & ~memory.green[rows], seen_s, memory.green_since_s[rows])
    memory.green_since_s[rows] = np.where(memory.met[rows][:, None], since_s, seen_s - run_s)
    memory.met[rows] = True
    memory.green[rows] = green
    memory.moving[rows] = _RIGHT_OF_WAY[shown]
    memory.active[rows] = np.fromiter((report.active_stage for report in said), np.int64, n)
    memory.mode[rows] = np.fromiter((int(report.mode) for report in said), np.int64, n)
    memory.confirmed[rows] = np.fromiter((report.accepted is True for report in said), bool, n)
    memory.heads_for[rows] = np.fromiter((report.next_stage or report.active_stage for report in said), np.int64, n)
    working = _WORKING[memory.mode[rows]]  # a start-up or a flash shows amber to all by intention
    moving = memory.moving[rows] & working[:, None]
    pairs = moving[:, :, None] & moving[:, None, :] & layout.conflict[rows]
    together = pairs.any(axis=(1, 2))
    news = rows[together != memory.together[rows]]
    memory.together[rows] = together
    return [
        Alarm(
            layout.junctions[row].id,
            Reason.INTERLOCK_CONFLICT,
            cleared=not memory.together[row],
            because=(("seen", "cabinet"),),
        )
        for row in news
    ]


def permit(
    memory: InterlockMemory,
    request: StageRequest,
    commanded: BoolArray,
    layout: NetworkLayout,
    parameters: StrategyParameters,
    now_s: float,
) -> tuple[tuple[PermittedCommand, ...], list[Alarm]]:
    """The commands of this second, one for each commanded junction that has a stage to ask for.

    And what was refused.
    """
    rows = np.arange(request.stage.size)
    known = np.clip(request.stage - 1, 0, max(0, layout.shape[2] - 1))
    target = layout.stage_green[rows, known] & (request.stage > 0)[:, None]
    case = Case(request.stage, target, memory, now_s)
    objection = np.zeros(request.stage.size, np.int64)
    for code, rule in RULES:
        objection = np.where((objection == 0) & rule(case, layout), int(code), objection)
    asked = commanded & (request.stage != 0)
    changing = asked & (request.stage != memory.permitted)
    refused = np.where(changing, objection, 0)
    alarms = _refusals(memory, refused, request.stage, layout)
    stage = np.where(asked & (refused == 0), request.stage, np.where(commanded, memory.permitted, 0))
    # An echo may be that of an older block, whose answer was lost: what the cabinet does must agree with it.
    fresh = (stage != memory.permitted) | ~memory.confirmed | (stage != memory.heads_for)
    memory.permitted = stage
    reason = np.where(refused > 0, refused, request.reason)
    return _commands(stage, fresh, reason, memory, layout, parameters, now_s), alarms


def _refusals(memory: InterlockMemory, refused: IntArray, stage: IntArray, layout: NetworkLayout) -> list[Alarm]:
    """Told once when a refusal begins and once when it ends."""
    told = np.flatnonzero(refused != memory.refused)
    alarms = [
        Alarm(
            layout.junctions[row].id,
            Reason(int(refused[row] or memory.refused[row])),
            cleared=bool(refused[row] == 0),
            because=(("stage", int(stage[row])),),
        )
        for row in told
    ]
    memory.refused = refused
    return alarms


def _commands(
    stage: IntArray,
    fresh: BoolArray,
    reason: IntArray,
    memory: InterlockMemory,
    layout: NetworkLayout,
    parameters: StrategyParameters,
    now_s: float,
) -> tuple[PermittedCommand, ...]:
    """Ask again until the cabinet has echoed it and goes there; then only renew the lease."""
    rows = np.flatnonzero(stage > 0)
    lit = layout.stage_green[rows, stage[rows] - 1]
    least_s = np.where(lit, layout.min_green_s[rows], 0.0).max(axis=1, initial=0.0).tolist()
    most_s = np.where(lit, layout.max_green_s[rows], 0.0).max(axis=1, initial=0.0).tolist()
    remote = memory.mode[rows] == int(CabinetMode.REMOTE)
    ask = (fresh[rows] | ~remote).tolist()
    values = zip(
        rows.tolist(),
        stage[rows].tolist(),
        ask,
        reason[rows].tolist(),
        memory.active[rows].tolist(),
        memory.mode[rows].tolist(),
        least_s,
        most_s,
        strict=True,
    )
    return tuple(
        PermittedCommand(
            junction=layout.junctions[row].id,
            kind=CommandKind.REQUEST_STAGE if new else CommandKind.RENEW,
            stage=number,
            expected_stage=active if new else ANY_STAGE,
            expected_mode=_MODE_OF[mode],
            min_green_s=least,
            max_green_s=most,
            lease_s=parameters.lease_s,
            reason=_REASON_OF[why],
            issued_s=now_s,
            valid_until_s=now_s + 1.0,
        )
        for row, number, new, why, active, mode, least, most in values
    )
