"""How long somebody has to wait at red: of each group, the longest red since the first who waits came to a stand.

Counted for every strategy alike from what SUMO knows, not from loops: a broken loop cannot hide a starved group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

GREEN = frozenset("Gg")


@dataclass(frozen=True, slots=True)
class GroupPlace:
    """A signal group in the network."""

    junction: str
    group: str
    tls: str
    indexes: tuple[int, ...]
    """SUMO links that show it."""
    lanes: tuple[str, ...]
    """Lanes whose vehicles obey it alone."""
    shared_lanes: tuple[str, ...]
    """Lanes from which other groups lead off too: only their first vehicle tells who waits."""
    crossings: tuple[str, ...]


class Waiting(Protocol):
    """What must be known of those who wait."""

    def halted_on(self, lane: str) -> bool: ...

    def first_in_line(self, lane: str) -> tuple[str, int] | None: ...

    def waiting_at(self, crossing: str) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class LongestRed:
    """The longest wait at red of a run."""

    seconds: float
    junction: str
    group: str


class RedClock:
    """Counts, second by second, how long each demanded group has been without green."""

    def __init__(self, places: Iterable[GroupPlace]) -> None:
        self._by_signal: dict[str, list[GroupPlace]] = {}
        for place in places:
            self._by_signal.setdefault(place.tls, []).append(place)
        self._shown: dict[str, str] = {}
        self._idle: dict[str, list[GroupPlace]] = {}
        self._demanded_since_s: dict[tuple[str, str], float] = {}
        self.longest = LongestRed(0.0, "", "")

    def second(self, now_s: float, lamps: Mapping[str, str], waiting: Waiting) -> None:
        """Take what each signal shows in the second up to `now_s`, and who stands at its end."""
        for tls, state in lamps.items():
            if self._shown.get(tls) != state:
                self._shown[tls] = state
                self._change(now_s, tls, state)
            self._find_demand(now_s, tls, waiting)

    def end(self, now_s: float) -> LongestRed:
        """The longest wait, those who still wait included."""
        for (junction, group), since_s in self._demanded_since_s.items():
            self._note(now_s - since_s, junction, group)
        self._demanded_since_s.clear()
        return self.longest

    def _change(self, now_s: float, tls: str, state: str) -> None:
        idle = []
        for place in self._by_signal.get(tls, ()):
            key = (place.junction, place.group)
            if state[place.indexes[0]] in GREEN:
                since_s = self._demanded_since_s.pop(key, None)
                if since_s is not None:
                    # Green was given at the start of this second.
                    self._note(now_s - 1.0 - since_s, *key)
            elif key not in self._demanded_since_s:
                idle.append(place)
        self._idle[tls] = idle

    def _find_demand(self, now_s: float, tls: str, waiting: Waiting) -> None:
        found = False
        for place in self._idle[tls]:
            if _demanded(place, waiting):
                self._demanded_since_s[place.junction, place.group] = now_s
                found = True
        if found:
            self._idle[tls] = [
                place for place in self._idle[tls] if (place.junction, place.group) not in self._demanded_since_s
            ]

    def _note(self, seconds: float, junction: str, group: str) -> None:
        if seconds > self.longest.seconds:
            self.longest = LongestRed(seconds, junction, group)


def _demanded(place: GroupPlace, waiting: Waiting) -> bool:
    if any(waiting.halted_on(lane) for lane in place.lanes):
        return True
    wanted = {(place.tls, index) for index in place.indexes}
    if any(waiting.first_in_line(lane) in wanted for lane in place.shared_lanes):
        return True
    return any(waiting.waiting_at(crossing) for crossing in place.crossings)
