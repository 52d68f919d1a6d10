"""Does every link hand the core the same second in the same order, and does a flood stay where it is?"""

import random

from controller.events import (
    ClockReading,
    DetectorReading,
    Input,
    LinkChange,
    OperatorAction,
    OperatorRequest,
    PriorityRequest,
)
from field_io.inbox import MAX_OTHERS, MAX_READINGS, CanonicalOrder, Inbox
from tests.unit.field_io.street import make_network


def reading(junction: str, t1_s: float) -> DetectorReading:
    return DetectorReading(junction, t1_s - 1, t1_s, ("D1",), (1,), (100,))


IN_ORDER: tuple[Input, ...] = (
    ClockReading(1.0, 25200),
    OperatorRequest(OperatorAction.PLAN, None, plan="night"),
    OperatorRequest(OperatorAction.HOLD, "J02", stage=1),
    PriorityRequest("J01", "bus", "K1", 5.0, "r1"),
    LinkChange("J01", True, "connected"),
    LinkChange("J02", True, "connected"),
    reading("J01", 4.0),
    reading("J01", 5.0),
    reading("J02", 3.0),
)


def test_the_order_is_that_of_kind_junction_and_time_however_they_came() -> None:
    inbox, order, chance = Inbox(make_network()), CanonicalOrder(make_network()), random.Random(1)
    for _ in range(20):
        shuffled = chance.sample(IN_ORDER, len(IN_ORDER))
        inbox.put_all(shuffled)
        assert inbox.drain() == IN_ORDER
        assert order(shuffled) == IN_ORDER


def test_what_was_drained_is_gone() -> None:
    inbox = Inbox(make_network())
    inbox.put_all(IN_ORDER)
    inbox.drain()
    assert inbox.drain() == ()


def test_a_flood_pushes_out_the_oldest_of_its_own_junction_only() -> None:
    inbox = Inbox(make_network())
    inbox.put(reading("J02", 1.0))
    for second in range(10 * MAX_READINGS):
        inbox.put(reading("J01", float(second)))
    kept = [event for event in inbox.drain() if isinstance(event, DetectorReading)]
    assert [event.t1_s for event in kept if event.junction == "J01"] == [*range(9 * MAX_READINGS, 10 * MAX_READINGS)]
    assert [event.junction for event in kept].count("J02") == 1
    assert inbox.overflowed == {"J01": 9 * MAX_READINGS}


def test_requests_without_end_are_bounded_too() -> None:
    inbox = Inbox(make_network())
    for _ in range(3 * MAX_OTHERS):
        inbox.put(OperatorRequest(OperatorAction.STEP, "J01"))
    assert len(inbox.drain()) == MAX_OTHERS


def test_after_a_pause_readings_can_be_forgotten_and_nothing_else() -> None:
    inbox = Inbox(make_network())
    inbox.put_all(IN_ORDER)
    inbox.forget_readings()
    assert inbox.drain() == IN_ORDER[:6]
