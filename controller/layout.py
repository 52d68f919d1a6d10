"""From names to columns: a town as arrays, built once from the `Network`.

Shapes: J junctions, G the most groups of any junction, S the most stages, P plans, C the longest cycle [s], L loops
of the town. What a junction does not have is padding: `group_exists` and `n_stages` say what is real.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from controller.model import GroupKind, Junction, Loop, LoopRole, Network, TimingPlan

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

LOOP_ROLES = tuple(LoopRole)
"""Role codes of `NetworkLayout.loop_role` are places in this tuple."""


@dataclass(frozen=True, slots=True)
class ProgrammeTable:
    """Every plan of every junction, second by second. Row p, junction j, cycle second c."""

    plans: tuple[str, ...]
    cycle_s: IntArray  # (P, J), 1 where the junction has no such plan
    offset_s: IntArray  # (P, J)
    stage: IntArray  # (P, J, C) stage number wanted, 0 where there is none
    holdable: BoolArray  # (P, J, C) the plan's clock may wait here to get into step
    skippable: BoolArray  # (P, J, C) the plan's clock may jump over this second


@dataclass(frozen=True, slots=True)
class NetworkLayout:
    """The only bridge from names to columns."""

    junctions: tuple[Junction, ...]
    junction_index: dict[str, int]
    n_groups: IntArray  # (J,)
    n_stages: IntArray  # (J,)
    group_exists: BoolArray  # (J, G)
    pedestrian: BoolArray  # (J, G)
    min_green_s: FloatArray  # (J, G)
    max_green_s: FloatArray  # (J, G)
    closing_s: FloatArray  # (J, G)
    red_amber_s: FloatArray  # (J, G)
    commit_s: FloatArray  # (J,) longest countdown promise of the junction
    conflict: BoolArray  # (J, G, G) ending, starting
    intergreen_s: FloatArray  # (J, G, G) 0 where compatible
    stage_green: BoolArray  # (J, S, G)
    selectable: BoolArray  # (J, S)
    programme: ProgrammeTable
    loop_junction: IntArray  # (L,)
    loop_role: IntArray  # (L,) place in LOOP_ROLES
    loop_groups: BoolArray  # (L, G) groups of its own junction that the loop calls
    loop_foretold: BoolArray  # (L,) stop-line loop whose lane has an advance loop, which sees the next vehicle before
    loop_index: dict[str, dict[str, int]]
    signature: str
    """Changes whenever a column would mean something else; a snapshot of another layout is refused."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(J, G, S)."""
        return (len(self.junctions), self.group_exists.shape[1], self.selectable.shape[1])


def build_layout(network: Network) -> NetworkLayout:
    """Lay the network out as arrays; the network has been checked before (see `plans`)."""
    junctions = network.junctions
    n_j = len(junctions)
    n_g = max((len(j.groups) for j in junctions), default=0)
    n_s = max((len(j.stages) for j in junctions), default=0)
    shape = (n_j, n_g)
    exists, pedestrian = np.zeros(shape, bool), np.zeros(shape, bool)
    minimum, maximum, closing, red_amber = (np.zeros(shape) for _ in range(4))
    conflict, intergreen = np.zeros((n_j, n_g, n_g), bool), np.zeros((n_j, n_g, n_g))
    stage_green, selectable = np.zeros((n_j, n_s, n_g), bool), np.zeros((n_j, n_s), bool)
    commit = np.zeros(n_j)
    for row, junction in enumerate(junctions):
        n = len(junction.groups)
        exists[row, :n] = True
        pedestrian[row, :n] = [g.kind is GroupKind.PEDESTRIAN for g in junction.groups]
        minimum[row, :n] = [g.min_green_s for g in junction.groups]
        maximum[row, :n] = [g.max_green_s for g in junction.groups]
        closing[row, :n] = [g.closing_s for g in junction.groups]
        red_amber[row, :n] = [g.red_amber_s for g in junction.groups]
        commit[row] = max((g.commit_s for g in junction.groups), default=0.0)
        matrix = np.array([[np.nan if s is None else s for s in line] for line in junction.intergreen_s], float)
        known = ~np.isnan(matrix.reshape(n, n))
        conflict[row, :n, :n] = known
        intergreen[row, :n, :n] = np.where(known, matrix.reshape(n, n), 0.0)
        index = junction.group_index()
        for place, stage in enumerate(junction.stages):
            stage_green[row, place, [index[g] for g in stage.groups]] = True
            selectable[row, place] = stage.selectable
    loops = [(row, loop) for row, junction in enumerate(junctions) for loop in junction.loops]
    return NetworkLayout(
        junctions=junctions,
        junction_index={junction.id: row for row, junction in enumerate(junctions)},
        n_groups=np.array([len(j.groups) for j in junctions], np.int64),
        n_stages=np.array([len(j.stages) for j in junctions], np.int64),
        group_exists=exists,
        pedestrian=pedestrian,
        min_green_s=minimum,
        max_green_s=maximum,
        closing_s=closing,
        red_amber_s=red_amber,
        commit_s=commit,
        conflict=conflict,
        intergreen_s=intergreen,
        stage_green=stage_green,
        selectable=selectable,
        programme=_programme_table(junctions, selectable, network.parameters.shrink_ratio),
        loop_junction=np.array([row for row, _ in loops], np.int64),
        loop_role=np.array([LOOP_ROLES.index(loop.role) for _, loop in loops], np.int64),
        loop_groups=_loop_groups(junctions, loops, n_g),
        loop_foretold=_loop_foretold(loops),
        loop_index=_loop_index(junctions),
        signature=_signature(network),
    )


