"""Do the figures of a load run say what was measured, and does a small run over real sockets lose nothing?"""

import json
import struct

import pytest

from field_io.detector_door import DetectorDoor
from sim.bench_load.__main__ import main
from sim.bench_load.figures import growth_mib_h, quantile, slowed_by_trouble, unaccounted
from sim.bench_load.gateways import Gateways, _length
from sim.bench_load.processes import Minute
from sim.bench_load.town import town


def minute(*echo_ms: float, rss_mib: float = 100.0) -> Minute:
    return Minute(echo_ms, echo_ms, 0, {}, rss_mib, 0.0, (0.0, 0.0, 0.0))


def test_a_quantile_is_the_least_value_that_is_not_below_its_share() -> None:
    values = [float(n) for n in range(1, 201)]
    assert [quantile(values, share) for share in (0.5, 0.99, 0.999, 1.0)] == [100.0, 198.0, 200.0, 200.0]


def test_trouble_is_judged_by_the_median_of_its_pairs_of_minutes() -> None:
    minutes = [minute(10.0), minute(11.0), minute(10.0), minute(30.0), minute(10.0), minute(10.5)]
    assert slowed_by_trouble(minutes, 0.5) == pytest.approx(1.1)


def test_memory_is_judged_after_the_warm_up() -> None:
    minutes = [minute(rss_mib=100.0 + 5 * n) for n in range(10)] + [minute(rss_mib=150.0 + n / 60) for n in range(30)]
    assert growth_mib_h(minutes, 60.0) == pytest.approx(1.0)


def test_a_message_is_lost_only_if_nothing_counts_it() -> None:
    counters = {"detector_messages": 90, "dropped_stale": 4, "dropped_overlap": 3, "mqtt_pushed_out": 2, "steps": 7}
    assert unaccounted(100, counters) == 1


@pytest.mark.parametrize("messages_s", [3, 30])
def test_every_message_of_the_gateways_gets_through_the_door(messages_s: int) -> None:
    network = town(3)
    gateways, door = Gateways(network, messages_s), DetectorDoor(network, 5.0)
    for number in range(200):
        packet = gateways._message(number, 1000.0)
        assert packet[0] == 0x32
        begin = next(place for place in range(1, 5) if packet[place] < 0x80) + 1
        assert len(packet) - begin == sum((packet[1 + n] & 0x7F) << 7 * n for n in range(begin - 1))
        (size,) = struct.unpack_from(">H", packet, begin)
        topic, payload = packet[begin + 2 : begin + 2 + size].decode(), packet[begin + 4 + size :]
        assert json.loads(payload)["seq"] == number // 3
        assert door.accept(topic, payload, False, 1000.0 + (number + 1) / messages_s) is not None
    assert door.accepted == 200


@pytest.mark.parametrize(("size", "digits"), [(0, [0]), (127, [127]), (128, [128, 1]), (16_384, [128, 128, 1])])
def test_lengths_are_written_as_mqtt_wants_them(size: int, digits: list[int]) -> None:
    assert list(_length(size)) == digits


@pytest.mark.mosquitto
@pytest.mark.slow
def test_a_small_run_answers_every_command_and_loses_no_message(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--cabinets", "5", "--messages", "20", "--minutes", "2", "--minute-s", "3", "--trouble"])
    told = capsys.readouterr().out
    assert "unaccounted for 0 (0)" in told
    assert "decision to echoed acceptance: p50" in told
    assert "nan" not in told
