"""A plan out of a UTDF file for a site that is there: nodes are junctions by number, phases are groups.

Where the site's own stages, asked for one after the other, give the greens of the file, the plan is written by stages;
else by groups. Whole seconds are what a plan has: what the file has between them is rounded and told.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from controller.model import GroupKind, Junction, Network, ProgrammeStep, SignalGroup, Stage, TimingPlan
from plans.exchange.utdf_read import ReadPhase, ReadPlan, read_plans, timed_nodes
from plans.exchange.utdf_text import UtdfFile, UtdfRefused
from plans.exchange.utdf_volumes import MOVEMENT, phase_numbers
from plans.planned_greens import planned_greens
from plans.programme import wanted_sets
from plans.schema import GroupTiming, StageTiming, TimingFile

Timing_co = TypeVar("Timing_co", StageTiming, GroupTiming, covariant=True)

EXACT_S = 0.051
"""Greens that begin so near to what the file says begin when it says: it has tenths."""
NEAR_S = 5.0
"""Stages may begin their greens so far from where the file does: the site's intergreens are its own, and it is told."""


@dataclass(frozen=True, slots=True)
class Window:
    """One green of a group by the clock: `on_s` is the begin of green (walk), `off_s` its end; off_s > on_s."""

    group: str
    on_s: float
    off_s: int
    always: bool = False


@dataclass(frozen=True, slots=True)
class ImportedPlan:
    """The timing file, and what an engineer should read with it."""

    timing: TimingFile
    notes: tuple[str, ...]
    """What was rounded or written otherwise than in the file."""
    left_out: tuple[str, ...]


def import_plan(file: UtdfFile, network: Network, *, plan: str, name: str = "") -> ImportedPlan:
    """The plan; raises UtdfRefused with every reason where nodes or phases do not fit the site."""
    faults: list[str] = []
    notes: list[str] = []
    left_out = [f"section [{section}]" for section in file.left_out]
    junctions = {junction.number: junction for junction in network.junctions}
    nodes = timed_nodes(file)
    left_out += [f"node {node}: the site has no junction of that number" for node in nodes if node not in junctions]
    known = read_plans(file, [node for node in nodes if node in junctions], faults)
    if not known and not faults:
        faults.append("no node of the file has a time plan and the number of a junction of the site")
    timings = {}
    for node in known:
        junction = junctions[node.node]
        left_out += _beside(node)
        windows = list(_windows(file, node, junction, faults, notes))
        if not faults:
            timings[junction.id] = _timing(junction, node, windows, notes)
    if faults:
        raise UtdfRefused(faults)
    timing = TimingFile.model_validate({"plan": plan, "name": name, "junctions": timings})
    return ImportedPlan(timing, tuple(dict.fromkeys(notes)), tuple(dict.fromkeys(left_out)))


def _beside(node: ReadPlan) -> Iterator[str]:
    """Pedestrians of a vehicle phase: here a crossing is a group of its own, and nobody knows which."""
    phases = [str(phase.number) for phase in node.phases if phase.clearance_s > 0 and not phase.walks_alone]
    if phases:
        yield f"node {node.node}: Walk and DontWalk beside the vehicles of phase {', '.join(phases)}"


def _windows(
    file: UtdfFile, node: ReadPlan, junction: Junction, faults: list[str], notes: list[str]
) -> Iterator[Window]:
    owners = _owners(file, node.node, junction)
    groups = {group.id: group for group in junction.groups}
    for phase in node.phases:
        group = owners.get(phase.number)
        if group is None:
            told = ", ".join(f"{group} is {number}" for group, number in phase_numbers(junction).items())
            faults.append(f"node {node.node}: {junction.id} has no group for phase {phase.number} ({told})")
            continue
        walks = groups[group].kind is GroupKind.PEDESTRIAN
        if walks != phase.walks_alone:
            what = "people on foot" if walks else "vehicles"
            faults.append(
                f"node {node.node}: phase {phase.number} is {group} of {what}: a phase of pedestrians has Walk and "
                "DontWalk and no Yellow, one of vehicles has Yellow"
            )
            continue
        notes += _other_times(node.node, phase, groups[group])
        yield _window(group, phase, phase.walk_end_s if walks else phase.yield_s, node, notes)


