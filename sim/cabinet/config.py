"""What a cabinet owns: its safety data, its start-up and its local plan, in tenths of a second.

A cabinet believes its own copy of the safety data and nobody else's. Data that contradict themselves are refused whole,
with every finding, before a lamp is lit.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from controller.model import MAX_GROUPS, MAX_STAGES, GroupKind
from plans import CabinetFile, safety_hash
from plans.schema.cabinet import SafetyGroup

MAX_COUNTED = 16
"""Detectors whose counts have a register (TSC-MB/1.0, IR 176-191)."""
MAX_DETECTORS = 64
"""Detectors that can be wired to a cabinet (TSC-MB/1.0, IR 12)."""


class StartUpSequence(StrEnum):
    """How the lamps come on: the field's customs, see `start_up.py`."""

    UK = "uk"
    US = "us"
    NORDIC = "nordic"


class ConfigRefused(ValueError):  # noqa: N818 - the cabinet refuses; that is its answer, not a failure of the program
    """Safety data that contradict themselves; `findings` has each as one sentence."""

    def __init__(self, cabinet: str, findings: tuple[str, ...]) -> None:
        super().__init__(f"cabinet {cabinet} does not start: " + "; ".join(findings))
        self.cabinet = cabinet
        self.findings = findings


@dataclass(frozen=True, slots=True)
class GroupTimes:
    """One signal group as the cabinet knows it, in tenths of a second."""

    id: str
    kind: GroupKind
    min_green_ds: int
    """Shortest green; of a pedestrian group the shortest walk."""
    max_green_ds: int
    closing_ds: int
    """Amber of a vehicle group, clearance (flashing green) of a pedestrian group."""
    red_amber_ds: int = 0


@dataclass(frozen=True, slots=True)
class StartUp:
    """What the lamps do from power-on until the first stage is green."""

    sequence: StartUpSequence
    dark_ds: int
    """First interval: dark, or the minimum flash of sequence `us`."""
    amber_ds: int
    red_ds: int
    first_stage: int
    """Number from 1."""


@dataclass(frozen=True, slots=True)
class LocalPlan:
    """What the cabinet runs alone: (tenth of the cycle, stage number from 1), sorted."""

    cycle_ds: int
    offset_ds: int
    steps: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class CabinetConfig:
    """Everything a virtual cabinet is built from; raises ConfigRefused where it contradicts itself."""

    id: str
    number: int
    junction_number: int
    groups: tuple[GroupTimes, ...]
    intergreen_ds: tuple[tuple[int | None, ...], ...]
    """[ending][starting], end of green to start of green; `None` where both may be green together."""
    stages: tuple[int, ...]
    """Groups that are green in each stage, bit i for `groups[i]`."""
    start_up: StartUp
    local_plan: LocalPlan
    safety_hash: int
    utc_offset_s: int = 0
    lease_max_ds: int = 300
    stuck_request_ds: int = 3000
    detectors: tuple[str, ...] = ()
    prohibited_moves: frozenset[tuple[int, int]] = frozenset()
    """(from stage, to stage) that may not be asked for from a distance."""

    def __post_init__(self) -> None:
        findings = (*_table_findings(self), *_stage_findings(self), *_plan_findings(self))
        if findings:
            raise ConfigRefused(self.id, findings)

    @classmethod
    def from_file(cls, file: CabinetFile) -> CabinetConfig:
        """From cabinets/<id>.yaml as read; raises ConfigRefused, also for an id that names nothing."""
        unknown = _unknown_ids(file)
        if unknown:
            raise ConfigRefused(file.cabinet, unknown)
        bit = {group.id: i for i, group in enumerate(file.safety.groups)}
        number = {stage.id: n for n, stage in enumerate(file.safety.stages, start=1)}
        return cls(
            id=file.cabinet,
            number=file.number,
            junction_number=file.junction_number,
            groups=tuple(_group_times(group) for group in file.safety.groups),
            intergreen_ds=tuple(
                tuple(None if (s := file.safety.intergreens.get(i, {}).get(j)) is None else _ds(s) for j in bit)
                for i in bit
            ),
            stages=tuple(sum(1 << bit[group] for group in set(stage.groups)) for stage in file.safety.stages),
            start_up=StartUp(
                StartUpSequence(file.start_up.sequence),
                _ds(file.start_up.dark_s),
                _ds(file.start_up.amber_s),
                _ds(file.start_up.red_s),
                number[file.start_up.first_stage],
            ),
            local_plan=LocalPlan(
                _ds(file.local_plan.cycle_s),
                _ds(file.local_plan.offset_s),
                tuple((_ds(step.at_s), number[step.stage]) for step in file.local_plan.steps),
            ),
            safety_hash=safety_hash(file),
            utc_offset_s=file.utc_offset_s,
            lease_max_ds=_ds(file.lease_max_s),
            stuck_request_ds=_ds(file.stuck_request_s),
            detectors=file.loops,
        )

    def stage_min_green_ds(self, stage: int) -> int:
        """The longest minimum green among the groups of a stage (number from 1)."""
        mask = self.stages[stage - 1]
        return max((group.min_green_ds for i, group in enumerate(self.groups) if mask >> i & 1), default=0)


