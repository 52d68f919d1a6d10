"""Does the MQTT link say clearly that a broker is not there, and does nothing old ever travel?"""

import asyncio
import json
import queue
import socket
import threading
from collections.abc import Iterator
from typing import Self

import pytest

from field_io import mqtt_link
from field_io.broker import EmbeddedBroker
from field_io.errors import BrokerUnreachable
from field_io.mqtt_link import MAX_PER_TOPIC, BrokerAccess, Crossing, Message, MqttLink, Will


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="module")
def broker() -> Iterator[BrokerAccess]:
    with EmbeddedBroker(free_port()) as embedded:
        yield BrokerAccess("127.0.0.1", embedded.port)


class Client:
    """A link that keeps what comes."""

    def __init__(self, access: BrokerAccess, name: str, topics: list[str], will: Will | None = None) -> None:
        self.messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.link = MqttLink(access, name, [(topic, 1) for topic in topics], self.messages.put, will=will)

    def __enter__(self) -> Self:
        self.link.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.link.stop()

    def next(self) -> Message:
        return self.messages.get(timeout=10)


def test_messages_come_in_their_order(broker: BrokerAccess) -> None:
    with Client(broker, "reader", ["a/+"]) as reader, Client(broker, "writer", []) as writer:
        for number in range(50):
            assert writer.link.publish(f"a/{number % 3}", b"%d" % number, qos=1)
        got = [reader.next() for _ in range(50)]
    assert [int(message.payload) for message in got] == list(range(50))
    assert got[4].topic == "a/1"
    assert not got[4].retained
    assert (reader.link.received, writer.link.published) == (50, 50)


def test_a_retained_message_is_marked(broker: BrokerAccess) -> None:
    with Client(broker, "writer", []) as writer:
        writer.link.publish("kept", b"old", qos=1, retain=True)
    with Client(broker, "reader", ["kept"]) as reader:
        assert reader.next().retained


def test_a_retained_message_that_nobody_asked_for_is_left_out(broker: BrokerAccess) -> None:
    """amqtt 0.12 gives a new client what others subscribed to; a link takes only what is its own."""
    with Client(broker, "other", ["theirs"]), Client(broker, "writer", []) as writer:
        writer.link.publish("theirs", b"old", qos=1, retain=True)
        with Client(broker, "reader", ["ours"]) as reader:
            writer.link.publish("ours", b"new", qos=1)
            assert reader.next().topic == "ours"


def test_presence_is_said_on_coming_and_on_going(broker: BrokerAccess) -> None:
    with Client(broker, "reader", ["here"]) as reader:
        with Client(broker, "writer", [], Will("here", "boot7")):
            assert json.loads(reader.next().payload) == {"v": 1, "boot": "boot7", "online": True}
        assert json.loads(reader.next().payload) == {"v": 1, "boot": "boot7", "online": False}


def test_the_last_will_speaks_for_who_is_gone_without_a_word(broker: BrokerAccess) -> None:
    with Client(broker, "reader", ["here2"]) as reader:
        lost = Client(broker, "lost", [], Will("here2", "b"))
        lost.link.start()
        assert json.loads(reader.next().payload)["online"]
        sock = lost.link._client.socket()
        assert sock is not None
        lost.link._client.loop_stop()
        sock.close()
        assert json.loads(reader.next().payload) == {"v": 1, "boot": "b", "online": False}


def test_no_broker_is_a_clear_sentence(free_tcp_port: int) -> None:
    link = MqttLink(BrokerAccess("127.0.0.1", free_tcp_port), "x", [], print)
    with pytest.raises(BrokerUnreachable, match=rf"no MQTT broker at 127.0.0.1:{free_tcp_port}: Connection refused"):
        link.start()


def test_something_that_is_no_broker_is_a_clear_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        link = MqttLink(BrokerAccess("127.0.0.1", mute.getsockname()[1]), "x", [("a", 1)], print)
        with pytest.raises(BrokerUnreachable, match="no answer"):
            link.start(0.3)


def test_a_port_that_is_taken_is_a_clear_sentence(broker: BrokerAccess) -> None:
    taken = EmbeddedBroker(broker.port)
    with pytest.raises(BrokerUnreachable, match=r"cannot start: .*address already in use"):
        taken.__enter__()


def test_a_broker_that_comes_back_is_found_and_subscribed_again_and_nothing_old_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fault F01."""
    monkeypatch.setattr(mqtt_link, "TAKEN_OVER_S", (1, 1))
    port = free_port()
    access = BrokerAccess("127.0.0.1", port)
    with EmbeddedBroker(port):
        reader = Client(access, "reader", ["a"])
        reader.link.start()
    gone = threading.Event()
    while reader.link.connected:
        gone.wait(0.01)
    assert not reader.link.publish("b", b"stale", qos=1)
    assert reader.link.unsent == 1
    with EmbeddedBroker(port), Client(access, "writer", ["b"]) as writer:
        for _ in range(400):
            writer.link.publish("a", b"fresh", qos=1)
            try:
                assert reader.messages.get(timeout=0.05).payload == b"fresh"
                break
            except queue.Empty:
                continue
        assert reader.link.connections == 2
        reader.link.publish("b", b"new", qos=1)
        assert writer.next().payload == b"new"
        reader.link.stop()


async def test_a_flood_pushes_out_the_oldest_of_its_own_topic_only() -> None:
    """Fault F10: and all that has come crosses in one call."""
    batches: list[list[Message]] = []
    crossing = Crossing(asyncio.get_running_loop(), lambda messages: batches.append(list(messages)))

    def flood() -> None:
        crossing(Message("quiet", b"0", False, 0.0))
        for number in range(1000):
            crossing(Message("loud", b"%d" % number, False, 0.0))
        crossing(Message("quiet", b"1", False, 0.0))

    thread = threading.Thread(target=flood)
    thread.start()
    thread.join()
    await asyncio.sleep(0)
    ((*messages,),) = batches
    assert [message.payload for message in messages if message.topic == "quiet"] == [b"0", b"1"]
    loud = [int(message.payload) for message in messages if message.topic == "loud"]
    assert loud == list(range(1000 - MAX_PER_TOPIC, 1000))
    assert crossing.overflowed == {"loud": 1000 - MAX_PER_TOPIC}
    assert messages[0].topic == messages[-1].topic == "quiet"


async def test_invented_topics_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_link, "MAX_TOPICS", 10)
    batches: list[list[Message]] = []
    crossing = Crossing(asyncio.get_running_loop(), lambda messages: batches.append(list(messages)))
    for number in range(30):
        crossing(Message(f"t{number}", b"", False, 0.0))
    await asyncio.sleep(0)
    assert len(batches[0]) == 10
    assert crossing.overflowed.total() == 20
