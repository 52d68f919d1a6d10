"""A bundle in, a site out: load it for use, check it for its author, or take one file of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from controller.model import Network
from plans.bundle import Bundle
from plans.checks import cabinet_problems, is_loopback, junction_problems, site_problems
from plans.compile import compile_network
from plans.findings import Finding, PlanError, Problem, errors_of
from plans.reading import File, SiteFiles, placed, read_one, read_site
from plans.schema import CabinetFile, JunctionFile


@dataclass(frozen=True, slots=True)
class CabinetAddress:
    """Where the cabinet of a junction is found, and where the key that signs its commands comes from."""

    cabinet: str
    profile: str
    host: str
    port: int
    unit: int = 1
    key_env: str | None = None
    """Environment variable with the key in hex; None: over TLS no key, else the laboratory key, on loopback only."""
    transport: Literal["tcp", "tls"] = "tcp"

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.host)


@dataclass(frozen=True, slots=True)
class Site:
    """A site that passed every check: the model for the core, the cabinets' addresses, and the text it came from."""

    network: Network
    addresses: Mapping[str, CabinetAddress]
    """By junction id."""
    bundle: Bundle

    @property
    def plans(self) -> tuple[str, ...]:
        """Ids of every plan that some junction has, in the order of junctions and of their timings."""
        junctions = self.network.junctions
        return tuple(dict.fromkeys(timing.plan for junction in junctions for timing in junction.timings))


def load_site(bundle: Bundle) -> Site:
    """The site that the bundle describes; raises PlanError with every finding when one of them is an error."""
    files, findings = _checked(bundle)
    if errors_of(findings) or files.site is None or files.calendar is None:
        raise PlanError(findings)
    cabinets = files.cabinets.files
    network = compile_network(files.site, files.junctions.files, cabinets, files.timings.files, files.calendar)
    junctions = sorted(files.junctions.files.items())
    addresses = {name: cabinet_address(cabinets[junction.cabinet]) for name, junction in junctions}
    return Site(network, addresses, bundle)


def check_site(bundle: Bundle) -> tuple[Finding, ...]:
    """Everything that is wrong or doubtful in the bundle, in the order of files and lines; empty when nothing is."""
    return _checked(bundle)[1]


def load_cabinet(bundle: Bundle, cabinet_id: str) -> CabinetFile:
    """The file cabinets/<id>.yaml, checked for itself alone; raises PlanError with every finding in it."""
    return _load_one(bundle, "cabinets", cabinet_id, CabinetFile, cabinet_problems)


def load_junction(bundle: Bundle, junction_id: str) -> JunctionFile:
    """The file junctions/<id>.yaml, checked for itself alone; raises PlanError with every finding in it."""
    return _load_one(bundle, "junctions", junction_id, JunctionFile, junction_problems)


def cabinet_address(cabinet: CabinetFile) -> CabinetAddress:
    """The part of a cabinet's file that the centre reads."""
    address = cabinet.address
    return CabinetAddress(
        cabinet.cabinet,
        address.profile,
        address.host,
        address.port,
        address.unit,
        cabinet.key_env,
        address.transport,
    )


def _checked(bundle: Bundle) -> tuple[SiteFiles, tuple[Finding, ...]]:
    files = read_site(bundle)
    return files, tuple(sorted((*files.findings, *files.place(site_problems(files)))))


def _load_one(
    bundle: Bundle, folder: str, name: str, model: type[File], check: Callable[[str, File], Iterator[Problem]]
) -> File:
    file, document, findings = read_one(bundle, f"{folder}/{name}.yaml", model)
    if file is not None:
        findings = (*findings, *(placed(problem, document) for problem in check(name, file)))
    if errors_of(findings) or file is None:
        raise PlanError(findings)
    return file
