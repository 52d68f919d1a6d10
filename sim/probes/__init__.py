"""Faults injected one by one, each measured against the limit of its row: what `faikhiao faults` runs.

Wherever a fault can be had under a virtual clock it strikes the deterministic town of `sim/faults`; else real sockets,
processes and files of this machine. A module holds the probes of one kind of fault, and beside them their rows.
"""

from sim.probes.outcome import AbsentError, Figure, Outcome, Row

__all__ = ["AbsentError", "Figure", "Outcome", "Row"]
