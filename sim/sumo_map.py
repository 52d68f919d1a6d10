"""How a site lies in a SUMO network (sumo.yaml), and SUMO's state string for the aspects that the cabinets show.

A link of a SUMO signal shows the aspect of its group; what the aspect looks like there is a letter. The programme that
was imported says which: every pattern of aspects in it keeps its exact string, so that a run of it shows the same
letters. For a pattern that it never shows, each link has its own letters, and `g` (gives way) where the programme ever
shows it and somebody with priority over it is not at red.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from controller.model import Aspect
from plans.bundle import Bundle
from plans.findings import Finding, PlanError, Severity
from plans.reading import read_one
from plans.schema.base import Id, LaneId, LoopId, PlanModel, Real, Whole

SUMO_FILE = "sumo.yaml"

PATTERN_LETTERS: Mapping[Aspect, str] = {
    Aspect.DARK: "D",
    Aspect.RED: "R",
    Aspect.RED_AMBER: "A",
    Aspect.GREEN: "G",
    Aspect.AMBER: "Y",
    Aspect.FLASHING_AMBER: "B",
    Aspect.FLASHING_RED: "S",
    Aspect.FLASHING_GREEN: "F",
    Aspect.PEDESTRIAN_BLACKOUT: "P",
    Aspect.UNKNOWN: "U",
}
"""How a pattern of aspects is written, one letter a group."""

_AT_RED = frozenset({Aspect.RED, Aspect.FLASHING_GREEN, Aspect.PEDESTRIAN_BLACKOUT, Aspect.UNKNOWN})
"""Nobody may begin to pass; an unknown aspect is taken for red, and a crossing that clears is red in SUMO."""


# ---------------------------------------------------------------------------------------------- the file, at the door

Letter = Annotated[str, Field(pattern=r"^[ruyYgGsoO]$")]


class LinkEntry(PlanModel):
    """One link of the signal: the letter at `index` of SUMO's state string."""

    index: Annotated[Whole, Field(ge=0)] = Field(description="Place in SUMO's state string.")
    group: Id | None = Field(default=None, description="Group that it shows; none: it never changes.")
    constant: Letter | None = Field(default=None, description="What a link without a group shows for ever.")
    green: Letter = Field(default="G", description="Letter at green; `g` where it always gives way.")
    red: Letter = Field(default="r", description="Letter at red; `s` where one may turn after a stop.")
    amber: Letter = Field(default="y", description="Letter at amber.")
    dark: Letter = Field(default="o", description="Letter when the signal is dark; `O` has right of way.")
    yields_to: tuple[Whole, ...] = Field(
        default=(), description="Links with priority over it: while one of them is not at red, green is `g`."
    )


class LoopPlace(PlanModel):
    """Where a loop lies: from `pos_m` to `pos_m + length_m` on a SUMO lane."""

    lane: LaneId = Field(description="SUMO lane.")
    pos_m: Annotated[Real, Field(ge=0)] = Field(description="Where vehicles come upon it, from the lane's begin [m].")
    length_m: Annotated[Real, Field(gt=0)] = Field(default=2.0, description="Length along the lane [m].")


class JunctionEntry(PlanModel):
    """A junction in the SUMO network."""

    tls: str = Field(min_length=1, description="Id of its tlLogic.")
    groups: tuple[Id, ...] = Field(description="Ids of its groups, in the order of the pattern's letters.")
    links: tuple[LinkEntry, ...] = Field(description="Every letter of SUMO's state string.")
    patterns: dict[str, str] = Field(description="Aspects, one letter a group: the programme's exact state string.")
    loops: dict[LoopId, LoopPlace] = Field(default_factory=dict, description="Loops; a push button lies on no lane.")
    lanes: dict[LaneId, tuple[LaneId, ...]] = Field(
        default_factory=dict, description="Lane: the SUMO lanes it is made of, from the stop line upstream."
    )
    crossings: dict[Id, tuple[str, ...]] = Field(
        default_factory=dict, description="Pedestrian group: the SUMO crossings it leads over."
    )


class SumoFile(PlanModel):
    """The file sumo.yaml."""

    junctions: dict[Id, JunctionEntry] = Field(description="Junction id: where it lies.")


# ------------------------------------------------------------------------------------------------------- in the run


@dataclass(frozen=True, slots=True)
class LinkLetters:
    """The letters of one link; `group` is the place of its group, None where `constant` holds for ever."""

    group: int | None
    constant: str
    green: str
    red: str
    amber: str
    dark: str
    yields_to: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LoopOnLane:
    """A loop from `pos_m` to `pos_m + length_m` on a SUMO lane."""

    lane: str
    pos_m: float
    length_m: float


