"""What a machine must have for the commands to work, looked at one by one."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

CONNECT_S = 1.0
"""Longest wait for one TCP connection [s]."""
SUMO_VERSION = "1.28"
LIBRARIES = ("numpy", "scipy", "numba", "pydantic", "pymodbus", "paho-mqtt", "ruamel.yaml", "typer", "fastapi")


class Verdict(StrEnum):
    """How bad a finding is."""

    FINE = "fine"
    OPTIONAL = "not here"
    """Absent, and only some commands need it."""
    MISSING = "missing"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing looked at."""

    what: str
    verdict: Verdict
    found: str
    advice: str = ""

    def record(self) -> dict[str, str]:
        """As JSON."""
        return {"what": self.what, "verdict": self.verdict.value, "found": self.found, "advice": self.advice}


def examine(broker: str | None = None, site: Path | None = None) -> list[Examined]:
    """Look at everything; a broker (`host:port`) and a site's cabinets only where they are named."""
    found = [look() for look in (_python, _libraries, _sumo, _embedded_broker, _mosquitto, _thai_font, _loopback)]
    if broker is not None:
        found.append(_broker(broker))
    if site is not None:
        found += _cabinets(site)
    return found


def _python() -> Examined:
    name = f"{platform.python_implementation()} {platform.python_version()}"
    if (3, 11) <= sys.version_info[:2] < (3, 13):
        return Examined("Python", Verdict.FINE, name)
    return Examined("Python", Verdict.MISSING, name, "3.11 or 3.12 is what this is tested with")


def _libraries() -> Examined:
    versions, absent = [], []
    for library in LIBRARIES:
        try:
            versions.append(f"{library} {version(library)}")
        except PackageNotFoundError:
            absent.append(library)
    if absent:
        return Examined("libraries", Verdict.MISSING, ", ".join(absent), "install faikhiao with pip, or run make env")
    return Examined("libraries", Verdict.FINE, ", ".join(versions))


def _sumo() -> Examined:
    advice = "simulate, bench, demo and import need it: pip install 'faikhiao[sim]'"
    if importlib.util.find_spec("libsumo") is None:
        return Examined("SUMO", Verdict.OPTIONAL, "no libsumo", advice)
    from sim.sumo_binaries import SumoMissingError, sumo_program

    try:
        program = sumo_program("sumo")
        run = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except (SumoMissingError, OSError) as error:
        return Examined("SUMO", Verdict.OPTIONAL, str(error), advice)
    if run.returncode != 0:
        libraries = "apt-get install -y libgl1 libx11-6 libxext6 libxrender1 libatomic1"
        return Examined("SUMO", Verdict.MISSING, " ".join(run.stderr.split()), f"its system libraries: {libraries}")
    name = run.stdout.splitlines()[0]
    if SUMO_VERSION not in name:
        return Examined("SUMO", Verdict.MISSING, name, f"{SUMO_VERSION} is what the results are tested with")
    return Examined("SUMO", Verdict.FINE, name)


def _embedded_broker() -> Examined:
    try:
        return Examined("embedded broker", Verdict.FINE, f"amqtt {version('amqtt')}")
    except PackageNotFoundError:
        advice = "demo and --link wire start it when no broker is named: pip install 'faikhiao[broker]'"
        return Examined("embedded broker", Verdict.OPTIONAL, "no amqtt", advice)


def _mosquitto() -> Examined:
    path = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if path is None:
        return Examined("Mosquitto", Verdict.OPTIONAL, "", "the broker of the street: apt-get install -y mosquitto")
    return Examined("Mosquitto", Verdict.FINE, path)


def _thai_font() -> Examined:
    from console.charts.fonts import thai_font

    font = thai_font()
    if font is None:
        return Examined(
            "Thai font", Verdict.OPTIONAL, "", "Thai in pictures needs one: apt-get install -y fonts-noto-core"
        )
    return Examined("Thai font", Verdict.FINE, font)


def _loopback() -> Examined:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind(("127.0.0.1", 0))
    except OSError as error:
        return Examined("loopback ports", Verdict.MISSING, str(error), "virtual cabinets listen on 127.0.0.1")
    return Examined("loopback ports", Verdict.FINE, "free ports on 127.0.0.1")


def _broker(place: str) -> Examined:
    from console.places import host_and_port

    host, port = host_and_port(place)
    return _tried(f"broker {place}", host, port, "start it, or name another one with --broker HOST:PORT")


def _cabinets(site: Path) -> Iterator[Examined]:
    from plans import Bundle, load_site

    for junction, address in load_site(Bundle.read(site)).addresses.items():
        what = f"cabinet of {junction} at {address.host}:{address.port}"
        yield _tried(what, address.host, address.port, "virtual cabinets: faikhiao cabinet SITE")


def _tried(what: str, host: str, port: int, advice: str) -> Examined:
    try:
        with socket.create_connection((host, port), timeout=CONNECT_S):
            return Examined(what, Verdict.FINE, "answers")
    except OSError as error:
        return Examined(what, Verdict.UNREACHABLE, error.strerror or str(error), advice)
