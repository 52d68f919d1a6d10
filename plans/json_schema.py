"""JSON Schemas of the plan files, for editors: `# yaml-language-server: $schema=...` in a file's first line."""

from __future__ import annotations

from typing import Any

from plans.schema import CabinetFile, CalendarFile, JunctionFile, PlanModel, SiteFile, TimingFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILES: dict[str, tuple[type[PlanModel], str]] = {
    "site": (SiteFile, "Fai Khiao: site.yaml"),
    "junction": (JunctionFile, "Fai Khiao: junctions/<id>.yaml"),
    "cabinet": (CabinetFile, "Fai Khiao: cabinets/<id>.yaml"),
    "timing": (TimingFile, "Fai Khiao: timings/<plan>.yaml"),
    "calendar": (CalendarFile, "Fai Khiao: calendar.yaml"),
}
"""Name of the schema: its model and title."""


def json_schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema (2020-12) of each kind of plan file by its name: site, junction, cabinet, timing, calendar."""
    return {
        name: {"$schema": DIALECT, **model.model_json_schema(), "title": title}
        for name, (model, title) in FILES.items()
    }
