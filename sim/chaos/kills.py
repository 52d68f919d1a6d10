"""Kill -9, again and again: `python -m sim.chaos.kills --kills 40 --seed 1`. Ends with 5 where a promise was broken.

The real `faikhiao run`, over a real broker and real Modbus sockets, drives a few watched cabinets. It is killed at a
random instant, in the middle of a step, of a write or of its own start; now and then its journal is damaged before it
starts again. Asked of each restart: how long until a cabinet takes its first command, whether the journal holds all
that any cabinet took, whether any cabinet left remote although the restart came within the lease, and S1-S10.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from field_io.mqtt_link import BrokerAccess
from sim.chaos.asking import asks, at_the_end
from sim.chaos.kept_journal import damage, intended_or_none, unjournalled
from sim.chaos.processes import ControllerRun, a_broker, free_port
from sim.chaos.street import Street, StreetGateway
from sim.faults.checker import LEASED
from sim.faults.town import LEASE_S

RESTART_LIMIT_S = 5.0
"""F45: from the restart to the first command that a cabinet takes."""
PATIENCE_S = 240.0
"""A controller that commands nobody for so long does not come back at all."""


@dataclass(frozen=True, slots=True)
class KillSettings:
    """One campaign."""

    kills: int = 40
    seed: int = 1
    junctions: int = 4
    strategy: str = "actuated"
    longest_life_s: float = 4.0
    """A kill comes at a random instant within so long of the first command, one in five before it [s]."""
    longest_gap_s: float = 2.0
    """The supervisor starts it again within so long [s]."""
    damage_share: float = 0.15
    """Of the kills, those after which the journal is damaged as well."""
    longest_s: float = float("inf")
    """No kill after so long: what was done until then is judged."""


@dataclass(frozen=True, slots=True)
class Restart:
    """What one kill and the restart after it showed; times in seconds."""

    number: int
    lived_s: float
    """From its start to the kill."""
    to_first_read_s: float
    to_first_command_s: float
    to_all_cabinets_s: float
    longest_gap_s: float
    """The longest that any cabinet went without a command, over the kill."""
    damage: str = ""
    lost: int = 0
    """Commands that a cabinet took and the journal does not hold."""
    set_aside: int = 0
    cpu_s: float = 0.0
    """Processor time of the start, until every cabinet had its command: what a free machine needs at least."""
    queued_s: float = 0.0
    """How long it waited meanwhile for a processor that others had: no fault of its own, and taken off its time."""
    load: float = 0.0
    """Processes that wanted a processor, over the minute before, by the number of processors."""
    lapsed: bool = False
    """The lease was over before it came back: then the cabinets are on their own, and the ladder waits a minute."""

    @property
    def late_s(self) -> float:
        """What is held against the limit: to the first command, or to the first read where the lease had lapsed."""
        return (self.to_first_read_s if self.lapsed else self.to_first_command_s) - self.queued_s

    @property
    def bad(self) -> bool:
        """Whether it broke a promise of its own."""
        return self.late_s > RESTART_LIMIT_S or self.lost > 0

    def __str__(self) -> str:
        """One line."""
        return (
            f"kill {self.number}: lived {self.lived_s:.2f} s, first read after {self.to_first_read_s:.2f} s, "
            f"first command after {self.to_first_command_s:.2f} s, all after {self.to_all_cabinets_s:.2f} s, "
            f"processor {self.cpu_s:.2f} s, waited for it {self.queued_s:.2f} s"
            + (", after the lease" if self.lapsed else "")
            + (f", {self.damage}" if self.damage else "")
            + (f", LOST {self.lost}" if self.lost else "")
        )


@dataclass(slots=True)
class KillResult:
    """The whole campaign."""

    settings: KillSettings
    broker: str = ""
    restarts: list[Restart] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)
    left_early: list[str] = field(default_factory=list)
    left_late: int = 0
    """Times that a cabinet left remote because its lease was over: right, and the restart was too late."""
    ended_badly: list[str] = field(default_factory=list)
    """A controller that ended by itself, or never came back."""
    blocks: int = 0

    @property
    def slowest_s(self) -> float:
        """Worst restart to first command [s]."""
        return max((restart.late_s for restart in self.restarts), default=0.0)

    @property
    def lost(self) -> int:
        """Commands taken and not journalled, over all kills."""
        return sum(restart.lost for restart in self.restarts)

    @property
    def held(self) -> bool:
        """Whether every promise was kept."""
        broken = self.breaches or self.left_early or self.ended_badly or self.lost
        return bool(self.restarts) and not broken and self.slowest_s <= RESTART_LIMIT_S

    def verdict(self) -> str:
        """One line."""
        times = sorted(restart.late_s for restart in self.restarts) or [0.0]
        lapsed = sum(restart.lapsed for restart in self.restarts)
        cpu = sorted(restart.cpu_s for restart in self.restarts) or [0.0]
        loads = sorted(restart.load for restart in self.restarts) or [0.0]
        queued = [restart.queued_s for restart in self.restarts] or [0.0]
        late = sum(restart.late_s > RESTART_LIMIT_S for restart in self.restarts)
        damaged = sum(bool(restart.damage) for restart in self.restarts)
        return (
            f"{'held' if self.held else 'BROKEN'}: {len(self.restarts)} kills of {self.settings.kills} "
            f"(seed {self.settings.seed}, {self.settings.junctions} cabinets, {self.settings.strategy}, "
            f"{self.broker}), restart to first command p50 {times[len(times) // 2]:.2f} s, worst {times[-1]:.2f} s "
            f"(limit {RESTART_LIMIT_S:g} s, beyond it {late}; less {max(queued):.2f} s at most of waiting in the "
            f"queue for a processor), "
            f"load of a processor p50 {loads[len(loads) // 2]:.1f}, "
            f"processor time of a start p50 {cpu[len(cpu) // 2]:.2f} s, after the lease {lapsed}, "
            f"{self.blocks} blocks taken, {self.lost} not journalled, "
            f"{damaged} journals damaged, {sum(r.set_aside for r in self.restarts)} files set aside, "
            f"left remote within the lease {len(self.left_early)}, after it {self.left_late}, "
            f"breaches of S1-S10 {len(self.breaches)}, ended badly {len(self.ended_badly)}"
        )


Tell = Callable[[str], None]


def run_kills(settings: KillSettings, tell: Tell = lambda _: None) -> KillResult:
    """Run a campaign; `tell` hears of each kill. Takes some six seconds a kill."""
    with tempfile.TemporaryDirectory(prefix="faikhiao-kills-") as folder:
        return asyncio.run(_campaign(settings, Path(folder), tell))


async def _campaign(settings: KillSettings, folder: Path, tell: Tell) -> KillResult:
    result = KillResult(settings)
    port = free_port()
    street = Street(settings.junctions)
    with a_broker(folder, port) as result.broker:
        async with street.open():
            site = street.write_site(folder / "site", street.ports)
            options = ("--strategy", settings.strategy)
            controller = ControllerRun(site, port, folder / "journal", folder / "controller.log", options)
            gateway = StreetGateway(street.site, BrokerAccess("127.0.0.1", port), settings.seed)
            with controller:
                async with gateway.speaking(street.clock):
                    await _Nemesis(settings, street, controller, folder, result, tell).run()
    return result


class _Nemesis:
    """Kills one controller as often as it is told to."""

    def __init__(
        self,
        settings: KillSettings,
        street: Street,
        controller: ControllerRun,
        folder: Path,
        result: KillResult,
        tell: Tell,
    ) -> None:
        self._settings, self._street, self._controller = settings, street, controller
        self._journal, self._scratch = folder / "journal", folder / "scratch"
        self._result, self._tell = result, tell
        self._chance = random.Random(settings.seed)

    async def run(self) -> None:
        """All kills."""
        born_s = self._street.clock()
        if not await self._commanding(born_s):
            return
        for number in range(1, self._settings.kills + 1):
            if self._street.clock() >= self._settings.longest_s:
                return
            restart = await self._once(number, born_s)
            if restart is None:
                return
            born_s = self._street.clock() - restart.to_all_cabinets_s
            self._result.restarts.append(restart)
            self._sum_up()
            self._tell(str(restart))

    async def _once(self, number: int, born_s: float) -> Restart | None:
        """One kill and its restart; None where it did not come back."""
        chance, clock = self._chance, self._street.clock
        await asyncio.sleep(chance.uniform(0.0, self._settings.longest_life_s))
        lived_s = clock() - born_s
        lost = await self._kill(born_s)
        aside_before = self._set_aside()
        what = damage(self._journal, chance) if chance.random() < self._settings.damage_share else ""
        await asyncio.sleep(chance.uniform(0.0, self._settings.longest_gap_s))
        if chance.random() < 0.2:  # killed once more, in the middle of its own start
            early_s = clock()
            self._controller.start()
            await asyncio.sleep(chance.uniform(0.0, 1.5))
            lost += await self._kill(early_s)
        started_s = clock()
        self._controller.start()
        read_s = await self._read_since(started_s)
        lapsed = any(cabinet.mode not in LEASED for cabinet in self._street.recorded())
        if not await self._commanding(started_s):
            return None
        since = [block.at_s for block in self._street.taken if block.at_s >= started_s]
        return Restart(
            number,
            lived_s,
            read_s - started_s,
            min(since) - started_s,
            clock() - started_s,
            self._longest_gap_s(started_s),
            what,
            lost,
            self._set_aside() - aside_before,
            self._controller.cpu_s,
            self._controller.queued_s,
            os.getloadavg()[0] / (os.cpu_count() or 1),
            lapsed,
        )

    async def _kill(self, born_s: float) -> int:
        """Kill it; how many commands were taken since its start that its journal does not hold."""
        self._controller.kill()
        await asyncio.sleep(0.05)  # what it had sent already arrives
        taken = [block for block in self._street.taken if block.at_s >= born_s]
        kept = await asyncio.to_thread(intended_or_none, self._journal, self._scratch)
        return len(unjournalled(taken, kept))

    async def _read_since(self, since_s: float) -> float:
        """When the first cabinet was read after that moment; soon afterwards where nobody reads any more."""
        street = self._street
        while street.clock() - since_s < PATIENCE_S and self._controller.ended is None:
            reads = [cabinet.read_s for cabinet in street.recorded() if cabinet.read_s >= since_s]
            if reads:
                return min(reads)
            await asyncio.sleep(0.02)
        return street.clock()

    async def _commanding(self, since_s: float) -> bool:
        """Wait until every cabinet has taken a command since then; False where that does not come about."""
        street = self._street
        while street.clock() - since_s < PATIENCE_S:
            if all(cabinet.taken and cabinet.taken[-1].at_s >= since_s for cabinet in street.recorded()):
                return True
            if self._controller.ended is not None:
                break
            await asyncio.sleep(0.05)
        said = self._controller.said()[-600:]
        self._result.ended_badly.append(f"ended {self._controller.ended}, {said}")
        self._tell(f"it did not come back: {said}")
        self._sum_up()
        return False

    def _longest_gap_s(self, started_s: float) -> float:
        """The longest time between two blocks of a cabinet, the later of which came after `started_s`."""
        gaps = [0.0]
        for cabinet in self._street.recorded():
            times = [block.at_s for block in cabinet.taken]
            gaps += [later - before for before, later in itertools.pairwise(times) if later >= started_s]
        return max(gaps)

    def _set_aside(self) -> int:
        return len([path for path in self._journal.glob("*.unreadable*") if not path.name.endswith(("-wal", "-shm"))])

    def _sum_up(self) -> None:
        street, result = self._street, self._result
        result.blocks = len(street.taken)
        result.breaches = [str(breach) for breach in street.breaches]
        result.left_early = [str(left) for left in street.left_early]
        result.left_late = len(street.left) - len(street.left_early)


def main() -> int:
    """Run what the command line asks for; 0, or 5 where a promise was broken."""
    parser = asks("kills", __doc__)
    parser.add_argument("--kills", type=int, default=40, help="how often (default 40)")
    parser.add_argument("--seed", type=int, default=1, help="of all chance but the machine's own (default 1)")
    parser.add_argument("--junctions", type=int, default=4, help="cabinets (default 4)")
    parser.add_argument("--strategy", default="actuated", help="of the controller (default actuated)")
    parser.add_argument("--minutes", type=float, help="stop after so long, whatever was done by then")
    parser.add_argument("--quiet", action="store_true", help="a line only for a kill after which something was broken")
    asked = parser.parse_args()
    settings = KillSettings(asked.kills, asked.seed, asked.junctions, asked.strategy)
    if asked.minutes is not None:
        settings = replace(settings, longest_s=60 * asked.minutes)
    result = run_kills(settings, (lambda _: None) if asked.quiet else lambda line: print(line, flush=True))
    bad = [str(restart) for restart in result.restarts if restart.bad]
    alone = f"after a lease of {LEASE_S} s a cabinet goes on alone. "
    return at_the_end(result, asked.json, (*bad, *result.breaches, *result.left_early, *result.ended_badly), alone)


if __name__ == "__main__":
    sys.exit(main())
