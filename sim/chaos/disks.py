"""Bad disks under the real controller's journal: `python -m sim.chaos.disks`. Ends with 5 where a promise was broken.

A disk that is full, one that takes only part of a write, one that is read-only. As root on a small tmpfs in a mount
namespace of its own; else by limits of the process alone. Asked: do the lamps go on as if nothing were, is it told,
does the controller start on such a disk, and is the journal written again when the disk is well.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from field_io.errors import JournalError
from field_io.mqtt_link import BrokerAccess
from field_io.segment import Segment
from sim.chaos.asking import asks, at_the_end
from sim.chaos.kept_journal import copied
from sim.chaos.processes import ControllerRun, a_broker, free_port
from sim.chaos.street import Street, StreetGateway

DISK_KIB = 4096
BAD_S = 14.0
"""Longer than a lease, so that nothing hides behind one [s]."""
PATIENCE_S = 120.0
LONGEST_GAP_S = 3.5
"""A cabinet that goes longer without a command than three renewals has noticed the disk [s]."""
BACK_S = 25.0
"""The journal tries its disk every ten seconds; then it writes what waits [s]."""

Tell = Callable[[str], None]


@dataclass
class Disk:
    """Where the journal lies, and what may be wrong there."""

    inside: Path
    """As the controller names it."""
    outside: Path
    """As we read it."""
    holder: int | None = None
    """Process that keeps the mount namespace; None: an ordinary folder."""

    @property
    def within(self) -> tuple[str, ...]:
        """What takes a command into the namespace."""
        return () if self.holder is None else ("nsenter", "-m", "-t", str(self.holder))

    def fill(self) -> None:
        """To the last byte."""
        data = bytes(65536)
        with contextlib.suppress(OSError), (self.outside / "ballast").open("wb", buffering=0) as ballast:
            while ballast.write(data):
                pass

    def empty(self) -> None:
        """Room again."""
        (self.outside / "ballast").unlink(missing_ok=True)

    def remount(self, how: str) -> None:
        """`ro` or `rw`; nobody may have a file open for writing."""
        subprocess.run([*self.within, "mount", "-o", f"remount,{how}", str(self.inside)], check=True)


@contextlib.contextmanager
def a_disk(folder: Path) -> Iterator[Disk]:
    """A small disk of our own where this machine lets us have one, else a folder."""
    mount = folder / "disk"
    mount.mkdir()
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        yield Disk(mount, mount)
        return
    script = f"mount -t tmpfs -o size={DISK_KIB}k tmpfs '{mount}' && echo mounted && exec sleep 3600"
    holder = subprocess.Popen(["unshare", "-m", "sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        mounted = holder.stdout is not None and holder.stdout.readline() == b"mounted\n"
        if mounted:
            yield Disk(mount, Path(f"/proc/{holder.pid}/root{mount}"), holder.pid)
        else:
            yield Disk(mount, mount)
    finally:
        holder.kill()
        holder.communicate()


@dataclass(frozen=True, slots=True)
class DiskFigures:
    """What one bad disk did; times in seconds, infinite for what did not come about."""

    fault: str
    told_s: float
    """Until the controller said that its journal is in trouble."""
    longest_gap_s: float
    """The longest that any cabinet went without a command."""
    restart_s: float
    """From a start on the bad disk until every cabinet was met; 0 where it was not tried."""
    written_again_s: float
    """From when the disk was well to a step in the journal that is as young."""
    gap_noted: bool
    """The journal says itself that it was not written."""
    unreadable: int
    """Segments that cannot be read afterwards."""


@dataclass(slots=True)
class DiskResult:
    """The whole run."""

    own_disk: bool = False
    disks: list[DiskFigures] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)
    left_remote: int = 0
    troubles: list[str] = field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether every promise was kept."""
        good = all(
            d.told_s <= BAD_S and d.longest_gap_s <= LONGEST_GAP_S and d.written_again_s <= BACK_S and not d.unreadable
            for d in self.disks
            if not d.restart_s
        )
        started = all(d.restart_s < PATIENCE_S and d.written_again_s <= BACK_S for d in self.disks if d.restart_s)
        return bool(self.disks) and good and started and not self.breaches and not self.troubles

    def verdict(self) -> str:
        """One line."""
        names = ", ".join(disk.fault for disk in self.disks)
        return (
            f"{'held' if self.held else 'BROKEN'}: {names} ({'a disk of its own' if self.own_disk else 'by limits'}); "
            f"longest gap of any cabinet while it ran {max((d.longest_gap_s for d in self.disks), default=0):.1f} s, "
            f"cabinets that left remote {self.left_remote}, "
            f"breaches {len(self.breaches)}, troubles {len(self.troubles)}"
        )


