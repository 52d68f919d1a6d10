"""Every yardstick that runs behind our own interlock and cabinets, by the name it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from controller import Controller
from sim.baselines.truth import LanePlaces, LaneTruth
from sim.prepared import Prepared
from sim.run_settings import RunSettings
from sim.sumo_world import SumoWorld

Yardstick = Callable[[Prepared, SumoWorld, RunSettings], Controller]
"""Makes the controller of one run."""


def _oracle(prepared: Prepared, world: SumoWorld, settings: RunSettings, *, view_m: float) -> Controller:
    """Our planner, who sees every vehicle to `view_m` before its stop line."""
    network = prepared.site.network
    truth = LaneTruth(world, network, _places(prepared), view_m)
    return Controller(network, "planner", settings.begin_s, sight=truth)


def _places(prepared: Prepared) -> LanePlaces:
    tls_of = {junction: at.tls for junction, at in prepared.maps.items()}
    return LanePlaces(prepared.site.network, tls_of, prepared.net.links)


YARDSTICKS: Mapping[str, Yardstick] = {
    "oracle": partial(_oracle, view_m=200.0),
    "oracle-100": partial(_oracle, view_m=100.0),
    "oracle-300": partial(_oracle, view_m=300.0),
}