def _other_times(node: int, phase: ReadPhase, group: SignalGroup) -> Iterator[str]:
    """Times of the group that the file has otherwise: they belong to the junction's file, and stay."""
    walks = group.kind is GroupKind.PEDESTRIAN
    told = {
        "clearance" if walks else "amber": (phase.clearance_s if walks else phase.yellow_s, group.closing_s),
        "minimum walk" if walks else "minimum green": (
            phase.walk_s if walks else phase.min_green_s, group.min_green_s,
        ),
    }  # fmt: skip
    for what, (in_file_s, in_site_s) in told.items():
        if abs(in_file_s - in_site_s) > EXACT_S:
            yield f"node {node}: {what} of {group.id} is {in_file_s:g} s in the file; the site's {in_site_s:g} s stays"


def _window(group: str, phase: ReadPhase, off_s: float, node: ReadPlan, notes: list[str]) -> Window:
    whole = math.floor(off_s + 0.5)
    if abs(whole - off_s) > EXACT_S:
        notes.append(f"node {node.node}: {group} ends at {off_s:g} s in the file, at {whole} s in the plan")
    return Window(group, phase.start_s, whole, phase.always)


def _owners(file: UtdfFile, node: int, junction: Junction) -> dict[int, str]:
    """The group of each phase: by its number, and further ones by the movement that names both."""
    owners = {number: group for group, number in phase_numbers(junction).items()}
    first = file.record("lanes", "Phase1", node)
    for place in range(2, 5):
        more = file.record("lanes", f"Phase{place}", node)
        for column, told in (more.values if more is not None and first is not None else {}).items():
            base = first.values.get(column, "") if first is not None else ""
            if MOVEMENT.fullmatch(column) and told.isdecimal() and base.isdecimal() and int(base) in owners:
                owners.setdefault(int(told), owners[int(base)])
    return owners


# ------------------------------------------------------------------------------------------------- windows to a timing


def _timing(
    junction: Junction, node: ReadPlan, windows: Sequence[Window], notes: list[str]
) -> StageTiming | GroupTiming:
    """By stages where that is exact, else by groups where that is and the site has the stages; else what comes near."""
    by_number = {number: group for group, number in phase_numbers(junction).items()}
    reference = [by_number[phase] for phase in node.reference if phase in by_number]
    staged = _by_stages(junction, node, windows, reference)
    grouped = _by_groups(junction, node, windows, reference)
    fits = _held(junction, grouped.timing, windows)
    by_groups = fits and not grouped.late_s if staged is None or staged.late_s else False
    chosen = grouped if by_groups or staged is None else staged
    if staged is None and not fits:
        notes.append(f"node {node.node}: the stages of {junction.id} do not give these greens: add some, or change it")
    notes += [
        f"node {node.node}: {group} begins {abs(late_s):.1f} s {'later' if late_s > 0 else 'earlier'} than in the file"
        for group, late_s in chosen.late_s.items()
    ]
    return chosen.timing


def _held(junction: Junction, timing: GroupTiming, windows: Sequence[Window]) -> bool:
    """Whether the junction has a stage for each set of greens, and its intergreens let each begin when it should."""
    number = {frozenset(stage.groups): place for place, stage in enumerate(junction.stages, start=1)}
    sets = wanted_sets(timing)
    if not all(wanted.groups in number for wanted in sets):
        return False
    steps = tuple(ProgrammeStep(wanted.at_s, number[wanted.groups]) for wanted in sets)
    return _later(junction, TimingPlan("", timing.cycle_s, timing.offset_s, steps), windows) == {}


@dataclass(frozen=True, slots=True)
class _Found(Generic[Timing_co]):
    """A timing, and how much later than in the file groups begin in it [s], where they do."""

    timing: Timing_co
    late_s: Mapping[str, float]


