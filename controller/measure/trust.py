"""Which loops may be believed: seven rules, every loop at once, and none that a queue or a quiet night would break.

    SILENT       its junction is heard, it has not been for the staleness limit
    STUCK_ON     occupied without end for 5 min at a stop line, 3 min upstream (NTCIP 1202 max presence; IRIS 2 min)
                 through at least 15 s of its own green, while the next loop of its lane counted 3 vehicles or more: a
                 queue that waits for green, or that cannot move, is no fault; without that loop's word after 15 min
    STUCK_OFF    untouched while the next loop of its lane counted 40 vehicles in 5 min or more; or while its own recent
                 rate promised 15 in 3 min or more, unless that next loop saw nobody either; or 7.5 in 15 min, or 3 in
                 2 h (NTCIP 1202 no activity; 15 min by day, 120 min by night)
    CHATTER      more than 37 vehicles in 30 s (IRIS)
    FROZEN       the same count and the same occupancy, not zero and not full, in 20 bins of 5 s in a row
    MISCOUNTED   its counts and those of the cabinet differ over some minutes by more than 8 and 30 %
    IMPLAUSIBLE  stop lines and advance loops of its approach stand in another ratio than at this hour by a factor of 3,
                 and of the two it is this side that is unlike itself, by a factor of 2

Evidence counts until it has been absent for a while (5 min; silence 1 min).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from controller.events import CabinetReport
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout
from controller.measure.history import RECENT_S, HistoryMemory, Usual
from controller.measure.loops import LoopSecond
from controller.measure.peers import ADVANCE, BUTTON, COUNTED, EXIT, STOP_LINE, LoopPeers
from controller.state import LoopFault, SignalState

OCCUPIED = 0.99
STUCK_ON_S = {STOP_LINE: 300.0, BUTTON: 600.0, EXIT: 900.0}
STUCK_ON_UPSTREAM_S, STUCK_ON_ALONE_S = 180.0, 900.0
STUCK_ON_GREEN_S, STUCK_ON_PARTNER_VEH = 15.0, 3.0
STALLED_S = 10.0
"""Somebody has stood on the loop for so long of its own green without a new vehicle: it does not discharge."""
PARTNER_VEH, PARTNER_S = 40.0, 300.0
MISSED = ((15.0, 180.0), (7.5, 900.0), (3.0, 7200.0))
"""Vehicles that the recent rate promised, and how long the loop has been untouched at least."""
CORROBORATED_VEH = 5.0
"""So many vehicles on the lane's other loop mean that there is traffic."""
CHATTER_VEH, CHATTER_BIN_S = 37.0, 30
FROZEN_BIN_S, FROZEN_BINS = 5, 20
COUNTS_MEMORY_S = 300.0
COUNTS_OFF_VEH, COUNTS_OFF_RATIO = 8.0, 0.3
RATIO, RATIO_VEH, OWN_RATIO = 3.0, 30.0, 2.0
CLEAR_S = np.array([0.0, 60.0, 300.0, 300.0, 300.0, 300.0, 300.0, 300.0])
"""By LoopFault: evidence must have been absent for so long (junction of the ladder: all healthy 5 min)."""
INVENTS = np.array([LoopFault.STUCK_ON, LoopFault.CHATTER, LoopFault.FROZEN, LoopFault.MISCOUNTED])
"""Faults in which what a loop says is no count of anything."""
TRUST_LEFT = np.array([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.3], np.float32)
"""By LoopFault: what trust is left; where others contradict it, it might still be they who are wrong."""


