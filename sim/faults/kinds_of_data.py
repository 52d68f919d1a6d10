"""What befalls messages, the broker, gateways and loops (groups A and B of the fault list)."""

from __future__ import annotations

import random

from sim.faults.fault import Fault, Heal, Inject, drop, nothing
from sim.faults.messages import LOOP_TROUBLES, MESSAGE_TROUBLES, MessageTrouble
from sim.faults.world import World


def of_messages(name: str) -> Inject:
    """A trouble of messages on their way."""

    def inject(world: World, fault: Fault, chance: random.Random) -> Heal:
        return _through_broker(world, fault, MESSAGE_TROUBLES[name](chance))

    return inject


def _through_broker(world: World, fault: Fault, trouble: MessageTrouble) -> Heal:
    world.broker.troubles[fault.number] = trouble
    return lambda: drop(world.broker.troubles, fault.number)


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
    return nothing


def gateway_clock(world: World, fault: Fault, chance: random.Random) -> Heal:
    """A gateway's clock is off by minutes, and is set right again."""
    gateway = world.gateways.of[fault.junction]
    gateway.clock_off_s += chance.choice((-3600.0, -120.0, -7.0, 9.0, 300.0, 86_400.0))

    def heal() -> None:
        gateway.clock_off_s = 0.0

    return heal


def of_loops(name: str) -> Inject:
    """A trouble of one to three loops of a junction."""

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
    return lambda: drop(world.gateways.swapped, fault.junction)


def all_loops_lost(world: World, fault: Fault, _chance: random.Random) -> Heal:
    """Nothing comes of one junction's loops."""
    level = f"/{fault.junction}/"
    return _through_broker(world, fault, lambda message, _now_s: [] if level in message.topic else [(0.0, message)])
