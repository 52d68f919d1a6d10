"""Is what an engineer changed told as what he changed, and nothing else?"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from plans import Site, load_site
from plans.differences import Difference, site_differences
from tests.site_builder import Data, bundle_of, make_site, site_data

BEFORE = load_site(make_site())


def changed(change: Callable[[dict[str, Data]], Any]) -> Site:
    files = copy.deepcopy(site_data())
    change(files)
    return load_site(bundle_of(files))


def told(change: Callable[[dict[str, Data]], Any]) -> set[tuple[Any, ...]]:
    return {
        (each.kind, each.junction, each.plan, each.what, each.before, each.after)
        for each in site_differences(BEFORE, changed(change))
    }


def test_a_site_does_not_differ_from_itself() -> None:
    assert site_differences(BEFORE, BEFORE) == ()


def test_a_longer_cycle_is_cycle_split_and_green() -> None:
    def longer(files: dict[str, Data]) -> None:
        timing = files["timings/day.yaml"]["junctions"]["J01"]
        timing |= {"cycle_s": 70, "splits": [{"stage": "A", "split_s": 46}, {"stage": "B", "split_s": 24}]}

    assert told(longer) == {
        ("cycle_s", "J01", "day", "", 60, 70),
        ("split_s", "J01", "day", "A", 36, 46),
        ("green_s", "J01", "day", "K1", "31", "41"),
        ("green_s", "J01", "day", "F1", "30", "40"),
    }


def test_an_offset_is_an_offset_alone() -> None:
    found = told(lambda files: files["timings/day.yaml"]["junctions"]["J02"].update(offset_s=44))
    assert found == {("offset_s", "J02", "day", "", 30, 44)}


def test_where_a_cycle_begins_is_no_other_order() -> None:
    def turned(files: dict[str, Data]) -> None:
        timing = files["timings/day.yaml"]["junctions"]["J01"]
        timing["splits"] = timing["splits"][::-1]

    assert told(turned) == set()


def test_a_programme_by_groups_that_shows_the_same_is_no_difference() -> None:
    def by_groups(files: dict[str, Data]) -> None:
        files["timings/day.yaml"]["junctions"]["J01"] = {
            "cycle_s": 60, "offset_s": 17, "coordinated": ["K1"],
            "groups": {"K1": [[0, 31]], "F1": [[1, 31]], "K2": [[42, 55]]},
        }  # fmt: skip

    assert told(by_groups) == set()


def test_times_of_a_group_are_named() -> None:
    def other(files: dict[str, Data]) -> None:
        for part in (files["junctions/J02.yaml"]["groups"], files["cabinets/J02.yaml"]["safety"]["groups"]):
            part[1] |= {"min_green_s": 8, "amber_s": 3}

    assert told(other) == {
        ("min_green_s", "J02", "", "K2", 5, 8),
        ("amber_s", "J02", "", "K2", 3.5, 3),
    }


def test_loops_that_come_go_and_move_are_named() -> None:
    def other(files: dict[str, Data]) -> None:
        loops = files["junctions/J01.yaml"]["loops"]
        loops[1]["distance_m"] = 95
        loops[3:4] = [{"id": "D9", "role": "advance", "lane": "e_0", "groups": ["K2"], "distance_m": 60}]

    assert told(other) == {
        ("loop_distance_m", "J01", "", "D2", 80, 95),
        ("loop_removed", "J01", "", "X1", None, None),
        ("loop_added", "J01", "", "D9", None, None),
    }


def test_intergreens_and_conflicts_are_told_by_pair() -> None:
    def other(files: dict[str, Data]) -> None:
        files["junctions/J02.yaml"]["conflicts_and_intergreens"]["K2"]["K1"] = 6
        files["cabinets/J02.yaml"]["safety"]["intergreens"]["K2"]["K1"] = 6

    assert told(other) >= {("intergreen_s", "J02", "", "K2 > K1", 5.5, 6)}


def test_the_calendar_and_parameters_are_of_the_whole_site() -> None:
    def other(files: dict[str, Data]) -> None:
        files["site.yaml"]["parameters"] = {"gap_s": 2.5}
        files["calendar.yaml"]["day_plans"]["workday"][1]["at"] = "06:00"
        files["calendar.yaml"]["weekdays"]["friday"] = "weekend"

    assert told(other) == {
        ("parameter", "", "", "gap_s", 3.0, 2.5),
        ("day_plan", "", "", "workday", "06:30 day", "06:00 day"),
        ("weekday", "", "", "4", "workday", "weekend"),
    }


def test_a_plan_may_be_held_against_another() -> None:
    found = site_differences(BEFORE, BEFORE, ("day", "night"))
    assert {each.plan for each in found} == {"night"}
    assert Difference("offset_s", "J02", "night", "", 30, 5) in found


@pytest.mark.parametrize(("plan", "kind"), [("night", "plan_removed"), ("rain", "plan_added")])
def test_plans_that_come_and_go(plan: str, kind: str) -> None:
    def other(files: dict[str, Data]) -> None:
        night = files.pop("timings/night.yaml")
        if kind == "plan_added":
            files["timings/night.yaml"] = night
            files["timings/rain.yaml"] = night | {"plan": "rain"}
        else:
            for day in files["calendar.yaml"]["day_plans"].values():
                day[:] = [{"at": "00:00", "plan": "day"}]

    found = told(other)
    assert (kind, "", "", plan, None, None) in found
    assert not {of for of, *_ in found} & {"timing_added", "timing_removed"}  # once, not at every junction again


def test_a_new_plan_in_place_of_another_is_held_against_that_one() -> None:
    def other(files: dict[str, Data]) -> None:
        tuned = copy.deepcopy(files["timings/day.yaml"]) | {"plan": "tuned"}
        tuned["junctions"]["J02"]["offset_s"] = 44
        files["timings/tuned.yaml"] = tuned
        for entry in files["calendar.yaml"]["day_plans"]["workday"]:
            entry["plan"] = {"day": "tuned"}.get(entry["plan"], entry["plan"])

    found = told(other)
    assert ("plan_in_place", "", "", "tuned", "day", None) in found
    assert ("offset_s", "J02", "tuned", "", 30, 44) in found
    assert not {kind for kind, *_ in found} & {"plan_added", "timing_added"}
