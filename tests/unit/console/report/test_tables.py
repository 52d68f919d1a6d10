"""Do the tables of a report tell what was put into a journal?"""

import json
import shutil
import sqlite3
import zlib
from pathlib import Path

import numpy as np
import pytest

from console.report import reading
from console.report.pages import as_text, journal_sections
from console.report.reading import read_run
from console.report.record import RunRecord
from console.report.tables.arrivals import arrival_table, green_spells, on_green
from console.report.tables.bins import Bins, bins_of
from console.report.tables.corridors import corridor_of, intersect, planned_bands, run_bands, travel_times_s
from console.report.tables.delay import delay_table
from console.report.tables.detectors import detector_table
from console.report.tables.every import tables_of
from console.report.tables.greens import green_table
from console.report.tables.modes import late_table, move_table, reason_table, stage_table
from console.report.tables.split_failures import occupancy, occupied, split_failure_table, stop_line_loops
from console.report.tables.volumes import volume_table
from console.sentences import Language, sentence
from controller import Decision, LoopRole, Reason, StepOverrun
from field_io import records
from field_io.errors import JournalError
from plans.formulas.hcm import control_delay_s
from tests.journal_maker import programme_of

SITE_PLAN, BEGIN_S, SECONDS = "am_peak", 7 * 3600, 1800


def test_the_record_is_the_local_day_of_the_journal(record: RunRecord) -> None:
    assert record.date.isoformat() == "2026-01-05"
    assert (record.begin_s, record.end_s, record.steps) == (BEGIN_S, BEGIN_S + SECONDS, SECONDS)


def test_every_green_is_as_long_as_its_plan_says_and_ends_by_it(record: RunRecord) -> None:
    greens = green_table(record)
    assert len(greens) > 100
    assert greens["length_s"] == pytest.approx(greens["planned_s"])
    assert set(greens["cause"]) == {"force_off"}
    known = ~np.isnan(greens["next_s"].astype(float))
    cycles = {j.id: programme_of(j, SITE_PLAN).cycle_s for j in record.junctions}
    whole = np.array([cycles[name] for name in greens["junction"].tolist()])
    assert (greens["next_s"] - greens["green_s"])[known] == pytest.approx(whole[known])


def test_volumes_are_the_vehicles_of_the_stop_lines(record: RunRecord) -> None:
    volumes = volume_table(record, bins_of(record))
    lines = [loop for loop in record.loops if loop.loop.role is LoopRole.STOP_LINE]
    counted = sum(record.arrivals(loop.column).size for loop in lines)
    assert volumes["vehicles"].sum() == counted
    assert (volumes["flow_veh_h"] * volumes["heard_s"] / 3600) == pytest.approx(volumes["vehicles"])


def test_arrivals_on_green_agree_with_a_look_at_each_one(record: RunRecord) -> None:
    bins = Bins(float(SECONDS), np.array([float(BEGIN_S)]))
    table = arrival_table(record, bins, at_line=False)
    for junction, group, _, _, arrivals, hits, *_ in table.rows():
        row = record.row(junction)
        place = next(each for each in record.groups_of(row) if each.group.id == group)
        begin_s, end_s = green_spells(record, place)
        times = [
            at_s
            for loop in record.loops_of(row)
            if loop.loop.role is LoopRole.ADVANCE and loop.loop.groups[0] == group
            for at_s in record.arrivals(loop.column).tolist()
        ]
        assert arrivals == len(times)
        assert hits == sum(any(b <= at < e for b, e in zip(begin_s, end_s, strict=True)) for at in times)


def test_a_bin_that_the_record_covers_in_part_has_the_same_share_of_green(record: RunRecord) -> None:
    """The plan is fixed, and the second bin of 20 minutes is recorded for 10: green counts against these."""
    table = arrival_table(record, bins_of(record, 1200.0))
    first, second = (table.where(table["begin_s"] == begin_s) for begin_s in (BEGIN_S, BEGIN_S + 1200))
    assert set(first["recorded_s"].tolist()) == {1200.0}
    assert set(second["recorded_s"].tolist()) == {600.0}
    shares = dict(zip(zip(first["junction"], first["group"], strict=True), first["green_ratio"], strict=True))
    compared = [
        (shares[j, g], r) for j, g, r in zip(*(second[n] for n in ("junction", "group", "green_ratio")), strict=True)
    ]
    assert len(compared) > 20
    assert all(one == pytest.approx(other, abs=0.06) for one, other in compared)


