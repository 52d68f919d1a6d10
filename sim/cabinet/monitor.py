"""The cabinet's own monitor: it believes nothing but the lamps that burn, and takes them to flash when they endanger.

A fourth witness, beside interlock, groups and the simulation's monitor, that shares no rule with them. It sees no
stage, no plan and no request. Between two looks the lamps do not change, so it judges stretches of time: for so long
this burnt. Looking more often changes nothing; what is replaced within the same millisecond has never burnt.

After a trip it keeps what it saw and judges no more until somebody on site resets it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from controller.model import Aspect
from field_io.registers import FaultBit
from sim.cabinet.lamps import DRIVEN, FOREVER_MS, Lamp, Lamps
from sim.cabinet.monitor_card import AMBER_BEGINS, MEASURING_ERROR_MS, WINDOWS, MonitorCard

_LONG_AGO_MS = -FOREVER_MS
_RIGHT_OF_WAY = int(Lamp.GREEN | Lamp.AMBER)
_COLOURS = int(Lamp.RED | Lamp.AMBER | Lamp.GREEN)
_RED, _AMBER, _GREEN = int(Lamp.RED), int(Lamp.AMBER), int(Lamp.GREEN)
_RED_AMBER, _GREEN_OR_FLASHING = _RED | _AMBER, _GREEN | int(Lamp.FLASHING)
"""As plain numbers: flags are slow, and these are looked at in every scan."""
_NO_STRETCH = (0, 0)

State = tuple[FaultBit, tuple[int, ...]]
"""A fault that is building up, and the places of the groups that show it."""


class Watch(IntEnum):
    """How much the monitor may ask of the lamps."""

    OFF = 0
    """No power."""
    FLASH = 1
    """Flash or start-up: ambers mean nothing, greens that conflict still do."""
    DUTY = 2
    """The groups move by their rules."""


@dataclass(frozen=True, slots=True)
class Trip:
    """Why the monitor took the cabinet to flash: recorded for who comes to look (EN 12675)."""

    at_ms: int
    fault: FaultBit
    groups: tuple[int, ...]
    burning: tuple[int, ...]
    """Lamps of all groups at that moment, as bits of `Lamp`."""
    driven: tuple[Aspect, ...]


class ConflictMonitor:
    """One cabinet's monitor. `look` whenever lamps change, and at `due_ms`. Times are milliseconds."""

    def __init__(self, card: MonitorCard, now_ms: int) -> None:
        self.card = card
        self.trip: Trip | None = None
        self.minor: frozenset[int] = frozenset()
        """Groups whose lamps differ from what is driven, without danger."""
        self.due_ms = FOREVER_MS
        """When to look again at the latest, if nothing changes."""
        self._at_ms = now_ms
        self._burning: tuple[int, ...] = (0,) * card.groups
        self._driven: tuple[Aspect, ...] = (Aspect.DARK,) * card.groups
        self._watch = Watch.OFF
        self._before = self._burning
        """What burnt until `_at_ms`."""
        self._building: tuple[State, ...] = ()
        self._counted: dict[State, tuple[int, int]] = {}
        """How long each state has lasted, and how long it has been away since."""
        self._green_end_ms = [_LONG_AGO_MS] * card.groups
        self._amber_ms: dict[int, int] = {}
        """Groups whose green has ended and whose red has not come: the amber they have had."""

    def look(self, now_ms: int, burning: tuple[int, ...], driven: tuple[Aspect, ...], watch: Watch) -> None:
        """See what burns from `now_ms` on, and judge what burnt until then; `trip` tells what came of it."""
        if self.trip is not None:
            return
        if now_ms > self._at_ms:
            self._judge(now_ms)
            self._before, self._at_ms = self._burning, now_ms
        if burning != self._burning or driven != self._driven or watch is not self._watch:
            self._burning, self._driven, self._watch = burning, driven, watch
            self._building = () if watch is Watch.OFF else tuple(self._states(burning))
            self._check_driven()
        self.due_ms = self._next_due_ms()

    def catch_up(self, lamps: Lamps, now_ms: int) -> None:
        """See every change of the lamps before `now_ms`, while the same was driven as at the last look."""
        while (moment_ms := min(self.due_ms, lamps.next_change_ms(self._at_ms))) < now_ms and self.trip is None:
            self.look(moment_ms, lamps.burning(self._driven, moment_ms), self._driven, self._watch)

    def reset(self) -> None:
        """Somebody on site has looked, and pressed the button."""
        self.trip = None
        self.minor = frozenset()
        self._counted.clear()
        self._amber_ms.clear()
        self._watch, self._building = Watch.OFF, ()

    # ------------------------------------------------------------------------------------- what lasts too long

    def _states(self, burning: tuple[int, ...]) -> Iterator[State]:
        """Everything that must not last, as these lamps burn."""
        on_duty = self._watch is Watch.DUTY
        for pair in self._clashing(burning, _RIGHT_OF_WAY if on_duty else _GREEN):
            yield FaultBit.CONFLICT, pair
        for i, (lamps, aspect) in enumerate(zip(burning, self._driven, strict=True)):
            driven = DRIVEN[aspect]
            if lamps == driven and (lamps not in _TWO_COLOURS or self.card.red_amber >> i & 1):
                continue
            if lamps != driven:
                yield FaultBit.LAMP_MINOR, (i,)
            if on_duty and not lamps and driven & _RED:
                yield FaultBit.RED_FAIL, (i,)
            if on_duty and self._is_dual(i, lamps & _COLOURS):
                yield FaultBit.DUAL_INDICATION, (i,)

    def _clashing(self, burning: tuple[int, ...], meaning: int) -> Iterator[tuple[int, int]]:
        """Pairs of conflicting groups that both show one of these colours."""
        mask = sum(1 << i for i, lamps in enumerate(burning) if lamps & meaning)
        for i, foes in enumerate(self.card.conflicts):
            if mask >> i & 1 and foes & mask:
                yield from ((j, i) for j in range(i) if (foes & mask) >> j & 1)

    def _is_dual(self, i: int, colours: int) -> bool:
        """Two colours that do not belong together: all but red with amber where red-amber is a custom."""
        if colours == _RED_AMBER:
            return not self.card.red_amber >> i & 1
        return colours.bit_count() > 1

    def _check_driven(self) -> None:
        """What is driven to conflict trips at once: no lamp is at fault then, but the controller (no tolerance)."""
        if self._watch is Watch.DUTY:
            driven = tuple(map(DRIVEN.__getitem__, self._driven))
            for pair in self._clashing(driven, _RIGHT_OF_WAY):
                self._trip_at(self._at_ms, FaultBit.CONFLICT, pair)

    def _judge(self, now_ms: int) -> None:
        """Count the stretch that ends now, and look at the changes that it began with."""
        stretch_ms = now_ms - self._at_ms
        if self._counted or self._building:
            self._count(stretch_ms, now_ms)
        if self._burning != self._before:
            self._judge_changes()
        if self._amber_ms:
            self._judge_ambers(stretch_ms, now_ms)

    def _count(self, stretch_ms: int, now_ms: int) -> None:
        for state in self._building:
            lasted_ms = self._counted.get(state, _NO_STRETCH)[0] + stretch_ms
            self._counted[state] = (lasted_ms, 0)
            over_ms = lasted_ms - WINDOWS[state[0]].trip_ms
            if over_ms >= 0 and state[0] is not FaultBit.LAMP_MINOR:
                self._trip_at(now_ms - over_ms, *state)
        for state in [state for state in self._counted if state not in self._building]:
            lasted_ms, away_ms = self._counted[state]
            self._counted[state] = (lasted_ms, away_ms + stretch_ms)
            if away_ms + stretch_ms >= WINDOWS[state[0]].forgotten_ms:
                del self._counted[state]
        self.minor = frozenset(
            groups[0]
            for (fault, groups), (lasted_ms, _) in self._counted.items()
            if fault is FaultBit.LAMP_MINOR and lasted_ms >= WINDOWS[fault].trip_ms
        )

    # ------------------------------------------------------------------------------- what comes in a wrong order

    def _judge_changes(self) -> None:
        """Greens that ended and began with the stretch."""
        for fault, groups in self._short_clearances():
            self._trip_at(self._at_ms, fault, groups)
        for i in self._ended_greens():
            self._green_end_ms[i] = self._at_ms
            if self._watch is Watch.DUTY and self.card.amber_ms[i]:
                self._amber_ms[i] = 0

    def _ended_greens(self) -> Iterator[int]:
        for i, (old, new) in enumerate(zip(self._before, self._burning, strict=True)):
            if _steady_green(old) and not _steady_green(new):
                yield i

    def _short_clearances(self) -> Iterator[State]:
        """Greens that began before the clearance from the end of a conflicting green had run."""
        for i, (old, new) in enumerate(zip(self._before, self._burning, strict=True)):
            if _steady_green(old) or not _steady_green(new):
                continue
            for j, ended_ms in enumerate(self._green_end_ms):
                ends_now = _steady_green(self._before[j]) and not _steady_green(self._burning[j])
                clear_ms = self.card.clearance_ms[j][i] - MEASURING_ERROR_MS
                since_ms = 0 if ends_now else self._at_ms - ended_ms
                if clear_ms > since_ms and not _steady_green(self._burning[j]):
                    yield FaultBit.CLEARANCE, (j, i)

    def _judge_ambers(self, stretch_ms: int, now_ms: int) -> None:
        """Amber must begin in time after green, and last."""
        for i, had_ms in list(self._amber_ms.items()):
            colours = self._burning[i] & _COLOURS
            late_ms = self._green_end_ms[i] + AMBER_BEGINS.trip_ms
            if self._watch is not Watch.DUTY or (_steady_green(colours) and not had_ms):
                del self._amber_ms[i]
            elif colours == _AMBER:
                self._amber_ms[i] = had_ms + stretch_ms
            elif not had_ms and now_ms >= late_ms:
                self._trip_at(late_ms, FaultBit.SHORT_AMBER, (i,))
            elif had_ms and colours:
                if self._is_short(i, had_ms):
                    self._trip_at(self._at_ms, FaultBit.SHORT_AMBER, (i,))
                del self._amber_ms[i]

    def _is_short(self, i: int, had_ms: int) -> bool:
        return had_ms < self.card.amber_ms[i] - MEASURING_ERROR_MS

    # -------------------------------------------------------------------------------------------- trips and times

    def _trip_at(self, at_ms: int, fault: FaultBit, groups: tuple[int, ...]) -> None:
        """The first in time is the one that is kept."""
        if self.trip is None or at_ms < self.trip.at_ms:
            self.trip = Trip(at_ms, fault, groups, self._burning, self._driven)

    def _next_due_ms(self) -> int:
        """When something can trip or be forgotten, if the lamps stay as they are."""
        due_ms = FOREVER_MS
        if self.trip is not None:
            return due_ms
        for state in self._building:
            left_ms = WINDOWS[state[0]].trip_ms - self._counted.get(state, _NO_STRETCH)[0]
            due_ms = min(due_ms, self._at_ms + left_ms) if left_ms > 0 else due_ms
        for state, (_, away_ms) in self._counted.items():
            if state not in self._building:
                due_ms = min(due_ms, self._at_ms + WINDOWS[state[0]].forgotten_ms - away_ms)
        if self._burning != self._before:
            if next(self._short_clearances(), None):
                due_ms = min(due_ms, self._at_ms + 1)
            if self._watch is Watch.DUTY and next(self._ended_greens(), None) is not None:
                due_ms = min(due_ms, self._due_of_amber())
        for i, had_ms in self._amber_ms.items():
            colours = self._burning[i] & _COLOURS
            if not had_ms and colours != _AMBER:
                due_ms = min(due_ms, self._green_end_ms[i] + AMBER_BEGINS.trip_ms)
            elif had_ms and colours not in {0, _AMBER} and self._is_short(i, had_ms):
                due_ms = min(due_ms, self._at_ms + 1)
        return due_ms

    def _due_of_amber(self) -> int:
        """Greens that end just now, with anything but amber after them."""
        late = (i for i in self._ended_greens() if self.card.amber_ms[i] and self._burning[i] & _COLOURS != _AMBER)
        return self._at_ms + AMBER_BEGINS.trip_ms if any(True for _ in late) else FOREVER_MS


_TWO_COLOURS = frozenset(lamps for lamps in range(16) if (lamps & _COLOURS).bit_count() > 1)


def _steady_green(lamps: int) -> bool:
    """Green that does not flash: who has it may go; flashing green is a clearance."""
    return lamps & _GREEN_OR_FLASHING == _GREEN
