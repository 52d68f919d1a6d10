"""Everything that a running service counts, by name: for its status page and its metrics."""

from __future__ import annotations

from collections.abc import Collection

from field_io.detector_door import DetectorDoor
from field_io.inbox import Inbox
from field_io.journal_thread import JournalThread
from field_io.link_health import LinkState
from field_io.mqtt_link import Crossing, MqttLink


def counts_of_messages(mqtt: MqttLink | None, crossing: Crossing | None, door: DetectorDoor) -> dict[str, int]:
    """What came and went over the broker, and what became of it at the door; zeros before there is a link."""
    return {
        "mqtt_received": mqtt.received if mqtt else 0,
        "mqtt_published": mqtt.published if mqtt else 0,
        "mqtt_unsent": mqtt.unsent if mqtt else 0,
        "mqtt_pushed_out": crossing.overflowed.total() if crossing else 0,
        "mqtt_connections": mqtt.connections if mqtt else 0,
        "detector_messages": door.accepted,
        "reordered": door.reordered,
        "unknown_loops": door.unknown_loops,
        "unknown_keys": door.unknown_keys,
        "clock_steps": door.clock_steps,
        **{f"dropped_{cause}": count for cause, count in sorted(door.dropped.items())},
    }


def counts_of_street(inbox: Inbox, links: Collection[LinkState], journal: JournalThread | None) -> dict[str, int]:
    """What was pushed out of the inbox, what went to cabinets, and how the disk kept up."""
    return {
        "overflowed": inbox.overflowed.total(),
        "modbus_round_trips": sum(link.round_trips for link in links),
        "modbus_failures": sum(link.failures for link in links),
        "commands": sum(link.commands for link in links),
        "links_down": sum(not link.up for link in links),
        "slow_journal_writes": journal.slow_writes if journal else 0,
    }