def test_a_green_fails_where_its_stop_line_stays_occupied(record: RunRecord) -> None:
    """Against sampling the loops every tenth of a second."""
    table = split_failure_table(record, green_table(record))
    place = next(each for each in record.groups if stop_line_loops(record, each))
    begin_s, end_s = occupied(record, stop_line_loops(record, place))
    junction = record.junctions[place.junction].id
    mine = table.where((table["junction"] == junction) & (table["group"] == place.group.id))
    assert len(mine) > 5
    for green_s, length_s, share in zip(mine["green_s"], mine["length_s"], mine["green_occupancy"], strict=True):
        moments = np.arange(green_s + 0.05, green_s + length_s, 0.1)
        assert share == pytest.approx(on_green(moments, begin_s, end_s).mean(), abs=0.03)


def test_occupancy_of_a_stretch_counts_what_lies_in_it() -> None:
    spells = (np.array([0.0, 10.0]), np.array([4.0, 20.0]))
    assert occupancy(spells, np.array([2.0, 4.0]), np.array([12.0, 10.0])) == pytest.approx([0.4, 0.0])


def test_delay_is_that_of_the_manual_for_what_was_counted(record: RunRecord) -> None:
    bins = bins_of(record)
    table = delay_table(record, bins)
    assert len(table) > 20
    for row in list(table.rows())[:20]:
        _, _, _, _, flow, saturation, cycle_s, green_s, degree, share, delay_s, _ = row
        known = None if np.isnan(share) else share
        again = control_delay_s(flow, saturation, green_s, cycle_s, on_green=known, period_h=bins.length_s / 3600)
        assert delay_s == pytest.approx(again)
        assert degree == pytest.approx(flow / (saturation * green_s / cycle_s))


def test_stages_fill_the_time(record: RunRecord) -> None:
    stages = stage_table(record)
    for junction in record.junctions:
        assert stages.of(junction.id)["share"].sum() == pytest.approx(1.0)


def test_loops_that_nobody_drives_over_are_silent_and_the_others_in_order(record: RunRecord) -> None:
    table = detector_table(record)
    counted = np.array([record.arrivals(loop.column).size for loop in record.loops])
    exits = table["role"] == "exit"
    assert set(table["finding"][exits]) == {"silent"}
    lines = table["role"] == "stop_line"
    assert (table["actuations"] == counted).all()
    assert "no_data" not in set(table["finding"][lines])


def test_bands_of_two_junctions_in_step_are_their_common_green() -> None:
    spans = [[(0.0, 30.0)], [(20.0, 60.0)]]
    bands = planned_bands(spans, np.array([0.0, 25.0]), 90, [90, 90])
    assert [(band.start_s, band.width_s) for band in bands] == [(0.0, 30.0)]


def test_half_cycles_keep_step_with_whole_ones() -> None:
    bands = planned_bands([[(0.0, 20.0)], [(10.0, 25.0)]], np.array([0.0, 55.0]), 90, [90, 45])
    assert [(band.start_s, band.width_s) for band in bands] == [(0.0, 15.0)]
    assert intersect([(0.0, 1.0)], [(1.0, 2.0)]) == []


def test_bands_as_they_ran_are_those_of_the_plan(record: RunRecord) -> None:
    corridor = corridor_of(record.network, ["J01", "J02", "J03", "J08"])
    # The lanes of J03 reach back over J02, whose signal stands 131 m before it.
    assert [round(metres) for metres in np.diff(corridor.at_m)] == [569, 131, 629]
    back = run_bands(record, corridor, forward=False)
    widths = {round(band.width_s, 1) for band in back}
    assert widths == {3.9}
    assert travel_times_s(corridor, forward=False)[-1] > 60


