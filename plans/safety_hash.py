"""The safety data of a junction as canonical bytes, and their hash: the two sides compare it before a command is sent.

The centre computes it from the junction's file, the cabinet from its own copy; TSC-MB/1.0 carries it in IR 6-9 and
HR 22-25. Bytes: UTF-8 JSON without white space, keys sorted, every time in whole tenths of a second.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from controller.model import Junction, SignalGroup
from plans.schema.cabinet import CabinetFile, SafetyData
from plans.schema.junction import JunctionFile, PedestrianGroup, VehicleGroup

NO_INTERGREEN = -1
"""Stands where two groups may be green together."""

SafetySource = JunctionFile | CabinetFile | SafetyData | Junction
GroupRow = tuple[str, str, int, int, int, int, int]
"""id, kind, minimum green (walk), maximum green, amber, red-amber, clearance; times in tenths of a second."""


@dataclass(frozen=True, slots=True)
class SafetyTable:
    """What the hash covers, whoever says it: group rows, intergreens [ending][starting] in tenths, (stage id, mask)."""

    groups: tuple[GroupRow, ...]
    intergreen_ds: tuple[tuple[int, ...], ...]
    stages: tuple[tuple[str, int], ...]

    def to_bytes(self) -> bytes:
        value = {"groups": self.groups, "intergreen": self.intergreen_ds, "stages": self.stages}
        return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


def safety_bytes(source: SafetySource) -> bytes:
    """The canonical bytes of a junction's or cabinet's safety data."""
    return safety_table(source).to_bytes()


def safety_hash(source: SafetySource) -> int:
    """The first 64 bits, big-endian, of SHA-256 over `safety_bytes` (TSC-MB/1.0, IR 6-9)."""
    return int.from_bytes(hashlib.sha256(safety_bytes(source)).digest()[:8], "big")


def safety_table(source: SafetySource) -> SafetyTable:
    """The safety data in one form; a group or stage that is named but not there is left out (the checks say so)."""
    if isinstance(source, CabinetFile):
        source = source.safety
    if isinstance(source, Junction):
        return _of_model(source)
    if isinstance(source, JunctionFile):
        rows = tuple(_entry_row(group) for group in source.groups)
        return _table(rows, source.conflicts_and_intergreens, [(stage.id, stage.groups) for stage in source.stages])
    rows = tuple(
        _row(g.id, g.kind, g.min_green_s, g.max_green_s, g.amber_s, g.red_amber_s, g.clearance_s) for g in source.groups
    )
    return _table(rows, source.intergreens, [(stage.id, stage.groups) for stage in source.stages])


def _of_model(junction: Junction) -> SafetyTable:
    intergreen_ds = tuple(
        tuple(NO_INTERGREEN if time_s is None else _tenths(time_s) for time_s in row) for row in junction.intergreen_s
    )
    stages = tuple((stage.id, junction.stage_mask(stage)) for stage in junction.stages)
    return SafetyTable(tuple(_model_row(group) for group in junction.groups), intergreen_ds, stages)


def _table(
    rows: tuple[GroupRow, ...],
    intergreens: Mapping[str, Mapping[str, float]],
    stages: Sequence[tuple[str, tuple[str, ...]]],
) -> SafetyTable:
    ids = [row[0] for row in rows]
    bit = {group: 1 << index for index, group in enumerate(ids)}
    intergreen_ds = tuple(
        tuple(
            NO_INTERGREEN if starting not in intergreens.get(ending, {}) else _tenths(intergreens[ending][starting])
            for starting in ids
        )
        for ending in ids
    )
    masks = tuple((stage, sum(bit.get(group, 0) for group in set(groups))) for stage, groups in stages)
    return SafetyTable(rows, intergreen_ds, masks)


def _entry_row(group: VehicleGroup | PedestrianGroup) -> GroupRow:
    if isinstance(group, PedestrianGroup):
        return _row(group.id, group.kind, group.walk_s, group.max_green_s, 0, 0, group.clearance_s)
    return _row(group.id, group.kind, group.min_green_s, group.max_green_s, group.amber_s, group.red_amber_s, 0)


def _model_row(group: SignalGroup) -> GroupRow:
    return _row(
        group.id,
        group.kind.value,
        group.min_green_s,
        group.max_green_s,
        group.amber_s,
        group.red_amber_s,
        group.clearance_s,
    )


def _row(group: str, kind: str, *times_s: float) -> GroupRow:
    minimum, maximum, amber, red_amber, clearance = map(_tenths, times_s)
    return (group, kind, minimum, maximum, amber, red_amber, clearance)


def _tenths(time_s: float) -> int:
    return round(time_s * 10)
