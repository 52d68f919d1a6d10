"""A scenario made ready to run: its site, imported or given, and where that site lies in the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from controller.model import LoopRole
from plans import Bundle, Site, load_site
from sim.importer import ImportReport, import_sumo
from sim.red_clock import GroupPlace
from sim.scenario import Scenario, ScenarioError, read_scenario
from sim.sumo_files import LoopPlace
from sim.sumo_map import JunctionMap, load_sumo_map
from sim.sumo_net import SumoNet, read_net
from sim.sumo_world import ButtonPlace

SITE_FOLDER = "site"
"""Where the stories of a network keep the site that they share, beside their own folders."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that is the same for every run of a scenario."""

    scenario: Scenario
    net: SumoNet
    site: Site
    maps: Mapping[str, JunctionMap]
    """By junction, in the order of the site's network."""
    report: ImportReport | None
    """What the import had to repair; `None` where a site was given."""
    loops: tuple[LoopPlace, ...]
    buttons: tuple[ButtonPlace, ...]
    groups: tuple[GroupPlace, ...]


def prepare(
    named: str | Path,
    *,
    site: Path | None = None,
    amber_s: float | None = None,
    all_red_s: float | None = None,
    own_programs: bool = False,
) -> Prepared:
    """Read a scenario and its site.

    Without `site` it is the folder `site` beside the scenario's own, where there is one. Else, and where `amber_s` or
    `all_red_s` is given or the network's own programs are to be judged (`own_programs`), the network is imported, with
    those times (None: as measured). Raises ScenarioError, plans.PlanError, or sim.importer.ImportRefused. What was
    prepared before is not done again while its files stay as they are.
    """
    scenario = read_scenario(named)
    written = tuple(path.stat().st_mtime_ns for path in (scenario.net, *scenario.additional))
    if site is None and amber_s is None and all_red_s is None and not own_programs:
        site = site_beside(scenario)
    return _prepare(scenario, written, Bundle.read(site) if site is not None else None, amber_s, all_red_s)


def site_beside(scenario: Scenario) -> Path | None:
    """The site that several stories of one network share: the folder `site` beside theirs; None where there is none."""
    folder = scenario.config.parent.parent / SITE_FOLDER
    return folder if (folder / "site.yaml").is_file() else None


@lru_cache(maxsize=8)
def _prepare(
    scenario: Scenario, _written: tuple[int, ...], given: Bundle | None, amber_s: float | None, all_red_s: float | None
) -> Prepared:
    net = read_net(scenario.net)
    if not net.links:
        raise ScenarioError(
            f"{scenario.config}: {scenario.net.name} has no traffic lights: there is nothing to control"
        )
    report = None
    bundle = given
    if bundle is None:
        imported = import_sumo(
            scenario.net, scenario.additional, amber_s=amber_s, all_red_s=all_red_s, site=site_name(scenario.name)
        )
        bundle, report = imported.bundle, imported.report
    site = laboratory(load_site(bundle))
    maps = _maps_in_order(site, load_sumo_map(bundle), net)
    return Prepared(
        scenario=scenario,
        net=net,
        site=site,
        maps=maps,
        report=report,
        loops=loop_places(list(maps.values())),
        buttons=button_places(site, maps),
        groups=tuple(place for junction in maps.values() for place in group_places(junction, net)),
    )


def laboratory(site: Site) -> Site:
    """The site with its cabinets on this machine and under the laboratory's keys: a simulation reaches no street."""
    addresses = {
        junction: replace(address, host="127.0.0.1", key_env=None, transport="tcp")
        for junction, address in site.addresses.items()
    }
    return replace(site, addresses=addresses)


def site_name(scenario: str) -> str:
    """A site id from a scenario's name: `town/story` becomes `town-story`."""
    return scenario.replace("/", "-")


def _maps_in_order(site: Site, maps: Mapping[str, JunctionMap], net: SumoNet) -> dict[str, JunctionMap]:
    """The maps in the order of the site's junctions; raises ScenarioError where site and network differ."""
    missing = [junction.id for junction in site.network.junctions if junction.id not in maps]
    if missing:
        raise ScenarioError(
            f"sumo.yaml of site {site.network.site} has no junction {', '.join(missing)}: import it anew"
        )
    signals = {link.tls for link in net.links}
    strange = [found.tls for found in maps.values() if found.tls not in signals]
    if strange:
        raise ScenarioError(
            f"site {site.network.site} is of another network: no traffic light {', '.join(strange)} in this scenario"
        )
    return {junction.id: maps[junction.id] for junction in site.network.junctions}


def loop_places(maps: Sequence[JunctionMap]) -> tuple[LoopPlace, ...]:
    """Where the loops lie."""
    return tuple(
        LoopPlace(junction.junction, loop, at.lane, at.pos_m, at.length_m)
        for junction in maps
        for loop, at in junction.loops.items()
    )


def button_places(site: Site, maps: Mapping[str, JunctionMap]) -> tuple[ButtonPlace, ...]:
    """Which crossings each push button is for: those of its groups."""
    return tuple(
        ButtonPlace(
            junction.id,
            loop.id,
            tuple(edge for group in loop.groups for edge in maps[junction.id].crossings.get(group, ())),
        )
        for junction in site.network.junctions
        for loop in junction.loops
        if loop.role is LoopRole.BUTTON
    )


def group_places(junction: JunctionMap, net: SumoNet) -> list[GroupPlace]:
    """Which lanes and crossings obey each group; a link without a group makes its lane a shared one."""
    lane_of: dict[int, set[str]] = {}
    for link in net.links:
        if link.tls == junction.tls and link.to_edge not in net.crossings:
            lane_of.setdefault(link.index, set()).add(link.lane)
    groups_of: dict[str, set[int | None]] = {}
    for index, letters in enumerate(junction.links):
        for lane in lane_of.get(index, ()):
            groups_of.setdefault(lane, set()).add(letters.group)
    places = []
    for number, group in enumerate(junction.groups):
        indexes = tuple(index for index, letters in enumerate(junction.links) if letters.group == number)
        lanes = sorted({lane for index in indexes for lane in lane_of.get(index, ())})
        places.append(
            GroupPlace(
                junction=junction.junction,
                group=group,
                tls=junction.tls,
                indexes=indexes,
                lanes=tuple(lane for lane in lanes if len(groups_of[lane]) == 1),
                shared_lanes=tuple(lane for lane in lanes if len(groups_of[lane]) > 1),
                crossings=junction.crossings.get(group, ()),
            )
        )
    return [place for place in places if place.indexes]


def group_of_link(junction: JunctionMap) -> list[str | None]:
    """The group that each letter of SUMO's state string shows; `None` where it never changes."""
    return [None if link.group is None else junction.groups[link.group] for link in junction.links]
