"""Is a file read as other tools write it: rings of eight, splits in tenths, pedestrians beside vehicles, a wrap?"""

from __future__ import annotations

import copy
import csv
import io
import re
from pathlib import Path
from typing import Literal

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
    [plan] = read_plans(parse_utdf(text()), [2], faults)
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


def rows(delimiter: str = ",", quoting: Literal[0, 1] = csv.QUOTE_MINIMAL) -> str:
    """The file as a spreadsheet saves it: every row as wide as the widest, lines that end with CR LF."""
    stream = io.StringIO()
    cells = list(csv.reader(io.StringIO(text())))
    width = max(map(len, cells))
    writer = csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator="\r\n")
    writer.writerows([*row, *[""] * (width - len(row))] for row in cells)
    return stream.getvalue()


@pytest.mark.parametrize(
    "written",
    [
        ("\ufeff" + rows()).encode(),
        rows(quoting=csv.QUOTE_ALL).encode(),
        rows(";").encode(),
        rows("\t").encode(),
        rows("\t").encode("utf-16"),
        text().upper().replace("[", "\n\n[").encode(),
    ],
    ids=["BOM and CR LF", "quoted", "semicolons", "tabs", "Unicode text", "capitals and blank lines"],
)
def test_it_is_the_same_file_however_it_was_saved(written: bytes) -> None:
    network = load_site(bundle_of(renamed())).network
    found = import_plan(parse_utdf(decode_utdf(written)), network, plan="synchro")
    assert found.timing == import_plan(parse_utdf(text()), network, plan="synchro").timing


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Offset,2,24.0", "Offset,2,24.0\nOffset,2,30.0", "line 37: [Timeplans] Offset of node 2 stands in line 36"),
        ("Yield,2,,51.5,,20,", "Yield,2,,51.5,,,", "[Phases] Start of node 2 has a time in column D4, and Yield in"),
        ("MinGreen,2,,5,", "MinGreen,2,,five,", "line 46: [Phases] MinGreen of node 2, column D2, is 'five'"),
        ("Walk,2,,7", "Walk,two,,7", "line 52: [Phases] Walk: 'two' is no number of a node"),
    ],
)
def test_what_contradicts_itself_is_refused_with_section_row_and_column(old: str, new: str, words: str) -> None:
    with pytest.raises(UtdfRefused, match=re.escape(words)):
        import_plan(parse_utdf(text().replace(old, new)), load_site(bundle_of(renamed())).network, plan="synchro")


def test_what_is_wrong_at_a_node_of_another_town_hinders_nobody() -> None:
    other = "Cycle Length,77,\nOffset,77,soon\nControl Type,2,3"
    network = load_site(bundle_of(renamed())).network
    found = import_plan(parse_utdf(text().replace("Control Type,2,3", other)), network, plan="synchro")
    assert "node 77: the site has no junction of that number" in found.left_out
    assert set(found.timing.junctions) == {"J02"}


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
