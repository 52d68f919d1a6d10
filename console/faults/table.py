"""All faults of the list, each once, in its order: F01 to F72."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from console.faults import api_probes
from sim.probes import (
    Row,
    answers,
    brokers,
    cabinets,
    certificates,
    detector_doors,
    disks,
    evidence,
    lines,
    loops,
    plan_files,
    processes,
    slow_lines,
    strangers,
)

GROUPS: Mapping[str, tuple[int, int]] = {
    "A. MQTT and broker": (1, 13),
    "B. Detectors and data": (14, 26),
    "C. Cabinet and Modbus": (27, 44),
    "D. Controller and host": (45, 55),
    "E. Plans and configuration": (56, 60),
    "F. Security": (61, 72),
}
"""Heading, and numbers of the first and the last fault under it."""
_MODULES = (
    *(brokers, detector_doors, loops, lines, slow_lines, answers, cabinets),
    *(processes, disks, plan_files, strangers, certificates, evidence, api_probes),
)


def all_rows() -> tuple[Row, ...]:
    """Every row, by number."""
    return tuple(sorted((row for module in _MODULES for row in module.ROWS), key=number_of))


def number_of(row: Row) -> int:
    """27 of F27."""
    return int(row.id[1:])


def rows_by_group() -> Iterator[tuple[str, tuple[Row, ...]]]:
    """(heading, its rows)."""
    rows = all_rows()
    for heading, (first, last) in GROUPS.items():
        yield heading, tuple(row for row in rows if first <= number_of(row) <= last)