def _ds(time_s: float) -> int:
    return round(time_s * 10)


def _group_times(group: SafetyGroup) -> GroupTimes:
    kind = GroupKind(group.kind)
    closing_s = group.amber_s if kind is GroupKind.VEHICLE else group.clearance_s
    return GroupTimes(
        group.id, kind, _ds(group.min_green_s), _ds(group.max_green_s), _ds(closing_s), _ds(group.red_amber_s)
    )


def _unknown_ids(file: CabinetFile) -> tuple[str, ...]:
    """Names in the file that name nothing."""
    groups = {group.id for group in file.safety.groups}
    stages = {stage.id for stage in file.safety.stages}
    intergreens = file.safety.intergreens
    named_groups = {*intergreens, *(j for row in intergreens.values() for j in row)}
    named_groups |= {group for stage in file.safety.stages for group in stage.groups}
    named_stages = {file.start_up.first_stage, *(step.stage for step in file.local_plan.steps)}
    return (
        *(f"group {name} is named, but not there" for name in sorted(named_groups - groups)),
        *(f"stage {name} is named, but not there" for name in sorted(named_stages - stages)),
    )


def _table_findings(config: CabinetConfig) -> tuple[str, ...]:
    """Groups and intergreens: sizes, signs, both directions, and never shorter than what lies between two greens."""
    n = len(config.groups)
    if not 1 <= n <= MAX_GROUPS:
        return (f"{n} signal groups, allowed are 1 to {MAX_GROUPS}",)
    if len(config.intergreen_ds) != n or any(len(row) != n for row in config.intergreen_ds):
        return (f"the intergreen matrix is not {n} by {n}",)
    findings = []
    for group in config.groups:
        if min(group.min_green_ds, group.closing_ds, group.red_amber_ds) < 0:
            findings.append(f"group {group.id} has a negative time")
        if group.max_green_ds < group.min_green_ds:
            findings.append(f"group {group.id}: maximum green is below minimum green")
        if group.kind is GroupKind.PEDESTRIAN and group.red_amber_ds:
            findings.append(f"group {group.id}: pedestrians have no red-amber")
    pairs = ((i, j) for i in range(n) for j in range(n))
    return (*findings, *(finding for i, j in pairs if (finding := _intergreen_finding(config, i, j))))


def _intergreen_finding(config: CabinetConfig, i: int, j: int) -> str | None:
    ending, starting = config.groups[i], config.groups[j]
    intergreen_ds, back_ds = config.intergreen_ds[i][j], config.intergreen_ds[j][i]
    if intergreen_ds is None:
        return None
    if i == j:
        return f"group {ending.id} conflicts with itself"
    if back_ds is None:
        return f"{ending.id} conflicts with {starting.id}, but {starting.id} not with {ending.id}"
    if intergreen_ds < ending.closing_ds + starting.red_amber_ds:
        # RiLSA: the intergreen contains the amber (or clearance) of the one and the red-amber of the other.
        return f"intergreen {ending.id} to {starting.id} is shorter than amber or clearance and red-amber"
    return None


def _stage_findings(config: CabinetConfig) -> tuple[str, ...]:
    """No stage holds two groups that conflict, nor a group that is not there."""
    if not 1 <= len(config.stages) <= MAX_STAGES:
        return (f"{len(config.stages)} stages, allowed are 1 to {MAX_STAGES}",)
    findings = []
    n = len(config.groups)
    for number, mask in enumerate(config.stages, start=1):
        if mask >> n:
            findings.append(f"stage {number} names a group that is not there")
            continue
        for i in range(n):
            for j in range(i + 1, n):
                together = mask >> i & mask >> j & 1
                if together and len(config.intergreen_ds) == n and config.intergreen_ds[i][j] is not None:
                    pair = f"{config.groups[i].id} and {config.groups[j].id}"
                    findings.append(f"stage {number} shows {pair} green together, which conflict")
    return tuple(findings)


def _plan_findings(config: CabinetConfig) -> tuple[str, ...]:
    """Start-up, local plan, lease and detectors lie within what the rest of the configuration has."""
    plan = config.local_plan
    known = range(1, len(config.stages) + 1)
    times = [at for at, _ in plan.steps]
    checks = (
        (config.start_up.first_stage in known, f"first stage {config.start_up.first_stage} is not there"),
        (min(config.start_up.dark_ds, config.start_up.amber_ds, config.start_up.red_ds) >= 0, "a start-up time < 0"),
        (bool(plan.steps), "the local plan has no step"),
        (all(stage in known for _, stage in plan.steps), "the local plan names a stage that is not there"),
        (times == sorted(set(times)), "the steps of the local plan are not in order"),
        (all(0 <= at < plan.cycle_ds for at in times), "a step of the local plan lies outside its cycle"),
        # IR 13 and 15: a lease is 3 s at least, and the cabinet's own limit at most.
        (30 <= config.lease_max_ds <= 300, "the longest lease must be 3 to 30 s"),
        (config.stuck_request_ds > 0, "the limit of a stuck request must be above 0 s"),
        (len(config.detectors) <= MAX_DETECTORS, f"more than {MAX_DETECTORS} detectors"),
    )
    return tuple(finding for holds, finding in checks if not holds)
