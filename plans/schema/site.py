"""site.yaml: the site's name, its zone and what an engineer may tune for all of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from plans.schema.base import NAME_PATTERN, Id, Name, PlanModel, Real, Whole, ZoneOffset

SCHEMA_VERSION = 1


class ParametersEntry(PlanModel):
    """What an engineer may tune for the strategies; every key is optional."""

    gap_s: Annotated[Real, Field(ge=0.5, le=10)] = Field(
        default=3.0, description="Actuated control [s]: a green ends when no vehicle has passed a loop for so long."
    )
    transition: Literal["dwell", "add_only", "shortway"] = Field(
        default="shortway",
        description="How a junction moves to another plan's clock: wait, lengthen, or whichever is quicker.",
    )
    stretch_ratio: Annotated[Real, Field(gt=0, le=0.5)] = Field(
        default=0.20, description="By how much of its length a cycle may grow in a transition [0..1]."
    )
    shrink_ratio: Annotated[Real, Field(ge=0, le=0.5)] = Field(
        default=0.15,
        description="By how much of its length a cycle may shrink in a shortway transition [0..1]; minimums stay.",
    )
    transition_cycles: Annotated[Whole, Field(ge=1, le=10)] = Field(
        default=5, description="A transition is over within so many cycles, whatever the ratios say; 3 to 5 are usual."
    )
    stale_s: Annotated[Real, Field(ge=1, le=60)] = Field(
        default=5.0, description="Counts older than this are not used [s]."
    )
    lease_s: Annotated[Real, Field(ge=3, le=30)] = Field(
        default=10.0,
        description="How long a cabinet obeys one command without a new one [s] (TSC-MB/1.0, HR 13: 3 to 30).",
    )
    manual_limit_s: Annotated[Real, Field(ge=60, le=14_400)] = Field(
        default=1800.0, description="A manual period without a time of its own ends so long after the last request [s]."
    )
    manual_warning_s: Annotated[Real, Field(ge=5, le=600)] = Field(
        default=60.0, description="So long before its end a manual period is announced to be over soon [s]."
    )
    max_red_s: Annotated[Real, Field(ge=30, le=900)] = Field(
        default=240.0, description="A group that somebody waits at is served within this [s]."
    )


class SiteFile(PlanModel):
    """The file site.yaml: one for each site."""

    schema_version: Literal[1] = Field(description="Version of the form of all these files: 1.", examples=[1])
    site: Id = Field(description="Id of the site; the level {site} of its MQTT topics.", examples=["udon-thani"])
    name: Name = Field(description="Name of the site as people say it.", examples=["Central Udon Thani"])
    utc_offset_s: ZoneOffset = Field(
        default=25200,
        description="Local standard time against UTC [s]; 25200 is Thailand, which has no daylight saving.",
    )
    time_zone: Annotated[str, Field(max_length=64, pattern=NAME_PATTERN)] = Field(
        default="",
        description="Name in the IANA time zone database, needed only where daylight saving moves the clocks.",
        examples=["Asia/Bangkok"],
    )
    driving_side: Literal["left", "right"] = Field(
        default="left", description="Side of the road that traffic keeps to."
    )
    parameters: ParametersEntry = Field(
        default_factory=ParametersEntry, description="What is tuned for all junctions; optional."
    )
    notes: str = Field(default="", description="Anything a reader should know, as free text.")
