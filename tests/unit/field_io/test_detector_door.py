"""Is each count used once, in its place, fresh, whatever the network in between does?"""

import itertools
import random

import pytest

from controller.events import DetectorReading
from controller.model import Network
from field_io.detector_door import CAUSES, DetectorDoor
from field_io.detector_payload import encode
from tests.unit.field_io.street import make_network

TOPIC = "fk/v1/udon/J01/detectors"


class Gateway:
    """A source of messages with a clock of its own."""

    def __init__(self, door: DetectorDoor, *, skew_s: float = 0.0, boot: str = "b1", name: str = "gw1") -> None:
        self.door, self.skew_s, self.boot, self.name = door, skew_s, boot, name
        self.sequence = itertools.count(1)

    def make(self, t1_s: float, *, sequence: int | None = None) -> bytes:
        """The message of the second that ends at control time `t1_s`."""
        source_s = t1_s + self.skew_s
        reading = DetectorReading("J01", source_s - 1, source_s, ("D1",), (1,), (300,))
        return encode(reading, self.name, self.boot, next(self.sequence) if sequence is None else sequence)

    def send(self, t1_s: float, *, received_s: float | None = None) -> DetectorReading | None:
        return self.door.accept(TOPIC, self.make(t1_s), False, t1_s if received_s is None else received_s)


@pytest.fixture
def network() -> Network:
    return make_network()


@pytest.fixture
def door(network: Network) -> DetectorDoor:
    return DetectorDoor(network, stale_s=5.0)


def test_a_reading_keeps_the_times_of_a_source_that_shares_the_clock(door: DetectorDoor) -> None:
    assert Gateway(door).send(100.0) == DetectorReading("J01", 99.0, 100.0, ("D1",), (1,), (300,))


def test_each_cause_that_is_counted_is_explained(door: DetectorDoor) -> None:
    gateway = Gateway(door)
    door.accept("fk/v1/udon/J99/detectors", gateway.make(1.0), False, 1.0)
    door.accept("fk/v1/udon/J01/detectors", gateway.make(1.0), True, 1.0)
    door.accept(TOPIC, b"x" * 5000, False, 1.0)
    assert door.dropped == {"unknown_topic": 1, "retained": 1, "oversized": 1}
    assert set(door.dropped) <= set(CAUSES)


def test_duplicates_are_counted_once(door: DetectorDoor) -> None:
    gateway = Gateway(door)
    for second in range(1, 50):
        payload = gateway.make(float(second))
        for _ in range(3):
            door.accept(TOPIC, payload, False, float(second))
    assert (door.accepted, door.dropped) == (49, {"duplicate": 98})


def test_messages_out_of_order_within_two_seconds_keep_their_place(door: DetectorDoor) -> None:
    gateway = Gateway(door)
    first, second, third = (gateway.make(t) for t in (10.0, 11.0, 12.0))
    got = [door.accept(TOPIC, payload, False, 12.1) for payload in (third, first, second)]
    assert [reading.t1_s if reading else None for reading in got] == pytest.approx([12.1, 10.1, 11.1])
    assert door.reordered == 2


def test_a_message_more_than_two_seconds_behind_is_dropped(door: DetectorDoor) -> None:
    gateway = Gateway(door)
    late = gateway.make(10.0)
    gateway.send(13.0)
    assert door.accept(TOPIC, late, False, 13.0) is None
    assert door.dropped == {"out_of_order": 1}


def test_shuffled_traffic_never_counts_a_second_twice_or_in_another_place(door: DetectorDoor) -> None:
    gateway, chance = Gateway(door), random.Random(4)
    arrivals = [(0.0, gateway.make(0.0))]
    for second in range(1, 2001):
        payload = gateway.make(float(second))
        arrivals += [(second + chance.choice([0.0, 0.3, 1.2, 3.0, 8.0]), payload) for _ in range(chance.choice([1, 2]))]
    readings = [door.accept(TOPIC, payload, False, at_s) for at_s, payload in sorted(arrivals)]
    ends = [reading.t1_s for reading in readings if reading]
    assert len(ends) == len(set(ends)) > 1000
    assert all(end == round(end) for end in ends)


@pytest.mark.parametrize("delay_s", [6.0, 60.0, 600.0])
def test_late_counts_are_not_used(door: DetectorDoor, delay_s: float) -> None:
    gateway = Gateway(door)
    for second in range(1, 60):
        gateway.send(float(second))
    before = door.accepted
    for second in range(60, 120):  # then everything hangs, and comes late but in order
        gateway.send(float(second), received_s=second + delay_s)
    assert door.accepted == before
    assert door.dropped == {"stale": 60}
    assert gateway.send(120.0 + delay_s) is not None


