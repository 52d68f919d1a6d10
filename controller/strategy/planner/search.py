"""The search for the next stages of one junction: a dynamic programme over (moment of a change, stage asked for).

A plan is a sequence of stages, each asked for at a moment of a grid that is fine now and coarse later. The state of the
programme is (moment, stage); of all ways to reach it only the cheapest is kept, judged by what it has cost and by what
the queues it leaves will still cost (the states of COP in RHODES and of the schedule in SURTRAC are kept in the same
spirit). What a plan costs is computed lane by lane and second by second with vertical queues:

    cost = sum over lanes and seconds of q + spill price * max(0, q - full)
           + stop price * vehicles stopped + price of impatience + afterwards

q queue [veh]; full: the queue from which on it threatens the junction upstream; impatience: seconds in which a lane is
not served whose deadline has passed (a green relieves it when it has let the queue go, or what arrives in a round: a
few vehicles let go between others would only look like service); afterwards: what the queues left at the horizon cost
when every stage is then served once (a rollout, after Bertsekas: nobody gains by a change promised at the plan's very
end, which would be promised anew every second). Minimum greens, walks and intergreens are part of the moves: a stage is
not left before everything it turned green has had its minimum, a lane does not discharge before its intergreen has run,
and goes on while a set on the way holds it.

numba compiles all of it, without fast-math, so that every machine gets the same result. It is one file because numba
keeps what it compiled by the file of the function that was called: a change in another file would not be seen.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from controller.layout import BoolArray, FloatArray, IntArray

HORIZON_S = 90
"""How far the search looks [s]."""
GRID_S = np.array(
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 19, 22, 25, 28, 32, 36, 40, 44, 48, 53, 58, 64, 70, 77, 84], np.int64
)
"""Moments at which a change may be asked for [s from now]: every second at first, for only the first is ever done."""
STAY = -1
"""First change of a plan that never changes."""
NO_DEADLINE_S = 1e9
"""Deadline of a lane that nobody waits on."""
IMPATIENCE_GROWS_S = 30.0
"""So long after the deadline the price of impatience is four times as high: it grows with the square of the wait."""
_STOP, _LATER, _LEFT, _SERVE, IMPATIENCE_PLACE, _END_GAIN, _START_UP, SPILL_PLACE = range(8)
"""Places in `prices`."""
_NET_SHARE = 0.25
"""A served queue is thought to shrink at least with this share of its rate."""
_NOBODY_VEH = 0.05
_SOME_VEH = 0.5
"""A queue longer than this stops who joins it although the lane discharges."""


class Outlook(NamedTuple):
    """What the search knows of one junction. N lanes, S stages, H seconds; times in s, rates in veh/s."""

    queue: FloatArray  # (N,) vehicles waiting now
    deadline: FloatArray  # (N,) when its longest waiting loses patience [s from now]
    duty: FloatArray  # (N,) vehicles that a green must let go to relieve it, unless the queue goes before
    credit: FloatArray  # (N,) those that the present green has let go
    full: FloatArray  # (N,) queue from which on it threatens the junction upstream
    arrivals: FloatArray  # (N, H) vehicles joining in each second
    rate: FloatArray  # (S, N) discharge while the stage serves the lane, 0 where it does not
    lag: FloatArray  # (S, S, N) from asking for the second stage out of the first until the lane discharges
    clears: FloatArray  # (S, S, N) from asking for the second stage out of the first until what it ends is clear
    held: FloatArray  # (S, S, N) how long a lane that the change ends goes on
    shortest: FloatArray  # (S, S) from asking for the second stage out of the first until it may be left
    longest: FloatArray  # (S,) longest time in a stage
    allowed: BoolArray  # (S,) stages that may be chosen
    flow: FloatArray  # (N,) usual arrivals [veh/s]
    current: int  # stage asked for now, place from 0
    before: int  # stage asked for before it
    barred: FloatArray  # (N,) until everything that conflicts with the lane and has ended is clear
    current_lag: FloatArray  # (N,) until each lane discharges in it
    current_end: FloatArray  # (N,) until lanes that it ends have stopped
    current_left: float  # until it may be left
    current_run: float  # how long it has been asked for
    prices: FloatArray  # by `_STOP` to `SPILL_PLACE`


class Frontier(NamedTuple):
    """The cheapest known way into each state. M moments, S stages, N lanes."""

    judged: FloatArray  # (M, S) cost so far and to come, inf where the state was not reached
    paid: FloatArray  # (M, S) cost so far
    queue: FloatArray  # (M, S, N)
    deadline: FloatArray  # (M, S, N) NO_DEADLINE_S once relieved
    barred: FloatArray  # (M, S, N) until everything that has ended before is clear
    before: IntArray  # (M, S) stage before
    first_moment: IntArray  # (M, S) place in the grid of the plan's first change
    first_stage: IntArray  # (M, S)


class Room(NamedTuple):
    """Where one way through the horizon stands, second by second. N lanes."""

    queue: FloatArray  # (N,)
    deadline: FloatArray  # (N,)
    barred: FloatArray  # (N,)
    starts: FloatArray  # (N,) when each lane begins to discharge in the stage that shows
    ends: FloatArray  # (N,) when those that it ended stop


@njit(cache=True)
def best_first_change(outlook: Outlook, grid: IntArray, costs: FloatArray) -> tuple[int, int]:
    """Place in the grid of the best plan's first change, and its stage; (STAY, current) for none.

    Fills `costs` (S,): the cheapest plan whose first change is to that stage now; at the current one, not changing now.
    """
    n_m, n_s, n_n = grid.size, outlook.allowed.size, outlook.queue.size
    frontier = Frontier(
        np.full((n_m, n_s), np.inf),
        np.zeros((n_m, n_s)),
        np.zeros((n_m, n_s, n_n)),
        np.zeros((n_m, n_s, n_n)),
        np.zeros((n_m, n_s, n_n)),
        np.zeros((n_m, n_s), np.int64),
        np.zeros((n_m, n_s), np.int64),
        np.zeros((n_m, n_s), np.int64),
    )
    costs[:] = np.inf
    room = Room(np.zeros(n_n), np.zeros(n_n), np.zeros(n_n), np.zeros(n_n), np.zeros(n_n))
    best = _follow(outlook, frontier, grid, STAY, outlook.current, room)
    costs[outlook.current] = best
    moment, stage = STAY, outlook.current
    for m in range(n_m):
        for s in range(n_s):
            if frontier.judged[m, s] == np.inf:
                continue
            cost = _follow(outlook, frontier, grid, m, s, room)
            first_m, first_s = frontier.first_moment[m, s], frontier.first_stage[m, s]
            choice = first_s if grid[first_m] == 0 else outlook.current
            costs[choice] = min(costs[choice], cost)
            if cost < best:
                best, moment, stage = cost, first_m, first_s
    return moment, stage


@njit(cache=True)
def _follow(
    outlook: Outlook,
    frontier: Frontier,
    grid: IntArray,
    m0: int,
    stage: int,
    room: Room,
) -> float:
    """Stay in `stage` from moment `m0` (STAY: from now) to the horizon, offering every change on the way.

    Returns what the plan costs if it never changes again.
    """
    horizon = outlook.arrivals.shape[1]
    previous, begins, leave, until = _enter(outlook, frontier, grid, m0, stage, room)
    cost = 0.0 if m0 == STAY else frontier.paid[m0, stage]
    m = 0
    while m < grid.size and (grid[m] < leave or (m0 != STAY and grid[m] <= begins)):
        m += 1
    for second in range(begins, horizon):
        while m < grid.size and grid[m] == second:
            if second <= until:
                _offer(outlook, frontier, grid, m0, stage, m, room, cost)
            m += 1
        cost += _discharge(outlook, stage, previous, second, room)
    return cost + _afterwards(outlook, stage, horizon, room.queue, room.starts)


@njit(cache=True)
def _afterwards(outlook: Outlook, stage: int, horizon: int, queue: FloatArray, starts: FloatArray) -> float:
    """What the queues left at the horizon cost yet, if every stage is then served once until its queues are gone.

    The stage that shows comes first, then always the one that serves most of who waits; queues grow by their flow
    meanwhile. Vertical queues in fluid approximation, lane by lane: q + flow t while not served, q - (rate - flow) t
    while served. Every plan is judged by the same rule, so that a change promised at a plan's end earns nothing.
    """
    n_s, n_n = outlook.allowed.size, queue.size
    left = queue.copy()
    served = np.zeros(n_s, np.bool_)
    previous, now, cost = stage, stage, 0.0
    for turn in range(n_s):
        lasts = 0.0
        for n in range(n_n):
            rate = outlook.rate[now, n]
            if rate > 0.0 and left[n] > 0.0:
                lag = max(0.0, starts[n] - horizon) if turn == 0 else outlook.lag[previous, now, n]
                net = max(_NET_SHARE * rate, rate - outlook.flow[n])
                lasts = max(lasts, lag + (left[n] + outlook.flow[n] * lag) / net)
        lasts = min(lasts, outlook.prices[_SERVE])
        for n in range(n_n):
            rate, flow = outlook.rate[now, n], outlook.flow[n]
            lag = lasts
            if rate > 0.0:
                lag = max(0.0, starts[n] - horizon) if turn == 0 else outlook.lag[previous, now, n]
                lag = min(lag, lasts)
            over = outlook.prices[SPILL_PLACE] * max(0.0, left[n] - outlook.full[n])
            cost += left[n] * lag + 0.5 * flow * lag * lag + over * (0.5 if rate > 0.0 else 1.0) * lasts
            left[n] += flow * lag
            if rate > 0.0:
                net = max(_NET_SHARE * rate, rate - flow)
                goes = min(lasts - lag, left[n] / net)
                cost += left[n] * goes - 0.5 * net * goes * goes
                left[n] = max(0.0, left[n] - net * goes)
        served[now] = True
        previous, now = now, _fullest(outlook, served, left)
        if now < 0:
            break
    for n in range(n_n):
        cost += left[n] * outlook.prices[_LEFT]
    return cost


@njit(cache=True)
def _fullest(outlook: Outlook, served: BoolArray, queue: FloatArray) -> int:
    """The stage not yet served that lets most of those who wait go, -1 where nobody waits for one."""
    best, most = -1, _NOBODY_VEH
    for s in range(served.size):
        if served[s] or not outlook.allowed[s]:
            continue
        veh = 0.0
        for n in range(queue.size):
            if outlook.rate[s, n] > 0.0:
                veh += min(queue[n], outlook.rate[s, n] * outlook.prices[_SERVE])
        if veh > most:
            best, most = s, veh
    return best


@njit(cache=True)
def _enter(
    outlook: Outlook,
    frontier: Frontier,
    grid: IntArray,
    m0: int,
    stage: int,
    room: Room,
) -> tuple[int, int, float, float]:
    """Fill queues and the seconds at which lanes start and stop; (stage before, from, first leave, last leave) [s]."""
    if m0 == STAY:
        room.queue[:] = outlook.queue
        room.deadline[:] = outlook.deadline
        room.barred[:] = outlook.barred
        room.starts[:] = outlook.current_lag
        room.ends[:] = outlook.current_end
        leave = outlook.current_left
        return outlook.before, 0, leave, max(leave, outlook.longest[stage] - outlook.current_run)
    before, begins, late = frontier.before[m0, stage], grid[m0], 0.0
    for n in range(room.queue.size):
        room.queue[n] = frontier.queue[m0, stage, n]
        room.deadline[n] = frontier.deadline[m0, stage, n]
        room.barred[n] = frontier.barred[m0, stage, n]
        lag = outlook.lag[before, stage, n]
        room.starts[n] = max(begins + lag, room.barred[n] + outlook.prices[_START_UP])
        if outlook.rate[stage, n] > 0.0:
            late = max(late, room.starts[n] - begins - lag)
        ended = lag > 0.0 and outlook.rate[before, n] > 0.0
        room.ends[n] = begins + outlook.held[before, stage, n] + outlook.prices[_END_GAIN] if ended else 0.0
    leave = begins + outlook.shortest[before, stage] + late
    return before, begins, leave, max(leave, begins + outlook.longest[stage])


@njit(cache=True)
def _offer(
    outlook: Outlook,
    frontier: Frontier,
    grid: IntArray,
    m0: int,
    stage: int,
    m: int,
    room: Room,
    cost: float,
) -> None:
    """Leave `stage` at moment `m` for every other stage, where that is cheaper than what is known."""
    judged = cost
    for n in range(room.queue.size):
        judged += room.queue[n] * outlook.prices[_LATER]
    for other in range(outlook.allowed.size):
        if other == stage or not outlook.allowed[other]:
            continue
        waits = 0.0  # until the other stage's lanes discharge: tells apart ways in from different stages
        for n in range(room.queue.size):
            if outlook.rate[other, n] > 0.0:
                barred = room.barred[n] + outlook.prices[_START_UP] - grid[m]
                waits += room.queue[n] * max(barred, outlook.lag[stage, other, n])
        if judged + waits < frontier.judged[m, other]:
            frontier.judged[m, other] = judged + waits
            frontier.paid[m, other] = cost
            frontier.before[m, other] = stage
            frontier.queue[m, other] = room.queue
            frontier.deadline[m, other] = room.deadline
            for n in range(room.queue.size):
                frontier.barred[m, other, n] = max(room.barred[n], grid[m] + outlook.clears[stage, other, n])
            frontier.first_moment[m, other] = m if m0 == STAY else frontier.first_moment[m0, stage]
            frontier.first_stage[m, other] = other if m0 == STAY else frontier.first_stage[m0, stage]


@njit(cache=True)
def _discharge(
    outlook: Outlook,
    stage: int,
    previous: int,
    second: int,
    room: Room,
) -> float:
    """One second of every lane; what it costs [veh s]."""
    cost = 0.0
    queue, deadline, starts, ends = room.queue, room.deadline, room.starts, room.ends
    for n in range(queue.size):
        joining = outlook.arrivals[n, second]
        rate = 0.0
        if second >= starts[n]:
            rate = outlook.rate[stage, n]
        elif second < ends[n]:
            rate = outlook.rate[previous, n]
        if rate <= 0.0:
            cost += joining * outlook.prices[_STOP]
            if second >= deadline[n]:
                cost += outlook.prices[IMPATIENCE_PLACE] * (1.0 + (second - deadline[n]) / IMPATIENCE_GROWS_S) ** 2
        elif queue[n] > _SOME_VEH:
            cost += 0.5 * joining * outlook.prices[_STOP]
        if rate > 0.0 and deadline[n] < NO_DEADLINE_S:
            gone = (second + 1.0 - starts[n]) * rate + (outlook.credit[n] if starts[n] <= 0.0 else 0.0)
            if queue[n] <= rate or gone >= outlook.duty[n]:
                deadline[n] = NO_DEADLINE_S
        queue[n] = max(0.0, queue[n] + joining - rate)
        cost += queue[n] + outlook.prices[SPILL_PLACE] * max(0.0, queue[n] - outlook.full[n])
    return cost


class TownOutlook(NamedTuple):
    """What the search is given of every junction: fields of `Outlook` with a leading J, and who is on the way."""

    active: BoolArray  # (J,) junctions to plan for
    n_lanes: IntArray  # (J,)
    n_stages: IntArray  # (J,)
    queue: FloatArray  # (J, N)
    deadline: FloatArray  # (J, N)
    duty: FloatArray  # (J, N)
    credit: FloatArray  # (J, N)
    full: FloatArray  # (J, N)
    near_due: FloatArray  # (J, N, R) seen on their way, by seconds to the stop line
    far_due: FloatArray  # (J, N, R) seen farther out, by seconds to the near loop
    near_s: IntArray  # (J, N) from the near loop to the stop line [s]
    reach_s: IntArray  # (J, N) how far the loops see; beyond it the flow is expected [s]
    flow: FloatArray  # (J, N) [veh/s]
    rate: FloatArray  # (J, S, N)
    lag: FloatArray  # (J, S, S, N)
    clears: FloatArray  # (J, S, S, N)
    held: FloatArray  # (J, S, S, N)
    shortest: FloatArray  # (J, S, S)
    longest: FloatArray  # (J, S)
    allowed: BoolArray  # (J, S)
    current: IntArray  # (J,)
    before: IntArray  # (J,)
    barred: FloatArray  # (J, N)
    current_lag: FloatArray  # (J, N)
    current_end: FloatArray  # (J, N)
    current_left: FloatArray  # (J,)
    current_run: FloatArray  # (J,)
    prices: FloatArray


@njit(cache=True)
def plan_town(
    town: TownOutlook, grid: IntArray, horizon: int, moments: IntArray, stages: IntArray, costs: FloatArray
) -> None:
    """Search every active junction.

    Fills `moments` (J,) and `stages` (J,), the place in the grid and the stage of each best plan's first change, and
    `costs` (J, S), see `best_first_change`.
    """
    for j in range(town.active.size):
        if not town.active[j]:
            continue
        outlook = outlook_of(town, j, horizon)
        moments[j], stages[j] = best_first_change(outlook, grid, costs[j, : town.n_stages[j]])


@njit(cache=True)
def outlook_of(town: TownOutlook, j: int, horizon: int) -> Outlook:
    """What the search knows of junction `j` of the town."""
    n, s = town.n_lanes[j], town.n_stages[j]
    return Outlook(
        town.queue[j, :n],
        town.deadline[j, :n],
        town.duty[j, :n],
        town.credit[j, :n],
        town.full[j, :n],
        expected_arrivals(town, j, horizon),
        town.rate[j, :s, :n],
        town.lag[j, :s, :s, :n],
        town.clears[j, :s, :s, :n],
        town.held[j, :s, :s, :n],
        town.shortest[j, :s, :s],
        town.longest[j, :s],
        town.allowed[j, :s],
        town.flow[j, :n],
        town.current[j],
        town.before[j],
        town.barred[j, :n],
        town.current_lag[j, :n],
        town.current_end[j, :n],
        town.current_left[j],
        town.current_run[j],
        town.prices,
    )


@njit(cache=True)
def expected_arrivals(town: TownOutlook, j: int, horizon: int) -> FloatArray:
    """(N, H) who is expected at the stop line in each second: those seen on their way, then the usual flow."""
    n_lanes = town.n_lanes[j]
    expected = np.zeros((n_lanes, horizon))
    for n in range(n_lanes):
        reach = town.reach_s[j, n]
        for h in range(reach, horizon):
            expected[n, h] = town.flow[j, n]
        for r in range(town.near_due.shape[2]):
            if r < horizon:
                expected[n, r] += town.near_due[j, n, r]
            late = r + town.near_s[j, n]
            if late < horizon:
                expected[n, late] += town.far_due[j, n, r]
    return expected
