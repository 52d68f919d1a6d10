"""Does the doctor find what would fail tomorrow, or should never have worked, and say it without telling a secret?"""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import Result

from console.api.tokens import Role as ApiRole
from console.api.tokens import TokenHolder, enter, new_token
from console.diagnosis import street
from console.diagnosis.findings import Examined, Verdict, exit_code
from console.diagnosis.papers import look_at_papers
from console.diagnosis.street import look_at_street
from console.exits import ExitCode
from field_io.certificates import Role
from field_io.registers import encode_identity, laboratory_key
from field_io.settings import BrokerSettings, ModbusSettings, ServiceSettings
from field_io.tls import Credentials, TlsFiles
from plans import CabinetAddress, Site, load_cabinet, load_site
from sim.cabinet import CabinetConfig, CabinetServer, Port, VirtualCabinet
from tests.authority import ThrowAway, make_authority
from tests.faults.test_field_io_mosquitto import mosquitto, street_configuration
from tests.site_builder import make_site

Call = Callable[..., Result]
NOW = datetime.now(UTC)


def settings_of(files: TlsFiles, **changes: object) -> ServiceSettings:
    named = {"ca_file": files.ca, "cert_file": files.certificate, "key_file": files.key, "crl_file": files.revoked}
    return ServiceSettings(broker=BrokerSettings(**named | changes), modbus=ModbusSettings(**named))  # type: ignore[arg-type]  # names of fields


def verdicts(findings: Iterable[Examined]) -> dict[str, Verdict]:
    """By the beginning of what was looked at."""
    return {finding.what.partition(" (")[0]: finding.verdict for finding in findings}


@pytest.fixture
def authority(tmp_path: Path) -> ThrowAway:
    made = make_authority(tmp_path / "authority")
    (made.folder / "ca.key").rename(tmp_path / "drawer")
    return made


# ------------------------------------------------------------------------------------------------ papers


def test_right_papers_are_fine(authority: ThrowAway) -> None:
    authority.client("controller", Role.CONTROLLER, days=300)
    findings = list(look_at_papers(settings_of(authority.files("controller", revoked=True)), environment={}))
    assert {finding.verdict for finding in findings} == {Verdict.FINE}, findings
    assert len(findings) == 9
    assert exit_code(findings) is ExitCode.OK


@pytest.mark.parametrize(
    ("later", "verdict", "says"),
    [
        (timedelta(days=59), Verdict.FINE, "until"),
        (timedelta(days=75, hours=12), Verdict.DOUBTFUL, "ends in 14 days"),
        (timedelta(days=88, hours=20), Verdict.DOUBTFUL, "ends in 1 day,"),
        (timedelta(days=91), Verdict.WRONG, "ended on"),
        (-timedelta(days=1), Verdict.WRONG, "not valid before"),
    ],
)
def test_a_certificate_is_told_before_it_ends(
    authority: ThrowAway, later: timedelta, verdict: Verdict, says: str
) -> None:
    authority.client("controller", Role.CONTROLLER, days=90)
    settings = ServiceSettings(modbus=settings_of(authority.files("controller")).modbus)
    findings = list(look_at_papers(settings, now=NOW + later, environment={}))
    (found,) = [finding for finding in findings if finding.what.startswith("certificate for modbus")]
    assert found.verdict is verdict
    assert says in found.found


def test_a_list_of_revoked_ones_that_is_too_old_locks_everybody_out(authority: ThrowAway) -> None:
    authority.client("controller", Role.CONTROLLER, days=3000)
    settings = settings_of(authority.files("controller", revoked=True))
    found = verdicts(look_at_papers(settings, now=NOW + timedelta(days=366), environment={}))
    assert found["list of revoked certificates for broker"] is Verdict.WRONG


def test_a_key_that_others_can_read_and_a_role_that_is_none_are_told(authority: ThrowAway, tmp_path: Path) -> None:
    files = authority.client("controller", None, days=300)
    (tmp_path / "drawer").rename(authority.folder / "ca.key")
    assert files.key is not None
    files.key.chmod(0o644)
    found = verdicts(look_at_papers(settings_of(files), environment={}))
    assert found["private key for modbus"] is Verdict.WRONG
    assert found["certificates for modbus"] is Verdict.WRONG
    assert found["role at cabinets"] is Verdict.DOUBTFUL
    assert found["authority for broker"] is Verdict.DOUBTFUL


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    settings = settings_of(TlsFiles(tmp_path / "ca.crt", tmp_path / "c.crt", tmp_path / "c.key", tmp_path / "ca.crl"))
    found = verdicts(look_at_papers(settings, environment={}))
    assert {verdict for what, verdict in found.items() if not what.startswith("certificates")} == {Verdict.MISSING}


