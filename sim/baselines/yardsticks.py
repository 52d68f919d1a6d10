"""Every yardstick that runs behind our own interlock and cabinets, by the name it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from controller import Controller
from sim.baselines.ablations import ABLATIONS
from sim.baselines.greedy import Gauge, PressureGauge, Sight, WaveGauge, greedy_by, lanes_led_to
from sim.baselines.truth import LanePlaces, LaneTruth
from sim.prepared import Prepared
from sim.run_settings import RunSettings
from sim.sumo_world import SumoWorld

Yardstick = Callable[[Prepared, SumoWorld, RunSettings], Controller]
"""Makes the controller of one run."""


def _oracle(prepared: Prepared, world: SumoWorld, settings: RunSettings, *, view_m: float) -> Controller:
    """Our planner, who sees every vehicle to `view_m` before its stop line."""
    network = prepared.site.network
    truth = LaneTruth(world, network, lane_places(prepared), view_m)
    return Controller(network, "planner", settings.begin_s, sight=truth)


def _maxwave(prepared: Prepared, world: SumoWorld, settings: RunSettings, *, wide: bool) -> Controller:
    """RESCO's max-wave."""
    return _greedy(prepared, settings, WaveGauge(world, prepared.site.network, _sight(prepared, wide=wide)))


def _maxpressure(prepared: Prepared, world: SumoWorld, settings: RunSettings, *, wide: bool) -> Controller:
    """RESCO's max-pressure."""
    network = prepared.site.network
    leads = lanes_led_to(network, prepared.maps, prepared.net)
    return _greedy(prepared, settings, PressureGauge(world, network, _sight(prepared, wide=wide), leads))


def _sight(prepared: Prepared, *, wide: bool) -> Sight:
    places = lane_places(prepared)
    return places.of if wide else places.on


def _greedy(prepared: Prepared, settings: RunSettings, gauge: Gauge) -> Controller:
    kinds = {settings.strategy: greedy_by(gauge)}
    return Controller(prepared.site.network, settings.strategy, settings.begin_s, also=kinds)


def _ablated(prepared: Prepared, world: SumoWorld, settings: RunSettings) -> Controller:
    """Our planner without one of its parts."""
    del world
    network, without = prepared.site.network, ABLATIONS[settings.strategy]
    kinds = {settings.strategy: without.kind}
    return Controller(network, settings.strategy, settings.begin_s, sight=without.sight(network), also=kinds)


def lane_places(prepared: Prepared) -> LanePlaces:
    """The lanes of a scenario's site by SUMO's links."""
    return LanePlaces(prepared.site.network, prepared.maps, prepared.net.links)


YARDSTICKS: Mapping[str, Yardstick] = {
    "maxwave": partial(_maxwave, wide=False),
    "maxpressure": partial(_maxpressure, wide=False),
    "maxwave-wide": partial(_maxwave, wide=True),
    "maxpressure-wide": partial(_maxpressure, wide=True),
    "oracle": partial(_oracle, view_m=200.0),
    "oracle-100": partial(_oracle, view_m=100.0),
    "oracle-300": partial(_oracle, view_m=300.0),
    **dict.fromkeys(ABLATIONS, _ablated),
}
