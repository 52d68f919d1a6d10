"""The wrong cabinets by name: what each does, and the statement of the conformance kit that is meant for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from field_io.registers import ResultCode
from sim.cabinet.cabinet import VirtualCabinet
from sim.cabinet.wrong import doors, lamps, words


@dataclass(frozen=True, slots=True)
class WrongCabinet:
    """One way to be wrong; `build` takes what VirtualCabinet takes."""

    does: str
    caught_by: str
    build: Callable[..., VirtualCabinet]


WRONG: Mapping[str, WrongCabinet] = {
    "swaps bytes": WrongCabinet("low byte first", "ID-1", words.SwapsBytes),
    "low word first": WrongCabinet("wider values have the low word first", "ID-5", words.LowWordFirst),
    "torn": WrongCabinet("serves snapshots of two scans", "RD-1", words.Torn),
    "frozen": WrongCabinet("serves one snapshot for ever", "RD-2", words.Frozen),
    "stale mirror": WrongCabinet("its holding registers lag", "RD-3", words.StaleMirror),
    "takes halves": WrongCabinet("puts a block together from pieces", "WR-1", doors.TakesHalves),
    "takes unsigned": WrongCabinet("accepts blocks without HMAC", "WR-5", doors.TakesUnsigned),
    "writes before reading": WrongCabinet("FC23 with a bad read range writes", "WR-6", doors.WritesBeforeReading),
    "misrouted": WrongCabinet("obeys blocks for other cabinets", "WR-8", doors.without(ResultCode.CABINET_ID)),
    "replayed": WrongCabinet("obeys blocks from before its start", "WR-9", doors.without(ResultCode.BOOT_ID)),
    "other data": WrongCabinet("obeys who believes in other data", "WR-10", doors.without(ResultCode.SAFETY_HASH)),
    "stale basis": WrongCabinet("obeys decisions of minutes ago", "WR-11", doors.without(ResultCode.STALE_BASIS)),
    "endless lease": WrongCabinet("accepts a lease of 0", "WR-12", doors.without(ResultCode.LEASE_RANGE)),
    "no precondition": WrongCabinet("obeys whatever it shows", "WR-13", doors.without(ResultCode.PRECONDITION)),
    "echoes another": WrongCabinet("echoes another block", "LE-2", words.EchoesAnother),
    "echoes only": WrongCabinet("echoes acceptance and does nothing", "LE-3", words.EchoesOnly),
    "renews on repeat": WrongCabinet("a repeated block renews", "LE-5", doors.RenewsOnRepeat),
    "any sequence": WrongCabinet(
        "obeys old sequences", "LE-6", doors.without(ResultCode.OLD_SEQUENCE, ResultCode.SAME_SEQUENCE)
    ),
    "ignores lease end": WrongCabinet("obeys after the lease has ended", "LE-7", doors.IgnoresLeaseEnd),
    "renews on refusal": WrongCabinet("refused blocks renew", "LE-9", doors.RenewsOnRefusal),
    "two masters": WrongCabinet("obeys two epochs at a time", "EP-1", doors.without(ResultCode.NOT_OWNER)),
    "old epoch": WrongCabinet(
        "obeys an older controller", "EP-2", doors.without(ResultCode.STALE_EPOCH, ResultCode.NOT_OWNER)
    ),
    "forgets fence": WrongCabinet("lets the displaced one back at once", "EP-4", doors.ForgetsFence),
    "ping-pong": WrongCabinet("any number of take-overs", "EP-5", doors.without(ResultCode.RATE_LIMIT)),
    "short amber": WrongCabinet("ambers a second short", "IS-2", lamps.with_data(lamps.short_amber)),
    "short minimum": WrongCabinet("half the minimum green", "IS-3", lamps.with_data(lamps.short_minimum)),
    "short intergreen": WrongCabinet("no all-red between greens", "IS-4", lamps.with_data(lamps.short_intergreen)),
    "no conflicts": WrongCabinet("conflicting groups together", "IS-5", lamps.with_data(lamps.no_conflicts)),
    "swapped stages": WrongCabinet("another stage than asked for", "IS-6", lamps.with_data(lamps.swapped_stages)),
    "another lamp": WrongCabinet("what it measures is not what it drives", "IS-8", words.TellsDriven),
    "any mode": WrongCabinet("obeys in flash and start-up", "SU-2", doors.without(ResultCode.MODE)),
    "never stuck": WrongCabinet("held by one request for ever", "WD-2", lamps.with_data(lamps.never_stuck)),
}
