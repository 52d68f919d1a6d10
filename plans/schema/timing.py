"""timings/<plan>.yaml: what each junction does in its cycle under one plan, by stage or by signal group."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from plans.schema.base import CycleSecond, Id, Name, PlanModel, Whole

Cycle = Annotated[Whole, Field(ge=1, le=3600)]


class SplitEntry(PlanModel):
    """A stage and its share of the cycle."""

    stage: Id = Field(description="Id of the stage.", examples=["A"])
    split_s: Annotated[Whole, Field(ge=1, le=3600)] = Field(
        description="From the request of this stage to the request of the next [s]: the interstage into it, its green.",
        examples=[40],
    )


class StageTiming(PlanModel):
    """A junction's cycle by stages."""

    cycle_s: Cycle = Field(description="Cycle [s].", examples=[90])
    offset_s: CycleSecond = Field(
        default=0,
        description="Request of the first stage: local seconds since midnight modulo the cycle [s].",
        examples=[12],
    )
    splits: tuple[SplitEntry, ...] = Field(min_length=1, description="Stages in their order; they sum to the cycle.")
    coordinated: tuple[Id, ...] = Field(
        default=(), description="Groups that gain spare green and at which dwell waits; none: those of the first stage."
    )


class GroupTiming(PlanModel):
    """A junction's cycle by switching times of each group (a signal programme as RiLSA draws it)."""

    cycle_s: Cycle = Field(description="Cycle [s].", examples=[90])
    offset_s: CycleSecond = Field(
        default=0,
        description="Second 0 of the programme: local seconds since midnight modulo the cycle [s].",
        examples=[0],
    )
    groups: dict[Id, tuple[tuple[CycleSecond, CycleSecond], ...]] = Field(
        min_length=1,
        description="Group: windows [on, off]. `on` is the second its green (its red-amber, if it has one) begins, "
        "`off` the end of green; a window may wrap around the end of the cycle; [0, cycle] is green throughout.",
        examples=[{"K1": [[5, 45]], "K2": [[50, 85]]}],
    )
    coordinated: tuple[Id, ...] = Field(
        default=(), description="Groups that gain spare green and at which dwell waits; none: those of the first stage."
    )


def timing_form(value: Any) -> str:
    """Which of the two forms a junction's timing has: by the key that only one of them knows."""
    if isinstance(value, dict):
        return "by_group" if "groups" in value and "splits" not in value else "by_stage"
    return "by_group" if isinstance(value, GroupTiming) else "by_stage"


JunctionTiming = Annotated[
    Annotated[StageTiming, Tag("by_stage")] | Annotated[GroupTiming, Tag("by_group")], Discriminator(timing_form)
]


class TimingFile(PlanModel):
    """A file timings/<plan>.yaml: one for each plan, named as the id in it."""

    plan: Id = Field(description="Id of the plan.", examples=["am_peak"])
    name: Name = Field(default="", description="Name as people say it.", examples=["Morning peak, school days"])
    junctions: dict[Id, JunctionTiming] = Field(min_length=1, description="Junction id: its timing, in either form.")
