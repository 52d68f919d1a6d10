"""What traffic engineers write: a site's files in, the model out; its checks, calendar, timings. No town here."""

from plans.bundle import Bundle
from plans.calendar_check import CalendarFindings, check_calendar
from plans.findings import Finding, PlanError, Severity
from plans.json_schema import json_schemas
from plans.load import CabinetAddress, Site, check_site, load_cabinet, load_junction, load_site
from plans.safety_hash import safety_bytes, safety_hash
from plans.schema import CabinetFile, JunctionFile
from plans.timeline import DayLine, PlanRun, clock_of, day_lines
from plans.write import write_site
from plans.yaml_dump import dump_yaml

__all__ = [
    "Bundle",
    "CabinetAddress",
    "CabinetFile",
    "CalendarFindings",
    "DayLine",
    "Finding",
    "JunctionFile",
    "PlanError",
    "PlanRun",
    "Severity",
    "Site",
    "check_calendar",
    "check_site",
    "clock_of",
    "day_lines",
    "dump_yaml",
    "json_schemas",
    "load_cabinet",
    "load_junction",
    "load_site",
    "safety_bytes",
    "safety_hash",
    "write_site",
]
