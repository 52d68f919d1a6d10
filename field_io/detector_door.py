"""The door for detector messages: a reading of a known junction, fresh and counted once, comes in; the rest is dropped.

Nothing is raised whatever the street sends; `dropped` counts by cause. Age is judged by the receiver's time: of each
source (gateway and start) the smallest difference between receiving and the end of the interval is taken for the
difference of the clocks, so that a source clock off by minutes does no harm (fault list F06-F09, F20-F22, F26).
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from controller.events import DetectorReading
from controller.model import Network
from field_io.detector_payload import DetectorMessage, PayloadRefused, decode
from field_io.topics import DETECTORS

REORDER_WINDOW_S = 2.0
"""A message this much older than the newest of its source is still put in its place; an older one is dropped."""
CLOCK_SET_BACK_S = 1.0
"""A later message whose interval ends this much earlier says that its source's clock was set back."""
MAX_SOURCES = 8
"""Sources (gateway and start) remembered for a junction; a junction has one or two gateways."""
STEPS_REMEMBERED = 8
PACE_AFTER_S = 30.0
"""Numbers that rose evenly for so long rise as evenly while nothing comes through."""
FORGOTTEN_AFTER_S = 60.0
"""A source that has spoken once and then not for so long was none, damaged or forged: its name is free again."""
SEQUENCE_WINDOW = 1024
"""Sequence numbers remembered of a source; a message further back is dropped."""
OVERLAP_S = 0.001
"""Intervals are cut on whole milliseconds: less than one shared is no overlap."""
DRIFT_PERIOD_S = 300.0
DRIFT_LIMIT_S = 0.1
"""A slow source clock may drift by so much in one period (333 ppm); a greater lag is delay, not drift."""

CAUSES = {
    "unknown_topic": "no junction of this site",
    "retained": "retained: stale by construction",
    "oversized": "larger than 4096 bytes",
    "malformed": "no JSON object of the contract",
    "version": "another version of the contract",
    "number": "a number outside its range",
    "interval": "an interval that is empty or longer than 2 s",
    "count": "a count below 0 or above 10 a second",
    "occupancy": "an occupancy below 0 or above the interval",
    "edges": "edges out of order, outside the interval or of the wrong shape",
    "no_known_loop": "none of its loops belongs to the junction",
    "duplicate": "a sequence number seen before",
    "out_of_order": "more than 2 s behind the newest of its source",
    "overlap": "an interval that overlaps one already counted",
    "stale": "older than the staleness limit",
}
"""Why a message may be dropped."""


