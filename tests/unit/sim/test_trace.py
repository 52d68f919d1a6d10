"""Does the record of a corridor say where vehicles were and when its signals were red?"""

from itertools import pairwise
from pathlib import Path

import pytest

from sim.scenario import read_scenario
from sim.simulate import SimulationSettings, simulate
from sim.trace import Trace, find_corridor, read_trace

pytestmark = pytest.mark.sumo


def test_a_corridor_is_the_straight_way_with_most_signals(corridor: Path) -> None:
    found = find_corridor(read_scenario(corridor).net)
    assert found is not None
    assert {signal.tls for signal in found.signals} == {"A", "B"}
    assert found.edges in {("WA", "AB", "BE"), ("EB", "BA", "AW")}
    assert all(one < other for one, other in pairwise(found.begins_m))


def test_lines_run_forward_and_stop_at_red(corridor: Path, tmp_path: Path) -> None:
    way = find_corridor(read_scenario(corridor).net)
    assert way is not None
    trace = Trace(tmp_path, way)
    simulate(SimulationSettings(str(corridor), "own-plan", minutes=4, trace=trace))
    found = read_trace(trace, 160, 340)
    assert found["lines"]
    for line in found["lines"]:
        assert all(one[0] < other[0] and one[1] <= other[1] for one, other in pairwise(line))
        assert 160 <= line[0][0] <= line[-1][0] <= 340
    stopped_m = {at for line in found["lines"] for (_, one), (_, at) in pairwise(line) if one == at}
    first = found["signals"][0]
    assert any(first["at_m"] - 30 < at <= first["at_m"] for at in stopped_m), "a queue before the first stop line"
    red_s = sum(end - begin for begin, end in first["red_s"])
    assert 0 < red_s < 180
