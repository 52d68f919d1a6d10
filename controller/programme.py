"""Every plan of every junction second by second, and where its clock may wait or run ahead to get into step.

A clock waits in the coordinated stage. It runs ahead only over seconds that every green can spare: a group's run of
green in the cycle keeps its minimum and the intergreen before it, and no block of a stage loses more than
`shrink_ratio` of its length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from controller.model import Junction, TimingPlan

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

SHORTEST_BLOCK_S = 2
"""A block of a stage keeps at least so many seconds, whatever could be spared: it is asked for, then left."""


@dataclass(frozen=True, slots=True)
class ProgrammeTable:
    """Row p, junction j, cycle second c. A block: seconds of one stage without interruption, over the cycle's end."""

    plans: tuple[str, ...]
    cycle_s: IntArray  # (P, J), 1 where the junction has no such plan
    offset_s: IntArray  # (P, J)
    stage: IntArray  # (P, J, C) stage number wanted, 0 where there is none
    holdable: BoolArray  # (P, J, C) the plan's clock may wait here to get into step
    jump_s: IntArray  # (P, J, C) so many seconds from here on may be left out at once
    spare_s: IntArray  # (P, J) what may be left out of one cycle
    begun_s: IntArray  # (P, J, C) since the block began
    left_s: IntArray  # (P, J, C) until the block ends, this second included
    shortest_s: IntArray  # (P, J, C) the least that the block must run, so that no green falls under its minimum


def build_programme(junctions: tuple[Junction, ...], selectable: BoolArray, shrink_ratio: float) -> ProgrammeTable:
    """The table of all plans; selectable is (J, S)."""
    plans = tuple(sorted({timing.plan for junction in junctions for timing in junction.timings}))
    longest = max((timing.cycle_s for junction in junctions for timing in junction.timings), default=1)
    shape = (len(plans), len(junctions))
    cycle, offset, spare = np.ones(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    stage, jump, begun, left, shortest = (np.zeros((*shape, longest), np.int64) for _ in range(5))
    holdable = np.zeros((*shape, longest), bool)
    for row, junction in enumerate(junctions):
        for timing in junction.timings:
            at = (plans.index(timing.plan), row)
            c = timing.cycle_s
            seconds = stage_by_second(timing)
            steady = selectable[row, seconds - 1]
            blocks = _Blocks.of(junction, seconds)
            least_s = blocks.least_s(steady, shrink_ratio)
            cycle[at], offset[at] = c, timing.offset_s
            stage[at][:c] = seconds
            holdable[at][:c] = _holdable(junction, timing, seconds, steady)
            begun[at][:c], left[at][:c] = blocks.begun_s, blocks.left_s
            shortest[at][:c] = least_s[blocks.of_second]
            spare_of = (blocks.length_s - least_s)[blocks.of_second]
            # One second into the block, so that its stage is asked for before anything is left out of it.
            jump[at][:c] = np.where(blocks.begun_s == 1, spare_of, 0)
            spare[at] = int((blocks.length_s - least_s).sum())
    return ProgrammeTable(plans, cycle, offset, stage, holdable, jump, spare, begun, left, shortest)


def stage_by_second(timing: TimingPlan) -> IntArray:
    """(cycle_s,) the stage wanted in each second of the cycle; the last step holds until the first."""
    seconds = np.full(timing.cycle_s, timing.steps[-1].stage, np.int64)
    for step in timing.steps:
        seconds[step.at_s :] = step.stage
    return seconds


def _holdable(junction: Junction, timing: TimingPlan, seconds: IntArray, steady: BoolArray) -> BoolArray:
    """Where waiting costs least: in steady stages that serve the coordinated groups, else in any steady stage.

    Without coordinated groups, those of the first steady stage of the cycle are.
    """
    lit = _lit(junction)[seconds - 1]
    index = junction.group_index()
    favoured = [index[group] for group in timing.coordinated]
    if not favoured and steady.any():
        favoured = np.flatnonzero(lit[steady.argmax()]).tolist()
    served = steady & lit[:, favoured].all(axis=1)
    return served if served.any() else steady


def _lit(junction: Junction) -> BoolArray:
    """(stages, groups) which groups are green in each stage."""
    masks = [[group.id in stage.groups for group in junction.groups] for stage in junction.stages]
    return np.array(masks, bool).reshape(len(junction.stages), len(junction.groups))


@dataclass(frozen=True, slots=True)
class _Blocks:
    """The blocks of one plan of one junction, in the order of the cycle: B blocks, G groups, C seconds."""

    junction: Junction
    lit: BoolArray  # (B, G)
    start_s: IntArray  # (B,)
    length_s: IntArray  # (B,)
    of_second: IntArray  # (C,)

    @classmethod
    def of(cls, junction: Junction, seconds: IntArray) -> _Blocks:
        starts = np.flatnonzero(seconds != np.roll(seconds, 1))
        if starts.size == 0:
            starts = np.zeros(1, np.int64)
        lengths = np.diff(np.append(starts, starts[0] + seconds.size))
        of_second = (np.searchsorted(starts, np.arange(seconds.size), side="right") - 1) % starts.size
        return cls(junction, _lit(junction)[seconds[starts] - 1], starts, lengths, of_second)

    @property
    def begun_s(self) -> IntArray:
        """(C,) since the block of the second began [s]."""
        return np.asarray((np.arange(self.of_second.size) - self.start_s[self.of_second]) % self.of_second.size)

    @property
    def left_s(self) -> IntArray:
        """(C,) until the block ends, the second included [s]."""
        return np.asarray(self.length_s[self.of_second] - self.begun_s)

    def least_s(self, steady: BoolArray, shrink_ratio: float) -> IntArray:
        """(B,) what each block must keep [s]: a group's run of green shares what it can spare over its blocks."""
        n = self.length_s.size
        spare = np.minimum(shrink_ratio * self.length_s, self.length_s - SHORTEST_BLOCK_S)
        counts_down = any(group.commit_s > 0 for group in self.junction.groups)  # what a display promised is kept
        spare = np.where(steady[self.start_s] & ~np.bool_(counts_down), spare, 0.0)
        for group in range(self.lit.shape[1]):
            for run in self._runs(group):
                needed_s = self.junction.groups[group].min_green_s + self._before_s(group, run[0])
                share = (self.length_s[run].sum() - needed_s) / len(run)
                spare[run] = np.minimum(spare[run], share)
        return self.length_s - np.floor(np.maximum(0.0, spare)).astype(np.int64) if n > 1 else self.length_s

    def _runs(self, group: int) -> list[list[int]]:
        """Blocks of each uninterrupted green of the group; none where it is green throughout."""
        lit, n = self.lit[:, group], self.length_s.size
        if lit.all():
            return []
        runs = []
        for first in np.flatnonzero(lit & ~np.roll(lit, 1)):
            run = [int(first)]
            while lit[(run[-1] + 1) % n]:
                run.append((run[-1] + 1) % n)
            runs.append(run)
        return runs

    def _before_s(self, group: int, block: int) -> float:
        """From the request of the block to the green of the group: the longest intergreen from those that end [s]."""
        ending = np.flatnonzero(self.lit[block - 1] & ~self.lit[block])
        return max((self.junction.intergreen_s[int(end)][group] or 0.0 for end in ending), default=0.0)
