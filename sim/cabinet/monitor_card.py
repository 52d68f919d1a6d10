"""What the cabinet's monitor is set to: which groups may never show together, how long is too long, and what is said.

A monitor is programmed apart from the controller it watches, with a card or key of its own (NEMA TS 2). So the card is
a value of its own that knows nothing of stages, plans or requests; `of` makes the one that fits a configuration.

Each window has three numbers: up to `must_not_ms` the monitor must keep silent, from `must_ms` on it must have tripped,
and `trip_ms` is where ours does. They are the published figures of makers of NEMA TS 2 monitors (Reno MMU2-1600G, EDI
CMU-212), not a claim of compliance; EN 12675 sorts such faults into major (failure mode) and minor (report).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from controller.model import GroupKind
from field_io.registers import FaultBit
from sim.cabinet.config import CabinetConfig, ConfigRefused


@dataclass(frozen=True, slots=True)
class Window:
    """How long a state of the lamps may last [ms]."""

    must_not_ms: int
    trip_ms: int
    must_ms: int
    forgotten_ms: int
    """The time counted so far is kept while the state is away, and forgotten after so long."""


CONFLICT = Window(200, 300, 500, 666)
"""Conflicting groups with right of way: never below 200, always from 500 ms (EDI CMU-212); latches at 300 ms, and only
666 ms without conflict clear the timer (Reno MMU2-1600G)."""
RED_FAIL = Window(700, 800, 1000, 300)
"""A group that should be red shows nothing: 800 ms, forgotten after 300 ms of light (Reno MMU2-1600G); never below 700,
always from 1000 ms (NEMA TS 2)."""
DUAL_INDICATION = Window(350, 500, 1000, 300)
"""Two colours at one head that do not belong together: 350 to 1000 ms among makers (EDI monitors), ours 500 ms."""
LAMP_DIFFERS = Window(700, 800, 1000, 300)
"""A lamp does not do what is driven and nothing worse follows: told within a second, minor (EN 12675), no trip."""
AMBER_BEGINS = Window(100, 101, 1000, 0)
"""From end of green to amber: later than 100 ms it was skipped (EDI CMU-212); within 1 s it must have come (Reno)."""
SHORTEST_AMBER_MS = 3000
"""No amber below this is a clearance (MUTCD 4D.26: 3 to 6 s)."""
MEASURING_ERROR_MS = 100
"""An amber or a clearance is short when it lacks more than this (2.7 s +- 0.1 s: EDI CMU-212); one scan."""

WINDOWS: dict[FaultBit, Window] = {
    FaultBit.CONFLICT: CONFLICT,
    FaultBit.RED_FAIL: RED_FAIL,
    FaultBit.DUAL_INDICATION: DUAL_INDICATION,
    FaultBit.LAMP_MINOR: LAMP_DIFFERS,
}
"""Faults that are counted by how long they last; the others are judged when an amber ends or a green begins."""


@dataclass(frozen=True, slots=True)
class MonitorCard:
    """One cabinet's monitor settings; groups by their place, times in milliseconds."""

    groups: int
    pedestrian: int
    """Groups that pedestrians obey, as bits."""
    conflicts: tuple[int, ...]
    """For each group those, as bits, that may not have right of way with it."""
    amber_ms: tuple[int, ...]
    """Shortest amber of each group; 0 where it has none."""
    red_amber: int
    """Groups, as bits, that may show red and amber together."""
    clearance_ms: tuple[tuple[int, ...], ...]
    """[ended][started], end of green to start of green; 0 where both may be green together."""

    @classmethod
    def of(cls, config: CabinetConfig) -> MonitorCard:
        """The card for a configuration; raises ConfigRefused where an amber is too short to be one."""
        short = tuple(
            f"amber of group {group.id} is {group.closing_ds / 10:g} s; the monitor takes less than "
            f"{SHORTEST_AMBER_MS / 1000:g} s for a failure (MUTCD 4D.26)"
            for group in config.groups
            if group.kind is GroupKind.VEHICLE and 100 * group.closing_ds < SHORTEST_AMBER_MS
        )
        if short:
            raise ConfigRefused(config.id, short)
        clearance_ms = tuple(tuple(100 * (time_ds or 0) for time_ds in row) for row in config.intergreen_ds)
        return cls(
            groups=len(config.groups),
            pedestrian=_bits(group.kind is GroupKind.PEDESTRIAN for group in config.groups),
            conflicts=tuple(_bits(time_ds is not None for time_ds in row) for row in config.intergreen_ds),
            amber_ms=tuple(100 * g.closing_ds if g.kind is GroupKind.VEHICLE else 0 for g in config.groups),
            red_amber=_bits(group.red_amber_ds > 0 for group in config.groups),
            clearance_ms=clearance_ms,
        )


def _bits(flags: Iterable[bool]) -> int:
    return sum(1 << place for place, flag in enumerate(flags) if flag)
