"""Feet and miles an hour, or metres and kilometres an hour: what the flag `Metric` of a UTDF file says."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Units(StrEnum):
    """What lengths and speeds of a file are in."""

    FEET = "feet"
    METRES = "metres"

    @property
    def metres(self) -> float:
        """How many metres one unit of length has."""
        return 0.3048 if self is Units.FEET else 1.0

    @property
    def metres_a_second(self) -> float:
        """How many m/s one unit of speed has: a mile, or a kilometre, an hour."""
        return 1609.344 / 3600 if self is Units.FEET else 1000 / 3600


UNITS_OF_METRIC: Mapping[str, Units] = {"0": Units.FEET, "1": Units.METRES}
"""By the value of the record `Metric`."""
