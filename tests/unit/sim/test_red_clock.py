"""Is the longest wait at red counted from the first who waits, and for the right group?"""

from collections.abc import Sequence

from sim.red_clock import GroupPlace, LongestRed, RedClock

MAIN = GroupPlace("J", "K1", "t", (0,), ("main_0",), ("shared_0",), ())
SIDE = GroupPlace("J", "K2", "t", (1,), ("side_0",), ("shared_0",), ())
WALK = GroupPlace("J", "F1", "t", (2,), (), (), (":c0",))


class Street:
    """Who stands where, as a test tells it."""

    def __init__(self) -> None:
        self.halted: set[str] = set()
        self.first: dict[str, tuple[str, int]] = {}
        self.people: dict[str, list[str]] = {}

    def halted_on(self, lane: str) -> bool:
        return lane in self.halted

    def first_in_line(self, lane: str) -> tuple[str, int] | None:
        return self.first.get(lane)

    def waiting_at(self, crossing: str) -> Sequence[str]:
        return self.people.get(crossing, [])


def run(clock: RedClock, street: Street, start_s: int, states: str, changes: dict[int, object]) -> None:
    """Seconds from `start_s`; `states` has a state for each, separated by blanks; `changes` are called at their end."""
    for now_s, state in enumerate(states.split(), start=start_s + 1):
        change = changes.get(now_s)
        if callable(change):
            change()
        clock.second(now_s, {"t": state}, street)


def test_nobody_waits_nothing_counts() -> None:
    clock = RedClock([MAIN, SIDE])
    run(clock, Street(), 0, "Gr " * 500, {})
    assert clock.end(500) == LongestRed(0.0, "", "")


def test_red_counts_from_the_first_who_waits_until_green() -> None:
    clock, street = RedClock([MAIN, SIDE]), Street()
    # 100 s of red, somebody stands from the end of second 60 on, green begins with second 101.
    run(clock, street, 0, "Gr " * 100 + "rG " * 5, {60: lambda: street.halted.add("side_0")})
    assert clock.longest == LongestRed(40.0, "J", "K2")


def test_who_still_waits_at_the_end_counts() -> None:
    clock, street = RedClock([SIDE]), Street()
    street.halted.add("side_0")
    run(clock, street, 0, "Gr " * 90, {})
    assert clock.end(90) == LongestRed(89.0, "J", "K2")


def test_a_permissive_green_is_green() -> None:
    clock, street = RedClock([SIDE]), Street()
    street.halted.add("side_0")
    run(clock, street, 0, "Gg " * 90, {})
    assert clock.end(90).seconds == 0


def test_on_a_shared_lane_the_first_vehicle_tells_for_whom() -> None:
    clock, street = RedClock([MAIN, SIDE]), Street()
    street.first["shared_0"] = ("t", 1)
    run(clock, street, 0, "rr " * 50, {})
    assert clock.end(50).group == "K2"


def test_pedestrians_wait_too() -> None:
    clock, street = RedClock([WALK]), Street()
    street.people[":c0"] = ["p"]
    run(clock, street, 0, "GGr " * 30 + "rrG " * 2, {})
    assert clock.longest == LongestRed(29.0, "J", "F1")


def test_amber_is_not_green() -> None:
    clock, street = RedClock([SIDE]), Street()
    street.halted.add("side_0")
    run(clock, street, 0, "rG rG ry ry ry rr rr rG", {})
    # Somebody stands at the end of second 3, the first of amber, and gets green with second 8.
    assert clock.longest.seconds == 4.0
