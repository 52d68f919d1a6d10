"""What differs between two sites, in the words of an engineer: cycles, splits, offsets, minimums, loops, the calendar.

Each difference is a kind with its place (junction, plan), what it is about (a group, a stage, a loop) and the two
values; sentences are made elsewhere. What is only written otherwise and means the same is no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from controller.model import Junction, Network, Schedule, SignalGroup, TimingPlan
from plans.load import Site
from plans.planned_greens import planned_greens

Value = float | str | None
Entries = Sequence[tuple[int, str]]
"""Of a day plan: second of the day and plan."""

GROUP_TIMES = ("min_green_s", "max_green_s", "amber_s", "red_amber_s", "clearance_s", "commit_s")
LANE_VALUES = ("approach", "groups", "length_m", "speed_m_s", "saturation_flow_veh_h", "signal_upstream_m")
LOOP_VALUES = ("role", "lane", "groups", "distance_m", "length_m")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that changed."""

    kind: str
    """`cycle_s`, `split_s`, `loop_added`, ...: a key of the table of sentences."""
    junction: str = ""
    """Empty: the whole site."""
    plan: str = ""
    """Empty: it holds under every plan."""
    what: str = ""
    """Group, stage, lane, loop, pair of groups, parameter or day plan."""
    before: Value = None
    after: Value = None


def site_differences(before: Site, after: Site, plans: tuple[str, str] | None = None) -> tuple[Difference, ...]:
    """Everything that differs: the site's own things first, then junction by junction, plan by plan.

    `plans`: hold this plan of `before` against that plan of `after`, whatever the calendars say; `Difference.plan` is
    then the second one. A new plan that the calendar names where it named another is held against that one.
    """
    old, new = ({junction.id: junction for junction in site.network.junctions} for site in (before, after))
    found = [*_of_site(before.network, after.network, whole=plans is None), *_added(old, new, "junction")]
    successors = {} if plans else successors_of(before.network, after.network)
    for name in _both(old, new):
        found += _of_junction(old[name], new[name])
        found += _of_timings(old[name], new[name], plans, successors)
        addresses = [str(site.addresses[name]) for site in (before, after)]
        if addresses[0] != addresses[1]:
            found.append(Difference("cabinet_address", name))
    whole = {each.what for each in found if each.kind in {"plan_added", "plan_removed"}}  # told once, for the site
    found = [each for each in found if not (each.kind in {"timing_added", "timing_removed"} and each.plan in whole)]
    return tuple(sorted(found, key=lambda each: (each.junction != "", each.junction, each.plan)))


# ----------------------------------------------------------------------------------------------------------- the site


def _of_site(before: Network, after: Network, *, whole: bool) -> Iterator[Difference]:
    for part in fields(before.parameters):
        yield from _value("parameter", getattr(before.parameters, part.name), getattr(after.parameters, part.name),
                          what=part.name)  # fmt: skip
    yield from _value("utc_offset_s", before.utc_offset_s, after.utc_offset_s)
    if whole:
        successors = successors_of(before, after)
        for each in _added(_plans(before), _plans(after), "plan"):
            if each.kind == "plan_added" and each.what in successors:
                yield Difference("plan_in_place", what=each.what, before=successors[each.what])
            else:
                yield each
        yield from _of_schedule(before.schedule, after.schedule)


def _plans(network: Network) -> dict[str, TimingPlan]:
    return {timing.plan: timing for junction in network.junctions for timing in junction.timings}


def successors_of(before: Network, after: Network) -> dict[str, str]:
    """New plans that the day plans name at the times at which they named another: the new one to the one before."""
    known = _plans(before)
    old, new = ({day.id: dict(day.entries) for day in network.schedule.day_plans} for network in (before, after))
    found: dict[str, set[str]] = {}
    for name in _both(old, new):
        for at_s, plan in new[name].items():
            if plan not in known and at_s in old[name]:
                found.setdefault(plan, set()).add(old[name][at_s])
    return {plan: places.pop() for plan, places in found.items() if len(places) == 1}


