"""Where the demand of `tune` comes from: a CSV of counts, UTDF volumes, a journal, or a scenario of SUMO."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from console.exits import ConfigurationError
from plans import Site
from plans.tuning.counts import Count, Span, demand_of_counts, turns_of_group
from plans.tuning.demand import CAR, Demand, DemandError, Turn

if TYPE_CHECKING:
    from plans.exchange import Geometry
    from sim.prepared import Prepared

KINDS = ("csv", "utdf", "journal", "scenario")
QUARTER_S = 900
LEAST_VEH_H = 0.5
"""Less is what rounding leaves [veh/h]."""
LEAST_HEARD = 0.9
"""A quarter of an hour in which the loops were heard for less than this is a gap [0..1]."""


@dataclass(frozen=True, slots=True)
class DemandQuestion:
    """What was asked for on the command line."""

    kind: str
    name: str
    """Path, or a scenario's name."""
    site_folder: Path
    span: Span | None = None
    fill: bool = False
    motorcycle_pcu: Mapping[str, float] | None = None
    units: str | None = None
    """Of a UTDF file without Metric: `feet` or `metres`."""
    scenario: str | None = None
    """Its network says which way the approaches of the site lead: UTDF tells directions."""


def kind_of(given: str) -> tuple[str, str]:
    """(kind, name) of what `--demand` names: `kind:name`, or guessed by what is there; raises ConfigurationError."""
    kind, colon, name = given.partition(":")
    if colon and kind in KINDS:
        return kind, name
    path = Path(given)
    if path.suffix.lower() == ".csv" and not path.is_dir():
        if not path.is_file():
            raise ConfigurationError(f"{given} is not there: name a file of counts or of UTDF volumes that is")
        first = path.read_text(encoding="utf-8-sig", errors="replace")[:8192].replace("\0", "").lower()
        utdf = any(mark in first for mark in ("[network]", "[lanes]", "date,time,intid")) or first.startswith("utdf")
        return ("utdf" if utdf else "csv"), given
    if path.suffix == ".journal" or (path.is_dir() and any(path.glob("**/*.journal"))):
        return "journal", given
    if path.is_file() and path.suffix != ".sumocfg":
        raise ConfigurationError(
            f"{given}: which demand is this? Write one of {', '.join(f'{k}:' for k in KINDS)} before it"
        )
    return "scenario", given


def read_demand(question: DemandQuestion, site: Site) -> Demand:
    """The demand; raises plans.tuning.demand.DemandError and what its source raises."""
    if question.kind == "scenario":
        demand = demand_of_scenario(question.name, question.site_folder)
    elif question.kind == "csv":
        demand = _of_csv(question, site)
    elif question.kind == "utdf":
        demand = _of_utdf(question, site)
    else:
        demand = _of_journal(question, site)
    return replace(demand, motorcycle_pcu=dict(question.motorcycle_pcu or {}))


def prepared_scenario(name: str, site_folder: Path) -> Prepared:
    """A scenario with this site."""
    from sim.prepared import prepare

    return prepare(name, site=site_folder)


def demand_of_scenario(name: str, site_folder: Path) -> Demand:
    """The demand of a scenario's routes."""
    from sim.tuning.scenario_demand import scenario_demand

    return scenario_demand(prepared_scenario(name, site_folder))


def with_links_of(demand: Demand, other: Demand) -> Demand:
    """The demand with the ways from signal to signal of another one, in proportion to its own flows."""
    links = []
    for link in other.links:
        before, here = other.pcu_h(link.upstream), demand.pcu_h(link.upstream)
        if before > 0 and here > 0 and demand.pcu_h(link.downstream) > 0:
            links.append(replace(link, flow_pcu_h=link.flow_pcu_h * here / before))
    return replace(demand, links=tuple(links))


