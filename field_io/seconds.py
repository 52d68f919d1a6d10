"""Which second of the control clock comes next: never two steps for one, never one for a second long past.

A step that outlasts its second leaves out those that have gone by meanwhile. One that would begin later than `PAUSE_S`
is not late: the process was stopped, and whatever it had decided is of another time (F46).
"""

from __future__ import annotations

import math

PAUSE_S = 2.0
"""A second that begins later than this was not late, it was a pause: all decisions are dropped."""


class Seconds:
    """The seconds of a service in real time, by its clock [s]."""

    def __init__(self) -> None:
        self.next = 0
        """The second whose step is due next."""
        self.missed = 0
        """Seconds that went by without a step."""

    def begin(self, now_s: float) -> None:
        """The first step is that of the next whole second."""
        self.next = math.floor(now_s) + 1

    def left_s(self, now_s: float) -> float:
        """How long until the next step is due [s]."""
        return max(0.0, self.next - now_s)

    def paused_s(self, now_s: float) -> float:
        """How long a pause lies behind us, 0 for none [s]; after one the next whole second is the next."""
        late_s = now_s - self.next
        if late_s <= PAUSE_S:
            return 0.0
        self._leave_out(math.floor(late_s) + 1)
        return late_s

    def go_on(self, now_s: float) -> None:
        """A step has been taken; seconds that have gone by whole are left out, unless that was a pause."""
        self.next += 1
        late_s = now_s - self.next
        if 1.0 <= late_s <= PAUSE_S:  # longer is a pause, and is seen as one in the next turn
            self._leave_out(math.floor(late_s))

    def _leave_out(self, seconds: int) -> None:
        self.next += seconds
        self.missed += seconds
