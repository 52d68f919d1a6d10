"""Does the door for detector messages stand, whatever bytes come?"""

import json

from hypothesis import given
from hypothesis import strategies as st

from controller.events import DetectorReading
from controller.model import Junction, Loop, LoopRole, Network, Schedule
from field_io.detector_door import CAUSES, DetectorDoor
from field_io.detector_payload import encode

LOOPS = ("D1", "D2", "D3")
NETWORK = Network(
    "udon",
    (Junction("J01", "", (), (), (), (), tuple(Loop(n, LoopRole.STOP_LINE, None, (), 1.0) for n in LOOPS), ()),),
    Schedule(("day",) * 7, ()),
)
TOPIC = "fk/v1/udon/J01/detectors"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
nearly_right = st.fixed_dictionaries(
    {},
    optional={
        "v": st.just(1) | json_values,
        "gw": st.just("gw1") | json_values,
        "boot": st.just("b") | json_values,
        "seq": st.integers(0, 99) | json_values,
        "t0": st.floats(0, 9) | json_values,
        "t1": st.floats(0, 9) | json_values,
        "loops": st.dictionaries(
            st.sampled_from(LOOPS), st.tuples(st.integers(0, 9), st.integers(0, 999)) | json_values
        )
        | json_values,
        "edges": st.lists(st.tuples(st.integers(0, 999), st.sampled_from(LOOPS), st.integers(0, 1)) | json_values)
        | json_values,
    },
)
payloads = st.one_of(
    st.binary(max_size=200),
    st.binary(min_size=4000, max_size=4200),
    st.builds(lambda value: json.dumps(value).encode(), json_values),
    st.builds(lambda value: json.dumps(value).encode(), nearly_right),
)


@given(st.lists(st.tuples(payloads, st.booleans(), st.floats(0, 1e6)), max_size=8))
def test_whatever_comes_is_a_reading_or_a_count(messages: list[tuple[bytes, bool, float]]) -> None:
    door = DetectorDoor(NETWORK, stale_s=5.0)
    readings = [door.accept(TOPIC, payload, retained, now_s) for payload, retained, now_s in messages]
    assert door.accepted == sum(reading is not None for reading in readings)
    assert door.accepted + door.dropped.total() == len(messages)
    assert set(door.dropped) <= set(CAUSES)
    for reading in readings:
        if reading is not None:
            assert 0 < reading.t1_s - reading.t0_s < 2.1
            assert all(0 <= count <= 20 for count in reading.counts)
            assert all(0 <= ms <= 2000 for ms in reading.occupied_ms)


@given(
    st.lists(st.tuples(st.integers(0, 10), st.integers(0, 1000)), min_size=3, max_size=3),
    st.lists(st.tuples(st.integers(0, 1000), st.sampled_from(LOOPS), st.booleans()), max_size=20),
    st.integers(0, 1_000_000),
    st.integers(0, 2**32 - 1),
)
def test_every_good_reading_comes_through_unchanged(
    pairs: list[tuple[int, int]], edges: list[tuple[int, str, bool]], second: int, sequence: int
) -> None:
    reading = DetectorReading(
        "J01",
        float(second),
        float(second + 1),
        LOOPS,
        tuple(count for count, _ in pairs),
        tuple(ms for _, ms in pairs),
        tuple(sorted(edges, key=lambda edge: edge[0])),
    )
    door = DetectorDoor(NETWORK, stale_s=5.0)
    assert door.accept(TOPIC, encode(reading, "gw1", "b", sequence), False, float(second + 1)) == reading


@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0, 40)), max_size=60))
def test_no_second_is_ever_counted_twice(deliveries: list[tuple[int, float]]) -> None:
    """Any message of a source may come any number of times, at any time after it was made."""
    door = DetectorDoor(NETWORK, stale_s=5.0)
    used = []
    for second, delay_s in sorted(deliveries, key=lambda delivery: delivery[0] + delivery[1]):
        payload = encode(DetectorReading("J01", float(second), second + 1.0, ("D1",), (1,), (1,)), "g", "b", second)
        if door.accept(TOPIC, payload, False, second + 1 + delay_s):
            used.append(second)
    assert len(used) == len(set(used))
