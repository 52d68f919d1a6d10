"""Does the checker of the simulated town notice when it does not go on: L1, L2 and L3?"""

import pytest

from controller.events import CabinetMode
from controller.model import Aspect, Junction
from sim.faults import campaign
from sim.faults.checker import Breach
from sim.faults.liveness import HOLD_OFF_S, MAX_WAIT_S, PEACE_S, RECOVER_S, JunctionLiveness, not_recovered
from sim.faults.world import World, WorldSettings

REMOTE = CabinetMode.REMOTE


@pytest.fixture(scope="module")
def junction() -> Junction:
    return World(WorldSettings(junctions=1)).site.network.junctions[0]


@pytest.mark.parametrize(
    ("mode", "flaps", "told"),
    [
        ("actuated", 0, False),
        ("plan", 0, True),
        ("plan", 2, True),
        ("plan", 3, False),
        ("actuated, so the centre believes, and the cabinet in MANUAL", 0, True),
    ],
)
def test_who_is_late_is_told_unless_its_doubled_hold_off_still_runs(mode: str, flaps: int, told: bool) -> None:
    waits_s = {"J01": RECOVER_S + HOLD_OFF_S * 2.0**flaps}
    breaches = not_recovered(PEACE_S, {"J01": mode}, "actuated", waits_s)
    assert [breach.invariant for breach in breaches] == (["L2"] if told else [])


def test_a_town_whose_strategy_never_comes_back_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(campaign.MODE_OF, "actuated", "adaptive")
    monkeypatch.setattr(campaign, "STORM_S", 10)
    monkeypatch.setattr(campaign, "PEACE_S", 200)
    result = campaign.run_campaign(campaign.CampaignSettings(1, 0.1, "actuated", junctions=1, kinds=()))
    assert [(one.junction, one.invariant) for one in result.breaches] == [("J01", "L2")]


def test_a_wait_beyond_the_bound_is_told_once(junction: Junction) -> None:
    breaches: list[Breach] = []
    watch = JunctionLiveness(junction, breaches)
    red = (Aspect.RED,) * len(junction.groups)
    for wait_s in (MAX_WAIT_S, MAX_WAIT_S + 1, MAX_WAIT_S + 2):
        watch.second(wait_s, REMOTE, 1, 1, red, wait_s)
    assert [(breach.invariant, breach.at_s) for breach in breaches] == [("L1", MAX_WAIT_S + 1)]


def test_an_interstage_without_an_end_is_told_and_one_that_ends_is_not(junction: Junction) -> None:
    longest_s = max(s for row in junction.intergreen_s for s in row if s is not None)
    red = (Aspect.RED,) * len(junction.groups)
    for active, told in ((0, ["L3"]), (2, [])):
        breaches: list[Breach] = []
        watch = JunctionLiveness(junction, breaches)
        for second in range(int(longest_s) + 3):
            watch.second(float(second), REMOTE, active if second == longest_s + 1 else 0, 2, red, 0.0)
            if active and second >= longest_s:
                break
        assert [breach.invariant for breach in breaches] == told
