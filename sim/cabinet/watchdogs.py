"""What watches over the operation: lease, request held too long, stage that does not come, dead processor, lamps.

Each answers at which scan it wants to be asked again. Every way down is taken by the cabinet alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.events import CabinetMode
from field_io.registers import CommandState, FaultBit, ModeReason
from sim.cabinet.config import CabinetConfig
from sim.cabinet.groups import NEVER
from sim.cabinet.lamps import FOREVER_MS
from sim.cabinet.modes import LEASED
from sim.cabinet.monitor import Watch
from sim.cabinet.ownership import NOBODY

if TYPE_CHECKING:
    from sim.cabinet.operation import Operation

LOCAL_LOCK_DS = 600
"""After a stuck request the cabinet stays local for 60 s."""
WATCHDOG_DS = 5
"""A processor that has not scanned for 500 ms is taken to flash (cabinet's own heartbeat, above NEMA TS 2's 175 ms)."""
DEADLOCK_MARGIN_DS = 100
"""A stage that has not come 10 s after everything that may delay it never will (RSMP: dead lock, a major fault)."""
LATCHED_BY = {
    FaultBit.CONFLICT: FaultBit.CONFLICT,
    FaultBit.RED_FAIL: FaultBit.RED_FAIL | FaultBit.LAMP_MAJOR,
    FaultBit.SHORT_AMBER: FaultBit.SHORT_AMBER,
    FaultBit.CLEARANCE: FaultBit.CLEARANCE,
    FaultBit.DUAL_INDICATION: FaultBit.DUAL_INDICATION,
}
"""What the fault words say of each trip of the monitor; a red that fails is the major lamp fault of EN 12675."""


def watch_lease(operation: Operation, now_ds: int) -> int:
    """At the end of the lease nobody owns, and what the lease carried ends."""
    end_ds = operation.ownership.lease_end_ds
    if now_ds < end_ds:
        return end_ds
    if operation.ownership.epoch != NOBODY:
        operation.tell(FaultBit.COMMUNICATION)  # whoever drove it has fallen silent (RSMP: minor)
    operation.ownership.end()
    operation.flash_leased = False
    operation.request_outcome = CommandState.EXPIRED
    if operation.mode in LEASED:
        operation.go_local(ModeReason.LEASE_ENDED)
    return NEVER


def watch_request(operation: Operation, now_ds: int) -> int:
    """A live centre may not hold one request for ever (UK: stuck force bit, ST900 handbook)."""
    if now_ds >= operation.locked_until_ds:
        operation.locked_until_ds = NEVER
        operation.active_faults &= ~FaultBit.STUCK_REQUEST
    if operation.mode not in LEASED:
        return operation.locked_until_ds
    end_ds = operation.request_since_ds + operation.config.stuck_request_ds
    if now_ds < end_ds:
        return end_ds
    operation.leave_remote()
    operation.tell(FaultBit.STUCK_REQUEST)
    operation.locked_until_ds = now_ds + LOCAL_LOCK_DS
    operation.go_local(ModeReason.STUCK_REQUEST)
    return operation.locked_until_ds


def watch_arrival(operation: Operation, now_ds: int) -> int:
    """A target that the groups do not reach, because one blocks the other for ever, is a failure (EN 12675)."""
    groups = operation.groups
    if groups.green == groups.target and not groups.moving:
        return NEVER
    end_ds = operation.aimed_ds + operation.longest_change_ds + max(groups.wished_min_ds) + DEADLOCK_MARGIN_DS
    if now_ds < end_ds:
        return end_ds
    operation.trip(FaultBit.DEADLOCK)
    return NEVER


def is_hung(operation: Operation, now_ds: int) -> bool:
    """Whether nothing scans: uptime and snapshot number stand still. In time the watchdog starts it anew, flashing."""
    if operation.hung_since_ds == NEVER:
        return False
    end_ds = operation.hung_since_ds + WATCHDOG_DS
    if now_ds < end_ds:
        return True
    operation.now_ds, operation.hung_since_ds = end_ds, NEVER
    operation.trip(FaultBit.WATCHDOG)
    operation.scan()
    return False


def ask_monitor(operation: Operation, now_ms: int) -> int:
    """Show the monitor what burns, and obey it; answers the scan at which it wants to look again."""
    monitor, lamps = operation.monitor, operation.lamps
    monitor.catch_up(lamps, now_ms)
    watch = Watch.OFF if operation.mode is CabinetMode.DARK else Watch.DUTY if operation.forced is None else Watch.FLASH
    monitor.look(now_ms, lamps.burning(operation.aspects, now_ms), operation.aspects, watch)
    if monitor.trip is not None:
        latched = LATCHED_BY[monitor.trip.fault]
        if latched & ~operation.latched_faults:
            operation.trip(latched)
        return NEVER
    if operation.lamps_differ != bool(monitor.minor):
        operation.lamps_differ = bool(monitor.minor)
        operation.fault_count += operation.lamps_differ
        operation.active_faults &= ~FaultBit.LAMP_MINOR
        operation.active_faults |= FaultBit.LAMP_MINOR if operation.lamps_differ else FaultBit(0)
    due_ms = min(monitor.due_ms, lamps.next_change_ms(now_ms))
    return NEVER if due_ms >= FOREVER_MS else -(-due_ms // 100)


def longest_change_ds(config: CabinetConfig) -> int:
    """The longest minimum, and after it the longest intergreen and closing, with red-amber."""
    intergreens = [time_ds for row in config.intergreen_ds for time_ds in row if time_ds is not None]
    closings = [group.closing_ds + group.red_amber_ds for group in config.groups]
    return max(group.min_green_ds for group in config.groups) + max(closings) + max(intergreens, default=0)
