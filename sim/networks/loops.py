"""A site with fewer loops than the importer lays: what a town has that put one loop a lane at the stop line."""

from __future__ import annotations

from controller.model import LoopRole
from plans import Bundle, CabinetFile, PlanError, dump_yaml, load_junction
from plans.reading import read_one
from sim.sumo_map import SUMO_FILE, SumoFile

KEPT = frozenset({LoopRole.STOP_LINE, LoopRole.BUTTON})


def stop_line_loops_only(bundle: Bundle) -> Bundle:
    """The same site without advance and exit loops; raises PlanError."""
    files = dict(bundle.files)
    sumo, _, findings = read_one(bundle, SUMO_FILE, SumoFile)
    if sumo is None:
        raise PlanError(findings)
    entries = dict(sumo.junctions)
    for name, entry in sumo.junctions.items():
        file = load_junction(bundle, name)
        kept = tuple(loop for loop in file.loops if loop.role in KEPT)
        names = {loop.id for loop in kept}
        files[f"junctions/{name}.yaml"] = dump_yaml(file.model_copy(update={"loops": kept}))
        cabinet, _, findings = read_one(bundle, f"cabinets/{name}.yaml", CabinetFile)
        if cabinet is None:
            raise PlanError(findings)
        channels = tuple(loop for loop in cabinet.loops if loop in names)
        files[f"cabinets/{name}.yaml"] = dump_yaml(cabinet.model_copy(update={"loops": channels}))
        laid = {loop: place for loop, place in entry.loops.items() if loop in names}
        entries[name] = entry.model_copy(update={"loops": laid})
    files[SUMO_FILE] = dump_yaml(sumo.model_copy(update={"junctions": entries}))
    return Bundle(files)
