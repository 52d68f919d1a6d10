"""Which session speaks to which cabinet, and with which key: the table that a new profile is added to."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from controller.model import Junction
from field_io.errors import KeyMissingError, UnknownProfileError
from field_io.plc_basic import PLC_BASIC
from field_io.plc_session import PlcSession
from field_io.registers import TSC_MB, laboratory_key
from field_io.secret_places import find_secret
from field_io.session import CabinetSession, Session

SESSIONS: Mapping[str, Callable[[Junction, bytes | None, int], Session]] = {
    TSC_MB.name: CabinetSession,
    PLC_BASIC.name: PlcSession,
}
"""By name of the profile, as cabinets/<id>.yaml has it under `address`."""
SHORTEST_KEY_BYTES = 16
"""128 bits, as long as the truncated HMAC."""


class Address(Protocol):
    """What is needed of a cabinet's address (see `plans.CabinetAddress`)."""

    @property
    def cabinet(self) -> str: ...
    @property
    def profile(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def unit(self) -> int: ...
    @property
    def transport(self) -> Literal["tcp", "tls"]: ...
    @property
    def key_env(self) -> str | None: ...
    @property
    def is_loopback(self) -> bool: ...


def cabinet_key(address: Address, environment: Mapping[str, str] = os.environ) -> bytes | None:
    """The key that signs commands to a cabinet: from its environment variable or the file that it names, in hex.

    Without a variable: None over TLS, where certificate and role stand in for it; else the laboratory key, on loopback
    addresses only. Raises KeyMissingError elsewhere, and for a variable that is unset or holds no key of at least 16
    bytes.
    """
    if address.key_env is None:
        if address.transport == "tls":
            return None
        if address.is_loopback:
            return laboratory_key(address.cabinet)
        raise KeyMissingError(address.cabinet, f"{address.host} is not a loopback address and key_env is not set")
    text = find_secret(address.key_env, environment)
    if text is None:
        raise KeyMissingError(address.cabinet, f"the environment variable {address.key_env} is not set")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        raise KeyMissingError(address.cabinet, f"{address.key_env} does not hold hex digits") from None
    if len(key) < SHORTEST_KEY_BYTES:
        raise KeyMissingError(address.cabinet, f"{address.key_env} holds fewer than {SHORTEST_KEY_BYTES} bytes")
    return key


def open_session(
    address: Address, junction: Junction, epoch: int = 0, environment: Mapping[str, str] = os.environ
) -> Session:
    """A session with the cabinet of a junction, in its profile; raises UnknownProfileError or KeyMissingError."""
    try:
        kind = SESSIONS[address.profile]
    except KeyError:
        raise UnknownProfileError(address.cabinet, address.profile, tuple(SESSIONS)) from None
    key = cabinet_key(address, environment) if kind is CabinetSession else None
    return kind(junction, key, epoch)
