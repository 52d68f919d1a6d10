"""Plan files that passed the checks become the model that the core runs: frozen, names resolved, in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controller.model import (
    GroupKind,
    Junction,
    Lane,
    Loop,
    LoopRole,
    Network,
    PlanChange,
    ProgrammeStep,
    SignalGroup,
    Stage,
    StrategyParameters,
    TimingPlan,
)
from plans.calendar import compile_schedule
from plans.programme import split_starts, wanted_sets
from plans.safety_hash import safety_hash
from plans.schema import (
    CabinetFile,
    CalendarFile,
    JunctionFile,
    JunctionTiming,
    LaneEntry,
    ParametersEntry,
    PedestrianGroup,
    SiteFile,
    StageTiming,
    TimingFile,
    VehicleGroup,
)

COUNTED_LOOPS = 16
"""Wired detectors that a cabinet counts (TSC-MB/1.0, IR 176-191)."""


def compile_network(
    site: SiteFile,
    junctions: Mapping[str, JunctionFile],
    cabinets: Mapping[str, CabinetFile],
    timings: Mapping[str, TimingFile],
    calendar: CalendarFile,
) -> Network:
    """The site's network; junctions by id, plans by id. The files agree with each other (plans/checks)."""
    return Network(
        site=site.site,
        junctions=tuple(
            compile_junction(junction, cabinets[junction.cabinet], timings.values())
            for _, junction in sorted(junctions.items())
        ),
        schedule=compile_schedule(calendar),
        utc_offset_s=site.utc_offset_s,
        time_zone=site.time_zone,
        parameters=compile_parameters(site.parameters),
    )


def _lane(entry: LaneEntry) -> Lane:
    return Lane(
        id=entry.id,
        approach=entry.approach,
        groups=entry.groups,
        length_m=entry.length_m,
        speed_m_s=entry.speed_m_s,
        saturation_flow_veh_h=entry.saturation_flow_veh_h,
        signal_upstream_m=entry.signal_upstream_m,
    )


def compile_junction(junction: JunctionFile, cabinet: CabinetFile, timings: Iterable[TimingFile]) -> Junction:
    """One junction with its timing in every plan that names it."""
    ids = [group.id for group in junction.groups]
    intergreens = junction.conflicts_and_intergreens
    plans = [(timing.plan, timing.junctions.get(junction.junction)) for timing in sorted(timings, key=_plan)]
    return Junction(
        id=junction.junction,
        name=junction.name,
        groups=tuple(compile_group(group) for group in junction.groups),
        stages=tuple(Stage(stage.id, stage.groups, stage.selectable) for stage in junction.stages),
        intergreen_s=tuple(tuple(intergreens.get(ending, {}).get(starting) for starting in ids) for ending in ids),
        lanes=tuple(_lane(lane) for lane in junction.lanes),
        loops=tuple(
            Loop(loop.id, LoopRole(loop.role), loop.lane, loop.groups, loop.distance_m, loop.length_m)
            for loop in junction.loops
        ),
        timings=tuple(compile_timing(junction, plan, timing) for plan, timing in plans if timing is not None),
        permissive=frozenset(junction.permissive),
        number=junction.number,
        cabinet_number=cabinet.number,
        safety_hash=safety_hash(junction),
        neighbours=junction.neighbours,
        wired=cabinet.loops[:COUNTED_LOOPS],
    )


def compile_timing(junction: JunctionFile, plan: str, timing: JunctionTiming) -> TimingPlan:
    """Switching points of one junction under one plan, from either form; each set of greens is a stage."""
    if isinstance(timing, StageTiming):
        number = {stage.id: place for place, stage in enumerate(junction.stages, start=1)}
        steps = tuple(ProgrammeStep(at_s, number[stage]) for at_s, stage in split_starts(timing))
    else:
        of_set = stage_numbers_by_groups(junction)
        steps = tuple(ProgrammeStep(wanted.at_s, of_set[wanted.groups]) for wanted in wanted_sets(timing))
    return TimingPlan(plan, timing.cycle_s, timing.offset_s, steps, timing.coordinated)


def stage_numbers_by_groups(junction: JunctionFile) -> dict[frozenset[str], int]:
    """Stage number, from 1, by the set of groups that are green in it."""
    return {frozenset(stage.groups): place for place, stage in enumerate(junction.stages, start=1)}


def compile_parameters(parameters: ParametersEntry) -> StrategyParameters:
    """The site's parameters as the strategies take them."""
    return StrategyParameters(
        gap_s=parameters.gap_s,
        transition=PlanChange(parameters.transition),
        stretch_ratio=parameters.stretch_ratio,
        shrink_ratio=parameters.shrink_ratio,
        transition_cycles=parameters.transition_cycles,
        stale_s=parameters.stale_s,
        lease_s=parameters.lease_s,
        manual_limit_s=parameters.manual_limit_s,
        manual_warning_s=parameters.manual_warning_s,
        max_red_s=parameters.max_red_s,
    )


def _plan(timing: TimingFile) -> str:
    return timing.plan


def compile_group(group: VehicleGroup | PedestrianGroup) -> SignalGroup:
    """A signal group of a junction file as the core knows it."""
    if isinstance(group, PedestrianGroup):
        return SignalGroup(
            id=group.id,
            kind=GroupKind.PEDESTRIAN,
            min_green_s=group.walk_s,
            max_green_s=group.max_green_s,
            clearance_s=group.clearance_s,
            commit_s=group.commit_s,
        )
    return SignalGroup(
        id=group.id,
        kind=GroupKind.VEHICLE,
        min_green_s=group.min_green_s,
        max_green_s=group.max_green_s,
        amber_s=group.amber_s,
        red_amber_s=group.red_amber_s,
        commit_s=group.commit_s,
    )