def test_a_backlog_after_an_outage_of_half_an_hour_is_not_used(door: DetectorDoor) -> None:
    gateway = Gateway(door)
    gateway.send(1.0)
    for second in range(2, 1800):
        gateway.send(float(second), received_s=1800.0 + second * 1e-4)
    assert door.accepted == 1 + 4  # the first, and those of the last five seconds
    assert gateway.send(1801.0) is not None


@pytest.mark.parametrize("skew_s", [-600.0, -7.0, 0.25, 300.0, 1.7e9])
def test_a_source_clock_off_by_minutes_does_no_harm(door: DetectorDoor, skew_s: float) -> None:
    gateway = Gateway(door, skew_s=skew_s)
    for second in range(1, 20):
        reading = gateway.send(float(second))
        assert reading is not None
        assert (reading.t0_s, reading.t1_s) == pytest.approx((second - 1, second), abs=1e-5)
    assert not door.dropped


@pytest.mark.parametrize("step_s", [-600.0, -3.0, 3.0, 600.0])
def test_a_source_clock_that_is_set_is_followed(door: DetectorDoor, step_s: float) -> None:
    gateway = Gateway(door)
    for second in range(1, 20):
        gateway.send(float(second))
    gateway.skew_s = step_s
    for second in range(20, 40):
        reading = gateway.send(float(second))
        assert reading is not None
        assert reading.t1_s == pytest.approx(second)
    assert door.clock_steps == 1


def test_a_slow_source_clock_is_followed_for_a_day(door: DetectorDoor) -> None:
    gateway = Gateway(door)
    for second in range(0, 86_400, 7):
        gateway.skew_s = -second * 100e-6
        assert gateway.send(float(second)) is not None


def test_an_interval_that_overlaps_one_already_counted_is_dropped(door: DetectorDoor) -> None:
    gateway = Gateway(door)
    gateway.send(10.0)
    assert gateway.send(10.5) is None
    assert door.dropped == {"overlap": 1}
    assert gateway.send(11.0) is not None


def test_a_rebooted_gateway_is_heard_at_once_though_its_numbers_begin_anew(door: DetectorDoor) -> None:
    first = Gateway(door)
    for second in range(1, 100):
        first.send(float(second))
    again = Gateway(door, boot="b2", skew_s=-99.0)
    assert again.send(100.0) is not None
    assert not door.dropped


def test_another_sources_numbers_do_not_harm_a_gateway(door: DetectorDoor) -> None:
    """Gateway gw2 may write to its own junction only; naming itself gw1 there must not silence gw1 elsewhere."""
    gateway = Gateway(door)
    gateway.send(1.0)
    spoof = gateway.make(1e6, sequence=2**32 - 1)
    door.accept("fk/v1/udon/J02/detectors", spoof, False, 1.5)
    assert gateway.send(2.0) is not None


def test_loops_of_another_junction_are_left_out_and_counted(door: DetectorDoor) -> None:
    reading = DetectorReading("J01", 0.0, 1.0, ("D9", "D1"), (1, 2), (10, 20), ((5, "D9", True), (6, "D1", True)))
    got = door.accept(TOPIC, encode(reading, "gw1", "b1", 1), False, 1.0)
    assert got == DetectorReading("J01", 0.0, 1.0, ("D1",), (2,), (20,), ((6, "D1", True),))
    assert door.unknown_loops == 1
    only = DetectorReading("J01", 1.0, 2.0, ("D9",), (1,), (10,))
    assert door.accept(TOPIC, encode(only, "gw1", "b1", 2), False, 2.0) is None
    assert door.dropped == {"no_known_loop": 1}


def test_memory_is_bounded_whatever_names_come(door: DetectorDoor) -> None:
    for number in range(200):
        Gateway(door, name=f"gw{number}").send(float(number))
    assert len(door._sources["J01"]) == 8


def test_a_sequence_number_far_ahead_costs_nothing(door: DetectorDoor) -> None:
    gateway = Gateway(door)
    gateway.send(1.0)
    assert door.accept(TOPIC, gateway.make(2.0, sequence=2**32 - 1), False, 2.0) is not None
    assert door.accept(TOPIC, gateway.make(1.5, sequence=5), False, 3.0) is None
    assert door.dropped == {"duplicate": 1}


