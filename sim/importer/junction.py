"""One signal of the network becomes one junction: every rule of the import in its order, on one page."""

from __future__ import annotations

from dataclasses import dataclass

from controller.model import MAX_GROUPS, GroupKind, Stage
from sim.importer.conflicts import Conflicts, Pair, find_conflicts
from sim.importer.groups import Grouping, Run, group_links
from sim.importer.intergreens import ProgrammeGreens, measure_intergreens, mend_greens
from sim.importer.lamps import Lamps, Signal, play
from sim.importer.lanes import ApproachLane, approach_lanes
from sim.importer.loops import LaidLoop, lay_loops
from sim.importer.network import RoadNetwork
from sim.importer.programs import Programme
from sim.importer.stages import find_stage_seconds, make_stages, too_many, wanted_sets
from sim.importer.synthesis import with_compatible_stages
from sim.importer.times import GroupTimes, full_clearance_s, keep_green_through_amber, measure_times, time_to_clear_s


@dataclass(frozen=True, slots=True)
class ImportedJunction:
    """A junction, everything known of it, before it is written down."""

    id: str
    programme: Programme
    grouping: Grouping
    times: dict[str, GroupTimes]
    conflicts: Conflicts
    intergreens: dict[Pair, int]
    greens: dict[str, tuple[Run, ...]]
    """After repair."""
    windows: dict[str, tuple[Run, ...]]
    """From the second a group is asked for (its red-amber) to the end of its green."""
    stages: tuple[Stage, ...]
    steps: tuple[tuple[int, str], ...]
    """(second of the cycle, stage id) of each switching point."""
    lamps: Lamps
    approaches: tuple[ApproachLane, ...]
    loops: tuple[LaidLoop, ...]
    crossing_of: dict[int, str]
    """Pedestrian link: SUMO's id of its crossing."""
    crossing_s: dict[str, tuple[int, int]]
    """Pedestrian group: what its longest crossing takes, and what the programme leaves for it [s]."""


def import_junction(
    network: RoadNetwork,
    programme: Programme,
    junction: str,
    amber_s: int | None,
    all_red_s: int | None,
    *,
    synthesise: bool = False,
) -> tuple[ImportedJunction | None, list[str]]:
    """The junction of one signal, or None where nothing in it ever changes; and what forbids the import."""
    links = network.signals[programme.tls]
    grouping, faults = group_links(programme, links)
    kept = {group.id: keep_green_through_amber(group) for group in grouping.groups}
    grouping = _without_those_that_stay_green(grouping, kept, programme)
    groups = grouping.groups
    if len(groups) > MAX_GROUPS:
        faults.append(f"{programme.tls}: it has {len(groups)} groups; a cabinet holds {MAX_GROUPS} (TSC-MB/1.0, IR 10)")
    if faults or not groups:
        return None, faults
    conflicts = find_conflicts(network, links, groups, programme.states)
    greens = {group.id: kept[group.id] for group in groups}
    times = measure_times(programme, links, groups, greens, conflicts, amber_s)
    seconds = find_stage_seconds(groups, programme.cycle_s)
    measured = ProgrammeGreens(groups, greens, times, conflicts, seconds.resting)
    intergreens = measure_intergreens(measured, amber_s, all_red_s)
    greens, broken = mend_greens(measured, intergreens)
    if broken:
        return None, [f"{programme.tls}: program `{programme.program}`: {fault}" for fault in broken]
    windows = {group: asked_for(runs, times[group].red_amber_s, programme.cycle_s) for group, runs in greens.items()}
    wanted = wanted_sets(windows, programme.cycle_s)
    stages = make_stages([group.id for group in groups], seconds.selectable, wanted)
    if fault := too_many(stages):
        return None, [f"{programme.tls}: {fault}"]
    if synthesise:
        stages = with_compatible_stages(stages, [group.id for group in groups], conflicts)
    names = {frozenset(stage.groups): stage.id for stage in stages}
    approaches = approach_lanes(network, programme.tls, grouping)
    imported = ImportedJunction(
        id=junction,
        programme=programme,
        grouping=grouping,
        times=times,
        conflicts=conflicts,
        intergreens=intergreens,
        greens=greens,
        windows=windows,
        stages=stages,
        steps=tuple((second, names[now]) for second, now in enumerate(wanted) if now != wanted[second - 1]),
        lamps=play(Signal(junction, network, programme, links, grouping, times, greens)),
        approaches=approaches,
        loops=lay_loops(network, programme.tls, approaches, groups),
        crossing_of={
            index: movement.from_lane.rpartition("_")[0]
            for index, movements in links.items()
            for movement in movements
            if movement.kind is GroupKind.PEDESTRIAN
        },
        crossing_s={
            group.id: (
                full_clearance_s(links, group),
                time_to_clear_s(group, measured.greens, conflicts, programme.cycle_s),
            )
            for group in groups
            if group.kind is GroupKind.PEDESTRIAN
        },
    )
    return imported, []


def asked_for(greens: tuple[Run, ...], red_amber_s: int, cycle_s: int) -> tuple[Run, ...]:
    """The greens, each with the red-amber that leads into it."""
    return tuple(Run((green.first_s - red_amber_s) % cycle_s, green.duration_s + red_amber_s) for green in greens)


def _without_those_that_stay_green(
    grouping: Grouping, kept: dict[str, tuple[Run, ...]], programme: Programme
) -> Grouping:
    """Groups that only ever change between green and amber are no groups once that amber is gone: they stay green."""
    always = [group for group in grouping.groups if kept[group.id] == (Run(0, programme.cycle_s),)]
    if not always:
        return grouping
    constant = dict(grouping.constant)
    for group in always:
        for link in group.links:
            letters = [state[link] for state in programme.states]
            constant[link] = "G" if letters.count("G") > letters.count("g") else "g"
    return Grouping(tuple(group for group in grouping.groups if group not in always), constant)
