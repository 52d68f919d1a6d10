"""cabinets/<id>.yaml: where a cabinet is found, and its own copy of the safety data, start-up and local plan."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from plans.schema.base import (
    CycleSecond,
    Id,
    Intergreens,
    LoopId,
    Number,
    PlanModel,
    Real,
    Seconds,
    Whole,
    ZoneOffset,
)


class AddressEntry(PlanModel):
    """How the cabinet is reached over Modbus TCP."""

    profile: Literal["TSC-MB/1.0", "plc-basic"] = Field(description="Register map that it speaks.")
    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]+$", max_length=253)] = Field(
        description="Host name or IP address.", examples=["127.0.0.1"]
    )
    port: Annotated[Whole, Field(ge=1, le=65_535)] = Field(description="TCP port.", examples=[15001])
    transport: Literal["tcp", "tls"] = Field(
        default="tcp",
        description="tls: Modbus/TCP Security, certificates both ways and a role in the client's; its port is 802.",
    )
    unit: Annotated[Whole, Field(ge=1, le=247)] = Field(default=1, description="Modbus unit id.")


class SafetyGroup(PlanModel):
    """A signal group as the cabinet knows it."""

    id: Id = Field(description="Id of the group.", examples=["K1"])
    kind: Literal["vehicle", "pedestrian"] = Field(description="Who obeys it.")
    min_green_s: Seconds = Field(description="Shortest green; of pedestrians the shortest walk [s].", examples=[6])
    max_green_s: Seconds = Field(description="Longest green while somebody else waits [s].", examples=[60])
    amber_s: Seconds = Field(default=0.0, description="Amber after green [s]; vehicles only.")
    red_amber_s: Seconds = Field(default=0.0, description="Red-amber before green [s]; vehicles only.")
    clearance_s: Seconds = Field(default=0.0, description="Flashing green after walk [s]; pedestrians only.")


class SafetyStage(PlanModel):
    """A stage as the cabinet knows it; its number is its place, from 1."""

    id: Id = Field(description="Id of the stage.", examples=["A"])
    groups: tuple[Id, ...] = Field(description="Ids of the groups that are green.", examples=[["K1"]])


class SafetyData(PlanModel):
    """The cabinet's own safety data. Its hash is in every command, so both sides must have the same."""

    groups: tuple[SafetyGroup, ...] = Field(min_length=1, description="Signal groups in the order of the registers.")
    intergreens: Intergreens = Field(
        default_factory=dict,
        description="Ending group: starting group: seconds, as in the junction's `conflicts_and_intergreens`.",
    )
    stages: tuple[SafetyStage, ...] = Field(min_length=1, description="Stages in the order of their numbers.")


class StartUp(PlanModel):
    """What the cabinet shows between power and its first stage."""

    sequence: Literal["nordic", "uk", "us"] = Field(
        default="nordic",
        description="nordic: dark, amber, red; uk: dark, then the vehicles' amber and red; us: flash, red.",
    )
    dark_s: Seconds = Field(default=7.0, description="Dark after power returns [s].")
    amber_s: Seconds = Field(default=3.0, description="Amber, or flash before the red [s].")
    red_s: Seconds = Field(default=5.0, description="All red before the first green [s].")
    first_stage: Id = Field(description="Stage that comes first.", examples=["A"])


class LocalStep(PlanModel):
    """A switching point of the local plan."""

    at_s: CycleSecond = Field(description="Second of the cycle from which the stage is wanted [s].", examples=[0])
    stage: Id = Field(description="Id of the stage.", examples=["A"])


class LocalPlan(PlanModel):
    """What the cabinet runs by its own clock when no centre commands it."""

    cycle_s: Annotated[Whole, Field(ge=1, le=3600)] = Field(description="Cycle [s].", examples=[90])
    offset_s: CycleSecond = Field(
        default=0, description="The cycle's zero is at local seconds since midnight that leave this remainder [s]."
    )
    steps: tuple[LocalStep, ...] = Field(min_length=1, description="Switching points, sorted by `at_s`.")


class CabinetFile(PlanModel):
    """A file cabinets/<id>.yaml: one for each cabinet, named as the id in it."""

    cabinet: Id = Field(description="Id of the cabinet.", examples=["J01"])
    number: Number = Field(description="Cabinet id in its identity (TSC-MB/1.0, IR 2-3), unique.", examples=[1042])
    junction_number: Number = Field(description="Number of its junction (TSC-MB/1.0, IR 4-5).", examples=[1])
    address: AddressEntry = Field(description="How it is reached.")
    safety: SafetyData = Field(description="Its own safety data.")
    start_up: StartUp = Field(description="Start-up sequence.")
    local_plan: LocalPlan = Field(description="Its own plan.")
    utc_offset_s: ZoneOffset = Field(default=25200, description="Its clock's local time against UTC [s].")
    lease_max_s: Annotated[Real, Field(ge=3, le=30)] = Field(
        default=30.0, description="Longest lease it grants [s] (TSC-MB/1.0, IR 15)."
    )
    stuck_request_s: Annotated[Real, Field(ge=30, le=3600)] = Field(
        default=300.0, description="It leaves remote control when one request stands so long [s]."
    )
    key_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = Field(
        default=None,
        description="Environment variable with the key (hex) that signs its commands; none: over TLS no key, "
        "else the laboratory key, loopback only.",
        examples=["FAIKHIAO_KEY_J01"],
    )
    loops: tuple[LoopId, ...] = Field(
        default=(),
        description="Detectors wired to the cabinet, stop lines first, at most 64; the first 16 are counted by it.",
    )
