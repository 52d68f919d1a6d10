"""Who is heard at each junction: the rung it stands on, and the hands that outrank the ladder.

A hand on the cabinet (police, a technician) outranks every rung but flash and dark; an operator's hold outranks the
centre's rungs. Every move is told once, with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from controller.events import (
    Alarm,
    CabinetMode,
    CabinetReport,
    ControlMode,
    Decision,
    LinkChange,
    Reason,
    Rung,
)
from controller.layout import BoolArray, IntArray, NetworkLayout
from controller.supervise.health import Health, Senses, hear_links, hear_reports, possible
from controller.supervise.ladder import CENTRAL, Ladder, move

MODES = tuple(ControlMode)
"""Codes of modes are places in this tuple."""
_FIXED, _OPERATOR = MODES.index(ControlMode.FIXED_TIME), MODES.index(ControlMode.OPERATOR)
_LOCAL, _MANUAL = MODES.index(ControlMode.LOCAL), MODES.index(ControlMode.MANUAL)


@dataclass(slots=True)
class Supervision:
    """Health, rung and mode of each junction, remembered between steps."""

    health: Health
    ladder: Ladder
    heard: Heard

    @classmethod
    def start(cls, layout: NetworkLayout, now_s: float) -> Supervision:
        """Nothing known: every junction is its cabinet's own until a report comes."""
        n_j = layout.shape[0]
        return cls(Health.start(layout, now_s), Ladder.start(n_j, now_s), Heard.start(n_j))

    @property
    def commanded(self) -> BoolArray:
        """(J,) the centre commands."""
        return np.asarray((self.heard.mode != _LOCAL) & (self.heard.mode != _MANUAL))


@dataclass(slots=True)
class Heard:
    """Who decides at each junction, as it was last told."""

    mode: IntArray  # (J,) places in MODES
    rung: IntArray  # (J,) Rung; a junction that is meant to run its plan stands no higher than that

    @classmethod
    def start(cls, junctions: int) -> Heard:
        """Nobody from the centre."""
        return cls(np.full(junctions, _LOCAL, np.int64), np.full(junctions, int(Rung.DARK), np.int64))


def supervise(
    state: Supervision,
    reports: Sequence[CabinetReport],
    links: Sequence[LinkChange],
    senses: Senses,
    wanted_mode: IntArray,
    layout: NetworkLayout,
    lease_s: float,
    now_s: float,
) -> tuple[list[Decision], list[Alarm]]:
    """Set rung and mode of every junction; tell each change once. `wanted_mode` (J,) is a place in MODES."""
    health, ladder, heard = state.health, state.ladder, state.heard
    health.forgive_pause(now_s)
    hear_links(health, links, layout)
    hear_reports(health, reports, layout, now_s)
    moved = move(
        ladder,
        possible(health, senses, ladder.rung, lease_s, wanted_mode == _FIXED, now_s),
        health.known,
        now_s,
    )
    before = Heard(heard.mode, heard.rung)
    heard.mode = _modes(state, wanted_mode, now_s)
    heard.rung = np.where(wanted_mode == _FIXED, np.maximum(CENTRAL, ladder.rung), ladder.rung)
    alarms = [_link_alarm(change) for change in links] + _stale_alarms(health, senses.fresh, layout)
    return _moves(before, state, moved, layout), alarms


def _modes(state: Supervision, wanted_mode: IntArray, now_s: float) -> IntArray:
    """(J,) who decides: a place in MODES."""
    rung = state.ladder.rung
    able = np.where((rung == CENTRAL) & (wanted_mode != _OPERATOR), _FIXED, wanted_mode)
    commanded = (rung <= CENTRAL) & state.health.reachable(now_s)
    by_hand = state.health.cabinet_mode == int(CabinetMode.MANUAL)
    return np.where(commanded, able, np.where(by_hand, _MANUAL, _LOCAL))


def _link_alarm(change: LinkChange) -> Alarm:
    return Alarm(change.junction, Reason.LINK_DOWN, cleared=change.up, because=(("cause", change.cause),))


def _stale_alarms(health: Health, fresh: BoolArray, layout: NetworkLayout) -> list[Alarm]:
    """Told once when a junction's counts stop and once when they come again."""
    changed = np.flatnonzero(health.stale != ~fresh)
    health.stale = ~fresh
    return [Alarm(layout.junctions[row].id, Reason.STALE_DETECTORS, cleared=bool(fresh[row])) for row in changed]


def _moves(before: Heard, state: Supervision, moved: BoolArray, layout: NetworkLayout) -> list[Decision]:
    """A decision for each junction of which another decides than before, or at another rung."""
    heard = state.heard
    told = np.flatnonzero((heard.mode != before.mode) | (heard.rung != before.rung))
    return [
        Decision(
            layout.junctions[row].id,
            _reason(before, state, int(row), moved=bool(moved[row])),
            (
                ("mode", MODES[heard.mode[row]].value),
                ("before", MODES[before.mode[row]].value),
                ("rung", Rung(int(heard.rung[row])).name.lower()),
                ("rung_before", Rung(int(before.rung[row])).name.lower()),
            ),
        )
        for row in told
    ]


def _reason(before: Heard, state: Supervision, row: int, *, moved: bool) -> Reason:
    """Why the junction moved; without a move of the ladder: a person wished it, or the link came or went."""
    if moved:
        return Reason(int(state.ladder.reason[row]))
    mode, was = int(state.heard.mode[row]), int(before.mode[row])
    if mode == _MANUAL:
        return Reason.CABINET_MANUAL
    if mode == _LOCAL:
        return Reason.CABINET_LOCAL if was == _MANUAL else Reason.LINK_DOWN
    return Reason.LINK_UP if was in {_LOCAL, _MANUAL} else Reason.OPERATOR
