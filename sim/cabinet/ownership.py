"""Who may command the cabinet: one epoch at a time, for as long as its lease is renewed.

The epoch is a fencing token. The first accepted epoch owns until its lease ends or it releases. A higher epoch may take
over at once, at most once a minute, and every lower epoch is then fenced for a minute (TSC-MB/1.0, 4.4).
"""

from __future__ import annotations

from sim.cabinet.groups import LONG_AGO, NEVER

FENCE_DS = 600
"""An older epoch stays out for at least 60 s after a take-over (TSC-MB/1.0, 4.4)."""
TAKE_OVER_EVERY_DS = 600
"""At most one take-over a minute (TSC-MB/1.0, 4.4)."""
REMEMBERED_EPOCHS = 8
NOBODY = 0


class Ownership:
    """Owner, lease, fence, and the last accepted block of each epoch. Times are tenths of a second."""

    def __init__(self) -> None:
        self.epoch = NOBODY
        self.lease_end_ds = NEVER
        """`NEVER` while no lease runs."""
        self._accepted: dict[int, tuple[int, int]] = {}
        self._forgotten_below = 1
        self._fenced_below = 0
        self._fence_end_ds = LONG_AGO
        self._taken_over_ds = LONG_AGO

    def is_stale(self, epoch: int, now_ds: int) -> bool:
        """Whether a newer controller has been here: an owner, a fence, or one so old that it is forgotten."""
        fenced = epoch < self._fenced_below and now_ds < self._fence_end_ds
        return epoch < self.epoch or epoch < self._forgotten_below or fenced

    def displaces_owner(self, epoch: int) -> bool:
        """Whether somebody else holds the lease."""
        return self.epoch not in {NOBODY, epoch}

    def may_take_over(self, now_ds: int) -> bool:
        """Whether the last take-over lies a minute back."""
        return now_ds - self._taken_over_ds >= TAKE_OVER_EVERY_DS

    def last_accepted(self, epoch: int) -> tuple[int, int] | None:
        """(sequence, CRC) of the last block accepted from an epoch."""
        return self._accepted.get(epoch)

    def lease_without_owner(self, now_ds: int, lease_ds: int) -> None:
        """A run begins: the lease runs, and whoever is accepted first becomes the owner."""
        self.epoch = NOBODY
        self.lease_end_ds = now_ds + lease_ds

    def grant(self, epoch: int, sequence: int, crc: int, now_ds: int, lease_ds: int) -> None:
        """This epoch owns from now on; a lower owner is fenced."""
        if self.displaces_owner(epoch):
            self._taken_over_ds = now_ds
            self._fenced_below, self._fence_end_ds = epoch, now_ds + FENCE_DS
        self.epoch = epoch
        self.lease_end_ds = now_ds + lease_ds
        self._accepted[epoch] = (sequence, crc)
        while len(self._accepted) > REMEMBERED_EPOCHS:
            # Without its last sequence an epoch could replay: who is forgotten stays out.
            oldest = min(self._accepted)
            del self._accepted[oldest]
            self._forgotten_below = oldest + 1

    def end(self) -> None:
        """Nobody owns: lease over, released, or somebody on site outranks."""
        self.epoch = NOBODY
        self.lease_end_ds = NEVER

    def lease_left_ds(self, now_ds: int) -> int:
        """What is left of the lease, 0 without one."""
        return 0 if self.lease_end_ds == NEVER else max(0, self.lease_end_ds - now_ds)
