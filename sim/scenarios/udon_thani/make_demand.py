"""Schematic, not surveyed: writes the route files of every demand story from `demand/`.

What is decided here: which vehicles want to go where and when, by which fixed route. The tables in `demand/` are read,
routes are found once in the built network, and each pair of places becomes one Poisson flow a quarter of an hour and
route. Nothing here is drawn at random: the arrivals are drawn by SUMO from its own seed, the same for every method of
control. The same tables and the same network give the same bytes.

    python -m sim.scenarios.udon_thani.make_demand [--out FOLDER]
"""

from __future__ import annotations

import argparse
import csv
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.scenarios.udon_thani.routing import RoadGraph, quickest_via, read_graph, shared_routes

HERE = Path(__file__).parent
NOTICE = "<!-- Schematic, not surveyed. Made by make_demand.py from demand/: change the tables, not this file. -->"
QUARTER_S = 900
QUARTERS = 4


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow element: when it begins, and its text."""

    begin_s: int
    identifier: str
    text: str


@dataclass(frozen=True, slots=True)
class RouteFile:
    """Routes and flows of one kind of traveller in one story."""

    routes: list[str]
    flows: list[Flow]

    def text(self) -> str:
        """The file's bytes as text; SUMO wants flows sorted by their begin."""
        flows = sorted(self.flows, key=lambda flow: (flow.begin_s, flow.identifier))
        return "\n".join([NOTICE, "<routes>", *self.routes, *(flow.text for flow in flows), "</routes>", ""])


