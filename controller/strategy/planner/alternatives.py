"""What else the planner could have done at one junction in one second, and what that would have cost. Read only.

An alternative is the cheapest plan that begins with another step than the one chosen: with another stage, or with the
same stage at another time. The planner's own search finds it, with its first step prescribed and everything after it
free. Costs are those of the search, over its horizon and what is left then [veh s].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.layout import BoolArray, IntArray, NetworkLayout
from controller.model import StrategyParameters
from controller.state import StageProposal
from controller.strategy.contract import Moment
from controller.strategy.planner.passage import Passage
from controller.strategy.planner.planner import Planner
from controller.strategy.planner.search import (
    GRID_S,
    HORIZON_S,
    STAY,
    Frontier,
    Outlook,
    Room,
    TownOutlook,
    _follow,
    outlook_of,
)

State = tuple[int, int]
"""Of the search: (place of a moment in the grid, stage); the moment STAY stands for now, before any change."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A stage of a plan."""

    stage: int
    """Number from 1."""
    asked_in_s: int
    """Seconds from now until it is asked for."""


@dataclass(frozen=True, slots=True)
class Course:
    """A plan: what is asked for after the stage of now. No turn: that stage stays to the horizon."""

    turns: tuple[Turn, ...]
    cost_veh_s: float

    @property
    def begins(self) -> tuple[int, bool]:
        """(stage of its first turn, or 0; whether that is asked for now): what tells alternatives apart."""
        return (self.turns[0].stage, self.turns[0].asked_in_s == 0) if self.turns else (0, False)


@dataclass(frozen=True, slots=True)
class Weighing:
    """What the planner weighed at one junction in one second."""

    stage: int
    """Number of the stage that the junction is in or on its way to, before the decision."""
    left_s: float
    """Until that stage may be left [s]."""
    chosen: Course
    others: tuple[Course, ...]
    """Cheapest first."""


@dataclass(slots=True)
class Witness:
    """What one proposal of the planner was made of; empty until it was asked."""

    moment: Moment | None = None
    layout: NetworkLayout | None = None
    town: TownOutlook | None = None
    proposal: StageProposal | None = None
    via: IntArray | None = None  # (J,) number of the set on the way that was asked for in the second before, 0
    passage: Passage | None = None
    """As the proposal left it."""


def witnessed(witness: Witness) -> type[Planner]:
    """The planner itself; what it is given and what it answers is told to `witness` each time."""

    @dataclass(slots=True)
    class Witnessed(Planner):
        def propose(self, moment: Moment, layout: NetworkLayout, parameters: StrategyParameters) -> StageProposal:
            witness.moment, witness.layout = moment, layout
            witness.proposal = super(Witnessed, self).propose(moment, layout, parameters)
            witness.passage = Passage(self.stage, self.before, self.since_s, self.via, self.until_s)
            return witness.proposal

        def _outlook(self, moment: Moment, layout: NetworkLayout, passage: Passage, current: IntArray) -> TownOutlook:
            witness.via = passage.via
            witness.town = super(Witnessed, self)._outlook(moment, layout, passage, current)
            return witness.town

    return Witnessed


def weigh(town: TownOutlook, row: int, grid: IntArray = GRID_S, horizon_s: int = HORIZON_S) -> Weighing | None:
    """The plan chosen at junction `row` of the town and every alternative; None where nothing was planned."""
    if not town.active[row]:
        return None
    outlook = outlook_of(town, row, horizon_s)
    every, now = np.ones(outlook.allowed.size, bool), grid == 0
    chosen = _cheapest(outlook, grid, every, now | ~now)
    courses = [_cheapest(outlook, grid, ~every, now)]  # no turn at all
    for stage in np.flatnonzero(outlook.allowed):
        if stage != outlook.current:
            alone = np.arange(every.size) == stage
            courses += [_cheapest(outlook, grid, alone, moments, may_stay=False) for moments in (now, ~now)]
    if chosen is None:
        return None
    others = [course for course in courses if course is not None and course.begins != chosen.begins]
    others.sort(key=lambda course: course.cost_veh_s)
    return Weighing(int(outlook.current) + 1, float(outlook.current_left), chosen, tuple(others))


def _cheapest(
    outlook: Outlook, grid: IntArray, first: BoolArray, moments: BoolArray, *, may_stay: bool = True
) -> Course | None:
    """The cheapest plan whose first turn is to one of the stages `first` (S,) at one of the grid's `moments` (M,).

    With `may_stay` also the plan without a turn. None where no such plan is possible. It is the search of
    `best_first_change`, which here remembers the way to every state beside.
    """
    shape, n_n = (grid.size, outlook.allowed.size), outlook.queue.size
    frontier = Frontier(
        np.full(shape, np.inf), np.zeros(shape),
        np.zeros((*shape, n_n)), np.zeros((*shape, n_n)), np.zeros((*shape, n_n)),
        np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64),
    )  # fmt: skip
    room = Room(*(np.zeros(n_n) for _ in Room._fields))
    came: dict[State, State] = {}

    def follow(came_to: State) -> float:
        known = frontier.judged.copy()
        cost = float(_follow(outlook, frontier, grid, *came_to, room))
        came.update({(int(m), int(s)): came_to for m, s in np.argwhere(frontier.judged < known)})
        return cost

    start = (STAY, int(outlook.current))
    stays = follow(start)
    frontier.judged[~(moments[:, None] & first)] = np.inf
    best, end = stays if may_stay else np.inf, start
    for m in range(shape[0]):
        for s in range(shape[1]):
            cost = follow((m, s)) if frontier.judged[m, s] < np.inf else np.inf
            if cost < best:
                best, end = cost, (m, s)
    return Course(_turns(came, end, grid), best) if best < np.inf else None


def _turns(came: dict[State, State], end: State, grid: IntArray) -> tuple[Turn, ...]:
    turns = []
    while end[0] != STAY:
        turns.append(Turn(end[1] + 1, int(grid[end[0]])))
        end = came[end]
    return tuple(reversed(turns))