def _of_schedule(before: Schedule, after: Schedule) -> Iterator[Difference]:
    old, new = ({day.id: day.entries for day in schedule.day_plans} for schedule in (before, after))
    yield from _added(old, new, "day_plan")
    for name in _both(old, new):
        gone, come = ([each for each in one if each not in other] for one, other in _ways(old[name], new[name]))
        yield from _value("day_plan", _entries(gone), _entries(come), what=name)
    for place, (one, other) in enumerate(zip(before.weekdays, after.weekdays, strict=True)):
        yield from _value("weekday", one, other, what=str(place))
    if before.dated != after.dated:
        yield Difference("dates", before=len(before.dated), after=len(after.dated))
    triggers = [{trigger.id: trigger for trigger in schedule.triggers} for schedule in (before, after)]
    yield from _added(triggers[0], triggers[1], "trigger")
    yield from (Difference("trigger", what=name) for name in _both(*triggers) if triggers[0][name] != triggers[1][name])
    yield from _value("max_changes_h", before.max_changes_h, after.max_changes_h)


def _ways(one: Entries, other: Entries) -> tuple[tuple[Entries, Entries], tuple[Entries, Entries]]:
    return (one, other), (other, one)


def _entries(entries: Iterable[tuple[int, str]]) -> str:
    return ", ".join(f"{at_s // 3600:02}:{at_s % 3600 // 60:02} {plan}" for at_s, plan in entries)


# ------------------------------------------------------------------------------------------------------- one junction


def _of_junction(before: Junction, after: Junction) -> Iterator[Difference]:
    name = before.id
    yield from _of_groups(before, after)
    old, new = ({stage.id: stage for stage in junction.stages} for junction in (before, after))
    yield from _added(old, new, "stage", name)
    for stage in _both(old, new):
        yield from _value(
            "stage_groups", _listed(old[stage].groups), _listed(new[stage].groups), junction=name, what=stage
        )
        yield from _value("stage_selectable", old[stage].selectable, new[stage].selectable, junction=name, what=stage)
    yield from _of_pairs(before, after)
    yield from _of_parts(before.lanes, after.lanes, LANE_VALUES, "lane", name)
    yield from _of_parts(before.loops, after.loops, LOOP_VALUES, "loop", name)


def _of_groups(before: Junction, after: Junction) -> Iterator[Difference]:
    old: Mapping[str, SignalGroup]
    old, new = ({group.id: group for group in junction.groups} for junction in (before, after))
    yield from _added(old, new, "group", before.id)
    for group in _both(old, new):
        for value in GROUP_TIMES:
            yield from _value(
                value, getattr(old[group], value), getattr(new[group], value), junction=before.id, what=group
            )


def _of_pairs(before: Junction, after: Junction) -> Iterator[Difference]:
    old, new = (_intergreens(junction) for junction in (before, after))
    groups = {group.id for group in before.groups} & {group.id for group in after.groups}
    known = [pair for pair in dict.fromkeys((*old, *new)) if set(pair) <= groups]
    for pair in known:
        one, other = old.get(pair), new.get(pair)
        kind = "conflict_added" if one is None else "conflict_removed" if other is None else "intergreen_s"
        yield from _value(kind, one, other, junction=before.id, what=" > ".join(pair))
    for kind, pairs in (
        ("permissive_added", after.permissive - before.permissive),
        ("permissive_removed", before.permissive - after.permissive),
    ):
        yield from (Difference(kind, before.id, what=" > ".join(pair)) for pair in sorted(pairs))


def _intergreens(junction: Junction) -> dict[tuple[str, str], float]:
    ids = [group.id for group in junction.groups]
    return {
        (ending, starting): seconds
        for ending, row in zip(ids, junction.intergreen_s, strict=True)
        for starting, seconds in zip(ids, row, strict=True)
        if seconds is not None
    }


def _of_parts(
    before: Sequence[object], after: Sequence[object], values: Sequence[str], kind: str, junction: str
) -> Iterator[Difference]:
    """Lanes or loops: those that came or went, and every value of the others."""
    old, new = ({str(getattr(part, "id")): part for part in parts} for parts in (before, after))  # noqa: B009
    yield from _added(old, new, kind, junction)
    for name in _both(old, new):
        for value in values:
            pair = [_told(getattr(part, value)) for part in (old[name], new[name])]
            yield from _value(f"{kind}_{value}", *pair, junction=junction, what=name)


# ----------------------------------------------------------------------------------------------------------- one plan


def _of_timings(
    before: Junction, after: Junction, plans: tuple[str, str] | None, successors: Mapping[str, str]
) -> Iterator[Difference]:
    old, new = ({timing.plan: timing for timing in junction.timings} for junction in (before, after))
    for one, other in (
        [plans] if plans else [(successors.get(plan, plan), plan) for plan in dict.fromkeys((*old, *new))]
    ):
        if one in old and other in new:
            yield from _of_timing((before, old[one]), (after, new[other]))
        elif one in old or other in new:
            yield Difference("timing_removed" if one in old else "timing_added", before.id, other)


