"""The fixed plan that closed formulas make of the very demand of a scenario: the yardstick `webster`.

It knows the demand of its hour as no engineer does beforehand, and nothing of the second: what fixed time can do.
"""

from __future__ import annotations

from dataclasses import replace

from plans import Bundle, load_site
from plans.tuning.demand import Demand
from plans.tuning.plan import tune
from plans.tuning.plan_file import plan_text, with_plan
from plans.tuning.rules import TuningRules
from sim.prepared import Prepared, laboratory
from sim.tuning.scenario_demand import scenario_demand

WEBSTER = "webster"
"""Id of the plan."""


def webster_plan(
    prepared: Prepared, demand: Demand | None = None, *, rules: TuningRules | None = None, like: str | None = None
) -> Prepared:
    """The scenario with its site running a plan tuned by formulas on its own demand, all day, under `fixed_time`.

    `demand` is read out of the scenario where it is not given (one run of SUMO); `like` is the plan that it begins
    with, else the first. Raises plans.tuning.demand.DemandError.
    """
    bundle = webster_bundle(prepared, demand or scenario_demand(prepared), rules=rules, like=like)
    return replace(prepared, site=laboratory(load_site(bundle)))


def webster_bundle(
    prepared: Prepared, demand: Demand, *, rules: TuningRules | None = None, like: str | None = None
) -> Bundle:
    """The files of that site."""
    network = prepared.site.network
    base = like or network.junctions[0].timings[0].plan
    tuned = tune(network, base, demand, rules or TuningRules())
    bundle = prepared.site.bundle
    text = plan_text(bundle, tuned, demand, plan=WEBSTER, like=base)
    return with_plan(bundle, WEBSTER, text, every_day=True)
