"""From demand to a plan: loads, orders of stages, cycles, splits, offsets, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from controller.model import Junction, Network, TimingPlan
from plans.schema import SplitEntry, StageTiming
from plans.tuning.critical import Critical
from plans.tuning.cycles import CycleChoice, choose_cycles
from plans.tuning.demand import Demand, DemandError
from plans.tuning.junction_tuning import JunctionCase, junction_case
from plans.tuning.offsets import OffsetChoice, choose_offsets
from plans.tuning.rules import TuningRules
from plans.tuning.shapes import JunctionShape
from plans.tuning.splits import splits_as, stream_of
from plans.tuning.stage_order import order_of
from plans.tuning.ways import ways_of


@dataclass(frozen=True, slots=True)
class TunedJunction:
    """A junction's timing and what it was made from."""

    case: JunctionCase
    choice: CycleChoice
    offset: OffsetChoice
    notes: tuple[str, ...] = ()
    """What changed it afterwards."""

    @property
    def critical(self) -> Critical | None:
        """The chain of greens that needs most of the cycle."""
        return self.case.critical(self.choice.splits.order)

    @property
    def shape(self) -> JunctionShape:
        """The numbers alone."""
        splits = self.choice.splits
        return JunctionShape(splits.order.stages, splits.splits_s, self.offset.offset_s % splits.cycle_s)

    @property
    def timing(self) -> StageTiming:
        """As it is written."""
        shape = self.shape
        return StageTiming(
            cycle_s=shape.cycle_s,
            offset_s=shape.offset_s,
            splits=tuple(
                SplitEntry(stage=stage, split_s=split)
                for stage, split in zip(shape.stages, shape.splits_s, strict=True)
            ),
        )

    def selectable(self, stage: str) -> bool:
        """Whether strategies may choose this stage; else it only leads from one to another."""
        return any(own.id == stage and own.selectable for own in self.case.junction.stages)

    def changed(self, shape: JunctionShape, note: str) -> TunedJunction:
        """The same traffic under other numbers, which the note accounts for; itself where nothing differs."""
        before = self.shape
        if shape == before:
            return self
        notes = [f"{note}: {_differences(before, shape)}"]
        junction = self.case.junction
        named = zip(shape.stages, shape.splits_s, strict=True)
        least_s = [1 if self.selectable(stage) else split for stage, split in named]
        order = order_of(junction, shape.stages, least_s)
        splits = splits_as(order, [stream_of(load) for load in self.case.loads], shape.splits_s)
        choice = replace(self.choice, splits=splits)
        if shape.cycle_s != before.cycle_s:  # no longer that of the junctions it was reckoned with
            choice = replace(choice, common_s=shape.cycle_s, decided_by=junction.id)
        offset = self.offset if shape.offset_s == before.offset_s else OffsetChoice(shape.offset_s, note)
        return replace(self, choice=choice, offset=offset, notes=(*self.notes, *notes))


def _differences(before: JunctionShape, after: JunctionShape) -> str:
    """What differs, in an engineer's words."""
    told = []
    if before.stages != after.stages:
        told.append(f"stages {' '.join(before.stages)} became {' '.join(after.stages)}")
    elif before.splits_s != after.splits_s:
        told.append(f"splits {'/'.join(map(str, before.splits_s))} became {'/'.join(map(str, after.splits_s))}")
    if before.cycle_s != after.cycle_s:
        told.append(f"cycle {before.cycle_s} became {after.cycle_s} s")
    if before.offset_s != after.offset_s:
        told.append(f"offset {before.offset_s} became {after.offset_s} s")
    return ", ".join(told)


def tune(network: Network, like: str, demand: Demand, rules: TuningRules) -> dict[str, TunedJunction]:
    """Timing of every junction of the network, as far as the demand tells of it, beginning with the plan `like`.

    Junctions of which the demand tells nothing are left out. Raises DemandError.
    """
    told = {turn.junction for turn in demand.flows_veh_h}
    strangers = told - {junction.id for junction in network.junctions}
    if strangers:
        raise DemandError(f"{demand.origin}: the site has no junction {', '.join(sorted(strangers))}")
    ways = ways_of(network)
    cases = {
        junction.id: junction_case(junction, timing_of(junction, like), demand, rules, ways[junction.id])
        for junction in network.junctions
        if junction.id in told
    }
    choices = choose_cycles(cases, demand, rules)
    offsets: Mapping[str, OffsetChoice] = choose_offsets(cases, choices, demand, rules)
    return {name: TunedJunction(case, choices[name], offsets[name]) for name, case in cases.items()}


def timing_of(junction: Junction, plan: str) -> TimingPlan:
    """The junction's timing under a plan; raises DemandError where it has none."""
    found = next((timing for timing in junction.timings if timing.plan == plan), None)
    if found is None:
        known = ", ".join(timing.plan for timing in junction.timings) or "none"
        raise DemandError(f"{junction.id} has no timing in plan {plan!r} to begin with (it has {known}): see --like")
    return found
