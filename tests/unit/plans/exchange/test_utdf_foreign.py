"""Is a file read as other tools write it: rings of eight, splits in tenths, pedestrians beside vehicles, a wrap?"""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from plans import load_site
from plans.exchange import UtdfRefused, decode_utdf, import_plan, parse_utdf
from plans.exchange.utdf_read import read_plans
from plans.schema import StageTiming
from tests.site_builder import bundle_of, site_data

FOREIGN = Path(__file__).with_name("foreign_two_phase.csv")


def text() -> str:
    return decode_utdf(FOREIGN.read_bytes())


def test_phases_are_read_by_the_clock() -> None:
    faults: list[str] = []
    [plan] = read_plans(parse_utdf(text()), faults)
    assert faults == []
    assert (plan.node, plan.cycle_s, plan.offset_s, plan.reference) == (2, 60, 24.0, (2, 6))
    assert plan.coordinated
    by_number = {phase.number: phase for phase in plan.phases}
    assert sorted(by_number) == [2, 4, 6]
    main, side = by_number[2], by_number[4]
    assert (main.start_s, main.yield_s, main.ring, main.barrier) == (24.0, 51.5, 1, 1)
    assert (side.start_s, side.yield_s) == (56.0, 80.0)  # it runs around the end of the cycle
    assert (side.yellow_s, side.all_red_s, side.clearance_s) == (3.5, 1.0, 11.0)
    assert not side.walks_alone


def test_what_stands_beside_vehicles_and_unknown_sections_are_named() -> None:
    network = load_site(bundle_of(renamed())).network
    found = import_plan(parse_utdf(text()), network, plan="synchro")
    assert "section [Detours]" in found.left_out
    assert "node 2: Walk and DontWalk beside the vehicles of phase 2, 4, 6" in found.left_out
    timing = found.timing.junctions["J02"]
    assert isinstance(timing, StageTiming)
    assert (timing.cycle_s, timing.coordinated) == (60, ("K2", "K6"))
    assert "node 2: K2 begins 1.5 s later than in the file" in found.notes  # the site's intergreen is 5.5 s, not 4.5
    assert "node 2: K2 ends at 51.5 s in the file, at 52 s in the plan" in found.notes
    assert any("amber of K2 is 3.5 s in the file; the site's 3 s stays" in note for note in found.notes)


def test_a_file_of_another_town_is_refused() -> None:
    with pytest.raises(UtdfRefused, match="J02 has no group for phase 4"):
        import_plan(parse_utdf(text()), load_site(bundle_of(site_data())).network, plan="synchro")
    with pytest.raises(UtdfRefused, match="no node of the file has a time plan and the number of a junction"):
        import_plan(parse_utdf(text().replace(",2,", ",77,")), load_site(bundle_of(renamed())).network, plan="x")


def renamed() -> dict[str, dict[str, object]]:
    """The test site with J02's groups called as a dual-ring engineer does: K2 and K6 together, K4 across."""
    names = {"K1": "K2", "K2": "K4", "K3": "K6"}

    def put(value: object) -> object:
        if isinstance(value, dict):
            return {names.get(key, key) if isinstance(key, str) else key: put(part) for key, part in value.items()}
        if isinstance(value, list):
            return [put(part) for part in value]
        return names.get(value, value) if isinstance(value, str) else value

    files = copy.deepcopy(site_data())
    for name in ("junctions/J02.yaml", "cabinets/J02.yaml"):
        files[name] = put(files[name])  # type: ignore[assignment]
    for plan in ("timings/day.yaml", "timings/night.yaml"):
        files[plan]["junctions"]["J02"] = put(files[plan]["junctions"]["J02"])
    return files
