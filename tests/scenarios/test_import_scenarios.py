"""Do real networks import without a finding, and do cabinets show in them what their own programs show?

The town of the repository, and whatever FAIKHIAO_SCENARIOS names.
"""

import os
from pathlib import Path

import pytest

from plans import check_site, load_cabinet
from sim.cabinet import CabinetConfig, VirtualCabinet
from sim.importer import import_sumo
from sim.scenario import OWN_SCENARIOS, SEARCH_VARIABLE, Scenario, read_scenario
from sim.sumo_map import lamp_string, load_sumo_map
from tests.sumo_programmes import states_in_sumo

pytestmark = pytest.mark.sumo
MIDNIGHT_UNIX_S = 1767546000.0
"""2026-01-05 00:00 at +7 h, which is SUMO's time 0."""


def configurations() -> list[Path]:
    roots = [Path(part) for part in os.environ.get(SEARCH_VARIABLE, "").split(os.pathsep) if part]
    outside = [path for root in roots for path in (*root.glob("*.sumocfg"), *root.glob("*/*.sumocfg"))]
    return [*sorted(OWN_SCENARIOS.glob("*/*/*.sumocfg"))[:1], *sorted(outside)]


@pytest.mark.parametrize("path", configurations(), ids=lambda path: path.parent.name)
@pytest.mark.parametrize("times", [(None, None), (3, 0)], ids=["as_measured", "amber_3_all_red_0"])
def test_a_scenario_imports_without_a_finding_and_shows_its_own_program(
    path: Path, times: tuple[float | None, float | None], tmp_path: Path
) -> None:
    scenario = read_scenario(path)
    site = import_sumo(scenario.net, scenario.additional, amber_s=times[0], all_red_s=times[1], site=scenario.name)
    # A long cycle is the program's own; an import can do nothing about it.
    assert [finding for finding in check_site(site.bundle) if not finding.path.endswith("cycle_s")] == []
    begin_s = int(scenario.begin_s) + 7200
    seconds = 2 * max(junction.cycle_s for junction in site.report.junctions)
    maps = load_sumo_map(site.bundle)
    in_sumo = states_in_sumo(
        tmp_path, scenario.net, programs_of(scenario), [places.tls for places in maps.values()], begin_s, seconds
    )
    for junction in site.report.junctions:
        file = load_cabinet(site.bundle, junction.junction)
        cabinet = VirtualCabinet(
            CabinetConfig.from_file(file), boot_id=1, key=None, now_ds=0, unix_at_zero_s=MIDNIGHT_UNIX_S
        )
        places = maps[junction.junction]
        different = set()
        for second in range(seconds):
            cabinet.advance(10 * (begin_s + second))
            shown = lamp_string(places, cabinet.aspects[: len(places.groups)])
            if shown != in_sumo[places.tls][second]:
                different.add((begin_s + second - file.local_plan.offset_s) % junction.cycle_s)
        assert different == site.report.repaired_seconds[junction.junction]


def programs_of(scenario: Scenario) -> list[Path]:
    """The additional files with programs and nothing that writes or needs vehicles."""
    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in scenario.additional}
    return [path for path, text in texts.items() if "<tlLogic" in text]
