"""Cabinets that lie, beside honest ones: `python -m sim.chaos.liars`. Ends with 5 where a promise was broken.

Every deliberately wrong cabinet of the conformance kit, and some whose numbers are meant to poison the controller's
own, in one town with two honest ones, driven by the real controller. Asked: does it live, are the honest cabinets
driven as if nothing were, are its own numbers sound afterwards, and what does it tell of each liar.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from field_io.registers import Status
from field_io.session import EPOCH_DOUBTED
from sim.cabinet import CabinetConfig, VirtualCabinet
from sim.cabinet.wrong import WRONG
from sim.chaos.asking import asks, at_the_end
from sim.chaos.driven import LONGEST_GAP_S, driven
from sim.chaos.street import Street

HONEST = 2
TOGETHER = 8
"""Liars in one town."""
LARGEST = 0xFFFF_FFFF
WATCHED_S = 25.0
"""Two leases and a bit [s]."""


def claiming(**values: int) -> Callable[..., VirtualCabinet]:
    """A cabinet whose status always claims these values."""

    class Claims(VirtualCabinet):
        def __init__(self, config: CabinetConfig, **settings: Any) -> None:
            super().__init__(config, **settings)
            self.on_status: Callable[[Status], Status] = lambda status: replace(status, **values)  # type: ignore[arg-type]  # names of registers

    return Claims


POISON: Mapping[str, Callable[..., VirtualCabinet]] = {
    "claims the highest epoch": claiming(owner_epoch=LARGEST, received_epoch=LARGEST, lease_left_ds=300),
    "claims a high epoch": claiming(owner_epoch=1 << 30, lease_left_ds=300),
    "claims the highest sequence": claiming(owner_epoch=1, accepted_sequence=LARGEST, lease_left_ds=300),
    "claims a stage that is not": claiming(active_stage=31, next_stage=31),
    "claims to run for ever": claiming(uptime_ms=LARGEST),
    "claims an endless minimum": claiming(min_green_left_ds=0xFFFF),
    "claims every fault": claiming(active_faults=LARGEST, latched_faults=LARGEST),
}
"""Liars whose numbers are meant for the controller's own sums."""


@dataclass(frozen=True, slots=True)
class LiarFigures:
    """What came of one liar."""

    liar: str
    told: tuple[str, ...]
    """Causes of a lost link and codes of alarms that the controller told of it."""


@dataclass(slots=True)
class LiarResult:
    """The whole run."""

    liars: list[LiarFigures] = field(default_factory=list)
    honest_gap_s: float = 0.0
    """The longest that an honest cabinet went without a command [s]."""
    epoch: int = 0
    """Under which the honest cabinets are driven in the end."""
    breaches: list[str] = field(default_factory=list)
    left_early: int = 0
    troubles: list[str] = field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether every promise was kept."""
        sane = 0 < self.epoch <= EPOCH_DOUBTED and self.honest_gap_s <= LONGEST_GAP_S
        return bool(self.liars) and sane and not self.breaches and not self.left_early and not self.troubles

    def verdict(self) -> str:
        """One line."""
        told = sum(bool(liar.told) for liar in self.liars)
        return (
            f"{'held' if self.held else 'BROKEN'}: {len(self.liars)} liars, {told} told of; honest cabinets: "
            f"longest gap {self.honest_gap_s:.1f} s (limit {LONGEST_GAP_S:g} s), epoch {self.epoch}, left remote early "
            f"{self.left_early}, breaches {len(self.breaches)}, troubles {len(self.troubles)}"
        )


def run_liars(liars: Sequence[str] | None = None, watched_s: float = WATCHED_S) -> LiarResult:
    """The named liars, or all, some in each town, with two honest cabinets in every town."""
    builds = {name: wrong.build for name, wrong in WRONG.items()} | dict(POISON)
    chosen = {name: builds[name] for name in (builds if liars is None else liars)}
    result, names = LiarResult(), list(chosen)
    for place in range(0, len(names), TOGETHER):
        some = {name: chosen[name] for name in names[place : place + TOGETHER]}
        with tempfile.TemporaryDirectory(prefix="faikhiao-liars-") as folder:
            asyncio.run(_run(result, some, watched_s, Path(folder)))
    return result


async def _run(
    result: LiarResult, liars: Mapping[str, Callable[..., VirtualCabinet]], watched_s: float, folder: Path
) -> None:
    names = [f"J{number:02}" for number in range(HONEST + 1, HONEST + 1 + len(liars))]
    street = Street(HONEST + len(liars), build=dict(zip(names, liars.values(), strict=True)))
    async with driven(street, folder) as now:
        began_s = street.clock()
        await asyncio.sleep(watched_s)
        result.honest_gap_s = max(result.honest_gap_s, now.longest_gap_s(began_s, street.clock()))
        result.epoch = max(cabinet.orders.owner_epoch for cabinet in street.recorded())
        if now.controller.ended is not None:
            result.troubles.append(f"it ended with {now.controller.ended}: {now.controller.said()[-800:]}")
        await asyncio.to_thread(now.controller.stop)
        told = await asyncio.to_thread(now.told)
    result.liars += [
        LiarFigures(liar, tuple(told[junction].troubles)) for junction, liar in zip(names, liars, strict=True)
    ]
    result.breaches += [str(breach) for breach in street.breaches]
    result.left_early += len(street.left_early)


def main() -> int:
    """Run all liars; 0, or 5 where a promise was broken."""
    parser = asks("liars", __doc__)
    parser.add_argument("--poison", action="store_true", help="only those that claim impossible numbers")
    asked = parser.parse_args()
    result = run_liars(tuple(POISON) if asked.poison else None)
    for liar in result.liars:
        print(f"{liar.liar:28s} {'; '.join(liar.told) or '(nothing: as it says, all is well)'}")
    return at_the_end(result, asked.json, (*result.breaches, *result.troubles))


if __name__ == "__main__":
    sys.exit(main())
