"""A small site for the tests of the street."""

import pytest

from controller.model import (
    DayPlan,
    GroupKind,
    Junction,
    Loop,
    LoopRole,
    Network,
    Schedule,
    SignalGroup,
    Stage,
)

SAFETY_HASH = 0x9F3A6C1D42B07E58


def make_junction(name: str, number: int) -> Junction:
    """Two vehicle groups, two stages, two loops."""
    return Junction(
        id=name,
        name=name,
        groups=(
            SignalGroup("K1", GroupKind.VEHICLE, min_green_s=6, max_green_s=60, amber_s=3),
            SignalGroup("K2", GroupKind.VEHICLE, min_green_s=6, max_green_s=60, amber_s=3),
        ),
        stages=(Stage("A", ("K1",)), Stage("B", ("K2",))),
        intergreen_s=((None, 5.0), (5.0, None)),
        lanes=(),
        loops=(
            Loop("D1", LoopRole.STOP_LINE, None, ("K1",), 1.0),
            Loop("D2", LoopRole.STOP_LINE, None, ("K2",), 1.0),
        ),
        timings=(),
        number=number,
        cabinet_number=1000 + number,
        safety_hash=SAFETY_HASH + number,
    )


def make_network(*names: str) -> Network:
    """A site of such junctions, J01 and J02 unless named."""
    junctions = tuple(make_junction(name, index + 1) for index, name in enumerate(names or ("J01", "J02")))
    week = ("day", "day", "day", "day", "day", "day", "day")
    return Network("udon", junctions, Schedule(week, (DayPlan("day", ((0, "night"),)),)))


@pytest.fixture
def network() -> Network:
    return make_network()
