"""What the cabinet remembers of its last 20 scans, so that a block can be judged by the snapshot it was based on."""

from __future__ import annotations

from collections import deque

from controller.events import CabinetMode
from field_io.registers import BASIS_SCANS


class Trail:
    """Stage and mode at each recent scan, and who ordered the changes. Times are tenths of a second."""

    def __init__(self) -> None:
        self._shown: deque[tuple[int, int, CabinetMode]] = deque()
        self._orders: deque[tuple[int, int]] = deque()

    def note(self, now_ds: int, stage: int, mode: CabinetMode) -> None:
        """What a scan ended with."""
        if self._shown and self._shown[-1][1:] == (stage, mode):
            return
        self._shown.append((now_ds, stage, mode))
        while len(self._shown) > 1 and self._shown[1][0] < now_ds - BASIS_SCANS:
            self._shown.popleft()

    def order(self, now_ds: int, author: int) -> None:
        """A new stage or mode was ordered, by an epoch or (0) by nobody from afar."""
        self._orders.append((now_ds, author))
        while self._orders[0][0] < now_ds - BASIS_SCANS:
            self._orders.popleft()

    def was(self, then_ds: int) -> tuple[int, CabinetMode] | None:
        """Active stage and mode at a scan of the last 20; `None` when that is not known."""
        return next(((stage, mode) for at_ds, stage, mode in reversed(self._shown) if at_ds <= then_ds), None)

    def others_decided_since(self, then_ds: int, epoch: int) -> bool:
        """Whether stage or mode was ordered after that scan by anybody but this epoch's accepted blocks.

        An interstage that ends or begins by an order that was known then is no new decision.
        """
        return any(at_ds > then_ds and author != epoch for at_ds, author in self._orders)
