"""Two controllers over sockets: `python -m sim.chaos.pair`. Kill the one that leads, stop it, bring it back.

Both are the real `faikhiao run --standby`, with one broker and the same watched cabinets. Asked: how long until the
other drives every cabinet, whether any cabinet left remote or was driven by two (from the cabinets' own record), and
whether the one that comes back stands by. Ends with 5 where a promise was broken.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from field_io.mqtt_link import BrokerAccess
from field_io.standby import MEMBERS
from sim.chaos.asking import asks, at_the_end
from sim.chaos.processes import ControllerRun, a_broker, free_port
from sim.chaos.street import Accepted, Street, StreetGateway
from sim.faults.town import LEASE_S

PATIENCE_S = 60.0
REST_S = 63.0
"""Between two take-overs: a cabinet lets its owner be displaced once a minute."""
SLEEP_S = 15.0
"""F46: so long does a paused leader stand still."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class TakeOver:
    """What one fault of the leader showed; times in seconds."""

    fault: str
    leader: int
    """Number of the one that led."""
    to_first_s: float
    """From the fault to the first block that a cabinet took from the other."""
    to_all_s: float
    longest_gap_s: float
    """The longest that any cabinet went without a block."""
    stale_taken: int
    """Blocks of the old leader that a cabinet took after the new one's first."""
    returned_s: float
    """Until the old leader, back again, said that it stands by; 0 where it never came back."""


