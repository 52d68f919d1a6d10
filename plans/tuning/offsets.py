"""Offsets: by delay over cyclic flow profiles, by green bands along named rows, or those of the plan before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from plans.tuning.cycles import CycleChoice, coordinated_sets
from plans.tuning.demand import Demand, DemandError
from plans.tuning.junction_tuning import JunctionCase
from plans.tuning.offset_bands import row_bands
from plans.tuning.offset_delay import PASSES, OffsetTable, least_waiting, streams_of, waiting_of
from plans.tuning.rules import OffsetAim, TuningRules


@dataclass(frozen=True, slots=True)
class OffsetChoice:
    """A junction's offset and why."""

    offset_s: int
    reason: str


def choose_offsets(
    cases: Mapping[str, JunctionCase], choices: Mapping[str, CycleChoice], demand: Demand, rules: TuningRules
) -> dict[str, OffsetChoice]:
    """An offset for each junction; raises DemandError where a corridor is none."""
    if rules.offsets is OffsetAim.KEEP:
        return {name: _kept(cases[name], choices[name], "offsets were not asked for") for name in cases}
    if rules.with_bands:
        return _by_bands(cases, choices, demand, rules)
    found: dict[str, OffsetChoice] = {}
    for members in coordinated_sets(list(cases), demand):
        if len(members) < 2:
            found |= {name: _kept(cases[name], choices[name], "no platoon reaches it in a minute") for name in members}
            continue
        of_cycle: dict[int, list[str]] = {}
        for name in members:
            of_cycle.setdefault(choices[name].common_s, []).append(name)
        for common_s, names in of_cycle.items():
            if len(names) < 2:
                found |= {name: _kept(cases[name], choices[name], "its neighbours have other cycles") for name in names}
            else:
                found |= _by_delay({name: cases[name] for name in names}, choices, demand, common_s)
    return found


def _kept(case: JunctionCase, choice: CycleChoice, why: str) -> OffsetChoice:
    base, first = case.base, choice.splits.order.stages[0]
    # A plan that began with a step on the way begins with the stage behind it now.
    begins_s = (step.at_s for step in base.steps if case.junction.stages[step.stage - 1].id == first)
    offset_s = base.offset_s + next(begins_s, 0)
    return OffsetChoice(offset_s % choice.splits.cycle_s, f"{why}: as in plan {base.plan}")


def _by_bands(
    cases: Mapping[str, JunctionCase], choices: Mapping[str, CycleChoice], demand: Demand, rules: TuningRules
) -> dict[str, OffsetChoice]:
    """Rows one after the other; a row that meets an earlier one at a junction is turned as a whole to fit there."""
    if not rules.corridors:
        raise DemandError("bandwidth needs rows of junctions: name each with --corridor J1,J2,...")
    found: dict[str, OffsetChoice] = {}
    for row in rules.corridors:
        opened = row_bands(row, cases, choices, demand, one_band=rules.offsets is OffsetAim.BANDWIDTH)
        cycle_s = opened.bands.cycle_s
        shift = next(
            (found[name].offset_s - opened.bands.offsets_s[place] for place, name in enumerate(row) if name in found), 0
        )
        for place, name in enumerate(row):
            offset = (opened.bands.offsets_s[place] + shift) % cycle_s
            found.setdefault(name, OffsetChoice(offset, opened.told(place)))
    others = {name: _kept(cases[name], choices[name], "on no corridor") for name in cases if name not in found}
    return found | others


def _by_delay(
    cases: Mapping[str, JunctionCase], choices: Mapping[str, CycleChoice], demand: Demand, common_s: int
) -> dict[str, OffsetChoice]:
    names = list(cases)
    links = [link for link in demand.links if {link.upstream.junction, link.downstream.junction} <= cases.keys()]
    table = OffsetTable(streams_of(cases, choices, common_s), links, common_s)
    offsets: dict[str, int] = dict.fromkeys(names, 0)
    waiting = table.waiting(None)
    for number in range(PASSES):
        offsets = least_waiting(names, waiting, common_s, offsets)
        waiting = table.waiting(offsets)
        if number == PASSES - 1:
            break
    base_s = {name: offsets[name] for name in names}
    at_zero = waiting_of(dict.fromkeys(names, 0), waiting, common_s)
    chosen = waiting_of(base_s, waiting, common_s)
    found = {}
    for name in names:
        partners = sorted({other for pair in waiting if name in pair for other in pair if other != name})
        reason = (
            f"least waiting of the platoons to and from {', '.join(partners) or 'nobody'}; the whole set waits "
            f"{chosen / 3600:.1f} veh·h/h, at offsets 0 {at_zero / 3600:.1f}"
        )
        found[name] = OffsetChoice(base_s[name] % choices[name].splits.cycle_s, reason)
    return found
