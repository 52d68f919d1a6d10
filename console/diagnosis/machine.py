"""What a machine must have for the commands to work, looked at one by one."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import socket
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

from console.diagnosis.findings import Examined, Verdict

SUMO_VERSION = "1.28"
LIBRARIES = ("numpy", "scipy", "numba", "pydantic", "pymodbus", "paho-mqtt", "ruamel.yaml", "typer", "fastapi")


def look_at_machine() -> list[Examined]:
    """Look at everything that commands need of this machine."""
    return [look() for look in (_python, _libraries, _sumo, _embedded_broker, _mosquitto, _thai_font, _loopback)]


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
