"""How good a run was: delay by the complete formula, and what else tells a city how its signals do.

delay = [Σ(timeLoss + departDelay) over finished and unfinished trips + Σ(end − scheduled) over trips that never
departed] / all of them. SUMO reports the last as departDelay of a trip without departure.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.sumo_net import Approach

PERSONS_ABOARD: Mapping[str, float] = {
    "car": 1.5,
    "motorcycle": 1.3,
    "moped": 1.3,
    "bicycle": 1.0,
    "taxi": 2.5,
    "bus": 25.0,
    "coach": 25.0,
    "delivery": 1.2,
    "truck": 1.1,
    "trailer": 1.1,
}
"""Persons in a vehicle of each class. Assumed, not surveyed: good for comparing runs, not for forecasts."""
OTHER_ABOARD = 1.5
PEDESTRIAN = "pedestrian"
LEAST_TRIPS = 10
"""An approach counts as the worst only with so many vehicles: the mean of fewer says nothing."""

_CLASS_NAMES = {"passenger": "car", "private": "car"}


@dataclass(frozen=True, slots=True)
class Trip:
    """One vehicle's hour."""

    vehicle: str
    vehicle_class: str
    departed: bool
    finished: bool
    delay_s: float
    """Time lost under way, and time waited outside for room to enter."""
    entry_delay_s: float
    """The part of it waited outside."""
    duration_s: float
    """From scheduled departure to arrival (or the end) [s]."""
    wait_s: float
    stops: int
    entry_edge: str
    """Where it entered, or waits to enter."""


@dataclass(frozen=True, slots=True)
class ClassDelay:
    """Mean delay of one class."""

    count: int
    delay_s: float


@dataclass(frozen=True, slots=True)
class Measures:
    """What one run is judged by. Times in s."""

    vehicles: int
    finished: int
    unfinished: int
    undeparted: int
    delay_s: float
    trip_s: float
    """Mean of finished trips, scheduled departure to arrival."""
    wait_s: float
    """Mean time at a stand, of vehicles that departed."""
    stops: float
    """Mean number of stops, of vehicles that departed."""
    queue_mean_veh: float
    """Vehicles at a stand in the network: mean over the seconds."""
    queue_max_veh: int
    outside_max_veh: int
    """Most vehicles that ever waited outside for room to enter."""
    worst_approach_s: float
    """Highest mean delay of an approach to a signal, waiting outside included."""
    worst_approach: str
    person_delay_s: float
    """Mean delay of a person: vehicles weighted by `PERSONS_ABOARD`, pedestrians by one."""
    by_class: Mapping[str, ClassDelay]
    pedestrian_wait_s: float
    """Mean time that a pedestrian stood."""
    pedestrian_wait_max_s: float
    queue_by_minute_veh: tuple[float, ...]
    """Vehicles at a stand, mean of each minute."""
    outside_by_minute_veh: tuple[float, ...]
    """Vehicles that wait outside for room to enter, mean of each minute."""


def read_trips(trips: Path, vehicle_class: Mapping[str, str], entry_of_outside: Mapping[str, str]) -> Iterator[Trip]:
    """Vehicles of SUMO's tripinfo output; `vehicle_class` by type, `entry_of_outside` by vehicle (see `LastLook`)."""
    for element in _elements(trips, "tripinfo"):
        entry_delay_s = float(element.get("departDelay", "0"))
        if entry_delay_s < 0:
            continue  # scheduled after the end: not of this hour
        departed = float(element.get("depart", "-1")) >= 0
        vehicle = element.get("id", "")
        lane = element.get("departLane", "")
        duration_s = float(element.get("duration", "0"))
        yield Trip(
            vehicle=vehicle,
            vehicle_class=class_name(vehicle_class.get(element.get("vType", ""), "passenger")),
            departed=departed,
            finished=float(element.get("arrival", "-1")) >= 0,
            delay_s=entry_delay_s + (float(element.get("timeLoss", "0")) if departed else 0.0),
            entry_delay_s=entry_delay_s,
            duration_s=entry_delay_s + duration_s,
            wait_s=float(element.get("waitingTime", "0")),
            stops=int(element.get("waitingCount", "0")),
            entry_edge=lane.rpartition("_")[0] if departed else entry_of_outside.get(vehicle, ""),
        )


def read_person_delays(trips: Path, waiting_s: Mapping[str, float]) -> list[float]:
    """Delay of each pedestrian [s]; of one still under way, of whom SUMO is silent, at least the time now standing."""
    delays = []
    for person in _elements(trips, "personinfo"):
        if float(person.get("depart", "-1")) < 0:
            continue  # people are never kept from departing: scheduled after the end
        walked = list(person.iter("walk"))
        if not walked:
            continue
        lost_s = sum(max(0.0, float(walk.get("timeLoss", "0"))) for walk in walked)
        delays.append(lost_s + waiting_s.get(person.get("id", ""), 0.0))
    return delays


def read_person_waits(trips: Path, waiting_s: Mapping[str, float]) -> list[float]:
    """How long each pedestrian stood [s]; of one still under way, of whom SUMO is silent, the time now standing."""
    return [
        float(person.get("waitingTime", "0")) + waiting_s.get(person.get("id", ""), 0.0)
        for person in _elements(trips, "personinfo")
        if float(person.get("depart", "-1")) >= 0 and person.find("walk") is not None
    ]


def class_name(vehicle_class: str) -> str:
    """SUMO's vehicle class in plain words."""
    return _CLASS_NAMES.get(vehicle_class, vehicle_class)


