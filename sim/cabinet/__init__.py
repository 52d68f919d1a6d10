"""The virtual cabinet: it owns its conflicts, intergreens and minimums, makes its interstages, and goes on alone.

Written apart from the interlock and from the monitor on purpose; they share no code.
"""

from sim.cabinet.cabinet import Orders, VirtualCabinet
from sim.cabinet.config import (
    CabinetConfig,
    ConfigRefused,
    GroupTimes,
    LocalPlan,
    StartUp,
    StartUpSequence,
)
from sim.cabinet.handover import FOLLOWS, Handover
from sim.cabinet.lamps import Lamp, LampFault, LampFaultKind, Lamps, random_faults
from sim.cabinet.modbus import ModbusCabinet, ReadRefused
from sim.cabinet.monitor import Trip
from sim.cabinet.monitor_card import MonitorCard
from sim.cabinet.plc_basic import PlcCabinet
from sim.cabinet.server import CabinetServer, Port

__all__ = [
    "FOLLOWS",
    "CabinetConfig",
    "CabinetServer",
    "ConfigRefused",
    "GroupTimes",
    "Handover",
    "Lamp",
    "LampFault",
    "LampFaultKind",
    "Lamps",
    "LocalPlan",
    "ModbusCabinet",
    "MonitorCard",
    "Orders",
    "PlcCabinet",
    "Port",
    "ReadRefused",
    "StartUp",
    "StartUpSequence",
    "Trip",
    "VirtualCabinet",
    "random_faults",
]
