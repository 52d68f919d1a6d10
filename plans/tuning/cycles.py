"""Cycles: each junction's own, and one for all that are coordinated, or half of it where that is enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from plans.tuning.demand import Demand, DemandError
from plans.tuning.junction_tuning import JunctionCase, splits_in
from plans.tuning.rules import TuningRules
from plans.tuning.splits import Splits

FARTHEST_S = 60.0
"""Beyond so much travel a platoon has dispersed and coordination is worth little (Robertson's dispersion, TRANSYT)."""
CANDIDATES = 12
"""Cycles that are computed through between the least and the most that come into question."""
CROWDED, RELIEVED = 0.85, 0.9
"""A junction fuller than the first in the common cycle runs in one of its own, if that leaves the second share of its
delay at most: where queues hardly ever dissolve, platoons find no green to arrive in (TRANSYT's limit of use)."""
LOW, HIGH = 0.75, 1.5
"""Between these multiples of Webster's cycle the delay hardly changes (Webster 1958)."""


@dataclass(frozen=True, slots=True)
class CycleChoice:
    """A junction's cycle and splits, and why."""

    splits: Splits
    webster_s: float | None
    """Of the junction alone; None where its flows are beyond every cycle."""
    common_s: int
    """The cycle of the junctions it is coordinated with."""
    decided_by: str
    """The junction whose own cycle is the longest of them."""

    @property
    def halved(self) -> bool:
        """Whether it runs twice while its neighbours run once."""
        return self.splits.cycle_s < self.common_s


def coordinated_sets(junctions: Sequence[str], demand: Demand) -> list[tuple[str, ...]]:
    """Junctions that platoons bind together, each in one set; alone where none reaches it within a minute."""
    leader = {name: name for name in junctions}

    def found(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for link in demand.links:
        ends = (link.upstream.junction, link.downstream.junction)
        if link.travel_s <= FARTHEST_S and all(end in leader for end in ends):
            one, other = (found(end) for end in ends)
            leader[max(one, other)] = min(one, other)
    sets: dict[str, list[str]] = {}
    for name in junctions:
        sets.setdefault(found(name), []).append(name)
    return [tuple(members) for members in sets.values()]


def choose_cycles(cases: Mapping[str, JunctionCase], demand: Demand, rules: TuningRules) -> dict[str, CycleChoice]:
    """Cycle and splits of every junction; raises DemandError where minimums fit into no cycle that is allowed."""
    sets = coordinated_sets(list(cases), demand) if rules.one_cycle else [(name,) for name in cases]
    choices: dict[str, CycleChoice] = {}
    for members in sets:
        choices |= _of_set({name: cases[name] for name in members}, rules)
    return choices


def own_cycle_s(case: JunctionCase, rules: TuningRules) -> tuple[float | None, int]:
    """Webster's cycle of a junction alone, of the order of stages that needs least, and as it may be run [s]."""
    criticals = [critical for order in case.orders if (critical := case.critical(order)) is not None]
    webster_s = min((c.webster_s for c in criticals if c.webster_s is not None), default=None)
    wanted_s = webster_s if webster_s is not None or not criticals else float(rules.longest_cycle_s)
    least_s = max(case.shortest_s, rules.shortest_cycle_s)
    if least_s > rules.longest_cycle_s:
        raise DemandError(
            f"{case.junction.id}: its minimum greens, walks and intergreens need {least_s} s, more than the longest "
            f"cycle of {rules.longest_cycle_s} s: allow a longer one"
        )
    return webster_s, min(max(round(wanted_s or least_s), least_s), rules.longest_cycle_s)


def _of_set(cases: Mapping[str, JunctionCase], rules: TuningRules) -> dict[str, CycleChoice]:
    own = {name: own_cycle_s(case, rules) for name, case in cases.items()}
    decisive = max(own, key=lambda name: own[name][1])
    best: tuple[float, int, dict[str, Splits]] | None = None
    for cycle_s in _candidates(cases, own[decisive][1], rules):
        chosen = {name: _splits(case, cycle_s, rules) for name, case in cases.items()}
        known = {name: splits for name, splits in chosen.items() if splits is not None}
        if len(known) < len(cases):
            continue
        cost = sum(splits.delay_veh_s_h for splits in known.values())
        if best is None or cost < best[0]:
            best = (cost, cycle_s, known)
    if best is None:
        raise DemandError(
            f"{', '.join(cases)}: no cycle up to {rules.longest_cycle_s} s holds all minimums: allow a longer one"
        )
    choices = {name: CycleChoice(splits, own[name][0], best[1], decisive) for name, splits in best[2].items()}
    if len(cases) == 1 or rules.cycle_s is not None or rules.with_bands:
        return choices
    return {name: _relieved(cases[name], choice, rules) for name, choice in choices.items()}


def _relieved(case: JunctionCase, choice: CycleChoice, rules: TuningRules) -> CycleChoice:
    """The junction in a cycle of its own, where it is too full for the common one; else as it was."""
    if choice.splits.saturation < CROWDED:
        return choice
    alone = _of_set({case.junction.id: case}, rules)[case.junction.id]
    if alone.splits.delay_veh_s_h > RELIEVED * choice.splits.delay_veh_s_h:
        return choice
    return replace(alone, common_s=alone.splits.cycle_s)


def _candidates(cases: Mapping[str, JunctionCase], decisive_s: int, rules: TuningRules) -> Iterable[int]:
    least_s = max(rules.shortest_cycle_s, *(case.shortest_s for case in cases.values()))
    if rules.cycle_s is not None:
        return [rules.cycle_s]
    low, high = max(least_s, int(LOW * decisive_s)), min(rules.longest_cycle_s, int(HIGH * decisive_s) + 1)
    step = max(2, 2 * round((high - low) / CANDIDATES / 2))
    # Even cycles can be halved.
    return sorted({*range(low + low % 2, high + 1, step), *([low] if low == high else [])}) or [low]


def _splits(case: JunctionCase, cycle_s: int, rules: TuningRules) -> Splits | None:
    whole = splits_in(case, cycle_s, rules.aim)
    if not rules.half_cycles or cycle_s % 2 or cycle_s // 2 < max(rules.shortest_cycle_s, case.shortest_s):
        return whole
    half = splits_in(case, cycle_s // 2, rules.aim)
    if half is not None and (whole is None or half.delay_veh_s_h < whole.delay_veh_s_h):
        return half
    return whole
