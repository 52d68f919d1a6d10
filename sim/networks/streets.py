"""The streets of a network of our own: places and one-way pieces of street, before netconvert makes lanes of them."""

from __future__ import annotations

import random
import re
import tempfile
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

from sim.net_building import run_builder
from sim.networks.spec import Arterial, Grid, NetworkSpec, SpecError, Town

SPLIT_M = 60.0
"""Length of the piece on which a lane is closed; before and behind it the lanes are whole, so that nobody who must turn
is shut in [m]."""
BENDS = re.compile("Speed of .* connection|total messages of type")
"""netgenerate complains of bends that have to be driven slowly; only the places and streets of its network are used."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where streets meet or end."""

    id: str
    x_m: float
    y_m: float
    signal: bool


@dataclass(frozen=True, slots=True)
class Street:
    """One direction between two places."""

    start: str
    end: str
    lanes: int
    pocket_m: float = 0.0

    @property
    def id(self) -> str:
        """As in the network."""
        return f"{self.start}_{self.end}"


@dataclass(frozen=True, slots=True)
class StreetPlan:
    """A whole network; `closable` is the street on which a lane can be closed."""

    places: tuple[Place, ...]
    streets: tuple[Street, ...]
    closable: str | None = None


def lay_out(spec: NetworkSpec) -> StreetPlan:
    """The streets that a spec asks for; raises SpecError or NetworkBuildError."""
    shape = spec.shape
    if isinstance(shape, Grid):
        return _grid(shape, spec.entry_m)
    if isinstance(shape, Arterial):
        return _arterial(shape, spec.entry_m, spec.name)
    return _town(shape, spec.entry_m, spec.seed)


def _grid(shape: Grid, entry_m: float) -> StreetPlan:
    link_m, columns, rows = shape.link_m, range(shape.columns), range(shape.rows)
    east_m, north_m = (shape.columns - 1) * link_m + entry_m, (shape.rows - 1) * link_m + entry_m
    places = [Place(f"J{c}{r}", c * link_m, r * link_m, signal=True) for c in columns for r in rows]
    lines = []
    for r in rows:
        places += [_end(f"W{r}", -entry_m, r * link_m), _end(f"E{r}", east_m, r * link_m)]
        lines.append([f"W{r}", *(f"J{c}{r}" for c in columns), f"E{r}"])
    for c in columns:
        places += [_end(f"S{c}", c * link_m, -entry_m), _end(f"N{c}", c * link_m, north_m)]
        lines.append([f"S{c}", *(f"J{c}{r}" for r in rows), f"N{c}"])
    return StreetPlan(
        tuple(places),
        tuple(street for line in lines for street in _line(line, shape.lanes, shape.pocket_m, _signals(places))),
    )


def _arterial(shape: Arterial, entry_m: float, name: str) -> StreetPlan:
    at_m = [0.0]
    for link_m in shape.links_m:
        at_m.append(at_m[-1] + link_m)
    main = [f"J{number}" for number in range(len(at_m))]
    places = [Place(place, x_m, 0.0, signal=True) for place, x_m in zip(main, at_m, strict=True)]
    places += [_end("W", -entry_m, 0.0), _end("E", at_m[-1] + entry_m, 0.0)]
    streets: list[Street] = []
    for number, (place, x_m) in enumerate(zip(main, at_m, strict=True)):
        places += [_end(f"S{number}", x_m, -entry_m), _end(f"N{number}", x_m, entry_m)]
        streets += _line([f"S{number}", place, f"N{number}"], shape.side_lanes, 0.0, {place})
    streets += _line(["W", *main, "E"], shape.lanes, shape.pocket_m, set(main))
    closable = None
    if shape.incident_link is not None:
        places, streets, closable = _cut(places, streets, _closable(shape, name))
    return StreetPlan(tuple(places), tuple(streets), closable)


def _closable(shape: Arterial, name: str) -> tuple[str, str]:
    number = shape.incident_link or 0
    if number >= len(shape.links_m) or shape.lanes < 2 or shape.links_m[number] < 200:
        raise SpecError(f"{name}: incident_link {number}: name a link of at least 200 m, and give two lanes")
    return f"J{number}", f"J{number + 1}"


def _cut(places: list[Place], streets: list[Street], link: tuple[str, str]) -> tuple[list[Place], list[Street], str]:
    """The link's first direction in three pieces; the middle one can lose a lane."""
    by_name = {place.id: place for place in places}
    start, end = by_name[link[0]], by_name[link[1]]
    middle_m = (start.x_m + end.x_m) / 2
    before, behind = _end("cut0", middle_m - SPLIT_M / 2, 0.0), _end("cut1", middle_m + SPLIT_M / 2, 0.0)
    whole = next(street for street in streets if (street.start, street.end) == link)
    pieces = [
        Street(start.id, before.id, whole.lanes),
        Street(before.id, behind.id, whole.lanes),
        Street(behind.id, end.id, whole.lanes, whole.pocket_m),
    ]
    others = [street for street in streets if street is not whole]
    return [*places, before, behind], [*others, *pieces], pieces[1].id


