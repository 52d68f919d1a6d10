"""MQTT topics by name, from `topics.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

CONTROLLER_GATEWAY = "controller"
"""Under this gateway id the controller says whether it is there."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One row of the table."""

    name: str
    pattern: str
    qos: int
    retain: bool
    sender: str
    reader: str
    meaning: str

    def at(self, site: str, *, junction: str = "+", gateway: str = "+") -> str:
        """The topic of a site; without a junction or gateway the filter for all of them."""
        return self.pattern.format(site=site, junction=junction, gateway=gateway)


@dataclass(frozen=True, slots=True)
class TopicTable:
    """The whole table."""

    topics: Mapping[str, Topic]
    payloads: Mapping[str, Mapping[str, str]]
    """By topic name: meaning of each key."""
    max_payload_bytes: int


def _read() -> TopicTable:
    table = tomllib.loads(files(__package__).joinpath("topics.toml").read_text(encoding="utf-8"))
    topics = {row["name"]: Topic(**row) for row in table["topic"]}
    return TopicTable(topics, table["payload"], table["max_payload_bytes"])


TOPICS = _read()
DETECTORS, STATE, ALARM, PRESENCE, TICK, DONE = (
    TOPICS.topics[name] for name in ("detectors", "state", "alarm", "presence", "tick", "done")
)
