"""Which of two controllers drives: decided by each for itself, from what the cabinets say.

There is no vote and no third machine. A cabinet knows who renewed its lease and how long ago, and it obeys one epoch at
a time whatever anybody believes: so the cabinets are where the two controllers see each other, over the very lines that
matter. Who stands by reads every cabinet once a second and writes nothing. Where most of them have not heard from their
owner for two fifths of a lease, it takes a higher epoch and takes them over, before the lease is out; the second of the
two waits a little longer, so that they do not start at once. Who leads, and finds that most cabinets belong to a higher
epoch, stands by. Most, not one: one cabinet that lies can neither bring a controller down nor keep one from leading.

A broker that is down, or a line between the two machines, decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

MEMBERS = 8
"""Epochs of a member have its number as remainder by this: two members never take the same one."""
PATIENCE_LEASES = 0.4
"""An owner that was silent for so much of a lease has missed four renewals of ten, and leads no more."""
STAGGER_LEASES = 0.15
"""Each later member waits so much longer, time for the take-over of the one before it to be seen."""
UNOWNED_S = 2.0
"""A street that belongs to nobody is looked at for so long before it is taken [s]."""
LET_GO_S = 120.0
"""The same where somebody still drives a part of it: the rest may be locked, or handed back, for a minute [s]."""


class Role(StrEnum):
    """What a controller does."""

    ALONE = "alone"
    """It has no other beside it and drives."""
    LEADS = "leads"
    STANDS_BY = "stands by"


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whose a cabinet is, as it says itself."""

    epoch: int
    """0: nobody's."""
    silent_s: float
    """Since its owner last renewed; 0 where it has none [s]."""
    commandable: bool
    """Whether it would take a command at all: in manual, start-up, flash and fault it belongs to nobody."""


class Standby:
    """One of two controllers; `decide` is asked once a second. It begins standing by."""

    def __init__(self, number: int, lease_s: float) -> None:
        """`number` from 1: who waits longer. `lease_s` of the site [s]."""
        self.number = number
        self.role = Role.STANDS_BY
        self.epoch = 0
        """Under which it leads; 0 while it stands by."""
        self._patience_s = (PATIENCE_LEASES + STAGGER_LEASES * (number - 1)) * lease_s
        self._stagger_s = STAGGER_LEASES * (number - 1) * lease_s
        self._unowned_since_s: float | None = None

    def decide(self, now_s: float, seen: Collection[Ownership], known_epoch: int, own_epoch: int) -> bool:
        """Look at the cabinets that were read within the last seconds; whether the role has changed.

        `known_epoch`: the highest of which anything was ever heard. `own_epoch`: what this very controller drove under
        before it was started again, 0 where that is not certain; where most cabinets are still its own it goes on.
        """
        open_now = [cabinet for cabinet in seen if cabinet.commandable]
        if self.role is Role.LEADS:
            return self._may_step_down(open_now)
        if own_epoch and own_epoch >= known_epoch and _most(open_now, (c for c in open_now if c.epoch == own_epoch)):
            return self._lead(own_epoch)
        return self._may_lead(now_s, open_now, known_epoch)

    def _may_lead(self, now_s: float, open_now: Collection[Ownership], known_epoch: int) -> bool:
        """Most cabinets are left alone by their owner; or belong to nobody, and have for a while."""
        silent = [cabinet for cabinet in open_now if cabinet.epoch and cabinet.silent_s >= self._patience_s]
        unowned = [cabinet for cabinet in open_now if not cabinet.epoch]
        if not _most(open_now, silent + unowned):
            self._unowned_since_s = None
            return False
        if len(unowned) >= len(silent):
            driven = len(open_now) > len(silent) + len(unowned)
            since_s = self._unowned_since_s = now_s if self._unowned_since_s is None else self._unowned_since_s
            if now_s - since_s < self._stagger_s + (LET_GO_S if driven else UNOWNED_S):
                return False
        return self._lead(next_epoch(known_epoch, self.number))

    def _may_step_down(self, open_now: Collection[Ownership]) -> bool:
        owned = [cabinet for cabinet in open_now if cabinet.epoch]
        if not _most(owned, (cabinet for cabinet in owned if cabinet.epoch > self.epoch)):
            return False
        self.role, self.epoch, self._unowned_since_s = Role.STANDS_BY, 0, None
        return True

    def _lead(self, epoch: int) -> bool:
        self.role, self.epoch, self._unowned_since_s = Role.LEADS, epoch, None
        return True


def next_epoch(known: int, number: int) -> int:
    """The lowest epoch above `known` that no other member would take.

    >>> next_epoch(0, 1), next_epoch(1, 1), next_epoch(1, 2), next_epoch(17, 2)
    (1, 9, 2, 18)
    """
    return known + 1 + (number - known - 1) % MEMBERS


def _most(of: Collection[Ownership], some: Iterable[Ownership]) -> bool:
    """Whether these are more than half of them."""
    return 2 * len(list(some)) > len(of)
