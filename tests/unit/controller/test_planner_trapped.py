"""Is a green held while somebody stands in it, and not for ever?"""

from __future__ import annotations

import numpy as np
import pytest

from controller.strategy.planner.trapped import LONGEST_S, would_trap


@pytest.mark.parametrize(
    ("stalled_s", "green_s", "held"),
    [
        (0.0, 10.0, False),
        (1.0, 10.0, False),
        (2.0, 10.0, True),
        (9.0, LONGEST_S - 1.0, True),
        (9.0, LONGEST_S, False),
        (9.0, 0.0, False),
    ],
)
def test_a_green_is_held_while_somebody_stands_in_it(stalled_s: float, green_s: float, held: bool) -> None:
    """Two seconds on the stop line in green hold it, up to half a minute; in red nobody holds anything."""
    told = would_trap(np.array([[0.0, stalled_s], [0.0, 0.0]]), np.array([[20.0, green_s], [20.0, 20.0]]))
    np.testing.assert_array_equal(told, [held, False])
