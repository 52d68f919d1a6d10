"""The walk: every statement in its order, and whether the cabinet may be walked at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controller.events import CabinetMode
from field_io.cabinet_check import (
    epochs,
    identity,
    interstages,
    leases,
    reading,
    refusals,
    start_up,
    watchdogs,
)
from field_io.cabinet_check.line import NoAnswer
from field_io.cabinet_check.probe import LOCAL, Probe
from field_io.cabinet_check.verdict import Broken, NotApplicable, Outcome, Statement, Verdict

STATEMENTS: tuple[Statement, ...] = (
    *identity.STATEMENTS,
    *reading.STATEMENTS,
    *refusals.STATEMENTS,
    *leases.STATEMENTS,
    *epochs.STATEMENTS,
    *interstages.STATEMENTS,
    *start_up.STATEMENTS,
    *watchdogs.STATEMENTS,
)
"""In the order in which they are asked."""
SILENT = 3
"""After so many statements in a row without an answer the walk ends."""
DISTURBS = (
    "The check takes the cabinet over, asks for every stage, lets leases end, has it flash and start up. "
    "Nothing of that may happen at a junction with traffic."
)


def why_not(probe: Probe, *, loopback: bool) -> str | None:
    """Why this cabinet may be at work in a street and must not be walked; `None` when nothing speaks for it."""
    if not loopback:
        return "its address is beyond this machine, so it may stand in a street"
    try:
        status = probe.status()
    except Broken:
        return None  # whatever it is, it is on this machine and nobody can command it by such a snapshot
    if status.owner_epoch and status.lease_left_ds:
        return f"a controller (epoch {status.owner_epoch}) holds its lease and drives it"
    if status.mode is CabinetMode.MANUAL:
        return "somebody works it by hand"
    return None


def chosen(groups: Iterable[str]) -> tuple[Statement, ...]:
    """Statements by id or by the letters before it; all for none. Raises KeyError for what names none."""
    wanted = tuple(groups)
    for name in wanted:
        if not any(_named(one, name) for one in STATEMENTS):
            raise KeyError(name)
    return tuple(one for one in STATEMENTS if not wanted or any(_named(one, name) for name in wanted))


def _named(statement: Statement, name: str) -> bool:
    return name.upper() in {statement.id, statement.id.partition("-")[0]}


def walk(probe: Probe, statements: Iterable[Statement] = STATEMENTS) -> Iterator[Outcome]:
    """Ask each statement; raises NoAnswer when the cabinet has fallen silent. Leaves the cabinet released."""
    silent = 0
    for statement in statements:
        try:
            statement.check(probe)
        except Broken as broken:
            outcome = Outcome(statement, Verdict.FAIL, str(broken))
        except NotApplicable as reason:
            outcome = Outcome(statement, Verdict.NOT_APPLICABLE, str(reason))
        except NoAnswer as error:
            silent += 1
            if silent == SILENT:
                raise
            yield Outcome(statement, Verdict.FAIL, f"no answer: {error}")
            continue
        else:
            outcome = Outcome(statement, Verdict.PASS)
        silent = 0
        yield outcome
    _leave(probe)


def _leave(probe: Probe) -> None:
    """Let go of what we hold."""
    try:
        if probe.status().mode not in LOCAL:
            probe.rest()
    except (Broken, NotApplicable, NoAnswer):
        return
