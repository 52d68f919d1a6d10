"""A town as plan files, of any size: four kinds of junction in turn, so that every rule has something to hold.

Red-amber and none, pedestrians with buttons, groups that stay green through two stages, all three start-ups, plans of
different cycles by day and by night. Written as files and read as any site is, so that nothing is taken on trust.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from plans import Bundle, dump_yaml

Data = dict[str, Any]

AMBER_S, CLEAR_S = 3, 2
WALK_S, CLEARANCE_S, BUFFER_S = 6, 6, 3
"""Pedestrians: shortest walk, flashing green, and what lies between it and others' green (MUTCD 4E.06)."""
NIGHT_CYCLE_S = 60
SITE = "faulty"
LEASE_S, STUCK_REQUEST_S = 10, 300
FIRST_PORT = 20001


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of junction: its stages say which groups are green; a group whose id begins with F is for people."""

    stages: tuple[tuple[str, ...], ...]
    cycle_s: int
    start_up: str
    red_amber_s: int = 0
    wired: bool = True
    """Whether its stop-line loops are counted by the cabinet too."""

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(sorted({group for stage in self.stages for group in stage}, key=lambda g: (g[0] == "F", g)))


KINDS: tuple[Kind, ...] = (
    Kind((("N", "S", "F1"), ("NT", "ST"), ("E", "W", "F2")), cycle_s=90, start_up="nordic"),
    Kind((("N", "S"), ("E", "W", "F1")), cycle_s=60, start_up="uk", red_amber_s=1),
    Kind((("N", "S"), ("N", "NT"), ("E", "F1")), cycle_s=80, start_up="us", wired=False),
    Kind((("N", "S"), ("E", "W")), cycle_s=60, start_up="nordic"),
)


@lru_cache(maxsize=8)
def town(junctions: int) -> Bundle:
    """A town of so many junctions in a row, J01 and on; plans `day` and `night`."""
    kinds = {f"J{number:02}": KINDS[(number - 1) % len(KINDS)] for number in range(1, junctions + 1)}
    files: dict[str, Data] = {
        "site.yaml": {
            "schema_version": 1,
            "site": SITE,
            "name": "Town of faults",
            "parameters": {"lease_s": LEASE_S},
        },
        "calendar.yaml": {
            "day_plans": {"all": [{"at": "00:00", "plan": "night"}, {"at": "06:00", "plan": "day"}]},
            "weekdays": dict.fromkeys(
                ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), "all"
            ),
        },
        "timings/day.yaml": _timings("day", kinds),
        "timings/night.yaml": _timings("night", kinds),
    }
    for number, (junction, kind) in enumerate(kinds.items(), start=1):
        files[f"junctions/{junction}.yaml"] = _junction(junction, number, kind, kinds)
        files[f"cabinets/{junction}.yaml"] = _cabinet(junction, number, kind)
    return Bundle({name: dump_yaml(data) for name, data in files.items()})


def _walks(group: str) -> bool:
    return group.startswith("F")


def _junction(junction: str, number: int, kind: Kind, kinds: Mapping[str, Kind]) -> Data:
    names = list(kinds)
    vehicles = [group for group in kind.groups if not _walks(group)]
    return {
        "junction": junction,
        "name": f"Junction {number}",
        "number": number,
        "cabinet": junction,
        "neighbours": [names[place] for place in (number - 2, number) if 0 <= place < len(names)],
        "groups": [_group(group, kind) for group in kind.groups],
        "stages": [{"id": f"S{place}", "groups": list(stage)} for place, stage in enumerate(kind.stages, start=1)],
        "conflicts_and_intergreens": _intergreens(kind),
        "lanes": [
            {"id": f"{group}_0", "approach": group, "groups": [group], "length_m": 250, "speed_m_s": 13.9}
            for group in vehicles
        ],
        "loops": [
            *(
                {"id": f"{group}{mark}", "role": role, "lane": f"{group}_0", "groups": [group], "distance_m": at_m}
                for mark, role, at_m in (("s", "stop_line", 1), ("a", "advance", 80))
                for group in vehicles
            ),
            *({"id": f"{group}b", "role": "button", "groups": [group]} for group in kind.groups if _walks(group)),
        ],
    }


def _group(group: str, kind: Kind) -> Data:
    if _walks(group):
        return {
            "id": group,
            "kind": "pedestrian",
            "walk_s": WALK_S,
            "max_green_s": 30,
            "clearance_s": CLEARANCE_S,
        }
    vehicle: Data = {"id": group, "kind": "vehicle", "min_green_s": 6, "max_green_s": 40, "amber_s": AMBER_S}
    return vehicle | ({"red_amber_s": kind.red_amber_s} if kind.red_amber_s else {})


def _intergreens(kind: Kind) -> dict[str, dict[str, int]]:
    """Groups that share a stage are compatible, all others conflict."""
    together = {(one, other) for stage in kind.stages for one in stage for other in stage}
    ends_s = {
        group: CLEARANCE_S + BUFFER_S + kind.red_amber_s if _walks(group) else AMBER_S + CLEAR_S
        for group in kind.groups
    }
    rows = {
        ending: {
            starting: ends_s[ending]
            for starting in kind.groups
            if starting != ending and (ending, starting) not in together
        }
        for ending in kind.groups
    }
    return {ending: row for ending, row in rows.items() if row}


def _timings(plan: str, kinds: Mapping[str, Kind]) -> Data:
    timings = {}
    for place, (junction, kind) in enumerate(kinds.items()):
        cycle_s = kind.cycle_s if plan == "day" else NIGHT_CYCLE_S
        splits = _splits(kind, cycle_s)
        timings[junction] = {
            "cycle_s": cycle_s,
            "offset_s": 7 * place % cycle_s,
            "splits": [{"stage": f"S{number}", "split_s": split_s} for number, split_s in enumerate(splits, start=1)],
        }
    return {"plan": plan, "junctions": timings}


def _splits(kind: Kind, cycle_s: int) -> Sequence[int]:
    n = len(kind.stages)
    return [cycle_s // n] * (n - 1) + [cycle_s - cycle_s // n * (n - 1)]


def _cabinet(junction: str, number: int, kind: Kind) -> Data:
    splits = _splits(kind, kind.cycle_s)
    groups = [_group(group, kind) for group in kind.groups]
    return {
        "cabinet": junction,
        "number": 1000 + number,
        "junction_number": number,
        "address": {"profile": "TSC-MB/1.0", "host": "127.0.0.1", "port": FIRST_PORT + number - 1},
        "safety": {
            "groups": [
                {
                    "id": group["id"],
                    "kind": group["kind"],
                    "min_green_s": group.get("min_green_s", group.get("walk_s")),
                    "max_green_s": group["max_green_s"],
                    "amber_s": group.get("amber_s", 0),
                    "red_amber_s": group.get("red_amber_s", 0),
                    "clearance_s": group.get("clearance_s", 0),
                }
                for group in groups
            ],
            "intergreens": _intergreens(kind),
            "stages": [{"id": f"S{place}", "groups": list(stage)} for place, stage in enumerate(kind.stages, start=1)],
        },
        "start_up": {"sequence": kind.start_up, "dark_s": 7, "amber_s": 3, "red_s": 5, "first_stage": "S1"},
        "local_plan": {
            "cycle_s": kind.cycle_s,
            "offset_s": 7 * (number - 1) % kind.cycle_s,
            "steps": [{"at_s": sum(splits[:place]), "stage": f"S{place + 1}"} for place in range(len(splits))],
        },
        "stuck_request_s": STUCK_REQUEST_S,
        "loops": [f"{group}s" for group in kind.groups if not _walks(group)] if kind.wired else [],
    }