def _town(shape: Town, entry_m: float, seed: int) -> StreetPlan:
    at_m, joins = _at_random(shape, seed)
    meeting: dict[str, int] = defaultdict(int)
    for pair in joins:
        for place in pair:
            meeting[place] += 1
    ways_out = list(_ways_out(at_m, entry_m, meeting))
    for place, _, _ in ways_out:
        meeting[place] += 1
    places = [Place(name, x_m, y_m, signal=meeting[name] >= 3) for name, (x_m, y_m) in sorted(at_m.items())]
    signals = _signals(places)
    chance = random.Random(seed)
    streets: list[Street] = []
    for one, other in joins:
        streets += _line([one, other], 2 if chance.random() < shape.main_share else 1, 0.0, signals)
    for place, x_m, y_m in ways_out:
        places.append(_end(f"out{place}", x_m, y_m))
        streets += _line([f"out{place}", place], 1, 0.0, signals)
    return StreetPlan(tuple(places), tuple(streets))


def _at_random(shape: Town, seed: int) -> tuple[dict[str, tuple[float, float]], list[tuple[str, str]]]:
    """Places with their coordinates [m] and the two-way streets between them, as netgenerate throws them."""
    with tempfile.TemporaryDirectory(prefix="faikhiao-") as folder:
        arguments = [
            *("--rand", "--seed", str(seed), "--rand.iterations", str(shape.iterations)),
            *("--rand.min-distance", f"{shape.shortest_m:g}", "--rand.max-distance", f"{shape.longest_m:g}"),
            *("--rand.min-angle", "60", "--rand.neighbor-dist5", "0", "--rand.neighbor-dist6", "0"),
            *("--plain-output-prefix", f"{folder}/town", "--output-file", f"{folder}/town.net.xml"),
        ]
        run_builder("netgenerate", arguments, BENDS)
        nodes = ET.parse(f"{folder}/town.nod.xml").getroot()
        edges = ET.parse(f"{folder}/town.edg.xml").getroot()
    at_m = {node.attrib["id"]: (float(node.attrib["x"]), float(node.attrib["y"])) for node in nodes.iter("node")}
    joins = {tuple(sorted((edge.attrib["from"], edge.attrib["to"]))) for edge in edges.iter("edge")}
    return at_m, [(one, other) for one, other in sorted(joins)]


def _ways_out(
    at_m: dict[str, tuple[float, float]], entry_m: float, meeting: dict[str, int]
) -> Iterator[tuple[str, float, float]]:
    """From each place on the rim a street straight outward: (place, x, y of its end [m])."""
    middle_x = sum(x for x, _ in at_m.values()) / len(at_m)
    middle_y = sum(y for _, y in at_m.values()) / len(at_m)
    for name in _rim(at_m):
        x_m, y_m = at_m[name]
        away_m = hypot(x_m - middle_x, y_m - middle_y) or 1.0
        if meeting[name] < 4:
            yield name, x_m + (x_m - middle_x) * entry_m / away_m, y_m + (y_m - middle_y) * entry_m / away_m


def _rim(at_m: dict[str, tuple[float, float]]) -> list[str]:
    """Places on the convex hull, in their order round it (gift wrapping by the cross product, Andrew's chains)."""
    ordered = sorted(at_m, key=lambda name: at_m[name])
    chains = [_chain(ordered, at_m), _chain(ordered[::-1], at_m)]
    return [*chains[0][:-1], *chains[1][:-1]]


def _chain(ordered: Iterable[str], at_m: dict[str, tuple[float, float]]) -> list[str]:
    chain: list[str] = []
    for name in ordered:
        while len(chain) >= 2 and _turn(at_m[chain[-2]], at_m[chain[-1]], at_m[name]) <= 0:
            chain.pop()
        chain.append(name)
    return chain


def _turn(one: tuple[float, float], other: tuple[float, float], third: tuple[float, float]) -> float:
    """Above 0 where the way from the first over the second to the third turns to the left."""
    return (other[0] - one[0]) * (third[1] - one[1]) - (other[1] - one[1]) * (third[0] - one[0])


def _line(places: list[str], lanes: int, pocket_m: float, signals: set[str]) -> Iterator[Street]:
    """A two-way street through places in a row; pockets lie before signals only."""
    for start, end in pairwise(places):
        for one, other in ((start, end), (end, start)):
            yield Street(one, other, lanes, pocket_m if other in signals else 0.0)


def _end(name: str, x_m: float, y_m: float) -> Place:
    return Place(name, x_m, y_m, signal=False)


def _signals(places: Iterable[Place]) -> set[str]:
    return {place.id for place in places if place.signal}
