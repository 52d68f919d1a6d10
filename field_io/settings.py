"""Settings of the service: where broker and journal are, and whether it may write to cabinets. From TOML or by hand.

Secrets are not in here: a password is named by its environment variable or file, a private key by its file, which
nobody but its owner may read.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from controller import DEFAULT_STRATEGY
from field_io.errors import SettingsError
from field_io.mqtt_link import BrokerAccess
from field_io.secret_places import find_secret, read_secret
from field_io.tls import Credentials, TlsFiles

MEBIBYTE = 1 << 20


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TlsSettings(_Model):
    """Certificates of one side; without `ca_file` there is no TLS."""

    ca_file: Path | None = Field(default=None, description="Certificates to trust; turns TLS on.")
    cert_file: Path | None = Field(default=None, description="Our certificate, for mutual TLS.")
    key_file: Path | None = Field(default=None, description="Its private key; nobody else may read the file.")
    crl_file: Path | None = Field(default=None, description="Certificates that the authority has taken back.")

    @model_validator(mode="after")
    def _certificate_with_key(self) -> Self:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together: give both or none")
        if self.ca_file is None and (self.cert_file is not None or self.crl_file is not None):
            raise ValueError("a certificate or a list of revoked ones needs ca_file: TLS is off without it")
        return self

    def tls_files(self) -> TlsFiles | None:
        """The files that are named; None where TLS is off."""
        if self.ca_file is None:
            return None
        return TlsFiles(self.ca_file, self.cert_file, self.key_file, self.crl_file)

    def credentials(self) -> Credentials | None:
        """What a client shows and whom it trusts; None where TLS is off. Raises SettingsError."""
        files = self.tls_files()
        return None if files is None else Credentials(files)


class ModbusSettings(TlsSettings):
    """Modbus/TCP Security: our certificate at cabinets whose address says `transport: tls`."""


class BrokerSettings(TlsSettings):
    """The MQTT broker."""

    host: str = Field(default="127.0.0.1", min_length=1, description="Host name or IP address.")
    port: int = Field(default=1883, ge=1, le=65535, description="1883, or 8883 with TLS.")
    username: str | None = Field(default=None, description="None: anonymous, or by client certificate.")
    password_env: str | None = Field(
        default=None, description="Environment variable with the password; or NAME_FILE, which names a file with it."
    )
    password_file: Path | None = Field(default=None, description="File with the password; nobody else may read it.")

    @model_validator(mode="after")
    def _one_password(self) -> Self:
        if self.password_env is not None and self.password_file is not None:
            raise ValueError("a password comes from password_env or from password_file, not from both")
        return self

    def access(self, environment: Mapping[str, str] = os.environ) -> BrokerAccess:
        """What a link needs to be let in; raises SettingsError for a secret that is missing or open to others."""
        password = None
        if self.password_file is not None:
            password = read_secret(self.password_file)
        elif self.password_env is not None:
            password = find_secret(self.password_env, environment)
            if password is None:
                raise SettingsError(f"the environment variable {self.password_env} (password of the broker) is not set")
        return BrokerAccess(self.host, self.port, self.username, password, self.credentials())


class JournalSettings(_Model):
    """The journal; without a folder or file there is none."""

    folder: Path | None = Field(
        default=None, description="Segments that rotate within a bound; the choice of a service."
    )
    file: Path | None = Field(default=None, description="One file for one run; the choice of a simulation.")
    segment_mib: Annotated[int, Field(ge=1)] = Field(default=64, description="A larger segment is followed by another.")
    max_mib: Annotated[int, Field(ge=1)] = Field(default=4096, description="The oldest segments beyond it are removed.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.folder is not None and self.file is not None:
            raise ValueError("a journal lies in a folder or in a file, not in both")
        return self


class DeploymentSettings(_Model):
    """Plans that are put into the running service; without keys there are none."""

    keys: tuple[Path, ...] = Field(
        default=(), description="Public keys that may sign them: files, or folders with *.pub."
    )
    folder: Path | None = Field(
        default=None, description="Where the active one is remembered; else the folder `deployed` of the journal's."
    )


class LockStepSettings(_Model):
    """Time comes from a simulation, over MQTT."""

    begin_s: float = Field(default=0.0, description="First simulated second: the core begins there [s].")
    utc_at_zero_s: float = Field(description="Seconds since 1970 UTC at simulated time 0.")
    patience_s: float = Field(
        default=600.0, gt=0, description="The service ends when no tick has come for so long [s]."
    )


class ServiceSettings(_Model):
    """Everything that `serve` needs to know besides the site."""

    broker: BrokerSettings = BrokerSettings()
    modbus: ModbusSettings = ModbusSettings()
    journal: JournalSettings = JournalSettings()
    deployment: DeploymentSettings = DeploymentSettings()
    strategy: str = Field(default=DEFAULT_STRATEGY, description="One of the controller's strategies.")
    live: bool = Field(
        default=False, description="Write to cabinets; else a dry run: decide, journal and publish only."
    )
    standby: Literal[1, 2] | None = Field(
        default=None, description="Of two controllers of a site the first or the second: only one of them drives."
    )
    lock_step: LockStepSettings | None = Field(default=None, description="Only with a simulation.")
    connect_s: float = Field(default=5.0, gt=0, le=60, description="How long the broker may take to let us in [s].")
    step_deadline_s: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="A step that takes longer is late; after three in a row the fixed plans run [s].",
    )
    cabinets_at_start: Literal["all", "any", "none"] = Field(
        default="any", description="Which cabinets must answer before the service begins."
    )

    @classmethod
    def read(cls, path: Path) -> Self:
        """Settings from a TOML file; raises SettingsError with every finding at once."""
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"{path} cannot be read: {error}") from error
        except ValidationError as error:
            findings = [f"  {'.'.join(map(str, item['loc'])) or 'the file'}: {item['msg']}" for item in error.errors()]
            raise SettingsError(f"{path} has {len(findings)} mistakes:\n" + "\n".join(findings)) from error
