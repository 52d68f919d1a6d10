"""The numbers and bits of TSC-MB/1.0 that mean something, by name; their meanings stand in `registers.toml`."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class ResultCode(IntEnum):
    """What became of the last block a cabinet received (IR 155)."""

    NONE = 0
    ACCEPTED = 1
    DUPLICATE = 2
    VERSION = 10
    CABINET_ID = 11
    BOOT_ID = 12
    SAFETY_HASH = 13
    STALE_EPOCH = 14
    NOT_OWNER = 15
    OLD_SEQUENCE = 16
    SAME_SEQUENCE = 17
    STALE_BASIS = 18
    LEASE_RANGE = 19
    MODE = 20
    LATCHED_FAULT = 21
    PRECONDITION = 22
    UNKNOWN_STAGE = 23
    MOVEMENT_NOT_ALLOWED = 24
    RATE_LIMIT = 25


class ModeReason(IntEnum):
    """Why a cabinet's mode last changed (IR 107)."""

    POWER_ON = 0
    START_UP_ENDED = 1
    LEASE_TAKEN = 2
    LEASE_ENDED = 3
    RELEASED = 4
    MANUAL_ON = 5
    MANUAL_OFF = 6
    SAFETY_FAULT = 7
    FLASH_REQUESTED = 8
    ALL_RED_REQUESTED = 9
    LOCAL_PLAN_REQUESTED = 10
    CLOCK_INVALID = 11
    CLOCK_VALID = 12
    STUCK_REQUEST = 13
    FLASH_ON_SITE = 14
    MINIMUM_FLASH_ENDED = 15
    RESET_ON_SITE = 16


class ClockStatus(IntEnum):
    """Whether a cabinet's wall clock may be trusted (IR 105)."""

    NEVER_SET = 0
    FREE_RUNNING = 1
    SYNCHRONISED = 2


class CommandState(IntEnum):
    """How far the last accepted request has got (IR 161)."""

    NONE = 0
    WAITING_MIN_GREEN = 1
    IN_INTERSTAGE = 2
    DONE = 3
    EXPIRED = 4
    SUPERSEDED = 5
    REFUSED = 6


class Capability(IntFlag):
    """What a cabinet can do (IR 14)."""

    HMAC = 1 << 0
    TLS = 1 << 1
    LOCAL_PLAN = 1 << 2
    LAMP_FEEDBACK = 1 << 3
    COUNTS = 1 << 4
    DEMAND_FORCE = 1 << 5
    PLAN_NOTE = 1 << 6


class FaultBit(IntFlag):
    """Faults, now and latched (IR 144-147)."""

    CONFLICT = 1 << 0
    RED_FAIL = 1 << 1
    SHORT_AMBER = 1 << 2
    CLEARANCE = 1 << 3
    DUAL_INDICATION = 1 << 4
    LAMP_MAJOR = 1 << 5
    LAMP_MINOR = 1 << 6
    WATCHDOG = 1 << 7
    SELF_TEST = 1 << 8
    CONFIGURATION = 1 << 9
    CLOCK = 1 << 10
    COMMUNICATION = 1 << 11
    DETECTOR = 1 << 12
    DEADLOCK = 1 << 13
    SUPPLY = 1 << 14
    DOOR = 1 << 15
    STUCK_REQUEST = 1 << 16
    STORE = 1 << 17


class ExceptionCode(IntEnum):
    """Modbus exceptions of the profile; a write that meets one changes nothing but a counter."""

    ILLEGAL_FUNCTION = 1
    ILLEGAL_ADDRESS = 2
    ILLEGAL_VALUE = 3
    NOT_READY = 6
