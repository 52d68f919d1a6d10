"""What traffic engineers write: a site's files in, the model out; its checks, calendar, timings. No town here."""

from plans.bundle import Bundle
from plans.findings import Finding, PlanError, Severity
from plans.json_schema import json_schemas
from plans.load import CabinetAddress, Site, check_site, load_cabinet, load_junction, load_site
from plans.safety_hash import safety_bytes, safety_hash
from plans.schema import CabinetFile, JunctionFile
from plans.write import write_site
from plans.yaml_dump import dump_yaml

__all__ = [
    "Bundle",
    "CabinetAddress",
    "CabinetFile",
    "Finding",
    "JunctionFile",
    "PlanError",
    "Severity",
    "Site",
    "check_site",
    "dump_yaml",
    "json_schemas",
    "load_cabinet",
    "load_junction",
    "load_site",
    "safety_bytes",
    "safety_hash",
    "write_site",
]
