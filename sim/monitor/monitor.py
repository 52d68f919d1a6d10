"""All junctions under watch, and the list of breaks; from cabinets' aspects or from SUMO's state strings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from controller.model import Aspect, GroupKind
from plans import Bundle, load_junction
from sim.monitor.rules import JunctionRules, Rule
from sim.monitor.watch import Finding, JunctionWatch

LISTED = 1000
"""So many breaks are kept in full; all are counted."""

_LAMP = {
    "r": Aspect.RED,
    "s": Aspect.RED,  # red with a free turn after stopping: red to all who conflict
    "y": Aspect.AMBER,
    "u": Aspect.RED_AMBER,
    "g": Aspect.GREEN,
    "G": Aspect.GREEN,
    "o": Aspect.FLASHING_AMBER,
    "O": Aspect.DARK,
}
"""What a letter of a SUMO state string shows to vehicles."""
_LAMP_OF = {
    GroupKind.VEHICLE: _LAMP,
    GroupKind.PEDESTRIAN: _LAMP | {"y": Aspect.RED, "u": Aspect.RED},
}
"""SUMO has no letter for clearance: nobody may begin to cross, so it is red; see `JunctionRules.for_links`."""


@dataclass(frozen=True, slots=True)
class Break:
    """A safety rule was broken: when, where, which, by whom (S2: ending group first)."""

    time_s: float
    junction: str
    rule: Rule
    groups: tuple[str, ...]


class Monitor:
    """Watches junctions; `observe` each second or each scan. Breaks are counted once, when they begin."""

    def __init__(self, rules: Iterable[JunctionRules]) -> None:
        self._rules = {one.junction: one for one in rules}
        self._watches = {name: JunctionWatch(one) for name, one in self._rules.items()}
        self._links: dict[str, tuple[tuple[int, dict[str, Aspect]], ...]] = {}
        self._lamps: dict[str, tuple[str, tuple[Aspect, ...]]] = {}
        self.breaks: list[Break] = []
        """The first thousand, in order of time."""
        self.count: Counter[Rule] = Counter()

    @classmethod
    def for_site(cls, bundle: Bundle, junctions: Iterable[str]) -> Monitor:
        """By the junction files of a site; raises PlanError."""
        return cls(JunctionRules.from_file(load_junction(bundle, name)) for name in junctions)

    @classmethod
    def for_lamps(cls, rules: Iterable[JunctionRules], group_of_link: Mapping[str, Sequence[str | None]]) -> Monitor:
        """For `observe_lamps`: by junction, the group that each link of SUMO's state string shows, `None` for none."""
        by_link = [(one, *one.for_links(group_of_link[one.junction])) for one in rules]
        monitor = cls(expanded for _, expanded, _ in by_link)
        monitor._links = {
            one.junction: tuple(
                (link, _LAMP_OF[group.kind]) for link, group in zip(links, expanded.groups, strict=True)
            )
            for one, expanded, links in by_link
        }
        return monitor

    @property
    def total(self) -> int:
        """Breaks of all rules."""
        return self.count.total()

    def observe(self, now_s: float, aspects: Mapping[str, Sequence[Aspect]]) -> None:
        """What the groups of each junction show at `now_s`, in the order of the junction's file."""
        now_ds = round(now_s * 10)
        for junction, shown in aspects.items():
            findings = self._watches[junction].observe(now_ds, shown)
            if findings:
                self._record(now_s, junction, findings)

    def observe_lamps(self, now_s: float, states: Mapping[str, str]) -> None:
        """What the links of each junction show at `now_s`, as SUMO's state strings."""
        self.observe(now_s, {junction: self._shown(junction, state) for junction, state in states.items()})

    def _shown(self, junction: str, state: str) -> tuple[Aspect, ...]:
        last = self._lamps.get(junction)
        if last is not None and last[0] == state:
            return last[1]
        shown = tuple(lamp[state[link]] for link, lamp in self._links[junction])
        self._lamps[junction] = (state, shown)
        return shown

    def _record(self, now_s: float, junction: str, findings: list[Finding]) -> None:
        """Several lamps of one group break a rule once."""
        groups = self._rules[junction].groups
        named = dict.fromkeys((rule, tuple(groups[i].id for i in places)) for rule, places in findings)
        for rule, names in named:
            self.count[rule] += 1
            if len(self.breaks) < LISTED:
                self.breaks.append(Break(now_s, junction, rule, names))
