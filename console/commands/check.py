"""`faikhiao check`: every finding of a site at once."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import AsJson, Site, check_site_folder
from console.exits import ExitCode
from console.output import as_json, say, tell

if TYPE_CHECKING:
    from plans import Finding

EXAMPLES = (
    "faikhiao check my-town",
    "faikhiao check my-town --strict --format github",
    "faikhiao check my-town --json",
)


class FindingFormat(StrEnum):
    """How findings are told."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def check(
    site: Site,
    form: Annotated[
        FindingFormat,
        typer.Option(
            "--format", help="text: file:line:column for editors; json; github: annotations of a pull request."
        ),
    ] = FindingFormat.TEXT,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as findings too (exit code 1).")] = False,
    json: AsJson = False,
) -> None:
    """Check a site's files: every finding with its remedy.

    Each is said with file, line and column, all of them at once.

    Ends with 0 when the site can be used, with 1 when there are errors (with --strict: or warnings), and with 3 when
    there is no such folder.
    """
    from plans import Bundle, PlanError, Severity, check_site

    check_site_folder(site)
    try:
        findings = check_site(Bundle.read(site))
    except PlanError as error:  # a file that cannot be read at all
        findings = error.findings
    say_findings(site, findings, FindingFormat.JSON if json else form)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    if form is FindingFormat.TEXT and not json:
        tell(_summary(site, errors, len(findings) - errors))
    if errors or (strict and findings):
        raise typer.Exit(int(ExitCode.FINDINGS))


def say_findings(site: Path, findings: Sequence[Finding], form: FindingFormat) -> None:
    """The findings on standard output; files are named from where the user stands."""
    match form:
        case FindingFormat.JSON:
            say(as_json({"site": str(site), "findings": [finding_record(site, finding) for finding in findings]}))
        case FindingFormat.GITHUB:
            for finding in findings:
                say(_annotation(site, finding))
        case FindingFormat.TEXT:
            for finding in findings:
                say(f"{site.as_posix().rstrip('/')}/{finding}")


def _summary(site: Path, errors: int, warnings: int) -> str:
    if not errors and not warnings:
        return f"{site}: no findings"
    return f"{site}: {errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}"


def finding_record(site: Path, finding: Finding) -> dict[str, object]:
    """A finding as JSON."""
    return {
        "file": (site / finding.file).as_posix(),
        "line": finding.line,
        "column": finding.column,
        "severity": finding.severity.value,
        "path": finding.path,
        "message": finding.message,
    }


def _annotation(site: Path, finding: Finding) -> str:
    """A workflow command of GitHub: data escape %, CR and LF, properties also `:` and `,`."""
    text = finding.message if not finding.path else f"{finding.path}: {finding.message}"
    file = _escaped((site / finding.file).as_posix()).replace(":", "%3A").replace(",", "%2C")
    return f"::{finding.severity} file={file},line={finding.line},col={finding.column}::{_escaped(text)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
