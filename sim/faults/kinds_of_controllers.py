"""What befalls the controller, its disk, its clock, and what is asked of it (groups D and E of the fault list)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from controller.events import CommandKind, OperatorAction, OperatorRequest, PermittedCommand
from sim.faults.centre import Centre
from sim.faults.fault import Fault, Heal, nothing
from sim.faults.world import FIRST_EPOCH, MONDAY_UTC_S, World

DAMAGED_SHARE = 1 / 3
"""Of the kills after which a file of the journal is damaged too."""


def killed(world: World, _fault: Fault, chance: random.Random) -> Heal:
    """Killed, and started again: from its snapshot, from a damaged one, or from nothing."""
    centre = world.centre
    if centre is None:
        return nothing
    snapshot = chance.choice((centre.snapshot, centre.snapshot, centre.snapshot[:-100], b""))
    own_epoch = chance.choice((centre.epoch, centre.epoch, 0))
    world.centre, world.paused = None, False
    if world.journal is not None:
        world.journal.killed()
        if chance.random() < DAMAGED_SHARE:
            world.journal.damage(chance)

    def heal() -> None:
        world.centre = world.start_centre(snapshot, own_epoch, world.journal)

    return heal


def disk_full(world: World, _fault: Fault, _chance: random.Random) -> Heal:
    """Nothing more can be written."""
    journal = world.journal
    if journal is None:
        return nothing
    journal.disk_fails = True

    def heal() -> None:
        journal.disk_fails = False

    return heal


def paused(world: World, _fault: Fault, _chance: random.Random) -> Heal:
    """Stopped in its tracks, and let go on."""
    centre = world.centre
    if centre is None or world.paused:
        return nothing
    world.paused = True

    def heal() -> None:
        if world.centre is centre:
            world.paused = False
            centre.wake()

    return heal


def _second_centre(world: World, centre: Centre) -> Heal:
    world.others.append(centre)

    def heal() -> None:
        world.others.remove(centre)

    return heal


def older_controller(world: World, _fault: Fault, chance: random.Random) -> Heal:
    """A controller of long ago comes back and goes on with its old epoch."""
    stored_epoch = world.stored_epoch
    centre = world.start_centre()
    world.stored_epoch = stored_epoch
    for talk in centre.conversations.values():
        talk.session.epoch = chance.randint(FIRST_EPOCH - 2, stored_epoch)
    return _second_centre(world, centre)


def newer_controller(world: World, _fault: Fault, _chance: random.Random) -> Heal:
    """A second controller is started by mistake, takes over, and goes away again."""
    return _second_centre(world, world.start_centre())


def mad_centre(world: World, _fault: Fault, chance: random.Random) -> Heal:
    """The centre asks for another stage every second, whatever the time, and lets go now and then."""
    centre = world.centre
    if centre is None or centre.meddle is not None:
        return nothing
    stages = {junction.id: len(junction.stages) for junction in world.site.network.junctions}
    kinds = (CommandKind.REQUEST_STAGE,) * 12 + (CommandKind.RENEW, CommandKind.RELEASE, CommandKind.RUN_LOCAL_PLAN)

    def meddle(commands: Sequence[PermittedCommand]) -> Sequence[PermittedCommand]:
        return [_another(command, stages[command.junction] + 1, chance.choice(kinds), chance) for command in commands]

    centre.meddle = meddle

    def heal() -> None:
        centre.meddle = None

    return heal


def _another(command: PermittedCommand, last: int, kind: CommandKind, chance: random.Random) -> PermittedCommand:
    """Any stage, also one that is not there, based on what the interlock saw where it saw it."""
    stage = chance.randint(1, last) if kind is CommandKind.REQUEST_STAGE else 0
    return replace(command, kind=kind, stage=stage, min_green_s=float(chance.choice((0, 5))))


def wall_clock_steps(world: World, _fault: Fault, chance: random.Random) -> Heal:
    """The machine's wall clock is set, and set back."""
    centre = world.centre
    if centre is None:
        return nothing
    centre.set_civil_time(MONDAY_UTC_S + chance.choice((-3600.0, -1.0, 1.0, 61.0, 3600.0)))
    return lambda: centre.set_civil_time(MONDAY_UTC_S)


def operators_everywhere(world: World, _fault: Fault, chance: random.Random) -> Heal:
    """Plans, stages and strategies are chosen by hand in any second of the cycle."""
    centre = world.centre
    if centre is None:
        return nothing
    junctions = world.site.network.junctions
    for junction in chance.sample(junctions, min(3, len(junctions))):
        wish = chance.choice((OperatorAction.PLAN, OperatorAction.HOLD, OperatorAction.STEP, OperatorAction.MODE))
        centre.request(
            OperatorRequest(
                wish,
                junction.id,
                stage=chance.randint(1, len(junction.stages)) if wish is OperatorAction.HOLD else None,
                plan=chance.choice(("day", "night")) if wish is OperatorAction.PLAN else None,
                strategy=chance.choice(("fixed_time", "actuated")) if wish is OperatorAction.MODE else None,
                until_s=world.now_s + 30.0,
                by="nemesis",
            )
        )

    def heal() -> None:
        if world.centre is not None:
            for junction in junctions:
                for action in (OperatorAction.RELEASE, OperatorAction.PLAN, OperatorAction.MODE):
                    world.centre.request(OperatorRequest(action, junction.id, by="nemesis"))

    return heal
