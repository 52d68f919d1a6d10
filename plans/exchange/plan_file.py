"""An imported plan as a file of its site: checked with all the rest before anybody writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from plans.bundle import Bundle
from plans.exchange.utdf_plan import ImportedPlan
from plans.exchange.utdf_text import UtdfRefused
from plans.findings import Finding, Severity
from plans.load import check_site
from plans.schema.base import ID_PATTERN
from plans.yaml_dump import dump_yaml


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A timing file, ready to be written, and what `check` says of it (no errors)."""

    file: str
    text: str
    findings: tuple[Finding, ...]


def plan_file(bundle: Bundle, imported: ImportedPlan, origin: str) -> PlanFile:
    """The file timings/<plan>.yaml; raises UtdfRefused where it is there already or would break a rule of the site."""
    plan = imported.timing.plan
    if not re.fullmatch(ID_PATTERN, plan):
        raise UtdfRefused([f"{plan!r} is no id of a plan: letters, digits, `_`, `-` and `.`, at most 64"])
    file = f"timings/{plan}.yaml"
    if file in bundle.files:
        raise UtdfRefused([f"{file} is there already: give the plan another name"])
    head = [f"# Imported from the UTDF file {' '.join(origin.split())}.", *(f"# {note}" for note in imported.notes)]
    text = "\n".join([*head, dump_yaml(imported.timing)])
    findings = tuple(found for found in check_site(Bundle({**bundle.files, file: text})) if found.file == file)
    errors = [str(found) for found in findings if found.severity is Severity.ERROR]
    if errors:
        raise UtdfRefused(["the plan of the file breaks rules of the site; nothing was written:", *errors])
    return PlanFile(file, text, findings)
