"""Counts as a CSV file: `begin,end,junction,approach,group` and a column for each class of vehicle.

    begin,end,junction,approach,group,car,motorcycle,bus
    07:00,07:15,J01,north,K1,120,240,4

`approach` may be left out where only one leads to the group; times are of the local day.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence

from controller.model import Network
from plans.tuning.counts import Count, number_of, turn_named
from plans.tuning.demand import MOTORCYCLES, PCU, DemandError

NEEDED = ("begin", "end", "junction", "group")
CLASSES = (*PCU, *sorted(MOTORCYCLES))
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?")
MOST_FAULTS = 20


def read_counts(text: str, network: Network, name: str) -> list[Count]:
    """Every row; raises DemandError with every fault, by line. `name` is the file's, for messages."""
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    if not rows:
        raise DemandError(f"{name}: it is empty; its first line names the columns: {', '.join(NEEDED)}, car, ...")
    head = [cell.strip().lower() for cell in rows[0]]
    classes = _classes(head, name)
    counts: list[Count] = []
    faults: list[str] = []
    for line, cells in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        where = f"{name}:{line}"
        try:
            counts.append(_row(dict(zip(head, cells, strict=True)), classes, network, where))
        except ValueError as error:
            faults.append(f"{where}: {_said(error, len(head), len(cells))}")
    if faults:
        rest = f"\nand {len(faults) - MOST_FAULTS} more lines" if len(faults) > MOST_FAULTS else ""
        raise DemandError("\n".join(faults[:MOST_FAULTS]) + rest)
    return counts


def _classes(head: Sequence[str], name: str) -> list[str]:
    missing = [column for column in NEEDED if column not in head]
    classes = [column for column in head if column not in {*NEEDED, "approach"}]
    unknown = [column for column in classes if column not in CLASSES]
    if missing or unknown or not classes:
        parts = [f"column {', '.join(missing)} is missing"] if missing else []
        parts += [f"column {', '.join(unknown)} is unknown"] if unknown else []
        parts += ["no class of vehicle is counted"] if not classes else []
        raise DemandError(f"{name}:1: {'; '.join(parts)}; classes are {', '.join(CLASSES)}")
    twice = sorted({column for column in head if head.count(column) > 1})
    if twice:
        raise DemandError(f"{name}:1: a column stands twice: {', '.join(twice)}")
    return classes


def _row(cells: Mapping[str, str], classes: Sequence[str], network: Network, where: str) -> Count:
    begin_s, end_s = _seconds(cells["begin"]), _seconds(cells["end"])
    if end_s <= begin_s:
        raise ValueError(f"it ends at {cells['end'].strip()}, not after {cells['begin'].strip()}")
    turn = turn_named(network, cells["junction"].strip(), cells.get("approach", "").strip(), cells["group"].strip())
    vehicles = {}
    for name in classes:
        try:
            vehicles[name] = number_of(cells[name])
        except ValueError:
            raise ValueError(f"{name} is {cells[name].strip()!r}: write a number of 0 or more, or nothing") from None
    return Count(turn, begin_s, end_s, vehicles, where)


def _said(error: ValueError, columns: int, cells: int) -> str:
    return f"it has {cells} cells, the first line {columns}" if columns != cells else str(error)


def _seconds(text: str) -> int:
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text.strip()!r} is no time: write HH:MM")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    if hours > 24:
        raise ValueError(f"{text.strip()!r} is no time of a day")
    return 3600 * hours + 60 * minutes + seconds
