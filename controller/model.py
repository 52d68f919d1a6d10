"""What an engineer has built and written down: groups, stages, intergreens, loops, plans, the calendar.

Everything here is frozen. Order is meaning: the place of a group in `Junction.groups` is its bit in every mask and its
column in every array; the place of a stage in `Junction.stages`, counted from 1, is the number sent to a cabinet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

MAX_GROUPS = 32
"""Signal groups of one cabinet (TSC-MB/1.0, input register 10)."""
MAX_STAGES = 32
"""Stages of one cabinet (TSC-MB/1.0, input register 11)."""


class Aspect(IntEnum):
    """What a signal group shows; the numbers are those of the cabinet's registers (TSC-MB/1.0, IR 118-125)."""

    DARK = 0
    RED = 1
    RED_AMBER = 2
    GREEN = 3
    AMBER = 4
    FLASHING_AMBER = 5
    FLASHING_RED = 6
    FLASHING_GREEN = 7
    """A pedestrian group's clearance: who is on the crossing finishes, nobody starts."""
    PEDESTRIAN_BLACKOUT = 8
    UNKNOWN = 15


class GroupKind(StrEnum):
    """Who obeys the group."""

    VEHICLE = "vehicle"
    PEDESTRIAN = "pedestrian"


class LoopRole(StrEnum):
    """What a detector is there for."""

    STOP_LINE = "stop_line"
    ADVANCE = "advance"
    ENTRY = "entry"
    EXIT = "exit"
    BUTTON = "button"


class PlanChange(StrEnum):
    """How a junction moves from one plan's clock to another's (standards: transition methods dwell, add, shortway)."""

    DWELL = "dwell"
    ADD_ONLY = "add_only"
    SHORTWAY = "shortway"


@dataclass(frozen=True, slots=True)
class SignalGroup:
    """Lamps that always show the same aspect: the object of safety. All times in s."""

    id: str
    kind: GroupKind
    min_green_s: float
    """Shortest green; for pedestrians the shortest walk."""
    max_green_s: float
    """Longest green while somebody else waits; for the strategies, never a cause to cut a minimum."""
    amber_s: float = 0.0
    """Steady amber after green; vehicles only, >= 3 s (MUTCD 4D.26)."""
    red_amber_s: float = 0.0
    """Red with amber before green; 0 where the country does not use it."""
    clearance_s: float = 0.0
    """Flashing green after walk; pedestrians only (MUTCD 4E.06)."""
    commit_s: float = 0.0
    """What a countdown display has shown is frozen for so long; 0 without a display."""

    @property
    def closing_s(self) -> float:
        """How long the group closes after its green: amber of vehicles, clearance of pedestrians [s]."""
        return self.amber_s if self.kind is GroupKind.VEHICLE else self.clearance_s


@dataclass(frozen=True, slots=True)
class Stage:
    """A target set of green groups."""

    id: str
    groups: tuple[str, ...]
    """Ids of the groups that are green; empty means all red."""
    selectable: bool = True
    """Whether a strategy may choose it.

    A step of a signal programme that only leads from one stage to another is not.
    """


@dataclass(frozen=True, slots=True)
class Lane:
    """One approach lane that ends at a stop line of the junction."""

    id: str
    approach: str
    """Lanes of one approach share a road; vehicles change between them."""
    groups: tuple[str, ...]
    """Signal groups that lead off this lane, one or more (a shared lane)."""
    length_m: float
    """From the upstream junction (or the edge of the network) to the stop line, followed across lane joins."""
    speed_m_s: float
    saturation_flow_veh_h: float = 1800.0
    """What the lane can discharge while green [veh/h]; a starting value that measuring improves."""
    signal_upstream_m: float | None = None
    """Distance of the nearest signal upstream whose vehicles come here [m], which a queue so long would block."""


@dataclass(frozen=True, slots=True)
class Loop:
    """A detector: an inductive loop or, with role `button`, a push button."""

    id: str
    """At most 8 characters, unique in the junction."""
    role: LoopRole
    lane: str | None
    """Id of the approach lane; of an exit loop `None`, see `exit_of`; of a button `None`."""
    groups: tuple[str, ...]
    """Groups that the loop calls and extends; for an exit loop the groups that discharge towards it."""
    distance_m: float
    """Upstream of the stop line [m]; of an exit loop downstream of the junction [m]."""
    length_m: float = 2.0


@dataclass(frozen=True, slots=True)
class ProgrammeStep:
    """One switching point of a signal programme: from this second of the cycle on, these groups are wanted green."""

    at_s: int
    stage: int
    """Number of the stage in `Junction.stages`, from 1."""


@dataclass(frozen=True, slots=True)
class TimingPlan:
    """One junction's timing under one plan: a cycle of successive stages.

    A plan written by splits and one written by switching times of each group both arrive here as switching points. A
    step counts from the moment the stage is asked for: the closing (amber) of what loses green happens at the step's
    start. The cycle second is (local seconds since midnight - offset_s) mod cycle_s.
    """

    plan: str
    cycle_s: int
    offset_s: int
    steps: tuple[ProgrammeStep, ...]
    """Sorted by `at_s`, each 0 <= at_s < cycle_s; before the first step the last one of the cycle holds."""
    coordinated: tuple[str, ...] = ()
    """Groups in whose favour spare green is given and where dwell waits; empty: those of the first selectable step."""


