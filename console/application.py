"""The command `faikhiao`: which commands there are, and how each of them ends.

A command is a function in `console/commands/`; it imports what it needs when it runs, so that help is instant and `run`
and `cabinet` work without SUMO.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import typer

from console.commands import (
    audit,
    bench,
    bundle,
    cabinet,
    cabinet_check,
    calendar,
    certificates,
    check,
    compare,
    demo,
    deploy,
    doctor,
    estimates,
    events,
    explain,
    exporting,
    faults,
    importing,
    manual,
    networks,
    operating,
    replay,
    report,
    run,
    schema,
    simulate,
    tune,
    version,
)
from console.exits import MEANING, exit_code_of, message_of
from console.output import tell

HELP = """Run a city's traffic signals: loops over MQTT, cabinets over Modbus, every change proved in SUMO first."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words, its function and what can be pasted into a shell."""

    words: tuple[str, ...]
    function: Callable[..., None]
    examples: tuple[str, ...]


COMMANDS: tuple[Command, ...] = (
    Command(("demo",), demo.demo, demo.EXAMPLES),
    Command(("run",), run.run, run.EXAMPLES),
    Command(("simulate",), simulate.simulate, simulate.EXAMPLES),
    Command(("bench",), bench.bench, bench.EXAMPLES),
    Command(("bench-page",), bench.page, bench.PAGE_EXAMPLES),
    Command(("estimates",), estimates.estimates, estimates.EXAMPLES),
    Command(("networks", "make"), networks.make, networks.EXAMPLES),
    Command(("check",), check.check, check.EXAMPLES),
    Command(("calendar",), calendar.calendar, calendar.EXAMPLES),
    Command(("compare",), compare.compare, compare.EXAMPLES),
    Command(("tune",), tune.tune, tune.EXAMPLES),
    Command(("import", "sumo"), importing.sumo, importing.EXAMPLES),
    Command(("import", "utdf"), importing.utdf, importing.UTDF_EXAMPLES),
    Command(("export",), exporting.export, exporting.EXAMPLES),
    Command(("replay",), replay.replay, replay.EXAMPLES),
    Command(("explain",), explain.explain, explain.EXAMPLES),
    Command(("report",), report.report, report.EXAMPLES),
    Command(("events",), events.events, events.EXAMPLES),
    Command(("cabinet",), cabinet.cabinet, cabinet.EXAMPLES),
    Command(("cabinet-check",), cabinet_check.cabinet_check, cabinet_check.EXAMPLES),
    Command(("faults",), faults.faults, faults.EXAMPLES),
    Command(("operator", "state"), operating.state, operating.EXAMPLES["state"]),
    Command(("operator", "decisions"), operating.decisions, operating.EXAMPLES["decisions"]),
    Command(("operator", "hold"), operating.hold, operating.EXAMPLES["hold"]),
    Command(("operator", "step"), operating.step, operating.EXAMPLES["step"]),
    Command(("operator", "release"), operating.release, operating.EXAMPLES["release"]),
    Command(("operator", "plan"), operating.plan, operating.EXAMPLES["plan"]),
    Command(("operator", "mode"), operating.mode, operating.EXAMPLES["mode"]),
    Command(("operator", "token"), operating.token, operating.EXAMPLES["token"]),
    Command(("operator", "revoke"), operating.revoke, operating.EXAMPLES["revoke"]),
    Command(("certificates", "make"), certificates.make, certificates.EXAMPLES["make"]),
    Command(("certificates", "revoke"), certificates.revoke, certificates.EXAMPLES["revoke"]),
    Command(("audit", "verify"), audit.verify, audit.EXAMPLES["verify"]),
    Command(("audit", "show"), audit.show, audit.EXAMPLES["show"]),
    Command(("bundle", "key"), bundle.key, bundle.EXAMPLES["key"]),
    Command(("bundle", "make"), bundle.make, bundle.EXAMPLES["make"]),
    Command(("bundle", "verify"), bundle.verify, bundle.EXAMPLES["verify"]),
    Command(("deploy",), deploy.deploy, deploy.EXAMPLES),
    Command(("manual", "list"), manual.list_periods, manual.EXAMPLES["list"]),
    Command(("manual", "replay"), manual.replay, manual.EXAMPLES["replay"]),
    Command(("manual", "save"), manual.save, manual.EXAMPLES["save"]),
    Command(("doctor",), doctor.doctor, doctor.EXAMPLES),
    Command(("schema",), schema.schema, schema.EXAMPLES),
    Command(("version",), version.version, version.EXAMPLES),
)
"""Every command, in the order of the help."""

FAMILIES = {
    "networks": "Networks of our own to measure on.",
    "import": "Make a site, or a plan of one, from another program's files.",
    "bundle": "A site as one signed file that `deploy` puts into a running service.",
    "manual": "What people did by hand: listed, tried again in SUMO, kept as a plan candidate.",
    "operator": "Watch and overrule a running service through its control API.",
    "certificates": "A city's own small certificate authority, for a first set-up and for tests.",
    "audit": "Who asked for what, and whether anybody changed the record of it.",
}
"""Commands of two words: the first word and what the second ones have in common."""


def build() -> typer.Typer:
    """The application with all commands."""
    app = typer.Typer(
        name="faikhiao",
        help=HELP,
        epilog=_exit_codes(),
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )
    app.callback()(_nothing)
    families = {}
    for word, help_text in FAMILIES.items():
        families[word] = typer.Typer(help=help_text, no_args_is_help=True, rich_markup_mode=None)
    for command in COMMANDS:
        parent = families[command.words[0]] if len(command.words) == 2 else app
        parent.command(command.words[-1], epilog=_examples(command))(_ending_well(command.function))
        if len(command.words) == 2 and not any(group.name == command.words[0] for group in app.registered_groups):
            app.add_typer(parent, name=command.words[0])
    return app


def _nothing() -> None:
    """Let `faikhiao` itself do nothing."""


def _ending_well(function: Callable[..., None]) -> Callable[..., None]:
    """The command with its failures turned into a sentence and an exit code; a bug keeps its traceback."""

    @functools.wraps(function)
    def answered(*args: object, **options: object) -> None:
        try:
            function(*args, **options)
        except (Exception, KeyboardInterrupt) as error:
            code = exit_code_of(error)
            if code is None:
                raise
            tell(f"faikhiao: {message_of(error)}")
            raise typer.Exit(int(code)) from None

    return answered


def _examples(command: Command) -> str:
    lines = "\n".join(f"  {example}" for example in command.examples)
    return f"\b\nExamples:\n{lines}"


def _exit_codes() -> str:
    lines = "\n".join(f"  {int(code):3d}  {meaning}" for code, meaning in MEANING.items())
    return f"\b\nExit codes:\n{lines}"
