"""Groups, stages and intergreens against each other: the same rules for a junction's file and a cabinet's own copy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from controller.model import MAX_GROUPS, MAX_STAGES, GroupKind, SignalGroup
from plans.compile import compile_group
from plans.findings import Problem, Severity
from plans.schema import CabinetFile, JunctionFile

Path = tuple[str | int, ...]

MIN_AMBER_S, MAX_AMBER_S = 3.0, 6.0
"""MUTCD 4D.26 (11th edition 4F.17)."""
MAX_RED_AMBER_S = 3.0
"""UK 2 s, Germany 1 s; none is longer."""
MAX_RED_CLEARANCE_S = 6.0
"""MUTCD 4D.26: longer only at very wide junctions."""
MIN_VEHICLE_GREEN_S = 2.0
"""FHWA Signal Timing Manual: the shortest minimum that any kind of approach has."""
MIN_WALK_S = 4.0
"""MUTCD 4E.06: 7 s, 4 s only where few people cross."""
PEDESTRIAN_BUFFER_S = 3.0
"""MUTCD figure 4E-2: between the end of clearance and the first conflicting vehicle."""


@dataclass(frozen=True, slots=True)
class SignalData:
    """The signal data of one file in one form, and where in the file they stand."""

    file: str
    groups: tuple[SignalGroup, ...]
    groups_path: Path
    green_key: str
    """What pedestrians' shortest green is called in this file."""
    intergreens: Mapping[str, Mapping[str, float]]
    intergreens_path: Path
    stages: tuple[tuple[str, tuple[str, ...]], ...]
    stages_path: Path

    def by_id(self) -> dict[str, SignalGroup]:
        return {group.id: group for group in self.groups}

    def conflict(self, one: str, other: str) -> bool:
        """Whether an intergreen is listed between the two, in either direction."""
        return other in self.intergreens.get(one, {}) or one in self.intergreens.get(other, {})

    def min_key(self, group: SignalGroup) -> str:
        return self.green_key if group.kind is GroupKind.PEDESTRIAN else "min_green_s"


def of_junction(name: str, junction: JunctionFile) -> SignalData:
    """The signal data of junctions/<name>.yaml."""
    return SignalData(
        file=f"junctions/{name}.yaml",
        groups=tuple(compile_group(group) for group in junction.groups),
        groups_path=("groups",),
        green_key="walk_s",
        intergreens=junction.conflicts_and_intergreens,
        intergreens_path=("conflicts_and_intergreens",),
        stages=tuple((stage.id, stage.groups) for stage in junction.stages),
        stages_path=("stages",),
    )


def of_cabinet(name: str, cabinet: CabinetFile) -> SignalData:
    """The signal data of cabinets/<name>.yaml."""
    safety = cabinet.safety
    return SignalData(
        file=f"cabinets/{name}.yaml",
        groups=tuple(
            SignalGroup(
                group.id,
                GroupKind(group.kind),
                group.min_green_s,
                group.max_green_s,
                group.amber_s,
                group.red_amber_s,
                group.clearance_s,
            )
            for group in safety.groups
        ),
        groups_path=("safety", "groups"),
        green_key="min_green_s",
        intergreens=safety.intergreens,
        intergreens_path=("safety", "intergreens"),
        stages=tuple((stage.id, stage.groups) for stage in safety.stages),
        stages_path=("safety", "stages"),
    )


def signal_problems(data: SignalData) -> Iterator[Problem]:
    """What contradicts itself in the signal data of one file."""
    yield from _limit(data, data.groups_path, len(data.groups), MAX_GROUPS, "signal groups")
    yield from _limit(data, data.stages_path, len(data.stages), MAX_STAGES, "stages")
    yield from repeated(data.file, data.groups_path, [group.id for group in data.groups], "group", key="id")
    yield from repeated(data.file, data.stages_path, [stage for stage, _ in data.stages], "stage", key="id")
    for index, group in enumerate(data.groups):
        yield from _group_problems(data, group, (*data.groups_path, index))
    yield from _intergreen_problems(data)
    yield from _stage_problems(data)


