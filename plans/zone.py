"""A site's local time against UTC: fixed, or by the IANA time zone database where daylight saving moves the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from controller.model import Network


class UnknownZoneError(ValueError):
    """The machine's time zone database has no zone of that name."""


def zone_offset_s(network: Network, utc_s: float) -> int:
    """Local time minus UTC [s] at `utc_s` [s since 1970 UTC]; raises UnknownZoneError."""
    if not network.time_zone:
        return network.utc_offset_s
    return _seconds(datetime.fromtimestamp(utc_s, time_zone(network.time_zone)).utcoffset())


def utc_at_midnight(network: Network, day: date) -> float:
    """Seconds since 1970 UTC at local midnight, the first of two where the clock reads it twice."""
    naive_s = datetime.combine(day, time(), tzinfo=UTC).timestamp()
    if not network.time_zone:
        return naive_s - network.utc_offset_s
    return datetime.combine(day, time(), tzinfo=time_zone(network.time_zone)).timestamp()


def standard_offset_s(name: str) -> int:
    """Standard time (without daylight saving) minus UTC [s] of a zone, as of 2026; raises UnknownZoneError."""
    moment = datetime(2026, 1, 1, tzinfo=time_zone(name))
    return _seconds(moment.utcoffset()) - _seconds(moment.dst())


@lru_cache(maxsize=8)
def time_zone(name: str) -> ZoneInfo:
    """The zone of that name; raises UnknownZoneError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZoneError(f"there is no time zone {name!r} in the database of this machine") from error


def _seconds(span: timedelta | None) -> int:
    return round(span.total_seconds()) if span is not None else 0
