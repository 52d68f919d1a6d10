"""Options that several commands share, and how a user writes times and dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.exits import ConfigurationError, UsageError

if TYPE_CHECKING:
    from plans import Site as LoadedSite

Site = Annotated[
    Path,
    typer.Argument(
        metavar="SITE", help="Folder of the site: site.yaml, junctions/, cabinets/, timings/, calendar.yaml."
    ),
]
Scenario = Annotated[
    str,
    typer.Argument(
        metavar="SCENARIO",
        help="A folder with a .sumocfg, a .sumocfg, or a name: of a built-in scenario, or under FAIKHIAO_SCENARIOS.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Give the result as JSON on standard output.")]
JsonTarget = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE", help="Write the result as JSON to this file; - is standard output."),
]
Broker = Annotated[
    str | None,
    typer.Option(
        "--broker",
        metavar="HOST:PORT",
        envvar="FAIKHIAO_BROKER",
        help="MQTT broker; without it an embedded one on loopback.",
    ),
]
Amber = Annotated[
    float | None,
    typer.Option("--amber", metavar="S", help="Amber of every vehicle group [s], in place of the measured ones."),
]
AllRed = Annotated[
    float | None,
    typer.Option("--all-red", metavar="S", help="All-red between conflicting groups [s]; goes with --amber."),
]
Begin = Annotated[
    str | None,
    typer.Option(
        "--begin", metavar="TIME", help="Where to begin: HH:MM, HH:MM:SS or seconds; else as the scenario says."
    ),
]
Minutes = Annotated[
    float | None, typer.Option("--minutes", help="How many minutes; else an hour, or less where the scenario ends.")
]
Date = Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="Which day it is, for the calendar.")]
Link = Annotated[
    str,
    typer.Option("--link", metavar="direct|wire", help="Cabinets in this process, or over real MQTT and Modbus TCP."),
]
ScenarioSite = Annotated[
    Path | None, typer.Option("--site", help="Site to use; without it one is imported from the scenario's network.")
]

USUAL_STRATEGY = "planner"
"""The controller's default, written again: help must not wait until the controller is loaded. A test compares them."""

_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?")


def check_site_folder(folder: Path) -> None:
    """Raise ConfigurationError where no folder is."""
    if not folder.is_dir():
        raise ConfigurationError(f"{folder} is not a folder: name the folder that holds site.yaml")


def seconds_of(text: str) -> float:
    """`HH:MM`, `HH:MM:SS` or a number of seconds, in s; raises UsageError.

    >>> seconds_of("06:30"), seconds_of("6:30:05"), seconds_of("23400")
    (23400.0, 23405.0, 23400.0)
    """
    if match := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return float(3600 * hours + 60 * minutes + seconds)
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise UsageError(f"{text!r} is no time: write HH:MM, HH:MM:SS or seconds")
    return value


def date_of(text: str) -> date:
    """`YYYY-MM-DD` as a date; raises UsageError.

    >>> date_of("2026-01-05")
    datetime.date(2026, 1, 5)
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no date: write YYYY-MM-DD") from None


def check_times(amber: float | None, all_red: float | None) -> None:
    """Amber and all-red are given together or not at all; raises UsageError."""
    if (amber is None) != (all_red is None):
        raise UsageError("--amber and --all-red belong together: give both, or neither to measure them")
    if amber is not None and all_red is not None and (amber < 0 or all_red < 0):
        raise UsageError("--amber and --all-red are seconds of 0 or more")


def check_plan(folder: Path, site: LoadedSite, plan: str) -> None:
    """Raise ConfigurationError where no junction of the site in the folder has the plan, with those that are there."""
    if plan not in site.plans:
        raise ConfigurationError(f"{folder} has no plan {plan!r}: one of {', '.join(site.plans)}")


def one_of(what: str, given: str, known: Sequence[str]) -> None:
    """Check that something is known by name; raises UsageError with what is."""
    if given not in known:
        raise UsageError(f"there is no {what} {given!r}: one of {', '.join(known)}")
