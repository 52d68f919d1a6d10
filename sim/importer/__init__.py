"""Any SUMO network with its programs becomes a site: groups, conflicts, stages, intergreens, loops, plan, cabinets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from plans import Bundle
from sim.importer.junction import ImportedJunction, import_junction
from sim.importer.names import site_ids
from sim.importer.neighbours import find_neighbours
from sim.importer.network import RoadNetwork, parse_xml, read_network
from sim.importer.notes import notes_of
from sim.importer.programs import TlLogic, expand, read_logics
from sim.importer.report import ImportRefused, ImportReport, JunctionSummary, Note, Repair
from sim.importer.site_files import PLAN, site_bundle
from sim.importer.times import LONGEST_AMBER_S, SHORTEST_AMBER_S

__all__ = ["PLAN", "ImportRefused", "ImportReport", "ImportedSite", "JunctionSummary", "Note", "Repair", "import_sumo"]

LONGEST_ALL_RED_S = 30


@dataclass(frozen=True, slots=True)
class ImportedSite:
    """The site's files and what an engineer should read first."""

    bundle: Bundle
    report: ImportReport


def import_sumo(
    net: Path,
    additional: Sequence[Path],
    *,
    amber_s: float | None = None,
    all_red_s: float | None = None,
    synthesise: bool = False,
    site: str,
) -> ImportedSite:
    """Turn a network and the programs of its additional files into a site.

    `amber_s` and `all_red_s` replace what is measured from the programs: amber of every group, and intergreens of their
    sum. With `synthesise` junctions get the compatible stages that their programs never show. Raises ImportRefused with
    every reason at once; then nothing is made.
    """
    amber, all_red = _whole_seconds(amber_s, all_red_s)
    roots = [(path, parse_xml(path)) for path in (net, *additional)]
    network = read_network(*roots[0])
    logics, reasons = read_logics(roots)
    junctions, notes, left, faults = _import_signals(network, logics, amber, all_red, synthesise=synthesise)
    if faults := [*reasons, *faults]:
        raise ImportRefused(faults)
    if not junctions:
        raise ImportRefused([f"{net}: no signal with a program that changes; nothing to control"])
    ids = {junction.programme.tls: junction.id for junction in junctions}
    neighbours = {
        ids[tls]: tuple(ids[other] for other in others) for tls, others in find_neighbours(network, ids.keys()).items()
    }
    site_id = site_ids([site or net.name.split(".")[0]], prefix="site")[site or net.name.split(".")[0]]
    bundle = site_bundle(network, site_id, junctions, neighbours)
    return ImportedSite(bundle, _report(site_id, junctions, notes, left))


def _whole_seconds(amber_s: float | None, all_red_s: float | None) -> tuple[int | None, int | None]:
    reasons = []
    if amber_s is not None and not (SHORTEST_AMBER_S <= amber_s <= LONGEST_AMBER_S and amber_s == int(amber_s)):
        limits = f"{SHORTEST_AMBER_S} to {LONGEST_AMBER_S} s (MUTCD 4D.26)"
        reasons.append(f"amber of {amber_s:g} s: give whole seconds, {limits}")
    if all_red_s is not None and not (0 <= all_red_s <= LONGEST_ALL_RED_S and all_red_s == int(all_red_s)):
        reasons.append(f"all-red of {all_red_s:g} s: give whole seconds, 0 to {LONGEST_ALL_RED_S}")
    if reasons:
        raise ImportRefused(reasons)
    return None if amber_s is None else int(amber_s), None if all_red_s is None else int(all_red_s)


def _import_signals(
    network: RoadNetwork,
    logics: dict[str, TlLogic],
    amber_s: int | None,
    all_red_s: int | None,
    *,
    synthesise: bool,
) -> tuple[list[ImportedJunction], list[Note], dict[str, str], list[str]]:
    """Every signal: junctions, notes, those left to SUMO with the reason, and what forbids the import."""
    junctions: list[ImportedJunction] = []
    notes: list[Note] = []
    left: dict[str, str] = {}
    faults: list[str] = []
    ids = site_ids(network.signals)
    for tls, links in network.signals.items():
        logic = logics.get(tls)
        if logic is None or logic.program == "off":
            left[tls] = "it has no program" if logic is None else "it is switched off"
            continue
        programme, found, said = expand(logic, max(links) + 1)
        faults += found
        if programme is None:
            continue
        junction, found = import_junction(network, programme, ids[tls], amber_s, all_red_s, synthesise=synthesise)
        faults += found
        if junction is not None:
            junctions.append(junction)
            notes += [Note(junction.id, text) for text in (*said, *notes_of(junction))]
        elif not found:
            left[tls] = "its lamps never change"
    return junctions, notes, left, faults


def _report(
    site: str, junctions: Sequence[ImportedJunction], notes: Sequence[Note], left: dict[str, str]
) -> ImportReport:
    return ImportReport(
        site=site,
        junctions=tuple(
            JunctionSummary(
                junction=junction.id,
                tls=junction.programme.tls,
                groups=len(junction.grouping.groups),
                stages=len(junction.stages),
                selectable_stages=sum(stage.selectable for stage in junction.stages),
                loops=len(junction.loops),
                cycle_s=junction.programme.cycle_s,
            )
            for junction in junctions
        ),
        repairs=tuple(repair for junction in junctions for repair in junction.lamps.repairs),
        notes=tuple(notes),
        left_to_sumo=left,
        repaired_seconds={junction.id: junction.lamps.repaired_seconds for junction in junctions},
    )
