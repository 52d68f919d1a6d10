"""What the five steps hand on to each other: arrays over the town, and nothing that remembers how it was made."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout
from controller.model import Aspect


@dataclass(slots=True)
class SignalState:
    """What shows in the street, as the cabinets last said it."""

    aspect: IntArray  # (J, G) Aspect codes
    since_s: FloatArray  # (J, G) when the aspect was first seen [s]
    red_since_s: FloatArray  # (J, G) end of the last green [s]
    active_stage: IntArray  # (J,) number, 0 in an interstage
    seen_s: FloatArray  # (J,) time of the newest report [s]; -inf before the first

    @classmethod
    def unknown(cls, layout: NetworkLayout, now_s: float) -> SignalState:
        """Before any report."""
        n_j, n_g, _ = layout.shape
        return cls(
            aspect=np.full((n_j, n_g), int(Aspect.UNKNOWN), np.int64),
            since_s=np.full((n_j, n_g), now_s),
            red_since_s=np.full((n_j, n_g), now_s),
            active_stage=np.zeros(n_j, np.int64),
            seen_s=np.full(n_j, -np.inf),
        )

    @property
    def green(self) -> BoolArray:
        """(J, G) groups that show green."""
        return np.asarray(self.aspect == int(Aspect.GREEN))


class LoopFault(IntEnum):
    """What a loop is suspected of; the first that holds in this order is told."""

    NONE = 0
    SILENT = 1
    """Its junction is heard, it is not."""
    STUCK_ON = 2
    STUCK_OFF = 3
    CHATTER = 4
    FROZEN = 5
    """It repeats itself."""
    MISCOUNTED = 6
    """The cabinet that counts the same loop says otherwise."""
    IMPLAUSIBLE = 7
    """The loops up- or downstream of it say otherwise."""


class StandIn(IntEnum):
    """What is taken in place of a loop."""

    OWN = 0
    """The loop itself: it is trusted."""
    NEIGHBOUR = 1
    """A trusted loop of the same lane or approach."""
    HISTORY = 2
    """What the same hour of the day had on the days before."""
    PLAN = 3
    """Nothing is known: its groups get what the fixed plan gives them."""


TRUSTED = 0.5
"""A loop that is trusted less than this is not used."""


@dataclass(frozen=True, slots=True)
class LoopState:
    """What may be believed of each loop in this second, for whoever reads loops."""

    trust: npt.NDArray[np.float32]  # (L,) 1 believed .. 0 known to be wrong; used from TRUSTED on
    fault: IntArray  # (L,) LoopFault, NONE where nothing is suspected
    stand_in: IntArray  # (L,) StandIn
    neighbour: IntArray  # (L,) column of the loop that stands in, its own column where none does
    count: FloatArray  # (L,) vehicles of this second: its own, its neighbour's to scale, or the mean of the hour
    occupied: FloatArray  # (L,) share of the second: its own, or of a neighbour of the same role; else 0
    touched: BoolArray  # (L,) somebody is on it, or on the neighbour that stands in
    stalled: BoolArray  # (L,) has stood on it through seconds of its own green: nobody goes

    @property
    def trusted(self) -> BoolArray:
        """(L,) loops that speak for themselves."""
        return np.asarray(self.trust >= TRUSTED)


@dataclass(frozen=True, slots=True)
class TrafficState:
    """One measurement of the town, made of what the loops told."""

    loops: LoopState
    call: BoolArray  # (J, G) somebody waits for green
    gap_s: FloatArray  # (J, G) since the last vehicle on any loop of the group [s]
    fresh: BoolArray  # (J,) counts are young enough to act on
    impaired: BoolArray  # (J,) a loop is not trusted
    blind: BoolArray  # (J,) too few loops are left, or a critical movement has none that sees it


@dataclass(frozen=True, slots=True)
class LaneUse:
    """How much of their green lanes use, told by the space between vehicles (see measure/saturation.py)."""

    saturation: FloatArray  # (J, N) used green over green of the last greens; 0 before the first, may exceed 1
    volume_veh_s: FloatArray  # (J, N) while green, reconstituted: saturation * maximum flow
    congested: BoolArray  # (J, N) uses all of its green and lets few go: something holds the vehicles
    max_flow_veh_s: FloatArray  # (J, N) densest discharge known
    standard_space_s: FloatArray  # (J, N) space behind each vehicle at maximum flow
    start_up_s: FloatArray  # (J, N) lost at the start of green


@dataclass(frozen=True, slots=True)
class LaneTrust:
    """How far each estimate of a lane may be trusted: 1 as far as loops go .. 0 a guess."""

    queue: FloatArray  # (J, N)
    flow: FloatArray  # (J, N)
    rate: FloatArray  # (J, N)
    saturation: FloatArray  # (J, N)


@dataclass(frozen=True, slots=True)
class LaneInsight:
    """What is known of lanes beside their queues and arrivals."""

    use: LaneUse
    turning_share: FloatArray  # (J, N, G) part of the approach's outflow that leaves by the lane and the group
    exits_full: FloatArray  # (J, N) part of the lane's exits on which vehicles stand
    trust: LaneTrust

    @classmethod
    def none(cls) -> LaneInsight:
        """Of no lane, shape (0, 0): before the loops were judged."""
        lanes = np.zeros((0, 0))
        use = LaneUse(lanes, lanes, lanes > 0, lanes, lanes, lanes)
        return cls(use, np.zeros((0, 0, 0)), lanes, LaneTrust(lanes, lanes, lanes, lanes))


@dataclass(frozen=True, slots=True)
class LaneState:
    """One measurement of every lane, for a strategy that plans ahead."""

    queue_veh: FloatArray  # (J, N) standing or about to
    near_due: FloatArray  # (J, N, R) seen on their way, by seconds to the stop line
    far_due: FloatArray  # (J, N, R) seen farther out, by seconds to the near loop
    near_s: IntArray  # (J, N) travel time from the near loop to the stop line [s]
    far_s: IntArray  # (J, N) travel time from the farthest loop [s]
    flow_veh_s: FloatArray  # (J, N)
    rate_veh_s: FloatArray  # (J, S, N) discharge while the stage shows, blocked lanes and full exits counted
    waited_s: FloatArray  # (J, N) how long somebody has waited for a green that does its duty [s]
    credit_veh: FloatArray  # (J, N) vehicles that the present green has let go
    since_clear_s: FloatArray  # (J, N) since the queue was last known to be empty [s]
    green_s: FloatArray  # (J, N) how long the lane has had green, 0 in red [s]
    stalled_s: FloatArray  # (J, N) how long green has moved nobody, though somebody stands there and no exit is full
    on_line_s: FloatArray  # (J, N) how long somebody has stood on the stop line, in green or not, and not left [s]
    still_s: FloatArray  # (J, N) since somebody left the stop line [s]
    insight: LaneInsight = field(default_factory=LaneInsight.none)
    """Taken from the same second, after what stands above."""


@dataclass(frozen=True, slots=True)
class StageProposal:
    """What a strategy wants, whether or not the time is right."""

    stage: IntArray  # (J,) number from 1; 0 no opinion
    reason: IntArray  # (J,) Reason codes


@dataclass(frozen=True, slots=True)
class StageRequest:
    """A proposal that is legal in time."""

    stage: IntArray  # (J,)
    reason: IntArray  # (J,)
