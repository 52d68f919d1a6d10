"""The page of the docs on estimates against truth, written from the JSON of `faikhiao estimates` alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from console.output import markdown_table

TRUST_HEAD = ("network", "trusted", "mean truth", "mean error", "error of truth", "pairs")
HEAD = ("network", "mean truth", "bias", "mean error", "correlation", "worst lane", "its mean error", "pairs")


def estimates_page(found: Mapping[str, Any]) -> str:
    """The page as Markdown."""
    return "\n\n".join(_parts(found)) + "\n"


def estimate_tables(found: Mapping[str, Any]) -> dict[str, tuple[str, str, list[tuple[str, ...]]]]:
    """{estimate: (unit, what it is, rows)}, a row a network, those that nothing was found of left out."""
    tables = {}
    for name, told in found["told"].items():
        rows = [_row(run["scenario"], run["estimates"][name]) for run in found["runs"] if name in run["estimates"]]
        if rows:
            tables[name] = (told["unit"], told["what"], rows)
    return tables


def _parts(found: Mapping[str, Any]) -> Iterator[str]:
    runs: Sequence[Mapping[str, Any]] = found["runs"]
    yield "# Estimates against the truth"
    yield f"Made by `{found['command']}`. Do not edit."
    yield (
        "What the loops make the controller believe of each lane, second by second, against what the simulator knows "
        f"(the first {found['settled_s'] / 60:g} min are left out: estimates learn). Every lane that a site knows "
        "counts, also those whose loops are few or none, and those whose queue reaches beyond every loop. Bias: mean "
        "of estimate - truth. Mean error: of its absolute value. Correlation: Pearson's, over all lanes and seconds; "
        "of discharge over the lanes on which queues went for a minute in all."
    )
    yield "Networks under `own-networks` are made by `faikhiao networks make own-networks`."
    driven = sorted({f"`{run['strategy']}`, seed {run['seed']}, {run['minutes']:g} min" for run in runs})
    yield f"Driven by {'; '.join(driven)}."
    for name, (unit, what, rows) in estimate_tables(found).items():
        yield f"## {name.capitalize()} [{unit}]"
        yield f"{what[0].upper()}{what[1:]}."
        yield markdown_table(HEAD, rows)
        trusted = [row for run in runs for row in _by_trust(run, name)]
        if trusted:
            yield "By how far each lane's estimate was trusted when it was made:"
            yield markdown_table(TRUST_HEAD, trusted)


def _row(scenario: str, one: Mapping[str, Any]) -> tuple[str, ...]:
    correlation = one["correlation"]
    return (
        scenario,
        _figure(one["truth"]),
        f"{'+' if one['bias'] > 0 else ''}{_figure(one['bias'])}",
        _figure(one["error"]),
        "" if correlation is None else f"{correlation:.2f}",
        one["worst_lane"],
        _figure(one["worst_error"]),
        str(one["samples"]),
    )


def _by_trust(run: Mapping[str, Any], name: str) -> Iterator[tuple[str, ...]]:
    for told, one in run["by_trust"].get(name, {}).items():
        of_truth = f"{one['error'] / one['truth']:.0%}" if one["truth"] > 0 else ""
        yield run["scenario"], told, _figure(one["truth"]), _figure(one["error"]), of_truth, str(one["samples"])


def _figure(value: float) -> str:
    """Three figures that count.

    >>> _figure(1813.4), _figure(0.254), _figure(-12.66)
    ('1813', '0.25', '-12.7')
    """
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
