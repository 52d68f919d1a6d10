"""What befalls cabinets, their lines, their power and clocks, and who stands there (group C of the fault list)."""

from __future__ import annotations

import random

from field_io.registers import ClockStatus, FaultBit
from sim.faults.fault import Fault, Heal, Inject, drop, nothing
from sim.faults.line_troubles import TROUBLES
from sim.faults.world import MONDAY_UTC_S, World


def of_line(name: str) -> Inject:
    """A trouble of the line to a cabinet."""

    def inject(world: World, fault: Fault, chance: random.Random) -> Heal:
        troubles = world.places[fault.junction].troubles
        troubles[fault.number] = TROUBLES[name](chance)
        return lambda: drop(troubles, fault.number)

    return inject


def power_cycle(world: World, fault: Fault, _chance: random.Random) -> Heal:
    """The mains blink."""
    world.places[fault.junction].cabinet.power_cycle()
    return nothing


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
