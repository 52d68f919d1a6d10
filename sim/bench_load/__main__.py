"""Load over real sockets, generator included: `python -m sim.bench_load [--cabinets N] [--messages N] [--minutes N]`.

The controller has one core, everything else (cabinets, gateways, broker) the other. With `--trouble` one cabinet is
dead and one is slow in every second minute. `make bench-load` runs what the results page shows.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.bench_load.figures import (
    ECHO_LIMIT_MS,
    GROWTH_LIMIT_MIB_H,
    NEIGHBOUR_LIMIT,
    WARM_UP_MINUTES,
    growth_mib_h,
    quantile,
    slowed_by_trouble,
    spread,
    unaccounted,
)
from sim.bench_load.processes import Load, Minute, Side, centre, street
from sim.bench_load.relay import Line
from sim.probes.mosquitto import mosquitto

CONTROLLER_CORE, STREET_CORE = 0, 1


@dataclass(frozen=True, slots=True)
class Result:
    """All of a run."""

    minutes: tuple[Minute, ...]
    counters: dict[str, int]
    sent: int
    acknowledged: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Run once and print; 1 where a limit is passed."""
    parser = argparse.ArgumentParser(prog="python -m sim.bench_load", description=__doc__)
    parser.add_argument("--cabinets", type=int, default=500)
    parser.add_argument("--messages", type=int, default=500, help="detector messages a second (default 500)")
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--minute-s", type=float, default=60.0, help="length of a minute, for trying out")
    parser.add_argument("--strategy", default="actuated")
    parser.add_argument("--trouble", action="store_true", help="one dead and one slow cabinet in every second minute")
    chosen = parser.parse_args(arguments)
    with mosquitto() as broker, tempfile.TemporaryDirectory(prefix="faikhiao-load-") as folder:
        load = Load(chosen.cabinets, chosen.messages, broker.port, chosen.strategy, Path(folder))
        result = run(load, chosen.minutes, chosen.minute_s, trouble=chosen.trouble)
    lines = list(report(result, chosen.minute_s, trouble=chosen.trouble))
    print("\n".join(line for line, _ in lines))
    return 0 if all(well for _, well in lines) else 1


def run(load: Load, minutes: int, minute_s: float, *, trouble: bool) -> Result:
    """Start both sides, let the minutes pass, and take what was counted."""
    told: list[Minute] = []
    with Side(street, load, STREET_CORE) as outside:
        ports = outside.hear()
        with Side(centre, load, CONTROLLER_CORE, ports, minute_s) as inside:
            inside.hear()
            for number in range(minutes):
                ill = trouble and number % 2 == 1
                outside.tell((Line.DEAD, Line.SLOW) if ill else (Line.WELL, Line.WELL))
                told.append(inside.hear())
                print(_minute_line(number, told[-1], ill=ill), flush=True)
            outside.tell(None)
            sent, acknowledged = outside.hear()
            inside.tell(None)
            counters = inside.hear()
            while isinstance(counters, Minute):
                counters = inside.hear()
            outside.tell(None)
    return Result(tuple(told), counters, sent, acknowledged)


def _minute_line(number: int, minute: Minute, *, ill: bool) -> str:
    load = os.getloadavg()[0]
    return (
        f"minute {number + 1:3}{' (one dead, one slow)' if ill else ''}: echo {spread(minute.echo_ms)}; "
        f"step p99 {minute.step_ms[1]:.1f} ms; {minute.rss_mib:.1f} MiB; load average {load:.1f}"
    )


def report(result: Result, minute_s: float, *, trouble: bool) -> Iterator[tuple[str, bool]]:
    """Lines to print, each with whether its limit is kept."""
    minutes, counters = result.minutes, result.counters
    echo_ms = [ms for minute in minutes for ms in minute.echo_ms]
    p99_ms = quantile(echo_ms, 0.99)
    yield f"decision to echoed acceptance: {spread(echo_ms)} (p99 at most {ECHO_LIMIT_MS:g})", p99_ms <= ECHO_LIMIT_MS
    second_ms = [ms for minute in minutes for ms in minute.second_ms]
    yield f"beginning of the second to the same echo: {spread(second_ms)}", True
    unanswered = sum(minute.unanswered for minute in minutes)
    yield f"commands whose acceptance was not proved: {unanswered}", True
    missed, late = counters["missed_seconds"], counters["late_steps"]
    yield f"seconds missed: {missed}; steps past their deadline: {late} (both 0)", missed == late == 0
    lost = unaccounted(result.acknowledged, counters)
    dropped = {name: count for name, count in counters.items() if name.startswith("dropped_") and count}
    told = (
        f"detector messages: {result.sent:,} sent, {result.acknowledged:,} acknowledged, "
        f"{counters['detector_messages']:,} used, dropped {dropped or 'none'}, "
        f"pushed out by newer ones {counters['mqtt_pushed_out']:,} (and {counters['overflowed']:,} readings that had "
        f"come in), unaccounted for {lost} (0)"
    )
    yield told, lost == 0 and result.sent == result.acknowledged
    cpu_share = minutes[-1].cpu_s / (minute_s * len(minutes))
    yield f"controller: {cpu_share:.2f} of a core, {minutes[-1].rss_mib:.0f} MiB", True
    if trouble:
        ratio, ratio_p99 = slowed_by_trouble(minutes, 0.5), slowed_by_trouble(minutes, 0.99)
        told = (
            f"one dead and one slow cabinet make the others' median {ratio:.3f} and p99 {ratio_p99:.3f} times as long "
            f"(median of {len(minutes) // 2} pairs of minutes; at most {NEIGHBOUR_LIMIT:g})"
        )
        yield told, ratio <= NEIGHBOUR_LIMIT
    if len(minutes) > WARM_UP_MINUTES + 2:
        grown = growth_mib_h(minutes, minute_s)
        hours = (len(minutes) - WARM_UP_MINUTES) * minute_s / 3600
        told = (
            f"memory grows by {grown:.2f} MiB/h over {hours:.2f} h after {WARM_UP_MINUTES} minutes of warm-up "
            f"(at most {GROWTH_LIMIT_MIB_H:g})"
        )
        yield told, grown <= GROWTH_LIMIT_MIB_H


if __name__ == "__main__":
    sys.exit(main())
