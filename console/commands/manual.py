"""`faikhiao manual ...`: what people did by hand, from a journal: listed, tried again in SUMO, kept as a candidate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.commands.options import AsJson, Scenario, Site, check_site_folder, one_of, seconds_of
from console.exits import ConfigurationError, UsageError
from console.output import as_json, say, tell

if TYPE_CHECKING:
    from field_io.manual_periods import ManualPeriod

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "list": ("faikhiao manual list monday.journal", "faikhiao manual list /var/lib/faikhiao/journal --json"),
    "replay": (
        "faikhiao manual replay monday.journal udon_thani/pm_peak --period 1 --seeds 10",
        "faikhiao manual replay monday.journal udon_thani/pm_peak --period 2 --at 17:30",
    ),
    "save": ("faikhiao manual save monday.journal my-town --period 1 --plan by-hand --like pm_peak",),
}
Journal = Annotated[Path, typer.Argument(metavar="JOURNAL", help="A journal, file or folder.")]
Period = Annotated[int, typer.Option("--period", min=1, help="Number of the manual period, as `manual list` gives it.")]


def list_periods(journal: Journal, json: AsJson = False) -> None:
    """List the manual periods of a journal: who, where, when, which stages how long."""
    periods = _periods(journal)
    if json:
        say(as_json([period_record(period) for period in periods]))
        return
    for period in periods:
        say(
            f"{period.number:3}  {period.local:%Y-%m-%d %H:%M:%S}  {period.junction.id:8} by {period.by:12} "
            f"{period.end_s - period.begin_s:6.0f} s  plan {period.plan:10} ended by {period.ended}"
        )
        say(f"     {_spells(period)}")
    tell(f"{len(periods)} manual period{'s' * (len(periods) != 1)}")


def replay(
    journal: Journal,
    scenario: Scenario,
    period: Period,
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=100, help="Pairs of runs, seeds 1 to this.")] = 5,
    strategy: Annotated[
        str, typer.Option("--strategy", help="Who decides where the hand does not: in both runs.")
    ] = "fixed_time",
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="When the hand takes over in the scenario; else when it did."),
    ] = None,
    site: Annotated[Path | None, typer.Option("--site", help="Site to use in place of the scenario's.")] = None,
    language: Annotated[str, typer.Option("--language", metavar="en|th", help="Language of the measures.")] = "en",
    json: AsJson = False,
) -> None:
    """Try a manual period again in SUMO, against what the plan would have done.

    Each seed runs twice, with the hand and without; told is the paired difference with its 95 % interval. The traffic
    is the scenario's, not that of the day: it answers whether this hand suits such traffic.
    """
    from console.report.words import word
    from console.sentences import Language
    from sim.manual_trial import TrialSettings, run_trial
    from sim.simulate import SimulationSettings

    one_of("language", language, list(Language))
    found = _period(journal, period)
    like = SimulationSettings(scenario=scenario, strategy=strategy, site=site, date=found.local.date())
    settings = TrialSettings(like, seeds, seconds_of(at) if at is not None else None)
    result = run_trial(found, settings, lambda done, of: tell(f"run {done} of {of}"))
    if json:
        say(as_json(result))
        return
    say(f"{result['junction']}, period {period} by {found.by}, {result['lasts_s']:.0f} s in {result['scenario']}:")
    for name, compared in result["differences"].items():
        interval = f"  [{compared['low']:+.1f}, {compared['high']:+.1f}]" if compared["low"] is not None else ""
        say(
            f"  {word(name, Language(language)):28} by hand {compared['hand']:7.1f}  by plan {compared['plan']:7.1f}  "
            f"difference {compared['difference']:+.1f}{interval}"
        )
    say(
        f"  {seeds} paired seed{'s' * (seeds != 1)}; the interval holds 95 %; breaks of safety rules: {_breaks(result)}"
    )


def save(
    journal: Journal,
    site: Site,
    period: Period,
    plan: Annotated[str, typer.Option("--plan", help="Id of the new plan: the file timings/<id>.yaml.")],
    like: Annotated[
        str | None, typer.Option("--like", help="Plan of all other junctions; else the one that ran then.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Keep a manual period as a plan candidate: a new timing file, with the reason of each number.

    Nothing is overwritten, the calendar does not use it, and what would break a rule is refused.
    """
    from plans import Bundle
    from plans.candidate import CandidateError, make_candidate

    found = _period(journal, period)
    check_site_folder(site)
    based_on = like or found.plan
    if not based_on:
        raise UsageError("the journal does not say which plan ran then: name one with --like")
    served = served_stages(found)
    if not served:
        raise ConfigurationError(f"period {period} shows no stage from its beginning to its end: nothing to keep")
    origin = (
        f"{found.junction.id}, {found.local:%Y-%m-%d %H:%M}, by {found.by}, {found.end_s - found.begin_s:.0f} s, "
        f"{len(found.spells)} stages"
    )
    try:
        candidate = make_candidate(Bundle.read(site), found.junction, served, name=plan, like=based_on, origin=origin)
    except CandidateError as error:
        raise ConfigurationError(str(error)) from error
    target = site / candidate.file
    try:
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(candidate.text)
    except OSError as error:
        raise ConfigurationError(f"{target} cannot be written: {error.strerror}") from error
    if json:
        say(as_json({"file": str(target), "findings": [str(finding) for finding in candidate.findings]}))
        return
    tell(f"wrote {target}")
    for finding in candidate.findings:
        say(str(finding))


