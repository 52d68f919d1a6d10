"""What befalls the town, and when: the kinds of faults as a table, and a schedule made from a seed.

A kind is a function that breaks something in the world and answers how it is mended. Each fault has chance of its own,
so that leaving one out of a story changes no other.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from controller.events import CommandKind, OperatorAction, OperatorRequest, PermittedCommand
from field_io.registers import ClockStatus, FaultBit
from sim.faults.centre import Centre
from sim.faults.line import TROUBLES
from sim.faults.messages import LOOP_TROUBLES, MESSAGE_TROUBLES, MessageTrouble
from sim.faults.world import FIRST_EPOCH, MONDAY_UTC_S, World

Heal = Callable[[], None]
DAMAGED_SHARE = 1 / 3
"""Of the kills after which a file of the journal is damaged too."""
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a story. Times are seconds since the run began."""

    number: int
    kind: str
    junction: str
    begin_s: int
    end_s: int
    seed: int

    def __str__(self) -> str:
        where = f" at {self.junction}" if KINDS[self.kind].local else ""
        return f"{self.begin_s:6d} to {self.end_s:6d} s  {KINDS[self.kind].group}  {self.kind}{where} (#{self.number})"

    @property
    def chance(self) -> random.Random:
        """Its own, whatever else happens."""
        return random.Random(f"{self.seed}/{self.number}/{self.kind}")


Inject = Callable[[World, Fault, random.Random], Heal]


@dataclass(frozen=True, slots=True)
class FaultKind:
    """What may happen: its group in the fault list, how it is done, and how long it lasts [s]."""

    group: str
    inject: Inject
    lasts_s: tuple[int, int] = (5, 300)
    local: bool = True
    """Whether it strikes one junction."""


# ------------------------------------------------------------------------------------------- A: messages and broker


def _of_messages(name: str) -> Inject:
    def inject(world: World, fault: Fault, chance: random.Random) -> Heal:
        return _through_broker(world, fault, MESSAGE_TROUBLES[name](chance))

    return inject


def _through_broker(world: World, fault: Fault, trouble: MessageTrouble) -> Heal:
    world.broker.troubles[fault.number] = trouble
    return lambda: _drop(world.broker.troubles, fault.number)


def broker_down(world: World, fault: Fault, _chance: random.Random) -> Heal:
    """Nobody hears anybody."""
    return _through_broker(world, fault, lambda _message, _now_s: [])


def broker_frozen(world: World, fault: Fault, _chance: random.Random) -> Heal:
    """Messages wait in the broker, and then all come at once."""
    begin_s = world.now_s - fault.begin_s
    return _through_broker(world, fault, lambda message, now_s: [(max(0.0, begin_s + fault.end_s - now_s), message)])


def gateway_silent(world: World, fault: Fault, _chance: random.Random) -> Heal:
    """A gateway dies, and later starts anew."""
    gateway = world.gateways.of[fault.junction]
    gateway.silent = True

    def heal() -> None:
        gateway.silent = False
        gateway.reboot()

    return heal


def flood(world: World, fault: Fault, _chance: random.Random) -> Heal:
    """A gateway says everything ten times."""
    gateway = world.gateways.of[fault.junction]
    gateway.copies = 10

    def heal() -> None:
        gateway.copies = 1

    return heal


def gateway_reboot(world: World, fault: Fault, _chance: random.Random) -> Heal:
    """A gateway starts anew without having been missed."""
    world.gateways.of[fault.junction].reboot()
    return _nothing


def gateway_clock(world: World, fault: Fault, chance: random.Random) -> Heal:
    """A gateway's clock is off by minutes, and is set right again."""
    gateway = world.gateways.of[fault.junction]
    gateway.clock_off_s += chance.choice((-3600.0, -120.0, -7.0, 9.0, 300.0, 86_400.0))

    def heal() -> None:
        gateway.clock_off_s = 0.0

    return heal


# ---------------------------------------------------------------------------------------------------- B: detectors


def _of_loops(name: str) -> Inject:
    def inject(world: World, fault: Fault, chance: random.Random) -> Heal:
        loops = len(world.traffic.seen()[fault.junction].counts)
        places = chance.sample(range(loops), chance.randint(1, 3))
        troubles = world.gateways.loop_troubles.setdefault(fault.junction, {})
        for place in places:
            troubles[fault.number, place] = LOOP_TROUBLES[name](chance)

        def heal() -> None:
            for place in places:
                troubles.pop((fault.number, place), None)

        return heal

    return inject


def swapped_loops(world: World, fault: Fault, chance: random.Random) -> Heal:
    """Two loops bear each other's names."""
    loops = len(world.traffic.seen()[fault.junction].counts)
    one, other = chance.sample(range(loops), 2)
    world.gateways.swapped[fault.junction] = (one, other)
    return lambda: _drop(world.gateways.swapped, fault.junction)