def test_secrets_are_looked_for_and_never_said(tmp_path: Path) -> None:
    """F70."""
    canary = "c0ffee" * 8
    password = tmp_path / "password"
    password.write_text(canary)
    password.chmod(0o644)
    key_file = tmp_path / "key"
    key_file.write_text(canary)
    key_file.chmod(0o600)
    street_address = CabinetAddress("J01", "TSC-MB/1.0", "10.1.2.3", 502, key_env="KEY_J01")
    environment = {"KEY_J01": canary, "KEY_J02_FILE": str(key_file), "KEY_J03_FILE": str(password)}
    addresses = [replace(street_address, cabinet=f"J0{n}", key_env=f"KEY_J0{n}") for n in (1, 2, 3, 4)]
    settings = ServiceSettings(broker=BrokerSettings(password_file=password))
    findings = list(look_at_papers(settings, addresses, environment=environment))
    assert [finding.verdict for finding in findings] == [
        *(Verdict.WRONG, Verdict.FINE, Verdict.FINE, Verdict.WRONG, Verdict.WRONG)
    ]
    assert canary not in json.dumps([finding.record() for finding in findings])
    named = ServiceSettings(broker=BrokerSettings(password_env="PASSWORD"))
    assert [finding.verdict for finding in look_at_papers(named, environment={})] == [Verdict.MISSING]
    assert [finding.verdict for finding in look_at_papers(named, environment={"PASSWORD": canary})] == [Verdict.FINE]


def test_tokens_that_have_ended_or_never_end_are_told(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    enter(file, new_token("desk-1", ApiRole.OPERATOR, days=30)[1])
    assert verdicts(look_at_papers(ServiceSettings(), tokens=file)) == {"tokens": Verdict.FINE}
    enter(file, TokenHolder("desk-2", ApiRole.VIEWER, "0" * 64, datetime(2020, 1, 1, tzinfo=UTC).date()))
    enter(file, new_token("desk-3", ApiRole.VIEWER)[1])
    (found,) = look_at_papers(ServiceSettings(), tokens=file)
    assert (found.verdict, found.found) == (Verdict.DOUBTFUL, "ended: desk-2; without an end: desk-3")
    file.chmod(0o666)
    assert verdicts(look_at_papers(ServiceSettings(), tokens=file)) == {"tokens": Verdict.WRONG}


# ------------------------------------------------------------------------------------------------ the street

BUNDLE = make_site()
SITE = load_site(BUNDLE)


def one_cabinet(port: int, **changes: object) -> Site:
    """The first junction of the site alone, its cabinet at a port."""
    junction = replace(SITE.network.junctions[0], **changes)  # type: ignore[arg-type]  # names of fields
    address = replace(SITE.addresses["J01"], port=port)
    return replace(SITE, network=replace(SITE.network, junctions=(junction,)), addresses={"J01": address})


@asynccontextmanager
async def cabinet(*, ahead_s: float = 0.0) -> AsyncIterator[tuple[VirtualCabinet, int]]:
    config = CabinetConfig.from_file(load_cabinet(BUNDLE, "J01"))
    made = VirtualCabinet(config, boot_id=1, key=laboratory_key("J01"), now_ds=0, unix_at_zero_s=time.time())
    made.begin_in_remote(0)
    made.set_clock(time.time() + ahead_s)
    async with CabinetServer({"J01": made}, {"J01": Port()}).running() as server:
        yield made, server.ports["J01"]


async def looked_at(site: Site) -> dict[str, Examined]:
    found = await asyncio.to_thread(lambda: list(look_at_street(ServiceSettings(), site, broker=False)))
    return {finding.what.partition(" at ")[0]: finding for finding in found}


async def test_a_cabinet_that_is_as_the_site_says_is_fine_and_unchanged() -> None:
    async with cabinet() as (made, port):
        found = await looked_at(one_cabinet(port))
        assert made.status.received_sequence == made.status.refused_blocks == 0
    assert found["cabinet of J01"].verdict is Verdict.FINE
    assert "remote" in found["cabinet of J01"].found
    assert "clock of the cabinet of J01" not in found


async def test_other_safety_data_another_map_and_another_clock_are_told() -> None:
    async with cabinet(ahead_s=60.0) as (made, port):
        other = await looked_at(one_cabinet(port, safety_hash=1))
        skewed = await looked_at(one_cabinet(port))
        made._identity_words = encode_identity(replace(made.identity, map_version=0x0200))
        another = await looked_at(one_cabinet(port))
    for found, says in ((other, "hash of the safety data"), (another, "major map version")):
        assert found["cabinet of J01"].verdict is Verdict.WRONG
        assert says in found["cabinet of J01"].found
    assert skewed["clock of the cabinet of J01"].found.endswith("s ahead of ours")


async def test_a_cabinet_that_is_not_there_is_unreachable(free_tcp_port: int) -> None:
    found = await looked_at(one_cabinet(free_tcp_port))
    assert found["cabinet of J01"].verdict is Verdict.UNREACHABLE
    assert exit_code(found.values()) is ExitCode.UNREACHABLE


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"host": "127.0.0.1"}, None),
        ({"transport": "tls"}, None),
        ({"key_env": "KEY"}, Verdict.DOUBTFUL),
        ({}, Verdict.WRONG),
        ({"profile": "plc-basic", "key_env": "KEY"}, Verdict.WRONG),
    ],
)
def test_plain_transport_beyond_this_machine_is_told(changes: dict[str, str], verdict: Verdict | None) -> None:
    address = replace(CabinetAddress("J01", "TSC-MB/1.0", "10.1.2.3", 502), **changes)  # type: ignore[arg-type]  # names
    assert [finding.verdict for finding in street._transport_of_cabinet(address)] == ([verdict] if verdict else [])
    plain = list(street._transport_of_broker(BrokerSettings(host="10.1.2.3")))
    assert [finding.verdict for finding in plain] == [Verdict.WRONG]
    assert not list(street._transport_of_broker(BrokerSettings(host="localhost")))


