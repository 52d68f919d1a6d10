"""JSON Schemas of the plan files, for editors: `# yaml-language-server: $schema=...` in a file's first line."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Any

from plans.bundle import Bundle
from plans.schema import CabinetFile, CalendarFile, JunctionFile, PlanModel, SiteFile, TimingFile
from plans.yaml_text import read_yaml

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True)
class PlanFileKind:
    """One kind of file in a site's folder."""

    where: str
    """Its place in the folder."""
    model: type[PlanModel]
    examples: tuple[str, ...]
    """Files of the example site that are of this kind."""


KINDS: dict[str, PlanFileKind] = {
    "site": PlanFileKind("site.yaml", SiteFile, ("site.yaml",)),
    "junction": PlanFileKind("junctions/<id>.yaml", JunctionFile, ("junctions/J01.yaml",)),
    "cabinet": PlanFileKind("cabinets/<id>.yaml", CabinetFile, ("cabinets/J01.yaml",)),
    "timing": PlanFileKind("timings/<plan>.yaml", TimingFile, ("timings/day.yaml", "timings/night.yaml")),
    "calendar": PlanFileKind("calendar.yaml", CalendarFile, ("calendar.yaml",)),
}
"""By the name of the schema."""


def example_site() -> Bundle:
    """The smallest site that has everything, with comments: to copy from, and the example of schemas and pages."""
    with resources.as_file(resources.files("plans") / "example") as folder:
        return Bundle.read(folder)


def json_schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema (2020-12) of each kind of plan file by its name: site, junction, cabinet, timing, calendar."""
    examples = example_site().files
    return {
        name: {
            "$schema": DIALECT,
            **_closed(kind.model.model_json_schema()),
            "title": f"Fai Khiao: {kind.where}",
            "examples": [read_yaml(examples[file]).value for file in kind.examples],
        }
        for name, kind in KINDS.items()
    }


def _closed(schema: Any) -> Any:
    """The schema with every mapping closed: a key that is no id is an error in the editor too."""
    if isinstance(schema, dict):
        closed = {key: _closed(part) for key, part in schema.items()}
        return {**closed, "additionalProperties": False} if "patternProperties" in schema else closed
    return [_closed(part) for part in schema] if isinstance(schema, list) else schema
