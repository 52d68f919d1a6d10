"""Does `certificates make` make what broker, link and cabinet take, for their owner's eyes alone?"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import Result

from field_io.certificates import LEAF_DAYS, role_of
from field_io.tls import Credentials, TlsFiles
from plans import Bundle, write_site
from tests.site_builder import make_site

Call = Callable[..., Result]


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


@pytest.fixture
def secure_site(tmp_path: Path) -> Path:
    """A site whose first cabinet is reached over TLS."""
    folder = write_site(make_site(), tmp_path / "town")
    file = folder / "cabinets" / "J01.yaml"
    file.write_text(file.read_text().replace('host: "127.0.0.1"', 'host: "10.1.2.3", transport: tls'))
    return folder


def test_everybody_of_a_site_gets_a_certificate(call: Call, secure_site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "certificates"
    result = call(
        *("certificates", "make", folder, "--site", secure_site, "--broker-host", "broker.example"),
        *("--gateway", "gateway-north=J01", "--json"),
    )
    assert result.exit_code == 0, result.output
    made = json.loads(result.stdout)["made"]
    assert set(made) >= {"broker", "controller", "controller-standby", "controller-dry-run", "gateway-north", "J01"}
    assert "ca.key" in result.stderr  # the warning
    for name in (*made, "ca"):
        assert (folder / f"{name}.key").stat().st_mode & 0o777 == 0o600
    roles = {name: role_of(certificate(folder / f"{name}.crt")) for name in made}
    assert {name for name, role in roles.items() if role == "tsc-controller"} == {"controller", "controller-standby"}
    assert roles["controller-dry-run"] == "tsc-reader"
    hosts = certificate(folder / "J01.crt").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(host) for host in hosts.get_values_for_type(x509.IPAddress)] == ["10.1.2.3"]
    assert certificate(folder / "J01.crt").not_valid_after_utc <= datetime.now(UTC) + timedelta(days=LEAF_DAYS)
    assert "user gateway-north\ntopic write fk/v1/" in (folder / "faikhiao.acl").read_text()
    for name in ("controller", "broker"):
        files = TlsFiles(folder / "ca.crt", folder / f"{name}.crt", folder / f"{name}.key", folder / "ca.crl")
        assert Credentials(files, server=name == "broker").context.cert_store_stats()["crl"] == 1


def test_a_second_time_makes_only_what_is_new_and_renew_makes_all(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "certificates"
    call("certificates", "make", folder)
    first = (folder / "broker.crt").read_bytes(), (folder / "ca.crt").read_bytes()
    again = call("certificates", "make", folder, "--gateway", "g1=J01", "--json")
    assert json.loads(again.stdout)["made"] == ["g1"]
    assert ((folder / "broker.crt").read_bytes(), (folder / "ca.crt").read_bytes()) == first
    call("certificates", "make", folder, "--renew")
    assert (folder / "broker.crt").read_bytes() != first[0]
    assert (folder / "ca.crt").read_bytes() == first[1]


def test_a_certificate_is_taken_back(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "certificates"
    call("certificates", "make", folder)
    for name in ("display", "controller", "display"):
        assert call("certificates", "revoke", folder, name).exit_code == 0
    listed = x509.load_pem_x509_crl((folder / "ca.crl").read_bytes())
    assert len(list(listed)) == 2
    assert listed.get_revoked_certificate_by_serial_number(certificate(folder / "display.crt").serial_number)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["make", "DIR", "--gateway", "g1"], 2, "write NAME=J01"),
        (["make", "DIR", "--gateway", "../g1=J01"], 3, "no name for a certificate"),
        (["make", "DIR", "--gateway", "controller=J01"], 3, "somebody else"),
        (["make", "DIR", "--gateway", "g1=J01 #"], 3, "no name"),
        (["make", "DIR", "--site", "SITE", "--gateway", "g1=J99"], 2, "no junction J99"),
        (["revoke", "DIR", "nobody"], 2, "no ca.key"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_made(
    call: Call, site: Path, tmp_path: Path, words: list[str], code: int, says: str
) -> None:
    folder = tmp_path / "certificates"
    result = call("certificates", *(word.replace("DIR", str(folder)).replace("SITE", str(site)) for word in words))
    assert (result.exit_code, says in result.output) == (code, True), result.output
    assert not folder.exists()


def test_a_folder_of_somebody_else_is_left_alone(call: Call, tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("mine")
    result = call("certificates", "make", tmp_path)
    assert result.exit_code == 3
    assert (tmp_path / "ca.crt").read_text() == "mine"
    call("certificates", "make", tmp_path / "good")
    assert "cannot be revoked" in call("certificates", "revoke", tmp_path / "good", "nobody").output


def test_the_site_says_what_its_transport_is(secure_site: Path) -> None:
    from plans import load_site

    assert load_site(Bundle.read(secure_site)).addresses["J01"].transport == "tls"
