"""Bad wires between the controller and its cabinets, and its broker: `python -m sim.chaos.wires`.

The real `faikhiao run` drives as many cabinets as there are kinds of bad wire, each cabinet behind its own; afterwards
the wires are good again. Or one kind lies between controller and broker. Asked of each: did a cabinet take a command
that the controller never meant, or too late; did the controller believe what was not so; did a cabinet leave remote
before its lease was over; S1-S10; and how soon the link was back. Ends with 5 where a promise was broken.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from field_io.mqtt_link import BrokerAccess
from sim.chaos.asking import asks, at_the_end
from sim.chaos.kept_journal import believed, intended, unjournalled
from sim.chaos.processes import ControllerRun, a_broker, free_port
from sim.chaos.proxy import ChaosProxy
from sim.chaos.street import Street, StreetGateway
from sim.chaos.toxics import MODBUS_ALONE, TOXICS, Framing

BEFORE_S, AFTER_S = 4.0, 12.0
"""On good wires: before, so that every cabinet is commanded; after, so that links can come back [s]."""
PATIENCE_S = 60.0

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class WireFigures:
    """What one bad wire did; times in seconds."""

    toxic: str
    frames: int
    connections: int
    taken: int
    """Blocks that the cabinet took, over the whole run."""
    taken_while_bad: int
    answers: dict[str, int]
    """What became of every block that reached the cabinet: result code, or minus the Modbus exception."""
    wrong: int
    """Blocks taken that the controller never meant, or meant at another time."""
    believed_wrongly: int
    """Acceptances that the controller saw beyond those that there were."""
    left_remote: int
    left_early: int
    link_back_s: float
    """From when the wire was good again to the first read; infinite if it did not come."""


@dataclass(slots=True)
class WireResult:
    """The whole run."""

    broker: str = ""
    broker_toxic: str = ""
    wires: list[WireFigures] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether every promise was kept."""
        wrong = any(wire.wrong or wire.believed_wrongly or wire.left_early for wire in self.wires)
        back = all(wire.link_back_s <= AFTER_S for wire in self.wires)
        return bool(self.wires) and back and not wrong and not self.breaches and not self.troubles

    def verdict(self) -> str:
        """One line."""
        wires = self.wires
        where = f"{self.broker_toxic} before the broker" if self.broker_toxic else f"{len(wires)} kinds of bad wire"
        return (
            f"{'held' if self.held else 'BROKEN'}: {where} ({self.broker}), {sum(w.frames for w in wires)} frames, "
            f"{sum(w.taken for w in wires)} blocks taken, wrong {sum(w.wrong for w in wires)}, believed wrongly "
            f"{sum(w.believed_wrongly for w in wires)}, left remote early {sum(w.left_early for w in wires)}, slowest "
            f"link back {max((w.link_back_s for w in wires), default=0.0):.1f} s, breaches {len(self.breaches)}"
        )


def run_wires(
    toxics: Sequence[str] = tuple(TOXICS),
    *,
    bad_s: float = 30.0,
    seed: int = 1,
    broker_toxic: str | None = None,
    tell: Tell = lambda _: None,
) -> WireResult:
    """One cabinet behind each kind of bad wire for `bad_s` [s]; with `broker_toxic` the broker's wire is bad too."""
    with tempfile.TemporaryDirectory(prefix="faikhiao-wires-") as folder:
        return asyncio.run(_run(toxics, bad_s, seed, broker_toxic, Path(folder), tell))


