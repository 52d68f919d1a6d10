"""From names to columns: a town as arrays, built once from the `Network`.

Shapes: J junctions, G the most groups of any junction, S the most stages, P plans, C the longest cycle [s], L loops
of the town. What a junction does not have is padding: `group_exists` and `n_stages` say what is real.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from controller.model import GroupKind, Junction, Loop, LoopRole, Network
from controller.programme import BoolArray, FloatArray, IntArray, ProgrammeTable, build_programme

__all__ = [
    "LOOP_ROLES",
    "BoolArray",
    "FloatArray",
    "IntArray",
    "NetworkLayout",
    "ProgrammeTable",
    "build_layout",
]

LOOP_ROLES = tuple(LoopRole)
"""Role codes of `NetworkLayout.loop_role` are places in this tuple."""
CALLING = frozenset({LoopRole.STOP_LINE, LoopRole.ADVANCE, LoopRole.BUTTON})
"""Roles that speak for those who come; an entry loop is too far out, an exit loop speaks of those who have gone."""


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
    loop_calls: BoolArray  # (L,) it speaks for those who come (`CALLING`)
    loop_rows: IntArray  # (K,) junctions that have loops, in order
    loop_starts: IntArray  # (K,) first loop of each; loops stand in the order of junctions
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
    loop_junction = np.array([row for row, _ in loops], np.int64)
    rows, starts = np.unique(loop_junction, return_index=True)
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
        programme=build_programme(junctions, selectable, network.parameters.shrink_ratio),
        loop_junction=loop_junction,
        loop_role=np.array([LOOP_ROLES.index(loop.role) for _, loop in loops], np.int64),
        loop_calls=np.array([loop.role in CALLING for _, loop in loops], bool),
        loop_rows=rows,
        loop_starts=np.asarray(starts),
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
