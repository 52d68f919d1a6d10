"""Seeds and hours of faults: `python -m sim.faults --seeds 10 --hours 24`. Ends with 5 where anything was broken."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path

from sim.faults.campaign import CampaignResult, CampaignSettings, replay, run_campaign, shortest_story
from sim.faults.kinds import KINDS
from sim.faults.page import long_run_page

IN_TURN = ("actuated", "fixed_time")


def main() -> int:
    """Run what the command line asks for; 0, or 5 where a seed broke an invariant."""
    asked = _parser().parse_args()
    seeds = [asked.seed] if asked.seed is not None else list(range(1, asked.seeds + 1))
    campaigns = [
        CampaignSettings(seed, asked.hours, asked.strategy or IN_TURN[seed % 2], asked.junctions, journal=asked.journal)
        for seed in seeds
    ]
    if asked.planner_hours:
        campaigns.append(
            CampaignSettings(len(seeds) + 1, asked.planner_hours, "planner", asked.junctions, journal=asked.journal)
        )
    if asked.only is not None:
        return _replay(campaigns, asked.only)
    results: list[CampaignResult] = []
    for result in _run(campaigns, asked.jobs):
        results.append(result)
        print(line(result), flush=True)
        if asked.page is not None:  # after each: a run that is cut short has told what it did
            today = datetime.now(UTC).date()
            asked.page.write_text(long_run_page(results, campaigns, today), encoding="utf-8")
        if result.breaches and not asked.no_story:
            print(shortest_story(result.settings, result.breaches[0]), flush=True)
    return 5 if any(result.breaches for result in results) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sim.faults", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2, help="seeds 1 to so many (default 2)")
    parser.add_argument("--seed", type=int, help="this seed alone")
    parser.add_argument("--hours", type=float, default=2.0, help="simulated hours of each seed (default 2)")
    parser.add_argument(
        "--strategy", choices=("fixed_time", "actuated", "planner"), help="default: in turn the first two"
    )
    parser.add_argument("--planner-hours", type=float, default=0.0, help="one more seed, of so many hours, by planner")
    parser.add_argument("--junctions", type=int, default=20, help="size of the town (default 20)")
    parser.add_argument("--jobs", type=int, default=1, help="seeds at a time, each in a process of its own (default 1)")
    parser.add_argument("--page", type=Path, help="write the dated page of the results to this file")
    parser.add_argument("--journal", action="store_true", help="keep the real journal in real files, and ask S8 and L4")
    parser.add_argument("--only", help="numbers of the faults that happen, by comma; `none`: no fault at all")
    parser.add_argument("--no-story", action="store_true", help="do not look for the shortest story of a breach")
    return parser


def _run(campaigns: Sequence[CampaignSettings], jobs: int) -> Iterator[CampaignResult]:
    """Results as they come."""
    if jobs == 1:
        yield from map(run_campaign, campaigns)
        return
    with ProcessPoolExecutor(jobs) as pool:
        for done in as_completed([pool.submit(run_campaign, settings) for settings in campaigns]):
            yield done.result()


def _replay(campaigns: Sequence[CampaignSettings], only: str) -> int:
    """A part of each seed's story again."""
    numbers = [] if only == "none" else [int(number) for number in only.split(",")]
    broken = 0
    for settings in campaigns:
        breaches = replay(settings, numbers)
        print("\n".join(map(str, breaches)) or "nothing was broken")
        broken += len(breaches)
    return 5 if broken else 0


def line(result: CampaignResult) -> str:
    """One seed in one line."""
    settings = result.settings
    return (
        f"seed {settings.seed}, {settings.strategy}, {settings.junctions} junctions, {settings.hours:g} h: "
        f"{result.faults.total()} faults of {len(result.faults)} of {len(KINDS)} kinds, "
        f"breaches {dict(result.breaches_by_invariant) or 0}, worst wait {result.worst_wait_s:.0f} s, "
        f"{result.blocks[0]} blocks accepted, {result.blocks[1]} refused, "
        f"believed wrongly {result.believed_wrongly}, "
        f"asked for L2 {result.recoveries['asked']} of {result.recoveries.total()} junctions, "
        + (f"journal {dict(result.journal)}, " if result.journal else "")
        + f"{result.realtime_factor:.0f} times real time"
    )


if __name__ == "__main__":
    sys.exit(main())
