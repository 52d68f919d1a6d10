"""A small valid site for tests: two junctions, one with people on foot, plans by stage and by group.

`make_site()` is the bundle; `site_data()` is the same as plain data, to be changed before `bundle_of` writes it.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from plans import Bundle, dump_yaml

Data = dict[str, Any]

JUNCTION_GROUPS: dict[str, list[Data]] = {
    "J01": [
        {"id": "K1", "kind": "vehicle", "min_green_s": 6, "max_green_s": 50, "amber_s": 3},
        {"id": "K2", "kind": "vehicle", "min_green_s": 5, "max_green_s": 30, "amber_s": 3},
        {"id": "F1", "kind": "pedestrian", "walk_s": 7, "max_green_s": 30, "clearance_s": 8},
    ],
    "J02": [
        {"id": "K1", "kind": "vehicle", "min_green_s": 6, "max_green_s": 50, "amber_s": 3},
        {"id": "K2", "kind": "vehicle", "min_green_s": 5, "max_green_s": 30, "amber_s": 3.5},
        {"id": "K3", "kind": "vehicle", "min_green_s": 5, "max_green_s": 40, "amber_s": 3},
    ],
}
STAGES: dict[str, list[Data]] = {
    "J01": [
        {"id": "A", "groups": ["K1", "F1"]},
        {"id": "B", "groups": ["K2"]},
        {"id": "A-end", "groups": ["K1"], "selectable": False},
        {"id": "red", "groups": [], "selectable": False},
    ],
    "J02": [
        {"id": "A", "groups": ["K1", "K3"]},
        {"id": "B", "groups": ["K2"]},
        {"id": "red", "groups": [], "selectable": False},
    ],
}
INTERGREENS: dict[str, dict[str, dict[str, float]]] = {
    "J01": {"K1": {"K2": 5}, "K2": {"K1": 5, "F1": 6}, "F1": {"K2": 11}},
    "J02": {"K1": {"K2": 5}, "K2": {"K1": 5.5, "K3": 6}, "K3": {"K2": 5}},
}
LANES: dict[str, list[Data]] = {
    "J01": [
        {"id": "n_0", "approach": "north", "groups": ["K1"], "length_m": 220, "speed_m_s": 13.9},
        {"id": "e_0", "approach": "east", "groups": ["K2"], "length_m": 180, "speed_m_s": 11.1},
    ],
    "J02": [
        {"id": "s_0", "approach": "south", "groups": ["K1"], "length_m": 300, "speed_m_s": 13.9},
        {"id": "n_0", "approach": "north", "groups": ["K3"], "length_m": 60, "speed_m_s": 8.3},
        {"id": "w_0", "approach": "west", "groups": ["K2"], "length_m": 140, "speed_m_s": 11.1},
    ],
}
LOOPS: dict[str, list[Data]] = {
    "J01": [
        {"id": "D1", "role": "stop_line", "lane": "n_0", "groups": ["K1"], "distance_m": 1},
        {"id": "D2", "role": "advance", "lane": "n_0", "groups": ["K1"], "distance_m": 80},
        {"id": "D3", "role": "stop_line", "lane": "e_0", "groups": ["K2"], "distance_m": 1},
        {"id": "X1", "role": "exit", "groups": ["K1"], "distance_m": 40},
        {"id": "P1", "role": "button", "groups": ["F1"]},
    ],
    "J02": [
        {"id": "D1", "role": "stop_line", "lane": "s_0", "groups": ["K1"], "distance_m": 1},
        {"id": "D2", "role": "stop_line", "lane": "n_0", "groups": ["K3"], "distance_m": 1},
        {"id": "D3", "role": "stop_line", "lane": "w_0", "groups": ["K2"], "distance_m": 1},
    ],
}
PERMISSIVE: dict[str, list[list[str]]] = {"J01": [], "J02": [["K3", "K1"]]}
DAY: dict[str, Data] = {
    "J01": {
        "cycle_s": 60,
        "offset_s": 12,
        "splits": [{"stage": "A", "split_s": 36}, {"stage": "B", "split_s": 24}],
        "coordinated": ["K1"],
    },
    "J02": {
        "cycle_s": 60,
        "offset_s": 30,
        "splits": [{"stage": "A", "split_s": 38}, {"stage": "B", "split_s": 22}],
        "coordinated": ["K1"],
    },
}
NIGHT: dict[str, Data] = {
    "J01": {"cycle_s": 60, "groups": {"K1": [[0, 28]], "F1": [[0, 20]], "K2": [[33, 54]]}},
    "J02": {"cycle_s": 60, "offset_s": 5, "groups": {"K1": [[50, 20]], "K3": [[50, 20]], "K2": [[25, 44]]}},
}
FIRST_PORT = 15001


def junction_data(junction: str, number: int) -> Data:
    """One junctions/<id>.yaml as plain data."""
    return {
        "junction": junction,
        "name": f"Junction {number}",
        "number": number,
        "cabinet": junction,
        "neighbours": [other for other in JUNCTION_GROUPS if other != junction],
        "groups": [dict(group) for group in JUNCTION_GROUPS[junction]],
        "stages": [dict(stage) for stage in STAGES[junction]],
        "conflicts_and_intergreens": {ending: dict(row) for ending, row in INTERGREENS[junction].items()},
        "permissive": [list(pair) for pair in PERMISSIVE[junction]],
        "lanes": [dict(lane) for lane in LANES[junction]],
        "loops": [dict(loop) for loop in LOOPS[junction]],
    }


def cabinet_data(junction: str, number: int, port: int) -> Data:
    """One cabinets/<id>.yaml as plain data, its safety data those of the junction, its local plan the day's."""
    split_s = DAY[junction]["splits"][0]["split_s"]
    return {
        "cabinet": junction,
        "number": 1000 + number,
        "junction_number": number,
        "address": {"profile": "TSC-MB/1.0", "host": "127.0.0.1", "port": port, "unit": 1},
        "safety": {
            "groups": [_safety_group(group) for group in JUNCTION_GROUPS[junction]],
            "intergreens": {ending: dict(row) for ending, row in INTERGREENS[junction].items()},
            "stages": [{"id": stage["id"], "groups": list(stage["groups"])} for stage in STAGES[junction]],
        },
        "start_up": {"sequence": "nordic", "dark_s": 7, "amber_s": 3, "red_s": 5, "first_stage": "A"},
        "local_plan": {
            "cycle_s": 60,
            "offset_s": DAY[junction]["offset_s"],
            "steps": [{"at_s": 0, "stage": "A"}, {"at_s": split_s, "stage": "B"}],
        },
        "utc_offset_s": 25200,
        "lease_max_s": 30,
        "stuck_request_s": 300,
        "loops": ["D1", "D3"],
    }


