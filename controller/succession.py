"""From the controller of a town to its heir, which runs the same town by other plans: what was learned goes with it.

Places of plans are found again by name. A junction whose running plan is another one now, or is gone, begins it as it
begins any plan: where the stage that shows fits, and then by a transition (strategy/fixed_time.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from controller.layout import BoolArray, IntArray, NetworkLayout
from controller.model import Junction, Network, TimingPlan

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

NO_PLAN = -1
_PLACES = (("plans", "plan"), ("plans", "held_back"), ("wishes", "plan"), ("told", "plan"))
"""Memories that hold a place in `programme.plans`; NO_PLAN where there is none."""
_CLOCKS = ("strategy.fixed_time", "plan")
"""The plan that a junction's clock runs through."""
_LAST_CHANGES = ("plans", "changed_s")
_TRIGGERS = "triggers"


class OtherTownError(ValueError):
    """Two networks that differ in more than their plans: no controller of one may go on in the other."""

    def __init__(self) -> None:
        super().__init__("the networks differ in more than plans, calendar and parameters: start anew instead")


def same_town(before: Network, after: Network) -> bool:
    """Whether two networks differ in plans, calendar and parameters at most."""
    return (
        before.site == after.site
        and (before.utc_offset_s, before.time_zone) == (after.utc_offset_s, after.time_zone)
        and [_without_plans(junction) for junction in before.junctions]
        == [_without_plans(junction) for junction in after.junctions]
    )


def hand_on(
    before: Mapping[str, DataclassInstance],
    after: Mapping[str, DataclassInstance],
    networks: tuple[Network, Network],
    layouts: tuple[NetworkLayout, NetworkLayout],
) -> None:
    """Fill the memories of the heir from those of its predecessor; `networks` and `layouts` are (before, after).

    Raises OtherTownError where the heir's town is another one; then nothing was filled.
    """
    if not same_town(*networks):
        raise OtherTownError
    plans, heirs_plans = (layout.programme.plans for layout in layouts)
    new_place = np.array([heirs_plans.index(p) if p in heirs_plans else NO_PLAN for p in plans] + [NO_PLAN], np.int64)
    anew = _run_anew(_array(before, *_CLOCKS), networks, plans)
    same_triggers = networks[0].schedule.triggers == networks[1].schedule.triggers
    for name, memory in after.items():
        if name == _TRIGGERS and not same_triggers:
            continue  # other triggers count from nothing
        for field in fields(memory):
            old = getattr(before[name], field.name)
            if isinstance(old, np.ndarray):
                setattr(memory, field.name, _handed_on((name, field.name), old, getattr(memory, field.name), new_place))
    for name, key in (_CLOCKS, ("told", "plan")):  # a plan that is another one is begun, and told of
        place = _array(after, name, key)
        setattr(after[name], key, np.where(anew, NO_PLAN, place))


def _handed_on(
    which: tuple[str, str], old: np.ndarray[Any, Any], fresh: np.ndarray[Any, Any], new_place: IntArray
) -> np.ndarray[Any, Any]:
    if which in _PLACES or which == _CLOCKS:
        return np.asarray(new_place[old])  # NO_PLAN finds the last entry, which is NO_PLAN
    if which == _LAST_CHANGES:
        kept = min(old.shape[1], fresh.shape[1])  # more or fewer changes may be allowed in an hour
        fresh[:, fresh.shape[1] - kept :] = old[:, old.shape[1] - kept :]
        return fresh
    return old.copy() if old.shape == fresh.shape else fresh


def _run_anew(running: IntArray, networks: tuple[Network, Network], plans: tuple[str, ...]) -> BoolArray:
    """(J,) the plan that the junction runs is another one in the heir's network, or is not there."""
    anew = np.zeros(running.size, bool)
    for row, (before, after) in enumerate(zip(networks[0].junctions, networks[1].junctions, strict=True)):
        if running[row] != NO_PLAN:
            plan = plans[running[row]]
            anew[row] = _timing(before, plan) != _timing(after, plan)
    return anew


def _timing(junction: Junction, plan: str) -> TimingPlan | None:
    return next((timing for timing in junction.timings if timing.plan == plan), None)


def _without_plans(junction: Junction) -> Junction:
    return replace(junction, timings=())


def _array(memories: Mapping[str, DataclassInstance], name: str, key: str) -> IntArray:
    found: IntArray = getattr(memories[name], key)
    return found