class _Trial:
    """One controller on one disk."""

    def __init__(self, street: Street, disk: Disk, controller: ControllerRun, scratch: Path) -> None:
        self.street, self.disk, self.controller = street, disk, controller
        self.journal, self.scratch = disk.outside / "journal", scratch

    async def commanded(self, since_s: float) -> float:
        """How long after `since_s` every cabinet had taken a command; infinite where that does not come about."""
        while self.street.clock() - since_s < PATIENCE_S and self.controller.ended is None:
            if all(cabinet.taken and cabinet.taken[-1].at_s >= since_s for cabinet in self.street.recorded()):
                return self.street.clock() - since_s
            await asyncio.sleep(0.05)
        return float("inf")

    async def met(self, since_s: float) -> float:
        """How long after `since_s` every cabinet was read; infinite where that does not come about."""
        while self.street.clock() - since_s < PATIENCE_S and self.controller.ended is None:
            if all(cabinet.heard_s >= since_s for cabinet in self.street.recorded()):
                return self.street.clock() - since_s
            await asyncio.sleep(0.05)
        return float("inf")

    async def until_told(self, since: int) -> float:
        """How long until the log, after so many characters, tells of the journal."""
        began_s = self.street.clock()
        while self.street.clock() - began_s < BAD_S:
            if "journal" in self.controller.said()[since:]:
                return self.street.clock() - began_s
            await asyncio.sleep(0.1)
        return float("inf")

    async def until_written(self) -> float:
        """How long until the journal holds a step that was taken after now."""
        began_s, began_step = self.street.clock(), self.last_step()
        while self.street.clock() - began_s < BACK_S:
            await asyncio.sleep(0.5)
            if self.last_step() > began_step + 2:
                return self.street.clock() - began_s
        return float("inf")

    def last_step(self) -> float:
        """Control time of the newest step on the disk [s]."""
        for path in reversed(copied(self.journal, self.scratch, newest=2)):
            with contextlib.suppress(JournalError), Segment.reading(path) as segment:
                return segment.last_step()[1]
        return 0.0

    def longest_gap_s(self, since_s: float, until_s: float) -> float:
        """The longest that any cabinet went without a command between the two moments."""
        gaps = [0.0]
        for cabinet in self.street.recorded():
            times = [since_s, *(b.at_s for b in cabinet.taken if since_s <= b.at_s <= until_s), until_s]
            gaps += [later - before for before, later in pairwise(times)]
        return max(gaps)

    async def through(self, fault: str, begin: Callable[[], None], end: Callable[[], None]) -> DiskFigures:
        """The disk goes bad while the controller runs, and is well again."""
        said, began_s = len(self.controller.said()), self.street.clock()
        begin()
        told_s = await self.until_told(said)
        await asyncio.sleep(max(0.0, BAD_S - (self.street.clock() - began_s)))
        end()
        gap_s = self.longest_gap_s(began_s, self.street.clock())
        again_s = await self.until_written()
        return DiskFigures(fault, told_s, gap_s, 0.0, again_s, *self.read_back())

    async def start_on(self, fault: str, begin: Callable[[], None], end: Callable[[], None]) -> DiskFigures:
        """It is killed, started on the bad disk, and the disk is well again."""
        self.controller.kill()
        begin()
        said, began_s = len(self.controller.said()), self.street.clock()
        self.controller.start()
        restart_s = await self.met(began_s)
        told_s = await self.until_told(said)
        end()
        again_s = await self.until_written()
        return DiskFigures(fault, told_s, 0.0, restart_s, again_s, *self.read_back())

    def read_back(self) -> tuple[bool, int]:
        """Whether a gap is noted in the newest segment, and how many segments cannot be read."""
        noted, unreadable = False, 0
        for path in copied(self.journal, self.scratch, newest=10):
            try:
                with Segment.reading(path) as segment:
                    noted = any(kind == "gap" for _, kind, _ in segment.notes())
            except JournalError:
                unreadable += 1
        return noted, unreadable