def all_loops_lost(world: World, fault: Fault, _chance: random.Random) -> Heal:
    """Nothing comes of one junction's loops."""
    level = f"/{fault.junction}/"
    return _through_broker(world, fault, lambda message, _now_s: [] if level in message.topic else [(0.0, message)])


# ------------------------------------------------------------------------------------------- C: cabinets and lines


def _of_line(name: str) -> Inject:
    def inject(world: World, fault: Fault, chance: random.Random) -> Heal:
        troubles = world.places[fault.junction].troubles
        troubles[fault.number] = TROUBLES[name](chance)
        return lambda: _drop(troubles, fault.number)

    return inject


def power_cycle(world: World, fault: Fault, _chance: random.Random) -> Heal:
    """The mains blink."""
    world.places[fault.junction].cabinet.power_cycle()
    return _nothing


def power_cut(world: World, fault: Fault, _chance: random.Random) -> Heal:
    """The mains fail for a while."""
    cabinet = world.places[fault.junction].cabinet
    cabinet.power_off()
    return cabinet.power_on


def police(world: World, fault: Fault, chance: random.Random) -> Heal:
    """An officer takes the key, and presses the button now and then."""
    cabinet = world.places[fault.junction].cabinet
    cabinet.set_manual(on=True)
    for _ in range(chance.randint(0, 3)):
        cabinet.step_manual()
    return lambda: cabinet.set_manual(on=False)


def flash_switch(world: World, fault: Fault, chance: random.Random) -> Heal:
    """Somebody on site switches to flash."""
    cabinet = world.places[fault.junction].cabinet
    cabinet.request_flash(on=True, red=chance.random() < 0.3)
    return lambda: cabinet.request_flash(on=False)


def latched_fault(world: World, fault: Fault, chance: random.Random) -> Heal:
    """A safety fault latches; in the end somebody comes with the key."""
    cabinet = world.places[fault.junction].cabinet
    cabinet.raise_fault(chance.choice((FaultBit.CONFLICT, FaultBit.RED_FAIL, FaultBit.SHORT_AMBER)), latched=True)
    return cabinet.reset_on_site


def cabinet_clock_lost(world: World, fault: Fault, _chance: random.Random) -> Heal:
    """The cabinet does not know what time it is."""
    cabinet = world.places[fault.junction].cabinet
    cabinet.set_clock(0.0, ClockStatus.NEVER_SET)
    return lambda: cabinet.set_clock(MONDAY_UTC_S + world.now_s)


def cabinet_clock_steps(world: World, fault: Fault, chance: random.Random) -> Heal:
    """The cabinet's clock is set to another hour, and back."""
    cabinet = world.places[fault.junction].cabinet
    cabinet.set_clock(MONDAY_UTC_S + world.now_s + chance.choice((-3600.0, -31.0, 17.0, 3600.0)))
    return lambda: cabinet.set_clock(MONDAY_UTC_S + world.now_s)


def not_ready(world: World, fault: Fault, _chance: random.Random) -> Heal:
    """Every write is answered by exception 06."""
    cabinet = world.places[fault.junction].cabinet
    cabinet.not_ready = True

    def heal() -> None:
        cabinet.not_ready = False

    return heal


# ----------------------------------------------------------------------------------------------- D: the controller


def killed(world: World, _fault: Fault, chance: random.Random) -> Heal:
    """Killed, and started again: from its snapshot, from a damaged one, or from nothing."""
    centre = world.centre
    if centre is None:
        return _nothing
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
        return _nothing
    journal.disk_fails = True

    def heal() -> None:
        journal.disk_fails = False

    return heal


def paused(world: World, _fault: Fault, _chance: random.Random) -> Heal:
    """Stopped in its tracks, and let go on."""
    centre = world.centre
    if centre is None or world.paused:
        return _nothing
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
        return _nothing
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
        return _nothing
    centre.set_civil_time(MONDAY_UTC_S + chance.choice((-3600.0, -1.0, 1.0, 61.0, 3600.0)))
    return lambda: centre.set_civil_time(MONDAY_UTC_S)


# ----------------------------------------------------------------------------------------------------- E: plans


def operators_everywhere(world: World, _fault: Fault, chance: random.Random) -> Heal:
    """Plans, stages and strategies are chosen by hand in any second of the cycle."""
    centre = world.centre
    if centre is None:
        return _nothing
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


def _nothing() -> None:
    """Nothing has to be mended."""


def _drop(troubles: dict[_Key, _Value], key: _Key) -> None:
    troubles.pop(key, None)