def _by_stages(
    junction: Junction, node: ReadPlan, windows: Sequence[Window], reference: Sequence[str]
) -> _Found[StageTiming] | None:
    """The plan by stages; None where no stages give it.

    A stage is asked for when a green of the one before it ends: so the ends cut the cycle into steps, and what is green
    just before the next end is what was asked for.
    """
    cycle_s = node.cycle_s
    always = frozenset(window.group for window in windows if window.always)
    ends = sorted({window.off_s % cycle_s for window in windows if not window.always})
    stages = {frozenset(stage.groups): stage for stage in reversed(junction.stages)}
    number = {stage.id: place for place, stage in enumerate(junction.stages, start=1)}
    steps: list[tuple[int, Stage]] = []
    for place, at_s in enumerate(ends):
        until_s = ends[(place + 1) % len(ends)]
        wanted = always | {w.group for w in windows if not w.always and _green_before(w, until_s, cycle_s)}
        stage = stages.get(wanted)
        if stage is None:
            return None
        steps.append((at_s, stage))
    if not steps:
        return None
    first = _first_step(steps, reference)
    offset_s = steps[first][0]
    turned = [((at_s - offset_s) % cycle_s, stage) for at_s, stage in (*steps[first:], *steps[:first])]
    bounds = [*(at_s for at_s, _ in turned[1:]), cycle_s]
    timing = StageTiming.model_validate(
        {
            "cycle_s": cycle_s,
            "offset_s": offset_s,
            "splits": [
                {"stage": stage.id, "split_s": until_s - at_s}
                for (at_s, stage), until_s in zip(turned, bounds, strict=True)
            ],
            "coordinated": reference if node.coordinated else [],
        }
    )
    plan = TimingPlan("", cycle_s, offset_s, tuple(ProgrammeStep(at_s, number[s.id]) for at_s, s in turned))
    late_s = _later(junction, plan, windows)
    return None if late_s is None else _Found(timing, late_s)


def _green_before(window: Window, second: int, cycle_s: int) -> bool:
    """Whether the group is green just before a second of the cycle."""
    return 0 < (second - window.on_s) % cycle_s <= window.off_s - window.on_s + 1e-6 or (
        second == window.off_s % cycle_s and window.off_s > window.on_s
    )


def _first_step(steps: Sequence[tuple[int, Stage]], reference: Sequence[str]) -> int:
    """Where the cycle begins: the first stage that may be chosen and gives the reference groups their green."""
    wanted = set(reference)
    for place, (_, stage) in enumerate(steps):
        if stage.selectable and wanted <= set(stage.groups) and not wanted <= set(steps[place - 1][1].groups):
            return place
    return next((place for place, (_, stage) in enumerate(steps) if stage.selectable), 0)


def _later(junction: Junction, plan: TimingPlan, windows: Sequence[Window]) -> dict[str, float] | None:
    """How much later each group begins in the plan than in the file [s]; None where greens differ by more than that."""
    cycle_s = plan.cycle_s
    made = {
        (green.group.id, round(green.end_s + plan.offset_s) % cycle_s): green
        for green in planned_greens(junction, plan)
        if green.length_s < cycle_s
    }
    wanted = {(window.group, window.off_s % cycle_s): window for window in windows if not window.always}
    if made.keys() != wanted.keys():
        return None
    late_s: dict[str, float] = {}
    for key, window in wanted.items():
        difference_s = (made[key].start_s + plan.offset_s - window.on_s + cycle_s / 2) % cycle_s - cycle_s / 2
        if abs(difference_s) > NEAR_S:
            return None
        if abs(difference_s) > max(EXACT_S, abs(late_s.get(window.group, 0.0))):
            late_s[window.group] = difference_s
    return late_s


def _by_groups(
    junction: Junction, node: ReadPlan, windows: Sequence[Window], reference: Sequence[str]
) -> _Found[GroupTiming]:
    """The plan by groups; a green between two seconds begins at the later one."""
    cycle_s, offset_s = node.cycle_s, math.floor(node.offset_s)
    red_amber_s = {group.id: group.red_amber_s for group in junction.groups}
    groups: dict[str, list[tuple[int, int]]] = {}
    late_s: dict[str, float] = {}
    for window in windows:
        if window.always:
            groups[window.group] = [(0, cycle_s)]
            continue
        on_s = math.ceil(window.on_s - red_amber_s[window.group] - EXACT_S)
        late = on_s + red_amber_s[window.group] - window.on_s
        if late > EXACT_S:
            late_s[window.group] = late
        groups.setdefault(window.group, []).append(((on_s - offset_s) % cycle_s, (window.off_s - offset_s) % cycle_s))
    timing = GroupTiming.model_validate(
        {
            "cycle_s": cycle_s,
            "offset_s": offset_s % cycle_s,
            "groups": {g.id: sorted(groups[g.id]) for g in junction.groups if g.id in groups},
            "coordinated": reference if node.coordinated else [],
        }
    )
    return _Found(timing, late_s)
