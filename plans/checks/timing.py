"""Timing plans against the junctions: rule V10, minimums and intergreens in each cycle, nobody forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from plans.checks.programme import cycle_fault, longest_red_s, offset_fault, programme_faults
from plans.checks.signals import Path, SignalData, of_junction, seconds, unknown
from plans.findings import Problem, Severity
from plans.programme import WantedSet, in_window, split_starts, wanted_sets, window_length
from plans.reading import SiteFiles
from plans.schema import GroupTiming, JunctionFile, JunctionTiming, StageTiming


def timing_problems(files: SiteFiles) -> Iterator[Problem]:
    """What contradicts itself, or a junction, in timings/*.yaml."""
    max_red_s = files.site.parameters.max_red_s if files.site else None
    for name, plan in files.timings.files.items():
        file = f"timings/{name}.yaml"
        if plan.plan != name:
            yield Problem(file, ("plan",), f"the id is {plan.plan}, the file is named {name}; make them equal")
        for junction_id, timing in plan.junctions.items():
            path = ("junctions", junction_id)
            yield from _own_problems(file, path, timing)
            if junction_id in files.junctions.files:
                junction = files.junctions.files[junction_id]
                yield from _JunctionTimingCheck(file, path, junction_id, junction, max_red_s).problems(timing)
            elif not files.junctions.knows(junction_id):
                yield unknown(file, path, junction_id, files.junctions.files, "junction", at_key=True)


def _own_problems(file: str, path: Path, timing: JunctionTiming) -> Iterator[Problem]:
    cycle = cycle_fault(timing.cycle_s)
    if cycle:
        message, forbids = cycle
        yield Problem(file, (*path, "cycle_s"), message, Severity.ERROR if forbids else Severity.WARNING)
    offset = offset_fault(timing.offset_s, timing.cycle_s)
    if offset:
        yield Problem(file, (*path, "offset_s"), offset)
    yield from _sum_problems(file, path, timing) if isinstance(timing, StageTiming) else _windows(file, path, timing)


def _sum_problems(file: str, path: Path, timing: StageTiming) -> Iterator[Problem]:
    total_s = sum(entry.split_s for entry in timing.splits)
    difference_s = timing.cycle_s - total_s
    if difference_s:
        what = f"{difference_s} s missing" if difference_s > 0 else f"{-difference_s} s too much"
        message = f"the splits sum to {total_s} s, the cycle is {timing.cycle_s} s; {what}"
        yield Problem(file, (*path, "splits"), message)
    for index, entry in enumerate(timing.splits):
        if len(timing.splits) > 1 and entry.stage == timing.splits[index - 1].stage:
            message = f"{entry.stage} follows itself; add its split to the one before"
            yield Problem(file, (*path, "splits", index, "stage"), message)


def _windows(file: str, path: Path, timing: GroupTiming) -> Iterator[Problem]:
    cycle_s = timing.cycle_s
    for group, windows in timing.groups.items():
        for index, (on, off) in enumerate(windows):
            where = (*path, "groups", group, index)
            if on >= cycle_s or off > cycle_s:
                message = f"[{on}, {off}] leaves the cycle of {cycle_s} s; on is 0 to {cycle_s - 1}, off 0 to {cycle_s}"
                yield Problem(file, where, message)
            elif window_length(on, off, cycle_s) == 0:
                message = f"[{on}, {off}] is empty; [0, {cycle_s}] is green through the whole cycle"
                yield Problem(file, where, message)
            elif any(_touch(windows[index], other, cycle_s) for other in windows[:index]):
                yield Problem(file, where, f"[{on}, {off}] meets another window of {group}; make one of them")


def _touch(one: tuple[int, int], other: tuple[int, int], cycle_s: int) -> bool:
    return any(
        in_window(first[0], second, cycle_s) or (first[0] - second[1]) % cycle_s == 0
        for first, second in ((one, other), (other, one))
    )


class _JunctionTimingCheck:
    """One junction's timing under one plan against the junction's file."""

    def __init__(
        self, file: str, path: Path, junction_id: str, junction: JunctionFile, max_red_s: float | None
    ) -> None:
        self.file = file
        self.path = path
        self.junction = junction
        self.max_red_s = max_red_s
        self.data: SignalData = of_junction(junction_id, junction)
        self.groups = self.data.by_id()

    def problems(self, timing: JunctionTiming) -> Iterator[Problem]:
        names = list(self._name_problems(timing))
        yield from names
        fits = not list(_windows(self.file, self.path, timing)) if isinstance(timing, GroupTiming) else True
        if names or not fits or not self._junction_is_sound():
            return
        if isinstance(timing, StageTiming):
            yield from self._by_stage(timing)
        else:
            yield from self._by_group(timing)

    def _junction_is_sound(self) -> bool:
        # Where a stage names groups that are not there, the junction's file says so; judging its cycle would guess.
        return all(group in self.groups for stage in self.junction.stages for group in stage.groups)

    def _name_problems(self, timing: JunctionTiming) -> Iterator[Problem]:
        if isinstance(timing, StageTiming):
            stages = [stage.id for stage in self.junction.stages]
            for index, entry in enumerate(timing.splits):
                if entry.stage not in stages:
                    yield unknown(self.file, (*self.path, "splits", index, "stage"), entry.stage, stages, "stage")
        else:
            for group in timing.groups:
                if group not in self.groups:
                    yield unknown(self.file, (*self.path, "groups", group), group, self.groups, "group", at_key=True)
        for index, group in enumerate(timing.coordinated):
            if group not in self.groups:
                yield unknown(self.file, (*self.path, "coordinated", index), group, self.groups, "group")

    def _by_stage(self, timing: StageTiming) -> Iterator[Problem]:
        members = {stage.id: frozenset(stage.groups) for stage in self.junction.stages}
        starts = split_starts(timing)
        sets = tuple(WantedSet(at_s, members[stage]) for at_s, stage in starts)
        cycle_s = sum(entry.split_s for entry in timing.splits)
        place = {at_s: index for index, (at_s, _) in enumerate(starts)}
        worst: dict[int, tuple[float, str]] = {}
        for fault in programme_faults(self.data, sets, cycle_s, exact=False):
            index = place[fault.on_s]
            worst[index] = max(worst.get(index, (0.0, "")), (fault.least_s, fault.message))
        for index, (_, message) in sorted(worst.items()):
            yield Problem(self.file, (*self.path, "splits", index, "split_s"), message)
        yield from self._everybody(sets, cycle_s, (*self.path, "splits"), timing.coordinated)

    def _by_group(self, timing: GroupTiming) -> Iterator[Problem]:
        sets = wanted_sets(timing)
        where = (*self.path, "groups")
        clashes = list(self._clashes(timing, sets))
        yield from clashes
        if not clashes:
            yield from self._missing_stages(timing, sets)
        for fault in programme_faults(self.data, sets, timing.cycle_s, exact=True):
            index = self._window_at(timing, fault.group, fault.on_s)
            yield Problem(self.file, (*where, fault.group, index), fault.message)
        yield from self._everybody(sets, timing.cycle_s, where, timing.coordinated)

    def _clashes(self, timing: GroupTiming, sets: Sequence[WantedSet]) -> Iterator[Problem]:
        told: set[tuple[str, str]] = set()
        for wanted in sets:
            for pair in combinations(sorted(wanted.groups), 2):
                if self.data.conflict(*pair) and pair not in told:
                    told.add(pair)
                    index = self._window_at(timing, pair[1], wanted.at_s)
                    message = f"{pair[0]} and {pair[1]} conflict and are both green at {wanted.at_s}; part them"
                    yield Problem(self.file, (*self.path, "groups", pair[1], index), message)

    def _missing_stages(self, timing: GroupTiming, sets: Sequence[WantedSet]) -> Iterator[Problem]:
        known = {frozenset(stage.groups) for stage in self.junction.stages}
        for wanted in sets:
            if wanted.groups in known:
                continue
            known.add(wanted.groups)
            listed = ", ".join(group for group in self.groups if group in wanted.groups) or "nothing"
            entry = f"[{listed}]" if wanted.groups else "[]"
            message = (
                f"from {wanted.at_s} on {listed} is green, and no stage has just these groups; add a stage to "
                f"{self.data.file}: groups {entry}, selectable false"
            )
            yield Problem(self.file, self._switching_at(timing, wanted.at_s), message)

    def _everybody(
        self, sets: Sequence[WantedSet], cycle_s: int, path: Path, coordinated: Sequence[str]
    ) -> Iterator[Problem]:
        reds: Mapping[str, float] = longest_red_s(self.data, sets, cycle_s)
        for group in self.groups:
            if group not in reds:
                message = f"{group} is never green in this plan: who waits there waits for ever; give it a green"
                yield Problem(self.file, path, message)
            elif self.max_red_s is not None and reds[group] > self.max_red_s:
                message = (
                    f"{group} is red for {seconds(reds[group])}, longer than max_red_s of site.yaml, "
                    f"{seconds(self.max_red_s)}; shorten the cycle or raise that"
                )
                yield Problem(self.file, path, message, Severity.WARNING)
        for index, group in enumerate(coordinated):
            if group not in reds:
                message = f"{group} is never green in this plan; name a group that is"
                yield Problem(self.file, (*self.path, "coordinated", index), message)

    def _window_at(self, timing: GroupTiming, group: str, second: int) -> int:
        windows = timing.groups[group]
        return next((index for index, window in enumerate(windows) if in_window(second, window, timing.cycle_s)), 0)

    def _switching_at(self, timing: GroupTiming, second: int) -> Path:
        for group, windows in timing.groups.items():
            for index, window in enumerate(windows):
                if second in {window[0] % timing.cycle_s, window[1] % timing.cycle_s}:
                    return (*self.path, "groups", group, index)
        return (*self.path, "groups")
