"""Do plan files mean the same however they are written, and does a programme that passes the checks keep the rules?

The rules are judged anew here, second by second, from the files' words alone: no code of plans/checks takes part.
"""

from collections.abc import Mapping
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from controller.model import TimingPlan
from plans import dump_yaml
from plans.checks.programme import programme_faults
from plans.checks.signals import of_junction
from plans.compile import compile_timing
from plans.programme import WantedSet, split_starts, wanted_sets
from plans.schema import GroupTiming, JunctionFile, StageTiming
from plans.yaml_text import read_yaml

GROUPS = ("K1", "K2", "K3", "F1")
tenths = st.integers(0, 6000).map(lambda value: value / 10)
ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,9}", fullmatch=True)
names = st.text(st.characters(exclude_categories=("C", "Z")) | st.just(" "), max_size=30)


def vehicle(group: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "id": st.just(group),
            "kind": st.just("vehicle"),
            "min_green_s": st.integers(3, 12),
            "max_green_s": st.integers(12, 60),
            "amber_s": st.sampled_from([3, 3.5, 4]),
            "red_amber_s": st.sampled_from([0, 0, 1, 2]),
        }
    )


def pedestrian(group: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "id": st.just(group),
            "kind": st.just("pedestrian"),
            "walk_s": st.integers(4, 10),
            "max_green_s": st.integers(12, 60),
            "clearance_s": st.sampled_from([4, 7.5, 9]),
        }
    )


@st.composite
def junctions(draw: st.DrawFn) -> JunctionFile:
    """Four groups; K1 and F1 are compatible, all other pairs conflict; a stage for each set that may be green."""
    groups = [draw(vehicle(group)) for group in GROUPS[:3]] + [draw(pedestrian("F1"))]
    intergreens: dict[str, dict[str, float]] = {group: {} for group in GROUPS}
    for ending in groups:
        for starting in groups:
            if ending["id"] != starting["id"] and {ending["id"], starting["id"]} != {"K1", "F1"}:
                closing = ending.get("amber_s", ending.get("clearance_s"))
                extra = draw(st.sampled_from([0, 0.5, 1, 2]))
                intergreens[ending["id"]][starting["id"]] = closing + starting.get("red_amber_s", 0) + extra
    sets: list[list[str]] = [[], ["K1"], ["F1"], ["K1", "F1"], ["K2"], ["K3"]]
    return JunctionFile.model_validate(
        {
            "junction": "J01",
            "name": draw(names),
            "number": 1,
            "cabinet": "J01",
            "groups": groups,
            "stages": [{"id": f"S{number}", "groups": members} for number, members in enumerate(sets)],
            "conflicts_and_intergreens": intergreens,
        }
    )


nearly = st.sampled_from([-1, 0, 0, 0, 0, 1, 5, 20])
"""Seconds more than what the rules need: most often just enough, now and then one too few."""