@dataclass(slots=True)
class _Source:
    """What is remembered of one start of one gateway at one junction."""

    top_sequence: int
    seen: int
    """Bit i: sequence number `top_sequence - i` was seen."""
    newest_t1_s: float
    offset_s: float
    """Receiver's time minus source's time, without delay [s]."""
    met_s: float
    """When it was first heard, receiver's time [s]."""
    period_end_s: float
    period_offset_s: float
    """Smallest difference in the running period [s]."""
    messages: int = 0
    """Those accepted."""
    pace: int = 0
    """Numbers that it gives in a second, as many as it has junctions; 0 while that is not known."""
    marked: tuple[int, float] = (0, 0.0)
    """(number, end) of the message from which its pace is taken."""
    taken: tuple[int, float] = (0, 0.0)
    """(number, when it came [s]) of the last message accepted."""
    intervals: list[tuple[float, float]] = field(default_factory=list)
    """Those accepted within the reorder window, source time."""
    before: _Source | None = None
    """What was remembered before the source's clock seemed to be set, until a second message says so too."""
    stepped: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=STEPS_REMEMBERED))
    """(number, end) of the messages that seemed to say so: counted, whatever is thought of their time later."""

    @classmethod
    def first(cls, message: DetectorMessage, now_s: float) -> _Source:
        offset_s = now_s - message.t1_s
        return cls(message.sequence - 1, 0, message.t0_s, offset_s, now_s, now_s + DRIFT_PERIOD_S, offset_s)

    def was_none(self, message: DetectorMessage, now_s: float) -> bool:
        """Whether it spoke once, and this message is not what follows: who bears the name now is judged by himself.

        What is late or played again is no beginning: it comes under a higher number, or under the very same.
        """
        alone = self.messages <= 1 and now_s - self.met_s > FORGOTTEN_AFTER_S
        return alone and message.sequence < self.top_sequence

    def anchor(self, message: DetectorMessage, now_s: float) -> None:
        """Begin anew in time: the source's clock was set, it seems."""
        self.newest_t1_s, self.offset_s = message.t0_s, now_s - message.t1_s
        self.period_end_s, self.period_offset_s = now_s + DRIFT_PERIOD_S, self.offset_s
        self.marked = (message.sequence, message.t1_s)
        self.intervals.clear()

    def as_before(self) -> _Source:
        """What is remembered now, to go back to."""
        return self.before if self.before is not None else replace(self, intervals=list(self.intervals))

    def goes_on_with(self, message: DetectorMessage, now_s: float) -> bool:
        """Whether a message is what would come next here: a new number, at the time that the clocks say."""
        new = not self.knows(message.sequence) and (message.sequence, message.t1_s) not in self.stepped
        return new and abs(now_s - message.t1_s - self.offset_s) <= REORDER_WINDOW_S

    def age_s(self, message: DetectorMessage, now_s: float) -> float:
        """How long after the end of its interval the message came, clocks aligned; sharpens the alignment."""
        difference_s = now_s - message.t1_s
        self.offset_s = min(self.offset_s, difference_s)
        self.period_offset_s = min(self.period_offset_s, difference_s)
        if now_s >= self.period_end_s:
            self.offset_s = min(self.period_offset_s, self.offset_s + DRIFT_LIMIT_S)
            self.period_end_s, self.period_offset_s = now_s + DRIFT_PERIOD_S, difference_s
        return difference_s - self.offset_s

    def knows(self, sequence: int) -> bool:
        """Whether the number was seen, or is too far back to tell."""
        back = self.top_sequence - sequence
        return back >= 0 and (back >= SEQUENCE_WINDOW or bool(self.seen >> back & 1))

    def counts_anew(self, message: DetectorMessage) -> bool:
        """Whether its numbers begin again, far below and later in time: after a wrap, or one that was far too high.

        A message that is played again has its old time, so it stays a duplicate.
        """
        back = self.top_sequence - message.sequence
        return back >= SEQUENCE_WINDOW and message.t0_s >= self.newest_t1_s - OVERLAP_S

    def begin_numbers_at(self, sequence: int) -> None:
        self.top_sequence, self.seen = sequence - 1, 0

    def note(self, sequence: int) -> None:
        ahead = sequence - self.top_sequence
        if ahead > 0:
            self.seen = (self.seen << ahead if ahead < SEQUENCE_WINDOW else 0) | 1
            self.seen &= (1 << SEQUENCE_WINDOW) - 1
            self.top_sequence = sequence
        else:
            self.seen |= 1 << -ahead

    def was_made_now(self, message: DetectorMessage, now_s: float) -> bool:
        """Whether its number says that it comes without delay: as many were given as seconds have passed since."""
        number, came_s = self.taken
        made_s = (message.sequence - number) / self.pace if self.pace else float("inf")
        return abs(now_s - came_s - made_s) <= REORDER_WINDOW_S

    def _take_pace(self, message: DetectorMessage) -> None:
        number, end_s = self.marked
        lasted_s, given = message.t1_s - end_s, message.sequence - number
        if not self.messages or lasted_s < 0 or given < 0:
            self.marked = (message.sequence, message.t1_s)
        elif lasted_s >= PACE_AFTER_S:
            pace = round(given / lasted_s)
            self.pace = pace if abs(given - pace * lasted_s) <= pace else 0
            self.marked = (message.sequence, message.t1_s)

    def take(self, message: DetectorMessage, now_s: float) -> None:
        """Remember an accepted interval, forget those behind the window."""
        self._take_pace(message)
        self.taken = (message.sequence, now_s)
        self.messages += 1
        self.newest_t1_s = max(self.newest_t1_s, message.t1_s)
        horizon_s = self.newest_t1_s - REORDER_WINDOW_S
        self.intervals = [interval for interval in self.intervals if interval[1] > horizon_s]
        self.intervals.append((message.t0_s, message.t1_s))

    def overlaps(self, message: DetectorMessage) -> bool:
        t0_s, t1_s = message.t0_s + OVERLAP_S, message.t1_s - OVERLAP_S
        return any(begin < t1_s and t0_s < end for begin, end in self.intervals)


