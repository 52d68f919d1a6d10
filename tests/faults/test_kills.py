"""F45, F51: the real controller killed and its journal damaged, over real sockets: is anything lost, does it come back?

The campaign of `make kills` in its smallest form; how fast it comes back is asked there, on a machine that is free.
"""

import pytest

from sim.chaos.kills import KillSettings, run_kills

pytestmark = pytest.mark.slow


def test_a_killed_controller_comes_back_with_all_that_any_cabinet_took() -> None:
    settings = KillSettings(kills=1, seed=5, junctions=2, longest_life_s=1.0, longest_gap_s=0.2, damage_share=1.0)
    result = run_kills(settings)
    assert len(result.restarts) == 1, result.ended_badly
    assert result.restarts[0].damage
    assert (result.breaches, result.left_early, result.lost) == ([], [], 0)
    assert result.blocks >= 4  # two cabinets, before the kill and after it
