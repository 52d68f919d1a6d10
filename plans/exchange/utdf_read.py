"""Time plans and phases of a UTDF file as they are meant: when each phase begins, yields and ends, by the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plans.exchange.utdf_text import Record, UtdfFile, plain
from plans.exchange.utdf_volumes import MAX_PHASE, number

LONGEST_CYCLE_S = 3600
LONGEST_S = 600.0
COORDINATED = 3
"""Control type, actuated and coordinated; 0 is pretimed."""


@dataclass(frozen=True, slots=True)
class ReadPhase:
    """One phase; `start_s`, `yield_s` and `walk_end_s` in s of the clock's cycle, the rest lengths in s."""

    number: int
    start_s: float
    yield_s: float
    """Begin of yellow; of a phase of pedestrians alone the end of its clearance. Later than `start_s`."""
    min_green_s: float
    max_green_s: float
    yellow_s: float
    all_red_s: float
    walk_s: float
    clearance_s: float
    """Flashing don't walk; 0 where nobody walks."""
    ring: int
    """0 where BRP does not say it."""
    barrier: int
    always: bool

    @property
    def walks_alone(self) -> bool:
        """Whether it is a phase of pedestrians: it clears and has no yellow."""
        return self.clearance_s > 0 and self.yellow_s == 0

    @property
    def walk_end_s(self) -> float:
        """Begin of the clearance, which ends where the yellow begins."""
        return self.yield_s - self.clearance_s


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """One node."""

    node: int
    cycle_s: int
    offset_s: float
    reference: tuple[int, ...]
    """Phases that offsets are referenced to."""
    coordinated: bool
    """Whether they are favoured: the control type is actuated and coordinated."""
    phases: tuple[ReadPhase, ...]


def timed_nodes(file: UtdfFile) -> list[int]:
    """The nodes with a cycle; another one has an offset alone, or another node's controller runs it."""
    return [n for n in file.nodes_of("timeplans") if file.record("timeplans", "Cycle Length", n) is not None]


def read_plans(file: UtdfFile, nodes: Sequence[int], faults: list[str]) -> list[ReadPlan]:
    """The time plans of nodes; what is wrong is added to `faults` with its line."""
    plans = []
    for node in nodes:
        cycle = file.record("timeplans", "Cycle Length", node)
        if cycle is None:
            continue
        found = number(cycle, "DATA", 1, LONGEST_CYCLE_S, faults) if cycle.datum else 0.0
        if found != int(found) or found < 1:
            told = cycle.datum or "nothing"
            faults.append(
                f"line {cycle.line}: [{cycle.section}]: node {node} has a cycle of {told}: write whole seconds"
            )
            continue
        offset = file.record("timeplans", "Offset", node)
        offset_s = number(offset, "DATA", -LONGEST_CYCLE_S, LONGEST_CYCLE_S, faults) if offset and offset.datum else 0.0
        phases = tuple(_phases(file, node, int(found), faults))
        if not phases:
            faults.append(
                f"line {cycle.line}: [{cycle.section}]: node {node} has a time plan and no Start and Yield in [Phases]"
            )
        control = file.record("timeplans", "Control Type", node)
        coordinated = control is not None and control.datum == str(COORDINATED)
        reference = _reference(file, node, faults)
        plans.append(ReadPlan(node, int(found), offset_s % found, reference, coordinated, phases))
    return plans


def _reference(file: UtdfFile, node: int, faults: list[str]) -> tuple[int, ...]:
    record = file.record("timeplans", "Reference Phase", node)
    if record is None or not record.datum:
        return ()
    told = int(number(record, "DATA", -1, 100 * MAX_PHASE + MAX_PHASE, faults))
    return tuple(phase for phase in (told // 100, told % 100) if phase > 0)


class _Columns:
    """The records of a node in [Phases], read column by column."""

    def __init__(self, records: Sequence[Record], faults: list[str]) -> None:
        self._records = {plain(record.name): record for record in records}
        self._faults = faults

    def numbers(self) -> list[int]:
        """Phases that have a beginning and an end."""
        starts, yields = (self._records.get(name) for name in ("start", "yield"))
        if starts is None or yields is None:
            return []
        columns = [column for column in starts.values if column in yields.values]
        for record, other in ((starts, yields), (yields, starts)):
            if alone := [column for column in record.values if column not in other.values]:
                self._faults.append(
                    f"{record.where} has a time in column {', '.join(alone)}, and {other.name} in line {other.line} "
                    "has none there: a phase has both"
                )
        return sorted(int(c[1:]) for c in columns if c[:1] == "D" and c[1:].isdecimal() and 0 < int(c[1:]) <= MAX_PHASE)

    def value(self, name: str, phase: int, most: float = LONGEST_S, usual: float = 0.0) -> float:
        record = self._records.get(name)
        column = f"D{phase}"
        if record is None or column not in record.values:
            return usual
        return number(record, column, 0.0, most, self._faults)


def _phases(file: UtdfFile, node: int, cycle_s: int, faults: list[str]) -> list[ReadPhase]:
    columns = _Columns([record for record in file.rows("phases") if record.node == node], faults)
    phases = []
    for phase in columns.numbers():
        start_s, yield_s = (columns.value(name, phase, cycle_s) % cycle_s for name in ("start", "yield"))
        held_s = (yield_s - start_s) % cycle_s
        always = held_s == 0 and columns.value("actgreen", phase, LONGEST_CYCLE_S) >= cycle_s
        brp = int(columns.value("brp", phase, 999))
        clearance_s = columns.value("dontwalk", phase)
        phases.append(
            ReadPhase(
                number=phase,
                start_s=start_s,
                yield_s=start_s + (cycle_s if always else held_s),
                min_green_s=columns.value("mingreen", phase),
                max_green_s=columns.value("maxgreen", phase, LONGEST_CYCLE_S),
                yellow_s=columns.value("yellow", phase),
                all_red_s=columns.value("allred", phase),
                walk_s=columns.value("walk", phase),
                clearance_s=clearance_s if columns.value("walk", phase) > 0 else 0.0,
                ring=brp // 10 % 10,
                barrier=brp // 100,
                always=always,
            )
        )
    return [phase for phase in phases if phase.always or phase.yield_s > phase.start_s]
