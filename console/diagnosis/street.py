"""The street as it answers now: broker and cabinets, their papers, clocks and safety data. Nothing is written."""

from __future__ import annotations

import asyncio
import random
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from console.diagnosis.findings import Examined, Verdict
from console.diagnosis.papers import until
from controller.events import CabinetReport, Input, LinkChange
from field_io.errors import SettingsError
from field_io.modbus_link import CabinetLink
from field_io.profiles import Address, open_session
from field_io.registers import ClockStatus
from field_io.session import NOT_COMMANDED, CabinetSession
from field_io.settings import BrokerSettings, ServiceSettings
from field_io.tls import Credentials
from plans import Site
from plans.checks import is_loopback

CONNECT_S = 1.0
"""Longest wait for one connection [s]."""
REFUSAL_S = 0.3
"""How long a broker may take to hang up on a certificate that it does not know [s]."""
GOOD_BYE_S = 0.05
SKEW_S = 2.0
"""A clock that is off by more is told."""


def look_at_street(settings: ServiceSettings, site: Site | None, *, broker: bool) -> Iterator[Examined]:
    """The broker of the settings, where it is wanted, and the cabinets of a site."""
    if broker:
        yield from _transport_of_broker(settings.broker)
        yield _broker(settings.broker)
    if site is not None:
        yield from (finding for address in site.addresses.values() for finding in _transport_of_cabinet(address))
        try:
            credentials = settings.modbus.credentials()
        except SettingsError:
            credentials = None  # told with the papers
        yield from asyncio.run(_cabinets(site, credentials))
        yield _own_clock()


def _transport_of_broker(broker: BrokerSettings) -> Iterator[Examined]:
    if broker.ca_file is None and not is_loopback(broker.host):
        advice = "name ca_file, cert_file and key_file under [broker] in the settings"
        yield Examined("transport to the broker", Verdict.WRONG, f"plain MQTT to {broker.host}", advice)


def _transport_of_cabinet(address: Address) -> Iterator[Examined]:
    if address.transport == "tls" or address.is_loopback:
        return
    what, advice = f"transport to cabinet {address.cabinet}", "write `transport: tls` in its file where it can that"
    if address.profile == "plc-basic" or address.key_env is None:
        yield Examined(what, Verdict.WRONG, f"plain Modbus to {address.host}, nothing signed", advice)
    else:
        yield Examined(what, Verdict.DOUBTFUL, f"plain Modbus to {address.host}: signed, and read by anybody", advice)


def _broker(broker: BrokerSettings) -> Examined:
    """Connect, with certificates where there are some. No MQTT is spoken: a second connection of our name would push a
    running service out.
    """
    what = f"broker {broker.host}:{broker.port}"
    try:
        credentials = broker.credentials()
    except SettingsError:
        return Examined(what, Verdict.WRONG, "not tried: the certificates cannot be used", "see above")
    advice = "start it, or name another one with --broker HOST:PORT"
    try:
        with socket.create_connection((broker.host, broker.port), timeout=CONNECT_S) as line:
            if credentials is None:
                return Examined(what, Verdict.FINE, "answers")
            with credentials.context.wrap_socket(line, server_hostname=broker.host) as secured:
                return _taken(what, secured)
    except ssl.SSLCertVerificationError as error:
        return Examined(
            what, Verdict.WRONG, f"its certificate is not trusted: {error.verify_message}", "renew it there"
        )
    except OSError as error:  # ssl.SSLError is one
        return Examined(what, Verdict.UNREACHABLE, error.strerror or str(error), advice)


def _taken(what: str, secured: ssl.SSLSocket) -> Examined:
    """In TLS 1.3 a refused certificate shows only afterwards: the other side hangs up at once."""
    ends = str((secured.getpeercert() or {}).get("notAfter", ""))
    secured.settimeout(REFUSAL_S)
    refused = Examined(
        what, Verdict.WRONG, "it does not take our certificate", "is it revoked, ended, or another one's?"
    )
    try:
        if not secured.recv(1):
            return refused
    except TimeoutError:
        pass  # it waits for us to speak, as it should
    except OSError:
        return refused
    if not ends:
        return Examined(what, Verdict.FINE, "answers")
    end = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)
    found = until(f"{what}, its certificate", datetime.fromtimestamp(0, UTC), end, datetime.now(UTC))
    return Examined(what, found.verdict, f"answers; its certificate: {found.found}", found.advice)


async def _cabinets(site: Site, credentials: Credentials | None) -> Sequence[Examined]:
    links = []
    for junction in site.network.junctions:
        address = site.addresses[junction.id]
        try:
            session = open_session(address, junction)
        except SettingsError:
            continue  # its key is missing, which is told with the papers
        chance = random.Random(junction.id)  # noqa: S311 - spreads reconnections
        ours = credentials if address.transport == "tls" else None
        links.append(CabinetLink(junction.id, address, session, chance, ours))
    found = await asyncio.gather(*map(_cabinet, links))
    await asyncio.sleep(GOOD_BYE_S)  # so that closed connections are gone before the event loop is
    return [finding for of_one in found for finding in of_one]


async def _cabinet(link: CabinetLink) -> list[Examined]:
    """Read identity and status as the service does, and write nothing."""
    address = link.address
    what = f"cabinet of {link.junction} at {address.host}:{address.port}"
    if address.transport == "tls" and link.credentials is None:
        return [Examined(what, Verdict.WRONG, "not tried: no certificate to show", "name one under [modbus]")]
    try:
        return _told(what, link, await link.round(None, 0.0, time.time()))
    finally:
        link.close()


def _told(what: str, link: CabinetLink, events: Iterable[Input]) -> list[Examined]:
    """What a round with a cabinet says of it, while the connection still stands."""
    for event in events:
        if isinstance(event, CabinetReport):
            fine = Examined(what, Verdict.FINE, f"answers, as the site says; mode {event.mode.name.lower()}")
            return [fine, *_clock(link)]
        if isinstance(event, LinkChange) and NOT_COMMANDED in event.cause:
            advice = "the site's files and the cabinet's must say the same: compare them, and load one of them anew"
            return [Examined(what, Verdict.WRONG, event.cause, advice)]
    advice = "virtual cabinets: faikhiao cabinet SITE"
    return [Examined(what, Verdict.UNREACHABLE, link.state.cause or "no answer", advice)]


def _clock(link: CabinetLink) -> Iterator[Examined]:
    """A cabinet that lost the centre keeps step by its own clock."""
    status = link.session.status if isinstance(link.session, CabinetSession) else None
    if status is None or status.clock_status == ClockStatus.NEVER_SET:
        return
    off_s = status.unix_s - time.time()
    what = f"clock of the cabinet of {link.junction}"
    if abs(off_s) > SKEW_S:
        found = f"{abs(off_s):.0f} s {'ahead of' if off_s > 0 else 'behind'} ours"
        yield Examined(what, Verdict.DOUBTFUL, found, "give both the same time source; local plans lose step else")


def _own_clock() -> Examined:
    what, program = "clock of this machine", shutil.which("timedatectl")
    if program is None:
        return Examined(what, Verdict.OPTIONAL, "nobody to ask (timedatectl)")
    asked = subprocess.run(
        [program, "show", "--property=NTPSynchronized", "--value"],
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
    )
    match asked.stdout.strip():
        case "yes":
            return Examined(what, Verdict.FINE, "synchronised")
        case "no":
            return Examined(
                what, Verdict.DOUBTFUL, "not synchronised", "certificates and plans need the time: set up NTP"
            )
        case _:
            return Examined(what, Verdict.OPTIONAL, "timedatectl does not know")