class DetectorDoor:
    """Turns detector messages of a site into readings; one for a service, single-threaded."""

    def __init__(self, network: Network, stale_s: float) -> None:
        """A door for the junctions of `network`; messages older than `stale_s` are dropped."""
        self.stale_s = stale_s
        self.dropped: Counter[str] = Counter()
        """Messages dropped, by cause (see `CAUSES`)."""
        self.accepted = 0
        self.reordered = 0
        """Accepted messages that came after a newer one."""
        self.clock_steps = 0
        """How often a source's clock was set by more than the reorder window."""
        self.steps_unsaid = 0
        """Of these, steps that one message claimed and the next one did not."""
        self.unknown_loops = 0
        """Entries of loops that the junction does not have, left out of messages that were kept."""
        self.unknown_keys = 0
        """Keys outside the contract, ignored."""
        self._junction_of = {DETECTORS.at(network.site, junction=j.id): j.id for j in network.junctions}
        self._loops = {j.id: frozenset(loop.id for loop in j.loops) for j in network.junctions}
        self._sources: dict[str, OrderedDict[tuple[str, str], _Source]] = {
            j.id: OrderedDict() for j in network.junctions
        }

    def skewed(self, utc_minus_now_s: float, limit_s: float) -> frozenset[str]:
        """Gateways whose clock is off the civil time by more than `limit_s`; `utc_minus_now_s` turns ours into it."""
        return frozenset(
            gateway
            for sources in self._sources.values()
            for (gateway, _), source in sources.items()
            if abs(source.offset_s + utc_minus_now_s) > limit_s
        )

    @property
    def topics(self) -> Iterable[str]:
        """Every topic on which a message may be accepted."""
        return self._junction_of.keys()

    def accept(self, topic: str, payload: bytes, retained: bool, now_s: float) -> DetectorReading | None:  # noqa: FBT001 - as MQTT hands it over
        """A message to a reading in control time, or None; `now_s` is when it was received [s]."""
        try:
            reading = self._accept(topic, payload, retained=retained, now_s=now_s)
        except PayloadRefused as refused:
            self.dropped[refused.cause] += 1
            return None
        self.accepted += 1
        return reading

    def _accept(self, topic: str, payload: bytes, *, retained: bool, now_s: float) -> DetectorReading:
        junction = self._junction_of.get(topic)
        if junction is None:
            raise PayloadRefused("unknown_topic")
        if retained:
            raise PayloadRefused("retained")
        message = decode(payload)
        self.unknown_keys += message.unknown_keys
        known = self._loops[junction]
        loops = message.loops if message.loops.keys() <= known else self._known(message.loops, known)
        source = self._source(junction, message, now_s)
        if source.before is not None and source.before.goes_on_with(message, now_s):
            # The step was one message's alone, forged or out of its mind: its number and time would shut the source out
            # for as long as they are ahead.
            source = self._sources[junction][message.gateway, message.boot] = source.before
            self.steps_unsaid += 1
        self._check_order(source, message, now_s)
        offset_s = source.offset_s
        return DetectorReading(
            junction,
            message.t0_s + offset_s,
            message.t1_s + offset_s,
            tuple(loops),
            tuple([pair[0] for pair in loops.values()]),
            tuple([pair[1] for pair in loops.values()]),
            tuple([(ms, loop, on == 1) for ms, loop, on in message.edges if loop in known]),
        )

    def _known(self, loops: dict[str, list[int]], known: frozenset[str]) -> dict[str, list[int]]:
        kept = {loop: pair for loop, pair in loops.items() if loop in known}
        self.unknown_loops += len(loops) - len(kept)
        if not kept:
            raise PayloadRefused("no_known_loop")
        return kept

    def _source(self, junction: str, message: DetectorMessage, now_s: float) -> _Source:
        sources, name = self._sources[junction], (message.gateway, message.boot)
        source = sources.get(name)
        if source is None or source.was_none(message, now_s):
            source = sources[name] = _Source.first(message, now_s)
            if len(sources) > MAX_SOURCES:
                sources.popitem(last=False)
        else:
            sources.move_to_end(name)
        return source

    def _check_order(self, source: _Source, message: DetectorMessage, now_s: float) -> None:
        """Once, in its place, and fresh; raises PayloadRefused otherwise."""
        if source.stepped and (message.sequence, message.t1_s) in source.stepped:
            raise PayloadRefused("duplicate")
        if source.knows(message.sequence):
            if not source.counts_anew(message):
                raise PayloadRefused("duplicate")
            source.begin_numbers_at(message.sequence)
        later = message.sequence > source.top_sequence
        behind_s = source.newest_t1_s - message.t1_s
        # Sequence numbers tell the order of making. A later one with an earlier time, or one from the future, says that
        # the source's clock was set; delay can do neither. Nor does it give numbers: what seems old, and is numbered as
        # if it were made now, was made now, by a clock that was set back while nothing came through.
        late_s = now_s - message.t1_s - source.offset_s
        seems_old = late_s > self.stale_s and source.was_made_now(message, now_s)
        stepped = later and (behind_s > CLOCK_SET_BACK_S or late_s < -REORDER_WINDOW_S or seems_old)
        if stepped:
            self.clock_steps += 1
            source.before = source.as_before()
        source.note(message.sequence)
        if stepped:
            source.stepped.append((message.sequence, message.t1_s))
            source.anchor(message, now_s)
        elif behind_s > REORDER_WINDOW_S:
            raise PayloadRefused("out_of_order")
        if source.age_s(message, now_s) > self.stale_s:
            raise PayloadRefused("stale")
        if source.overlaps(message):
            raise PayloadRefused("overlap")
        if not stepped:
            source.before = None
        self.reordered += not later
        source.take(message, now_s)