@dataclass(slots=True)
class TrustMemory:
    """What is remembered of every loop."""

    seen_s: FloatArray  # (F, L) when evidence of the fault was last seen, -inf never [s]
    told_s: FloatArray  # (L,) last told of [s]
    present_s: FloatArray  # (L,) occupied without end for so long
    present_green_s: FloatArray  # (L,) of that, in its own green
    present_partner_veh: FloatArray  # (L,) vehicles on the lane's other loop meanwhile
    stalled_s: FloatArray  # (L,) in its own green, occupied and nobody new
    idle_s: FloatArray  # (L,) untouched for so long
    promised_veh_s: FloatArray  # (L,) recent rate when it was last touched
    partner_veh: FloatArray  # (L,) vehicles on the lane's other loop since then
    short_bin: FloatArray  # (2, L) count and occupied seconds of the running 5 s
    last_bin: FloatArray  # (2, L) of the 5 s before
    same_bins: IntArray  # (L,) bins in a row that were the same
    long_bin_veh: FloatArray  # (L,) count of the running 30 s
    ticks: IntArray  # (1,) seconds
    untold: BoolArray  # (L,) the loop was silent in a second since the cabinet's last report
    pending_veh: FloatArray  # (L,) counts told since the cabinet's last report
    ours_veh: FloatArray  # (L,) counts told until that report, fading
    cabinet_veh: FloatArray  # (L,) counts of the cabinet until then, fading
    register: IntArray  # (J, 16) cumulative counts in the last report, -1 before the first
    uptime_ms: IntArray  # (J,) of that report

    @classmethod
    def empty(cls, layout: NetworkLayout, now_s: float) -> TrustMemory:
        """Everybody is believed."""
        n_loops, n_j = layout.loop_junction.size, layout.shape[0]
        zeros = [np.zeros(n_loops) for _ in range(11)]
        return cls(
            seen_s=np.full((len(LoopFault), n_loops), -np.inf),
            told_s=np.full(n_loops, now_s),
            present_s=zeros[0],
            present_green_s=zeros[1],
            present_partner_veh=zeros[9],
            stalled_s=zeros[2],
            idle_s=zeros[3],
            promised_veh_s=zeros[4],
            partner_veh=zeros[5],
            short_bin=np.zeros((2, n_loops)),
            last_bin=np.full((2, n_loops), -1.0),
            same_bins=np.zeros(n_loops, np.int64),
            long_bin_veh=zeros[6],
            ticks=np.zeros(1, np.int64),
            untold=np.zeros(n_loops, bool),
            pending_veh=zeros[10],
            ours_veh=zeros[7],
            cabinet_veh=zeros[8],
            register=np.full((n_j, COUNTED), -1, np.int64),
            uptime_ms=np.zeros(n_j, np.int64),
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is thought of each loop."""

    fault: IntArray  # (L,) LoopFault
    trust: npt.NDArray[np.float32]  # (L,)
    stalled: BoolArray  # (L,)
    counts: BoolArray  # (L,) what it says is a count of something: evidence of how much passes, here or beside it


def judge_loops(
    memory: TrustMemory,
    loops: LoopSecond,
    signals: SignalState,
    reports: Sequence[CabinetReport],
    history: HistoryMemory,
    usual: Usual,
    layout: NetworkLayout,
    peers: LoopPeers,
    now_s: float,
    stale_s: float,
) -> Verdict:
    """One second of evidence, and what it comes to."""
    counted = np.where(_counts(memory.seen_s, now_s), loops.count, 0.0)
    _time_presence(memory, loops, counted, signals, history, layout, peers)
    _count_cabinets(memory, loops, reports, layout, peers)
    memory.told_s = np.where(loops.told, now_s, memory.told_s)
    heard = loops.fresh[layout.loop_junction]
    evidence = np.zeros(memory.seen_s.shape, bool)
    evidence[LoopFault.SILENT] = heard & (now_s - memory.told_s > stale_s)
    evidence[LoopFault.STUCK_ON] = _stuck_on(memory, layout, peers)
    evidence[LoopFault.STUCK_OFF] = _stuck_off(memory, peers)
    evidence[LoopFault.CHATTER], evidence[LoopFault.FROZEN] = _bins(memory, loops)
    evidence[LoopFault.MISCOUNTED] = _settle_counts(memory, now_s)
    evidence[LoopFault.IMPLAUSIBLE] = _implausible(history, usual, layout, peers)
    evidence[LoopFault.STUCK_OFF :, layout.loop_role == BUTTON] = False
    memory.seen_s = np.where(evidence, now_s, memory.seen_s)
    suspected = now_s - memory.seen_s <= CLEAR_S[:, None]
    suspected[LoopFault.NONE] = False
    fault = suspected.argmax(axis=0)
    left = np.where(suspected, TRUST_LEFT[:, None], np.float32(1.0)).min(axis=0)
    return Verdict(fault, left, memory.stalled_s >= STALLED_S, _counts(memory.seen_s, now_s))


def _counts(seen_s: FloatArray, now_s: float) -> BoolArray:
    """(L,) nobody suspects the loop of counting what is not there: inventions are evidence of nothing."""
    return np.asarray((now_s - seen_s[INVENTS] > CLEAR_S[INVENTS, None]).all(axis=0))


def _time_presence(
    memory: TrustMemory,
    loops: LoopSecond,
    counted: FloatArray,
    signals: SignalState,
    history: HistoryMemory,
    layout: NetworkLayout,
    peers: LoopPeers,
) -> None:
    """`counted` (L,): vehicles, of those loops whose counts are some."""
    told, touched = loops.told, loops.touched
    on = told & (loops.occupied >= OCCUPIED)
    green = (layout.loop_groups & signals.green[layout.loop_junction]).any(axis=1)
    memory.present_s = np.where(on, memory.present_s + 1.0, np.where(told, 0.0, memory.present_s))
    memory.present_green_s = np.where(memory.present_s > 0, memory.present_green_s + (on & green), 0.0)
    memory.stalled_s = np.where(on & green & (loops.count == 0), memory.stalled_s + 1.0, 0.0)
    memory.idle_s = np.where(touched, 0.0, memory.idle_s + told)
    sure = history.recent_s / RECENT_S  # after minutes a mean promises little
    memory.promised_veh_s = np.where(touched, sure * history.recent_veh_s, memory.promised_veh_s)
    passed = np.where(peers.partner >= 0, counted[peers.partner], 0.0)
    memory.present_partner_veh = np.where(memory.present_s > 0, memory.present_partner_veh + passed, 0.0)
    memory.partner_veh = np.where(touched, 0.0, memory.partner_veh + passed)


def _stuck_on(memory: TrustMemory, layout: NetworkLayout, peers: LoopPeers) -> BoolArray:
    limit_s = np.full(memory.present_s.size, STUCK_ON_UPSTREAM_S)
    for role, seconds in STUCK_ON_S.items():
        limit_s[layout.loop_role == role] = seconds
    no_green = ~layout.loop_groups.any(axis=1) | (layout.loop_role == BUTTON) | (layout.loop_role == EXIT)
    through_green = (memory.present_green_s >= STUCK_ON_GREEN_S) | no_green
    others_move = (peers.partner < 0) | (memory.present_partner_veh >= STUCK_ON_PARTNER_VEH)
    too_long = (memory.present_s >= limit_s) & others_move | (memory.present_s >= STUCK_ON_ALONE_S)
    return np.asarray(too_long & through_green)


def _stuck_off(memory: TrustMemory, peers: LoopPeers) -> BoolArray:
    by_partner = (memory.partner_veh >= PARTNER_VEH) & (memory.idle_s >= PARTNER_S)
    missed = memory.promised_veh_s * memory.idle_s
    (soon, soon_s), *slow = MISSED
    alone = peers.partner < 0
    by_rate = (missed >= soon) & (memory.idle_s >= soon_s) & (alone | (memory.partner_veh >= CORROBORATED_VEH))
    for veh, seconds in slow:
        by_rate |= (missed >= veh) & (memory.idle_s >= seconds)
    return np.asarray(by_partner | by_rate)


def _bins(memory: TrustMemory, loops: LoopSecond) -> tuple[BoolArray, BoolArray]:
    """(L,) chatter and (L,) frozen, each judged at the end of its bin."""
    chatter = frozen = np.zeros(loops.count.size, bool)
    memory.ticks += 1
    memory.long_bin_veh += loops.count
    memory.short_bin += np.stack([loops.count, loops.occupied])
    if memory.ticks[0] % CHATTER_BIN_S == 0:
        chatter = memory.long_bin_veh > CHATTER_VEH
        memory.long_bin_veh = np.zeros_like(memory.long_bin_veh)
    if memory.ticks[0] % FROZEN_BIN_S == 0:
        count, seconds = memory.short_bin
        says = (count > 0) | ((seconds > 0) & (seconds < OCCUPIED * FROZEN_BIN_S))
        same = says & (np.abs(memory.short_bin - memory.last_bin) < 1e-6).all(axis=0)
        memory.same_bins = np.where(same, memory.same_bins + 1, 0)
        memory.last_bin, memory.short_bin = memory.short_bin, np.zeros_like(memory.short_bin)
        frozen = memory.same_bins >= FROZEN_BINS - 1
    return chatter, frozen


def _count_cabinets(
    memory: TrustMemory, loops: LoopSecond, reports: Sequence[CabinetReport], layout: NetworkLayout, peers: LoopPeers
) -> None:
    """What the cabinets' registers grew by, beside what was told; after a restart they only begin anew."""
    fade = 1.0 - 1.0 / COUNTS_MEMORY_S
    memory.ours_veh *= fade
    memory.cabinet_veh *= fade
    newest = {layout.junction_index[report.junction]: report for report in reports if report.counts}
    if newest:
        _compare(memory, newest, peers)
    memory.pending_veh += loops.count
    memory.untold |= ~loops.told


def _compare(memory: TrustMemory, newest: dict[int, CabinetReport], peers: LoopPeers) -> None:
    """Reports speak of the time until the last step: what was told since is not yet pending."""
    rows = np.fromiter(newest, np.int64, len(newest))
    shown = np.full((rows.size, COUNTED), -1, np.int64)
    for place, report in enumerate(newest.values()):
        counts = report.counts[:COUNTED]
        shown[place, : len(counts)] = counts
    uptime_ms = np.fromiter((report.uptime_ms for report in newest.values()), np.int64, len(newest))
    columns, before = peers.wired[rows], memory.register[rows]
    running = (uptime_ms >= memory.uptime_ms[rows])[:, None]
    use = running & (before >= 0) & (shown >= 0) & (columns >= 0) & ~memory.untold[columns]
    memory.cabinet_veh[columns[use]] += ((shown - before) & 0xFFFF)[use]
    memory.ours_veh[columns[use]] += memory.pending_veh[columns[use]]
    seen = columns[columns >= 0]
    memory.pending_veh[seen], memory.untold[seen] = 0.0, False
    memory.register[rows], memory.uptime_ms[rows] = shown, uptime_ms


def _settle_counts(memory: TrustMemory, now_s: float) -> BoolArray:
    """(L,) whose counts and those of the cabinet differ; there both sums begin anew.

    So no difference outlives its cause: a loop that chattered for long had to fade for half an hour. Whoever is
    suspected already is found again by half of the difference; who differs enough to be found once then is so within
    `CLEAR_S`.
    """
    most = np.maximum(memory.ours_veh, memory.cabinet_veh)
    limit_veh = COUNTS_OFF_VEH + COUNTS_OFF_RATIO * most
    suspected = now_s - memory.seen_s[LoopFault.MISCOUNTED] <= CLEAR_S[LoopFault.MISCOUNTED]
    off_veh = np.abs(memory.ours_veh - memory.cabinet_veh)
    differs = off_veh > np.where(suspected, 0.5, 1.0) * limit_veh
    memory.ours_veh = np.where(differs, 0.0, memory.ours_veh)
    memory.cabinet_veh = np.where(differs, 0.0, memory.cabinet_veh)
    return np.asarray(differs)


def _implausible(history: HistoryMemory, usual: Usual, layout: NetworkLayout, peers: LoopPeers) -> BoolArray:
    """Approaches where stop lines and advance loops have come apart, and there the side that is unlike itself."""
    sides = [layout.loop_role == STOP_LINE, layout.loop_role == ADVANCE]
    least_veh_s = 1.0 / RECENT_S

    def sums(veh_s: FloatArray) -> list[FloatArray]:
        n = peers.n_approaches + 1
        return [np.asarray(np.bincount(peers.approach, side * veh_s, n) + least_veh_s, np.float64) for side in sides]

    now, before = sums(history.recent_veh_s), sums(usual.veh_s)
    known = usual.known & (history.recent_s >= RECENT_S)
    unknown = np.bincount(peers.approach, (sides[0] | sides[1]) & ~known, peers.n_approaches + 1) > 0
    change = [np.log(a / b) for a, b in zip(now, before, strict=True)]
    apart = np.abs(change[0] - change[1]) > np.log(RATIO)
    missing_veh = np.abs(now[0] - now[1] * before[0] / before[1]) * RECENT_S
    found = apart & (missing_veh >= RATIO_VEH) & ~unknown
    found[-1] = False  # loops of no approach
    stop_is_odd = np.abs(change[0]) > np.abs(change[1])
    suspect = np.where(sides[0], stop_is_odd[peers.approach], ~stop_is_odd[peers.approach]) & (sides[0] | sides[1])
    own = np.abs(np.log((history.recent_veh_s + least_veh_s) / (usual.veh_s + least_veh_s))) > np.log(OWN_RATIO)
    return np.asarray(found[peers.approach] & suspect & own)
