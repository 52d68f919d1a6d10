"""Do its lamps change by the rules, whoever asks? One tour through all stages is looked at by several statements."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from controller.events import CabinetMode, CommandKind
from controller.model import Aspect
from field_io.cabinet_check.probe import Probe
from field_io.cabinet_check.trace import Run, runs_of
from field_io.cabinet_check.verdict import NotApplicable, Statement, expect
from field_io.registers import Capability, CommandState, Status

SHORTEST_AMBER_MS = 3000
"""MUTCD 4D.26: 3 to 6 s; used where the site does not say more."""
SLACK_MS = 100
"""One scan of the cabinet."""
LAMP_LAG_MS = 300
FOLLOWS = {
    Aspect.RED: {Aspect.RED_AMBER, Aspect.GREEN},
    Aspect.RED_AMBER: {Aspect.GREEN},
    Aspect.GREEN: {Aspect.AMBER, Aspect.FLASHING_GREEN, Aspect.RED},
    Aspect.AMBER: {Aspect.RED},
    Aspect.FLASHING_GREEN: {Aspect.RED},
}
"""The only ways an aspect may go while the cabinet is on duty; of vehicles, green leads to amber alone."""
RIGHT_OF_WAY = frozenset({Aspect.GREEN, Aspect.AMBER, Aspect.RED_AMBER, Aspect.FLASHING_GREEN})
_CLAUSE = "Status snapshot, IR 118-125"


def tour(probe: Probe) -> list[Status]:
    """Every stage asked for once, each as soon as the one before it shows."""
    looks: list[Status] = probe.once("tour", lambda: list(_tour(probe)))
    return looks


def _tour(probe: Probe) -> Iterator[Status]:
    status = probe.settle()
    stages = probe.read_identity().stages
    start = status.active_stage
    for stage in (*range(start + 1, stages + 1), *range(1, start + 1)):
        status = probe.status()
        yield status
        asked = probe.block(CommandKind.REQUEST_STAGE, status, stage=stage)
        yield probe.accepted(probe.send(asked), f"a request for stage {stage}")
        for status in probe.watch(120.0, renew=True):
            yield status
            if status.active_stage == stage and status.command_state == CommandState.DONE:
                break
        expect(status.active_stage == stage, f"stage {stage} does not show within 120 s of its request")


def _all_runs(probe: Probe) -> list[Run]:
    looks = tour(probe)
    return [run for group in range(probe.read_identity().groups) for run in runs_of(looks, group)]


def _name(probe: Probe, group: int) -> str:
    return f"group {probe.expected.groups[group] if probe.expected else group + 1}"


def _order(probe: Probe) -> None:
    runs = _all_runs(probe)
    vehicles = _vehicles(probe, runs)
    for before, after in pairwise(runs):
        if before.group != after.group:
            continue
        allowed = FOLLOWS.get(before.aspect, set())
        if before.group in vehicles:
            allowed = allowed - {Aspect.RED} if before.aspect is Aspect.GREEN else allowed
        way = f"{before.aspect.name.lower()} to {after.aspect.name.lower()}"
        expect(after.aspect in allowed, f"{_name(probe, before.group)} goes from {way} at {after.first_ms} ms")


def _vehicles(probe: Probe, runs: list[Run]) -> set[int]:
    """By the site; without it those that were seen in amber."""
    if probe.expected is not None:
        return set(range(len(probe.expected.groups))) - probe.expected.pedestrian
    return {run.group for run in runs if run.aspect is Aspect.AMBER}


def _ambers(probe: Probe) -> None:
    for run in _all_runs(probe):
        if run.aspect not in {Aspect.AMBER, Aspect.FLASHING_GREEN}:
            continue
        wanted_ms = SHORTEST_AMBER_MS if run.aspect is Aspect.AMBER else 0
        if probe.expected is not None:
            wanted_ms = probe.expected.closing_ms[run.group]
        _lasts(probe, run, wanted_ms)


def _minimums(probe: Probe) -> None:
    expected = probe.knows_site()
    for run in _all_runs(probe):
        if run.aspect is Aspect.GREEN:
            _lasts(probe, run, expected.min_green_ms[run.group])


def _lasts(probe: Probe, run: Run, wanted_ms: int) -> None:
    longest_ms = run.at_most_ms
    if longest_ms is not None:
        what = f"{run.aspect.name.lower()} of {_name(probe, run.group)}"
        expect(
            longest_ms >= wanted_ms - SLACK_MS, f"{what} lasts {longest_ms} ms at most, and must last {wanted_ms} ms"
        )


def _intergreens(probe: Probe) -> None:
    expected = probe.knows_site()
    greens = [run for run in _all_runs(probe) if run.aspect is Aspect.GREEN]
    for ended in greens:
        for started in greens:
            wanted_ms = expected.intergreen_ms.get((ended.group, started.group))
            if wanted_ms is None or ended.after_ms is None or started.first_ms < ended.first_ms:
                continue
            between_ms = started.first_ms - ended.last_ms
            names = f"{_name(probe, ended.group)} to {_name(probe, started.group)}"
            expect(
                between_ms >= wanted_ms - SLACK_MS,
                f"{names}: {between_ms} ms at most from end of green to green, and the intergreen is {wanted_ms} ms",
            )


def _conflicts(probe: Probe) -> None:
    expected = probe.knows_site()
    for look in tour(probe):
        for i, j in expected.intergreen_ms:
            together = look.aspects[i] in RIGHT_OF_WAY and look.aspects[j] in RIGHT_OF_WAY
            names = f"{expected.groups[i]} and {expected.groups[j]}"
            expect(not together, f"{names} conflict, and both have right of way at {look.uptime_ms} ms")


def _stages(probe: Probe) -> None:
    expected = probe.knows_site()
    for look in tour(probe):
        if look.active_stage:
            green = {i for i in range(len(expected.groups)) if look.aspects[i] is Aspect.GREEN}
            wanted = expected.stages[look.active_stage - 1]
            expect(
                green == wanted,
                f"stage {look.active_stage} shows with groups {sorted(green)} green, not {sorted(wanted)}",
            )


def _waits(probe: Probe) -> None:
    """A request in the middle of a minimum green is taken and carried out when that has run."""
    first = probe.settle().active_stage
    for stage in [other for other in range(1, probe.read_identity().stages + 1) if other != first]:
        now = _comes(probe, stage)
        if now.min_green_left_ds > 10:
            back = probe.block(CommandKind.REQUEST_STAGE, now, stage=first)
            after = probe.accepted(probe.send(back), "a request within a minimum green")
            expect(after.command_state == CommandState.WAITING_MIN_GREEN, f"command state {after.command_state}, not 1")
            expect(after.aspects == now.aspects, "a request within a minimum green ends it")
            return
    raise NotApplicable("it has no stage with a minimum green of more than 1 s")


def _comes(probe: Probe, stage: int) -> Status:
    """Ask for a stage, and answer with the first look at which it shows."""
    probe.accepted(probe.say(CommandKind.REQUEST_STAGE, stage=stage), f"a request for stage {stage}")
    return probe.until(lambda status: status.active_stage == stage, f"stage {stage} does not show", renew=True)


def _lamps(probe: Probe) -> None:
    if not probe.read_identity().capabilities & Capability.LAMP_FEEDBACK:
        raise NotApplicable("it has no lamp feedback (IR 14)")
    groups, differs_ms = probe.read_identity().groups, 0
    looks = tour(probe)
    for before, look in pairwise(looks):
        same = look.lamps[:groups] == look.aspects[:groups]
        differs_ms = 0 if same else differs_ms + look.uptime_ms - before.uptime_ms
        expect(differs_ms <= LAMP_LAG_MS, f"for {differs_ms} ms its lamps have not shown what it drives")


def _all_red(probe: Probe) -> None:
    probe.settle()
    status = probe.accepted(probe.say(CommandKind.REQUEST_ALL_RED), "a request for all-red")
    expect(status.mode is CabinetMode.ALL_RED_HOLD, f"asked for all-red it is in mode {status.mode}")
    groups = probe.read_identity().groups
    probe.until(lambda s: set(s.aspects[:groups]) == {Aspect.RED}, "not all groups come to red", renew=True)


STATEMENTS = (
    Statement("IS-1", _CLAUSE, "aspects follow each other in their only order", _order),
    Statement("IS-2", _CLAUSE, "amber and clearance last as long as they must", _ambers),
    Statement("IS-3", _CLAUSE, "every green lasts its minimum, however soon the next stage is asked for", _minimums),
    Statement("IS-4", _CLAUSE, "no green begins before the intergreens from those that ended", _intergreens),
    Statement("IS-5", _CLAUSE, "groups that conflict never have right of way together", _conflicts),
    Statement("IS-6", "Status snapshot, IR 108", "a stage shows with just its groups green", _stages),
    Statement("IS-7", "Command states, 1", "a request within a minimum green is taken, and waits for it", _waits),
    Statement("IS-8", "Status snapshot, IR 126-133", "the lamps that it measures are those that it drives", _lamps),
    Statement("IS-9", "Commands, 5", "asked for all-red, every green ends by its rules and none begins", _all_red),
)
