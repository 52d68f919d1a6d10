"""A run as high-resolution events: the rows (time, device, event, parameter) that signal performance tools read.

Codes are those of the Indiana enumerations as revised by TPF-5(377), 2019. A signal group is a phase, its number its
place in the junction from 1; a loop is a detector channel, likewise. Stamps are local time with milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from console.report.record import FloatArray, IntArray, RunRecord
from console.report.tables.greens import CAUSES, FORCE_OFF, GAP_OUT, MAX_OUT, plan_changes
from console.report.tables.table import Table
from controller import Aspect, CabinetMode, GroupKind, LoopRole, Reason
from plans.planned_greens import planned_greens, timing_of

PHASE_ON, GREEN, GAP, MAX, FORCE, TERMINATED = 0, 1, 4, 5, 6, 7
YELLOW, YELLOW_END, RED_CLEARANCE, RED_CLEARANCE_END, INACTIVE = 8, 9, 10, 11, 12
WALK, PED_CHANGE, DO_NOT_WALK = 21, 22, 23
PED_CALL = 45
DETECTOR_OFF, DETECTOR_ON, RESTORED, FAULT = 81, 82, 83, 84
BUTTON_OFF, BUTTON_ON = 89, 90
PATTERN, CYCLE, OFFSET = 131, 132, 133
SPLIT_1, SPLIT_17 = 134, 203
UNIT_STATUS, FLASH_STATUS, MANUAL = 155, 173, 178
MOST_LOGGED_S = 255
"""Cycle and offset saturate here; what is above goes to 156 for the cycle."""
CYCLE_ABOVE = 156

TERMINATION = {CAUSES[GAP_OUT]: GAP, CAUSES[MAX_OUT]: MAX, CAUSES[FORCE_OFF]: FORCE}
"""Other causes have no code: a tool then shows the green without a termination."""
UNIT_OF: Mapping[CabinetMode, int] = {
    CabinetMode.REMOTE: 2,  # system control
    CabinetMode.LOCAL_COORDINATED: 6,  # timebase
    CabinetMode.LOCAL_ISOLATED: 8,  # backup
    CabinetMode.MANUAL: 10,  # local manual
}
UNIT_OTHER = 1
FLASH_OF: Mapping[CabinetMode, int] = {
    CabinetMode.FLASH_AMBER: 3,
    CabinetMode.FLASH_RED: 3,
    CabinetMode.LATCHED_FAULT: 5,
}
NOT_FLASH = 2

Rows = tuple[FloatArray, IntArray, IntArray, IntArray]
"""(time, junction, event, parameter), each (n,)."""


def event_table(record: RunRecord, greens: Table) -> Table:
    """Every event in order of time: TimeStamp (local, to the ms), DeviceId (the junction), EventId, Parameter."""
    parts = [*_signal_rows(record), _terminations(record, greens), *_loop_rows(record), _other_rows(record)]
    at_s, junction, event, parameter = (np.concatenate([part[place] for part in parts]) for place in range(4))
    order = np.lexsort((parameter, event, junction, at_s))
    names = np.array([place.id for place in record.junctions])
    midnight = np.datetime64(record.date, "ms")
    return Table(
        "events",
        {
            "TimeStamp": midnight + np.round(at_s[order] * 1000).astype("timedelta64[ms]"),
            "DeviceId": names[junction[order]],
            "EventId": event[order].astype(np.int16),
            "Parameter": parameter[order].astype(np.int16),
        },
    )


def _rows(at_s: FloatArray, junction: IntArray, event: int | IntArray, parameter: IntArray) -> Rows:
    return at_s, junction, np.broadcast_to(np.asarray(event, np.int64), at_s.shape), parameter


def _signal_rows(record: RunRecord) -> Iterable[Rows]:
    """What the lamps did. The first look at a group is no change, nor is one after a gap."""
    group, at_s, now = record.lamp_group, record.lamp_s, record.lamp_aspect
    before = np.roll(now, 1)
    change = np.append(False, group[1:] == group[:-1]) & (before != int(Aspect.UNKNOWN))
    change &= now != int(Aspect.UNKNOWN)
    pedestrian = np.array([place.group.kind is GroupKind.PEDESTRIAN for place in record.groups], bool)[group]
    junction = np.array([place.junction for place in record.groups], np.int64)[group]
    number = np.array([place.number for place in record.groups], np.int64)[group]
    clearance = np.array([_red_clearance_s(record, place.column) for place in record.groups])[group]

    def told(where: npt.NDArray[np.bool_], event: int, late_s: FloatArray | None = None) -> Rows:
        times = at_s if late_s is None else at_s + late_s
        return _rows(times[where], junction[where], event, number[where])

    green, was_green = now == int(Aspect.GREEN), before == int(Aspect.GREEN)
    vehicle, foot = change & ~pedestrian, change & pedestrian
    closed = vehicle & (before == int(Aspect.AMBER))
    red = closed & (now == int(Aspect.RED)) & (clearance > 0)
    flashing = int(Aspect.FLASHING_GREEN)
    yield told(vehicle & green, PHASE_ON)
    yield told(vehicle & green, GREEN)
    yield told(vehicle & was_green, TERMINATED)
    yield told(vehicle & was_green & (now == int(Aspect.AMBER)), YELLOW)
    yield told(closed, YELLOW_END)
    yield told(red, RED_CLEARANCE)
    yield told(red, RED_CLEARANCE_END, clearance)
    yield told(red, INACTIVE, clearance)
    yield told(foot & green, WALK)
    yield told(foot & was_green & (now == flashing), PED_CHANGE)
    yield told(foot & (now == int(Aspect.RED)), DO_NOT_WALK)


def _red_clearance_s(record: RunRecord, column: int) -> float:
    """All-red after the group's amber: the shortest of its intergreens less the amber [s]."""
    place = record.groups[column]
    row = record.junctions[place.junction].intergreen_s[place.number - 1]
    shortest_s = min((each for each in row if each is not None), default=0.0)
    return max(0.0, shortest_s - place.group.closing_s)