@dataclass(slots=True)
class PairResult:
    """The whole run."""

    broker: str = ""
    take_overs: list[TakeOver] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)
    left_early: list[str] = field(default_factory=list)
    left_late: int = 0
    two_masters: int = 0
    """Times that a cabinet took a block of an older epoch after one of a newer."""
    blocks: int = 0
    troubles: list[str] = field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether every promise was kept."""
        broken = self.breaches or self.left_early or self.left_late or self.two_masters or self.troubles
        return bool(self.take_overs) and not broken and all(t.longest_gap_s < LEASE_S for t in self.take_overs)

    def verdict(self) -> str:
        """One line."""
        gaps = [take_over.longest_gap_s for take_over in self.take_overs] or [0.0]
        return (
            f"{'held' if self.held else 'BROKEN'}: {len(self.take_overs)} take-overs ({self.broker}), longest gap "
            f"{max(gaps):.1f} s of a lease of {LEASE_S} s, {self.blocks} blocks taken, cabinets that left remote "
            f"{len(self.left_early) + self.left_late}, driven by two {self.two_masters}, "
            f"breaches of S1-S10 {len(self.breaches)}, troubles {len(self.troubles)}"
        )


def run_pair(faults: Sequence[str] = ("kill", "pause"), junctions: int = 3, tell: Tell = lambda _: None) -> PairResult:
    """Run the faults in their order, a minute apart; `kill` or `pause`."""
    with tempfile.TemporaryDirectory(prefix="faikhiao-pair-") as folder:
        return asyncio.run(_run(faults, junctions, Path(folder), tell))


async def _run(faults: Sequence[str], junctions: int, folder: Path, tell: Tell) -> PairResult:
    result, street, port = PairResult(), Street(junctions), free_port()
    with a_broker(folder, port) as result.broker, ExitStack() as stack:
        async with street.open():
            site = street.write_site(folder / "site", street.ports)
            pair = {
                number: ControllerRun(
                    site, port, folder / f"journal-{number}", folder / f"{number}.log", ("--standby", str(number))
                )
                for number in (1, 2)
            }
            gateway = StreetGateway(street.site, BrokerAccess("127.0.0.1", port), 1)
            async with gateway.speaking(street.clock):
                for member in pair.values():
                    stack.enter_context(member)
                await _Trial(street, pair, result, tell).run(faults)
    return result


class _Trial:
    def __init__(self, street: Street, pair: dict[int, ControllerRun], result: PairResult, tell: Tell) -> None:
        self._street, self._pair, self._result, self._tell = street, pair, result, tell

    async def run(self, faults: Sequence[str]) -> None:
        """All faults; a trouble ends it."""
        await self._until("somebody drives every cabinet", lambda: self._driver() != 0)
        for place, fault in enumerate(faults):
            if self._result.troubles:
                break
            if place:
                await asyncio.sleep(REST_S)
            await asyncio.sleep(3.0)
            await self._once(fault)
        self._sum_up()

    async def _once(self, fault: str) -> None:
        street, old = self._street, self._driver()
        member, new = self._pair[old], 3 - old
        began_s, said = street.clock(), len(member.said())
        if fault == "kill":
            member.kill()
        else:
            member.pause()
            asyncio.get_running_loop().call_later(SLEEP_S, member.resume)
        await self._until(f"{new} drives after {fault}", lambda: self._driver(since_s=began_s) == new)
        all_s = street.clock() - began_s
        back_s = street.clock()
        if fault == "kill":
            member.start()
        await self._until(f"{old} stands by after {fault}", lambda: self._stands_by(member, said, fault))
        returned_s = street.clock() - back_s
        await asyncio.sleep(3.0)
        taken = [block for block in street.taken if block.at_s >= began_s]
        of_new = [block.at_s for block in taken if _member(block) == new]
        take_over = TakeOver(
            fault,
            old,
            min(of_new, default=float("inf")) - began_s,
            all_s,
            self._longest_gap_s(began_s),
            sum(_member(block) == old and block.at_s > _first_of(taken, new, block.junction) for block in taken),
            returned_s,
        )
        self._result.take_overs.append(take_over)
        self._tell(
            f"{fault} of {old}: {new} drives the first cabinet after {take_over.to_first_s:.1f} s, "
            f"all after {all_s:.1f} s, longest gap {take_over.longest_gap_s:.1f} s; "
            f"{old} stands by {returned_s:.1f} s later"
        )

    def _stands_by(self, member: ControllerRun, said: int, fault: str) -> bool:
        """It is back, reads the cabinets and drives none: a paused one says so, a new process begins that way."""
        told = member.said()[said:]
        return "stands by" in told if fault == "pause" else "event=begin" in told

    def _driver(self, since_s: float = 0.0) -> int:
        """Number of the one whose blocks every cabinet took last, and lately; 0 where that is not one."""
        now_s = self._street.clock()
        last = [cabinet.taken[-1] if cabinet.taken else None for cabinet in self._street.recorded()]
        numbers = {_member(b) if b is not None and b.at_s >= max(since_s, now_s - 3.0) else 0 for b in last}
        return numbers.pop() if len(numbers) == 1 else 0

    def _longest_gap_s(self, since_s: float) -> float:
        gaps = [0.0]
        for cabinet in self._street.recorded():
            times = [block.at_s for block in cabinet.taken]
            gaps += [later - before for before, later in pairwise(times) if later >= since_s]
        return max(gaps)

    async def _until(self, what: str, condition: Callable[[], bool]) -> None:
        began_s = self._street.clock()
        while not condition():
            if self._street.clock() - began_s > PATIENCE_S:
                logs = "; ".join(member.said()[-400:] for member in self._pair.values())
                self._result.troubles.append(f"not within {PATIENCE_S:g} s: {what}; {logs}")
                return
            await asyncio.sleep(0.05)

    def _sum_up(self) -> None:
        street, result = self._street, self._result
        result.blocks = len(street.taken)
        result.breaches = [str(breach) for breach in street.breaches]
        result.left_early = [str(left) for left in street.left_early]
        result.left_late = len(street.left) - len(street.left_early)
        for cabinet in street.recorded():
            result.two_masters += sum(later.epoch < before.epoch for before, later in pairwise(cabinet.taken))


def _member(block: Accepted) -> int:
    """Whose block it is: epochs of a member have its number as remainder."""
    return block.epoch % MEMBERS


def _first_of(taken: Sequence[Accepted], number: int, junction: str) -> float:
    return min((b.at_s for b in taken if _member(b) == number and b.junction == junction), default=float("inf"))


def main() -> int:
    """Run what the command line asks for; 0, or 5 where a promise was broken."""
    parser = asks("pair", __doc__)
    parser.add_argument("--faults", default="kill,pause", help="kill and pause, by comma (default both)")
    parser.add_argument("--junctions", type=int, default=3, help="cabinets (default 3)")
    asked = parser.parse_args()
    result = run_pair(asked.faults.split(","), asked.junctions, lambda line: print(line, flush=True))
    return at_the_end(result, asked.json, (*result.breaches, *result.left_early, *result.troubles))


if __name__ == "__main__":
    sys.exit(main())
