"""The planner with one of its parts taken out: what that part is worth, by the difference.

A part of the search goes by its price or its rule, a part of the measurement by a sight that undoes it. Everything else
is as it runs in the street: the same loops, interlock and cabinets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from controller import Network
from controller.core import LaneSight, loops_alone
from controller.lanes import build_lanes
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout, build_layout
from controller.state import LaneState
from controller.strategy import Moment, Planner
from controller.strategy.planner import IMPATIENCE_PLACE, SPILL_PLACE, TownOutlook
from controller.strategy.planner.passage import Passage


@dataclass(frozen=True, slots=True)
class Ablation:
    """What is put in place of the part."""

    kind: type[Planner] = Planner
    sight: Callable[[Network], LaneSight] = lambda _: loops_alone


def _without_price(town: TownOutlook, place: int) -> TownOutlook:
    prices = town.prices.copy()
    prices[place] = 0.0
    return town._replace(prices=prices)


@dataclass(slots=True)
class Unhurried(Planner):
    """Nobody's wait costs more than his delay, however long it is."""

    def _outlook(self, moment: Moment, layout: NetworkLayout, passage: Passage, current: IntArray) -> TownOutlook:
        return _without_price(super(Unhurried, self)._outlook(moment, layout, passage, current), IMPATIENCE_PLACE)


@dataclass(slots=True)
class Careless(Planner):
    """A queue that reaches the junction upstream costs what any other costs."""

    def _outlook(self, moment: Moment, layout: NetworkLayout, passage: Passage, current: IntArray) -> TownOutlook:
        return _without_price(super(Careless, self)._outlook(moment, layout, passage, current), SPILL_PLACE)


@dataclass(slots=True)
class Disorderly(Planner):
    """Full junctions serve whom they like, as others do."""

    def _in_turn(
        self,
        allowed: BoolArray,
        queue: FloatArray,
        current: IntArray,
        round_s: FloatArray,
        changes_s: FloatArray,
        moment: Moment,
        layout: NetworkLayout,
    ) -> BoolArray:
        return allowed


def as_engineered(network: Network) -> LaneSight:
    """Discharge is the site's saturation flow, whatever was learned, and nothing is ever blocked."""
    lanes = build_lanes(build_layout(network))
    rate_veh_s = lanes.served * lanes.saturation_veh_s[:, None, :]
    return lambda measured: replace(measured, rate_veh_s=rate_veh_s)


def nobody_stands_in_green(_: Network) -> LaneSight:
    """No green is held, and no change pauses, for who waits for a gap."""
    return lambda measured: replace(
        measured, stalled_s=np.zeros_like(measured.stalled_s), on_line_s=np.zeros_like(measured.on_line_s)
    )


class Unanchored:
    """Queues by counting alone: who arrives by the advance loop's count, less who leaves; nothing sets them right."""

    def __init__(self, network: Network) -> None:
        self._queue_veh = np.zeros(build_lanes(build_layout(network)).shape)
        self._arrive_veh = np.zeros_like(self._queue_veh)

    def __call__(self, measured: LaneState) -> LaneState:
        """The measurement with such queues."""
        left_veh = (measured.still_s == 0.0).astype(np.float64)
        self._queue_veh = np.maximum(0.0, self._queue_veh + self._arrive_veh - left_veh)
        self._arrive_veh = measured.near_due[:, :, 0].copy()  # who reaches the stop line in the second that begins
        return replace(measured, queue_veh=self._queue_veh.copy())


ABLATIONS: Mapping[str, Ablation] = {
    "planner-no-patience": Ablation(Unhurried),
    "planner-no-spillback": Ablation(Careless),
    "planner-no-turns": Ablation(Disorderly),
    "planner-no-learning": Ablation(sight=as_engineered),
    "planner-no-holding": Ablation(sight=nobody_stands_in_green),
    "planner-no-anchors": Ablation(sight=Unanchored),
}
"""By the name of the method."""
