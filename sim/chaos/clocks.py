"""The wall clock of the controller's machine leaps while it drives (F48): `python -m sim.chaos.clocks`.

The real `faikhiao run` over sockets, with cabinets that are watched at every scan. Its process alone is lied to: the
wall clock that Python tells it is the machine's and what stands in a file; the monotonic clock, by which leases and
seconds go, runs on. Asked: does any cabinet miss its commands or leave remote, and was each leap told to the core, so
that civil time follows. Ends with 5 where a promise was broken.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from controller.events import ClockReading
from field_io.clock import STEP_S
from field_io.segment import Segment
from sim.chaos.asking import asks, at_the_end
from sim.chaos.driven import LONGEST_GAP_S, Driven, driven
from sim.chaos.kept_journal import copied
from sim.chaos.processes import ROOT
from sim.chaos.street import Street

LEAPS_S = (3600.0, -3600.0, 7.0, 0.0)
"""Off by so much, one after the other: an hour as at a change to summer time made by hand, and back; a lost NTP."""
HOLD_S = 14.0
"""Each stands longer than a lease."""
SETTLE_S = 2.0
"""What was told last is in the journal by then."""
_LIE = """\
import os, time
_true, _file = time.time, os.environ["WALL_CLOCK_OFF_BY"]
def _lied():
    with open(_file) as said:
        return _true() + float(said.read())
time.time = _lied
"""
"""`sitecustomize` of the controller's process, which Python runs before anything else."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Leap:
    """What one leap of the wall clock showed."""

    off_by_s: float
    longest_gap_s: float
    """The longest that any cabinet went without a command while it stood."""


@dataclass(slots=True)
class ClockResult:
    """The whole run."""

    leaps: list[Leap] = field(default_factory=list)
    told: int = 0
    """Leaps of civil time that the core was told of."""
    breaches: list[str] = field(default_factory=list)
    left_remote: int = 0
    """Times that a cabinet left remote while it was driven."""
    owners: int = 0
    """Epochs that the cabinets obeyed."""
    troubles: list[str] = field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether every promise was kept."""
        smooth = all(leap.longest_gap_s <= LONGEST_GAP_S for leap in self.leaps)
        one = self.owners == 1 and not (self.breaches or self.left_remote or self.troubles)
        return bool(self.leaps) and smooth and one and self.told == len(self.leaps)

    def verdict(self) -> str:
        """One line."""
        gap_s = max((leap.longest_gap_s for leap in self.leaps), default=0.0)
        return (
            f"{'held' if self.held else 'BROKEN'}: {len(self.leaps)} leaps of the wall clock, {self.told} told to the "
            f"core, longest gap of a cabinet {gap_s:.1f} s, cabinets that left remote {self.left_remote}, "
            f"owners {self.owners}, breaches of S1-S10 {len(self.breaches)}, troubles {len(self.troubles)}"
        )


class LyingClock:
    """The wall clock of processes that are started `within` it."""

    def __init__(self, folder: Path) -> None:
        """`folder`: an empty one of its own."""
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(_LIE)
        self._file = folder / "off_by_s"
        self.leap(0.0)
        search = os.pathsep.join(filter(None, (str(folder), str(ROOT), os.environ.get("PYTHONPATH"))))
        self.within = ("env", f"PYTHONPATH={search}", f"WALL_CLOCK_OFF_BY={self._file}")

    def leap(self, off_by_s: float) -> None:
        """From now on it is off by so much [s]."""
        whole = self._file.with_suffix(".new")
        whole.write_text(repr(off_by_s))
        whole.replace(self._file)  # nobody reads half a number


def run_clocks(
    leaps_s: Sequence[float] = LEAPS_S, junctions: int = 2, hold_s: float = HOLD_S, tell: Tell = lambda _: None
) -> ClockResult:
    """Leap by leap, each standing for `hold_s` [s]."""
    with tempfile.TemporaryDirectory(prefix="faikhiao-clocks-") as folder:
        return asyncio.run(_run(leaps_s, junctions, hold_s, Path(folder), tell))


async def _run(leaps_s: Sequence[float], junctions: int, hold_s: float, folder: Path, tell: Tell) -> ClockResult:
    result, street, clock = ClockResult(), Street(junctions), LyingClock(folder / "clock")
    async with driven(street, folder, within=clock.within) as run:
        await asyncio.sleep(SETTLE_S)
        driven_s = street.clock()
        for off_by_s in leaps_s:
            began_s = street.clock()
            clock.leap(off_by_s)
            await asyncio.sleep(hold_s)
            if run.controller.ended is not None:
                result.troubles.append(f"it ended with {run.controller.ended}: {run.controller.said()[-800:]}")
                break
            result.leaps.append(Leap(off_by_s, run.longest_gap_s(began_s, street.clock())))
            tell(str(result.leaps[-1]))
        await asyncio.sleep(SETTLE_S)
        result.told = leaps_told(run)
        result.left_remote = sum(left.at_s >= driven_s for left in street.left)
    result.breaches = [str(breach) for breach in street.breaches]
    result.owners = len({block.epoch for block in street.taken})
    return result


def leaps_told(run: Driven) -> int:
    """How often the civil time that the core was told differed from where it should have been, by its journal."""
    origins_s: list[float] = []
    for path in copied(run.folder / "journal", run.folder / "scratch", newest=10):
        with Segment.reading(path) as segment:
            for step in segment.steps():
                origins_s += [event.utc_s - step.now_s for event in step.inputs if isinstance(event, ClockReading)]
    return sum(abs(later_s - before_s) > STEP_S for before_s, later_s in pairwise(origins_s))


def main() -> int:
    """Run what the command line asks for; 0, or 5 where a promise was broken."""
    parser = asks("clocks", __doc__)
    parser.add_argument("--junctions", type=int, default=2, help="cabinets (default 2)")
    asked = parser.parse_args()
    result = run_clocks(junctions=asked.junctions, tell=lambda line: print(line, flush=True))
    return at_the_end(result, asked.json, (*result.breaches, *result.troubles))


if __name__ == "__main__":
    sys.exit(main())
