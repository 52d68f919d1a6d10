"""Formats of other tools: UTDF (Synchro, Visum, Aimsun) in and out. Text in, text out; nothing here touches a disk."""

from plans.exchange.geometry import Geometry, JunctionGeometry
from plans.exchange.units import Units
from plans.exchange.utdf_export import Exported, export_utdf
from plans.exchange.utdf_plan import ImportedPlan, import_plan
from plans.exchange.utdf_text import UtdfFile, UtdfRefused, decode_utdf, named, parse_utdf
from plans.exchange.utdf_volumes import GroupFlows, MovementVolume, group_flows, read_volumes, volumes_of

__all__ = [
    "Exported",
    "Geometry",
    "GroupFlows",
    "ImportedPlan",
    "JunctionGeometry",
    "MovementVolume",
    "Units",
    "UtdfFile",
    "UtdfRefused",
    "decode_utdf",
    "export_utdf",
    "group_flows",
    "import_plan",
    "named",
    "parse_utdf",
    "read_volumes",
    "volumes_of",
]
