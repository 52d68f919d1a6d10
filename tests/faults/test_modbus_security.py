"""Modbus/TCP Security: who gets through to a cabinet, and which cabinet does a controller believe (F61, F66, F67)?"""

import asyncio
import random
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from controller.events import CabinetReport, CommandKind, LinkChange, PermittedCommand
from field_io import link_health
from field_io.cabinets import Cabinets
from field_io.certificates import Role, Wish, role_in
from field_io.clock import LockStepClock
from field_io.errors import SettingsError
from field_io.inbox import Inbox
from field_io.modbus_link import CabinetLink
from field_io.profiles import open_session
from field_io.registers import encode_command
from field_io.tls import Credentials
from plans import CabinetAddress, load_cabinet, load_site
from sim.cabinet import CabinetConfig, VirtualCabinet
from sim.cabinet.server import CabinetServer, Port
from tests.authority import TOMORROW, YESTERDAY, ThrowAway, controller, make_authority
from tests.cabinets import Centre, start, without_echo
from tests.site_builder import make_site
from tests.unit.field_io.street import command

BUNDLE = make_site()
J01 = load_site(BUNDLE).network.junctions[0]
UNIX_S = 1_767_546_000.0
READ_IDENTITY = struct.pack(">BHH", 4, 0, 32)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> ThrowAway:
    return make_authority(tmp_path_factory.mktemp("authority"))


def cabinet() -> VirtualCabinet:
    config = CabinetConfig.from_file(load_cabinet(BUNDLE, "J01"))
    made = VirtualCabinet(config, boot_id=1, key=None, now_ds=0, unix_at_zero_s=UNIX_S)
    made.begin_in_remote(0)
    return made


@asynccontextmanager
async def served(made: VirtualCabinet, context: ssl.SSLContext) -> AsyncIterator[CabinetServer]:
    async with CabinetServer({"J01": made}, {"J01": Port(tls=context)}).running() as server:
        yield server


@pytest.fixture
def shown(authority: ThrowAway) -> ssl.SSLContext:
    """What the right cabinet shows."""
    return Credentials(authority.server("J01"), server=True).context


def make_link(port: int, credentials: Credentials | None, host: str = "127.0.0.1") -> CabinetLink:
    address = CabinetAddress("J01", "TSC-MB/1.0", host, port, transport="tls")
    return CabinetLink("J01", address, open_session(address, J01, epoch=1), random.Random(1), credentials)


async def test_a_controller_with_its_role_commands_without_a_key(authority: ThrowAway, shown: ssl.SSLContext) -> None:
    made = cabinet()
    async with served(made, shown) as server:
        link = make_link(server.ports["J01"], controller(authority))
        (first,) = await link.round(None, 0.0, UNIX_S)
        assert isinstance(first, CabinetReport)
        server.advance(10)
        other = 2 if first.active_stage == 1 else 1
        (second,) = await link.round(
            command(stage=other, expected_stage=first.active_stage, valid_until_s=2.0), 1.0, UNIX_S + 1
        )
        assert isinstance(second, CabinetReport)
        assert (second.accepted, second.next_stage) == (True, other)
        link.close()


async def asked(port: int, context: ssl.SSLContext, *requests: bytes) -> list[bytes]:
    """Answers to raw requests."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="127.0.0.1")
    answers = []
    try:
        for request in requests:
            writer.write(struct.pack(">HHHB", 7, 0, len(request) + 1, 1) + request)
            head = await asyncio.wait_for(reader.readexactly(7), 2)
            answers.append(await reader.readexactly(struct.unpack(">H", head[4:6])[0] - 1))
    finally:
        writer.close()
    return answers


@pytest.mark.parametrize(
    ("role", "may_read", "may_write"),
    [
        (Role.CONTROLLER, True, True),
        (Role.READER, True, False),
        (Role.OPERATOR, True, False),
        ("tsc-controller2", False, False),
        ("TSC-CONTROLLER", False, False),
        ("", False, False),
        (None, False, False),
    ],
)
async def test_a_role_may_do_what_the_table_says_and_no_more(
    authority: ThrowAway, role: str | None, may_read: bool, may_write: bool
) -> None:
    """F61: a refused write changes nothing but the counter of authentication failures."""
    made = start(key=None)
    made.advance(600)
    block = Centre(made).block(CommandKind.REQUEST_STAGE, stage=2)
    write = struct.pack(">BHHB", 16, 0, 40, 80) + struct.pack(">40H", *encode_command(block, None))
    before = made.status
    client = Credentials(authority.client("somebody", role)).context
    async with served(made, Credentials(authority.server("J01"), server=True).context) as server:
        read, written = await asked(server.ports["J01"], client, READ_IDENTITY, write)
    assert (read[0] == 4, written[0] == 16) == (may_read, may_write)
    after = made.status
    if not may_write:
        assert written == b"\x90\x03"
        assert replace(without_echo(after), connections=0) == replace(without_echo(before), connections=0)
    assert after.authentication_failures == (not may_read) + (not may_write)


async def test_a_role_that_is_no_text_is_no_role(authority: ThrowAway) -> None:
    """The DER of the extension is the client's to write."""

    class Odd(str):
        """A role whose bytes are not UTF-8."""

        __slots__ = ()

        def encode(self, *_: object) -> bytes:
            return b"\xff\xfe"

    path = authority.authority.issue(Wish("odd", (), Odd("x"), 1))
    der = x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)
    assert role_in(der) is None
    assert role_in(b"no certificate") is None
    assert role_in(None) is None