def test_a_folder_of_two_runs_is_refused_and_of_one_is_read(journal: Path, tmp_path: Path) -> None:
    (tmp_path / "one.journal").symlink_to(journal)
    assert reading.journals_of(tmp_path) == [tmp_path / "one.journal"]
    (tmp_path / "two.journal").symlink_to(journal)
    with pytest.raises(JournalError, match=r"several runs .* name one of one\.journal, two\.journal"):
        reading.journals_of(tmp_path)


def test_it_does_not_matter_in_how_many_parts_it_is_read(
    journal: Path, record: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "STRETCH_STEPS", 700)
    parts = read_run(journal, jobs=1)
    for name in ("lamp_s", "lamp_group", "lamp_aspect", "edge_s", "edge_loop", "counts", "heard", "stage_s", "stage"):
        assert np.array_equal(getattr(parts, name), getattr(record, name)), name


def test_late_steps_spoil_no_report_and_their_consequence_is_told(
    journal: Path, record: RunRecord, tmp_path: Path
) -> None:
    late = tmp_path / "late.journal"
    shutil.copyfile(journal, late)
    with sqlite3.connect(late) as db:
        for number, took_s in ((100, 0.9), (101, 1.25), (102, 0.8)):
            told = json.loads(zlib.decompress(_one(db, "SELECT inputs FROM step WHERE n = ?", number)))
            overrun = records.to_json([StepOverrun(took_s)])
            inputs = json.dumps([*json.loads(overrun), *told]).encode()
            db.execute("UPDATE step SET inputs = ? WHERE n = ?", (zlib.compress(inputs), number))
        [result] = json.loads(zlib.decompress(_one(db, "SELECT outputs FROM result WHERE n = ?", 103)))
        fallen = json.loads(records.to_json([Decision("J05", Reason.STRATEGY_LATE)]))
        outputs = json.dumps([{**result, "decisions": [*result["decisions"], *fallen]}]).encode()
        db.execute("UPDATE result SET outputs = ? WHERE n = 103", (zlib.compress(outputs),))
    again = read_run(late, jobs=1)
    assert again.steps == record.steps
    for name in ("lamp_s", "lamp_group", "lamp_aspect", "edge_s", "edge_loop", "counts", "heard", "stage_s", "stage"):
        assert np.array_equal(getattr(again, name), getattr(record, name)), name
    reasons = {(junction, reason): count for junction, reason, count in reason_table(again).rows()}
    assert reasons["J05", "strategy_late"] == 1
    begin_s = record.begin_s
    assert list(late_table(again).rows()) == [(begin_s + 98, 0.9), (begin_s + 99, 1.25), (begin_s + 100, 0.8)]
    for language, said in ((Language.ENGLISH, "3, the longest 1.25 s"), (Language.THAI, "3 นานที่สุด 1.25 วินาที")):
        assert said in as_text(journal_sections(again, tables_of(again, []), language))
    assert not record.late


def test_a_move_on_the_ladder_is_told_with_its_rungs_and_its_reason(
    journal: Path, record: RunRecord, tmp_path: Path
) -> None:
    moved = tmp_path / "moved.journal"
    shutil.copyfile(journal, moved)
    because = (("mode", "fixed_time"), ("before", "adaptive"), ("rung", "plan"), ("rung_before", "substitutes"))
    with sqlite3.connect(moved) as db:
        [result] = json.loads(zlib.decompress(_one(db, "SELECT outputs FROM result WHERE n = ?", 103)))
        fallen = json.loads(records.to_json([Decision("J05", Reason.STALE_DETECTORS, because)]))
        outputs = json.dumps([{**result, "decisions": [*result["decisions"], *fallen]}]).encode()
        db.execute("UPDATE result SET outputs = ? WHERE n = 103", (zlib.compress(outputs),))
    again = read_run(moved, jobs=1)
    told = [row for row in move_table(again).rows() if row not in set(move_table(record).rows())]
    values = tuple(value for _, value in because)
    assert told == [(record.begin_s + 102, "J05", *values, "stale_detectors")]
    for language in Language:
        line = sentence(Decision("J05", Reason.STALE_DETECTORS, because), language)
        assert line in as_text(journal_sections(again, tables_of(again, []), language))


def _one(db: sqlite3.Connection, query: str, number: int) -> bytes:
    [(value,)] = db.execute(query, (number,))
    return bytes(value)
