"""What goes into a step and what comes out of it: frozen values, nothing else crosses the core's border."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from controller.model import Aspect

# ---------------------------------------------------------------------------------------------------- inputs


class CabinetMode(IntEnum):
    """Mode of a cabinet (TSC-MB/1.0, IR 106)."""

    DARK = 0
    START_UP = 1
    REMOTE = 2
    LOCAL_COORDINATED = 3
    LOCAL_ISOLATED = 4
    MANUAL = 5
    ALL_RED_HOLD = 6
    FLASH_AMBER = 7
    FLASH_RED = 8
    LATCHED_FAULT = 9


@dataclass(frozen=True, slots=True)
class DetectorReading:
    """What the loops of one junction saw in one interval, as received.

    `loops`, `counts` and `occupied_ms` run parallel: vehicles that entered the loop and how long it was occupied [ms].
    `edges` are (ms since t0_s, loop id, on) in order of time, where the source sends them.
    """

    junction: str
    t0_s: float
    t1_s: float
    loops: tuple[str, ...]
    counts: tuple[int, ...]
    occupied_ms: tuple[int, ...]
    edges: tuple[tuple[int, str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class CabinetReport:
    """What a cabinet last said of itself, a checked snapshot of TSC-MB/1.0."""

    junction: str
    mode: CabinetMode
    mode_reason: int
    active_stage: int
    """Number from 1; 0 in an interstage."""
    next_stage: int
    aspects: tuple[Aspect, ...]
    """One for each group of the junction, in its order."""
    uptime_ms: int
    """The cabinet's own clock, for ages of aspects."""
    active_faults: int
    latched_faults: int
    lease_left_s: float
    accepted: bool | None
    """Whether the block sent last was accepted by echo, told once; `None` where none was under way."""
    result: int
    """Result code of the last block (TSC-MB/1.0 4.4)."""
    counts: tuple[int, ...] = ()
    """Cumulative counts of the loops wired to the cabinet, wrapping u16."""
    demands: int = 0
    min_green_left_s: float = math.inf
    """What is left of the minimum of the youngest green (TSC-MB/1.0, IR 111); inf where the cabinet does not say."""


@dataclass(frozen=True, slots=True)
class LinkChange:
    """The link to a cabinet came or went; said once at the edge, not repeated."""

    junction: str
    up: bool
    cause: str


class OperatorAction(StrEnum):
    """What an operator may ask of a junction."""

    HOLD = "hold"
    STEP = "step"
    RELEASE = "release"
    PLAN = "plan"
    MODE = "mode"


@dataclass(frozen=True, slots=True)
class OperatorRequest:
    """A person's wish, checked for role before it gets here."""

    action: OperatorAction
    junction: str | None
    """`None` with `plan`: the whole site."""
    stage: int | None = None
    plan: str | None = None
    strategy: str | None = None
    """With `mode`: the strategy to use, or None to return to the site's."""
    until_s: float | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class PriorityRequest:
    """A vehicle that should be favoured: `emergency` or `bus`."""

    junction: str
    kind: str
    group: str
    arrival_s: float
    request: str


@dataclass(frozen=True, slots=True)
class ClockReading:
    """Civil time, as an input: seconds since 1970 UTC, the zone's offset [s], and whether it may be trusted."""

    utc_s: float
    zone_offset_s: int
    trusted: bool = True


@dataclass(frozen=True, slots=True)
class StepOverrun:
    """The last step took longer than it may; only who runs the core can tell, so it is an input like any other."""

    took_s: float


Input = DetectorReading | CabinetReport | LinkChange | OperatorRequest | PriorityRequest | ClockReading | StepOverrun

# --------------------------------------------------------------------------------------------------- outputs


class CommandKind(IntEnum):
    """Type of a command block (TSC-MB/1.0, HR 8)."""

    RENEW = 0
    HOLD_STAGE = 1
    REQUEST_STAGE = 2
    RUN_LOCAL_PLAN = 3
    RELEASE = 4
    REQUEST_ALL_RED = 5
    REQUEST_FLASH = 6
    TAKE_OVER = 7


