"""Are settings read strictly, and secrets kept out of them?"""

import ssl
from pathlib import Path

import pytest

from field_io.errors import SettingsError
from field_io.secret_places import find_secret, read_secret
from field_io.settings import BrokerSettings, ServiceSettings
from tests.authority import make_authority


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
        ("[modbus]\ncrl_file='a'", "needs ca_file"),
        ("[broker]\npassword_env='A'\npassword_file='b'", "not from both"),
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


def test_a_password_comes_from_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    file = write(tmp_path / "password", "secret\n")
    file.chmod(0o640)
    broker = BrokerSettings(password_file=file)
    with pytest.raises(SettingsError, match="chmod 600"):
        broker.access({})
    file.chmod(0o600)
    assert broker.access({}).password == "secret"
    assert "secret" not in repr(broker.access({}))


def test_a_variable_may_name_a_file_and_systemd_may_hand_one_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "THE_KEY", "ab" * 16)
    file.chmod(0o600)
    assert find_secret("THE_KEY", {"THE_KEY_FILE": str(file)}) == "ab" * 16
    assert find_secret("THE_KEY", {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == "ab" * 16
    assert find_secret("THE_KEY", {}) is None
    file.chmod(0o440)  # systemd gives its user access by a list, whose mask shows as the group's bits
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert find_secret("THE_KEY", {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == "ab" * 16


@pytest.mark.parametrize("content", [b"x" * 5000, b"\xff\xfe"])
def test_a_file_that_is_no_secret_is_not_quoted(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(SettingsError) as raised:
        read_secret(file)
    assert "xxx" not in str(raised.value)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_secret(tmp_path / "none")


def test_a_private_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    files = make_authority(tmp_path).client("controller")
    broker = BrokerSettings(ca_file=files.ca, cert_file=files.certificate, key_file=files.key)
    assert files.key is not None
    files.key.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        broker.access({})
    files.key.chmod(0o600)
    credentials = broker.access({}).tls
    assert credentials is not None
    assert credentials.context.minimum_version is ssl.TLSVersion.TLSv1_2
    with pytest.raises(SettingsError, match="certificates cannot be used"):
        BrokerSettings(ca_file=tmp_path / "none.pem").access({})
