"""Are a journal's events those that signal performance tools expect: codes, stamps, and the same sums?"""

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from console.report.record import RunRecord
from console.report.tables.arrivals import arrival_table
from console.report.tables.bins import Bins, bins_of
from console.report.tables.events import detector_config, event_table, split_code
from console.report.tables.greens import green_table
from console.report.tables.split_failures import OCCUPANCY_LIMIT, RED_S, split_failure_table
from console.report.tables.table import Table
from console.report.tables.volumes import actuation_table
from controller import Aspect
from tests.unit.console.conftest import Call

BIN_MIN = 15


@pytest.fixture(scope="module")
def events(record: RunRecord) -> Table:
    return event_table(record, green_table(record))


def moment(record: RunRecord, second: float) -> dt.datetime:
    return dt.datetime.combine(record.date, dt.time()) + dt.timedelta(seconds=second)


def test_every_green_is_begun_once_and_ends_in_the_order_of_the_codes(record: RunRecord, events: Table) -> None:
    mine = events.where((events["DeviceId"] == "J05") & (events["Parameter"] == 1))
    codes = [code for code in mine["EventId"].tolist() if code in {1, 7, 8, 9, 10, 11, 12}]
    whole = codes[codes.index(1) :]
    assert Counter(codes)[1] > 10
    assert whole[:8] == [1, 7, 8, 9, 10, 11, 12, 1]


def test_a_vehicle_on_a_loop_is_an_on_and_an_off_of_its_channel(record: RunRecord, events: Table) -> None:
    counts = Counter(events["EventId"].tolist())
    assert counts[82] == int(record.edge_on.sum())
    assert counts[81] == int((~record.edge_on).sum())


def test_phases_above_16_have_their_own_split_codes() -> None:
    assert [split_code(phase) for phase in (1, 16, 17, 32)] == [134, 149, 203, 218]


def test_events_are_written_as_csv_with_milliseconds(call: Call, journal: Path, tmp_path: Path) -> None:
    log, config = tmp_path / "log.csv", tmp_path / "config.csv"
    assert call("events", journal, "--out", log, "--detectors", config).exit_code == 0
    first = log.read_text(encoding="utf-8").splitlines()
    assert first[0] == "TimeStamp,DeviceId,EventId,Parameter"
    assert first[1].startswith("2026-01-05 07:00:00.000,J01,131,")
    assert "J05,1,1,Presence" in config.read_text(encoding="utf-8").splitlines()


def test_another_ending_is_refused(call: Call, journal: Path, tmp_path: Path) -> None:
    result = call("events", journal, "--out", tmp_path / "log.xlsx")
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------------------- atspm


@pytest.fixture(scope="module")
def theirs(record: RunRecord, events: Table) -> dict[str, list[tuple[Any, ...]]]:
    """What the atspm package makes of our events."""
    pa = pytest.importorskip("pyarrow", reason="the extra `data` is not installed")
    pytest.importorskip("duckdb", reason="atspm needs duckdb below 2: not installed")
    atspm = pytest.importorskip("atspm", reason="the package atspm is not installed: it is in the extra `dev`")

    def arrow(table: Table) -> Any:
        return pa.table({name: pa.array(column) for name, column in table.columns.items()})

    wanted: dict[str, dict[str, Any]] = {
        "actuations": {},
        "arrival_on_green": {"latency_offset_seconds": 0},
        "platoon_ratio": {},
        "split_failures": {
            "red_time": int(RED_S), "red_occupancy_threshold": OCCUPANCY_LIMIT,
            "green_occupancy_threshold": OCCUPANCY_LIMIT, "by_approach": True,
        },
        "terminations": {},
    }  # fmt: skip
    with atspm.SignalDataProcessor(
        raw_data=arrow(events),
        detector_config=arrow(detector_config(record)),
        bin_size=BIN_MIN,
        verbose=0,
        remove_incomplete=False,
        aggregations=[{"name": name, "params": params} for name, params in wanted.items()],
    ) as processor:
        processor.load()
        processor.aggregate()
        return {name: processor.conn.query(f"SELECT * FROM {name}").fetchall() for name in wanted}


Found = dict[str, list[tuple[Any, ...]]]