def _terminations(record: RunRecord, greens: Table) -> Rows:
    """Gap out, max out or force off of each vehicle green, where that is why it ended."""
    code = np.array([TERMINATION.get(cause, -1) for cause in greens["cause"].tolist()], np.int64)
    mine = (code >= 0) & ~greens["pedestrian"].astype(bool)
    column = greens["column"][mine].astype(np.int64)
    junction = np.array([place.junction for place in record.groups], np.int64)[column]
    number = np.array([place.number for place in record.groups], np.int64)[column]
    return _rows(greens["closing_s"][mine].astype(np.float64), junction, code[mine], number)


def _loop_rows(record: RunRecord) -> Iterable[Rows]:
    """Detectors and buttons on and off."""
    junction = np.array([loop.junction for loop in record.loops], np.int64)[record.edge_loop]
    channel = np.array([loop.channel for loop in record.loops], np.int64)[record.edge_loop]
    button = np.array([loop.loop.role is LoopRole.BUTTON for loop in record.loops], bool)[record.edge_loop]
    event = np.where(
        button, np.where(record.edge_on, BUTTON_ON, BUTTON_OFF), np.where(record.edge_on, DETECTOR_ON, DETECTOR_OFF)
    )
    yield _rows(record.edge_s, junction, event, channel)
    called = button & record.edge_on
    first_group = np.array(
        [record.junctions[loop.junction].group_index()[loop.loop.groups[0]] + 1 for loop in record.loops], np.int64
    )[record.edge_loop]
    yield _rows(record.edge_s[called], junction[called], PED_CALL, first_group[called])


def _other_rows(record: RunRecord) -> Rows:
    """Plans, modes and detector faults."""
    rows = [*_plan_rows(record), *_mode_rows(record), *_fault_rows(record)]
    return (
        np.array([row[0] for row in rows], np.float64),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2] for row in rows], np.int64),
        np.array([row[3] for row in rows], np.int64),
    )


def _plan_rows(record: RunRecord) -> Iterable[tuple[float, int, int, int]]:
    for name, (times, plans) in plan_changes(record).items():
        row = record.row(name)
        junction = record.junctions[row]
        known = [timing.plan for timing in junction.timings]
        for at_s, plan in zip(times, plans, strict=True):
            timing = timing_of(junction, plan)
            if timing is None:
                continue
            yield at_s, row, PATTERN, known.index(plan) + 1
            yield at_s, row, CYCLE, min(timing.cycle_s, MOST_LOGGED_S)
            if timing.cycle_s > MOST_LOGGED_S:
                yield at_s, row, CYCLE_ABOVE, timing.cycle_s - MOST_LOGGED_S
            yield at_s, row, OFFSET, min(timing.offset_s, MOST_LOGGED_S)
            for green in planned_greens(junction, timing):
                split_s = round(green.length_s + green.group.closing_s)
                if green.group.kind is GroupKind.VEHICLE:
                    yield at_s, row, split_code(green.column + 1), min(split_s, MOST_LOGGED_S)


def split_code(phase: int) -> int:
    """The event that tells a phase's split: 134 to 149 for 1 to 16, 203 to 218 for 17 to 32.

    >>> split_code(1), split_code(16), split_code(17)
    (134, 149, 203)
    """
    return SPLIT_1 + phase - 1 if phase <= 16 else SPLIT_17 + phase - 17


def _mode_rows(record: RunRecord) -> Iterable[tuple[float, int, int, int]]:
    manual: set[int] = set()
    for at_s, row, number in zip(record.mode_s, record.mode_junction, record.mode, strict=True):
        mode, junction = CabinetMode(int(number)), int(row)
        yield float(at_s), junction, UNIT_STATUS, UNIT_OF.get(mode, UNIT_OTHER)
        yield float(at_s), junction, FLASH_STATUS, FLASH_OF.get(mode, NOT_FLASH)
        if (mode is CabinetMode.MANUAL) != (junction in manual):
            manual ^= {junction}
            yield float(at_s), junction, MANUAL, int(junction in manual)


def _fault_rows(record: RunRecord) -> Iterable[tuple[float, int, int, int]]:
    """Loops whose data went stale: every channel of the junction."""
    for at_s, alarm in record.alarms:
        if alarm.code == Reason.STALE_DETECTORS:
            row = record.row(alarm.junction)
            for loop in record.loops_of(row):
                if loop.loop.role is not LoopRole.BUTTON:
                    yield at_s, row, RESTORED if alarm.cleared else FAULT, loop.channel


def detector_config(record: RunRecord) -> Table:
    """Which channel tells what of which phase, as event-log tools ask: `Presence` at stop lines, `Advance` before them.

    A channel that serves several groups is listed under its first.
    """
    functions = {LoopRole.STOP_LINE: "Presence", LoopRole.ADVANCE: "Advance"}
    rows: Sequence[tuple[str, int, int, str]] = [
        (
            record.junctions[loop.junction].id,
            record.junctions[loop.junction].group_index()[loop.loop.groups[0]] + 1,
            loop.channel,
            functions[loop.loop.role],
        )
        for loop in record.loops
        if loop.loop.role in functions
    ]
    return Table.of_rows("detector_config", ("DeviceId", "Phase", "Parameter", "Function"), rows)
