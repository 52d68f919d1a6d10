"""Does the monitor see each break of S1 to S4, once, and never one that was not, each second and each scan?"""

from collections.abc import Sequence

import pytest

from controller.model import Aspect, GroupKind
from plans import load_junction
from sim.monitor import Break, GroupRules, JunctionRules, Monitor, Rule
from tests.cabinets import crossroads, in_remote, monitor_rules
from tests.site_builder import make_site

ASPECT_OF = {
    "-": Aspect.DARK,
    "R": Aspect.RED,
    "A": Aspect.AMBER,
    "G": Aspect.GREEN,
    "U": Aspect.RED_AMBER,
    "F": Aspect.FLASHING_GREEN,
    "a": Aspect.FLASHING_AMBER,
    "r": Aspect.FLASHING_RED,
    "?": Aspect.UNKNOWN,
}
# K1 and F1 against K2, as in `crossroads`: intergreens 5 s and 11 s, back 5 s and 6 s; K2 has a red-amber of 1 s here.
RULES = JunctionRules(
    "J",
    (
        GroupRules("K1", GroupKind.VEHICLE, 60, amber_ds=30),
        GroupRules("F1", GroupKind.PEDESTRIAN, 70, clearance_ds=80),
        GroupRules("K2", GroupKind.VEHICLE, 50, amber_ds=30, red_amber_ds=10),
    ),
    {(0, 2): 50, (1, 2): 110, (2, 0): 50, (2, 1): 60},
)


def watched(
    story: Sequence[tuple[str, float]], rules: JunctionRules = RULES, step_s: float = 1.0
) -> list[tuple[Rule, tuple[str, ...]]]:
    """Breaks of a story: what shows (one letter a group) and for how long [s], seen each `step_s`."""
    monitor = Monitor([rules])
    now_s = 0.0
    for letters, lasts_s in story:
        for _ in range(round(lasts_s / step_s)):
            monitor.observe(now_s, {"J": tuple(ASPECT_OF[letter] for letter in letters)})
            now_s = round(now_s + step_s, 1)
    return [(one.rule, one.groups) for one in monitor.breaks]


GOOD = [
    ("GGR", 7),
    ("AFR", 3),
    ("RFR", 5),
    ("RRR", 2),
    ("RRU", 1),
    ("RRG", 5),
    ("RRA", 3),
    ("RRR", 2),
    ("GRR", 1),
    ("GGR", 7),
]


@pytest.mark.parametrize("step_s", [1.0, 0.5, 0.1])
def test_a_good_story_has_no_break(step_s: float) -> None:
    assert watched(GOOD + GOOD[1:], step_s=step_s) == []


