"""How the command line ends: one table from what went wrong to the exit code.

The table names exceptions by their full name, so that asking for help imports none of the packages that raise them.
A class that is not in the table is a bug, and shows its traceback.

ConsoleError                  said on standard error as one sentence: what, where, what to do
├── UsageError                    the command line contradicts itself
├── ConfigurationError            a file or folder that was named cannot be used
├── UnreachableError              a broker, cabinet or running service does not answer
└── SafetyBrokenError             a run of our own strategies broke a safety rule
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum


class ExitCode(IntEnum):
    """What a shell or a CI job can tell apart."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    CONFIGURATION = 3
    UNREACHABLE = 4
    SAFETY = 5
    INTERRUPTED = 130


MEANING: Mapping[ExitCode, str] = {
    ExitCode.OK: "done, nothing to complain of",
    ExitCode.FINDINGS: "findings (`check`, `doctor`, `bundle`, `compare`, `faults`), or a `replay` that differs",
    ExitCode.USAGE: "the command line is wrong: unknown command, option or value",
    ExitCode.CONFIGURATION: "a site, scenario, network, journal, bundle or token file cannot be used, or is refused",
    ExitCode.UNREACHABLE: "a broker, cabinet or running service does not answer, or a port is taken",
    ExitCode.SAFETY: "a run of our own strategies, or an injected fault, broke a safety rule",
    ExitCode.INTERRUPTED: "stopped by Ctrl-C",
}


class ConsoleError(Exception):
    """A failure that the command line knows; its text is the whole message."""


class UsageError(ConsoleError):
    """The options contradict each other."""


class ConfigurationError(ConsoleError):
    """What was named cannot be used."""


class UnreachableError(ConsoleError):
    """Nobody answers there."""


class SafetyBrokenError(ConsoleError):
    """The monitor counted breaks of S1-S4 in a run of our own strategies."""


CODE_OF: Mapping[str, ExitCode] = {
    "console.exits.UsageError": ExitCode.USAGE,
    "console.exits.ConfigurationError": ExitCode.CONFIGURATION,
    "console.exits.UnreachableError": ExitCode.UNREACHABLE,
    "console.exits.SafetyBrokenError": ExitCode.SAFETY,
    "plans.findings.PlanError": ExitCode.CONFIGURATION,
    "plans.tuning.demand.DemandError": ExitCode.CONFIGURATION,
    "plans.exchange.utdf_text.UtdfRefused": ExitCode.CONFIGURATION,
    "field_io.errors.Unreachable": ExitCode.UNREACHABLE,
    "field_io.errors.SettingsError": ExitCode.CONFIGURATION,
    "field_io.errors.JournalError": ExitCode.CONFIGURATION,
    "field_io.deployment.refusal.DeploymentRefused": ExitCode.CONFIGURATION,
    "sim.scenario.ScenarioError": ExitCode.CONFIGURATION,
    "sim.tuning.workers.WorkersLostError": ExitCode.UNREACHABLE,
    "sim.importer.report.ImportRefused": ExitCode.CONFIGURATION,
    "sim.exchange.layout.LayoutError": ExitCode.CONFIGURATION,
    "sim.networks.spec.SpecError": ExitCode.CONFIGURATION,
    "sim.net_building.NetworkBuildError": ExitCode.CONFIGURATION,
    "sim.cabinet.config.ConfigRefused": ExitCode.CONFIGURATION,
    "sim.sumo_binaries.SumoMissingError": ExitCode.CONFIGURATION,
    "builtins.KeyboardInterrupt": ExitCode.INTERRUPTED,
}
"""By the full name of the class; the nearest ancestor of an exception that is listed decides."""


def exit_code_of(error: BaseException) -> ExitCode | None:
    """The exit code of an exception; `None` where it is a bug and must be seen."""
    if isinstance(error, BaseExceptionGroup):
        codes = {exit_code_of(part) for part in error.exceptions}
        return codes.pop() if len(codes) == 1 else None
    for kind in type(error).__mro__:
        code = CODE_OF.get(f"{kind.__module__}.{kind.__qualname__}")
        if code is not None:
            return code
    return None


def message_of(error: BaseException) -> str:
    """What to print on standard error."""
    if isinstance(error, BaseExceptionGroup):
        return "\n".join(message_of(part) for part in error.exceptions)
    if isinstance(error, KeyboardInterrupt):
        return "stopped"
    return str(error)
