"""Manual periods in a journal: who took a junction over, for how long, and which stages showed how long.

An operator's period begins and ends with the core's decisions; one at the cabinet's own panel with the mode that the
cabinet reports. A stage counts from the moment its predecessor was left, interstage included, as the splits of a plan
do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from controller.events import CabinetMode, CabinetReport, ClockReading, Decision, Reason
from controller.model import Junction, Network
from field_io.errors import JournalError
from field_io.journal_files import segment_paths
from field_io.segment import Head, Segment, Step
from plans import Bundle, PlanError, load_site

PANEL = "panel"
"""Who decided where a cabinet reported manual: police or a technician at its panel."""
CUT = "journal"
"""How a period ended that was still going on at the journal's end."""


@dataclass(frozen=True, slots=True)
class StageSpell:
    """A stage and how long it had the junction; times in control time [s]."""

    stage: int
    """Number from 1; 0 where no stage was ever reported."""
    begin_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        return self.end_s - self.begin_s


@dataclass(frozen=True, slots=True)
class ManualPeriod:
    """One manual period; times in control time [s]."""

    number: int
    """From 1, in the order of beginning."""
    junction: Junction
    by: str
    begin_s: float
    end_s: float
    ended: str
    """`release`, `expired`, `panel` or `journal`."""
    local_at_zero_s: float
    """Local seconds since 1970 at control time 0."""
    plan: str
    """The plan that ran at the junction when it was taken over."""
    spells: tuple[StageSpell, ...]

    @property
    def local(self) -> datetime:
        """Local civil time of its beginning, without a zone."""
        return datetime.fromtimestamp(self.local_at_zero_s + self.begin_s, tz=UTC).replace(tzinfo=None)

    @property
    def second_of_day(self) -> float:
        """Local seconds since midnight at its beginning."""
        return (self.local_at_zero_s + self.begin_s) % 86400


@dataclass(slots=True)
class _Open:
    """A period that goes on."""

    by: str
    begin_s: float
    plan: str
    spells: list[StageSpell] = field(default_factory=list)

    def see(self, stage: int, now_s: float) -> None:
        """The active stage as reported, 0 in an interstage."""
        last = self.spells[-1] if self.spells else None
        if last is not None and last.stage in {stage, 0}:  # goes on, or an interstage has come to its stage
            self.spells[-1] = StageSpell(stage or last.stage, last.begin_s, now_s)
            return
        if last is not None:
            self.spells[-1] = StageSpell(last.stage, last.begin_s, now_s)
        self.spells.append(StageSpell(stage, now_s if self.spells else self.begin_s, now_s))


def read_manual_periods(path: Path) -> tuple[ManualPeriod, ...]:
    """Every manual period of a journal, a file or a folder; raises JournalError."""
    paths = segment_paths(path) if path.is_dir() else [path]
    if not paths:
        raise JournalError(str(path), "there is no segment in this folder")
    reader = _Reader()
    for segment_path in paths:
        with Segment.reading(segment_path) as segment:
            reader.begin(segment.head)
            for step in segment.steps():
                reader.take(step)
    return reader.finish()


class _Reader:
    """Goes through the steps and keeps what is open."""

    def __init__(self) -> None:
        self._junctions: dict[str, Junction] = {}
        self._open: dict[str, _Open] = {}
        self._done: list[ManualPeriod] = []
        self._plan: dict[str, str] = {}
        self._local_at_zero_s = 0.0
        self._now_s = 0.0

    def begin(self, head: Head) -> None:
        network = _network(head)
        self._junctions = {junction.id: junction for junction in network.junctions}
        self._local_at_zero_s = head.utc_s - head.now_s + network.utc_offset_s

    def take(self, step: Step) -> None:
        self._now_s = step.now_s
        for event in step.inputs:
            if isinstance(event, ClockReading) and event.trusted:
                self._local_at_zero_s = event.utc_s + event.zone_offset_s - step.now_s
            elif isinstance(event, CabinetReport):
                self._hear_panel(event)
                if event.junction in self._open:
                    self._open[event.junction].see(event.active_stage, step.now_s)
        result = step.result()
        for decision in result.decisions if result is not None else ():
            self._hear_desk(decision)

    def finish(self) -> tuple[ManualPeriod, ...]:
        for junction in list(self._open):
            self._close(junction, CUT)
        ordered = sorted(self._done, key=lambda period: (period.begin_s, period.junction.id))
        return tuple(_numbered(ordered))

    def _hear_panel(self, report: CabinetReport) -> None:
        manual, held = report.mode is CabinetMode.MANUAL, self._open.get(report.junction)
        if manual and held is None:
            self._open[report.junction] = _Open(PANEL, self._now_s, self._plan.get(report.junction, ""))
        elif not manual and held is not None and held.by == PANEL:
            self._close(report.junction, PANEL)

    def _hear_desk(self, decision: Decision) -> None:
        told = dict(decision.because)
        match decision.reason:
            case Reason.PLAN_CHANGE:
                self._plan[decision.junction] = str(told.get("plan", ""))
            case Reason.MANUAL if decision.junction not in self._open:
                plan = self._plan.get(decision.junction, "")
                self._open[decision.junction] = _Open(str(told.get("by", "")), self._now_s, plan)
            case Reason.HANDING_BACK if decision.junction in self._open:
                self._close(decision.junction, str(told.get("action", "")))

    def _close(self, junction: str, ended: str) -> None:
        held = self._open.pop(junction)
        spells = [spell for spell in held.spells if spell.length_s > 0 or spell.stage > 0]
        if spells:
            spells[-1] = StageSpell(spells[-1].stage, spells[-1].begin_s, self._now_s)
        place = self._junctions[junction]
        period = ManualPeriod(
            0, place, held.by, held.begin_s, self._now_s, ended, self._local_at_zero_s, held.plan, tuple(spells)
        )
        self._done.append(period)


def _numbered(periods: Sequence[ManualPeriod]) -> Iterator[ManualPeriod]:
    for number, p in enumerate(periods, start=1):
        yield ManualPeriod(number, p.junction, p.by, p.begin_s, p.end_s, p.ended, p.local_at_zero_s, p.plan, p.spells)


def _network(head: Head) -> Network:
    try:
        return load_site(Bundle.from_json(head.bundle)).network
    except (PlanError, ValueError) as error:
        raise JournalError("the journal", f"its site cannot be read: {error}") from error
