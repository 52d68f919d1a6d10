"""The ladder: at which rung each junction stands; down at once, up one rung at a time and never too soon.

Down, a junction follows what is possible in the same second: the right to decide moves at once, and the lamps follow at
the next safe point, because whatever is asked for next waits in the sequence for the minimum greens and in the cabinet
for the intergreens. A cabinet that flashes or goes dark has done so before anybody hears of it.

Up, everything that the next rung needs must have been well for a while. A junction that falls again soon after it
climbed must wait twice as long, each time (hold-off of portable signals after TOPAS 2502: from 5 s to 30 min). The
rungs below the centre's are the cabinet's own: what it reports is followed, again one rung at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.events import Reason, Rung
from controller.layout import BoolArray, FloatArray, IntArray

CENTRAL = int(Rung.PLAN)
"""The worst rung at which the centre commands."""
WELL_S = np.array([300.0, 60.0, 60.0])
"""How long what a rung needs must have been well: all loops 5 min; counts and strategy 60 s; link and cabinet 60 s."""
DWELL_S = 5.0
"""Least time between two moves of which the second goes up (first hold-off of TOPAS 2502)."""
LONGEST_S = 1800.0
"""No hold-off is longer (last hold-off of TOPAS 2502)."""
CALM_S = 600.0
"""Who falls later than this after climbing, and later than twice the hold-off, did not flap."""
MOST_FLAPS = 9
"""Doublings that are counted: from 5 s to more than `LONGEST_S`."""


@dataclass(frozen=True, slots=True)
class Possible:
    """What each junction could do in this second."""

    well: BoolArray  # (3, J) what rung 0, 1 and 2 need beyond the rung below: all loops; counts and strategy; cabinet
    cabinet: IntArray  # (J,) rung of the cabinet's own, where the centre does not command
    reason: IntArray  # (J,) why nothing better is possible, NONE at the top
    fault: BoolArray  # (J,) falling now is the junction's fault; a person's hand on the cabinet is none

    @property
    def rung(self) -> IntArray:
        """(J,) the best rung."""
        central, counts, loops = self.well[2], self.well[1], self.well[0]
        adaptive = np.where(loops, int(Rung.ADAPTIVE), int(Rung.SUBSTITUTES))
        return np.where(central, np.where(counts, adaptive, CENTRAL), np.maximum(CENTRAL + 1, self.cabinet))


@dataclass(slots=True)
class Ladder:
    """Where each junction stands, and what it must wait for."""

    rung: IntArray  # (J,) Rung
    reason: IntArray  # (J,) Reason of the last move
    kept_by: IntArray  # (J,) Reason that last kept it from a better rung
    moved_s: FloatArray  # (J,) last move [s]
    climbed_s: FloatArray  # (J,) last move up, -inf before the first [s]
    flaps: IntArray  # (J,) falls in a row that came soon after a climb
    well_since_s: FloatArray  # (3, J) as `Possible.well`, since when; +inf while not [s]
    entered: BoolArray  # (J,) has had its first rung

    @classmethod
    def start(cls, junctions: int, now_s: float) -> Ladder:
        """Dark until heard of."""
        return cls(
            rung=np.full(junctions, int(Rung.DARK), np.int64),
            reason=np.zeros(junctions, np.int64),
            kept_by=np.zeros(junctions, np.int64),
            moved_s=np.full(junctions, now_s),
            climbed_s=np.full(junctions, -np.inf),
            flaps=np.zeros(junctions, np.int64),
            well_since_s=np.full((WELL_S.size, junctions), np.inf),
            entered=np.zeros(junctions, bool),
        )

    def hold_off_s(self, base_s: float | FloatArray) -> FloatArray:
        """(J,), or (K, J) of `base_s` (K, 1): a waiting time of `base_s`, doubled for every flap [s]."""
        return np.asarray(np.minimum(LONGEST_S, base_s * np.exp2(self.flaps)))


def move(ladder: Ladder, possible: Possible, known: BoolArray, now_s: float) -> BoolArray:
    """One second on the ladder; (J,) who moved. `known` (J,) are junctions whose cabinet has ever been heard.

    The first rung is what is possible then: to meet a junction is no recovery.
    """
    ladder.well_since_s = np.where(possible.well, np.minimum(ladder.well_since_s, now_s), np.inf)
    best = possible.rung
    first = known & ~ladder.entered
    fall = ladder.entered & (best > ladder.rung)
    rise = ladder.entered & (best < ladder.rung) & _may_rise(ladder, possible, now_s)
    down = first | fall
    _count_flaps(ladder, fall & possible.fault, now_s)
    rung = np.where(down, best, ladder.rung - rise)
    met = np.where(possible.reason == int(Reason.NONE), int(Reason.CABINET_REMOTE), possible.reason)
    up = _why_up(ladder, possible)
    ladder.reason = np.where(down, np.where(first, met, possible.reason), np.where(rise, up, ladder.reason))
    ladder.kept_by = np.where(best >= rung, possible.reason, np.where(rise, int(Reason.NONE), ladder.kept_by))
    ladder.rung = rung
    ladder.moved_s = np.where(down | rise, now_s, ladder.moved_s)
    ladder.climbed_s = np.where(rise, now_s, ladder.climbed_s)
    ladder.entered = ladder.entered | first
    return down | rise


def _count_flaps(ladder: Ladder, fall: BoolArray, now_s: float) -> None:
    """A fall soon after a climb doubles the hold-off; one after a calm while begins anew."""
    calm_s = np.maximum(CALM_S, 2.0 * ladder.hold_off_s(float(WELL_S[CENTRAL])))
    soon = now_s - ladder.climbed_s <= calm_s
    flaps = np.where(soon, np.minimum(MOST_FLAPS, ladder.flaps + 1), 0)
    ladder.flaps = np.where(fall, flaps, ladder.flaps)


def _may_rise(ladder: Ladder, possible: Possible, now_s: float) -> BoolArray:
    """(J,) the next better rung may be taken: after the hold-off, or because the cabinet itself is there already."""
    target = ladder.rung - 1
    wait_s = ladder.hold_off_s(WELL_S[:, None])
    needed = np.arange(WELL_S.size)[:, None] >= np.minimum(target, CENTRAL)
    well = (~needed | (now_s - ladder.well_since_s >= wait_s)).all(axis=0)
    rested = now_s - ladder.moved_s >= ladder.hold_off_s(DWELL_S)
    there = (target > CENTRAL) & (possible.cabinet <= target)
    return np.asarray(there | (well & rested))


def _why_up(ladder: Ladder, possible: Possible) -> IntArray:
    """(J,) why a junction climbs: what had kept it down is over."""
    of_cabinet = np.where(possible.reason == int(Reason.NONE), int(Reason.CABINET_LOCAL), possible.reason)
    back = np.where(ladder.rung == CENTRAL + 1, int(Reason.CABINET_REMOTE), _OVER[ladder.kept_by])
    return np.where(ladder.rung > CENTRAL + 1, of_cabinet, back)


_OVER = np.full(max(Reason) + 1, int(Reason.CLIMBED), np.int64)
"""Why a junction climbs, by what had kept it down."""
_OVER[[Reason.STALE_DETECTORS, Reason.BLIND_MOVEMENT, Reason.DETECTOR_FAULT]] = int(Reason.DETECTORS_BACK)
_OVER[[Reason.STRATEGY_FAILED, Reason.STRATEGY_LATE, Reason.STRATEGY_NONSENSE]] = int(Reason.STRATEGY_BACK)
