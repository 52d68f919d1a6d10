"""What the controller tells the world over MQTT: the state of each junction when it changes, and alarms.

The shape is that of SPaT (SAE J2735, ISO 19091): by signal group what shows and when it may end at the earliest and at
the latest. An adaptive controller knows the earliest end of a green for certain and hardly ever the latest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from controller import JunctionView
from controller.events import Alarm, CabinetReport
from controller.model import Aspect, GroupKind, Junction, Network, SignalGroup
from field_io.topics import ALARM, STATE

REPEAT_S = 10.0
"""A state that does not change is told again after so long."""

MOVEMENT_STATE = {
    Aspect.DARK: "dark",
    Aspect.RED: "stop-And-Remain",
    Aspect.RED_AMBER: "pre-Movement",
    Aspect.GREEN: "protected-Movement-Allowed",
    Aspect.AMBER: "protected-clearance",
    Aspect.FLASHING_AMBER: "caution-Conflicting-Traffic",
    Aspect.FLASHING_RED: "stop-Then-Proceed",
    Aspect.FLASHING_GREEN: "protected-clearance",
    Aspect.PEDESTRIAN_BLACKOUT: "dark",
    Aspect.UNKNOWN: "unavailable",
}
"""SAE J2735 MovementPhaseState by aspect; a group that gives way says `permissive-...` instead of `protected-...`."""

Publish = Callable[[str, bytes, int, bool], object]
"""Takes topic, payload, QoS and whether it is retained."""


@dataclass(slots=True)
class _Told:
    state: tuple[object, ...]
    at_s: float


class StatePublisher:
    """Publishes the state of each junction of a site on change, at least every 10 s, and alarms as they come."""

    def __init__(self, network: Network, publish: Publish, *, dry_run: bool) -> None:
        self._publish = publish
        self._dry_run = dry_run
        self._junctions = {junction.id: junction for junction in network.junctions}
        self._yielding = {j.id: frozenset(yields for yields, _ in j.permissive) for j in network.junctions}
        self._topics = {j: STATE.at(network.site, junction=j) for j in self._junctions}
        self._alarm_topics = {j: ALARM.at(network.site, junction=j) for j in self._junctions}
        self._reports: dict[str, CabinetReport] = {}
        self._told: dict[str, _Told] = {}

    def hear(self, reports: Iterable[CabinetReport]) -> None:
        """Remember what the cabinets last said."""
        for report in reports:
            self._reports[report.junction] = report

    def tell(self, views: Sequence[JunctionView], now_s: float, utc_s: float | None) -> int:
        """Publish the junctions whose state has changed; answers how many."""
        news = 0
        for view in views:
            report = self._reports.get(view.junction)
            cabinet = (report.mode, report.active_stage) if report is not None else None
            state = (view.mode, view.rung, view.stage, view.plan, view.reason, view.aspects, cabinet)
            told = self._told.get(view.junction)
            if told is not None and told.state == state and now_s - told.at_s < REPEAT_S:
                continue
            self._told[view.junction] = _Told(state, now_s)
            payload = json.dumps(self._message(view, report, now_s, utc_s), separators=(",", ":")).encode()
            self._publish(self._topics[view.junction], payload, STATE.qos, STATE.retain)
            news += 1
        return news

    def alarm(self, alarms: Iterable[Alarm], now_s: float) -> None:
        """Publish alarms."""
        for alarm in alarms:
            message = {
                "v": 1,
                "t": now_s,
                "code": alarm.code.name.lower(),
                "cleared": alarm.cleared,
                "because": dict(alarm.because),
            }
            payload = json.dumps(message, separators=(",", ":")).encode()
            self._publish(self._alarm_topics[alarm.junction], payload, ALARM.qos, ALARM.retain)

    def _message(
        self, view: JunctionView, report: CabinetReport | None, now_s: float, utc_s: float | None
    ) -> dict[str, object]:
        junction = self._junctions[view.junction]
        return {
            "v": 1,
            "t": now_s,
            "utc": utc_s,
            "mode": view.mode.value,
            "rung": int(view.rung),
            "rung_reason": view.rung_reason.name.lower(),
            "rung_since": view.rung_since_s,
            "cabinet": None if report is None else int(report.mode),
            "stage": 0 if report is None else report.active_stage,
            "wanted": view.stage,
            "plan": view.plan,
            "reason": view.reason.name.lower(),
            "groups": self._groups(junction, view, now_s),
            "dry_run": self._dry_run,
        }

    def _groups(self, junction: Junction, view: JunctionView, now_s: float) -> dict[str, object]:
        yielding = self._yielding[junction.id]
        shown = zip(junction.groups, view.aspects, view.aspect_since_s, strict=True)
        return {
            group.id: _movement(group, Aspect(aspect), since_s, now_s, gives_way=group.id in yielding)
            for group, aspect, since_s in shown
        }


def _movement(
    group: SignalGroup, aspect: Aspect, since_s: float, now_s: float, *, gives_way: bool
) -> dict[str, object]:
    """State, since when [s], and seconds from now to the earliest and latest end, null where nobody knows."""
    state = MOVEMENT_STATE[aspect]
    if gives_way and group.kind is GroupKind.VEHICLE:
        state = state.replace("protected", "permissive")
    shortest_s, longest_s = _length_s(group, aspect)
    run_s = now_s - since_s
    return {
        "state": state,
        "since": since_s,
        "min": None if shortest_s is None else max(0.0, round(shortest_s - run_s, 1)),
        "max": None if longest_s is None else max(0.0, round(longest_s - run_s, 1)),
    }


def _length_s(group: SignalGroup, aspect: Aspect) -> tuple[float | None, float | None]:
    """Shortest and longest duration of an aspect, where it has them."""
    if aspect is Aspect.GREEN:
        return group.min_green_s, None
    if aspect in {Aspect.AMBER, Aspect.FLASHING_GREEN}:
        return group.closing_s, group.closing_s
    if aspect is Aspect.RED_AMBER:
        return group.red_amber_s, group.red_amber_s
    return None, None
