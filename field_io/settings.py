"""Settings of the service: where broker and journal are, and whether it may write to cabinets. From TOML or by hand.

Secrets are not in here: a password is named by its environment variable, a private key by its file, which nobody but
its owner may read.
"""

from __future__ import annotations

import os
import ssl
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from field_io.errors import SettingsError
from field_io.mqtt_link import BrokerAccess

MEBIBYTE = 1 << 20


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class BrokerSettings(_Model):
    """The MQTT broker."""

    host: str = Field(default="127.0.0.1", min_length=1, description="Host name or IP address.")
    port: int = Field(default=1883, ge=1, le=65535, description="1883, or 8883 with TLS.")
    username: str | None = Field(default=None, description="None: anonymous, or by client certificate.")
    password_env: str | None = Field(default=None, description="Environment variable that holds the password.")
    ca_file: Path | None = Field(default=None, description="Certificates to trust; turns TLS on.")
    cert_file: Path | None = Field(default=None, description="Our certificate, for mutual TLS.")
    key_file: Path | None = Field(default=None, description="Its private key; nobody else may read the file.")

    @model_validator(mode="after")
    def _certificate_with_key(self) -> Self:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together: give both or none")
        if self.cert_file is not None and self.ca_file is None:
            raise ValueError("a client certificate needs ca_file: TLS is off without it")
        return self

    def access(self, environment: Mapping[str, str] = os.environ) -> BrokerAccess:
        """What a link needs to be let in; raises SettingsError for a secret that is missing or open to others."""
        password = None
        if self.password_env is not None:
            password = environment.get(self.password_env)
            if password is None:
                raise SettingsError(f"the environment variable {self.password_env} (password of the broker) is not set")
        return BrokerAccess(self.host, self.port, self.username, password, self._tls())

    def _tls(self) -> ssl.SSLContext | None:
        if self.ca_file is None:
            return None
        try:
            context = ssl.create_default_context(cafile=str(self.ca_file))
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            if self.cert_file is not None and self.key_file is not None:
                if self.key_file.stat().st_mode & 0o077:
                    raise SettingsError(f"{self.key_file} can be read by others: chmod 600 {self.key_file}")
                context.load_cert_chain(self.cert_file, self.key_file)
        except OSError as error:  # ssl.SSLError is one
            raise SettingsError(f"the certificates of the broker cannot be used: {error}") from error
        return context


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
    journal: JournalSettings = JournalSettings()
    strategy: str = Field(default="fixed_time", description="One of the controller's strategies.")
    live: bool = Field(
        default=False, description="Write to cabinets; else a dry run: decide, journal and publish only."
    )
    lock_step: LockStepSettings | None = Field(default=None, description="Only with a simulation.")
    connect_s: float = Field(default=5.0, gt=0, le=60, description="How long the broker may take to let us in [s].")
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
