"""Which second of a journal is meant: by the clock on the wall, or by the journal's own control time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from console.commands.options import seconds_of
from console.exits import UsageError
from field_io.segment import Segment
from plans import Bundle, load_site

DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """One segment of a journal in time."""

    path: Path
    first_s: float
    """Control time before its first step [s]."""
    last_s: float
    """Of its last step [s]."""
    local_shift_s: float
    """Local seconds since 1970 at control time 0."""

    def local(self, now_s: float) -> dt.datetime:
        """Local time of a control time; without a zone, for it is the street's own."""
        return dt.datetime.fromtimestamp(now_s + self.local_shift_s, dt.UTC).replace(tzinfo=None)


def stretches_of(paths: list[Path]) -> list[Stretch]:
    """The segments in time; raises JournalError, PlanError."""
    found = []
    for path in paths:
        with Segment.reading(path) as segment:
            head = segment.head
            offset_s = load_site(Bundle.from_json(head.bundle)).network.utc_offset_s
            shift_s = head.utc_s + offset_s - head.now_s
            found.append(Stretch(path, head.now_s, segment.last_step()[1], shift_s))
    return found


def control_time(told: str, stretches: list[Stretch]) -> tuple[Stretch, float]:
    """The segment and the control time meant; of a time of day the first in the journal. Raises UsageError.

    `HH:MM`, `HH:MM:SS`: local time; with a date before it (`2026-01-05T07:31:20`) that day's; a number: control time.
    """
    for stretch in stretches:
        now_s = _within(told, stretch)
        if stretch.first_s < now_s <= stretch.last_s:
            return stretch, now_s
    spans = ", ".join(
        f"{stretch.local(stretch.first_s + 1):%Y-%m-%d %H:%M:%S} to {stretch.local(stretch.last_s):%H:%M:%S} "
        f"({stretch.first_s + 1:g} to {stretch.last_s:g} s)"
        for stretch in stretches
    )
    raise UsageError(f"{told} is not in this journal, which has {spans}")


def _within(told: str, stretch: Stretch) -> float:
    """Control time by this segment's clock; for a time of day, the first after its begin."""
    if "-" in told:
        try:
            local = dt.datetime.fromisoformat(told).replace(tzinfo=dt.UTC)
        except ValueError:
            raise UsageError(f"{told!r} is no time: write HH:MM:SS, YYYY-MM-DDTHH:MM:SS or seconds") from None
        return local.timestamp() - stretch.local_shift_s
    seconds = seconds_of(told)
    if ":" not in told:
        return seconds
    first_local_s = stretch.first_s + 1 + stretch.local_shift_s
    return stretch.first_s + 1 + (seconds - first_local_s) % DAY_S
