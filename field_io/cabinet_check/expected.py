"""What a site says of the cabinet at one of its junctions: the yardstick for lamps and identity."""

from __future__ import annotations

from dataclasses import dataclass

from controller.model import GroupKind, Junction
from plans import Site, load_cabinet, load_junction


@dataclass(frozen=True, slots=True)
class Expected:
    """One junction as its engineer wrote it; groups by their place, times in milliseconds."""

    cabinet_number: int
    junction_number: int
    safety_hash: int
    groups: tuple[str, ...]
    pedestrian: frozenset[int]
    min_green_ms: tuple[int, ...]
    closing_ms: tuple[int, ...]
    """Amber of vehicles, clearance of pedestrians."""
    red_amber_ms: tuple[int, ...]
    intergreen_ms: dict[tuple[int, int], int]
    """(ended, started): end of green to start of green; pairs that may be green together are not in it."""
    stages: tuple[frozenset[int], ...]
    """Groups that are green in each stage."""
    stuck_request_s: float

    @classmethod
    def of(cls, site: Site, junction_id: str) -> Expected:
        """From a site that passed its checks; raises KeyError for a junction that it does not have."""
        junction = next((one for one in site.network.junctions if one.id == junction_id), None)
        if junction is None:
            raise KeyError(junction_id)
        place = {group.id: i for i, group in enumerate(junction.groups)}
        rows = load_junction(site.bundle, junction_id).conflicts_and_intergreens
        return cls(
            cabinet_number=junction.cabinet_number,
            junction_number=junction.number,
            safety_hash=junction.safety_hash,
            groups=tuple(place),
            pedestrian=frozenset(place[g.id] for g in junction.groups if g.kind is GroupKind.PEDESTRIAN),
            min_green_ms=tuple(_ms(group.min_green_s) for group in junction.groups),
            closing_ms=tuple(_ms(group.closing_s) for group in junction.groups),
            red_amber_ms=tuple(_ms(group.red_amber_s) for group in junction.groups),
            intergreen_ms={(place[i], place[j]): _ms(time_s) for i, row in rows.items() for j, time_s in row.items()},
            stages=tuple(frozenset(place[group] for group in stage.groups) for stage in junction.stages),
            stuck_request_s=load_cabinet(site.bundle, _cabinet_of(site, junction)).stuck_request_s,
        )


def _cabinet_of(site: Site, junction: Junction) -> str:
    return site.addresses[junction.id].cabinet


def _ms(time_s: float) -> int:
    return round(time_s * 1000)