@pytest.mark.parametrize("step_s", [1.0, 0.1])
@pytest.mark.parametrize(
    ("story", "broken"),
    [
        pytest.param([*GOOD[:3], ("RRR", 1), *GOOD[4:]], [(Rule.S2, ("F1", "K2"))], id="intergreen of pedestrians"),
        pytest.param(
            [("GRR", 9), ("ARR", 3), ("RRU", 1), ("RRG", 5)], [(Rule.S2, ("K1", "K2"))], id="intergreen of vehicles"
        ),
        pytest.param([("RRR", 3), ("GRR", 5), ("ARR", 3), ("RRR", 9)], [(Rule.S3, ("K1",))], id="short green"),
        pytest.param([("RRR", 3), ("RGR", 6), ("RFR", 8), ("RRR", 9)], [(Rule.S3, ("F1",))], id="short walk"),
        pytest.param([("RRR", 3), ("GRR", 6), ("ARR", 2), ("RRR", 9)], [(Rule.S3, ("K1",))], id="short amber"),
        pytest.param([("RRR", 3), ("GRR", 6), ("RRR", 9)], [(Rule.S3, ("K1",))], id="no amber"),
        pytest.param([("RRR", 3), ("RGR", 7), ("RFR", 7), ("RRR", 9)], [(Rule.S4, ("F1",))], id="short clearance"),
        pytest.param([("RRR", 3), ("RGR", 7), ("RRR", 9)], [(Rule.S4, ("F1",))], id="no clearance"),
        pytest.param([("RRR", 3), ("RRG", 5), ("RRA", 3)], [(Rule.S4, ("K2",))], id="no red-amber"),
        pytest.param([("RRR", 3), ("URR", 1), ("GRR", 6)], [(Rule.S4, ("K1",))], id="a red-amber it has not"),
        pytest.param([("RRR", 3), ("GRR", 6), ("ARR", 3), ("GRR", 6)], [(Rule.S4, ("K1",))], id="amber to green"),
        pytest.param([("RRR", 3), ("ARR", 3), ("RRR", 6)], [(Rule.S4, ("K1",))], id="amber without green"),
        pytest.param([("RRR", 3), ("RRU", 1), ("RRR", 6)], [(Rule.S4, ("K2",))], id="red-amber without green"),
        pytest.param([("RRR", 9), ("GRG", 5)], [(Rule.S4, ("K2",)), (Rule.S1, ("K1", "K2"))], id="two greens"),
        pytest.param([("GRR", 9), ("GRU", 1)], [(Rule.S1, ("K1", "K2"))], id="red-amber beside green"),
        pytest.param([("RFR", 4), ("RFU", 1)], [(Rule.S1, ("F1", "K2"))], id="red-amber beside a clearance"),
        pytest.param([("GRR", 9), ("ARU", 1)], [(Rule.S1, ("K1", "K2"))], id="red-amber beside amber"),
    ],
)
def test_a_break_is_seen_once(
    story: list[tuple[str, float]], broken: list[tuple[Rule, tuple[str, ...]]], step_s: float
) -> None:
    assert watched(story, step_s=step_s) == broken


@pytest.mark.parametrize(
    "story",
    [
        pytest.param([("GGR", 2), ("---", 9), ("ARA", 3), ("RRR", 5), ("GGR", 7)], id="power cut and Nordic start-up"),
        pytest.param([("---", 7), ("--A", 3), ("--R", 5), ("GGR", 7)], id="British start-up"),
        pytest.param([("r-r", 8), ("RRR", 5), ("GGR", 7)], id="American start-up"),
        pytest.param([("RRR", 3), ("GGR", 2), ("a-a", 9), ("ARA", 3), ("RRR", 5), ("GRR", 9)], id="flash in mid green"),
        pytest.param([("RRR", 3), ("GRR", 9), ("ARR", 1), ("r-r", 9), ("RRR", 5)], id="flash in mid amber"),
        pytest.param([("AFU", 1)], id="met in the middle"),
    ],
)
def test_start_ups_and_flashes_are_no_breaks(story: list[tuple[str, float]]) -> None:
    assert [rule for rule, _ in watched(story) if rule is not Rule.S1] == []
    assert [rule for rule, _ in watched(story[:-1])] == []


def test_a_green_after_a_power_cut_still_waits_for_the_intergreen() -> None:
    assert watched([("RGR", 9), ("---", 1), ("RRR", 5), ("RRU", 1), ("RRG", 5)]) == [(Rule.S2, ("F1", "K2"))]


def test_a_pause_of_the_observer_proves_nothing() -> None:
    monitor = Monitor([RULES])
    for now_s, letters in ((0.0, "GGR"), (1.0, "GGR"), (60.0, "RRG"), (61.0, "RRG"), (100.0, "AFR")):
        monitor.observe(now_s, {"J": tuple(ASPECT_OF[letter] for letter in letters)})
    assert monitor.total == 0


def test_what_falls_between_two_looks_raises_no_alarm() -> None:
    rules = JunctionRules("J", (GroupRules("K", GroupKind.VEHICLE, 60, amber_ds=30, red_amber_ds=8),), {})
    monitor = Monitor([rules])
    aspects = [Aspect.RED] * 3 + [Aspect.GREEN] * 6 + [Aspect.AMBER] * 3 + [Aspect.RED] * 2  # 0.8 s of red-amber unseen
    for now_s, aspect in enumerate(aspects):
        monitor.observe(float(now_s), {"J": (aspect,)})
    assert monitor.total == 0


