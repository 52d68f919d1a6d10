"""What all plan files have in common: frozen, no unknown keys, ids fit for a topic, times in tenths of a second."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict
from pydantic.fields import ComputedFieldInfo, FieldInfo

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
"""Ids become levels of MQTT topics and names of files: no `/`, `+`, `#`, blank or control character."""
LOOP_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,7}$"
"""Loop ids stand in each detector message (at most 4 KiB) and have at most 8 characters."""
NAME_PATTERN = r"^[^\x00-\x1f\x7f]*$"
CLOCK_PATTERN = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
DATE_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
DAY_PATTERN = r"^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$"
"""A date, or with month and day alone the same day of every year."""
LONGEST_TIME_S = 600.0
"""Far above every green and intergreen, and far below the 6553.5 s that a register holds in tenths (TSC-MB/1.0)."""
LARGEST_U32 = 2**32 - 1


def _key_itself(key: str, _field: FieldInfo | ComputedFieldInfo) -> str:
    return key


class PlanModel(BaseModel):
    """A part of a plan file: frozen; a key that is not known is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, field_title_generator=_key_itself)


def whole_tenths(time_s: float) -> float:
    """Check that a time [s] has at most one decimal: cabinets count in tenths of a second (TSC-MB/1.0)."""
    if abs(time_s * 10 - round(time_s * 10)) > 1e-6:
        raise ValueError(f"must have at most one decimal (cabinets count tenths of a second); {time_s:.1f} is nearest")
    return round(time_s * 10) / 10


Id = Annotated[str, Field(pattern=ID_PATTERN)]
LoopId = Annotated[str, Field(pattern=LOOP_ID_PATTERN)]
LaneId = Annotated[str, Field(min_length=1, max_length=128, pattern=NAME_PATTERN)]
Name = Annotated[str, Field(max_length=200, pattern=NAME_PATTERN)]
Number = Annotated[int, Strict(), Field(ge=1, le=LARGEST_U32)]
Whole = Annotated[int, Strict()]
Real = Annotated[float, Strict()]
Flag = Annotated[bool, Strict()]
Seconds = Annotated[
    float,
    Strict(),
    Field(ge=0, le=LONGEST_TIME_S),
    AfterValidator(whole_tenths),
]
"""A time in s, 0 to 600, at most one decimal."""
CycleSecond = Annotated[int, Strict(), Field(ge=0, le=3600)]
"""A whole second of a cycle."""
ZoneOffset = Annotated[int, Strict(), Field(ge=-43_200, le=50_400)]
"""Local time against UTC in s, UTC-12 to UTC+14."""
Intergreens = dict[Id, dict[Id, Seconds]]
"""Ending group to starting group to seconds."""