def measure(
    trips: Iterable[Trip],
    person_delays_s: list[float],
    queues: QueueRecord,
    approach_delay_s: Mapping[str, tuple[int, float]],
    person_waits_s: Sequence[float] = (),
) -> Measures:
    """Sum a run up; `approach_delay_s` is (vehicles, delay in all) of each approach, see `approach_delays`."""
    all_trips = list(trips)
    departed = [trip for trip in all_trips if trip.departed]
    finished = [trip for trip in departed if trip.finished]
    worst, worst_s = _worst(approach_delay_s)
    return Measures(
        vehicles=len(all_trips),
        finished=len(finished),
        unfinished=len(departed) - len(finished),
        undeparted=len(all_trips) - len(departed),
        delay_s=_mean(trip.delay_s for trip in all_trips),
        trip_s=_mean(trip.duration_s for trip in finished),
        wait_s=_mean(trip.wait_s for trip in departed),
        stops=_mean(trip.stops for trip in departed),
        queue_mean_veh=queues.mean_veh,
        queue_max_veh=queues.max_veh,
        outside_max_veh=queues.outside_max_veh,
        worst_approach_s=worst_s,
        worst_approach=worst,
        person_delay_s=_person_delay(all_trips, person_delays_s),
        by_class=_by_class(all_trips, person_delays_s),
        pedestrian_wait_s=_mean(person_waits_s),
        pedestrian_wait_max_s=max(person_waits_s, default=0.0),
        queue_by_minute_veh=queues.by_minute_veh,
        outside_by_minute_veh=queues.outside_by_minute_veh,
    )


def _by_class(trips: list[Trip], person_delays_s: list[float]) -> dict[str, ClassDelay]:
    delays: dict[str, list[float]] = defaultdict(list)
    for trip in trips:
        delays[trip.vehicle_class].append(trip.delay_s)
    if person_delays_s:
        delays[PEDESTRIAN] = person_delays_s
    return {name: ClassDelay(len(of_class), _mean(of_class)) for name, of_class in sorted(delays.items())}


def _person_delay(trips: list[Trip], person_delays_s: list[float]) -> float:
    persons = float(len(person_delays_s))
    lost_s = sum(person_delays_s)
    for trip in trips:
        aboard = PERSONS_ABOARD.get(trip.vehicle_class, OTHER_ABOARD)
        persons += aboard
        lost_s += aboard * trip.delay_s
    return lost_s / persons if persons else 0.0


# ------------------------------------------------------------------------------------------------------- approaches


def approach_delays(
    record: Path, approaches: Iterable[Approach], trips: Iterable[Trip]
) -> dict[str, tuple[int, float]]:
    """(vehicles, delay in all [s]) of each approach: time lost on its edges, and waited outside by who enters there.

    `record` is SUMO's edgeData output of the approach edges; without it (nothing moved) only the waiting counts.
    """
    lost_s: dict[str, float] = defaultdict(float)
    entered: dict[str, int] = defaultdict(int)
    departed: dict[str, int] = defaultdict(int)
    for edge in _elements(record, "edge"):
        name = edge.get("id", "")
        lost_s[name] += float(edge.get("timeLoss", "0"))
        entered[name] += int(edge.get("entered", "0"))
        departed[name] += int(edge.get("departed", "0"))
    outside_s: dict[str, float] = defaultdict(float)
    outside: dict[str, int] = defaultdict(int)
    for trip in trips:
        outside_s[trip.entry_edge] += trip.entry_delay_s
        outside[trip.entry_edge] += not trip.departed
    return {
        approach.id: (
            entered[approach.edges[0]] + departed[approach.edges[0]] + sum(outside[edge] for edge in approach.edges),
            sum(lost_s[edge] + outside_s[edge] for edge in approach.edges),
        )
        for approach in approaches
    }


def _worst(approach_delay_s: Mapping[str, tuple[int, float]]) -> tuple[str, float]:
    means = [
        (lost_s / vehicles, approach)
        for approach, (vehicles, lost_s) in approach_delay_s.items()
        if vehicles >= LEAST_TRIPS
    ]
    if not means:
        return "", 0.0
    worst_s, worst = max(means)
    return worst, worst_s


# ----------------------------------------------------------------------------------------------------------- queues


@dataclass(frozen=True, slots=True)
class QueueRecord:
    """Vehicles at a stand, over the seconds of a run."""

    mean_veh: float
    max_veh: int
    outside_max_veh: int
    by_minute_veh: tuple[float, ...] = ()
    outside_by_minute_veh: tuple[float, ...] = ()


def read_queues(seconds: Path) -> QueueRecord:
    """Queues from SUMO's summary output."""
    halting, outside = [0], [0]
    for step in _elements(seconds, "step"):
        halting.append(int(step.get("halting", "0")))
        outside.append(int(step.get("waiting", "0")))
    return QueueRecord(_mean(halting[1:]), max(halting), max(outside), _minutes(halting[1:]), _minutes(outside[1:]))


def _minutes(seconds: Sequence[int]) -> tuple[float, ...]:
    return tuple(round(_mean(seconds[begin : begin + 60]), 1) for begin in range(0, len(seconds), 60))


def _elements(path: Path, tag: str) -> Iterator[ET.Element]:
    """Elements of a SUMO output, one at a time; none where SUMO wrote no such file."""
    if not path.is_file():
        return
    for _, element in ET.iterparse(path):
        if element.tag == tag:
            yield element
            element.clear()


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else 0.0
