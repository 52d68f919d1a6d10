"""Seeds and hours of faults: `python -m sim.faults --seeds 10 --hours 24`. Ends with 5 where anything was broken."""

from __future__ import annotations

import argparse
import sys

from sim.faults.campaign import CampaignResult, CampaignSettings, replay, run_campaign, shortest_story, with_seed
from sim.faults.nemesis import KINDS


def main() -> int:
    """Run what the command line asks for; 0, or 5 where a seed broke an invariant."""
    parser = argparse.ArgumentParser(prog="python -m sim.faults", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2, help="seeds 1 to so many (default 2)")
    parser.add_argument("--seed", type=int, help="this seed alone")
    parser.add_argument("--hours", type=float, default=2.0, help="simulated hours of each seed (default 2)")
    parser.add_argument(
        "--strategy", choices=("fixed_time", "actuated", "planner"), help="default: in turn the first two"
    )
    parser.add_argument("--junctions", type=int, default=20, help="size of the town (default 20)")
    parser.add_argument("--only", help="numbers of the faults that happen, by comma; `none`: no fault at all")
    parser.add_argument("--no-story", action="store_true", help="do not look for the shortest story of a breach")
    asked = parser.parse_args()
    broken = 0
    for seed in [asked.seed] if asked.seed is not None else range(1, asked.seeds + 1):
        strategy = asked.strategy or ("actuated", "fixed_time")[seed % 2]
        settings = with_seed(CampaignSettings(1, asked.hours, strategy, asked.junctions), seed)
        if asked.only is not None:
            numbers = [] if asked.only == "none" else [int(number) for number in asked.only.split(",")]
            breaches = replay(settings, numbers)
            print("\n".join(map(str, breaches)) or "nothing was broken")
            broken += len(breaches)
            continue
        result = run_campaign(settings)
        print(line(result), flush=True)
        broken += len(result.breaches)
        if result.breaches and not asked.no_story:
            print(shortest_story(settings, result.breaches[0]), flush=True)
    return 5 if broken else 0


def line(result: CampaignResult) -> str:
    """One seed in one line."""
    settings = result.settings
    counted: dict[str, int] = {}
    for breach in result.breaches:
        counted[breach.invariant] = counted.get(breach.invariant, 0) + 1
    return (
        f"seed {settings.seed}, {settings.strategy}, {settings.junctions} junctions, {settings.hours:g} h: "
        f"{result.faults.total()} faults of {len(result.faults)} of {len(KINDS)} kinds, "
        f"breaches {counted or 0}, worst wait {result.worst_wait_s:.0f} s, "
        f"{result.blocks[0]} blocks accepted, {result.blocks[1]} refused, "
        f"believed wrongly {result.believed_wrongly}, {result.realtime_factor:.0f} times real time"
    )


if __name__ == "__main__":
    sys.exit(main())
