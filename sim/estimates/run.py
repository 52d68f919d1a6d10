"""One run in the closed loop, watched for what is believed and what is true."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from controller import STRATEGIES, Controller
from plans.zone import utc_at_midnight
from sim.baselines import lane_places
from sim.closed_loop import Progress, run_direct
from sim.estimates.against_truth import SETTLED_S, AgainstTruth
from sim.prepared import prepare
from sim.run_settings import RunSettings
from sim.scenario import ScenarioError
from sim.simulate import SimulationSettings
from sim.sumo_files import RunFiles
from sim.sumo_world import SumoWorld
from sim.watch import Watch


def compare_estimates(settings: SimulationSettings, progress: Progress = lambda _: None) -> dict[str, Any]:
    """Drive the scenario and compare each estimate with the truth: {scenario, strategy, seed, minutes, estimates}.

    Raises what `simulate` raises.
    """
    if settings.strategy not in STRATEGIES:
        raise ScenarioError(f"{settings.strategy!r} has no estimates: one of {', '.join(STRATEGIES)}")
    prepared = prepare(settings.scenario, site=settings.site, amber_s=settings.amber_s, all_red_s=settings.all_red_s)
    begin_s, end_s = prepared.scenario.window(settings.begin_s, settings.minutes)
    if end_s - begin_s <= SETTLED_S:
        raise ScenarioError(f"{prepared.scenario.name}: estimates are judged after {SETTLED_S / 60:g} min: run longer")
    network = prepared.site.network
    run = RunSettings(settings.strategy, begin_s, end_s, utc_at_midnight(network, settings.date))
    watch = Watch(prepared, own_lamps=False)
    with (
        tempfile.TemporaryDirectory(prefix="faikhiao-") as folder,
        SumoWorld(
            prepared.scenario,
            prepared.net,
            RunFiles(Path(folder)),
            begin_s=begin_s,
            end_s=end_s,
            seed=settings.seed,
            loops=prepared.loops,
            buttons=prepared.buttons,
        ) as world,
    ):
        truth = AgainstTruth(world, network, lane_places(prepared), prepared.maps, begin_s)
        controller = Controller(network, settings.strategy, begin_s, sight=truth)
        truth.stages = lambda: np.array([view.stage for view in controller.state_view()], np.int64)
        run_direct(prepared, world, watch, run, progress, controller)
    return {
        "scenario": prepared.scenario.name,
        "strategy": settings.strategy,
        "seed": settings.seed,
        "minutes": (end_s - begin_s) / 60,
        "estimates": {name: found.as_data() for name, found in truth.agreements().items()},
        "by_trust": {
            name: {told: found.as_data() for told, found in bands} for name, bands in truth.by_trust().items()
        },
    }
