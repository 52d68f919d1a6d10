"""What goes over the control API: requests, strictly read, and answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

LONGEST_HOLD_S = 86_400.0
"""A hold that outlives a day was forgotten by whom it served."""


class Message(BaseModel):
    """Frozen; a key that is not known is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


LocalTime = Annotated[str, Field(description="Local time of the site, YYYY-MM-DDTHH:MM:SS.")]
Stage = Annotated[str, Field(min_length=1, max_length=64, description="Id of the stage, or its number from 1.")]
ForSeconds = Annotated[
    float,
    Field(
        gt=0,
        le=LONGEST_HOLD_S,
        description="How long the manual period lasts [s]; without it: manual_limit_s of the site. Asking renews it.",
    ),
]


class HoldRequest(Message):
    """Stay in a stage: the one asked for now, or the one that is named."""

    stage: Stage | None = None
    for_s: ForSeconds | None = None


class StepRequest(Message):
    """Go to the next stage, or to the one that is named, and stay there."""

    stage: Stage | None = None
    for_s: ForSeconds | None = None


class ReleaseRequest(Message):
    """Give the junction back to its strategy."""


class PlanRequest(Message):
    """Run a plan whatever the calendar says; without a plan the calendar decides again."""

    plan: Annotated[str, Field(max_length=64, description="Id of the plan.")] | None = None
    junction: (
        Annotated[str, Field(max_length=64, description="Id of the junction; without it the whole site.")] | None
    ) = None


class ModeRequest(Message):
    """Use a strategy at one junction; without a strategy the site's again."""

    strategy: Annotated[str, Field(max_length=64, description="Name of the strategy.")] | None = None


class Accepted(Message):
    """The request is an input of the next step."""

    action: str
    junction: str | None
    by: str
    at_s: float
    """Control time [s]."""
    until_s: float | None = None
    until: LocalTime | None = None


class GroupState(Message):
    """What a signal group shows."""

    group: str
    aspect: str
    since_s: float


class JunctionState(Message):
    """What shows at a junction, what is asked for, and why."""

    junction: str
    name: str
    mode: str
    rung: int
    """Place on the ladder of fallbacks: 0 adaptive, 1 with stand-ins, 2 the centre's fixed plan, 3 the cabinet's own
    plan, 4 isolated, 5 flash, 6 dark."""
    rung_since_s: float
    rung_why: str
    """Why it came to that rung, as a sentence."""
    stage: str
    """Stage that is asked for, by its id; empty where none is."""
    stage_number: int
    stage_since_s: float
    plan: str
    manual: str
    """`automatic`, `held`, `ending` (announced), or `handing_back`: a manual period by an operator."""
    manual_until_s: float | None
    """When the manual period ends by itself, control time [s]."""
    manual_until: LocalTime | None
    reason: str
    why: str
    """The reason as a sentence."""
    groups: tuple[GroupState, ...]


class LaneEstimate(Message):
    """What the loops make the controller believe of a lane; trusts are 0 (a guess) to 1 (as far as loops go)."""

    lane: str
    approach: str
    green_s: float
    """How long it has had green; 0 in red."""
    queue_veh: float
    queue_trust: float
    flow_veh_h: float
    """Arrivals, smoothed over some minutes."""
    flow_trust: float
    discharge_veh_h: float
    """In the stage that serves it best, blocked lanes and full exits counted."""
    discharge_trust: float
    saturation: float
    """Degree of saturation: used green over green of the last greens; above 0.95 there is no green left."""
    saturation_trust: float
    congested: bool
    """All of its green is used, and lets few go: something holds the vehicles."""
    max_flow_veh_h: float
    start_up_s: float
    """Lost at the start of green."""
    waited_s: float
    """How long its longest waiting has stood in red."""
    exits_full: float
    """Part of its exits on which vehicles stand."""
    turning: dict[str, float]
    """By group: part of the approach's outflow that leaves by this lane and that group."""


class PlanState(Message):
    """Which plan runs, and how it got there."""

    version: int
    """Of the bundle that is active; 0: the folder that the service was started with."""
    digest: str
    """SHA-256 over the site's files."""
    signed_by: str
    by: str
    """Who activated it; empty for the folder."""
    since_utc_s: float
    previous: int | None
    """Version that a rollback goes back to; null where there is none."""
    cabinets_knowing: int = 0
    """Cabinets that say that they know version and digest (TSC-MB/1.0, IR 166-171)."""
    cabinets_able: int = 0
    """Cabinets that can keep them."""


class SiteState(Message):
    """The whole site after the last step."""

    site: str
    now_s: float
    """Control time of the last step [s]."""
    local: LocalTime
    """Of the last step."""
    live: bool
    """Whether commands are sent to cabinets."""
    strategy: str
    plan: PlanState
    junctions: tuple[JunctionState, ...]
    counters: dict[str, int] = {}


class ToldDecision(Message):
    """A decision or an alarm, with its sentence."""

    at_s: float
    local: LocalTime
    junction: str
    kind: str
    """`decision`, `alarm` or `alarm over`."""
    reason: str
    sentence: str
    because: dict[str, float | int | str]


class Problem(Message):
    """What is wrong with a request (RFC 9457)."""

    title: str
    status: int
    detail: str
