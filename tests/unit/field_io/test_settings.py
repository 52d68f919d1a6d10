"""Are settings read strictly, and secrets kept out of them?"""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from field_io.errors import SettingsError
from field_io.settings import BrokerSettings, ServiceSettings


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_write_to_no_cabinet() -> None:
    settings = ServiceSettings()
    assert not settings.live
    assert settings.journal.folder is None
    assert (settings.broker.host, settings.broker.port) == ("127.0.0.1", 1883)


def test_a_file_is_read(tmp_path: Path) -> None:
    path = write(
        tmp_path / "service.toml",
        'strategy = "actuated"\nlive = true\n[broker]\nhost = "broker.town"\n[journal]\nfolder = "journal"\n',
    )
    settings = ServiceSettings.read(path)
    assert (settings.strategy, settings.live, settings.broker.host) == ("actuated", True, "broker.town")
    assert settings.journal.folder == Path("journal")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("live = 1 1", "cannot be read"),
        ("lively = true", "lively: Extra inputs are not permitted"),
        ("[broker]\nport = 99999", "broker.port"),
        ("[journal]\nfolder='a'\nfile='b'", "not in both"),
        ("[broker]\ncert_file='a'", "belong together"),
        ("[broker]\ncert_file='a'\nkey_file='b'", "needs ca_file"),
    ],
)
def test_mistakes_are_named_with_their_place(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        ServiceSettings.read(write(tmp_path / "service.toml", text))


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="2 mistakes"):
        ServiceSettings.read(write(tmp_path / "x.toml", 'lively = true\ncabinets_at_start = "some"'))
    with pytest.raises(SettingsError, match="cannot be read"):
        ServiceSettings.read(tmp_path / "none.toml")


def test_a_password_comes_from_the_environment() -> None:
    broker = BrokerSettings(username="controller", password_env="BROKER_PASSWORD")
    assert broker.access({"BROKER_PASSWORD": "secret"}).password == "secret"
    assert "secret" not in repr(broker)
    with pytest.raises(SettingsError, match="BROKER_PASSWORD"):
        broker.access({})


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_a_private_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-days", "1", "-subj", "/CN=x", "-keyout", key, "-out", cert),
        ],
        check=True,
        capture_output=True,
    )
    broker = BrokerSettings(ca_file=cert, cert_file=cert, key_file=key)
    key.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        broker.access({})
    key.chmod(0o600)
    context = broker.access({}).tls
    assert context is not None
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    with pytest.raises(SettingsError, match="certificates of the broker"):
        BrokerSettings(ca_file=tmp_path / "none.pem").access({})