class Reason(IntEnum):
    """Why a decision was taken.

    The number goes to the cabinet's audit field (HR 29), the sentence is made elsewhere.
    """

    NONE = 0
    PROGRAMME = 1
    """The plan's switching point was reached."""
    TRANSITION = 2
    """On the way from one plan's clock to another's."""
    GAP_OUT = 3
    MAX_OUT = 4
    FORCE_OFF = 5
    DEMAND = 6
    """Somebody waits there, and nobody needs the present green."""
    REST = 7
    """Nobody waits elsewhere: green stays."""
    EXTENSION = 8
    MINIMUM_GREEN = 9
    """The sequence held a change back until a minimum has run."""
    COMMITTED = 10
    """A countdown has promised this green."""
    OPERATOR = 11
    STALE_DETECTORS = 12
    DETECTORS_BACK = 13
    CABINET_LOCAL = 14
    CABINET_REMOTE = 15
    LINK_DOWN = 16
    LINK_UP = 17
    PLAN_CHANGE = 18
    STRATEGY_FAILED = 19
    INTERLOCK_CONFLICT = 20
    INTERLOCK_MINIMUM = 21
    INTERLOCK_UNKNOWN_STAGE = 22
    INTERLOCK_MODE = 23
    MAX_RED = 24
    PLANNER = 25
    YARDSTICK = 26
    INTERLOCK_INTERGREEN = 27
    TRIGGER_ON = 28
    """Traffic asks for a plan."""
    TRIGGER_OFF = 29
    PLAN_HELD_BACK = 30
    """The plan has been changed as often in the last hour as the engineer allows."""
    MANUAL = 31
    """A person took the junction over."""
    MANUAL_ENDING = 32
    """The manual period will run out soon."""
    HANDING_BACK = 33
    """The manual period is over; the junction is on its way into step."""
    HANDED_BACK = 34
    CABINET_MANUAL = 40
    """Police or a technician decide at the cabinet."""
    CABINET_FAULT = 41
    CABINET_FLASH = 42
    CABINET_DARK = 43
    CABINET_START_UP = 44
    CABINET_ISOLATED = 45
    CABINET_REFUSES = 46
    """It answers, but its echo does not show what it was sent."""
    PLAN_FAILED = 47
    BLIND_MOVEMENT = 48
    """A critical movement has no loop left that sees it."""
    DETECTOR_FAULT = 49
    STRATEGY_LATE = 50
    STRATEGY_NONSENSE = 51
    STRATEGY_BACK = 52
    CLIMBED = 53
    """Nothing stands against the next better rung any more."""
    CABINET_FAULT_MINOR = 54
    """The cabinet tells of a fault with which it works on."""


class ControlMode(StrEnum):
    """Who decides at a junction."""

    ADAPTIVE = "adaptive"
    ACTUATED = "actuated"
    FIXED_TIME = "fixed_time"
    OPERATOR = "operator"
    LOCAL = "local"
    """The cabinet itself: lease ended, not yet taken, start-up or fault."""
    MANUAL = "manual"
    """A hand on the cabinet: police or a technician."""


class Rung(IntEnum):
    """The ladder of fallbacks, best first."""

    ADAPTIVE = 0
    SUBSTITUTES = 1
    """The strategy runs, with stand-ins for loops that are not trusted."""
    PLAN = 2
    """The centre runs the fixed plan."""
    CABINET_PLAN = 3
    """The cabinet runs its own coordinated plan by its own clock."""
    ISOLATED = 4
    """The cabinet runs alone, without a common clock."""
    FLASH = 5
    """Nobody is served in turn: flash, start-up, all red, fault."""
    DARK = 6


@dataclass(frozen=True, slots=True)
class PermittedCommand:
    """A command that the interlock agreed to.

    Made in `controller/interlock.py` and nowhere else; only this is encoded.
    """

    junction: str
    kind: CommandKind
    stage: int
    """Number from 1 in the junction's table; 0 where the kind has none."""
    expected_stage: int
    """Active stage the decision was based on; 0xFFFF where any will do."""
    expected_mode: CabinetMode
    min_green_s: float
    max_green_s: float
    lease_s: float
    reason: Reason
    issued_s: float
    valid_until_s: float
    plan: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided at a junction and why: a code with typed values, told once when it changes."""

    junction: str
    reason: Reason
    because: tuple[tuple[str, float | int | str], ...] = ()


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something a person should know; raised once at the edge, `cleared` once when it goes."""

    junction: str
    code: Reason
    cleared: bool = False
    because: tuple[tuple[str, float | int | str], ...] = ()


@dataclass(frozen=True, slots=True)
class StepResult:
    """Everything one step of the core answers."""

    now_s: float
    commands: tuple[PermittedCommand, ...]
    decisions: tuple[Decision, ...]
    alarms: tuple[Alarm, ...]