def test_breaks_say_when_and_where_and_are_counted_by_rule() -> None:
    monitor = Monitor([RULES])
    for now_s in range(5):
        monitor.observe(now_s, {"J": (Aspect.GREEN, Aspect.RED, Aspect.GREEN)})
    assert monitor.breaks == [Break(0, "J", Rule.S1, ("K1", "K2"))]
    assert (monitor.total, monitor.count[Rule.S1]) == (1, 1)


def test_the_rules_are_read_from_the_junctions_file() -> None:
    bundle = make_site()
    file = load_junction(bundle, "J01")
    rules = JunctionRules.from_file(file)
    assert rules.groups == (
        GroupRules("K1", GroupKind.VEHICLE, 60, 30),
        GroupRules("K2", GroupKind.VEHICLE, 50, 30),
        GroupRules("F1", GroupKind.PEDESTRIAN, 70, clearance_ds=80),
    )
    assert rules.intergreen_ds == {(0, 1): 50, (1, 0): 50, (1, 2): 60, (2, 1): 110}
    assert Monitor.for_site(bundle, ["J01", "J02"]).total == 0


# --------------------------------------------------------------------------------------- SUMO's own state strings

LINKS = {"J": ("K1", "K1", None, "F1", "K2")}


def lamps(states: Sequence[tuple[str, int]]) -> list[Break]:
    monitor = Monitor.for_lamps([RULES], LINKS)
    now_s = 0
    for state, lasts_s in states:
        for _ in range(lasts_s):
            monitor.observe_lamps(float(now_s), {"J": state})
            now_s += 1
    return monitor.breaks


def test_a_good_programme_of_sumo_has_no_break() -> None:
    good = [
        ("GgOGr", 7),
        ("yyOyr", 3),
        ("rsOyr", 5),
        ("rrOrr", 2),
        ("rrOru", 1),
        ("rrOrG", 5),
        ("rrOry", 3),
        ("rrOrr", 2),
    ]
    assert lamps([*good, ("GGOrr", 1), *good]) == []


def test_a_crossing_that_clears_is_red_in_sumo_and_the_intergreen_holds_it() -> None:
    walk_then_wait = [("rrOGr", 7), ("rrOrr", 10), ("rrOru", 1), ("rrOrG", 5)]
    assert lamps(walk_then_wait) == []
    too_soon = [("rrOGr", 7), ("rrOrr", 8), ("rrOru", 1), ("rrOrG", 5)]
    assert [(b.rule, b.groups) for b in lamps(too_soon)] == [(Rule.S2, ("F1", "K2"))]


def test_lamps_of_one_group_break_a_rule_once_and_bear_the_groups_name() -> None:
    assert lamps([("rrrrr", 3), ("GGrrr", 9), ("rrrrr", 3)]) == [Break(12.0, "J", Rule.S3, ("K1",))]
    assert [(b.rule, b.groups) for b in lamps([("GGrrr", 9), ("yyrru", 1)])] == [(Rule.S1, ("K1", "K2"))]


def test_a_break_of_a_single_link_is_seen() -> None:
    assert [(b.rule, b.groups) for b in lamps([("rrrrr", 3), ("GGrrr", 9), ("Gyrrr", 3), ("GGrrr", 9)])] == [
        (Rule.S4, ("K1",))
    ]


def test_the_monitor_agrees_with_a_cabinet_seen_each_second() -> None:
    cabinet, centre = in_remote()
    monitor = Monitor([monitor_rules(crossroads())])
    for now_s in range(101, 400):
        centre.renew_until(now_s * 10)
        if now_s % 7 == 0:
            centre.request(1 + now_s % 3)
        monitor.observe(float(now_s), {"J01": cabinet.aspects})
    assert monitor.breaks == []
