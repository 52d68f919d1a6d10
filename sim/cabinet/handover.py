"""Hand-over and hand-back as a state machine: the cabinet owns every transition into and out of a centre's control.

A centre sees two states more, which are its own: HANDSHAKE (identity not read yet) and FENCED (a newer epoch was here,
results 14 and 15). What matters most stands in `FOLLOWS`: nobody gets control but from READY or while it is being
handed back, so never straight out of the dark, a start-up, a flash on site, a fault or a policeman's hands.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from controller.events import CabinetMode
from field_io.registers import CommandState, ModeReason
from sim.cabinet.modes import LEASED, LOCAL
from sim.cabinet.operation import Operation
from sim.cabinet.ownership import NOBODY


class Handover(StrEnum):
    """Who has the lamps, as far as a centre is concerned."""

    OFFLINE = "offline"
    """No power: nobody answers."""
    REFUSED = "refused"
    """Start-up, flash on site, manual, a latched fault, or the lock after a stuck request: nobody is let in."""
    READY = "ready"
    """Its own plan, and nobody owns it."""
    REQUESTED = "requested"
    """An epoch owns it, and what it asked for is on the way."""
    IN_CONTROL = "in control"
    """An epoch owns it, and what it asked for shows."""
    RELEASING = "releasing"
    """Nobody owns it any more, and what the last owner asked for still shows or is being left."""


HANDING_BACK = frozenset({ModeReason.LEASE_ENDED, ModeReason.RELEASED})
_MOVING = frozenset({CommandState.WAITING_MIN_GREEN, CommandState.IN_INTERSTAGE})
_ALWAYS = frozenset({Handover.OFFLINE, Handover.REFUSED})
_HELD = frozenset({Handover.REQUESTED, Handover.IN_CONTROL})
FOLLOWS: Mapping[Handover, frozenset[Handover]] = {
    Handover.OFFLINE: _ALWAYS,
    Handover.REFUSED: _ALWAYS | {Handover.READY},
    Handover.READY: _ALWAYS | _HELD | {Handover.READY},
    Handover.REQUESTED: _ALWAYS | _HELD | {Handover.RELEASING, Handover.READY},
    Handover.IN_CONTROL: _ALWAYS | _HELD | {Handover.RELEASING, Handover.READY},
    Handover.RELEASING: _ALWAYS | _HELD | {Handover.RELEASING, Handover.READY},
}
"""What may come after each state."""


def handover(operation: Operation) -> Handover:
    """The state of now."""
    if operation.mode is CabinetMode.DARK:
        return Handover.OFFLINE
    if operation.ownership.epoch != NOBODY:
        return Handover.REQUESTED if operation.command_state in _MOVING else Handover.IN_CONTROL
    if operation.mode not in LEASED | LOCAL or operation.locked:
        return Handover.REFUSED
    return Handover.RELEASING if operation.mode in LEASED or _is_leaving(operation) else Handover.READY


def _is_leaving(operation: Operation) -> bool:
    """Handed back, and the first stage of its own plan has not come yet."""
    settled = operation.groups.green == operation.groups.target and not operation.groups.moving
    first_aim = operation.aimed_ds <= operation.now_ds - operation.mode_time_ds
    return operation.mode_reason in HANDING_BACK and first_aim and not settled
