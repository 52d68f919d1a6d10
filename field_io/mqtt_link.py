"""MQTT 3.1.1 through paho: connect, subscribe again after each connection, say whether we are there, publish.

paho's network thread is the only other thread of the service. What it receives crosses to the event loop at one place,
`Crossing`, in one call for as many messages as have come: a flood on one topic pushes out that topic's oldest messages
and nobody else's.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from field_io.errors import BrokerUnreachable
from field_io.tls import Credentials

KEEPALIVE_S = 10
"""A broker that is silent for one and a half of this is gone (MQTT 3.1.1, 3.1.2.10)."""
RECONNECT_S = (1, 4)
"""First and longest wait before a new connection is tried: well again within 5 s of the broker (fault F01)."""
TAKEN_OVER_S = (5, 30)
"""The same after a connection that lived less than 10 s: another client with our name must not cause a storm (F12)."""
SHORT_LIFE_S = 10.0
SUBSCRIBE_AGAIN_S = (5.0, 60.0)
"""First and longest wait before a subscription that the broker refused is asked for again (F11)."""
MAX_PER_TOPIC = 32
"""Messages of a topic that wait to cross; half a minute of one junction."""
MAX_TOPICS = 5000
"""Topics with messages that wait to cross; beyond it somebody is inventing them."""
MAX_QUEUED = 2000
"""Own messages that wait for a slow broker; paho's own default is without limit."""
_CLOSES = "it closes the connection: no certificate or user that it knows?"


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it came."""

    topic: str
    payload: bytes
    retained: bool
    received_s: float
    """Control time at which paho's thread had it [s]."""


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes for us when we are gone without a word; and what we say on coming and going."""

    topic: str
    boot: str

    def payload(self, *, online: bool) -> bytes:
        """The presence message (see `topics.toml`)."""
        return json.dumps({"v": 1, "boot": self.boot, "online": online}, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class BrokerAccess:
    """Where the broker is, and how to be let in."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Credentials | None = None


class Crossing:
    """Takes messages from the network thread to the event loop, together and in their order."""

    def __init__(self, loop: asyncio.AbstractEventLoop, take: Callable[[Sequence[Message]], None]) -> None:
        self.overflowed: Counter[str] = Counter()
        """Messages pushed out by newer ones, by topic."""
        self._loop, self._take = loop, take
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[tuple[int, Message]]] = {}
        self._number = itertools.count()
        self._called = False

    def __call__(self, message: Message) -> None:
        """Take a message; called by the network thread."""
        with self._lock:
            queue = self._waiting.get(message.topic)
            if queue is None:
                if len(self._waiting) >= MAX_TOPICS:
                    self.overflowed["beyond the number of topics"] += 1
                    return
                queue = self._waiting[message.topic] = deque(maxlen=MAX_PER_TOPIC)
            if len(queue) == MAX_PER_TOPIC:
                self.overflowed[message.topic] += 1
            queue.append((next(self._number), message))
            called, self._called = self._called, True
        if not called:
            try:
                self._loop.call_soon_threadsafe(self._cross)
            except RuntimeError:  # the loop is closed: the service has ended before the network thread
                return

    def _cross(self) -> None:
        """The other side: runs in the event loop."""
        with self._lock:
            waiting, self._waiting, self._called = self._waiting, {}, False
        numbered = [entry for queue in waiting.values() for entry in queue]
        if len(waiting) > 1:
            numbered.sort(key=lambda entry: entry[0])
        self._take([message for _, message in numbered])