async def test_a_cabinet_over_tls_needs_a_certificate_of_ours(authority: ThrowAway, tmp_path: Path) -> None:
    (tmp_path / "drawer").rename(authority.folder / "ca.key")
    authority.client("controller", Role.CONTROLLER)
    config = CabinetConfig.from_file(load_cabinet(BUNDLE, "J01"))
    made = VirtualCabinet(config, boot_id=1, key=None, now_ds=0, unix_at_zero_s=time.time())
    context = Credentials(authority.server("J01"), server=True).context
    async with CabinetServer({"J01": made}, {"J01": Port(tls=context)}).running() as server:
        site = one_cabinet(server.ports["J01"])
        site = replace(site, addresses={"J01": replace(site.addresses["J01"], transport="tls")})
        assert (await looked_at(site))["cabinet of J01"].verdict is Verdict.WRONG
        settings = ServiceSettings(modbus=settings_of(authority.files("controller")).modbus)
        found = await asyncio.to_thread(lambda: list(look_at_street(settings, site, broker=False)))
    assert found[0].verdict is Verdict.FINE, found


@pytest.mark.mosquitto
def test_a_broker_is_tried_with_the_certificates_and_no_running_service_is_pushed_out(
    mosquitto_binary: str, tmp_path: Path, free_tcp_port: int, authority: ThrowAway
) -> None:
    (tmp_path / "drawer").rename(authority.folder / "ca.key")
    authority.server("broker")
    for name in ("controller", "taken-back"):
        authority.client(name, days=300)
    authority.authority.revoke("taken-back")
    strangers = make_authority(tmp_path / "strangers")
    strangers.client("controller")

    def tried(files: TlsFiles) -> Examined:
        settings = settings_of(files, host="127.0.0.1", port=free_tcp_port)
        (found,) = look_at_street(settings, None, broker=True)
        return found

    with mosquitto(mosquitto_binary, street_configuration(free_tcp_port, authority.folder), tmp_path, free_tcp_port):
        own = tried(authority.files("controller"))
        assert (own.verdict, "ends in" in own.found) == (Verdict.DOUBTFUL, True)  # the broker's lasts a day
        assert tried(authority.files("taken-back")).found == "it does not take our certificate"
        assert "not trusted" in tried(strangers.files("controller")).found
    assert tried(authority.files("controller")).verdict is Verdict.UNREACHABLE


def test_the_command_says_it_as_json_and_by_its_exit_code(call: Call, site: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        settings.write_text(f'[broker]\nhost = "127.0.0.1"\nport = {listener.getsockname()[1]}\n')
        fine = call("doctor", "--settings", settings)
        assert fine.exit_code == 0, fine.output
        ill = call("doctor", "--settings", settings, "--tokens", tmp_path / "none", "--json")
    assert ill.exit_code == 1
    (wrong,) = [found for found in json.loads(ill.stdout) if found["verdict"] == "wrong"]
    assert wrong["what"] == "tokens"
    assert call("doctor", "--site", site).exit_code == 4
