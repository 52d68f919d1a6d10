"""How long the widest bands through a row of signals take. `make bench-bands` prints it.

python -m sim.bench_bands [--signals N] [--rows N]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import numpy as np

from plans.tuning.bands import RowSignal, widest_bands
from sim.loop_record import quantiles

CYCLE_S = 90
LIMIT_S = 1.0
"""What a row of twenty may take."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Rows drawn by chance, both ways, each proved the widest."""
    parser = argparse.ArgumentParser(prog="python -m sim.bench_bands", description=__doc__)
    parser.add_argument("--signals", type=int, default=20, help="signals of a row (default 20)")
    parser.add_argument("--rows", type=int, default=50, help="rows (default 50)")
    chosen = parser.parse_args(arguments)
    taken_s, proved = [], 0
    for seed in range(chosen.rows):
        signals, travel_s = drawn_row(seed, chosen.signals)
        began = time.perf_counter()
        proved += widest_bands(signals, travel_s, travel_s, CYCLE_S).optimal
        taken_s.append(time.perf_counter() - began)
    found_s = quantiles(taken_s)
    print(
        f"{chosen.rows} rows of {chosen.signals} signals, both ways: median {found_s['p50']:.3f} s, "
        f"longest {found_s['max']:.3f} s (limit {LIMIT_S:g} s for 20); proved the widest: {proved}"
    )


def drawn_row(seed: int, number: int) -> tuple[list[RowSignal], list[float]]:
    """Signals of a row and the travel times between them [s], by chance."""
    chance = np.random.default_rng(seed)
    greens_s = chance.integers(25, 55, (number, 2))
    begins_s = chance.integers(0, CYCLE_S, number)
    signals = [
        RowSignal(str(place), (0.0, float(out)), (float(begin), float(back)))
        for place, ((out, back), begin) in enumerate(zip(greens_s, begins_s, strict=True))
    ]
    return signals, [float(travel) for travel in chance.integers(12, 50, number - 1)]


if __name__ == "__main__":
    main()
