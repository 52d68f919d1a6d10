"""Everything that may befall the town, as a table."""

from __future__ import annotations

from sim.faults.fault import Fault, FaultKind
from sim.faults.kinds_of_cabinets import (
    cabinet_clock_lost,
    cabinet_clock_steps,
    flash_switch,
    latched_fault,
    not_ready,
    of_line,
    police,
    power_cut,
    power_cycle,
)
from sim.faults.kinds_of_controllers import (
    disk_full,
    killed,
    mad_centre,
    newer_controller,
    older_controller,
    operators_everywhere,
    paused,
    wall_clock_steps,
)
from sim.faults.kinds_of_data import (
    all_loops_lost,
    broker_down,
    broker_frozen,
    flood,
    gateway_clock,
    gateway_reboot,
    gateway_silent,
    of_loops,
    of_messages,
    swapped_loops,
)
from sim.faults.line_troubles import TROUBLES
from sim.faults.messages import LOOP_TROUBLES, MESSAGE_TROUBLES

KINDS: dict[str, FaultKind] = {
    **{name: FaultKind("A", of_messages(name), local=False) for name in MESSAGE_TROUBLES},
    "broker down": FaultKind("A", broker_down, (5, 600), local=False),
    "broker frozen": FaultKind("A", broker_frozen, (5, 120), local=False),
    "gateway silent": FaultKind("A", gateway_silent),
    "flood": FaultKind("A", flood, (5, 60)),
    "gateway reboot": FaultKind("A", gateway_reboot, (1, 1)),
    "gateway clock": FaultKind("A", gateway_clock),
    **{name: FaultKind("B", of_loops(name), (60, 1500)) for name in LOOP_TROUBLES},
    "swapped loops": FaultKind("B", swapped_loops, (60, 1500)),
    "all loops lost": FaultKind("B", all_loops_lost),
    **{f"line {name}": FaultKind("C", of_line(name), (2, 120)) for name in TROUBLES},
    "power cycle": FaultKind("C", power_cycle, (1, 1)),
    "power cut": FaultKind("C", power_cut, (1, 120)),
    "police": FaultKind("C", police, (5, 300)),
    "flash switch": FaultKind("C", flash_switch, (1, 120)),
    "latched fault": FaultKind("C", latched_fault, (5, 300)),
    "cabinet clock lost": FaultKind("C", cabinet_clock_lost),
    "cabinet clock steps": FaultKind("C", cabinet_clock_steps),
    "not ready": FaultKind("C", not_ready, (2, 60)),
    "killed": FaultKind("D", killed, (1, 40), local=False),
    "paused": FaultKind("D", paused, (3, 60), local=False),
    "older controller": FaultKind("D", older_controller, (5, 200), local=False),
    "newer controller": FaultKind("D", newer_controller, (5, 120), local=False),
    "mad centre": FaultKind("D", mad_centre, (5, 120), local=False),
    "wall clock steps": FaultKind("D", wall_clock_steps, local=False),
    "disk full": FaultKind("D", disk_full, local=False),
    "operators everywhere": FaultKind("E", operators_everywhere, (5, 120), local=False),
}
"""Everything that may happen, by name."""


def told(fault: Fault) -> str:
    """A fault in one line."""
    kind = KINDS[fault.kind]
    where = f" at {fault.junction}" if kind.local else ""
    return f"{fault.begin_s:6d} to {fault.end_s:6d} s  {kind.group}  {fault.kind}{where} (#{fault.number})"
