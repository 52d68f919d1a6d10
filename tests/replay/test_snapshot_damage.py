"""Does a snapshot with a bit turned over cost more than what was learned?"""

import random

import pytest

from controller import Controller
from controller.snapshot import SnapshotDamagedError, unpack
from tests.towns import three_stage_junction, town


def test_every_turned_bit_is_harmless_or_said_in_one_way() -> None:
    controller = Controller(town(three_stage_junction()))
    snapshot = controller.snapshot()
    memories, signature, chance = controller._memories(), controller._signature(), random.Random(1)
    damaged = 0
    for _ in range(800):
        block = bytearray(snapshot)
        block[chance.randrange(len(block))] ^= 1 << chance.randrange(8)
        try:
            unpack(memories, signature, bytes(block))
        except ValueError:
            damaged += 1
    assert damaged > 400
    assert controller.snapshot() == snapshot


@pytest.mark.parametrize("length", [0, 1, 100, 5000])
def test_a_torn_snapshot_is_damaged(length: int) -> None:
    controller = Controller(town(three_stage_junction()))
    with pytest.raises(SnapshotDamagedError, match="start without it"):
        Controller.restore(controller.network, controller.snapshot()[:length])
