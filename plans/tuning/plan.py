"""From demand to a plan: loads, orders of stages, cycles, splits, offsets, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from controller.model import Junction, Network, TimingPlan
from plans.schema import SplitEntry, StageTiming
from plans.tuning.critical import Critical
from plans.tuning.cycles import CycleChoice, choose_cycles
from plans.tuning.demand import Demand, DemandError
from plans.tuning.junction_tuning import JunctionCase, junction_case
from plans.tuning.offsets import OffsetChoice, choose_offsets
from plans.tuning.rules import TuningRules


@dataclass(frozen=True, slots=True)
class TunedJunction:
    """A junction's timing and what it was made from."""

    case: JunctionCase
    choice: CycleChoice
    offset: OffsetChoice

    @property
    def critical(self) -> Critical | None:
        """The chain of greens that needs most of the cycle."""
        return self.case.critical(self.choice.splits.order)

    @property
    def timing(self) -> StageTiming:
        """As it is written."""
        splits = self.choice.splits
        return StageTiming(
            cycle_s=splits.cycle_s,
            offset_s=self.offset.offset_s % splits.cycle_s,
            splits=tuple(
                SplitEntry(stage=stage, split_s=split)
                for stage, split in zip(splits.order.stages, splits.splits_s, strict=True)
            ),
        )


def tune(network: Network, like: str, demand: Demand, rules: TuningRules) -> dict[str, TunedJunction]:
    """Timing of every junction of the network, as far as the demand tells of it, beginning with the plan `like`.

    Junctions of which the demand tells nothing are left out. Raises DemandError.
    """
    told = {turn.junction for turn in demand.flows_veh_h}
    strangers = told - {junction.id for junction in network.junctions}
    if strangers:
        raise DemandError(f"{demand.origin}: the site has no junction {', '.join(sorted(strangers))}")
    cases = {
        junction.id: junction_case(junction, timing_of(junction, like), demand, rules)
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
