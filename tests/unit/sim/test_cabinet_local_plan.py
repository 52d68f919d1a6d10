"""Does a cabinet alone run its plan at the place in the cycle that its clock says, and free without a clock?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.events import CabinetMode, CommandKind
from controller.model import Aspect
from field_io.registers import ClockStatus, ModeReason, ResultCode
from sim.cabinet import LocalPlan, VirtualCabinet
from sim.cabinet.local_plan import DAY_DS, WallClock, position_ds, stage_after, stage_at, until_next_step_ds
from tests.cabinets import KEY, Centre, crossroads, in_local, in_remote, mode_of

PLAN = LocalPlan(700, 120, ((50, 1), (300, 2), (650, 3)))


@pytest.mark.parametrize(
    ("place_ds", "stage"), [(0, 3), (49, 3), (50, 1), (299, 1), (300, 2), (649, 2), (650, 3), (699, 3)]
)
def test_the_wanted_stage_is_the_last_that_was_switched_to(place_ds: int, stage: int) -> None:
    assert stage_at(PLAN, place_ds) == stage


@given(st.integers(0, 699))
def test_nothing_changes_before_the_next_step_and_something_then(place_ds: int) -> None:
    wait_ds = until_next_step_ds(PLAN, place_ds)
    assert wait_ds > 0
    assert {stage_at(PLAN, (place_ds + k) % 700) for k in range(wait_ds)} == {stage_at(PLAN, place_ds)}
    assert stage_at(PLAN, (place_ds + wait_ds) % 700) != stage_at(PLAN, place_ds)


@given(now_ds=st.integers(0, 3 * DAY_DS), unix_s=st.integers(0, 2**31), zone_s=st.sampled_from([0, 25_200, -18_000]))
def test_the_position_is_local_time_of_day_minus_offset_modulo_cycle(now_ds: int, unix_s: int, zone_s: int) -> None:
    clock = WallClock.of(unix_s, zone_s)
    of_day_ds = ((unix_s + zone_s) * 10 + now_ds) % DAY_DS
    assert position_ds(PLAN, clock, now_ds) == (of_day_ds - 120) % 700


def test_an_officer_steps_through_the_plans_order() -> None:
    assert [stage_after(PLAN, stage) for stage in (1, 2, 3, 9)] == [2, 3, 1, 1]
    assert stage_after(LocalPlan(600, 0, ((0, 2),)), 2) == 2


def asked_at(cabinet: VirtualCabinet, end_ds: int) -> list[tuple[int, int]]:
    """(time of day in tenths, stage) whenever the cabinet wants another stage."""
    wants: list[tuple[int, int]] = []
    while cabinet.now_ds < end_ds:
        cabinet.advance(cabinet.now_ds + 1)
        stage = cabinet.status.next_stage or cabinet.active_stage
        if not wants or stage != wants[-1][1]:
            wants.append((cabinet.now_ds, stage))
    return wants


def test_the_cabinet_switches_at_the_plans_places() -> None:
    config = crossroads(local_plan=LocalPlan(700, 120, ((0, 1), (400, 2))))
    cabinet = in_local(config)
    assert asked_at(cabinet, 2600)[1:] == [(820, 1), (1220, 2), (1520, 1), (1920, 2), (2220, 1)]
    assert cabinet.status.cycle_length_ds == 700
    assert cabinet.status.cycle_position_ds == (2600 - 120) % 700


def test_the_count_of_cycles_begins_anew_at_local_midnight() -> None:
    config = crossroads(local_plan=LocalPlan(700, 0, ((0, 1), (400, 2))))  # 86400 s are no whole number of cycles
    cabinet = VirtualCabinet(config, boot_id=1, key=KEY, now_ds=DAY_DS - 1500, unix_at_zero_s=0.0)
    wants = [(at_ds - DAY_DS, stage) for at_ds, stage in asked_at(cabinet, DAY_DS + 1200)]
    assert wants[-5:] == [(-500, 2), (-200, 1), (400, 2), (700, 1), (1100, 2)]  # not at 200, 500, ...


def test_two_cabinets_with_one_clock_keep_their_offset_without_a_word() -> None:
    early, late = (in_local(crossroads(local_plan=LocalPlan(600, offset, ((0, 1), (300, 2))))) for offset in (0, 150))
    places = [{at % 600 for at, stage in asked_at(cabinet, 4000)[1:] if stage == 2} for cabinet in (early, late)]
    assert places == [{300}, {450}]


def test_without_a_clock_the_plan_runs_free_and_with_it_again_in_step() -> None:
    cabinet = in_local()
    cabinet.advance(700)
    cabinet.set_clock(0.0, ClockStatus.NEVER_SET)
    assert (cabinet.mode, cabinet.mode_reason) == (CabinetMode.LOCAL_ISOLATED, ModeReason.CLOCK_INVALID)
    assert asked_at(cabinet, 1650)[1:] == [(1000, 2), (1300, 1), (1600, 2)]
    assert cabinet.status.cycle_position_ds == 350
    cabinet.set_clock(165.0)
    assert (cabinet.mode, cabinet.mode_reason) == (CabinetMode.LOCAL_COORDINATED, ModeReason.CLOCK_VALID)
    assert cabinet.status.cycle_position_ds == 450


def test_a_cabinet_without_a_clock_goes_isolated_when_its_lease_ends() -> None:
    cabinet, _ = in_remote()
    cabinet.set_clock(0.0, ClockStatus.NEVER_SET)
    assert mode_of(cabinet) is CabinetMode.REMOTE
    cabinet.advance(1100)
    assert mode_of(cabinet) is CabinetMode.LOCAL_ISOLATED


# The begin of a run: as after two cycles of the local plan, in remote, with a full lease and no owner.


@pytest.mark.parametrize("begin_ds", [0, 290, 300, 345, 410, 252_000, DAY_DS - 10])
def test_a_run_begins_as_if_the_local_plan_had_run_all_the_time(begin_ds: int) -> None:
    cabinet = VirtualCabinet(crossroads(), boot_id=1, key=KEY, now_ds=begin_ds, unix_at_zero_s=0.0)
    cabinet.begin_in_remote(begin_ds)
    day_before = VirtualCabinet(crossroads(), boot_id=1, key=KEY, now_ds=0, unix_at_zero_s=0.0)
    day_before.advance(1200 + begin_ds % 600)
    assert cabinet.aspects == day_before.aspects
    status = cabinet.status
    assert (status.mode, status.owner_epoch, status.lease_left_ds) == (CabinetMode.REMOTE, 0, 300)
    assert status.active_stage == day_before.active_stage


def test_the_day_before_the_begin_has_no_midnight() -> None:
    config = crossroads(local_plan=LocalPlan(700, 0, ((0, 1), (400, 2))))
    cabinet = VirtualCabinet(config, boot_id=1, key=KEY, now_ds=0, unix_at_zero_s=0.0)
    cabinet.begin_in_remote(0)
    assert cabinet.aspects == (Aspect.RED, Aspect.RED, Aspect.AMBER)  # stage 1 is wanted from this very second


def test_who_comes_first_owns_a_cabinet_at_the_begin_also_by_a_renewal() -> None:
    cabinet = VirtualCabinet(crossroads(), boot_id=1, key=KEY, now_ds=5000, unix_at_zero_s=0.0)
    cabinet.begin_in_remote(5000)
    assert Centre(cabinet, epoch=3).say(CommandKind.RENEW) is ResultCode.ACCEPTED
    assert cabinet.status.owner_epoch == 3


def test_at_the_begin_a_command_acts_in_the_same_instant() -> None:
    cabinet = VirtualCabinet(crossroads(), boot_id=1, key=KEY, now_ds=200, unix_at_zero_s=0.0)
    cabinet.begin_in_remote(200)
    assert cabinet.aspects == (Aspect.GREEN, Aspect.GREEN, Aspect.RED)
    assert Centre(cabinet).request(2) is ResultCode.ACCEPTED
    assert cabinet.aspects == (Aspect.AMBER, Aspect.FLASHING_GREEN, Aspect.RED)


def test_nobody_comes_and_the_local_plan_goes_on() -> None:
    cabinet = VirtualCabinet(crossroads(), boot_id=1, key=KEY, now_ds=200, unix_at_zero_s=0.0)
    cabinet.begin_in_remote(200)
    cabinet.advance(500)
    assert (cabinet.mode, cabinet.mode_reason) == (CabinetMode.LOCAL_COORDINATED, ModeReason.LEASE_ENDED)
