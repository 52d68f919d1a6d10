"""F64, F66 and F67: certificates that do not hold, that are exchanged, and that open less than somebody asks for."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from controller.events import CabinetReport, LinkChange
from field_io.certificates import Authority, Role, Wish
from field_io.mosquitto_acl import acl_text
from field_io.mqtt_link import BrokerAccess, Message, MqttLink
from field_io.settings import BrokerSettings
from field_io.tls import Credentials, TlsFiles
from field_io.topics import DETECTORS, STATE
from sim.cabinet import VirtualCabinet
from sim.cabinet.server import CabinetServer, Port
from sim.faults.world import MONDAY_UTC_S
from sim.probes.links import link_to
from sim.probes.mosquitto import mosquitto, wait_until
from sim.probes.outcome import Figure, Outcome, Row
from sim.probes.scene import Scene

LOOPBACK = ("127.0.0.1", "localhost")
FOLDER_PREFIX = "faikhiao-faults-"


class Papers:
    """An authority whose certificates end with the probe."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority.open_or_found(folder, "authority of a probe")

    def client(self, name: str, role: str | None = None, now: datetime | None = None) -> TlsFiles:
        self.authority.issue(Wish(name, (), role, 1), now)
        return self.files(name)

    def server(self, name: str, hosts: tuple[str, ...] = LOOPBACK, now: datetime | None = None) -> TlsFiles:
        self.authority.issue(Wish(name, hosts, days=1), now)
        return self.files(name)

    def files(self, name: str, *, revoked: bool = False) -> TlsFiles:
        place = self.folder
        crl = place / "ca.crl" if revoked else None
        return TlsFiles(place / "ca.crt", place / f"{name}.crt", place / f"{name}.key", crl)


async def _let_in(cabinet: VirtualCabinet, scene: Scene, server: ssl.SSLContext, ours: Credentials) -> str:
    """Why a link was not let in; empty where it was."""
    async with CabinetServer({"J01": cabinet}, {"J01": Port(tls=server)}).running() as served:
        link = link_to(scene, served.ports["J01"], credentials=ours)
        events = await link.round(None, 0.0, MONDAY_UTC_S)
        link.close()
    if any(isinstance(event, CabinetReport) for event in events):
        return ""
    return next((event.cause for event in events if isinstance(event, LinkChange)), "no answer")


def wrong_certificates() -> Outcome:
    """F66: expired, not yet valid, another authority's, another name's, revoked; at the cabinet and at the centre."""
    yesterday, tomorrow = datetime.now(UTC) - timedelta(days=2), datetime.now(UTC) + timedelta(days=1)
    scene = Scene(junctions=1, settle_s=5)
    cabinet = VirtualCabinet(
        scene.place().cabinet.config, boot_id=1, key=None, now_ds=scene.place().cabinet.now_ds, unix_at_zero_s=0.0
    )
    reasons: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as one,
        tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as two,
    ):
        papers, others = Papers(Path(one)), Papers(Path(two))
        ours = Credentials(papers.client("controller", Role.CONTROLLER))
        right = papers.server("J01")
        servers: dict[str, Callable[[], TlsFiles]] = {
            "expired": lambda: papers.server("x", now=yesterday),
            "not yet valid": lambda: papers.server("x", now=tomorrow),
            "another authority": lambda: replace(others.server("x"), ca=papers.folder / "ca.crt"),
            "another name": lambda: papers.server("x", ("10.9.9.9",)),
            "revoked": lambda: papers.server("gone"),
        }
        clients: dict[str, Callable[[], TlsFiles]] = {
            "expired": lambda: papers.client("y", Role.CONTROLLER, yesterday),
            "not yet valid": lambda: papers.client("y", Role.CONTROLLER, tomorrow),
            "another authority": lambda: replace(others.client("y", Role.CONTROLLER), ca=papers.folder / "ca.crt"),
            "a server's": lambda: papers.server("y"),
            "revoked": lambda: papers.client("gone-too", Role.CONTROLLER),
        }

        async def run() -> tuple[int, bool]:
            let_in = 0
            for kind, make in servers.items():
                files = make()
                if kind == "revoked":
                    papers.authority.revoke("gone")
                trusting = Credentials(papers.files("controller", revoked=kind == "revoked"))
                said = await _let_in(cabinet, scene, Credentials(files, server=True).context, trusting)
                let_in += not said
                reasons.append(f"{kind}: {said}")
            for kind, make in clients.items():
                files = make()
                if kind == "revoked":
                    papers.authority.revoke("gone-too")
                context = Credentials(papers.files("J01", revoked=kind == "revoked"), server=True).context
                let_in += not await _let_in(cabinet, scene, context, Credentials(files))
            refused = await _let_in(cabinet, scene, Credentials(right, server=True).context, ours)
            return let_in, bool(refused)

        let_in, shut_out = asyncio.run(run())
    return Outcome(
        f"five kinds at each end refused; {reasons[0]}",
        (Figure("let in, of 10", let_in), Figure("right ones refused", float(shut_out), timed=True)),
        detect_s=0.0,
    )


