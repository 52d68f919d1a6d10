"""A small town under the virtual clock, left alone until it works, in which a probe breaks one thing and watches."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from controller.events import Alarm, CabinetMode, Reason, Rung
from sim.faults.line import Place, Trouble
from sim.faults.world import World, WorldSettings
from sim.probes.outcome import Figure, Outcome

NEVER = math.inf
_RUNGS = {rung.name: rung for rung in Rung}


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm and when it was raised (control time) [s]."""

    at_s: float
    alarm: Alarm


class Scene:
    """A world that runs; every alarm of the controller is kept."""

    def __init__(
        self,
        *,
        junctions: int = 2,
        strategy: str = "actuated",
        seed: int = 1,
        settle_s: int = 60,
        begin_s: int = 25_200,
    ) -> None:
        """Built and run for `settle_s` without any fault."""
        self.world = World(WorldSettings(seed, junctions, strategy, begin_s))
        self.alarms: list[Told] = []
        self._numbers = count(1)
        self.run(settle_s)

    @property
    def now_s(self) -> float:
        """Control time [s]."""
        return float(self.world.now_s)

    def place(self, junction: str = "J01") -> Place:
        """A cabinet and its line."""
        return self.world.places[junction]

    def second(self) -> None:
        """One second passes; what was done on site before it shows at once."""
        for place in self.world.places.values():
            place.watch.look(place.cabinet.now_ds)
        self.world.second()
        centre = self.world.centre
        if centre is not None and centre.result is not None and centre.result.now_s == self.world.now_s:
            self.alarms += [Told(centre.result.now_s, alarm) for alarm in centre.result.alarms]

    def run(self, seconds: int) -> None:
        """So many seconds pass."""
        for _ in range(seconds):
            self.second()

    def until(self, condition: Callable[[], bool], within_s: int) -> float:
        """Seconds until it holds, looked at after each; infinite where it does not in that time."""
        for passed in range(within_s + 1):
            if condition():
                return float(passed)
            self.second()
        return NEVER

    def until_scan(self, condition: Callable[[], bool], within_s: int, junction: str = "J01") -> float:
        """The same, looked at after each scan of one cabinet."""
        cabinet = self.place(junction).cabinet
        begin_ds = cabinet.now_ds
        self.place(junction).watch.look(begin_ds)
        while not condition():
            if cabinet.now_ds - begin_ds >= 10 * within_s:
                return NEVER
            if cabinet.now_ds >= 10 * (self.world.now_s + 1):
                self.second()
            else:
                cabinet.advance(cabinet.now_ds + 1)
        return (cabinet.now_ds - begin_ds) / 10

    def rung(self, junction: str = "J01") -> Rung:
        """Where a junction stands on the ladder; dark without a controller."""
        centre = self.world.centre
        return _RUNGS[centre.rungs()[junction]] if centre is not None else Rung.DARK

    def mode(self, junction: str = "J01") -> CabinetMode:
        """Mode of a cabinet."""
        return self.place(junction).cabinet.mode

    def strangers(self, junction: str = "J01") -> int:
        """Requests that a cabinet refused to strangers, as far as the controller knows."""
        centre = self.world.centre
        return centre.conversations[junction].session.strangers if centre is not None else 0

    def trouble(self, trouble: Trouble, junction: str = "J01") -> Callable[[], None]:
        """Put something wrong on the line; answers how to take it away."""
        troubles, number = self.place(junction).troubles, next(self._numbers)
        troubles[number] = trouble

        def mend() -> None:
            troubles.pop(number, None)

        return mend

    def alarmed(self, code: Reason, since_s: float, junction: str | None = None) -> float | None:
        """When an alarm of the code was first raised at or after a time [s]."""
        times = [
            told.at_s
            for told in self.alarms
            if told.alarm.code is code
            and not told.alarm.cleared
            and told.at_s >= since_s
            and junction in (None, told.alarm.junction)
        ]
        return min(times, default=None)

    def outcome(
        self,
        happened: str,
        *figures: Figure,
        detect_s: float | None = None,
        safe_s: float | None = None,
        recover_s: float | None = None,
        wrong_commands: int = 0,
    ) -> Outcome:
        """The answer, with what the checker saw in all that time."""
        places = self.world.places.values()
        return Outcome(
            happened,
            figures,
            detect_s,
            safe_s,
            recover_s,
            tuple(f"{one.invariant} at {one.junction}: {one.seen}" for one in self.world.breaches),
            wrong_commands + sum(place.believed_wrongly for place in places),
        )


def since(start_s: float, moment_s: float | None) -> float:
    """How long after `start_s` it was; infinite where it never was [s]."""
    return NEVER if moment_s is None else moment_s - start_s
