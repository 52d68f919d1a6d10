"""Turning movement counts as UTDF has them: two lines of titles, then a row for each node and interval.

    Turning Movement Count
    15 Minute Counts
    DATE,TIME,INTID,NBL,NBT,NBR,SBL,...
    10/11/2025,="0700",6,12,104,3,...

They name headings and turns, and no signal group: which way the site's lanes lead says its network.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from controller.model import Junction, Network
from plans.exchange.geometry import Geometry, approach_names, turns_of
from plans.exchange.utdf_volumes import MOVEMENT
from plans.tuning.counts import Count, number_of
from plans.tuning.demand import CAR, DemandError, Turn

HEAD = ("DATE", "TIME", "INTID")
TITLE_LINES = 6
"""Lines in which the header is looked for."""
NOT_COUNTED = frozenset({"", "*"})
MOST_TOLD = 20
_LENGTH = re.compile(r"(\d+)\s*minute counts", re.IGNORECASE)
_CLOCK = re.compile(r'=?"?(\d{1,2}?):?([0-5]\d)"?')


@dataclass(frozen=True, slots=True)
class MovementCounts:
    """Counts by turn of the site, and what of the file found no place in it."""

    counts: tuple[Count, ...]
    left_out: tuple[str, ...]


def is_movement_counts(text: str) -> bool:
    r"""Whether a text has the header of such a file.

    >>> is_movement_counts("Turning Movement Count\n15 Minute Counts\nDATE,TIME,INTID,NBL\n")
    True
    """
    return any(_is_head(line.split(",")) for line in text.splitlines()[:TITLE_LINES])


def read_movement_counts(text: str, network: Network, geometry: Geometry, name: str) -> MovementCounts:
    """Every interval of the junctions that the site has, by number; raises DemandError with every fault by line.

    `name` is the file's, for messages. A movement that nobody counted in any interval is none.
    """
    rows = list(enumerate(csv.reader(io.StringIO(text)), start=1))
    head_line = next((line for line, cells in rows[:TITLE_LINES] if _is_head(cells)), None)
    titles = _LENGTH.search(" ".join(text.splitlines()[:TITLE_LINES]))
    if head_line is None or titles is None or not 1 <= int(titles[1]) <= 60:
        raise DemandError(f"{name}:1: movement counts begin with `15 Minute Counts` and then {','.join(HEAD)},NBL,...")
    head = [cell.strip().upper() for cell in rows[head_line - 1][1]]
    body = [
        (line, dict(zip(head, cells, strict=False))) for line, cells in rows[head_line:] if any(map(str.strip, cells))
    ]
    days = dict.fromkeys(cells.get("DATE", "").strip() for _, cells in body)
    if len(days) > 1:
        raise DemandError(
            f"{name}: counts of {len(days)} days ({', '.join(list(days)[:3])}, ...): leave one in the file"
        )
    return _counts(body, _Turns(network, geometry), 60 * int(titles[1]), name)


def _is_head(cells: Sequence[str]) -> bool:
    return tuple(cell.strip().upper() for cell in cells[:3]) == HEAD


class _Turns:
    """Which turn of the site each movement of a node is."""

    def __init__(self, network: Network, geometry: Geometry) -> None:
        self.junctions = {junction.number: junction for junction in network.junctions}
        self._by_column = {number: _columns(junction, geometry) for number, junction in self.junctions.items()}

    def of(self, node: int, column: str) -> Turn | None:
        return self._by_column[node].get(column)


def _columns(junction: Junction, geometry: Geometry) -> Mapping[str, Turn]:
    """Movement: its turn; of several groups that serve it the first."""
    known = geometry.get(junction.id)
    names, found = approach_names(junction, known), dict[str, Turn]()
    approach_of = {lane.id: lane.approach for lane in junction.lanes}
    for (lane, group), turns in turns_of(junction, known).items():
        approach = approach_of[lane]
        for turn in turns:
            if approach in names:
                found.setdefault(names[approach] + turn, Turn(junction.id, approach, group))
    return found


def _counts(body: Sequence[tuple[int, Mapping[str, str]]], turns: _Turns, length_s: int, name: str) -> MovementCounts:
    faults: list[str] = []
    left_out: list[str] = []
    found: dict[tuple[Turn, int], tuple[float | None, str]] = {}
    counted = {
        (cells.get("INTID", "").strip(), column)
        for _, cells in body
        for column, cell in cells.items()
        if MOVEMENT.fullmatch(column) and cell.strip() not in NOT_COUNTED
    }
    for line, cells in body:
        where = f"{name}:{line}"
        told, at = cells.get("INTID", "").strip(), _CLOCK.fullmatch(cells.get("TIME", "").strip())
        if not told.isdecimal() or at is None or int(at[1]) > 23:
            faults.append(f"{where}: node {told!r}, time {cells.get('TIME', '')!r}: write a number and HHMM")
            continue
        if int(told) not in turns.junctions:
            left_out.append(f"node {told}: the site has no junction of that number")
            continue
        begin_s = 3600 * int(at[1]) + 60 * int(at[2])
        for column in (column for column in cells if (told, column) in counted):
            cell = cells[column].strip()
            try:
                value = None if cell in NOT_COUNTED else number_of(cell)
            except ValueError:
                faults.append(f"{where}: {column} is {cell!r}: write a number of 0 or more, or nothing")
                continue
            turn = turns.of(int(told), column)
            if turn is not None:
                before = found.get((turn, begin_s), (0.0, where))[0]
                together = None if value is None or before is None else before + value
                found[turn, begin_s] = (together, where)
            elif value:
                left_out.append(f"node {told}: no lane of {turns.junctions[int(told)].id} leads {column}")
    if faults:
        raise DemandError("\n".join(faults[:MOST_TOLD]))
    counts = (
        Count(turn, begin_s, begin_s + length_s, {CAR: value}, where)
        for (turn, begin_s), (value, where) in found.items()
    )
    return MovementCounts(tuple(counts), tuple(dict.fromkeys(left_out)))