@dataclass(frozen=True, slots=True)
class Junction:
    """A signalled junction and everything a controller must know of it."""

    id: str
    name: str
    groups: tuple[SignalGroup, ...]
    stages: tuple[Stage, ...]
    intergreen_s: tuple[tuple[float | None, ...], ...]
    """[ending][starting] in s, end of green to start of green; `None` where the two may be green together."""
    lanes: tuple[Lane, ...]
    loops: tuple[Loop, ...]
    timings: tuple[TimingPlan, ...]
    permissive: frozenset[tuple[str, str]] = frozenset()
    """Pairs (yields, has priority) whose paths cross and which may be green together: the first gives way."""
    number: int = 0
    """The junction number in the cabinet's identity (TSC-MB/1.0, IR 4-5)."""
    cabinet_number: int = 0
    """The cabinet id (TSC-MB/1.0, IR 2-3)."""
    safety_hash: int = 0
    """First 64 bits of SHA-256 over the canonical safety data (TSC-MB/1.0, IR 6-9)."""
    neighbours: tuple[str, ...] = ()
    wired: tuple[str, ...] = ()
    """Ids of the loops that the cabinet counts by itself, in the order of its registers (TSC-MB/1.0, IR 176-191)."""

    def group_index(self) -> dict[str, int]:
        """Bit and column of each group by its id."""
        return {group.id: index for index, group in enumerate(self.groups)}

    def stage_mask(self, stage: Stage) -> int:
        """The stage as bits, bit i for `groups[i]`."""
        index = self.group_index()
        return sum(1 << index[group] for group in stage.groups)


@dataclass(frozen=True, slots=True)
class DayPlan:
    """Which plan from which local second of the day on; the last entry of the day before holds until the first."""

    id: str
    entries: tuple[tuple[int, str], ...]
    """(seconds since local midnight, plan id), sorted."""


Week = tuple[str, str, str, str, str, str, str]
"""Day plan ids, Monday first."""


class DatedKind(StrEnum):
    """Why a date has other day plans than its weekday."""

    SPECIAL = "special"
    HOLIDAY = "holiday"
    TERM = "term"


@dataclass(frozen=True, slots=True)
class DatedDays:
    """Days, once or each year, that have other day plans than the usual week."""

    kind: DatedKind
    first: int
    """First day: proleptic Gregorian ordinal; with `yearly` 100 * month + day."""
    last: int
    """Last day, in the same form; with `yearly` it may lie before `first`: then the days run over the new year."""
    week: Week
    yearly: bool = False
    name: str = ""

    def covers(self, ordinal: int, month_day: int) -> bool:
        """Whether the date is one of the days; it is given in both forms."""
        if not self.yearly:
            return self.first <= ordinal <= self.last
        if self.first <= self.last:
            return self.first <= month_day <= self.last
        return month_day >= self.first or month_day <= self.last


class TrafficMeasure(StrEnum):
    """What a trigger looks at."""

    FLOW = "flow_veh_h"
    SATURATION = "degree_of_saturation"


@dataclass(frozen=True, slots=True)
class Trigger:
    """A plan that runs while traffic holds: on above one figure, off below a lower one, never shorter than `stay_s`."""

    id: str
    plan: str
    junction: str
    groups: tuple[str, ...]
    """Groups of the junction whose stop-line loops are counted."""
    measure: TrafficMeasure
    on_above: float
    off_below: float
    window_s: int = 300
    """The measure is taken over the last so many seconds."""
    stay_s: int = 1800
    instead_of: tuple[str, ...] = ()
    """Plans of the calendar that it may replace; empty: any."""
    junctions: tuple[str, ...] = ()
    """Junctions that change to the plan; empty: the whole site."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Which day plan on which date, and which plan while which traffic."""

    weekdays: Week
    day_plans: tuple[DayPlan, ...]
    dated: tuple[DatedDays, ...] = ()
    """The highest rank first: special days, holidays, terms, in each those of one year before those of every year; the
    first that covers a date decides."""
    triggers: tuple[Trigger, ...] = ()
    """The first that is on decides."""
    max_changes_h: int = 4
    """The calendar and the triggers together change a junction's plan at most so often in any hour."""


@dataclass(frozen=True, slots=True)
class StrategyParameters:
    """What an engineer may tune for the strategies; one set for a site."""

    gap_s: float = 3.0
    """Actuated: a green ends when no vehicle has passed for so long (passage time, FHWA Signal Timing Manual)."""
    transition: PlanChange = PlanChange.SHORTWAY
    stretch_ratio: float = 0.20
    """Add-only transition: at most so much longer cycles."""
    shrink_ratio: float = 0.15
    """Shortway transition: at most so much shorter cycles, minimums kept."""
    transition_cycles: int = 5
    """A transition is over within so many cycles, whatever the ratios say (usual: 3 to 5)."""
    stale_s: float = 5.0
    """Counts older than this are not used (staleness limit)."""
    lease_s: float = 10.0
    manual_limit_s: float = 1800.0
    """A manual period without a time of its own ends so long after the last request [s]."""
    manual_warning_s: float = 60.0
    """So long before it ends it is announced [s]."""
    max_red_s: float = 240.0
    """A demanded group is served within this (liveness bound L1)."""


@dataclass(frozen=True, slots=True)
class Network:
    """A site: every junction, the calendar and the parameters."""

    site: str
    junctions: tuple[Junction, ...]
    schedule: Schedule
    utc_offset_s: int = 25200
    """Local standard time against UTC [s]; Thailand +7 h, no daylight saving. Clock readings say what holds now."""
    time_zone: str = ""
    """Name in the IANA time zone database; empty where the offset never changes."""
    parameters: StrategyParameters = field(default_factory=StrategyParameters)
