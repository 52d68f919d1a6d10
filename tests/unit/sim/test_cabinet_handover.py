"""Does control come and go state by state, and never straight out of what outranks a centre?"""

from collections.abc import Callable

import pytest

from controller.events import CommandKind
from field_io.registers import FaultBit, ResultCode
from sim.cabinet import FOLLOWS, Handover, VirtualCabinet
from sim.cabinet.local_plan import position_ds, stage_at
from tests.cabinets import Centre, crossroads, in_local, in_remote, start


def state_of(cabinet: VirtualCabinet) -> Handover:
    return cabinet.handover


def test_a_whole_story_from_the_dark_to_the_dark() -> None:
    cabinet = start()
    story = [state_of(cabinet)]

    def live_until(end_ds: int) -> None:
        while cabinet.now_ds < end_ds:
            cabinet.advance(cabinet.now_ds + 1)
            if state_of(cabinet) is not story[-1]:
                story.append(state_of(cabinet))

    live_until(160)
    centre = Centre(cabinet)
    assert centre.request(2, lease_ms=30_000) is ResultCode.ACCEPTED
    live_until(340)
    assert centre.say(CommandKind.RENEW, lease_ms=30_000) is ResultCode.ACCEPTED
    live_until(1000)  # at 640 the lease ends, and the own plan wants stage 1
    cabinet.power_off()
    story.append(state_of(cabinet))
    assert story == [
        Handover.REFUSED,
        Handover.READY,
        Handover.REQUESTED,
        Handover.IN_CONTROL,
        Handover.RELEASING,
        Handover.READY,
        Handover.OFFLINE,
    ]


def test_a_release_hands_back_through_the_interstage() -> None:
    cabinet, centre = in_remote()
    centre.renew_until(1500)  # the own plan wants stage 2 there
    assert state_of(cabinet) is Handover.IN_CONTROL
    assert centre.say(CommandKind.RELEASE) is ResultCode.ACCEPTED
    assert state_of(cabinet) is Handover.RELEASING
    assert centre.request(1) is ResultCode.ACCEPTED
    assert state_of(cabinet) in {Handover.REQUESTED, Handover.IN_CONTROL}


def test_a_release_to_a_plan_that_wants_what_shows_is_done_at_once() -> None:
    cabinet, centre = in_remote()
    operation, plan = cabinet._operation, cabinet.config.local_plan
    while stage_at(plan, position_ds(plan, operation.clock, cabinet.now_ds)) != cabinet.active_stage:
        centre.renew_until(cabinet.now_ds + 10)
    centre.say(CommandKind.RELEASE)
    assert state_of(cabinet) is Handover.READY


def test_a_release_is_under_way_while_a_minimum_green_still_runs() -> None:
    cabinet, centre = in_remote()
    centre.renew_until(1500)  # the own plan wants stage 2 there
    centre.request(2)
    while cabinet.active_stage != 2:
        centre.renew_until(cabinet.now_ds + 1)
    cabinet.set_clock(cabinet._unix_at_zero_s + cabinet.now_ds / 10 + 30.0)
    wants = stage_at(
        cabinet.config.local_plan, position_ds(cabinet.config.local_plan, cabinet._operation.clock, cabinet.now_ds)
    )
    assert wants != 2, "by its new time the plan is elsewhere"
    centre.say(CommandKind.RELEASE)
    assert not cabinet._operation.groups.moving
    assert state_of(cabinet) is Handover.RELEASING


@pytest.mark.parametrize(
    "outranks",
    [
        lambda cabinet: cabinet.set_manual(on=True),
        lambda cabinet: cabinet.request_flash(),
        lambda cabinet: cabinet.raise_fault(FaultBit.CONFLICT, latched=True),
        lambda cabinet: cabinet.power_cycle(),
    ],
)
def test_what_outranks_a_centre_shuts_it_out_at_once(outranks: Callable[[VirtualCabinet], None]) -> None:
    cabinet, centre = in_remote()
    outranks(cabinet)
    assert state_of(cabinet) is Handover.REFUSED
    assert centre.request(1) is not ResultCode.ACCEPTED
    assert state_of(cabinet) is Handover.REFUSED


def test_the_lock_after_a_stuck_request_shuts_out_for_a_minute() -> None:
    cabinet, centre = in_remote(crossroads(stuck_request_ds=300))
    centre.renew_until(1090)
    cabinet.advance(1100)
    assert state_of(cabinet) is Handover.REFUSED
    cabinet.advance(1700)
    assert state_of(cabinet) is Handover.READY


def test_nobody_gets_control_but_from_ready_or_while_it_is_handed_back() -> None:
    held = {Handover.REQUESTED, Handover.IN_CONTROL}
    assert {state for state, following in FOLLOWS.items() if following & held} == held | {
        Handover.READY,
        Handover.RELEASING,
    }
    cabinet = in_local()
    assert state_of(cabinet) is Handover.READY