async def _run(
    toxics: Sequence[str], bad_s: float, seed: int, broker_toxic: str | None, folder: Path, tell: Tell
) -> WireResult:
    result, street, port = WireResult(broker_toxic=broker_toxic or ""), Street(len(toxics)), free_port()
    with a_broker(folder, port) as result.broker:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(street.open())
            proxies = {
                junction: await stack.enter_async_context(ChaosProxy(at, Framing.MODBUS, seed + number).running())
                for number, (junction, at) in enumerate(street.ports.items())
            }
            to_broker = await stack.enter_async_context(ChaosProxy(port, Framing.MQTT, seed).running())
            site = street.write_site(folder / "site", {junction: p.own_port for junction, p in proxies.items()})
            gateway = StreetGateway(street.site, BrokerAccess("127.0.0.1", port), seed)
            await stack.enter_async_context(gateway.speaking(street.clock))
            controller = stack.enter_context(
                ControllerRun(site, to_broker.own_port, folder / "journal", folder / "controller.log")
            )
            if not await _all_commanded(street, controller):
                result.troubles.append(f"it never drove: {controller.said()[-600:]}")
                return result
            await asyncio.sleep(BEFORE_S)
            began_s = street.clock()
            for (junction, proxy), toxic in zip(proxies.items(), toxics, strict=True):
                proxy.toxic = TOXICS[toxic]()
                tell(f"{junction}: {toxic}")
            if broker_toxic is not None:
                to_broker.toxic = TOXICS[broker_toxic]()
            await asyncio.sleep(bad_s)
            healed_s = street.clock()
            for proxy in (*proxies.values(), to_broker):
                proxy.toxic = None
            back_s = await _links_back(street, healed_s)
            await asyncio.sleep(2.0)
            if controller.ended is not None:
                result.troubles.append(f"it ended with {controller.ended}: {controller.said()[-600:]}")
            await asyncio.to_thread(controller.stop)
    _sum_up(result, street, folder, dict(zip(proxies, toxics, strict=True)), proxies, (began_s, healed_s), back_s)
    return result


async def _all_commanded(street: Street, controller: ControllerRun) -> bool:
    while street.clock() < PATIENCE_S and controller.ended is None:
        if all(cabinet.taken for cabinet in street.recorded()):
            return True
        await asyncio.sleep(0.05)
    return False


async def _links_back(street: Street, healed_s: float) -> dict[str, float]:
    """By junction: how long after the wires were good again the cabinet was read [s]."""
    back_s: dict[str, float] = {}
    while street.clock() - healed_s < AFTER_S and len(back_s) < len(street.cabinets):
        for cabinet in street.recorded():
            if cabinet.heard_s > healed_s and cabinet.junction not in back_s:
                back_s[cabinet.junction] = cabinet.heard_s - healed_s
        await asyncio.sleep(0.02)
    return back_s


def _sum_up(
    result: WireResult,
    street: Street,
    folder: Path,
    toxic_of: dict[str, str],
    proxies: dict[str, ChaosProxy],
    bad: tuple[float, float],
    back_s: dict[str, float],
) -> None:
    kept, seen = intended(folder / "journal", folder / "scratch"), believed(folder / "journal")
    result.breaches = [str(breach) for breach in street.breaches]
    for cabinet in street.recorded():
        junction, proxy, watch = cabinet.junction, proxies[cabinet.junction], cabinet.watch
        result.wires.append(
            WireFigures(
                toxic_of[junction],
                frames=proxy.counted["frames"],
                connections=proxy.counted["connections"],
                taken=len(cabinet.taken),
                taken_while_bad=sum(bad[0] <= block.at_s <= bad[1] for block in cabinet.taken),
                answers={} if watch is None else {str(code): n for code, n in sorted(watch.answers.items())},
                wrong=len(unjournalled(cabinet.taken, kept)),
                believed_wrongly=max(0, seen[junction] - len(cabinet.taken)),
                left_remote=len(cabinet.left),
                left_early=sum(left.junction == junction for left in street.left_early),
                link_back_s=back_s.get(junction, float("inf")),
            )
        )


def main() -> int:
    """Run what the command line asks for; 0, or 5 where a promise was broken."""
    parser = asks("wires", __doc__)
    parser.add_argument("--toxics", default=",".join(TOXICS), help="kinds of bad wire, by comma (default all)")
    parser.add_argument("--broker", choices=sorted(set(TOXICS) - MODBUS_ALONE), help="bad wire before the broker too")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long the wires are bad (default 30)")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    result = run_wires(asked.toxics.split(","), bad_s=asked.seconds, seed=asked.seed, broker_toxic=asked.broker)
    for wire in result.wires:
        print(
            f"{wire.toxic:12s} {wire.frames:5d} frames, {wire.connections:3d} connections, "
            f"{wire.taken_while_bad:3d} blocks taken while bad, answers {wire.answers}, "
            f"wrong {wire.wrong}, believed wrongly {wire.believed_wrongly}, "
            f"left remote {wire.left_remote} (early {wire.left_early}), back after {wire.link_back_s:.1f} s"
        )
    return at_the_end(result, asked.json, (*result.breaches, *result.troubles))


if __name__ == "__main__":
    sys.exit(main())
