"""Schematic, not surveyed: splits after Webster that respect every minimum, and offsets by travel time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plans.formulas import webster_greens_s
from sim.scenarios.udon_thani.site_tables import CORRIDORS, PROGRESSION_KM_H, Coordinated

Intergreens = Mapping[str, Mapping[str, float]]


class CycleTooShortError(ValueError):
    """The minimums of a junction's stages do not fit into the cycle of a plan."""


@dataclass(frozen=True, slots=True)
class StageNeeds:
    """One stage of a cycle, in whole seconds."""

    stage: str
    groups: tuple[str, ...]
    walking: tuple[str, ...]
    """Its pedestrian groups: they end `early_s` before the next stage is asked for."""
    early_s: int
    enter_s: int
    """From the request to the green of its last vehicle group."""
    least_s: int
    """From the request to the next one: minimum greens and walks."""


def end_stage(stage: str) -> str:
    """Id of the step in which people on foot have ended and vehicles go on."""
    return f"{stage}-end"


def stage_needs(
    stages: Mapping[str, Sequence[str]], on_foot: frozenset[str], min_green_s: Mapping[str, float], between: Intergreens
) -> tuple[StageNeeds, ...]:
    """What each stage of the cycle needs, in order; `between` are the junction's intergreens [s]."""
    names = list(stages)
    early = [_early_s(stages[name], stages[_after(names, name)], on_foot, between) for name in names]
    needs = []
    for place, (name, groups) in enumerate(stages.items()):
        before = stages[names[place - 1]]
        starts = {group: _start_s(group, before, groups, on_foot, early[place - 1], between) for group in groups}
        fresh = [group for group in groups if group not in before]
        walks = [starts[group] + min_green_s[group] + early[place] for group in fresh if group in on_foot]
        greens = [starts[group] + min_green_s[group] for group in fresh if group not in on_foot]
        needs.append(
            StageNeeds(
                stage=name,
                groups=tuple(groups),
                walking=tuple(group for group in groups if group in on_foot),
                early_s=early[place],
                enter_s=round(max((starts[group] for group in fresh if group not in on_foot), default=0.0)),
                least_s=round(max(*walks, *greens, 1.0)),
            )
        )
    return tuple(needs)


def _after(names: Sequence[str], name: str) -> str:
    return names[(names.index(name) + 1) % len(names)]


def _early_s(groups: Sequence[str], following: Sequence[str], on_foot: frozenset[str], between: Intergreens) -> int:
    """How long before the next stage people on foot must end, so that nothing then waits for them alone [s]."""
    ahead = [0.0]
    for start in (group for group in following if group not in groups):
        walkers = [between.get(group, {}).get(start, 0.0) for group in groups if group in on_foot]
        drivers = [between.get(group, {}).get(start, 0.0) for group in groups if group not in on_foot]
        ahead.append(max(walkers, default=0.0) - max(drivers, default=0.0))
    return round(max(ahead))


def _start_s(
    group: str,
    before: Sequence[str],
    now: Sequence[str],
    on_foot: frozenset[str],
    early_s: int,
    between: Intergreens,
) -> float:
    """From the request of a stage to the green of one of its groups [s]."""
    ending = [other for other in before if other not in now]
    return max(
        (between.get(other, {}).get(group, 0.0) - (early_s if other in on_foot else 0) for other in ending), default=0.0
    )


def splits_s(needs: Sequence[StageNeeds], ratios: Mapping[str, float], cycle_s: int, where: str) -> dict[str, int]:
    """Whole seconds of the cycle for each stage: Webster's shares, none below its least, their sum the cycle.

    `ratios` are the critical q/s of the groups. What a stage with little traffic needs for its minimums is taken from
    the others in proportion to their own shares.
    """
    if sum(need.least_s for need in needs) > cycle_s:
        least = " + ".join(f"{need.stage} {need.least_s}" for need in needs)
        raise CycleTooShortError(f"{where}: {least} s do not fit into {cycle_s} s; give the junction a longer cycle")
    critical = critical_ratios(needs, ratios)
    held: dict[str, float] = {}
    while True:
        free = [need for need in needs if need.stage not in held]
        if not free:
            break
        lost_s = sum(need.enter_s for need in free)
        room_s = cycle_s - sum(held.values())
        greens = webster_greens_s(room_s, lost_s, [critical[need.stage] for need in free])
        exact = {need.stage: need.enter_s + green for need, green in zip(free, greens, strict=True)}
        short = {need.stage: float(need.least_s) for need in free if exact[need.stage] < need.least_s}
        if not short:
            held |= exact
            break
        held |= short
    return _whole({need.stage: held[need.stage] for need in needs}, cycle_s)


def critical_ratios(needs: Sequence[StageNeeds], ratios: Mapping[str, float]) -> dict[str, float]:
    """Critical q/s of each stage; a group that is green in two stages counts for what they leave it short."""
    stages_of = {group: [need.stage for need in needs if group in need.groups] for group in ratios}
    critical = dict.fromkeys((need.stage for need in needs), 0.001)
    for group, stages in sorted(stages_of.items(), key=lambda entry: len(entry[1])):
        missing = ratios[group] - sum(critical[stage] for stage in stages)
        if stages and missing > 0:
            critical[stages[0]] += missing
    return critical


def _whole(exact: Mapping[str, float], cycle_s: int) -> dict[str, int]:
    """Whole seconds with the same sum: those with the largest rest are rounded up."""
    floors = {stage: int(time_s + 1e-9) for stage, time_s in exact.items()}
    by_rest = sorted(exact, key=lambda stage: (floors[stage] - exact[stage], stage))
    for stage in by_rest[: cycle_s - sum(floors.values())]:
        floors[stage] += 1
    return floors


def offsets_s(splits: Mapping[str, Mapping[str, int]], enter_s: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Offset of each junction: green of a corridor's stage begins a travel time after that of the junction before.

    `splits` are by junction and stage in their order; `enter_s` the seconds from request to green. The first junction
    of the first corridor has offset 0; one that no corridor reaches has 0 too.
    """
    offsets = {CORRIDORS[0].before: 0}
    waiting = list(CORRIDORS)
    while waiting:
        ready = [link for link in waiting if link.before in offsets]
        for link in ready or waiting:
            start_s = offsets.setdefault(link.before, 0) + _green_at(link.before, link.before_stage, splits, enter_s)
            arrive_s = start_s + travel_s(link)
            if link.after not in offsets:
                own_s = _green_at(link.after, link.after_stage, splits, enter_s)
                offsets[link.after] = round(arrive_s - own_s)
        waiting = [link for link in waiting if link not in (ready or waiting)]
    return {junction: offsets.get(junction, 0) % sum(stages.values()) for junction, stages in splits.items()}


def travel_s(link: Coordinated) -> float:
    """Travel time between the stop lines of a corridor's link [s]."""
    return link.distance_m / (PROGRESSION_KM_H / 3.6)


def _green_at(
    junction: str, stage: str, splits: Mapping[str, Mapping[str, int]], enter_s: Mapping[str, Mapping[str, int]]
) -> int:
    order = list(splits[junction])
    before = sum(splits[junction][name] for name in order[: order.index(stage)])
    return before + enter_s[junction][stage]