def served_stages(period: ManualPeriod) -> list[Any]:
    """Stages in the order in which they first came, with every whole time they were served.

    The first and the last spell were cut by taking over and handing back: they count only for a stage that came in no
    other.
    """
    from plans.candidate import Served

    stages = [stage.id for stage in period.junction.stages]
    whole: dict[str, list[float]] = {}
    cut: dict[str, list[float]] = {}
    for place, spell in enumerate(period.spells):
        if spell.stage == 0 or not period.junction.stages[spell.stage - 1].selectable:
            continue
        inner = 0 < place < len(period.spells) - 1
        (whole if inner else cut).setdefault(stages[spell.stage - 1], []).append(spell.length_s)
    order = dict.fromkeys(stages[spell.stage - 1] for spell in period.spells if spell.stage > 0)
    found = [(stage, whole.get(stage) or cut.get(stage)) for stage in order]
    return [Served(stage, tuple(lengths)) for stage, lengths in found if lengths]


def period_record(period: ManualPeriod) -> dict[str, Any]:
    """A period as JSON."""
    return {
        "period": period.number,
        "junction": period.junction.id,
        "by": period.by,
        "local": period.local.isoformat(sep=" "),
        "begin_s": period.begin_s,
        "end_s": period.end_s,
        "plan": period.plan,
        "ended": period.ended,
        "stages": [
            {"stage": _stage(period, spell.stage), "begin_s": spell.begin_s, "length_s": spell.length_s}
            for spell in period.spells
        ],
    }


def _spells(period: ManualPeriod) -> str:
    return "  ".join(f"{_stage(period, spell.stage)} {spell.length_s:.0f} s" for spell in period.spells)


def _stage(period: ManualPeriod, number: int) -> str:
    return period.junction.stages[number - 1].id if number > 0 else "-"


def _breaks(result: Mapping[str, Any]) -> int:
    return int(result["invariant_breaks"])


def _periods(journal: Path) -> Sequence[ManualPeriod]:
    from field_io.manual_periods import read_manual_periods

    if not journal.exists():
        raise ConfigurationError(f"{journal} is not there: name a journal, a file or a folder")
    return read_manual_periods(journal)


def _period(journal: Path, number: int) -> ManualPeriod:
    periods = _periods(journal)
    if number > len(periods):
        raise UsageError(f"{journal} has {len(periods)} manual periods, and no {number} (`faikhiao manual list`)")
    return periods[number - 1]
