"""The heap of a process that must answer within tenths of a second, and what Python's cyclic collector may cost it.

A town of 500 junctions stands in some 200 MiB of objects that live as long as the process. Each full collection looks
through all of them, every few seconds, for a tenth of a second in which no cabinet is written or read. What stands is
therefore looked through once, when the work begins, and not again.
"""

from __future__ import annotations

import gc


def spare_what_stands() -> None:
    """Collect what is no longer needed, and look at what is left no more; again where much of that has changed."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def spare_nothing() -> None:
    """The collector looks at everything again: the work has ended, and others may go on in this process."""
    gc.unfreeze()