def repeated(file: str, path: Path, names: Iterable[str], what: str, *, key: str | None = None) -> Iterator[Problem]:
    """Each name that stands a second time."""
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if name in first:
            where = (*path, index) if key is None else (*path, index, key)
            message = f"the {what} {name} is there already (entry {first[name]}); an id stands once"
            yield Problem(file, where, message)
        first.setdefault(name, index)


def unknown(
    file: str, path: Path, name: str, known: Iterable[str], what: str, *, where: str = "", at_key: bool = False
) -> Problem:
    """A name that nothing bears, with those that exist; `where` it was looked for."""
    listed = ", ".join(known) or "none"
    return Problem(file, path, f"there is no {what} {name}{where}; there are: {listed}", at_key=at_key)


def seconds(time_s: float) -> str:
    """A time as people write it: 5 s, 5.5 s."""
    return f"{round(time_s, 1):g} s"


def _limit(data: SignalData, path: Path, number: int, most: int, what: str) -> Iterator[Problem]:
    if number > most:
        message = (
            f"{number} {what}; a cabinet has at most {most} (TSC-MB/1.0): divide the junction between two cabinets"
        )
        yield Problem(data.file, path, message)


def _group_problems(data: SignalData, group: SignalGroup, path: Path) -> Iterator[Problem]:
    minimum = (*path, data.min_key(group))
    if group.min_green_s > group.max_green_s:
        message = f"{seconds(group.min_green_s)} is longer than max_green_s, {seconds(group.max_green_s)}; at most that"
        yield Problem(data.file, minimum, message)
    if group.commit_s > group.max_green_s:
        message = f"{seconds(group.commit_s)} is longer than max_green_s, {seconds(group.max_green_s)}; at most that"
        yield Problem(data.file, (*path, "commit_s"), message)
    if group.kind is GroupKind.VEHICLE:
        yield from _vehicle_problems(data.file, group, path)
    else:
        yield from _pedestrian_problems(data.file, group, path, minimum)


def _vehicle_problems(file: str, group: SignalGroup, path: Path) -> Iterator[Problem]:
    if not MIN_AMBER_S <= group.amber_s <= MAX_AMBER_S:
        message = f"amber of {group.id} is {seconds(group.amber_s)}; 3 to 6 s (MUTCD 4D.26)"
        yield Problem(file, (*path, "amber_s"), message)
    if group.red_amber_s > MAX_RED_AMBER_S:
        message = f"red-amber of {group.id} is {seconds(group.red_amber_s)}; at most {seconds(MAX_RED_AMBER_S)}"
        yield Problem(file, (*path, "red_amber_s"), message)
    if group.clearance_s > 0:
        message = f"{group.id} is a vehicle group: it has amber, not clearance; write 0 or remove the key"
        yield Problem(file, (*path, "clearance_s"), message)
    if group.min_green_s < MIN_VEHICLE_GREEN_S:
        message = f"minimum green of {group.id} is {seconds(group.min_green_s)}; 2 s or more (FHWA STM), usually 5 s"
        yield Problem(file, (*path, "min_green_s"), message, Severity.WARNING)


def _pedestrian_problems(file: str, group: SignalGroup, path: Path, minimum: Path) -> Iterator[Problem]:
    for key, value in (("amber_s", group.amber_s), ("red_amber_s", group.red_amber_s)):
        if value > 0:
            message = f"{group.id} is a pedestrian group: it has clearance, not amber; write 0 or remove the key"
            yield Problem(file, (*path, key), message)
    if group.min_green_s < MIN_WALK_S:
        message = f"walk of {group.id} is {seconds(group.min_green_s)}; 7 s, where few people cross 4 s (MUTCD 4E.06)"
        yield Problem(file, minimum, message, Severity.WARNING)
    if group.clearance_s == 0:
        message = f"{group.id} has no clearance: nobody could finish crossing; width / 1.07 m/s (MUTCD 4E.06)"
        yield Problem(file, (*path, "clearance_s"), message, Severity.WARNING)


