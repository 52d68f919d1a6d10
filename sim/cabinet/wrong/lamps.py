"""Cabinets whose lamps are wrong: their own safety data are not what they say, and their monitor looks away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from controller.model import GroupKind
from sim.cabinet.cabinet import VirtualCabinet
from sim.cabinet.config import CabinetConfig, GroupTimes
from sim.cabinet.monitor_card import MonitorCard


def with_data(change: Callable[[CabinetConfig], CabinetConfig]) -> Callable[..., VirtualCabinet]:
    """A cabinet that works with changed data, tells the hash of the right ones, and has a blind monitor."""

    def build(config: CabinetConfig, **settings: Any) -> VirtualCabinet:
        return VirtualCabinet(change(config), card=_blind(MonitorCard.of(config)), **settings)

    return build


def _blind(card: MonitorCard) -> MonitorCard:
    nothing = (0,) * card.groups
    return replace(card, conflicts=nothing, amber_ms=nothing, clearance_ms=(nothing,) * card.groups)


def short_amber(config: CabinetConfig) -> CabinetConfig:
    """Ambers are a second short."""
    return _with_groups(
        config, lambda g: replace(g, closing_ds=g.closing_ds - 10) if g.kind is GroupKind.VEHICLE else g
    )


def short_minimum(config: CabinetConfig) -> CabinetConfig:
    """Minimum greens are half as long."""
    return _with_groups(config, lambda group: replace(group, min_green_ds=group.min_green_ds // 2))


def short_intergreen(config: CabinetConfig) -> CabinetConfig:
    """What lies between amber and the next green is left out."""
    n = range(len(config.groups))
    shortest = [[config.groups[i].closing_ds + config.groups[j].red_amber_ds for j in n] for i in n]
    rows = (
        tuple(None if time_ds is None else shortest[i][j] for j, time_ds in enumerate(row))
        for i, row in enumerate(config.intergreen_ds)
    )
    return replace(config, intergreen_ds=tuple(rows))


def no_conflicts(config: CabinetConfig) -> CabinetConfig:
    """Nobody conflicts with anybody."""
    nobody = (None,) * len(config.groups)
    return replace(config, intergreen_ds=(nobody,) * len(config.groups))


def never_stuck(config: CabinetConfig) -> CabinetConfig:
    """The watchdog of a stuck request is as good as none."""
    return replace(config, stuck_request_ds=1 << 30)


def swapped_stages(config: CabinetConfig) -> CabinetConfig:
    """Asked for the first stage it shows the second, and the other way round."""
    first, second, *others = config.stages
    return replace(config, stages=(second, first, *others))


def _with_groups(config: CabinetConfig, change: Callable[[GroupTimes], GroupTimes]) -> CabinetConfig:
    return replace(config, groups=tuple(map(change, config.groups)))
