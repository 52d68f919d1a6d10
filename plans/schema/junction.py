"""junctions/<id>.yaml: signal groups, stages, conflicts and intergreens, lanes and loops of one junction."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from plans.schema.base import Flag, Id, Intergreens, LaneId, LoopId, Name, Number, PlanModel, Real, Seconds


class VehicleGroup(PlanModel):
    """Lamps for vehicles that always show the same."""

    id: Id = Field(description="Id of the group.", examples=["K1"])
    kind: Literal["vehicle"] = Field(description="`vehicle`: red, (red-amber,) green, amber.")
    min_green_s: Seconds = Field(description="Shortest green [s].", examples=[6])
    max_green_s: Seconds = Field(description="Longest green while somebody else waits [s].", examples=[60])
    amber_s: Seconds = Field(description="Steady amber after green [s], 3 to 6.", examples=[3])
    red_amber_s: Seconds = Field(
        default=0.0, description="Red with amber before green [s]; 0 where the country has none."
    )
    commit_s: Seconds = Field(
        default=0.0, description="What a countdown display has shown is kept for so long [s]; 0 without a display."
    )


class PedestrianGroup(PlanModel):
    """Lamps for people on foot that always show the same."""

    id: Id = Field(description="Id of the group.", examples=["F1"])
    kind: Literal["pedestrian"] = Field(description="`pedestrian`: red, green (walk), flashing green (clearance).")
    walk_s: Seconds = Field(description="Shortest walk (steady green) [s].", examples=[7])
    max_green_s: Seconds = Field(description="Longest walk while somebody else waits [s].", examples=[30])
    clearance_s: Seconds = Field(
        description="Flashing green after walk [s]: who is on the crossing finishes, nobody starts.", examples=[8]
    )
    commit_s: Seconds = Field(
        default=0.0, description="What a countdown display has shown is kept for so long [s]; 0 without a display."
    )


GroupEntry = Annotated[VehicleGroup | PedestrianGroup, Field(discriminator="kind")]


class StageEntry(PlanModel):
    """Groups that are green together."""

    id: Id = Field(description="Id of the stage.", examples=["A"])
    groups: tuple[Id, ...] = Field(description="Ids of the groups that are green; empty: all red.", examples=[["K1"]])
    selectable: Flag = Field(
        default=True, description="Whether a strategy may choose it; `false`: it is only a step of a programme."
    )


class LaneEntry(PlanModel):
    """One lane that ends at a stop line of the junction."""

    id: LaneId = Field(description="Id of the lane, unique in the junction.", examples=["north_0"])
    approach: LaneId = Field(
        description="Name of the road it lies on; vehicles change between lanes of one approach.", examples=["north"]
    )
    groups: tuple[Id, ...] = Field(
        min_length=1, description="Vehicle groups that lead off the lane; several for a shared lane.", examples=[["K1"]]
    )
    length_m: Annotated[Real, Field(gt=0, le=20_000)] = Field(
        description="From the upstream junction or the network's edge to the stop line [m], across lane joins.",
        examples=[220],
    )
    speed_m_s: Annotated[Real, Field(gt=0, le=60)] = Field(description="Free speed [m/s].", examples=[13.9])
    saturation_flow_veh_h: Annotated[Real, Field(gt=0, le=6000)] = Field(
        default=1800.0,
        description="What the lane discharges while green [veh/h]; measuring improves it.",
        examples=[1800],
    )
    signal_upstream_m: Annotated[Real, Field(gt=0, le=20_000)] | None = Field(
        default=None,
        description="Distance of the nearest signal upstream whose vehicles come here [m]: a queue so long blocks it. "
        "None where the road begins outside the site.",
        examples=[240],
    )


class LoopEntry(PlanModel):
    """A detector: an inductive loop or a push button."""

    id: LoopId = Field(description="Id of the loop, unique in the junction, at most 8 characters.", examples=["D1"])
    role: Literal["stop_line", "advance", "entry", "exit", "button"] = Field(
        description="What it is there for: at the stop line, upstream, where the lane begins, behind the junction, "
        "a push button."
    )
    lane: LaneId | None = Field(
        default=None, description="Id of its lane; none for an exit loop and a button.", examples=["north_0"]
    )
    groups: tuple[Id, ...] = Field(
        min_length=1,
        description="Groups that it calls and extends; of an exit loop the groups that discharge towards it.",
        examples=[["K1"]],
    )
    distance_m: Annotated[Real, Field(ge=0, le=20_000)] = Field(
        default=0.0,
        description="Upstream of the stop line [m]; of an exit loop downstream of the junction.",
        examples=[1.0],
    )
    length_m: Annotated[Real, Field(gt=0, le=100)] = Field(default=2.0, description="Length along the lane [m].")


class JunctionFile(PlanModel):
    """A file junctions/<id>.yaml: one for each junction, named as the id in it."""

    junction: Id = Field(description="Id of the junction; the level {junction} of its MQTT topics.", examples=["J01"])
    name: Name = Field(description="Name as people say it, usually the two roads.", examples=["Pho Si - Mak Khaeng"])
    number: Number = Field(description="Junction number in the cabinet's identity (TSC-MB/1.0, IR 4-5), unique.")
    cabinet: Id = Field(description="Id of its cabinet: the file cabinets/<id>.yaml.", examples=["J01"])
    neighbours: tuple[Id, ...] = Field(
        default=(), description="Ids of the next signalled junctions.", examples=[["J02"]]
    )
    groups: tuple[GroupEntry, ...] = Field(
        min_length=1, description="Signal groups; their order is that of the cabinet's registers; at most 32."
    )
    stages: tuple[StageEntry, ...] = Field(
        min_length=1, description="Stages; the first has number 1 in a cabinet's registers; at most 32."
    )
    conflicts_and_intergreens: Intergreens = Field(
        default_factory=dict,
        description="Ending group: starting group: seconds from end of green to start of green. Every pair that "
        "conflicts stands here in both directions; a pair that does not may be green together.",
        examples=[{"K1": {"K2": 5}, "K2": {"K1": 5}}],
    )
    permissive: tuple[tuple[Id, Id], ...] = Field(
        default=(),
        description="Pairs [gives way, has priority] whose paths cross and that may be green together.",
        examples=[[["K3", "K1"]]],
    )
    lanes: tuple[LaneEntry, ...] = Field(default=(), description="Lanes that end at the junction's stop lines.")
    loops: tuple[LoopEntry, ...] = Field(default=(), description="Detectors.")
