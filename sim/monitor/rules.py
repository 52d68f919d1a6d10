"""What must hold at a junction, taken from its file alone: who conflicts, how long, in which order of aspects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from controller.model import Aspect, GroupKind
from plans import JunctionFile
from plans.schema.junction import VehicleGroup


class Rule(StrEnum):
    """The safety rules that can be seen from outside."""

    S1 = "S1"
    """No two conflicting groups in green, amber, red-amber or flashing green together."""
    S2 = "S2"
    """From end of green to start of a conflicting green at least the intergreen."""
    S3 = "S3"
    """Every green at least its minimum; every vehicle green followed by amber of at least its length."""
    S4 = "S4"
    """No group leaves its legal sequence of aspects."""


OFF = frozenset({Aspect.DARK, Aspect.FLASHING_AMBER, Aspect.FLASHING_RED, Aspect.PEDESTRIAN_BLACKOUT, Aspect.UNKNOWN})
"""Out of ordinary work: power cut, flash, fault. May come at any moment and excuses what it cuts short."""
AFTER_OFF = OFF | {Aspect.RED, Aspect.AMBER, Aspect.GREEN}
"""Start-ups go over amber or red; the British one takes its first stage from dark to green."""


@dataclass(frozen=True, slots=True)
class GroupRules:
    """One signal group; times in tenths of a second."""

    id: str
    kind: GroupKind
    min_green_ds: int
    amber_ds: int = 0
    red_amber_ds: int = 0
    clearance_ds: int = 0

    def shortest_ds(self, aspect: Aspect) -> int | None:
        """How long an aspect lasts at least once it has begun; `None`: it may never be passed over unseen."""
        return {
            Aspect.AMBER: self.amber_ds,
            Aspect.RED_AMBER: self.red_amber_ds,
            Aspect.FLASHING_GREEN: self.clearance_ds,
        }.get(aspect)

    @property
    def sequence(self) -> tuple[Aspect, ...]:
        """Its aspects in their only order, from red round to red."""
        if self.kind is GroupKind.PEDESTRIAN:
            closing = (Aspect.FLASHING_GREEN,) if self.clearance_ds else ()
            return (Aspect.RED, Aspect.GREEN, *closing)
        opening = (Aspect.RED_AMBER,) if self.red_amber_ds else ()
        closing = (Aspect.AMBER,) if self.amber_ds else ()
        return (Aspect.RED, *opening, Aspect.GREEN, *closing)


@dataclass(frozen=True, slots=True)
class JunctionRules:
    """One junction: its groups in the order in which they are observed, and the intergreens between them."""

    junction: str
    groups: tuple[GroupRules, ...]
    intergreen_ds: Mapping[tuple[int, int], int]
    """(place of the ending group, place of the starting one): every pair that conflicts, in both directions."""

    @classmethod
    def from_file(cls, file: JunctionFile) -> JunctionRules:
        """As the engineer wrote it."""
        place = {group.id: i for i, group in enumerate(file.groups)}
        groups = tuple(
            GroupRules(group.id, GroupKind.VEHICLE, _ds(group.min_green_s), _ds(group.amber_s), _ds(group.red_amber_s))
            if isinstance(group, VehicleGroup)
            else GroupRules(group.id, GroupKind.PEDESTRIAN, _ds(group.walk_s), clearance_ds=_ds(group.clearance_s))
            for group in file.groups
        )
        intergreen_ds = {
            (place[ending], place[starting]): _ds(time_s)
            for ending, row in file.conflicts_and_intergreens.items()
            for starting, time_s in row.items()
        }
        return cls(file.junction, groups, intergreen_ds)

    def for_links(self, group_of_link: Sequence[str | None]) -> tuple[JunctionRules, tuple[int, ...]]:
        """The same rules for single lamps, each of which shows a group; and the links that have one.

        So the lamps of a programme that knows no groups can be judged, link by link. Pedestrians' clearance cannot be
        seen there; the intergreens, counted from the end of walk, hold it.
        """
        place = {group.id: i for i, group in enumerate(self.groups)}
        links = tuple(link for link, group in enumerate(group_of_link) if group is not None)
        groups = [place[group] for group in group_of_link if group is not None]
        intergreen_ds = {
            (i, j): self.intergreen_ds[ending, starting]
            for i, ending in enumerate(groups)
            for j, starting in enumerate(groups)
            if (ending, starting) in self.intergreen_ds
        }
        shown = tuple(replace(self.groups[g], clearance_ds=0) for g in groups)
        return JunctionRules(self.junction, shown, intergreen_ds), links


def _ds(time_s: float) -> int:
    return round(time_s * 10)
