"""How much traffic wants to pass each signal group, and which of it comes from which signal before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

CAR = "car"
MOTORCYCLES = frozenset({"motorcycle", "moped"})
USUAL_MOTORCYCLE_PCU = 0.3
"""Assumed where no approach says otherwise; no fixed value is safe (Minh 2003): fit it from green-by-green counts."""
PCU: Mapping[str, float] = MappingProxyType(
    {
        "car": 1.0,
        "taxi": 1.0,
        "delivery": 1.5,
        "truck": 2.3,
        "trailer": 2.3,
        "bus": 2.0,
        "coach": 2.0,
        "bicycle": 0.2,
    }
)
"""Passenger car units at signals (Kimber, McDonald and Hounsell, RR67, 1986; medium goods for deliveries)."""


class DemandError(ValueError):
    """Demand that cannot be used; the text says what is wrong, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Vehicles of one approach that obey one signal group."""

    junction: str
    approach: str
    group: str


@dataclass(frozen=True, slots=True)
class Link:
    """Vehicles that pass one turn and next another one, at a signal further on."""

    upstream: Turn
    downstream: Turn
    flow_pcu_h: float
    travel_s: float
    """From stop line to stop line at free speed [s]."""


@dataclass(frozen=True, slots=True)
class GivingWay:
    """A part of a turn's vehicles that gives way to others while both are green."""

    flow_pcu_h: float
    priority_pcu_h: Mapping[str, float]
    """Flow of who goes first, by signal group; empty: the groups that the junction's file names (`permissive`)."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What the plan is made for."""

    flows_veh_h: Mapping[Turn, Mapping[str, float]]
    """Vehicles an hour by class."""
    origin: str
    """Where it comes from, for the comments of the plan."""
    links: tuple[Link, ...] = ()
    giving_way: Mapping[Turn, tuple[GivingWay, ...]] = field(default_factory=dict)
    """Of a turn that is not named all vehicles give way to the groups that the junction's file names."""
    lane_shares: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """Vehicles seen on a lane of a junction, by (junction, lane), in any unit; of an approach all lanes or none."""
    motorcycle_pcu: Mapping[str, float] = field(default_factory=dict)
    """By approach; under "" that of all others, else `USUAL_MOTORCYCLE_PCU`."""
    remarks: tuple[str, ...] = ()
    """What was repaired in it, and what it does not tell."""

    def pcu_h(self, turn: Turn) -> float:
        """Flow of a turn in passenger car units an hour; 0 where nothing is known of it."""
        by_class = self.flows_veh_h.get(turn, {})
        return sum(flow * self.pcu(turn.approach, name) for name, flow in by_class.items())

    def mean_pcu(self, junction: str, approach: str) -> float:
        """Passenger car units of a vehicle of an approach; 1 where nothing is known of it."""
        turns = [turn for turn in self.flows_veh_h if (turn.junction, turn.approach) == (junction, approach)]
        vehicles_h = sum(sum(self.flows_veh_h[turn].values()) for turn in turns)
        return sum(self.pcu_h(turn) for turn in turns) / vehicles_h if vehicles_h > 0 else 1.0

    def pcu(self, approach: str, vehicle_class: str) -> float:
        """Passenger car units of a vehicle of this class; of a class that nobody knows, those of a car."""
        if vehicle_class in MOTORCYCLES:
            usual = self.motorcycle_pcu.get("", USUAL_MOTORCYCLE_PCU)
            return self.motorcycle_pcu.get(approach, usual)
        return PCU.get(vehicle_class, 1.0)
