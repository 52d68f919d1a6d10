"""A map of a site as GeoJSON (RFC 7946): junctions, lanes, stop lines and loops, longitude before latitude, WGS 84."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DECIMALS = 7
"""A hundredth of a metre; RFC 7946, 11.2, calls six enough."""

LonLat = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing on the map: a point, or a line of two or more."""

    id: str
    points: tuple[LonLat, ...]
    properties: Mapping[str, object]


def geojson(features: Sequence[Feature]) -> str:
    """The features as one collection; raises ValueError for a point that lies nowhere on Earth."""
    for feature in features:
        for longitude, latitude in feature.points:
            if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
                raise ValueError(f"{feature.id} lies at {longitude:g}, {latitude:g}: not a longitude and a latitude")
    lines = [json.dumps(_feature(feature), ensure_ascii=False) for feature in features]
    box = _box([point for feature in features for point in feature.points])
    head = (
        f'{{"type": "FeatureCollection", "bbox": {json.dumps(box)}, "features": ['
        if box
        else ('{"type": "FeatureCollection", "features": [')
    )
    return head + "\n" + ",\n".join(lines) + "\n]}\n"


def _feature(feature: Feature) -> dict[str, object]:
    points = [[round(longitude, DECIMALS), round(latitude, DECIMALS)] for longitude, latitude in feature.points]
    alone = len(points) == 1
    geometry = {"type": "Point" if alone else "LineString", "coordinates": points[0] if alone else points}
    return {"type": "Feature", "id": feature.id, "geometry": geometry, "properties": dict(feature.properties)}


def _box(points: Sequence[LonLat]) -> list[float]:
    """West, south, east, north."""
    if not points:
        return []
    east, north = zip(*points, strict=True)
    return [round(value, DECIMALS) for value in (min(east), min(north), max(east), max(north))]