def test_atspm_counts_as_we_do(record: RunRecord, theirs: Found) -> None:
    ours = {
        (moment(record, begin_s), junction, channel): number
        for junction, _, channel, begin_s, number in actuation_table(record, bins_of(record, 60.0 * BIN_MIN)).rows()
    }
    assert {(at, device, channel): total for at, device, channel, total in theirs["actuations"]} == ours


def test_atspm_sees_as_many_arrivals_on_green(record: RunRecord, theirs: Found) -> None:
    table = arrival_table(record, bins_of(record, 60.0 * BIN_MIN), at_line=False)
    ours = {
        (moment(record, row[3]), row[0], row[2]): (row[4], pytest.approx(row[6], abs=1e-6))
        for row in table.rows()
        if row[5]  # it leaves out bins without any on green
    }
    assert {
        (at, device, phase): (total, share) for at, device, phase, total, share in theirs["arrival_on_green"]
    } == ours


def test_atspm_has_the_same_platoon_ratios_but_where_the_log_cuts_a_green(record: RunRecord, theirs: Found) -> None:
    """A green that the log's begin or end cuts off: atspm takes it to the border of the bin, we leave it out."""
    bins = bins_of(record, 60.0 * BIN_MIN)
    table = arrival_table(record, bins, at_line=False)
    ours = {(moment(record, row[3]), row[0], row[2]): row for row in table.rows()}
    cut_s = cut_greens_s(record, bins)
    differ = 0
    for at, device, phase, _, on_green, _, green_s, _, ratio, _ in theirs["platoon_ratio"]:
        mine = ours[at, device, phase]
        more_s = cut_s.get((at, device, phase), 0.0)
        assert on_green == mine[5]
        assert green_s == pytest.approx(mine[7] + more_s, abs=0.01)
        if more_s:
            differ += 1
        else:
            assert ratio == pytest.approx(mine[9], rel=1e-5)
    assert 0 < differ < len(theirs["platoon_ratio"]) / 2


def cut_greens_s(record: RunRecord, bins: Bins) -> dict[tuple[dt.datetime, str, int], float]:
    """Seconds of green from the begin of the first bin to a first yellow, and from the log's end to that of its bin."""
    found: dict[tuple[dt.datetime, str, int], float] = {}
    for place in record.groups:
        at_s, aspect = record.changes(place.column)
        green = aspect == int(Aspect.GREEN)
        name = record.junctions[place.junction].id
        if green[0] and at_s.size > 1:
            begin_s = at_s[1] // bins.length_s * bins.length_s
            found[moment(record, begin_s), name, place.number] = float(at_s[1] - begin_s)
        if green[-1] and at_s.size > 1:
            begin_s = at_s[-1] // bins.length_s * bins.length_s
            key = (moment(record, begin_s), name, place.number)
            more_s = max(0.0, begin_s + bins.length_s - record.end_s)
            found[key] = found.get(key, 0.0) + more_s
    return {key: seconds for key, seconds in found.items() if seconds > 0}


def test_atspm_finds_the_same_split_failures(record: RunRecord, theirs: Found) -> None:
    number = {(record.junctions[each.junction].id, each.group.id): each.number for each in record.groups}
    ours: Counter[tuple[dt.datetime, str, int]] = Counter()
    table = split_failure_table(record, green_table(record))
    for junction, group, at_s, failed in zip(
        *(table[name].tolist() for name in ("junction", "group", "at_s", "failed")), strict=True
    ):
        begin_s = at_s // (60 * BIN_MIN) * 60 * BIN_MIN
        ours[moment(record, begin_s), junction, number[junction, group]] += failed
    found = {(row[0], row[1], row[2]): row[-1] for row in theirs["split_failures"]}
    assert sum(found.values()) > 0
    assert {key: count for key, count in found.items() if count} == {key: count for key, count in ours.items() if count}


def test_atspm_reads_why_greens_ended(record: RunRecord, theirs: Found) -> None:
    greens = green_table(record)
    cars = greens.where(~greens["pedestrian"].astype(bool))
    assert {row[3] for row in theirs["terminations"]} == {"ForceOff"}
    assert sum(row[4] for row in theirs["terminations"]) == len(cars)