def _bytes(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{name} cannot be read ({error.strerror}): name a file that is there") from error


def _text(name: str) -> str:
    try:
        return _bytes(name).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{name} is no text in UTF-8: {error.reason} at byte {error.start}") from error


def _of_csv(question: DemandQuestion, site: Site) -> Demand:
    from plans.tuning.counts_csv import read_counts

    name = Path(question.name).name
    counts = read_counts(_text(question.name), site.network, name)
    return demand_of_counts(counts, name, span=question.span, fill=question.fill)


def _of_utdf(question: DemandQuestion, site: Site) -> Demand:
    from plans.exchange import Units, decode_utdf, group_flows, named, read_volumes
    from plans.exchange.geometry import approach_names
    from plans.exchange.movement_counts import is_movement_counts

    name = Path(question.name).name
    with named(name):
        text = decode_utdf(_bytes(question.name))
        if is_movement_counts(text):
            return _of_movements(text, question, site)
        volumes = read_volumes(text, Units(question.units) if question.units else None)
    geometry = {} if question.scenario is None else _geometry(question.scenario, question.site_folder)
    directions = {
        junction.id: {name: approach for approach, name in approach_names(junction, geometry[junction.id]).items()}
        for junction in site.network.junctions
        if junction.id in geometry
    }
    found = group_flows(site.network, volumes, peak=True, directions=directions)
    junctions = {junction.id: junction for junction in site.network.junctions}
    flows: dict[Turn, dict[str, float]] = {}
    spread = 0
    for junction, by_group in found.flow_veh_h.items():
        placed = found.of_approach_veh_h.get(junction, {})
        flows |= {Turn(junction, *place): {CAR: flow} for place, flow in placed.items()}
        for group, flow in by_group.items():
            rest = flow - sum(known for (_, of), known in placed.items() if of == group)
            if rest > LEAST_VEH_H:
                spread += 1
                for turn, share in turns_of_group(junctions[junction], group, rest).items():
                    flows[turn] = {CAR: flows.get(turn, {}).get(CAR, 0.0) + share}
    if not flows:
        raise DemandError(
            f"{name}: none of its volumes belongs to a group of the site; {'; '.join(found.left_out[:5])}"
        )
    remarks = [f"left out: {told}" for told in found.left_out]
    if spread:
        remarks.append(
            f"{spread} groups let several approaches go: their volumes are spread evenly over the lanes, because the "
            "file knows directions, not the site's approaches (a --scenario says which way these lead)"
        )
    return Demand(flows, f"UTDF volumes of {name}, busiest quarter of the hour", remarks=tuple(remarks))


def _of_movements(text: str, question: DemandQuestion, site: Site) -> Demand:
    """Turning movement counts by interval: they tell headings, and the scenario's network which lanes these are."""
    from plans.exchange.movement_counts import read_movement_counts

    name = Path(question.name).name
    if question.scenario is None:
        raise DemandError(
            f"{name}: turning movement counts tell headings, and no signal groups: name a --scenario, whose network "
            "says which way the site's lanes lead"
        )
    geometry = _geometry(question.scenario, question.site_folder)
    found = read_movement_counts(text, site.network, geometry, name)
    if not found.counts:
        raise DemandError(f"{name}: none of its movements is one of the site; {'; '.join(found.left_out[:5])}")
    demand = demand_of_counts(found.counts, name, span=question.span, fill=question.fill)
    told = (
        "movement counts know no classes: every vehicle counts as a car",
        *(f"left out: {t}" for t in found.left_out),
    )
    return replace(demand, remarks=(*demand.remarks, *told))


def _geometry(scenario: str, site_folder: Path) -> Geometry:
    """How each junction of the site lies in the scenario's network."""
    from sim.exchange import read_layout

    prepared = prepared_scenario(scenario, site_folder)
    return read_layout(prepared.scenario.net).geometry(prepared.site.network.junctions, prepared.maps)


def _of_journal(question: DemandQuestion, site: Site) -> Demand:
    """Counts of the stop-line loops by quarter of an hour; lanes that groups share are divided among them."""
    from console.report.reading import read_run
    from console.report.tables.bins import bins_of, counted, heard_s
    from console.report.tables.volumes import lane_groups

    if not Path(question.name).exists():
        raise ConfigurationError(f"{question.name} is not there: name a journal, a file or a folder")
    record = read_run(Path(question.name))
    bins = bins_of(record)
    vehicles, heard = counted(record, bins), heard_s(record, bins)
    known = {junction.id for junction in site.network.junctions}
    length_s = int(bins.length_s)
    counts = []
    for row, junction in enumerate(record.junctions):
        if junction.id not in known:
            continue
        for lanes in lane_groups(record, row):
            total = vehicles[:, [loop.column for loop in lanes.loops]].sum(axis=1)
            for place, begin in enumerate(bins.start_s):
                share = heard[place, row] / bins.length_s
                seen = float(total[place]) / share / len(lanes.groups) if share >= LEAST_HEARD else None
                counts += [
                    Count(
                        Turn(junction.id, lanes.approach, group),
                        int(begin),
                        int(begin) + length_s,
                        {CAR: seen},
                        f"{junction.id} {lanes.approach}",
                    )
                    for group in lanes.groups
                ]
    name = Path(question.name).name
    demand = demand_of_counts(_summed(_without_rims(counts)), f"journal {name}", span=question.span, fill=question.fill)
    told = "loops count every vehicle as a car, and miss motorcycles beside each other: a lower bound"
    return replace(demand, remarks=(*demand.remarks, told))


def _summed(counts: list[Count]) -> list[Count]:
    """Several lane groups of one approach may lead to one group: their counts together."""
    found: dict[tuple[Turn, int, int], Count] = {}
    for count in counts:
        key = (count.turn, count.begin_s, count.end_s)
        before = found.get(key)
        parts = [count.vehicles[CAR]] if before is None else [before.vehicles[CAR], count.vehicles[CAR]]
        together = None if None in parts else sum(part for part in parts if part is not None)
        found[key] = replace(count, vehicles={CAR: together})
    return list(found.values())


def _without_rims(counts: list[Count]) -> list[Count]:
    """Without the quarters before the journal began and after it ended, which are no gaps."""
    heard = [count for count in counts if count.vehicles[CAR] is not None]
    if not heard:
        return []
    first, last = min(count.begin_s for count in heard), max(count.end_s for count in heard)
    return [count for count in counts if first <= count.begin_s and count.end_s <= last]