class MqttLink:
    """One connection to the broker. `start` and `stop` block; everything else may be called from any thread."""

    def __init__(
        self,
        broker: BrokerAccess,
        client_id: str,
        subscriptions: Sequence[tuple[str, int]],
        deliver: Callable[[Message], None],
        *,
        will: Will | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`deliver` is called by the network thread with each message of the `subscriptions` (filter, QoS)."""
        self.refused: tuple[str, ...] = ()
        """Subscriptions that the broker refused."""
        self.connections = 0
        """How often a connection was made."""
        self.received = 0
        self.published = 0
        self.unsent = 0
        """Messages not published because there was no connection, or too many waited."""
        self._broker, self._subscriptions = broker, tuple(subscriptions)
        self._deliver, self._will, self._now_s = deliver, will, now_s
        self._ready = threading.Event()
        self._refusal = ""
        self._closed = False
        self._connected_s = 0.0
        self._again_s = SUBSCRIBE_AGAIN_S[0]
        self._client = self._make_client(client_id)

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return self._client.is_connected()

    @property
    def trouble(self) -> str:
        """Why nothing, or not everything, comes in; empty while all is well."""
        if not self.connected:
            return "not connected"
        return f"it refuses {', '.join(self.refused)}" if self.refused else ""

    def start(self, deadline_s: float = 5.0) -> None:
        """Connect and subscribe; raises BrokerUnreachable when that is not done within the deadline [s].

        Afterwards the connection is kept up in the background.
        """
        host, port = self._broker.host, self._broker.port
        self._client.connect_timeout = deadline_s
        try:
            self._client.connect(host, port, KEEPALIVE_S)
        except (OSError, ValueError) as error:
            raise BrokerUnreachable(host, port, _cause(error)) from error
        self._client.loop_start()
        if not self._ready.wait(deadline_s) or self._refusal:
            silence = _CLOSES if self._closed else f"no answer within {deadline_s:g} s"
            self.stop()
            raise BrokerUnreachable(host, port, self._refusal or silence)

    def stop(self) -> None:
        """Say good-bye and end the network thread."""
        if self._will is not None and self.connected:
            gone = self._client.publish(self._will.topic, self._will.payload(online=False), qos=1, retain=True)
            _wait_for(gone)
        connection = self._client.socket()
        self._client.disconnect()
        self._client.loop_stop()
        if connection is not None:
            connection.close()  # paho's thread may have ended before it came to that

    def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> bool:
        """Send a message if there is a connection; a message that cannot go now is not kept for later."""
        if not self.connected:
            self.unsent += 1
            return False
        if self._client.publish(topic, payload, qos=qos, retain=retain).rc != paho.MQTT_ERR_SUCCESS:
            self.unsent += 1
            return False
        self.published += 1
        return True

    # ------------------------------------------------------------------------------- called by paho's network thread

    def _make_client(self, client_id: str) -> paho.Client:
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id, clean_session=True, protocol=paho.MQTTv311)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_subscribe, client.on_message = self._on_subscribe, self._on_message
        client.on_socket_open = _without_delay
        client.reconnect_delay_set(*RECONNECT_S)
        client.max_queued_messages_set(MAX_QUEUED)
        if self._broker.username is not None:
            client.username_pw_set(self._broker.username, self._broker.password)
        if self._broker.tls is not None:
            client.tls_set_context(self._broker.tls.context)
        if self._will is not None:
            client.will_set(self._will.topic, self._will.payload(online=False), qos=1, retain=True)
        return client

    def _on_connect(self, client: paho.Client, _userdata: Any, _flags: Any, reason: ReasonCode, _p: Any) -> None:
        if reason.is_failure:
            self._refusal = f"it refuses us: {reason}"
            self._ready.set()
            return
        self.connections += 1
        self._connected_s = time.monotonic()
        client.drop_out_messages()  # what waited for a broker that was away is old by now
        if self._subscriptions:
            client.subscribe(list(self._subscriptions))
        else:
            self._ready.set()
        if self._will is not None:
            client.publish(self._will.topic, self._will.payload(online=True), qos=1, retain=True)

    def _on_subscribe(self, _c: paho.Client, _userdata: Any, _mid: int, reasons: list[ReasonCode], _p: Any) -> None:
        pairs = zip(self._subscriptions, reasons, strict=False)
        self.refused = tuple(name for (name, _), reason in pairs if reason.is_failure)
        if self.refused:
            self._refusal = f"it refuses the subscriptions {', '.join(self.refused)}"
        self._subscribe_again_after_refusal()
        self._ready.set()

    def _subscribe_again_after_refusal(self) -> None:
        """Refused while running (its access list was changed): ask again, and wait twice as long each time."""
        if not self.refused:
            self._again_s = SUBSCRIBE_AGAIN_S[0]
        elif self._ready.is_set():
            wait = threading.Timer(self._again_s, self._subscribe_again)
            wait.daemon = True
            wait.start()
            self._again_s = min(2 * self._again_s, SUBSCRIBE_AGAIN_S[1])

    def _subscribe_again(self) -> None:
        if self.connected and self.refused:
            self._client.subscribe(list(self._subscriptions))

    def _on_disconnect(self, client: paho.Client, _userdata: Any, _flags: Any, _reason: ReasonCode, _p: Any) -> None:
        self._closed = True
        if self._broker.tls is not None:
            self._broker.tls.renew()  # the next connection begins with the certificate that lies there now
        short = time.monotonic() - self._connected_s < SHORT_LIFE_S
        client.reconnect_delay_set(*(TAKEN_OVER_S if short else RECONNECT_S))

    def _on_message(self, _client: paho.Client, _userdata: Any, message: paho.MQTTMessage) -> None:
        # amqtt 0.12 gives a new client the retained messages of everybody's subscriptions, not of its own only.
        if message.retain and not any(paho.topic_matches_sub(name, message.topic) for name, _ in self._subscriptions):
            return
        self.received += 1
        self._deliver(Message(message.topic, bytes(message.payload), message.retain, self._now_s()))


def _without_delay(_client: paho.Client, _userdata: Any, sock: Any) -> None:
    """Turn Nagle's algorithm off: with it a lock-step second waits 40 ms for an acknowledgement."""
    raw = getattr(sock, "socket", sock)
    if isinstance(raw, socket.socket) and raw.family != socket.AF_UNIX:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _wait_for(sent: paho.MQTTMessageInfo) -> None:
    try:
        sent.wait_for_publish(1.0)
    except (RuntimeError, ValueError):  # the connection went, or the queue is full: the last will speaks for us
        return


def _cause(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer"
    return str(getattr(error, "strerror", None) or error)
