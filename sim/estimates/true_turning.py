"""Where each approach's vehicles really go, by lane and signal group, forgotten as the controller forgets.

Shapes: J junctions, N lanes, G groups.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from controller import Network
from controller.lanes import LaneLayout
from controller.layout import BoolArray, FloatArray
from controller.measure.turning import SUMMED_EVERY_S, TURNING_MEMORY_S
from sim.sumo_map import JunctionMap

LEAST_VEH = 20.0
"""An approach that fewer have left tells no shares."""


class TrueTurning:
    """Vehicles over the stop lines, by the link that they took."""

    def __init__(self, network: Network, lanes: LaneLayout, maps: Mapping[str, JunctionMap]) -> None:
        self._group: dict[tuple[str, int], int] = {}
        for junction in network.junctions:
            at, index = maps[junction.id], junction.group_index()
            for number, link in enumerate(at.links):
                if link.group is not None:
                    self._group[at.tls, number] = index[at.groups[link.group]]
        approach, n_lanes = lanes.approach, lanes.shape[1]
        self._same: BoolArray = (approach[:, :, None] == approach[:, None, :]) & (approach >= 0)[:, :, None]
        ways = np.where((approach >= 0)[:, :, None], lanes.groups, False)
        several = (self._same @ ways.sum(axis=2)[:, :, None])[:, :, 0] > 1
        self._ways: BoolArray = ways & several[:, :, None]
        self._out_veh = np.zeros(lanes.groups.shape)
        self._n_lanes = n_lanes

    def left(self, tls: str, link: int, place: int) -> None:
        """A vehicle has passed the stop line of the lane at `place` by this link."""
        group = self._group.get((tls, link))
        if group is not None:
            self._out_veh[(*divmod(place, self._n_lanes), group)] += 1.0

    def forget(self) -> None:
        """`SUMMED_EVERY_S` have passed."""
        self._out_veh *= 1.0 - SUMMED_EVERY_S / TURNING_MEMORY_S

    def share(self) -> tuple[FloatArray, BoolArray]:
        """(J, N, G) parts of the approach's outflow, and ways off approaches that have several and enough vehicles."""
        total = (self._same @ self._out_veh.sum(axis=2)[:, :, None])[:, :, 0]
        enough: BoolArray = self._ways & (total >= LEAST_VEH)[:, :, None]
        return self._out_veh / np.maximum(total, 1.0)[:, :, None], enough
