"""The virtual cabinet: it owns its conflicts, intergreens and minimums, makes its interstages, and goes on alone.

Written apart from the interlock and from the monitor on purpose; they share no code.
"""

from sim.cabinet.cabinet import ReadRefused, VirtualCabinet
from sim.cabinet.config import (
    CabinetConfig,
    ConfigRefused,
    GroupTimes,
    LocalPlan,
    StartUp,
    StartUpSequence,
)

__all__ = [
    "CabinetConfig",
    "ConfigRefused",
    "GroupTimes",
    "LocalPlan",
    "ReadRefused",
    "StartUp",
    "StartUpSequence",
    "VirtualCabinet",
]