def _loop_groups(junctions: tuple[Junction, ...], loops: list[tuple[int, Loop]], n_g: int) -> BoolArray:
    called = np.zeros((len(loops), n_g), bool)
    indexes = [junction.group_index() for junction in junctions]
    for place, (row, loop) in enumerate(loops):
        called[place, [indexes[row][group] for group in loop.groups]] = True
    return called


def _loop_foretold(loops: list[tuple[int, Loop]]) -> BoolArray:
    advance = {(row, loop.lane) for row, loop in loops if loop.role is LoopRole.ADVANCE}
    return np.array([loop.role is LoopRole.STOP_LINE and (row, loop.lane) in advance for row, loop in loops], bool)


def _loop_index(junctions: tuple[Junction, ...]) -> dict[str, dict[str, int]]:
    index: dict[str, dict[str, int]] = {}
    place = 0
    for junction in junctions:
        index[junction.id] = {loop.id: place + k for k, loop in enumerate(junction.loops)}
        place += len(junction.loops)
    return index


def _signature(network: Network) -> str:
    # A set tells its members in another order in each process: they are taken out and told sorted.
    pairs = [sorted(junction.permissive) for junction in network.junctions]
    junctions = tuple(replace(junction, permissive=frozenset()) for junction in network.junctions)
    return hashlib.sha256(repr((replace(network, junctions=junctions), pairs)).encode()).hexdigest()


def _programme_table(junctions: tuple[Junction, ...], selectable: BoolArray, shrink_ratio: float) -> ProgrammeTable:
    plans = tuple(sorted({timing.plan for junction in junctions for timing in junction.timings}))
    longest = max((timing.cycle_s for junction in junctions for timing in junction.timings), default=1)
    shape = (len(plans), len(junctions))
    cycle, offset = np.ones(shape, np.int64), np.zeros(shape, np.int64)
    stage = np.zeros((*shape, longest), np.int64)
    holdable, skippable = np.zeros((*shape, longest), bool), np.zeros((*shape, longest), bool)
    for row, junction in enumerate(junctions):
        for timing in junction.timings:
            p, c = plans.index(timing.plan), timing.cycle_s
            cycle[p, row], offset[p, row] = c, timing.offset_s
            seconds = _stage_by_second(timing)
            stage[p, row, :c] = seconds
            steady = selectable[row, seconds - 1]
            holdable[p, row, :c] = _holdable(junction, timing, seconds, steady)
            skippable[p, row, :c] = _skippable(junction, seconds, steady, shrink_ratio)
    return ProgrammeTable(plans, cycle, offset, stage, holdable, skippable)


def _stage_by_second(timing: TimingPlan) -> IntArray:
    """(cycle_s,) the stage wanted in each second of the cycle; the last step holds until the first."""
    seconds = np.full(timing.cycle_s, timing.steps[-1].stage, np.int64)
    for step in timing.steps:
        seconds[step.at_s :] = step.stage
    return seconds


def _green_by_second(junction: Junction, seconds: IntArray) -> BoolArray:
    """(cycle_s, groups) which groups the programme wants green."""
    masks = np.array([[g.id in stage.groups for g in junction.groups] for stage in junction.stages], bool)
    return masks.reshape(len(junction.stages), len(junction.groups))[seconds - 1]


def _holdable(junction: Junction, timing: TimingPlan, seconds: IntArray, steady: BoolArray) -> BoolArray:
    """Where waiting costs least: in steady stages that serve the coordinated groups, else in any steady stage."""
    index = junction.group_index()
    favoured = [index[group] for group in timing.coordinated]
    served = steady & _green_by_second(junction, seconds)[:, favoured].all(axis=1)
    return served if served.any() else steady


def _skippable(junction: Junction, seconds: IntArray, steady: BoolArray, shrink_ratio: float) -> BoolArray:
    """Seconds that may be left out without cutting any group below its minimum.

    A group that is green for g s in the cycle may lose at most g - minimum; each block of a stage gets an equal part of
    what its tightest group can spare, and never more than `shrink_ratio` of its own length (rounded down).
    """
    green = _green_by_second(junction, seconds)
    starts = np.flatnonzero(seconds != np.roll(seconds, 1))
    if starts.size == 0:
        return np.zeros(seconds.size, bool)
    lengths = np.diff(np.append(starts, starts[0] + seconds.size))
    minimum = np.array([g.min_green_s for g in junction.groups])
    blocks_green = green[starts]
    runs = np.maximum(1, (green & ~np.roll(green, 1, axis=0)).sum(axis=0))
    share = (green.sum(axis=0) / runs - minimum) / np.maximum(1, blocks_green.sum(axis=0))
    allowed = np.zeros(seconds.size, bool)
    for start, length, lit in zip(starts, lengths, blocks_green, strict=True):
        spare = share[lit].min() if lit.any() else 0.0
        n = int(max(0, min(spare, shrink_ratio * length, length - 2)))
        if steady[start]:
            allowed[(start + 1 + np.arange(n)) % seconds.size] = True
    return allowed
