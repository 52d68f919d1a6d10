"""F06-F09, F18-F22, F31-F36: lies of a cabinet and of a publisher, each against the part that must see through it.

The same cabinets and attacks that `sim.chaos.liars` and `sim.chaos.publisher` put before the real controller.
"""

import itertools
import random

import pytest

from controller import Controller
from controller.events import CabinetReport, DetectorReading, Input, LinkChange
from field_io.detector_door import DetectorDoor
from field_io.detector_payload import encode
from field_io.mqtt_link import Message
from field_io.profiles import cabinet_key
from field_io.session import EPOCH_DOUBTED, CabinetSession, Rejected
from field_io.topics import DETECTORS
from plans import load_cabinet, load_site
from sim.cabinet import CabinetConfig, VirtualCabinet
from sim.cabinet.wrong import WRONG
from sim.chaos.liars import POISON
from sim.chaos.publisher import ATTACKS, MARK, MAY_BE_USED, Enemy
from sim.faults.town import town
from tests.unit.field_io.street import command

SITE = load_site(town(2))
UNIX_S = 1_767_546_000.0
LIARS = {name: wrong.build for name, wrong in WRONG.items()} | dict(POISON)


def a_liar(name: str) -> VirtualCabinet:
    config = CabinetConfig.from_file(load_cabinet(SITE.bundle, "J01"))
    key = cabinet_key(SITE.addresses["J01"])
    cabinet = LIARS[name](config, boot_id=5, key=key, now_ds=0, unix_at_zero_s=UNIX_S)
    cabinet.begin_in_remote(0)
    return cabinet


def heard(session: CabinetSession, cabinet: VirtualCabinet, now_s: float) -> Input:
    """One round: what the core is told of it."""
    cabinet.advance(round(now_s * 10))
    if not session.identified:
        refused = session.identify(cabinet.read_input(0, 32), now_s)
        if refused is not None:
            return LinkChange("J01", up=False, cause=refused.detail)
        session.report(cabinet.read_input(100, 100), now_s)
    status = session.status
    asked = None
    if status is not None:
        stage = 1 + int(now_s) // 15 % 2
        asked = command(
            "J01", stage=stage, expected_stage=status.active_stage, expected_mode=status.mode, valid_until_s=now_s + 1
        )
    words = session.block(asked, now_s, UNIX_S + now_s)
    if words is not None:
        cabinet.write_holding(0, words)
    told = session.report(cabinet.read_holding(1000, 100), now_s)
    return LinkChange("J01", up=False, cause=told.detail) if isinstance(told, Rejected) else told


@pytest.mark.parametrize("name", sorted(LIARS))
def test_no_lie_of_a_cabinet_ends_the_controller_or_spoils_its_numbers(name: str) -> None:
    cabinet, session = a_liar(name), CabinetSession(SITE.network.junctions[0], cabinet_key(SITE.addresses["J01"]), 1)
    core = Controller(SITE.network, "actuated", 0.0)
    for second in range(1, 31):
        now_s = float(second)
        told = heard(session, cabinet, now_s)
        if isinstance(told, CabinetReport):
            assert 0 <= told.active_stage <= len(session.junction.stages)
        core.step(now_s, (told,))
    assert session.highest_epoch() < EPOCH_DOUBTED


class Street:
    """An honest gateway that speaks once a second, and whoever speaks in between."""

    def __init__(self) -> None:
        self.door = DetectorDoor(SITE.network, stale_s=5.0)
        self.heard: list[Message] = []
        self.used: list[DetectorReading] = []
        self.sequence = itertools.count(1)
        self.now_s = 1000.0

    def second(self) -> int:
        """One honest second; how many of its messages were used."""
        self.now_s += 1.0
        sequence, used = next(self.sequence), 0
        for junction in SITE.network.junctions:
            loops = tuple(loop.id for loop in junction.loops)
            reading = DetectorReading(
                junction.id, self.now_s - 1, self.now_s, loops, (1,) * len(loops), (9,) * len(loops)
            )
            topic = DETECTORS.at(SITE.network.site, junction=junction.id)
            message = Message(topic, encode(reading, "gate", "b1", sequence), retained=False, received_s=self.now_s)
            self.heard.append(message)
            used += self.take(message) is not None
        return used

    def take(self, message: Message) -> DetectorReading | None:
        reading = self.door.accept(message.topic, message.payload, message.retained, self.now_s)
        if reading is not None:
            self.used.append(reading)
        return reading


@pytest.mark.parametrize("attack", sorted(ATTACKS))
def test_no_attack_is_used_or_silences_the_honest_gateway(attack: str) -> None:
    street = Street()
    assert [street.second() for _ in range(30)] == [2] * 30
    enemy = Enemy(SITE.network.site, tuple(SITE.addresses), street.heard, random.Random(1))
    street.now_s += 0.3
    forged = 0
    for topic, payload, retained in itertools.islice(ATTACKS[attack](enemy), 2000):
        taken = street.take(Message(topic, payload, retained, street.now_s))
        forged += taken is not None
        assert taken is None or MARK in taken.counts or attack in MAY_BE_USED
    assert not forged or attack in MAY_BE_USED
    street.now_s -= 0.3
    assert [street.second() for _ in range(30)][3:] == [2] * 27