def run_disks(junctions: int = 2, seed: int = 1, tell: Tell = lambda _: None) -> DiskResult:
    """Every bad disk that this machine can make, one after the other."""
    with tempfile.TemporaryDirectory(prefix="faikhiao-disks-") as folder:
        return asyncio.run(_run(junctions, seed, Path(folder), tell))


async def _run(junctions: int, seed: int, folder: Path, tell: Tell) -> DiskResult:
    result, street, port = DiskResult(), Street(junctions), free_port()
    async with AsyncExitStack() as stack:
        stack.enter_context(a_broker(folder, port))
        disk = stack.enter_context(a_disk(folder))
        result.own_disk = disk.holder is not None
        await stack.enter_async_context(street.open())
        site = street.write_site(folder / "site", street.ports)
        gateway = StreetGateway(street.site, BrokerAccess("127.0.0.1", port), seed)
        await stack.enter_async_context(gateway.speaking(street.clock))
        controller = stack.enter_context(
            ControllerRun(site, port, disk.inside / "journal", folder / "log", within=disk.within)
        )
        trial = _Trial(street, disk, controller, folder / "scratch")
        await trial.commanded(0.0)
        for fault, step in _faults(trial).items():
            if controller.ended is not None:
                result.troubles.append(f"it ended with {controller.ended}: {controller.said()[-800:]}")
                break
            await asyncio.sleep(2.0)
            said = len(controller.said())
            figures = await step(fault)
            if figures.restart_s == float("inf"):
                result.troubles.append(f"{fault}: {controller.said()[said:][-1500:]}")
            result.disks.append(figures)
            tell(str(figures))
        result.breaches = [str(breach) for breach in street.breaches]
        result.left_remote = len(street.left)
    return result


def _faults(trial: _Trial) -> Mapping[str, Callable[[str], Awaitable[DiskFigures]]]:
    """What can be done on this machine, in order."""
    disk, controller = trial.disk, trial.controller

    def limit() -> None:
        largest = max((path.stat().st_size for path in trial.journal.iterdir()), default=0)
        _, hard = resource.prlimit(controller.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(controller.pid, resource.RLIMIT_FSIZE, (largest, hard))

    def unlimit() -> None:
        _, hard = resource.prlimit(controller.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(controller.pid, resource.RLIMIT_FSIZE, (hard, hard))

    faults: dict[str, Callable[[str], Awaitable[DiskFigures]]] = {
        "short writes": lambda name: trial.through(name, limit, unlimit),
    }
    if disk.holder is not None:
        faults |= {
            "full": lambda name: trial.through(name, disk.fill, disk.empty),
            "full at the start": lambda name: trial.start_on(name, disk.fill, disk.empty),
            "read-only at the start": lambda name: trial.start_on(
                name, lambda: disk.remount("ro"), lambda: disk.remount("rw")
            ),
        }
    return faults


def main() -> int:
    """Run what the command line asks for; 0, or 5 where a promise was broken."""
    parser = asks("disks", __doc__)
    parser.add_argument("--junctions", type=int, default=2, help="cabinets (default 2)")
    asked = parser.parse_args()
    result = run_disks(asked.junctions, tell=lambda line: print(line, flush=True))
    return at_the_end(result, asked.json, (*result.breaches, *result.troubles))


if __name__ == "__main__":
    sys.exit(main())
