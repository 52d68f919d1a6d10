"""What comes in over MQTT: detector messages through the door into the inbox, gateways' presence, a simulation's ticks.

In the street a message is judged when it arrives. In lock-step it waits for the tick of its second, so that its age is
that of the simulation and not of this machine.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass

from controller.model import Network
from field_io.detector_door import DetectorDoor
from field_io.detector_payload import LARGEST_TIME_S
from field_io.inbox import Inbox
from field_io.mqtt_link import Message
from field_io.topics import DETECTORS, PRESENCE, TICK

MAX_GATEWAYS = 1000


@dataclass(frozen=True, slots=True)
class Gateway:
    """What a gateway last said of itself, or the broker in its name."""

    boot: str
    online: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A second of the simulation [s], with civil time where it tells it."""

    now_s: float
    utc_s: float | None


class Intake:
    """Sorts messages; lives in the event loop."""

    def __init__(self, network: Network, inbox: Inbox, *, lock_step: bool) -> None:
        self.door = DetectorDoor(network, network.parameters.stale_s)
        self.gateways: dict[str, Gateway] = {}
        self.bad_messages = 0
        """Ticks and presence that were no such thing."""
        self._inbox = inbox
        self._tick_topic = TICK.at(network.site)
        self._presence = PRESENCE.at(network.site, gateway="\0").split("\0")
        self._site = network.site
        self._lock_step = lock_step
        self._waiting: list[Message] = []
        self._ticks: asyncio.Queue[tuple[Tick, list[Message]]] = asyncio.Queue()

    @property
    def subscriptions(self) -> list[tuple[str, int]]:
        """What must be subscribed: (filter, QoS)."""
        topics = [DETECTORS, PRESENCE, TICK] if self._lock_step else [DETECTORS, PRESENCE]
        return [(topic.at(self._site), topic.qos) for topic in topics]

    def take(self, messages: Sequence[Message]) -> None:
        """Sort messages in the order in which they came."""
        before, after = self._presence
        for message in messages:
            topic = message.topic
            if topic == self._tick_topic:
                self._take_tick(message)
            elif topic.startswith(before) and topic.endswith(after):
                self._take_presence(topic[len(before) : len(topic) - len(after)], message)
            elif self._lock_step:
                self._waiting.append(message)
            else:
                self._accept(message, message.received_s)

    async def next_tick(self) -> Tick:
        """Lock-step: the next second, with the detector messages of before it delivered to the inbox."""
        tick, messages = await self._ticks.get()
        for message in messages:
            self._accept(message, tick.now_s)
        return tick

    def _accept(self, message: Message, received_s: float) -> None:
        reading = self.door.accept(message.topic, message.payload, message.retained, received_s)
        if reading is not None:
            self._inbox.put(reading)

    def _take_tick(self, message: Message) -> None:
        values = _json_object(message.payload)
        now_s, utc_s = _time_s(values.get("t")), _time_s(values.get("utc"))
        if now_s is None or message.retained:
            self.bad_messages += 1
            return
        messages, self._waiting = self._waiting, []
        self._ticks.put_nowait((Tick(now_s, utc_s), messages))

    def _take_presence(self, gateway: str, message: Message) -> None:
        """Note who is there; the last will of an earlier start says nothing about the present one (F13)."""
        values = _json_object(message.payload)
        boot, online = values.get("boot"), values.get("online")
        if not isinstance(boot, str) or not isinstance(online, bool) or len(boot) > 64:
            self.bad_messages += 1
            return
        known = self.gateways.get(gateway)
        if known is None and len(self.gateways) >= MAX_GATEWAYS:
            self.bad_messages += 1
        elif online or known is None or known.boot == boot:
            self.gateways[gateway] = Gateway(boot, online)


def _json_object(payload: bytes) -> dict[str, object]:
    """A small JSON object; empty where it is none."""
    if len(payload) > 1024:
        return {}
    try:
        values = json.loads(payload.decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _time_s(value: object) -> float | None:
    """A JSON number as a time [s]; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -LARGEST_TIME_S < value < LARGEST_TIME_S else None