def test_one_number_far_too_high_does_not_silence_a_gateway_for_ever(door: DetectorDoor) -> None:
    """Also what a wrap of 32 bits looks like. A message that is played again stays a duplicate."""
    gateway = Gateway(door)
    old = [gateway.make(float(second)) for second in range(1, 5)]
    for second, payload in enumerate(old, start=1):
        assert door.accept(TOPIC, payload, False, float(second)) is not None
    assert door.accept(TOPIC, gateway.make(5.0, sequence=2**32 - 1), False, 5.0) is not None
    assert [door.accept(TOPIC, payload, False, 5.5) for payload in old] == [None] * 4
    for second in range(6, 10):
        assert gateway.send(float(second)) is not None
    assert [door.accept(TOPIC, payload, False, 9.5) for payload in old] == [None] * 4
    assert door.accepted == 9


@pytest.mark.parametrize("ahead_s", [3600.0, 3.2e7, 1e10, -600.0])
@pytest.mark.parametrize("sequence", [31, 5000, 2**32 - 1])
def test_one_message_from_another_time_does_not_silence_a_gateway(
    door: DetectorDoor, ahead_s: float, sequence: int
) -> None:
    """Forged in its name, or made in a bad moment: a step that the next message does not confirm is taken back."""
    gateway = Gateway(door)
    for second in range(100, 130):
        assert gateway.send(float(second)) is not None
    mad = Gateway(door, skew_s=ahead_s)
    door.accept(TOPIC, mad.make(129.5, sequence=sequence), False, 129.5)
    heard = [gateway.send(float(second)) for second in range(130, 160)]
    assert [reading.t1_s for reading in heard if reading is not None] == [float(second) for second in range(130, 160)]
    assert (door.clock_steps, door.steps_unsaid) == (1, 1)


def test_a_step_that_is_confirmed_stands_and_what_is_late_from_before_it_is_not_its_end(door: DetectorDoor) -> None:
    gateway = Gateway(door)
    for second in range(100, 110):
        assert gateway.send(float(second)) is not None
    late = gateway.make(110.0)
    gateway.skew_s = 600.0
    for second in range(111, 115):
        assert gateway.send(float(second)) is not None
    door.accept(TOPIC, late, False, 114.2)
    for second in range(115, 120):
        assert gateway.send(float(second)) is not None
    assert (door.clock_steps, door.steps_unsaid) == (1, 0)


@pytest.mark.parametrize("ahead_s", [86_400.0, 3.0, 0.0])
def test_a_start_that_spoke_once_and_never_again_does_not_silence_a_later_one_of_its_name(
    door: DetectorDoor, ahead_s: float
) -> None:
    forged = Gateway(door, boot="b2", skew_s=ahead_s)
    door.accept(TOPIC, forged.make(100.0, sequence=23_514), False, 100.0)  # b1 with a bit turned over
    later = Gateway(door, boot="b2")
    assert [later.send(200.0 + second) is not None for second in range(10)] == [True] * 10


def test_a_start_that_spoke_twice_is_remembered(door: DetectorDoor) -> None:
    gateway = Gateway(door)
    played_again = [gateway.make(100.0), gateway.make(101.0)]
    for second, payload in enumerate(played_again):
        assert door.accept(TOPIC, payload, False, 100.0 + second)
    assert not any(door.accept(TOPIC, payload, False, 1000.0) for payload in played_again)
    assert door.dropped == {"duplicate": 2}


def test_what_is_said_once_cannot_be_said_again(door: DetectorDoor) -> None:
    payload = Gateway(door).make(100.0)
    assert door.accept(TOPIC, payload, False, 100.0)
    assert door.accept(TOPIC, payload, False, 1000.0) is None


@pytest.mark.parametrize("junctions", [1, 4])
def test_a_clock_that_was_set_back_while_nothing_came_through_is_followed(door: DetectorDoor, junctions: int) -> None:
    """What comes then is no older than the outage was long, so that its time alone would be taken for delay."""
    gateway = Gateway(door, skew_s=9.0)
    gateway.sequence = itertools.count(1, junctions)
    for second in range(1, 100):
        assert gateway.send(float(second))
    for second in range(100, 220):  # the broker is down
        gateway.make(float(second))
    gateway.skew_s = 0.0
    for second in range(220, 300):
        reading = gateway.send(float(second))
        assert reading is not None
        assert reading.t1_s == pytest.approx(second, abs=1.0)


def test_what_is_late_after_an_outage_is_not_taken_for_a_clock_that_was_set_back(door: DetectorDoor) -> None:
    gateway = Gateway(door)
    for second in range(1, 100):
        gateway.send(float(second))
    for second in range(100, 211):
        gateway.make(float(second))
    before = door.accepted
    for second in range(211, 400):
        gateway.send(float(second), received_s=second + 9.0)
    assert door.accepted == before
