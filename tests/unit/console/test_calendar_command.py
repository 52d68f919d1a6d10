"""Does the calendar say which plan runs when, draw it, and end with what it found?"""

import json
from pathlib import Path

from tests.unit.console.conftest import Call

SPAN = ("--from", "2026-04-11", "--to", "2026-04-14")


def test_days_plans_and_names_are_printed(call: Call, site: Path) -> None:
    result = call("calendar", site, *SPAN)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "2026-04-11 Sat  weekend  00:00 night  09:00 day"
    assert lines[2] == "2026-04-13 Mon  weekend  00:00 night  09:00 day  (Songkran)"
    assert lines[3] == "2026-04-14 Tue  workday  00:00 night  06:30 day"


def test_it_comes_as_json_and_as_a_picture(call: Call, site: Path, tmp_path: Path) -> None:
    figure = tmp_path / "april.png"
    record = json.loads(call("calendar", site, *SPAN, "--json", "--figure", figure).stdout)
    assert [day["kind"] for day in record["days"]] == ["week", "week", "special", "week"]
    assert record["hours"] == {"day": 62.5, "night": 33.5}
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_a_gap_is_a_finding_with_its_place_and_ends_with_1(call: Call, site: Path) -> None:
    calendar = site / "calendar.yaml"
    hole = 'holidays:\n  day_plan: weekend\n  moving:\n    - {name: Makha Bucha, dates: ["2025-02-12"]}\n'
    calendar.write_text(calendar.read_text(encoding="utf-8") + hole, encoding="utf-8")
    result = call("calendar", site, "--from", "2026-01-01", "--to", "2026-12-31")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1].startswith(f"{calendar}:21:")
    assert "Makha Bucha has no date in 2026" in result.stdout


def test_a_conflict_is_said_in_place_of_the_plans(call: Call, site: Path) -> None:
    calendar = site / "calendar.yaml"
    twice = '  - {date: "2026-04-10", until: "2026-04-20", day_plan: workday, name: Works}\n'
    calendar.write_text(calendar.read_text(encoding="utf-8") + twice, encoding="utf-8")
    result = call("calendar", site, *SPAN)
    assert result.exit_code == 1
    assert "2026-04-13 has two special entries" in result.stdout
    assert "00:00" not in result.stdout


def test_a_span_backwards_is_a_mistake_of_the_command_line(call: Call, site: Path) -> None:
    assert call("calendar", site, "--from", "2026-04-14", "--to", "2026-04-13").exit_code == 2
    assert call("calendar", site, "--from", "tomorrow").exit_code == 2
    assert call("calendar", site / "nowhere").exit_code == 3
