"""What the minutes of a load run come to, against what they must not exceed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from sim.bench_load.processes import Minute

ECHO_LIMIT_MS = 150.0
"""p99 of decision to echoed acceptance."""
NEIGHBOUR_LIMIT = 1.10
"""What one dead and one slow cabinet may make of the others' times: median of the alternating minutes."""
GROWTH_LIMIT_MIB_H = 5.0
WARM_UP_MINUTES = 10
"""Memory is judged after so long."""
SHARES = (0.5, 0.95, 0.99, 0.999, 1.0)


def quantile(values: Sequence[float], share: float) -> float:
    """The least value that is not below this share of all; NaN without values."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else math.nan


def spread(values: Sequence[float]) -> str:
    """Count and quantiles."""
    names = ("p50", "p95", "p99", "p99.9", "max")
    told = ", ".join(f"{name} {quantile(values, share):.1f}" for name, share in zip(names, SHARES, strict=True))
    return f"{told} ms of {len(values):,}"


def slowed_by_trouble(minutes: Sequence[Minute], share: float) -> float:
    """Median over pairs of minutes, one without and one with trouble, of the ratio of the others' quantiles."""
    ratios = [
        quantile(ill.echo_ms, share) / quantile(well.echo_ms, share)
        for well, ill in zip(minutes[::2], minutes[1::2], strict=False)
    ]
    return statistics.median(ratios) if ratios else math.nan


def growth_mib_h(minutes: Sequence[Minute], minute_s: float, warm_up: int = WARM_UP_MINUTES) -> float:
    """Slope of the resident memory after the warm-up, by least squares [MiB/h]; NaN below three minutes of it."""
    after = [minute.rss_mib for minute in minutes[warm_up:]]
    if len(after) < 3:
        return math.nan
    slope = statistics.linear_regression([n * minute_s for n in range(len(after))], after).slope
    return slope * 3600


def unaccounted(acknowledged: int, counters: Mapping[str, int]) -> int:
    """Detector messages that the broker took over and that are neither used nor counted as dropped or pushed out."""
    dropped = sum(count for name, count in counters.items() if name.startswith("dropped_"))
    return acknowledged - counters["detector_messages"] - dropped - counters["mqtt_pushed_out"]
