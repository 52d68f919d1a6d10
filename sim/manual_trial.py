"""A manual period again, in SUMO, against what the plan would have done: the same seeds, with and without the hand.

Everything is the same in a pair but the hand: scenario, seed, strategy, window. The difference of their delays is that
of the hand, and the common luck of a seed cancels out.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scipy import stats

from controller.events import OperatorAction, OperatorRequest
from field_io.manual_periods import ManualPeriod
from sim.prepared import prepare
from sim.scenario import ScenarioError
from sim.simulate import SimulationSettings, simulate

CONFIDENCE = 0.95
MEASURES = ("delay_s", "person_delay_s", "worst_approach_s", "stops", "longest_red_s")
"""What is compared, of the whole network."""
ON_FOOT = "pedestrian_wait_s"
"""Where anybody walks, that is compared too."""
OnRun = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class TrialSettings:
    """What to run: `like` names scenario, site, strategy and date."""

    like: SimulationSettings
    seeds: int = 5
    at_s: float | None = None
    """Second of the scenario at which the hand takes over; None: the period's own time of day."""
    before_s: float = 600.0
    """Traffic runs so long under the plan before the hand takes over [s]."""
    after_s: float = 900.0
    """And so long after it lets go: queues that it left count [s]."""


def run_trial(period: ManualPeriod, settings: TrialSettings, on_run: OnRun = lambda _done, _of: None) -> dict[str, Any]:
    """The pairs of runs and their paired differences, hand - plan; can be written as JSON.

    Raises ScenarioError where the scenario does not know the junction or its hours do not hold the period.
    """
    at_s = period.second_of_day if settings.at_s is None else settings.at_s
    run = _window(period, settings, at_s)
    requests = requests_of(period, at_s)
    pairs: list[dict[str, Any]] = []
    for place, seed in enumerate(range(1, settings.seeds + 1)):
        by_hand = simulate(replace(run, seed=seed, requests=requests))
        on_run(2 * place + 1, 2 * settings.seeds)
        by_plan = simulate(replace(run, seed=seed))
        on_run(2 * place + 2, 2 * settings.seeds)
        pairs.append({"seed": seed, "hand": _measured(by_hand), "plan": _measured(by_plan)})
    return {
        "junction": period.junction.id,
        "period": period.number,
        "by": period.by,
        "begin_s": at_s,
        "lasts_s": period.end_s - period.begin_s,
        "scenario": run.scenario,
        "strategy": run.strategy,
        "seeds": settings.seeds,
        "confidence": CONFIDENCE,
        "differences": {name: difference(pairs, name) for name in (*MEASURES, ON_FOOT) if _in_all(pairs, name)},
        "invariant_breaks": sum(pair[side]["invariant_breaks"] for pair in pairs for side in ("hand", "plan")),
        "runs": pairs,
    }


def requests_of(period: ManualPeriod, at_s: float) -> tuple[tuple[float, OperatorRequest], ...]:
    """What the hand asked for, as requests in a run in which it takes over at `at_s` [s]."""
    shift_s = at_s - period.begin_s
    end_s = period.end_s + shift_s
    holds = [
        (spell.begin_s + shift_s, _hold(period, spell.stage, end_s + 1.0)) for spell in period.spells if spell.stage > 0
    ]
    return (*holds, (end_s, OperatorRequest(OperatorAction.RELEASE, period.junction.id, by=period.by)))


def _hold(period: ManualPeriod, stage: int, until_s: float) -> OperatorRequest:
    return OperatorRequest(OperatorAction.HOLD, period.junction.id, stage=stage, until_s=until_s, by=period.by)


def difference(pairs: Sequence[Mapping[str, Any]], name: str) -> dict[str, Any]:
    """Means of both sides, and the paired difference hand - plan with its 95 % interval after Student.

    >>> pairs = [{"hand": {"d": h}, "plan": {"d": p}} for h, p in ((12.0, 10.0), (15.0, 11.0), (14.0, 8.0))]
    >>> found = difference(pairs, "d")
    >>> found["difference"], round(found["low"], 2), round(found["high"], 2)
    (4.0, -0.97, 8.97)
    """
    hand, plan = ([float(pair[side][name]) for pair in pairs] for side in ("hand", "plan"))
    gained = [a - b for a, b in zip(hand, plan, strict=True)]
    mean = statistics.fmean(gained)
    low = high = None
    if len(gained) > 1:
        half = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(gained) - 1)) * statistics.stdev(gained) / len(gained) ** 0.5
        low, high = mean - half, mean + half
    means = {"hand": statistics.fmean(hand), "plan": statistics.fmean(plan)}
    return {**means, "difference": mean, "low": low, "high": high}


def _measured(answer: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: answer[name] for name in (*MEASURES, "invariant_breaks", "unfinished", "undeparted")}
    return found | ({ON_FOOT: answer[ON_FOOT]["mean"]} if "pedestrian" in answer["by_class"] else {})


def _in_all(pairs: Sequence[Mapping[str, Any]], name: str) -> bool:
    return all(name in pair[side] for pair in pairs for side in ("hand", "plan"))


def _window(period: ManualPeriod, settings: TrialSettings, at_s: float) -> SimulationSettings:
    like = settings.like
    prepared = prepare(like.scenario, site=like.site)
    scenario, junctions = prepared.scenario, {junction.id: junction for junction in prepared.site.network.junctions}
    known = junctions.get(period.junction.id)
    if known is None:
        raise ScenarioError(f"{scenario.name} has no junction {period.junction.id}: name the scenario of its town")
    if [stage.id for stage in known.stages] != [stage.id for stage in period.junction.stages]:
        raise ScenarioError(f"{period.junction.id} has other stages in {scenario.name} than in the journal")
    begin_s, end_s = scenario.window(None, None)
    lasts_s = period.end_s - period.begin_s
    if not begin_s <= at_s <= at_s + lasts_s <= end_s:
        raise ScenarioError(
            f"the period is from {_clock(at_s)} to {_clock(at_s + lasts_s)}, and {scenario.name} runs from "
            f"{_clock(begin_s)} to {_clock(end_s)}: name another scenario, or where it shall begin with --at"
        )
    first_s, last_s = max(begin_s, at_s - settings.before_s), min(end_s, at_s + lasts_s + settings.after_s)
    return replace(like, begin_s=first_s, minutes=(last_s - first_s) / 60)


def _clock(second: float) -> str:
    hours, rest = divmod(int(second), 3600)
    return f"{hours:02}:{rest // 60:02}:{rest % 60:02}"