def new_certificate() -> Outcome:
    """F67: the controller's certificate is exchanged under a running link, half a pair first."""
    scene = Scene(junctions=1, settle_s=5)
    cabinet = VirtualCabinet(
        scene.place().cabinet.config, boot_id=1, key=None, now_ds=scene.place().cabinet.now_ds, unix_at_zero_s=0.0
    )
    cabinet.begin_in_remote(cabinet.now_ds)

    async def run(papers: Papers) -> tuple[int, int]:
        ours = Credentials(papers.client("controller", Role.CONTROLLER))
        context = Credentials(papers.server("J01"), server=True).context
        key, missed, seconds = papers.folder / "controller.key", 0, count(1)
        async with CabinetServer({"J01": cabinet}, {"J01": Port(tls=context)}).running() as served:
            link = link_to(scene, served.ports["J01"], credentials=ours)

            async def second() -> None:
                nonlocal missed
                now_s = float(next(seconds))
                served.advance(cabinet.now_ds + 10)
                events = await link.round(None, now_s, MONDAY_UTC_S + now_s)
                missed += not any(isinstance(event, CabinetReport) for event in events)
                await asyncio.sleep(0.25)

            await second()
            older = key.read_bytes()
            papers.client("controller", Role.CONTROLLER)
            newer = key.read_bytes()
            key.write_bytes(older)
            link.close()
            for _ in range(2):
                await second()
            key.write_bytes(newer)
            link.close()
            for _ in range(3):
                await second()
            connections = link.state.connections
            link.close()
        return missed, connections

    with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as folder:
        missed, connections = asyncio.run(run(Papers(Path(folder))))
    return Outcome(
        f"{connections} connections; half a pair left the old one in force, the whole pair was taken at the next one",
        (Figure("ticks without an answer", missed, 2.0, timed=True),),
        detect_s=0.0,
    )


def _street_broker(papers: Papers, folder: Path) -> str:
    """Lines that turn the loopback broker into one with certificates and an access list."""
    acl = folder / "acl"
    acl.write_text(acl_text("my-site", {"gateway-north": ("J01", "J02"), "gateway-south": ("J03",)}))
    acl.chmod(0o644)
    return "\n".join(
        (
            "allow_anonymous false",
            f"cafile {papers.folder / 'ca.crt'}",
            f"certfile {papers.folder / 'broker.crt'}",
            f"keyfile {papers.folder / 'broker.key'}",
            "require_certificate true",
            "use_identity_as_username true",
            f"acl_file {acl}",
            "",
        )
    )


def _access(papers: Papers, name: str, port: int) -> BrokerAccess:
    folder = papers.folder
    named = {"ca_file": folder / "ca.crt", "cert_file": folder / f"{name}.crt", "key_file": folder / f"{name}.key"}
    return BrokerSettings.model_validate({"host": "127.0.0.1", "port": port} | named).access({})


def outside_its_list() -> Outcome:
    """F64: a gateway publishes under junctions that are not its own, and subscribes to everything."""
    with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as name:
        papers = Papers(Path(name))
        papers.server("broker")
        for client in ("controller", "gateway-north"):
            papers.client(client)
        with mosquitto(_street_broker(papers, Path(name))) as broker:
            came: list[str] = []
            overheard: list[Message] = []
            site = "my-site"
            topics = [(DETECTORS.at(site), 1), (STATE.at(site), 1)]
            ours, theirs = (_access(papers, name, broker.port) for name in ("controller", "gateway-north"))
            controller = MqttLink(ours, "controller", topics, lambda message: came.append(message.topic))
            gateway = MqttLink(theirs, "gateway-north", [("#", 1)], overheard.append)
            controller.start()
            gateway.start()
            for junction in ("J03", "J01"):
                gateway.publish(DETECTORS.at(site, junction=junction), b"x", qos=1)
            gateway.publish(STATE.at(site, junction="J01"), b"x", qos=1)
            gateway.publish(DETECTORS.at(site, junction="J02"), b"last", qos=1)
            wait_until(lambda: DETECTORS.at(site, junction="J02") in came)
            controller.publish(STATE.at(site, junction="J01"), b"x", qos=1)
            time.sleep(0.3)
            controller.stop()
            gateway.stop()
    right = {DETECTORS.at("my-site", junction=junction) for junction in ("J01", "J02")}
    return Outcome(
        f"its own two junctions came through, nothing else; it overheard {len(overheard)} messages by `#`",
        (
            Figure("delivered beyond its list", len(set(came) - right) + len(overheard)),
            Figure("own messages lost", len(right - set(came)), timed=True),
        ),
        detect_s=0.0,
    )


ROWS = (
    Row(
        "F64",
        "publisher outside its list",
        "a gateway under others' junctions, subscribed to all",
        "delivered 0",
        outside_its_list,
        timed=True,
    ),
    Row(
        "F66",
        "wrong certificates",
        "five kinds at the cabinet, five at the controller, real TLS",
        "let in 0, reason told",
        wrong_certificates,
        timed=True,
    ),
    Row(
        "F67",
        "certificate exchanged live",
        "half a pair, then the whole under a running link",
        "ticks without a command 2 at most",
        new_certificate,
        timed=True,
    ),
)
