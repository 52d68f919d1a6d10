"""What `tune` says: its progress, and the plan that came of it, for people and as JSON."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from statistics import fmean
from typing import TYPE_CHECKING, Any

from console.output import people_console, say, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plans.tuning.demand import Demand
    from plans.tuning.plan import TunedJunction
    from sim.tuning.search import Progress as SearchProgress

SAY_EVERY_S = 10.0


def search_told(search: Mapping[str, Any]) -> str:
    """What a search found, in a sentence."""
    seeds = ", ".join(map(str, search["seeds"]))
    head = f"tried in SUMO on {search['scenario']}, seeds {seeds}, {search['trials']} trials: "
    if search["gain"] is None:
        return f"{head}nothing better than {search['best']} was found, {search['delay_s']:.1f} s a vehicle"
    fresh = ", ".join(search["fresh_seeds"])
    before, after = (fmean(seed[when] for seed in search["fresh_seeds"].values()) for when in ("before_s", "after_s"))
    return (
        f"{head}best {search['best']}, {search['delay_s']:.1f} s a vehicle; on the fresh seeds {fresh} "
        f"{after:.1f} s where {next(iter(search['starts']))} has {before:.1f} s ({-100 * search['gain']:+.0f} %)"
    )


@contextmanager
def showing_trials() -> Iterator[Callable[[SearchProgress], None]]:
    """A bar with the time left on a terminal; elsewhere a plain line, no more than one in ten seconds."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = people_console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    said_s = 0.0
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("trying in SUMO", total=None)

        def show(now: SearchProgress) -> None:
            nonlocal said_s
            left = "" if now.left_s is None else f", at most {now.left_s / 60:.0f} min left"
            what = f"best trial {now.best_delay_s:.1f} s/veh{left}"
            bar.update(task, completed=now.done, total=now.of, description=what)
            if not console.is_terminal and time.monotonic() - said_s >= SAY_EVERY_S:
                said_s = time.monotonic()
                tell(f"{now.done}/{now.of} trials, {what}")

        yield show


def junction_records(tuned: Mapping[str, TunedJunction]) -> list[dict[str, Any]]:
    """Each junction as JSON."""
    return [
        {
            "junction": name,
            "cycle_s": one.shape.cycle_s,
            "offset_s": one.shape.offset_s,
            "offset_because": one.offset.reason,
            "splits": [
                {"stage": stage, "split_s": split}
                for stage, split in zip(one.shape.stages, one.shape.splits_s, strict=True)
            ],
            "degree_of_saturation": round(one.choice.splits.saturation, 3),
            "flow_ratio": None if one.critical is None else round(one.critical.flow_ratio, 3),
            "lost_s": None if one.critical is None else one.critical.lost_s,
            "webster_cycle_s": None if one.choice.webster_s is None else round(one.choice.webster_s, 1),
            "notes": list(one.notes),
        }
        for name, one in tuned.items()
    ]


def tell_plan(tuned: Mapping[str, TunedJunction], demand: Demand, notes: Sequence[str]) -> None:
    """The plan on standard output, a line for each junction."""
    say(f"from {demand.origin}")
    for remark in (*demand.remarks, *notes):
        say(f"  {remark}")
    for name, one in tuned.items():
        shape = one.shape
        splits = " ".join(f"{stage} {split}" for stage, split in zip(shape.stages, shape.splits_s, strict=True))
        full = f"X {one.choice.splits.saturation:.2f}"
        say(f"{name:16} cycle {shape.cycle_s:3} s  offset {shape.offset_s:3} s  {full}  {splits}")
