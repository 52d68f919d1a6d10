"""Schematic, not surveyed: amber, minimum greens, pedestrian times and intergreens, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plans import formulas
from sim.scenarios.udon_thani.site_geometry import Way, conflict_point
from sim.scenarios.udon_thani.site_tables import (
    ARTERIAL,
    COLLECTOR,
    HIGHWAY,
    TURN_MIN_GREEN_S,
    WALKING_M_S,
    RoadClass,
)

STEP_S = 1.0
"""Times are whole seconds: SUMO, the core and a split count in seconds, and a half would be shown as the next whole."""
CLASSES = {"highway": HIGHWAY, "arterial": ARTERIAL, "collector": COLLECTOR}
"""By the edge types of the network (net/udon_thani.typ.xml)."""
CLEARING = dict.fromkeys("sLR", formulas.THROUGH) | {"l": formulas.TIGHT_TURNING, "r": formulas.TURNING}
"""RiLSA by SUMO's letter of the turn; L and R are slight bends, driven like ahead. Keeping left, left is tight."""


@dataclass(frozen=True, slots=True)
class Reasoned:
    """A time [s] and where it comes from, in short."""

    time_s: float
    why: str


def road_class(types: Iterable[str]) -> RoadClass:
    """Class of the fastest of a group's approaches, from the network's edge types."""
    return max((CLASSES[name] for name in types), key=lambda road: road.v85_km_h)


def amber(road: RoadClass) -> Reasoned:
    """Kinematic formula (ITE) at the class's speed, rounded up to whole seconds, 3 to 6 s (MUTCD 4D.26)."""
    exact_s = formulas.kinematic_yellow_s(road.v85_km_h / 3.6)
    shown_s = formulas.displayed_yellow_s(exact_s, STEP_S)
    return Reasoned(shown_s, f"{road.name}, {road.v85_km_h:g} km/h -> {exact_s:.2f} -> {shown_s:g} s (ITE)")


def min_green(road: RoadClass, ways: Sequence[Way]) -> Reasoned:
    """FHWA STM by class of road; a group of right turns alone has the turn's minimum."""
    if all(way.turn in "rR" for way in ways):
        return Reasoned(TURN_MIN_GREEN_S, "right turn alone (FHWA STM 2-5, RiLSA >= 5)")
    return Reasoned(road.min_green_s, f"{road.name} (FHWA STM)")


def crossing_m(ways: Sequence[Way]) -> float:
    """Longest crossing of a pedestrian group [m]."""
    return max(way.length_m for way in ways)


def walking_s(ways: Sequence[Way]) -> float:
    """Time to cross from curb to curb, whole seconds [s]."""
    return formulas.round_up(formulas.pedestrian_clearance_s(crossing_m(ways), WALKING_M_S), STEP_S)


def clearance(ways: Sequence[Way]) -> Reasoned:
    """Flashing green: what the crossing takes, less the buffer of 3 s at red that follows (MUTCD 4E.06)."""
    needed_s, buffer_s = walking_s(ways), formulas.PEDESTRIAN_BUFFER_S
    why = f"{crossing_m(ways):.1f} m / {WALKING_M_S:g} m/s -> {needed_s:g} s (RiLSA) = flashing + {buffer_s:g} s buffer"
    return Reasoned(needed_s - buffer_s, why)


def pedestrians_to_vehicles(ways: Sequence[Way]) -> Reasoned:
    """From the end of walk to the first vehicle: clearance and buffer; who steps off last has reached the far curb."""
    least_s = formulas.pedestrian_intergreen_s(clearance(ways).time_s, crossing_m(ways), WALKING_M_S)
    shown_s = formulas.round_up(least_s, STEP_S)
    return Reasoned(shown_s, f"{clearance(ways).time_s:g} + {formulas.PEDESTRIAN_BUFFER_S:g}")


def vehicles_to(ending: Sequence[Way], starting: Sequence[Way], amber_s: float) -> Reasoned:
    """RiLSA at the worst conflict point of all ways of the two groups, and at least a second of red after the amber."""
    least_s = amber_s + 1.0
    worst = Reasoned(0.0, "")
    for clearing in ending:
        for entering in starting:
            point = conflict_point(clearing, entering)
            if point is None:
                continue
            traffic = CLEARING[clearing.turn]
            entering_m_s = formulas.ENTERING_PEDESTRIAN_M_S if entering.on_foot else formulas.ENTERING_VEHICLE_M_S
            exact_s = formulas.intergreen_s(traffic, point.clearing_m, point.entering_m, entering_m_s)
            if exact_s > worst.time_s:
                parts = f"{traffic.overrun_s:g} + ({point.clearing_m:g} + {traffic.length_m:g})/{traffic.speed_m_s:g}"
                worst = Reasoned(exact_s, f"{parts} - {point.entering_m:g}/{entering_m_s:.1f} = {exact_s:.2f}")
    if worst.time_s <= least_s:
        return Reasoned(least_s, worst.why + " < amber + 1" if worst.why else "amber + 1")
    return Reasoned(formulas.whole_intergreen_s([worst.time_s], amber_s), worst.why)
