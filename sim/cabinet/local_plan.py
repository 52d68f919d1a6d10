"""The plan a cabinet runs alone: which stage is wanted at which tenth of the cycle, by its own clock or free.

Coordinated, the position is (local time since midnight - offset) mod cycle, so that cabinets whose clocks agree stay in
step without hearing of each other. Without a valid clock the cycle simply runs from the moment the plan began.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from sim.cabinet.config import LocalPlan

DAY_DS = 864_000


@dataclass(frozen=True, slots=True)
class WallClock:
    """The cabinet's idea of local time."""

    midnight_offset_ds: int
    """Tenths since a local midnight when scan time was 0."""
    days_end: bool = True
    """False in the cycles that lead up to the begin of a run: the day before is counted back below zero."""

    @classmethod
    def of(cls, unix_at_zero_s: float, utc_offset_s: int) -> WallClock:
        """From the time since 1970 UTC at scan time 0 and the zone."""
        return cls(round(unix_at_zero_s * 10) + utc_offset_s * 10)

    def since_midnight_ds(self, now_ds: int) -> int:
        """Local time of day at a scan time."""
        since_ds = self.midnight_offset_ds + now_ds
        return since_ds % DAY_DS if self.days_end else since_ds

    def until_midnight_ds(self, now_ds: int) -> int:
        """How long until the day, and with it the count of cycles, begins anew."""
        return DAY_DS - self.since_midnight_ds(now_ds)

    def leading_up_to(self, begin_ds: int) -> WallClock:
        """The same clock without a midnight before `begin_ds`."""
        return WallClock(self.since_midnight_ds(begin_ds) - begin_ds, days_end=False)


def position_ds(plan: LocalPlan, clock: WallClock, now_ds: int) -> int:
    """Place in the cycle of a coordinated plan."""
    return (clock.since_midnight_ds(now_ds) - plan.offset_ds) % plan.cycle_ds


def stage_at(plan: LocalPlan, cycle_position_ds: int) -> int:
    """Stage wanted there; before the first step the last one of the cycle holds."""
    return plan.steps[_step_at(plan, cycle_position_ds)][1]


def until_next_step_ds(plan: LocalPlan, cycle_position_ds: int) -> int:
    """How long until the next switching point."""
    following = _step_at(plan, cycle_position_ds) + 1
    at_ds = plan.steps[following % len(plan.steps)][0]
    return (at_ds - cycle_position_ds - 1) % plan.cycle_ds + 1


def stage_after(plan: LocalPlan, stage: int) -> int:
    """The stage that follows in the plan's order, for an officer who steps by hand; the first if it is not in it."""
    order = [number for _, number in plan.steps]
    if stage not in order:
        return order[0]
    turned = order[order.index(stage) :] + order[: order.index(stage)]
    return next((number for number in turned if number != stage), stage)


def _step_at(plan: LocalPlan, cycle_position_ds: int) -> int:
    """Index of the step in force; -1, the last, before the first."""
    return bisect_right(plan.steps, cycle_position_ds, key=lambda step: step[0]) - 1