def _safety_group(group: Data) -> Data:
    return {
        "id": group["id"],
        "kind": group["kind"],
        "min_green_s": group.get("min_green_s", group.get("walk_s")),
        "max_green_s": group["max_green_s"],
        "amber_s": group.get("amber_s", 0),
        "red_amber_s": group.get("red_amber_s", 0),
        "clearance_s": group.get("clearance_s", 0),
    }


def site_data(first_port: int = FIRST_PORT) -> dict[str, Data]:
    """The whole site as plain data by file name: what a test wants to be wrong is changed in it."""
    files: dict[str, Data] = {
        "site.yaml": {"schema_version": 1, "site": "testtown", "name": "Test town", "utc_offset_s": 25200},
        "calendar.yaml": {
            "day_plans": {
                "workday": [{"at": "00:00", "plan": "night"}, {"at": "06:30", "plan": "day"}],
                "weekend": [{"at": "00:00", "plan": "night"}, {"at": "09:00", "plan": "day"}],
            },
            "weekdays": {
                **dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "workday"),
                **dict.fromkeys(("saturday", "sunday"), "weekend"),
            },
            "special_dates": [{"date": "2026-04-13", "day_plan": "weekend", "name": "Songkran"}],
        },
        "timings/day.yaml": {"plan": "day", "name": "By day", "junctions": dict(DAY)},
        "timings/night.yaml": {"plan": "night", "name": "By night", "junctions": dict(NIGHT)},
    }
    for number, junction in enumerate(JUNCTION_GROUPS, start=1):
        files[f"junctions/{junction}.yaml"] = junction_data(junction, number)
        files[f"cabinets/{junction}.yaml"] = cabinet_data(junction, number, first_port + number - 1)
    return files


def bundle_of(files: Mapping[str, Data]) -> Bundle:
    """Plain data as a bundle of YAML texts."""
    return Bundle({name: dump_yaml(data) for name, data in files.items()})


@cache
def make_site(first_port: int = FIRST_PORT) -> Bundle:
    """A small valid site: J01 with vehicles K1, K2 and a crossing F1; J02 with K1, K2 and K3, which gives way to K1.

    Plans `day` (by stage) and `night` (by group), both with a cycle of 60 s; cabinets on loopback from `first_port`.
    """
    return bundle_of(site_data(first_port))
