"""One trial of a plan: a run of SUMO alone on the plan's own lamps, judged by the complete delay."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from controller.model import TimingPlan
from sim.measures import approach_delays, read_trips
from sim.prepared import Prepared
from sim.sumo_files import RunFiles
from sim.sumo_world import SumoWorld
from sim.tuning.programs import write_programs


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What came of it."""

    delay_s: float
    """Complete: vehicles under way at the end and those left outside are in it, so that no gridlock looks good."""
    vehicles: int
    unfinished: int
    undeparted: int
    waiting_s: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Time lost by all vehicles before each junction, by approach, that of those left outside included [s]."""


def run_trial(
    prepared: Prepared,
    timings: Mapping[str, TimingPlan],
    seed: int,
    *,
    begin_s: float | None = None,
    minutes: float | None = None,
) -> TrialResult:
    """Run the scenario with these timings by junction; signals without one keep their own program."""
    begin, end = prepared.scenario.window(begin_s, minutes)
    junctions = {junction.id: junction for junction in prepared.site.network.junctions}
    with tempfile.TemporaryDirectory(prefix="faikhiao-") as folder:
        files = RunFiles(Path(folder))
        programs = write_programs(files.folder / "tuned.add.xml", junctions, timings, prepared.maps)
        with SumoWorld(
            prepared.scenario,
            prepared.net,
            files,
            begin_s=begin,
            end_s=end,
            seed=seed,
            additional=[programs],
        ) as world:
            while world.now_s < end:
                world.step()
            outside = world.last_look().entry_of_outside
        trips = list(read_trips(files.trips, {}, outside))
        lost = approach_delays(files.approaches, prepared.net.approaches, trips)
    count = max(1, len(trips))
    return TrialResult(
        delay_s=sum(trip.delay_s for trip in trips) / count,
        vehicles=len(trips),
        unfinished=sum(trip.departed and not trip.finished for trip in trips),
        undeparted=sum(not trip.departed for trip in trips),
        waiting_s=_by_junction(prepared, lost),
    )


def _by_junction(prepared: Prepared, lost: Mapping[str, tuple[int, float]]) -> dict[str, dict[str, float]]:
    junction_of = {at.tls: junction for junction, at in prepared.maps.items()}
    found: dict[str, dict[str, float]] = {junction: {} for junction in prepared.maps}
    for approach in prepared.net.approaches:
        if approach.tls in junction_of:
            found[junction_of[approach.tls]][approach.edges[0]] = round(lost[approach.id][1], 1)
    return found
