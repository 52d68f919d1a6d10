"""What is watched in every run alike, whoever drives the signals: the safety rules and the longest wait at red."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from controller.model import Aspect
from plans import load_junction
from sim.monitor import JunctionRules, Monitor
from sim.prepared import Prepared, group_of_link
from sim.red_clock import LongestRed, RedClock
from sim.sumo_map import lamp_string
from sim.sumo_world import SumoWorld


class Watch:
    """Monitor and red clock of one run."""

    def __init__(self, prepared: Prepared, *, own_lamps: bool) -> None:
        """`own_lamps`: SUMO drives its lamps itself; else cabinets do, and their aspects are shown."""
        self._maps = prepared.maps
        self._red = RedClock(prepared.groups)
        bundle = prepared.site.bundle
        rules = [JunctionRules.from_file(load_junction(bundle, name)) for name in prepared.maps]
        if own_lamps:
            self.monitor = Monitor.for_lamps(rules, {name: group_of_link(at) for name, at in prepared.maps.items()})
        else:
            self.monitor = Monitor(rules)
        self.lamps: dict[str, str] = {}
        """SUMO's state string of each signal of the site, in the second that runs."""

    def show(self, world: SumoWorld, aspects: Mapping[str, Sequence[Aspect]]) -> None:
        """Cabinets show these aspects from `world.now_s` on."""
        self.monitor.observe(world.now_s, aspects)
        for junction, shown in aspects.items():
            at = self._maps[junction]
            state = lamp_string(at, shown)
            self.lamps[at.tls] = state
            world.show(at.tls, state)

    def look(self, world: SumoWorld) -> None:
        """SUMO has driven its own lamps for the second up to `world.now_s`."""
        self.lamps = {at.tls: world.lamps(at.tls) for at in self._maps.values()}
        states = {junction: self.lamps[at.tls] for junction, at in self._maps.items()}
        self.monitor.observe_lamps(world.now_s - 1.0, states)

    def second(self, world: SumoWorld) -> None:
        """The second up to `world.now_s` is over."""
        self._red.second(world.now_s, self.lamps, world)

    def longest_red(self, world: SumoWorld) -> LongestRed:
        """The longest wait at red, up to now."""
        return self._red.end(world.now_s)
