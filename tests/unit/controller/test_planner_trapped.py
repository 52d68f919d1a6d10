"""Is a green held while somebody waits for a gap in it, and neither for ever nor for who is blocked ahead?"""

from __future__ import annotations

import numpy as np
import pytest

from controller.strategy.planner.trapped import LONGEST_S, sets_out, would_trap


@pytest.mark.parametrize(
    ("stalled_s", "green_s", "still_s", "held"),
    [
        (0.0, 10.0, 0.0, False),
        (1.0, 10.0, 0.0, False),
        (2.0, 10.0, 0.0, True),
        (10.0, LONGEST_S - 1.0, 2.0, True),
        (11.0, LONGEST_S - 1.0, 2.0, False),
        (9.0, LONGEST_S, 0.0, False),
        (9.0, 0.0, 0.0, False),
        (9.0, 10.0, 3.0, False),
    ],
)
def test_a_green_is_held_while_somebody_waits_for_a_gap(
    stalled_s: float, green_s: float, still_s: float, held: bool
) -> None:
    """Two seconds on the stop line in green while another lane flows hold it; ten, half a minute or no flow do not."""
    told = would_trap(
        np.array([[0.0, stalled_s], [0.0, 0.0]]),
        np.array([[green_s, green_s], [20.0, 20.0]]),
        np.array([[still_s, 99.0], [0.0, 0.0]]),
    )
    np.testing.assert_array_equal(told, [held, False])


def test_who_stands_on_the_stop_line_in_green_may_set_out_when_it_ends() -> None:
    """Four seconds in green; not three, and not in red."""
    stalled_s = np.array([[0.0, 4.0], [3.0, 3.0], [9.0, 0.0]])
    green_s = np.array([[9.0, 9.0], [9.0, 9.0], [0.0, 9.0]])
    np.testing.assert_array_equal(sets_out(stalled_s, green_s), [True, False, False])
