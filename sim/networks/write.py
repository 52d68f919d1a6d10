"""Networks of our own as ordinary scenario folders: a network, and beside it a folder for each story.

FOLDER/<network>/net/<network>.net.xml
FOLDER/<network>/<network>-080/<network>-080.sumocfg, .rou.xml        demand of 0.80 of capacity
FOLDER/<network>/<network>-incident/...                               a lane closed for ten minutes
FOLDER/<network>/site/                                                only where the spec asks for loops of its own
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from plans import write_site
from sim.importer import import_sumo
from sim.importer.network import RoadNetwork, parse_xml, read_network
from sim.importer.programs import expand, read_logics
from sim.networks.build import ALL_RED_S, AMBER_S, build_network
from sim.networks.capacity import SignalLoad, pcu_a_vehicle, signal_load
from sim.networks.demand import Demand, config_text, incident_text, routes_text
from sim.networks.loops import stop_line_loops_only
from sim.networks.roads import read_roads, turn_flows, ways
from sim.networks.spec import INCIDENT_LEVEL, NetworkSpec
from sim.networks.streets import StreetPlan, lay_out


@dataclass(frozen=True, slots=True)
class Made:
    """A network that was written."""

    name: str
    scenarios: tuple[Path, ...]
    signals: int
    capacity_veh_h: float
    """Demand of the whole network at which its busiest signal is full."""
    busiest: str


def make_networks(folder: Path, specs: Iterable[NetworkSpec]) -> Iterator[Made]:
    """Write each network with its stories into `folder`; what is there already is written anew.

    Raises SpecError, NetworkBuildError, ImportRefused; OSError where the folder cannot be written.
    """
    for spec in specs:
        yield _make(folder / spec.name, spec)


def _make(folder: Path, spec: NetworkSpec) -> Made:
    plan = lay_out(spec)
    net = folder / "net" / f"{spec.name}.net.xml"
    _write(net, build_network(spec, plan))
    network = read_network(net, parse_xml(net))
    shares = ways(read_roads(network), spec.straight_share, spec.seed)
    loads = signal_loads(net, network, turn_flows(shares))
    fullest = min(loads, key=lambda load: load.capacity_pcu_h)
    capacity_veh_h = fullest.capacity_pcu_h / pcu_a_vehicle(spec.two_wheelers_share)
    if spec.one_loop:
        _write_one_loop_site(folder / "site", net, spec)
    scenarios = [
        _story(folder, spec, f"{spec.name}-{round(100 * level):03}", Demand(shares, level * capacity_veh_h), network)
        for level in spec.levels
    ]
    if spec.incident:
        demand = Demand(shares, INCIDENT_LEVEL * capacity_veh_h)
        scenarios.append(_story(folder, spec, f"{spec.name}-incident", demand, network, plan))
    return Made(spec.name, tuple(scenarios), len(network.signals), capacity_veh_h, fullest.tls)


def signal_loads(net: Path, network: RoadNetwork, flows: Mapping[tuple[str, str], float]) -> list[SignalLoad]:
    """What each signal is asked for by one vehicle an hour."""
    logics, _ = read_logics([(net, parse_xml(net))])
    loads = []
    for tls, links in network.signals.items():
        programme, faults, _ = expand(logics[tls], max(links) + 1)
        if programme is None:
            raise ValueError("; ".join(faults))
        loads.append(signal_load(programme, network, flows, AMBER_S + ALL_RED_S))
    return loads


def _story(
    folder: Path, spec: NetworkSpec, name: str, demand: Demand, network: RoadNetwork, plan: StreetPlan | None = None
) -> Path:
    """One scenario folder; with `plan`, its closable street loses a lane."""
    here = folder / name
    _write(here / f"{name}.rou.xml", routes_text(spec, demand, network))
    closed = plan.closable if plan is not None else None
    if closed is not None:
        _write(here / f"{name}.add.xml", incident_text(spec, closed))
    _write(here / f"{name}.sumocfg", config_text(spec, name, incident=closed is not None))
    return here


def _write_one_loop_site(folder: Path, net: Path, spec: NetworkSpec) -> None:
    write_site(stop_line_loops_only(import_sumo(net, (), site=spec.name).bundle), folder, replace=True)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