def _of_timing(before: tuple[Junction, TimingPlan], after: tuple[Junction, TimingPlan]) -> Iterator[Difference]:
    (_, old), (_, new) = before, after
    name, plan = before[0].id, new.plan

    def value(kind: str, one: Value, other: Value, what: str = "") -> Iterator[Difference]:
        yield from _value(kind, one, other, junction=name, plan=plan, what=what)

    yield from value("coordinated", _listed(old.coordinated), _listed(new.coordinated))
    if old.cycle_s == new.cycle_s and _lamps(*before) == _lamps(*after):
        return  # written otherwise, and every lamp is the same in every second
    yield from value("cycle_s", old.cycle_s, new.cycle_s)
    yield from value("offset_s", old.offset_s, new.offset_s)
    splits = [_splits(*each) for each in (before, after)]
    orders = [" ".join(of) for of in splits]
    if set(splits[0]) == set(splits[1]):
        yield from value("stage_order", *(_turned(order, orders[0].split(" ")[0]) for order in orders))
    else:
        yield from value("stage_order", *orders)
    for stage in _both(*splits):
        yield from value("split_s", splits[0][stage], splits[1][stage], stage)
    greens = [_greens(*each) for each in (before, after)]
    for group in dict.fromkeys((*greens[0], *greens[1])):
        yield from value("green_s", greens[0].get(group), greens[1].get(group), group)


def _splits(junction: Junction, timing: TimingPlan) -> dict[str, float]:
    """Stages that may be chosen, in their order, and from the request of each to that of the next [s]."""
    lasting = [
        (step.stage, (timing.steps[(place + 1) % len(timing.steps)].at_s - step.at_s) % timing.cycle_s)
        for place, step in enumerate(timing.steps)
    ]
    if len(lasting) == 1:
        lasting = [(lasting[0][0], timing.cycle_s)]
    first = next((p for p, (number, _) in enumerate(lasting) if junction.stages[number - 1].selectable), 0)
    splits: dict[str, float] = {}
    now = ""
    for number, length_s in (*lasting[first:], *lasting[:first]):
        stage = junction.stages[number - 1]
        now = stage.id if stage.selectable or not now else now
        splits[now] = splits.get(now, 0.0) + length_s
    return splits


def _turned(order: str, first: str) -> str:
    """A cyclic order told from one of its stages on: where a cycle is said to begin is no difference."""
    stages = order.split(" ")
    start = stages.index(first)
    return " ".join((*stages[start:], *stages[:start]))


def _lamps(junction: Junction, timing: TimingPlan) -> set[tuple[str, float, float]]:
    """(group, begin by the clock [s], length [s]) of every green."""
    return {
        (green.group.id, round((green.start_s + timing.offset_s) % timing.cycle_s, 3), round(green.length_s, 3))
        for green in planned_greens(junction, timing)
    }


def _greens(junction: Junction, timing: TimingPlan) -> dict[str, str]:
    """Length of each group's green in a cycle [s]; `22 + 10` where it has two."""
    lengths: dict[str, list[str]] = {}
    for green in planned_greens(junction, timing):
        lengths.setdefault(green.group.id, []).append(f"{green.length_s:g}")
    return {group: " + ".join(parts) for group, parts in lengths.items()}


# ------------------------------------------------------------------------------------------------------------- values


def _value(
    kind: str, before: Value, after: Value, *, junction: str = "", plan: str = "", what: str = ""
) -> Iterator[Difference]:
    if before != after:
        yield Difference(kind, junction, plan, what, before, after)


def _added(
    before: Mapping[str, object], after: Mapping[str, object], kind: str, junction: str = ""
) -> list[Difference]:
    """What is in one of them alone: `<kind>_added`, `<kind>_removed`."""
    whole = kind == "junction"
    came_or_went = [
        *(("removed", name) for name in before if name not in after),
        *(("added", name) for name in after if name not in before),
    ]
    return [
        Difference(f"{kind}_{how}", name if whole else junction, what="" if whole else name)
        for how, name in came_or_went
    ]


def _both(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    return [name for name in before if name in after]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _told(value: object) -> Value:
    if value is None or isinstance(value, float):
        return value
    return _listed(value) if isinstance(value, tuple) else str(value)