@st.composite
def programmes(draw: st.DrawFn) -> tuple[JunctionFile, GroupTiming]:
    """K1, K2 and K3 one after another around the cycle, greens and gaps near their limits; F1 begins with K1."""
    junction = draw(junctions())
    times_ds = times_of(junction)
    order = draw(st.permutations(["K1", "K2", "K3"]))
    second = draw(st.integers(0, 60))
    windows: dict[str, list[tuple[int, int]]] = {}
    for place, group in enumerate(order):
        length = max(times_ds[group][0] + times_ds[group][2] + 9, 10) // 10 + draw(nearly)
        walk = min(length, times_ds["F1"][0] // 10 + draw(nearly))
        following = order[(place + 1) % 3]
        ends = {group: length, "F1": walk} if group == "K1" else {group: length}
        starts = [following, "F1"] if following == "K1" else [following]
        gap = max(ends[one] + asked_gap_s(junction, one, other) for one in ends for other in starts) - length
        windows[group] = [(second, second + length)]
        if group == "K1":
            windows["F1"] = [(second, second + max(walk, 1))]
        second += length + max(gap + draw(nearly), 1)
    cycle_s = second - windows[order[0]][0][0]
    wrapped = {group: [(on % cycle_s, off % cycle_s)] for group, [(on, off)] in windows.items()}
    return junction, GroupTiming.model_validate({"cycle_s": cycle_s, "groups": wrapped})


def asked_gap_s(junction: JunctionFile, ending: str, starting: str) -> int:
    """Whole seconds from the end of one group until the other may be asked for."""
    intergreen_ds = round(junction.conflicts_and_intergreens[ending].get(starting, 0) * 10)
    return -(-(intergreen_ds - times_of(junction)[starting][2]) // 10)


@settings(max_examples=40)
@given(junction=junctions())
def test_a_junction_reads_back_as_it_was_written(junction: JunctionFile) -> None:
    assert JunctionFile.model_validate(read_yaml(dump_yaml(junction)).value) == junction


@settings(max_examples=40)
@given(value=st.dictionaries(ids, st.recursive(names | tenths | st.booleans() | st.integers(), st.lists, max_leaves=9)))
def test_plain_data_read_back_as_they_were_written(value: dict[str, Any]) -> None:
    assume(value)
    assert read_yaml(dump_yaml(value)).value == value


def stage_at(plan: TimingPlan, second: int) -> int:
    """Number of the stage that the compiled plan wants in this second: the last step before it, around the cycle."""
    return max(plan.steps, key=lambda step: (step.at_s <= second, step.at_s)).stage


@given(programme=programmes())
def test_a_compiled_programme_wants_each_second_what_the_windows_say(
    programme: tuple[JunctionFile, GroupTiming],
) -> None:
    junction, timing = programme
    plan = compile_timing(junction, "p", timing)
    assert list(plan.steps) == sorted(plan.steps, key=lambda step: step.at_s)
    for second in range(timing.cycle_s):
        green = set(junction.stages[stage_at(plan, second) - 1].groups)
        assert green == {group for group, windows in timing.groups.items() if green_in(windows[0], second)}


def green_in(window: tuple[int, int], second: int) -> bool:
    on, off = window
    return on <= second < off if on < off else second >= on or second < off


# ------------------------------------------------------------------------------------------- the rules, judged anew


def times_of(junction: JunctionFile) -> dict[str, tuple[int, int, int]]:
    """Minimum green, closing and red-amber of each group in tenths of a second."""
    rows = {}
    for group in junction.groups:
        if group.kind == "vehicle":
            times = (group.min_green_s, group.amber_s, group.red_amber_s)
        else:
            times = (group.walk_s, group.clearance_s, 0.0)
        rows[group.id] = (round(times[0] * 10), round(times[1] * 10), round(times[2] * 10))
    return rows


def broken_rule(junction: JunctionFile, greens: Mapping[str, list[tuple[int, int]]], cycle_ds: int) -> str | None:
    """The first rule that greens (start, end in tenths, end after start) break when they recur with the cycle."""
    times = times_of(junction)
    for group, own in greens.items():
        for index, (start, end) in enumerate(own):
            if end - start < times[group][0]:
                return f"minimum of {group}"
            following = own[(index + 1) % len(own)][0] + (cycle_ds if index + 1 == len(own) else 0)
            if following - times[group][2] - end <= times[group][1]:
                return f"no red between two greens of {group}"
    for ending, row in junction.conflicts_and_intergreens.items():
        for starting, intergreen_s in row.items():
            for start, end in greens.get(ending, ()):
                for other, _ in greens.get(starting, ()):
                    gap = (other - start) % cycle_ds - (end - start)
                    if gap < round(intergreen_s * 10):
                        return f"intergreen {ending} to {starting}"
    return None


@settings(max_examples=200)
@given(programme=programmes())
def test_a_programme_by_groups_passes_exactly_when_it_keeps_the_rules(
    programme: tuple[JunctionFile, GroupTiming],
) -> None:
    junction, timing = programme
    times = times_of(junction)
    greens = {}
    for group, ((on, off),) in timing.groups.items():
        length = (off - on) % timing.cycle_s * 10
        greens[group] = [(on * 10 + times[group][2], on * 10 + length)]
    faults = list(programme_faults(of_junction("J01", junction), wanted_sets(timing), timing.cycle_s, exact=True))
    broken = broken_rule(junction, greens, timing.cycle_s * 10)
    assert bool(faults) == (broken is not None), (broken, faults)


@st.composite
def stage_timings(draw: st.DrawFn) -> StageTiming:
    """Two to five stages in any order, none after itself, with splits that may be too short."""
    first, *others = draw(st.permutations(["S1", "S2", "S3", "S4", "S5"]))
    stages = [first, *others[: draw(st.integers(1, 4))]]
    if draw(st.booleans()) and len(stages) > 2:
        stages.insert(2, first)
    seconds = st.integers(3, 9) | st.integers(10, 40) | st.integers(10, 40)
    splits = [{"stage": stage, "split_s": draw(seconds)} for stage in stages]
    return StageTiming.model_validate({"cycle_s": sum(split["split_s"] for split in splits), "splits": splits})


def run_by_stages(junction: JunctionFile, timing: StageTiming) -> dict[str, list[tuple[int, int]]] | None:
    """What a cabinet that makes the interstages shows in the third cycle, in tenths; None: a green never comes.

    A group ends when its stage ends; one that is wanted begins as soon as every intergreen and its red-amber have run.
    """
    times = times_of(junction)
    members = {stage.id: set(stage.groups) for stage in junction.stages}
    starts = split_starts(timing)
    cycle_ds = timing.cycle_s * 10
    ended: dict[str, int] = {}
    since: dict[str, int] = {}
    greens: dict[str, list[tuple[int, int]]] = {}
    for cycle in range(4):
        for at_s, stage in starts:
            now = cycle * cycle_ds + at_s * 10
            for group in [group for group in since if group not in members[stage]]:
                start = since.pop(group)
                if start >= now:
                    return None
                if cycle == 3 or (cycle == 2 and start >= 2 * cycle_ds):
                    greens.setdefault(group, []).append((start, now))
                ended[group] = now
            for group in sorted(members[stage] - set(since)):
                held = [
                    ended[ending] + round(row[group] * 10)
                    for ending, row in junction.conflicts_and_intergreens.items()
                    if group in row and ending in ended
                ]
                since[group] = max([now + times[group][2], *held])
    inside = {group: [green for green in own if green[0] < 3 * cycle_ds] for group, own in greens.items()}
    return {group: own for group, own in inside.items() if own}


@settings(max_examples=200)
@given(junction=junctions(), timing=stage_timings())
def test_a_plan_by_stages_passes_exactly_when_every_green_reaches_its_minimum(
    junction: JunctionFile, timing: StageTiming
) -> None:
    members = {stage.id: frozenset(stage.groups) for stage in junction.stages}
    sets = tuple(WantedSet(at_s, members[stage]) for at_s, stage in split_starts(timing))
    faults = list(programme_faults(of_junction("J01", junction), sets, timing.cycle_s, exact=False))
    greens = run_by_stages(junction, timing)
    broken = "a green never comes" if greens is None else broken_rule(junction, greens, timing.cycle_s * 10)
    assert bool(faults) == (broken is not None), (broken, faults)
