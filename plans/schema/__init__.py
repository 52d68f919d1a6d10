"""The only shapes that a plan file may have: pydantic models, frozen, unknown keys forbidden, every field described."""

from plans.schema.base import PlanModel
from plans.schema.cabinet import (
    AddressEntry,
    CabinetFile,
    LocalPlan,
    LocalStep,
    SafetyData,
    SafetyGroup,
    SafetyStage,
    StartUp,
)
from plans.schema.calendar import (
    WEEKDAYS,
    CalendarFile,
    DayPlanEntry,
    FixedHoliday,
    HolidaysEntry,
    MovingHoliday,
    SpecialDate,
    TermEntry,
    TriggerEntry,
    WeekdaysEntry,
)
from plans.schema.junction import (
    GroupEntry,
    JunctionFile,
    LaneEntry,
    LoopEntry,
    PedestrianGroup,
    StageEntry,
    VehicleGroup,
)
from plans.schema.site import SCHEMA_VERSION, ParametersEntry, SiteFile
from plans.schema.timing import GroupTiming, JunctionTiming, SplitEntry, StageTiming, TimingFile

__all__ = [
    "SCHEMA_VERSION",
    "WEEKDAYS",
    "AddressEntry",
    "CabinetFile",
    "CalendarFile",
    "DayPlanEntry",
    "FixedHoliday",
    "GroupEntry",
    "GroupTiming",
    "HolidaysEntry",
    "JunctionFile",
    "JunctionTiming",
    "LaneEntry",
    "LocalPlan",
    "LocalStep",
    "LoopEntry",
    "MovingHoliday",
    "ParametersEntry",
    "PedestrianGroup",
    "PlanModel",
    "SafetyData",
    "SafetyGroup",
    "SafetyStage",
    "SiteFile",
    "SpecialDate",
    "SplitEntry",
    "StageEntry",
    "StageTiming",
    "StartUp",
    "TermEntry",
    "TimingFile",
    "TriggerEntry",
    "VehicleGroup",
    "WeekdaysEntry",
]
