"""The street in SUMO: steps it by a second, reads its loops and buttons, sets and reads its lamps.

The only importer of libsumo (in this process, fast) and TraCI (with a window). One world a process at a time.
"""

from __future__ import annotations

import importlib
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

from controller.events import DetectorReading
from sim.loop_edges import SILENT, LoopSecond, LoopTrack
from sim.scenario import Scenario, ScenarioError
from sim.sumo_binaries import set_sumo_environment, sumo_program
from sim.sumo_files import LoopPlace, RunFiles, sumo_arguments, write_sensors
from sim.sumo_net import SumoNet


@dataclass(frozen=True, slots=True)
class ButtonPlace:
    """A push button of the site: who stands before one of these crossings has pressed it."""

    junction: str
    loop: str
    crossings: tuple[str, ...]
    """SUMO edges of the crossings."""


@dataclass(frozen=True, slots=True)
class LastLook:
    """What only the running simulation knows, taken at its end."""

    vehicle_class: Mapping[str, str]
    """SUMO's vehicle class of each vehicle type."""
    entry_of_outside: Mapping[str, str]
    """First edge of each vehicle that has not been able to enter."""
    person_waiting_s: Mapping[str, float]
    """How long each person still under way has been standing [s]."""


class Approaching(NamedTuple):
    """A vehicle and the next signal on its way."""

    vehicle: str
    tls: str
    link: int
    """SUMO's link of that signal which it will take."""
    distance_m: float
    """To the stop line."""
    speed_m_s: float
    allowed_m_s: float
    """The speed allowed to it where it is."""
    lane: str
    """The SUMO lane on which it is."""


class _Sensor:
    """A loop or a button in its place in a junction's reading."""

    __slots__ = ("loop", "name", "places", "track", "waiting")

    def __init__(self, name: str, loop: LoopPlace | None, places: tuple[str, ...]) -> None:
        self.name = name
        self.loop = loop.sumo_id if loop is not None else ""
        self.places = places
        self.track = LoopTrack()
        self.waiting: frozenset[str] = frozenset()