KINDS: dict[str, FaultKind] = {
    **{name: FaultKind("A", _of_messages(name), local=False) for name in MESSAGE_TROUBLES},
    "broker down": FaultKind("A", broker_down, (5, 600), local=False),
    "broker frozen": FaultKind("A", broker_frozen, (5, 120), local=False),
    "gateway silent": FaultKind("A", gateway_silent),
    "flood": FaultKind("A", flood, (5, 60)),
    "gateway reboot": FaultKind("A", gateway_reboot, (1, 1)),
    "gateway clock": FaultKind("A", gateway_clock),
    **{name: FaultKind("B", _of_loops(name), (60, 1500)) for name in LOOP_TROUBLES},
    "swapped loops": FaultKind("B", swapped_loops, (60, 1500)),
    "all loops lost": FaultKind("B", all_loops_lost),
    **{f"line {name}": FaultKind("C", _of_line(name), (2, 120)) for name in TROUBLES},
    "power cycle": FaultKind("C", power_cycle, (1, 1)),
    "power cut": FaultKind("C", power_cut, (1, 120)),
    "police": FaultKind("C", police, (5, 300)),
    "flash switch": FaultKind("C", flash_switch, (1, 120)),
    "latched fault": FaultKind("C", latched_fault, (5, 300)),
    "cabinet clock lost": FaultKind("C", cabinet_clock_lost),
    "cabinet clock steps": FaultKind("C", cabinet_clock_steps),
    "not ready": FaultKind("C", not_ready, (2, 60)),
    "killed": FaultKind("D", killed, (1, 40), local=False),
    "paused": FaultKind("D", paused, (3, 60), local=False),
    "older controller": FaultKind("D", older_controller, (5, 200), local=False),
    "newer controller": FaultKind("D", newer_controller, (5, 120), local=False),
    "mad centre": FaultKind("D", mad_centre, (5, 120), local=False),
    "wall clock steps": FaultKind("D", wall_clock_steps, local=False),
    "disk full": FaultKind("D", disk_full, local=False),
    "operators everywhere": FaultKind("E", operators_everywhere, (5, 120), local=False),
}
"""Everything that may happen, by name."""

CYCLE_S, STORM_S = 3600, 3000
"""An hour: faults for fifty minutes, then ten minutes of peace in which everything must come back."""
LOCAL_GAP_S, WIDE_GAP_S = 500.0, 240.0
"""Mean time between two faults of one junction, and between two that strike the whole town."""


def schedule(seed: int, junctions: Sequence[str], seconds: int, kinds: Sequence[str] = tuple(KINDS)) -> list[Fault]:
    """The faults of a run, in order of their beginning; none lasts into the peace at the end of an hour."""
    local = [kind for kind in kinds if KINDS[kind].local]
    wide = [kind for kind in kinds if not KINDS[kind].local]
    chance = random.Random(f"schedule/{seed}")
    told = [
        *_strokes(chance, local, LOCAL_GAP_S / len(junctions), seconds),
        *_strokes(chance, wide, WIDE_GAP_S, seconds),
    ]
    faults: list[Fault] = []
    for begin_s, kind in sorted(told):
        peace_s = begin_s - begin_s % CYCLE_S + STORM_S
        end_s = min(begin_s + chance.randint(*KINDS[kind].lasts_s), peace_s)
        junction = chance.choice(junctions)
        if begin_s < end_s:
            faults.append(Fault(len(faults) + 1, kind, junction, begin_s, end_s, seed))
    return faults


def _strokes(chance: random.Random, kinds: Sequence[str], gap_s: float, seconds: int) -> list[tuple[int, str]]:
    """(second, kind), as they come by chance."""
    strokes: list[tuple[int, str]] = []
    at_s = 30.0 + chance.expovariate(1.0 / gap_s)
    while kinds and at_s < seconds:
        strokes.append((int(at_s), chance.choice(kinds)))
        at_s += chance.expovariate(1.0 / gap_s)
    return strokes


@dataclass(order=True, slots=True)
class _Due:
    """A fault that is to be mended."""

    at_s: int
    number: int
    heal: Heal = field(compare=False)


class Nemesis:
    """Breaks and mends the world as a story says."""

    def __init__(self, world: World, faults: Sequence[Fault]) -> None:
        self._world = world
        self._begin_s = world.now_s
        self._due = sorted(faults, key=lambda fault: (fault.begin_s, fault.number), reverse=True)
        self._healing: list[_Due] = []

    def second(self) -> None:
        """Before the next second: mend what is due, then break what is due."""
        elapsed_s, changed = self._world.now_s - self._begin_s, False
        while self._healing and self._healing[0].at_s <= elapsed_s:
            heapq.heappop(self._healing).heal()
            changed = True
        while self._due and self._due[-1].begin_s <= elapsed_s:
            fault = self._due.pop()
            heal = KINDS[fault.kind].inject(self._world, fault, fault.chance)
            heapq.heappush(self._healing, _Due(fault.end_s, fault.number, heal))
            changed = True
        if changed:  # what was done on site shows at once
            for place in self._world.places.values():
                place.watch.look(place.cabinet.now_ds)