def read_table(path: Path) -> list[list[str]]:
    """Rows of a CSV file; lines that begin with # are remarks."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(line for line in lines if not line.startswith("#")))


def read_od(path: Path) -> dict[tuple[str, str], float]:
    """Vehicles per hour, motorcycles included, by (from, to); places without traffic between them are left out."""
    header, *rows = read_table(path)
    return {
        (row[0], place): float(cell)
        for row in rows
        for place, cell in zip(header[1:], row[1:], strict=True)
        if float(cell) > 0
    }


def quarter_flows(
    identifier: str, attributes: str, flow_veh_h: float, profile: list[float], begin_s: int
) -> Iterator[Flow]:
    """One Poisson flow for each quarter of the hour; `profile` has mean 1 over the hour, quarters of 0 are left out."""
    for quarter, factor in enumerate(profile):
        rate_veh_s = flow_veh_h * factor / 3600.0
        if rate_veh_s <= 0:
            continue
        begin = begin_s + quarter * QUARTER_S
        name = f"{identifier}.{quarter + 1}"
        text = (
            f'    <flow id="{name}" begin="{begin}" end="{begin + QUARTER_S}" period="exp({rate_veh_s:.6f})" '
            f"{attributes}/>"
        )
        yield Flow(begin, name, text)


def route_text(identifier: str, edges: tuple[str, ...], stops: str = "") -> str:
    """A route element, with its stops inside."""
    if not stops:
        return f'    <route id="{identifier}" edges="{" ".join(edges)}"/>'
    return f'    <route id="{identifier}" edges="{" ".join(edges)}">\n{stops}\n    </route>'


def private_traffic(settings: dict[str, Any], story: dict[str, Any], od_file: Path, graph: RoadGraph) -> RouteFile:
    """Motorcycles, cars, pick-ups and lorries between the places of the OD table."""
    file = RouteFile([], [])
    places, share = settings["places"], settings["routes"]
    highway = set(settings["highway_places"])
    for (origin, goal), flow_veh_h in read_od(od_file).items():
        mix = "highway" if {origin, goal} <= highway else "street"
        profile = story.get("profile_from", {}).get(origin) or story.get("profile_to", {}).get(goal) or story["profile"]
        ways = shared_routes(
            graph, places[origin]["in"], places[goal]["out"], share["detour_ratio"], share["burden_ratio"]
        )
        for number, (edges, part) in enumerate(ways, start=1):
            name = f"{origin}_{goal}.{number}"
            file.routes.append(route_text(name, edges))
            attributes = f'route="{name}" type="{mix}" departLane="best" departSpeed="max"'
            file.flows.extend(
                quarter_flows(name, attributes, flow_veh_h * story["scale"] * part, profile, story["begin_s"])
            )
    return file


def school_run(settings: dict[str, Any], story: dict[str, Any], graph: RoadGraph) -> RouteFile:
    """Parents who stop at the school gate, let a child out and drive on; motorcycles mostly."""
    file = RouteFile([], [])
    gates = settings["school_gates"]
    for trip in story.get("school_runs", []):
        gate = gates[trip["gate"]]
        start, goal = settings["places"][trip["from"]]["in"], settings["places"][trip["to"]]["out"]
        name = f"school_{trip['from']}_{trip['to']}"
        stop = (
            f'        <stop lane="{gate["lane"]}" startPos="{gate["start_m"]}" endPos="{gate["end_m"]}" '
            f'duration="{gate["stop_s"]}" parking="true"/>'
        )
        file.routes.append(route_text(name, quickest_via(graph, [start, gate["edge"], goal]), stop))
        attributes = f'route="{name}" type="school_run" departLane="best" departSpeed="max"'
        file.flows.extend(quarter_flows(name, attributes, trip["veh_h"], story["school_profile"], story["begin_s"]))
    return file


def public_transport(settings: dict[str, Any], story: dict[str, Any], graph: RoadGraph) -> RouteFile:
    """Songthaews and buses: fixed lines, even headways; stops in the kerb lane, or a lay-by beside an only lane."""
    file = RouteFile([], [])
    stops = settings["stops"]
    for number, line in enumerate(settings["lines"]):
        headway_s = story["headway_s"][line["type"]]
        if not headway_s:
            continue
        dwell_s = settings["dwell_s"][line["type"]]
        calls = "\n".join(
            f'        <stop busStop="{stop}" duration="{dwell_s}" parking="{stops[stop].get("parking", "false")}"/>'
            for stop in line["stops"]
        )
        file.routes.append(route_text(line["id"], quickest_via(graph, line["via"]), calls))
        # The lines start one after the other, so that they do not all meet at the five-legged junction at once.
        begin = story["begin_s"] + 15 + (number * 37) % headway_s
        text = (
            f'    <flow id="{line["id"]}" begin="{begin}" end="{story["begin_s"] + QUARTERS * QUARTER_S}" '
            f'period="{headway_s}" route="{line["id"]}" type="{line["type"]}" line="{line["name"]}" '
            f'personNumber="{story["passengers"][line["type"]]}" departLane="best" departSpeed="max"/>'
        )
        file.flows.append(Flow(begin, line["id"], text))
    return file


def pedestrians(story_name: str, story: dict[str, Any], crossings_file: Path, graph: RoadGraph) -> RouteFile:
    """People who cross one arm of a junction, half of them each way, and walk a little on both sides."""
    file = RouteFile([], [])
    header, *rows = read_table(crossings_file)
    column = header.index(story_name)
    walk_m = 35.0
    for row in rows:
        name, approach, leave = f"walk_{row[0]}_{row[1]}", row[2], row[3]
        near = f"{graph.length_m[approach] - walk_m:.0f}"
        legs = (
            ("a", near, f'<walk edges="{approach} {leave}" arrivalPos="{walk_m:.0f}"/>'),
            ("b", f"{walk_m:.0f}", f'<walk edges="{leave} {approach}" arrivalPos="{near}"/>'),
        )
        for way, depart_m, walk in legs:
            rate = float(row[column]) / 2 / 3600.0
            if rate <= 0:
                continue
            begin = int(story["begin_s"])
            text = (
                f'    <personFlow id="{name}_{way}" begin="{begin}" end="{begin + QUARTERS * QUARTER_S}" '
                f'period="exp({rate:.6f})" departPos="{depart_m}">{walk}</personFlow>'
            )
            file.flows.append(Flow(begin, f"{name}_{way}", text))
    return file


def stops_text(settings: dict[str, Any]) -> str:
    """The additional file with every stop of songthaews and buses."""
    lines = [
        f'    <busStop id="{name}" lane="{stop["lane"]}" startPos="{stop["start_m"]}" '
        f'endPos="{stop["start_m"] + stop["length_m"]}" name="{stop["name"]}"/>'
        for name, stop in settings["stops"].items()
    ]
    return "\n".join([NOTICE, "<additional>", *lines, "</additional>", ""])


def demand_files(tables: Path, net_file: Path) -> dict[str, str]:
    """Every file that this script makes: path below the scenario's folder, and its text."""
    settings = tomllib.loads((tables / "demand.toml").read_text(encoding="utf-8"))
    graph = read_graph(net_file)
    files = {"net/stops.add.xml": stops_text(settings)}
    for name, story in settings["stories"].items():
        private = private_traffic(settings, story, tables / f"od_{name}.csv", graph)
        school = school_run(settings, story, graph)
        private.routes.extend(school.routes)
        private.flows.extend(school.flows)
        files[f"{name}/private.rou.xml"] = private.text()
        files[f"{name}/public.rou.xml"] = public_transport(settings, story, graph).text()
        files[f"{name}/walks.rou.xml"] = pedestrians(name, story, tables / "crossings.csv", graph).text()
    return files


def main(arguments: list[str] | None = None) -> None:
    """Write the files below `--out` (default: this folder)."""
    parser = argparse.ArgumentParser(description="Write the route files of every story of Udon Thani.")
    parser.add_argument("--out", type=Path, default=HERE)
    out: Path = parser.parse_args(arguments).out
    for path, text in demand_files(HERE / "demand", HERE / "net" / "udon_thani.net.xml").items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