class SumoWorld:
    """A running simulation. A context manager: leaving it ends the simulation and completes SUMO's outputs."""

    def __init__(
        self,
        scenario: Scenario,
        net: SumoNet,
        files: RunFiles,
        *,
        begin_s: float,
        end_s: float,
        seed: int,
        loops: Sequence[LoopPlace] = (),
        buttons: Sequence[ButtonPlace] = (),
        additional: Iterable[Path] = (),
        gui: bool = False,
    ) -> None:
        set_sumo_environment()
        self._sumo: Any = importlib.import_module("traci" if gui else "libsumo")
        sensors = write_sensors(files, loops, [edge for approach in net.approaches for edge in approach.edges])
        arguments = sumo_arguments(
            scenario, files, begin_s=begin_s, end_s=end_s, seed=seed, additional=[*additional, sensors]
        )
        if gui:
            arguments += _window(scenario)
        self.version = self._started(scenario, [str(sumo_program("sumo-gui")) if gui else "sumo", *arguments])
        self._open = True
        self.now_s = begin_s
        self._crossings = net.crossings
        self._lamps: dict[str, str] = {tls: self._sumo.trafficlight.getRedYellowGreenState(tls) for tls in self.signals}
        self._sensors: dict[str, list[_Sensor]] = {}
        for loop in loops:
            self._sensors.setdefault(loop.junction, []).append(_Sensor(loop.loop, loop, ()))
        for button in buttons:
            self._sensors.setdefault(button.junction, []).append(_Sensor(button.loop, None, button.crossings))
        self._names = {junction: tuple(sensor.name for sensor in own) for junction, own in self._sensors.items()}

    def _started(self, scenario: Scenario, command: Sequence[str]) -> str:
        try:
            _, version = self._sumo.start(list(command))
        except (self._sumo.TraCIException, self._sumo.FatalTraCIError) as error:
            raise ScenarioError(
                f"{scenario.config}: SUMO cannot load this scenario; it says: {_complaint(command[1:])}"
            ) from error
        return str(version).removeprefix("SUMO ")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the simulation; SUMO completes its outputs."""
        if self._open:
            self._open = False
            self._sumo.close()

    @property
    def signals(self) -> tuple[str, ...]:
        """SUMO's traffic lights."""
        return tuple(self._sumo.trafficlight.getIDList())

    def step(self) -> float:
        """Simulate one second; the time after it [s]. Raises ScenarioError where SUMO ends before."""
        try:
            self._sumo.simulationStep()
        except self._sumo.FatalTraCIError as error:
            self._open = False
            raise ScenarioError(
                f"SUMO ended at {self.now_s:g} s, before the run did ({error}): was its window closed? "
                "Nothing was measured"
            ) from error
        self.now_s += 1.0
        return self.now_s

    # --------------------------------------------------------------------------------------------------------- lamps

    def lamps(self, tls: str) -> str:
        """What a traffic light that SUMO drives itself showed in the last second."""
        return str(self._sumo.trafficlight.getRedYellowGreenState(tls))

    def show(self, tls: str, state: str) -> None:
        """Set a traffic light for the seconds from now on; only a change costs anything."""
        if self._lamps[tls] != state:
            self._lamps[tls] = state
            self._sumo.trafficlight.setRedYellowGreenState(tls, state)

    # ------------------------------------------------------------------------------------------------ loops, buttons

    def readings(self) -> list[DetectorReading]:
        """What the loops and buttons of each junction saw in the last second."""
        return [self._reading(junction, sensors) for junction, sensors in self._sensors.items()]

    def _reading(self, junction: str, sensors: Sequence[_Sensor]) -> DetectorReading:
        counts: list[int] = []
        occupied_ms: list[int] = []
        edges: list[tuple[int, str, bool]] = []
        detector = self._sumo.inductionloop
        end_s = self.now_s
        start_s = end_s - 1.0
        for sensor in sensors:
            if not sensor.loop:
                told = self._button(sensor)
            elif not sensor.track.occupied and detector.getTimeSinceDetection(sensor.loop) > 1.0:
                told = SILENT  # asking how long nobody was there is cheaper than asking who was
            else:
                told = sensor.track.second(start_s, end_s, detector.getVehicleData(sensor.loop))
            counts.append(told.vehicles)
            occupied_ms.append(told.occupied_ms)
            edges += [(ms, sensor.name, on) for ms, on in told.edges]
        edges.sort(key=lambda edge: edge[0])
        return DetectorReading(
            junction, start_s, end_s, self._names[junction], tuple(counts), tuple(occupied_ms), tuple(edges)
        )

    def _button(self, sensor: _Sensor) -> LoopSecond:
        """A button is pressed by each person who comes to stand before its crossing, and on while one stands there."""
        before = sensor.waiting
        sensor.waiting = frozenset(person for crossing in sensor.places for person in self.waiting_at(crossing))
        change = ((0, bool(sensor.waiting)),) if bool(sensor.waiting) != bool(before) else ()
        return LoopSecond(len(sensor.waiting - before), 1000 if sensor.waiting else 0, change)

    # ---------------------------------------------------- what no loop tells: for the measures and yardsticks alone

    def approaching(self, view_m: float) -> Iterator[Approaching]:
        """Every vehicle that has its next signal within `view_m`, in the order in which they entered."""
        vehicle = self._sumo.vehicle
        for name in vehicle.getIDList():
            ahead = vehicle.getNextTLS(name)
            if not ahead:
                continue
            tls, link, distance_m, _ = ahead[0]
            if distance_m <= view_m:
                speed_m_s, allowed_m_s = vehicle.getSpeed(name), vehicle.getAllowedSpeed(name)
                yield Approaching(name, tls, link, distance_m, speed_m_s, allowed_m_s, vehicle.getLaneID(name))

    def waiting_outside(self) -> tuple[str, ...]:
        """Vehicles whose time to depart has come and who find no room to enter."""
        return tuple(self._sumo.simulation.getPendingVehicles())

    def route_of(self, vehicle: str) -> tuple[str, ...]:
        """The edges that a vehicle means to drive, from its first one on."""
        return tuple(self._sumo.vehicle.getRoute(vehicle))

    def waiting_at(self, crossing: str) -> list[str]:
        """People who stand before a crossing that is their next step."""
        person = self._sumo.person
        return [
            name
            for area in self._crossings.get(crossing, ())
            for name in self._sumo.edge.getLastStepPersonIDs(area)
            if person.getNextEdge(name) == crossing and person.getWaitingTime(name) > 0
        ]

    def halted_vehicles(self, lane: str) -> int:
        """How many vehicles stand on a lane (slower than 0.1 m/s)."""
        return int(self._sumo.lane.getLastStepHaltingNumber(lane))

    def halted_on(self, lane: str) -> bool:
        """Whether a vehicle stands on a lane."""
        return self.halted_vehicles(lane) > 0

    def last_of(self, lane: str) -> tuple[float, float] | None:
        """Where the back of a lane's last vehicle is [m], and how fast that drives [m/s]; `None` where nobody is."""
        vehicles = self._sumo.lane.getLastStepVehicleIDs(lane)
        if not vehicles:
            return None
        last, vehicle = vehicles[0], self._sumo.vehicle
        return vehicle.getLanePosition(last) - vehicle.getLength(last), vehicle.getSpeed(last)

    def first_in_line(self, lane: str) -> tuple[str, int] | None:
        """Signal and link that the first vehicle of a lane waits for; `None` where nobody stands."""
        if not self.halted_on(lane):
            return None
        first = self._sumo.lane.getLastStepVehicleIDs(lane)[-1]
        ahead = self._sumo.vehicle.getNextTLS(first)
        return (str(ahead[0][0]), int(ahead[0][1])) if ahead else None

    def last_look(self) -> LastLook:
        """What has to be asked before the simulation is closed."""
        sumo = self._sumo
        return LastLook(
            vehicle_class={name: sumo.vehicletype.getVehicleClass(name) for name in sumo.vehicletype.getIDList()},
            entry_of_outside={name: sumo.vehicle.getRoute(name)[0] for name in sumo.simulation.getPendingVehicles()},
            person_waiting_s={name: sumo.person.getWaitingTime(name) for name in sumo.person.getIDList()},
        )


def _complaint(arguments: Sequence[str]) -> str:
    """What SUMO says when it is started with these arguments; in this process it would keep its words to itself."""
    arguments = list(arguments)
    arguments[arguments.index("--end") + 1] = arguments[arguments.index("--begin") + 1]
    run = subprocess.run([sumo_program("sumo"), *arguments], capture_output=True, text=True, check=False, timeout=60)
    return " ".join(run.stderr.split()) or "nothing"


def _window(scenario: Scenario) -> list[str]:
    """Arguments for a window that starts by itself and closes at the end."""
    settings = scenario.gui_settings
    shown = ["--gui-settings-file", str(settings)] if settings is not None and settings.is_file() else []
    return ["--start", "true", "--quit-on-end", "true", *shown]