def _intergreen_problems(data: SignalData) -> Iterator[Problem]:
    groups = data.by_id()
    for ending, row in data.intergreens.items():
        path = (*data.intergreens_path, ending)
        if ending not in groups:
            yield unknown(data.file, path, ending, groups, "group", at_key=True)
            continue
        for starting, intergreen_s in row.items():
            entry = (*path, starting)
            if starting not in groups:
                yield unknown(data.file, entry, starting, groups, "group", at_key=True)
            elif starting == ending:
                yield Problem(data.file, entry, f"{ending} cannot conflict with itself; remove the entry", at_key=True)
            else:
                yield from _pair_problems(data, groups[ending], groups[starting], intergreen_s, entry)


def _pair_problems(
    data: SignalData, ending: SignalGroup, starting: SignalGroup, intergreen_s: float, path: Path
) -> Iterator[Problem]:
    if ending.id not in data.intergreens.get(starting.id, {}):
        message = (
            f"{ending.id} to {starting.id} stands here, {starting.id} to {ending.id} is missing; list both directions"
        )
        yield Problem(data.file, path, message)
    least_s = ending.closing_s + starting.red_amber_s
    walkers_first = ending.kind is GroupKind.PEDESTRIAN and starting.kind is GroupKind.VEHICLE
    if intergreen_s < least_s - 1e-9:
        closing = "amber" if ending.kind is GroupKind.VEHICLE else "clearance"
        parts = f"{closing} {seconds(ending.closing_s)} of {ending.id}"
        if starting.red_amber_s:
            parts += f" + red-amber {seconds(starting.red_amber_s)} of {starting.id}"
        message = (
            f"intergreen {ending.id} to {starting.id} is {seconds(intergreen_s)}; at least {seconds(least_s)}: {parts}"
        )
        yield Problem(data.file, path, message)
    elif walkers_first and intergreen_s < least_s + PEDESTRIAN_BUFFER_S - 1e-9:
        pair = f"intergreen {ending.id} to {starting.id}"
        message = (
            f"{pair} is {seconds(intergreen_s)}; {seconds(least_s + PEDESTRIAN_BUFFER_S)} leave a buffer of 3 s after "
            f"the clearance of {ending.id} (MUTCD 4E.06, rule V6)"
        )
        yield Problem(data.file, path, message, Severity.WARNING)
    elif ending.kind is starting.kind is GroupKind.VEHICLE and intergreen_s > least_s + MAX_RED_CLEARANCE_S + 1e-9:
        message = (
            f"intergreen {ending.id} to {starting.id} is {seconds(intergreen_s)}, more than 6 s after the amber; "
            "right only where the junction is very wide (MUTCD 4D.26)"
        )
        yield Problem(data.file, path, message, Severity.WARNING)


def _stage_problems(data: SignalData) -> Iterator[Problem]:
    groups = data.by_id()
    seen: dict[frozenset[str], str] = {}
    for index, (stage, members) in enumerate(data.stages):
        path = (*data.stages_path, index, "groups")
        yield from repeated(data.file, path, members, "group")
        for place, member in enumerate(members):
            if member not in groups:
                yield unknown(data.file, (*path, place), member, groups, "group")
            yield from _inner_conflicts(data, stage, members, place, path)
        if frozenset(members) in seen:
            message = f"stages {seen[frozenset(members)]} and {stage} have the same groups; remove one of them"
            yield Problem(data.file, path, message)
        seen.setdefault(frozenset(members), stage)


def _inner_conflicts(
    data: SignalData, stage: str, members: tuple[str, ...], place: int, path: Path
) -> Iterator[Problem]:
    for other in members[:place]:
        if other != members[place] and data.conflict(other, members[place]):
            message = f"{other} and {members[place]} conflict and cannot be green together in stage {stage}; remove one"
            yield Problem(data.file, (*path, place), message)