@dataclass(frozen=True, slots=True)
class JunctionMap:
    """A junction in the SUMO network."""

    junction: str
    tls: str
    groups: tuple[str, ...]
    links: tuple[LinkLetters, ...]
    patterns: Mapping[str, str]
    loops: Mapping[str, LoopOnLane]
    lanes: Mapping[str, tuple[str, ...]]
    crossings: Mapping[str, tuple[str, ...]]
    made: dict[tuple[Aspect, ...], str] = field(default_factory=dict, compare=False, repr=False)
    """Strings that were asked for before."""


def lamp_string(junction_map: JunctionMap, aspects: Sequence[Aspect]) -> str:
    """SUMO's state string when the junction's groups show these aspects, in the order of its groups."""
    key = tuple(aspects)
    found = junction_map.made.get(key)
    if found is None:
        found = junction_map.patterns.get(pattern_of(key)) or _by_link(junction_map, key)
        junction_map.made[key] = found
    return found


def pattern_of(aspects: Sequence[Aspect]) -> str:
    """One letter a group.

    >>> pattern_of((Aspect.RED, Aspect.GREEN, Aspect.AMBER))
    'RGY'
    """
    return "".join(PATTERN_LETTERS[Aspect(aspect)] for aspect in aspects)


def _by_link(junction_map: JunctionMap, aspects: Sequence[Aspect]) -> str:
    links = junction_map.links
    shown = [None if link.group is None else Aspect(aspects[link.group]) for link in links]
    passing = [
        link.constant not in {"r", "s"} if aspect is None else aspect not in _AT_RED
        for link, aspect in zip(links, shown, strict=True)
    ]
    return "".join(
        _letter(link, aspect, gives_way=any(passing[other] for other in link.yields_to))
        for link, aspect in zip(links, shown, strict=True)
    )


def _letter(link: LinkLetters, aspect: Aspect | None, *, gives_way: bool) -> str:
    match aspect:
        case None:
            return "g" if gives_way and link.constant == "G" else link.constant
        case Aspect.GREEN:
            return "g" if gives_way else link.green
        case Aspect.AMBER:
            return link.amber
        case Aspect.RED_AMBER:
            return "u"
        case Aspect.FLASHING_AMBER | Aspect.DARK:
            return link.dark
        case Aspect.FLASHING_RED:
            return "s"  # SUMO: stop, then go when it is free
        case _:
            return link.red


# ----------------------------------------------------------------------------------------------------- file to map


def load_sumo_map(bundle: Bundle) -> dict[str, JunctionMap]:
    """The map of each junction by its id; raises PlanError with every finding when sumo.yaml is missing or wrong."""
    if SUMO_FILE not in bundle.files:
        message = "is missing: the site does not say where it lies in a SUMO network; import it with `import sumo`"
        raise PlanError([Finding(SUMO_FILE, 1, 1, Severity.ERROR, "", message)])
    file, _, findings = read_one(bundle, SUMO_FILE, SumoFile)
    if file is None or findings:
        raise PlanError(findings)
    faults = [
        Finding(SUMO_FILE, 1, 1, Severity.ERROR, f"junctions.{name}", fault)
        for name, entry in file.junctions.items()
        for fault in _faults(entry)
    ]
    if faults:
        raise PlanError(faults)
    return {name: junction_map(name, entry) for name, entry in file.junctions.items()}


def _faults(entry: JunctionEntry) -> list[str]:
    width = len(entry.links)
    faults = []
    if [link.index for link in entry.links] != list(range(width)):
        faults.append(f"links must be 0 to {width - 1} in their order")
    for link in entry.links:
        if (link.group is None) == (link.constant is None):
            faults.append(f"link {link.index} needs a group or a constant letter, and not both")
        elif link.group is not None and link.group not in entry.groups:
            faults.append(f"link {link.index}: group {link.group} is not among {', '.join(entry.groups)}")
        if any(not 0 <= other < width for other in link.yields_to):
            faults.append(f"link {link.index}: yields_to names a link that is not there")
    letters = set(PATTERN_LETTERS.values())
    for pattern, state in entry.patterns.items():
        if len(pattern) != len(entry.groups) or not set(pattern) <= letters:
            faults.append(f"pattern {pattern} needs one letter of {''.join(sorted(letters))} for each group")
        if len(state) != width:
            faults.append(f"pattern {pattern}: {state} has {len(state)} letters for {width} links")
    return faults


def junction_map(name: str, entry: JunctionEntry) -> JunctionMap:
    """The map of one junction from its entry in the file."""
    place = {group: number for number, group in enumerate(entry.groups)}
    return JunctionMap(
        junction=name,
        tls=entry.tls,
        groups=entry.groups,
        links=tuple(
            LinkLetters(
                group=None if link.group is None else place[link.group],
                constant=link.constant or "",
                green=link.green,
                red=link.red,
                amber=link.amber,
                dark=link.dark,
                yields_to=link.yields_to,
            )
            for link in entry.links
        ),
        patterns=dict(entry.patterns),
        loops={loop: LoopOnLane(at.lane, at.pos_m, at.length_m) for loop, at in entry.loops.items()},
        lanes=dict(entry.lanes),
        crossings=dict(entry.crossings),
    )
