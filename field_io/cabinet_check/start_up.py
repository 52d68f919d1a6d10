"""Does it flash at once, come on in order, and take no request meanwhile?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from controller.events import CabinetMode, CommandKind
from controller.model import Aspect
from field_io.cabinet_check.probe import LOCAL, Probe
from field_io.cabinet_check.trace import runs_of
from field_io.cabinet_check.verdict import NotApplicable, Statement, expect
from field_io.registers import ResultCode, Status

FLASHING = frozenset({Aspect.FLASHING_AMBER, Aspect.FLASHING_RED, Aspect.DARK})
MIN_FLASH_MS = 6000
"""A flash lasts 6 to 16 s at least (EDI CMU-212)."""
MIN_STEP_MS = 3000
"""Each step of a start-up lasts 3 s or more (RSMP)."""
_FLASH, _MODE = "Commands, 6", "Modes, 1"


def _flash(probe: Probe) -> Status:
    probe.settle()
    return probe.accepted(probe.say(CommandKind.REQUEST_FLASH), "a request to flash")


def _at_once(probe: Probe) -> None:
    status, groups = _flash(probe), probe.read_identity().groups
    expect(
        status.mode in {CabinetMode.FLASH_AMBER, CabinetMode.FLASH_RED}, f"asked to flash it is in mode {status.mode}"
    )
    expect(set(status.aspects[:groups]) <= FLASHING, "groups show something else than flashing or dark")


def _no_request_in_flash(probe: Probe) -> None:
    before = _flash(probe)
    said = probe.say(CommandKind.REQUEST_STAGE, stage=1)
    probe.refused(said, ResultCode.MODE, "a request for a stage while it flashes")
    expect(said.status.mode is before.mode, "a request for a stage ends its flash")


def coming_on(probe: Probe) -> list[Status]:
    """From the release of a flash until it runs its own plan, with a request at each second of the start-up."""
    looks: list[Status] = probe.once("coming on", lambda: list(_coming_on(probe)))
    return looks


def _coming_on(probe: Probe) -> Iterator[Status]:
    first = _flash(probe)
    yield first
    probe.accepted(probe.say(CommandKind.RELEASE), "a release while it flashes")
    for status in probe.watch(120.0):
        yield status
        if status.mode in LOCAL:
            return
        if status.mode is CabinetMode.START_UP and not status.snapshot % 10:
            yield probe.say(CommandKind.REQUEST_STAGE, stage=1).status
    expect(holds=False, seen="it does not come back to its own plan within 120 s of a release")


def _flash_lasts(probe: Probe) -> None:
    looks = coming_on(probe)
    end = next((look for look in looks if look.mode is CabinetMode.START_UP), None)
    expect(end is not None, "no start-up follows the flash")
    if end is not None:
        lasted_ms = end.uptime_ms - looks[0].uptime_ms
        expect(lasted_ms >= MIN_FLASH_MS - 200, f"it flashed for {lasted_ms} ms only")


def _refuses(probe: Probe) -> None:
    results = [look.result for look in coming_on(probe) if look.mode is CabinetMode.START_UP and look.result > 1]
    expect(ResultCode.MODE in results, "no request was refused with result 20 during start-up")
    left = [look for look in coming_on(probe) if look.mode is CabinetMode.REMOTE]
    expect(not left, "a request took effect during start-up")


def _in_order(probe: Probe) -> None:
    """No green until the lamps have shown red, or amber and then the first stage's darkness; steps not too short."""
    looks = [look for look in coming_on(probe) if look.mode is CabinetMode.START_UP]
    groups = range(probe.read_identity().groups)
    expect(bool(looks), "no start-up was seen")
    for group in groups:
        runs = runs_of(looks, group)
        for before, after in pairwise(runs):
            lawful = after.aspect is not Aspect.GREEN or before.aspect in {Aspect.RED, Aspect.RED_AMBER, Aspect.DARK}
            expect(lawful, f"group {group + 1} goes from {before.aspect.name.lower()} to green in the start-up")
        for run in runs:
            short = run.at_most_ms is not None and run.at_most_ms < MIN_STEP_MS - 200
            expect(not (run.aspect is Aspect.AMBER and short), f"group {group + 1}: {run.at_most_ms} ms of amber only")
    red = [look for look in looks if all(look.aspects[g] in {Aspect.RED, Aspect.DARK} for g in groups)]
    expect(bool(red), "the start-up has no moment without right of way before its first stage")


def _power(probe: Probe) -> None:
    if probe.person is None:
        raise NotApplicable("needs somebody at the cabinet: --with-a-person")
    status = probe.take()
    old = probe.block(CommandKind.RENEW, status)
    boot_id = probe.read_identity().boot_id
    probe.person("switch the cabinet off, and on again at once")
    expect(probe.read_identity().boot_id != boot_id, "its boot id is the old one after a power cut")
    first = probe.status()
    expect(first.mode is CabinetMode.START_UP, f"after a power cut it is in mode {first.mode}, not in start-up")
    expect(first.owner_epoch == 0 and not first.lease_left_ds, "it remembers its owner over a power cut")
    probe.refused(probe.send(old), ResultCode.BOOT_ID, "a block from before the power cut")
    probe.refused(probe.say(CommandKind.REQUEST_STAGE, stage=1), ResultCode.MODE, "a request during start-up")
    probe.until(lambda s: s.mode in LOCAL, "it does not come to its own plan")


STATEMENTS = (
    Statement("SU-1", _FLASH, "asked to flash it flashes at once", _at_once),
    Statement("SU-2", "Result codes, 20", "while it flashes no stage can be asked for", _no_request_in_flash),
    Statement("SU-3", _FLASH, "a flash lasts 6 s at least, and a start-up follows it", _flash_lasts),
    Statement("SU-4", "Result codes, 20", "during start-up no request is taken", _refuses),
    Statement("SU-5", _MODE, "lamps come on in order: no green before red, ambers of 3 s", _in_order),
    Statement("SU-6", "Identity, IR 26-29", "a power cut makes a new boot id and forgets the owner", _power),
)
