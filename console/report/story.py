"""A journal read from end to end: what ran, which stages, why, what alarmed, and what one junction showed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from console.charts.shown import ShownProgramme, Spell
from console.exits import ConfigurationError
from controller import Alarm, Aspect, CabinetReport, Decision, Junction, Network, Reason
from field_io.errors import JournalError
from field_io.journal_files import segment_paths
from field_io.segment import Head, Segment, Step
from plans import Bundle, PlanError, load_site

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class ToldAlarm:
    """An alarm with the local second of the day in which it came or went."""

    local_s: float
    alarm: Alarm


@dataclass(slots=True)
class JournalStory:
    """What a reader of a journal wants to know."""

    network: Network
    head: Head
    last_s: float
    """Control time of the last step [s]."""
    steps: int = 0
    stages: dict[str, list[Spell]] = field(default_factory=lambda: defaultdict(list))
    """By junction: the stages that were asked for, in local seconds of the first day."""
    reasons: Counter[Reason] = field(default_factory=Counter)
    reasons_of: dict[str, Counter[Reason]] = field(default_factory=lambda: defaultdict(Counter))
    alarms: list[ToldAlarm] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    """(kind, text) of what the journal was told besides: audit records, gaps."""
    shown: ShownProgramme | None = None
    """What the chosen junction showed."""

    def local_s(self, now_s: float) -> float:
        """Control time as local seconds since the midnight before the first step [s]."""
        begin_s = (self.head.utc_s + self.network.utc_offset_s) % DAY_S
        return begin_s + now_s - self.head.now_s


def read_story(path: Path, junction: str | None = None) -> JournalStory:
    """Read a journal: a file, or a service's folder; `junction` is the one to draw, else the one with most groups.

    Raises JournalError, or ConfigurationError for a junction that is not in it.
    """
    paths = segment_paths(path) if path.is_dir() else [path]
    if not paths:
        raise JournalError(str(path), "there is no segment in this folder")
    story: JournalStory | None = None
    looks = _Looks()
    for segment_path in paths:
        with Segment.reading(segment_path) as segment:
            if story is None:
                story = _begin(segment)
                looks.junction = _chosen(story.network, junction)
            for step in segment.steps():
                _hear(story, step)
                looks.hear(step)
            story.notes += [(kind, text) for _, kind, text in segment.notes()]
    if story is None:
        raise JournalError(str(path), "there is no segment in this folder")
    _finish(story, looks)
    return story


def _begin(segment: Segment) -> JournalStory:
    try:
        network = load_site(Bundle.from_json(segment.head.bundle)).network
    except (PlanError, ValueError) as error:
        raise JournalError(str(segment.path), f"its site cannot be read: {error}") from error
    return JournalStory(network, segment.head, segment.head.now_s)


def _chosen(network: Network, junction: str | None) -> Junction:
    if junction is None:
        return max(network.junctions, key=lambda place: (len(place.groups), place.id))
    found = next((place for place in network.junctions if place.id == junction), None)
    if found is None:
        known = ", ".join(place.id for place in network.junctions)
        raise ConfigurationError(f"the journal has no junction {junction!r}: one of {known}")
    return found


def _hear(story: JournalStory, step: Step) -> None:
    story.steps += 1
    story.last_s = step.now_s
    result = step.result()
    if result is None:
        return
    at_s = story.local_s(step.now_s)
    for decision in result.decisions:
        story.reasons[decision.reason] += 1
        story.reasons_of[decision.junction][decision.reason] += 1
        _hear_stage(story.stages[decision.junction], decision, at_s)
    story.alarms += [ToldAlarm(at_s, alarm) for alarm in result.alarms]


def _hear_stage(spells: list[Spell], decision: Decision, at_s: float) -> None:
    stage = dict(decision.because).get("stage")
    if stage is None:
        return
    if spells:
        spells[-1] = Spell(spells[-1].start_s, at_s, spells[-1].what)
    spells.append(Spell(at_s, at_s, str(stage)))


def _finish(story: JournalStory, looks: _Looks) -> None:
    end_s = story.local_s(story.last_s) + 1.0
    for spells in story.stages.values():
        if spells:
            spells[-1] = Spell(spells[-1].start_s, end_s, spells[-1].what)
    junction = looks.junction
    if junction is not None and looks.times_s:
        story.shown = ShownProgramme(
            junction.id,
            junction.name,
            tuple(group.id for group in junction.groups),
            tuple(story.local_s(now_s) for now_s in looks.times_s),
            tuple(looks.aspects),
            tuple(story.stages[junction.id]),
        )


@dataclass(slots=True)
class _Looks:
    """What one junction showed. A report read in a step tells of the moment right after the step before."""

    junction: Junction | None = None
    times_s: list[float] = field(default_factory=list)
    aspects: list[tuple[Aspect, ...]] = field(default_factory=list)
    before_s: float | None = None

    def hear(self, step: Step) -> None:
        if self.before_s is not None and self.junction is not None:
            for report in _reports(step.inputs, self.junction.id):
                self.times_s.append(self.before_s)
                self.aspects.append(report.aspects)
        self.before_s = step.now_s


def _reports(inputs: Iterable[object], junction: str) -> Iterator[CabinetReport]:
    newest = [event for event in inputs if isinstance(event, CabinetReport) and event.junction == junction]
    yield from newest[-1:]


@dataclass(frozen=True, slots=True)
class StageUse:
    """How often and how long one stage of a junction was asked for."""

    junction: str
    stage: str
    times: int
    mean_s: float
    share: float
    """Part of the time, 0..1."""


def stage_use(story: JournalStory) -> Sequence[StageUse]:
    """Every stage of every junction that was asked for, junctions in the site's order."""
    used = []
    for junction in story.network.junctions:
        lengths: dict[str, list[float]] = defaultdict(list)
        for spell in story.stages.get(junction.id, ()):
            lengths[spell.what].append(spell.end_s - spell.start_s)
        total_s = sum(map(sum, lengths.values()))
        used += [
            StageUse(
                junction.id, stage, len(spells), sum(spells) / len(spells), sum(spells) / total_s if total_s else 0
            )
            for stage, spells in sorted(lengths.items())
        ]
    return used
