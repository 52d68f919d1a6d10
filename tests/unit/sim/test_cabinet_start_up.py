"""Which intervals does a start-up have, and how long is the shortest of them?"""

import pytest

from controller.model import Aspect
from sim.cabinet import StartUp, StartUpSequence
from sim.cabinet.start_up import Step, dark, flashing, schedule
from tests.cabinets import crossroads

DARK, RED, AMBER, FLASHING_RED = Aspect.DARK, Aspect.RED, Aspect.AMBER, Aspect.FLASHING_RED
UK, US, NORDIC = StartUpSequence
OFF, ALL_RED, AMBERS = (DARK,) * 3, (RED,) * 3, (AMBER, RED, AMBER)


@pytest.mark.parametrize(
    ("sequence", "after_flash", "steps", "first_stage_ds"),
    [
        (UK, False, [(100, OFF), (170, (DARK, DARK, AMBER)), (200, (DARK, DARK, RED))], 250),
        (UK, True, [(100, (DARK, DARK, AMBER)), (130, (DARK, DARK, RED))], 180),
        (US, False, [(100, (FLASHING_RED, DARK, FLASHING_RED)), (170, ALL_RED)], 220),
        (US, True, [(100, ALL_RED)], 150),
        (NORDIC, False, [(100, OFF), (170, AMBERS), (200, ALL_RED)], 250),
        (NORDIC, True, [(100, AMBERS), (130, ALL_RED)], 180),
    ],
)
def test_the_lamps_come_on_by_the_custom_and_after_a_flash_without_its_first_interval(
    sequence: StartUpSequence, after_flash: bool, steps: list[tuple[int, tuple[Aspect, ...]]], first_stage_ds: int
) -> None:
    config = crossroads(start_up=StartUp(sequence, dark_ds=70, amber_ds=30, red_ds=50, first_stage=1))
    told = schedule(config, 100, after_flash=after_flash)
    assert told == (tuple(Step(at_ds, aspects) for at_ds, aspects in steps), first_stage_ds)


@pytest.mark.parametrize(
    ("sequence", "amber_ds", "steps", "first_stage_ds"),
    [
        (UK, 0, [(0, OFF), (1, (DARK, DARK, RED))], 2),
        (US, 0, [(0, (FLASHING_RED, DARK, FLASHING_RED)), (1, ALL_RED)], 2),
        (US, 30, [(0, (FLASHING_RED, DARK, FLASHING_RED)), (1, ALL_RED)], 2),  # it has no interval of amber
        (NORDIC, 0, [(0, OFF), (1, ALL_RED)], 2),
        (NORDIC, 30, [(0, OFF), (1, AMBERS)], 31),  # after amber the groups keep their red by themselves
    ],
)
def test_no_lamp_leaps_to_where_it_may_not_however_short_the_intervals_are(
    sequence: StartUpSequence, amber_ds: int, steps: list[tuple[int, tuple[Aspect, ...]]], first_stage_ds: int
) -> None:
    """Dark for a scan at least before amber, and red for one before red-amber where no amber came."""
    config = crossroads(start_up=StartUp(sequence, dark_ds=0, amber_ds=amber_ds, red_ds=0, first_stage=1))
    told = schedule(config, 0, after_flash=False)
    assert told == (tuple(Step(at_ds, aspects) for at_ds, aspects in steps), first_stage_ds)


def test_vehicles_flash_and_pedestrians_are_dark() -> None:
    assert flashing(crossroads(), FLASHING_RED) == (FLASHING_RED, DARK, FLASHING_RED)
    assert dark(crossroads()) == OFF