async def refusal(link: CabinetLink) -> str:
    """What a link says that is not let in."""
    (change,) = await link.round(None, 0.0, UNIX_S)
    assert isinstance(change, LinkChange)
    assert not change.up
    link.close()
    return change.cause


WRONG_CABINETS = {
    "expired": "certificate has expired",
    "not yet valid": "certificate is not yet valid",
    "another authority": "unable to get local issuer certificate",
    "another host": "mismatch",
    "revoked": "certificate revoked",
    "a client's": "unsuitable certificate purpose",
}


@pytest.mark.parametrize(("kind", "says"), WRONG_CABINETS.items())
async def test_a_cabinet_that_is_not_ours_is_not_spoken_to(
    authority: ThrowAway, tmp_path: Path, kind: str, says: str
) -> None:
    """F66, one direction: the reason is told."""
    match kind:
        case "expired":
            files = authority.server("other", now=YESTERDAY - timedelta(days=1))
        case "not yet valid":
            files = authority.server("other", now=TOMORROW)
        case "another authority":
            files = replace(make_authority(tmp_path).server("other"), ca=authority.folder / "ca.crt")
        case "another host":
            files = authority.server("other", hosts=("10.9.9.9", "j09.example"))
        case "revoked":
            files = authority.server("taken-back")
            authority.authority.revoke("taken-back")
        case _:
            files = authority.client("other", Role.CONTROLLER)
    authority.client("controller", Role.CONTROLLER)
    ours = Credentials(authority.files("controller", revoked=kind == "revoked"))
    async with served(cabinet(), Credentials(files, server=True).context) as server:
        assert says in (await refusal(make_link(server.ports["J01"], ours))).lower()


WRONG_CLIENTS = ["expired", "not yet valid", "another authority", "revoked", "a server's", "no certificate", "no TLS"]


@pytest.mark.parametrize("kind", WRONG_CLIENTS)
async def test_a_client_that_is_not_ours_gets_no_answer(authority: ThrowAway, tmp_path: Path, kind: str) -> None:
    """F66, the other direction."""
    made = cabinet()
    trusted = authority.folder / "ca.crt"
    credentials: Credentials | None = None
    match kind:
        case "expired":
            files = authority.client("other", Role.CONTROLLER, now=YESTERDAY - timedelta(days=1))
        case "not yet valid":
            files = authority.client("other", Role.CONTROLLER, now=TOMORROW)
        case "another authority":
            files = replace(make_authority(tmp_path).client("other", Role.CONTROLLER), ca=trusted)
        case "revoked":
            files = authority.client("taken-back-client", Role.CONTROLLER)
            authority.authority.revoke("taken-back-client")
        case "a server's":
            files = authority.server("other")
        case _:
            files = replace(authority.client("other"), certificate=None, key=None)
    if kind != "no TLS":
        credentials = Credentials(files)
    authority.server("J01")
    context = Credentials(authority.files("J01", revoked=kind == "revoked"), server=True).context
    async with served(made, context) as server:
        await refusal(make_link(server.ports["J01"], credentials))
    assert made.status.received_sequence == 0


async def test_a_new_certificate_is_taken_without_a_lost_second(
    authority: ThrowAway, shown: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F67: the old connection goes on; the next one begins with what lies in the files then, if it fits together."""
    monkeypatch.setattr(link_health, "RECONNECT_S", (0.0, 0.0))
    ours = controller(authority)
    async with served(cabinet(), shown) as server:
        link = make_link(server.ports["J01"], ours)
        key = authority.folder / "controller.key"
        now_s = 0.0
        wish: PermittedCommand | None = None

        async def second() -> CabinetReport | LinkChange:
            nonlocal now_s
            now_s += 1.0
            server.advance(round(10 * now_s))
            (event,) = await link.round(wish, now_s, UNIX_S + now_s)
            assert isinstance(event, CabinetReport | LinkChange)
            return event

        assert isinstance(await second(), CabinetReport)
        older = key.read_bytes()
        authority.client("controller", Role.READER)
        newer = key.read_bytes()
        key.write_bytes(older)  # half of a pair
        link.close()
        assert not ours.renew()
        assert isinstance(await second(), CabinetReport)
        key.write_bytes(newer)
        assert isinstance(await second(), CabinetReport)
        link.close()
        report = await second()
        assert isinstance(report, CabinetReport)
        assert link.state.connections == 3
        assert not ours.renew()  # it has been seen
        wish = command(stage=2, expected_stage=report.active_stage, valid_until_s=9.0)
        change = await second()
        assert isinstance(change, LinkChange)
        assert change.cause == "Modbus exception 03"  # the new certificate is a reader's
        link.close()


def test_a_tls_cabinet_without_a_certificate_of_ours_is_a_mistake_in_the_settings() -> None:
    network = load_site(BUNDLE).network
    address = CabinetAddress("J01", "TSC-MB/1.0", "10.1.2.3", 802, transport="tls")
    addresses = {junction.id: address for junction in network.junctions}
    with pytest.raises(SettingsError, match=r"\[modbus\]"):
        Cabinets(network, addresses, LockStepClock(UNIX_S), Inbox(network), live=True)
