"""Is everybody who will come expected once: those whom loops have seen, and beyond them the usual flow?"""

from __future__ import annotations

import numpy as np
import pytest

from controller.strategy.planner.search import TownOutlook, expected_arrivals
from tests.unit.controller.test_planner_alternatives import town

FLOW_VEH_S = 0.05
REACH_S, HORIZON_S = 20, 60


def watched_from_afar() -> TownOutlook:
    """A lane with an entry loop 20 s out and no advance loop; as many are on their way as usually come."""
    bare = town([0.0, 0.0])
    far_due = np.zeros_like(bare.far_due)
    far_due[0, 0, :REACH_S] = FLOW_VEH_S
    return bare._replace(
        reach_s=np.array([[REACH_S, 0]]),
        far_due=far_due,
        flow=0 * bare.flow + FLOW_VEH_S,
    )


def test_whom_an_entry_loop_has_seen_is_not_expected_again_as_usual_flow() -> None:
    assert expected_arrivals(watched_from_afar(), 0, HORIZON_S)[0] == pytest.approx(FLOW_VEH_S)


def test_a_lane_that_nothing_upstream_sees_expects_its_usual_flow() -> None:
    assert expected_arrivals(watched_from_afar(), 0, HORIZON_S)[1] == pytest.approx(FLOW_VEH_S)
