"""When a change of stage may be asked for: after the minimum greens, and as a countdown has promised.

The cabinet makes the interstage and would itself wait for its minimums. Asking only when they have run keeps what was
asked for and what shows close together, and keeps the reasons true.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.events import Reason
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout
from controller.state import SignalState, StageProposal, StageRequest


@dataclass(slots=True)
class StageMemory:
    """The request that stands at each junction."""

    stage: IntArray  # (J,) number, 0 before the first
    since_s: FloatArray  # (J,) [s]
    promised: IntArray  # (J,) stage that a countdown has begun to announce, 0 where none
    due_s: FloatArray  # (J,) when the promise is kept [s]

    @classmethod
    def start(cls, layout: NetworkLayout, now_s: float) -> StageMemory:
        """Nothing asked for yet."""
        n_j = layout.shape[0]
        return cls(np.zeros(n_j, np.int64), np.full(n_j, now_s), np.zeros(n_j, np.int64), np.full(n_j, now_s))


def sequence_stages(
    memory: StageMemory,
    proposal: StageProposal,
    signals: SignalState,
    commanded: BoolArray,
    layout: NetworkLayout,
    now_s: float,
) -> StageRequest:
    """The stage to ask for now at each junction; what may not change yet stays.

    At a junction that is not commanded (commanded (J,) False) the standing request follows what the cabinet shows, so
    that control starts again from there.
    """
    standing = np.where(commanded & (memory.stage > 0), memory.stage, signals.active_stage)
    wanted = np.where(proposal.stage > 0, proposal.stage, standing)
    wanted, reason = _keep_promises(memory, wanted, proposal.reason, standing, layout, now_s)
    wants_change = commanded & (wanted != standing)
    too_early = wants_change & _cuts_a_minimum(wanted, signals, layout, now_s)
    stage = np.where(wants_change & ~too_early, wanted, standing)
    reason = np.where(too_early, int(Reason.MINIMUM_GREEN), reason)
    memory.since_s = np.where(stage != memory.stage, now_s, memory.since_s)
    memory.stage = stage
    return StageRequest(stage.copy(), reason)


def _keep_promises(
    memory: StageMemory,
    wanted: IntArray,
    reason: IntArray,
    standing: IntArray,
    layout: NetworkLayout,
    now_s: float,
) -> tuple[IntArray, IntArray]:
    """A change at a junction with countdowns is announced `commit_s` before it comes, and then it comes."""
    counts_down = layout.commit_s > 0
    if not counts_down.any():
        return wanted, reason
    begins = counts_down & (memory.promised == 0) & (wanted != standing)
    memory.promised = np.where(begins, wanted, memory.promised)
    memory.due_s = np.where(begins, now_s + layout.commit_s, memory.due_s)
    promised = memory.promised > 0
    due = promised & (now_s >= memory.due_s)
    held = np.where(due, memory.promised, standing)
    kept = due & (standing == memory.promised)
    memory.promised = np.where(kept, 0, memory.promised)
    return (
        np.where(promised & ~kept, held, wanted),
        np.where(promised & ~due, int(Reason.COMMITTED), reason),
    )


def _cuts_a_minimum(wanted: IntArray, signals: SignalState, layout: NetworkLayout, now_s: float) -> BoolArray:
    """(J,) the wanted stage would end a green before its minimum."""
    n_j = wanted.size
    stays = layout.stage_green[np.arange(n_j), np.maximum(wanted - 1, 0)]
    young = signals.green & (now_s - signals.since_s < layout.min_green_s)
    return np.asarray((young & ~stays & (wanted > 0)[:, None]).any(axis=1))
