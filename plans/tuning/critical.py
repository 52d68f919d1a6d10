"""Critical movements: the chain of greens, one behind the other around the cycle, that needs most of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from plans.formulas import WEBSTER_LIMIT, webster_cycle_s
from plans.tuning.stage_order import Span, StageOrder

MOST_CHAINS = 5000
"""An order of ten stages with all overlaps has fewer."""


@dataclass(frozen=True, slots=True)
class Critical:
    """The chain that asks for the longest cycle."""

    chain: tuple[Span, ...]
    flow_ratios: tuple[float, ...]
    """Critical y of each green of the chain."""

    @property
    def flow_ratio(self) -> float:
        """Y: the sum of the chain's flow ratios."""
        return sum(self.flow_ratios)

    @property
    def lost_s(self) -> float:
        """L: the sum of what the interstages of the chain take [s]; start-up loss and end gain cancel (2 s each)."""
        return sum(span.gap_s for span in self.chain)

    @property
    def webster_s(self) -> float | None:
        """Webster's cycle [s]; None where the flows ask for more than any cycle carries."""
        if self.flow_ratio >= WEBSTER_LIMIT:
            return None
        return webster_cycle_s(self.lost_s, self.flow_ratio)

    @property
    def need(self) -> float:
        """By which chains are compared: Webster's cycle, beyond all cycles the flow ratio itself."""
        cycle_s = self.webster_s
        return cycle_s if cycle_s is not None else 1e6 * self.flow_ratio


def critical_chain(order: StageOrder, flow_ratio_of: Mapping[str, float]) -> Critical | None:
    """The chain of an order of stages that needs most; None where no chain closes (a stage that all groups share).

    `flow_ratio_of` is the highest y = q/s of a lane of each group. A group with several greens a cycle shares it out.
    """
    times: dict[str, int] = {}
    for span in order.spans:
        times[span.group] = times.get(span.group, 0) + 1
    found = None
    for number, chain in enumerate(_chains(order)):
        ratios = tuple(flow_ratio_of.get(span.group, 0.0) / times[span.group] for span in chain)
        critical = Critical(chain, ratios)
        if found is None or critical.need > found.need:
            found = critical
        if number >= MOST_CHAINS:
            break
    return found


def _chains(order: StageOrder) -> Iterator[tuple[Span, ...]]:
    """Every way to tile the cycle with greens that follow each other."""
    count = len(order.stages)
    by_first: dict[int, list[Span]] = {}
    for span in order.spans:
        by_first.setdefault(span.first, []).append(span)

    def onward(chain: tuple[Span, ...], used: int) -> Iterator[tuple[Span, ...]]:
        if used == count:
            yield chain
            return
        at = (chain[0].first + used) % count
        for span in by_first.get(at, ()):
            if used + span.stages <= count:
                yield from onward((*chain, span), used + span.stages)

    # Each chain passes the beginning of the cycle once: beginning with the span that holds or begins there is enough.
    for span in order.spans:
        if span.first == 0 or span.first + span.stages > count:
            yield from onward((span,), span.stages)
