"""Does the cabinet say of itself what TSC-MB/1.0 asks for, and does the data it is built from have to make sense?"""

from dataclasses import replace
from typing import Any

import pytest

from controller.events import CabinetMode, CommandKind
from controller.model import Aspect, GroupKind
from field_io.plc_basic import PlcFault, PlcRequest, encode_request
from field_io.plc_basic import decode_status as decode_plc
from field_io.registers import Capability, ClockStatus, ResultCode, block_crc, decode_identity, decode_status
from plans import load_cabinet, load_site, safety_hash
from sim.cabinet import (
    CabinetConfig,
    ConfigRefused,
    Lamp,
    LampFault,
    LampFaultKind,
    LocalPlan,
    PlcCabinet,
    ReadRefused,
    on_site,
)
from tests.cabinets import crossroads, in_local, in_remote, mode_of, start
from tests.site_builder import make_site

K1, F1, K2 = crossroads().groups


def test_the_identity_is_that_of_the_file_and_of_this_start() -> None:
    cabinet = start(crossroads(detectors=("D1", "D2")))
    identity = decode_identity(cabinet.read_input(0, 32))
    assert (identity.cabinet_id, identity.junction_number, identity.name) == (1042, 1, "J01")
    assert (identity.groups, identity.stages, identity.detectors, identity.local_plans) == (3, 3, 2, 1)
    assert (identity.lease_max_ds, identity.scan_ms) == (300, 100)
    assert identity.capabilities & Capability.HMAC
    assert identity.safety_hash == crossroads().safety_hash


def test_status_and_its_mirror_are_the_same_words() -> None:
    cabinet, _ = in_remote()
    words = cabinet.read_holding(1000, 100)
    assert words == cabinet.read_input(100, 100)
    status = decode_status(words)
    assert status == cabinet.status
    assert (status.mode, status.active_stage, status.clock_status) == (CabinetMode.REMOTE, 1, ClockStatus.SYNCHRONISED)
    assert status.aspects[:4] == (Aspect.GREEN, Aspect.GREEN, Aspect.RED, Aspect.DARK)
    assert status.lamps[:4] == (Aspect.GREEN, Aspect.GREEN, Aspect.RED, Aspect.UNKNOWN)
    assert (status.unix_s, status.uptime_ms, status.snapshot) == (100, 100_000, 1000)
    assert (status.stage_time_ds, status.max_green_left_ds) == (340, 0)  # F1 green since 660, at most 300


def test_the_snapshot_moves_with_each_scan_although_nothing_happens() -> None:
    cabinet, _ = in_remote()
    numbers = []
    for now_ds in range(1001, 1006):
        cabinet.advance(now_ds)
        numbers.append(decode_status(cabinet.read_input(100, 100)).snapshot)
    assert numbers == [1001, 1002, 1003, 1004, 1005]


def test_the_echo_names_the_last_accepted_and_the_last_received_block() -> None:
    cabinet, centre = in_remote()
    centre.say(CommandKind.RENEW, sequence=500, demands=0b101)
    crc = block_crc(centre.words)
    centre.request(9, sequence=501)
    status = cabinet.status
    assert (status.accepted_sequence, status.accepted_crc, status.demands) == (500, crc, 0b101)
    assert (status.received_sequence, status.received_epoch, status.result) == (501, 17, ResultCode.UNKNOWN_STAGE)


def test_the_last_accepted_block_can_be_read_and_a_refused_one_cannot() -> None:
    cabinet, centre = in_remote()
    centre.say(CommandKind.RENEW)
    accepted = centre.words
    centre.request(9)
    assert cabinet.read_holding(0, 40) == accepted
    assert cabinet.read_holding(38, 2) == accepted[38:]


@pytest.mark.parametrize(("address", "count"), [(40, 1), (39, 2), (999, 1), (1099, 2), (1000, 0), (0, 41)])
def test_other_holding_registers_are_not_there(address: int, count: int) -> None:
    cabinet = start()
    assert not cabinet.holds(address, count)
    with pytest.raises(ReadRefused, match="exception 02"):
        cabinet.read_holding(address, count)


@pytest.mark.parametrize(("address", "count"), [(32, 1), (31, 2), (99, 1), (199, 2), (0, 0)])
def test_other_input_registers_are_not_there(address: int, count: int) -> None:
    with pytest.raises(ReadRefused, match="exception 02"):
        start().read_input(address, count)


def test_counts_add_up_wrap_and_have_sixteen_registers() -> None:
    cabinet = start(crossroads(detectors=tuple(f"D{i}" for i in range(20))))
    cabinet.count(0, 3)
    cabinet.count(0)
    cabinet.count(15, 65_537)
    cabinet.count(16, 5)
    cabinet.occupy(2, on=True)
    cabinet.occupy(19, on=True)
    cabinet.occupy(2, on=False)
    status = decode_status(cabinet.read_input(100, 100))
    assert status.counts == (4, *(0,) * 14, 1)
    assert status.occupied == 1 << 19
    cabinet.power_cycle()
    assert cabinet.status.counts == (0,) * 16


def test_faults_can_be_injected_into_what_is_measured_and_said() -> None:
    cabinet, _ = in_remote()
    cabinet.break_lamps(LampFault(LampFaultKind.DEAD, 2, Lamp.RED), LampFault(LampFaultKind.STUCK_ON, 2, Lamp.GREEN))
    assert cabinet.status.lamps[:3] == (Aspect.GREEN, Aspect.GREEN, Aspect.GREEN)
    assert cabinet.status.aspects[:3] == (Aspect.GREEN, Aspect.GREEN, Aspect.RED)
    frozen = cabinet.status
    cabinet.on_status = lambda status: frozen
    cabinet.advance(1010)
    assert decode_status(cabinet.read_holding(1000, 100)).snapshot == 1000


def test_uptime_and_times_in_stage_do_not_overflow_their_registers() -> None:
    cabinet = in_local(crossroads(local_plan=LocalPlan(36_000, 0, ((0, 1),))))
    cabinet.advance(60_000_000)
    status = decode_status(cabinet.read_input(100, 100))
    assert status.stage_time_ds == 65_535
    assert status.uptime_ms == 60_000_000 * 100 % 2**32


def test_time_runs_forwards() -> None:
    with pytest.raises(ValueError, match="time runs forwards"):
        in_local().advance(599)


# ------------------------------------------------------------------------------------------- what it is built from


def test_a_cabinets_file_becomes_its_configuration() -> None:
    bundle = make_site()
    file = load_cabinet(bundle, "J01")
    config = CabinetConfig.from_file(file)
    assert [group.id for group in config.groups] == [group.id for group in file.safety.groups]
    walk = next(group for group in config.groups if group.kind is GroupKind.PEDESTRIAN)
    source = next(group for group in file.safety.groups if group.id == walk.id)
    assert (walk.min_green_ds, walk.closing_ds) == (round(source.min_green_s * 10), round(source.clearance_s * 10))
    junction = next(j for j in load_site(bundle).network.junctions if j.id == "J01")
    assert config.safety_hash == junction.safety_hash == safety_hash(file)
    assert config.stages == tuple(junction.stage_mask(stage) for stage in junction.stages)
    assert tuple(tuple(None if s is None else round(s * 10) for s in row) for row in junction.intergreen_s) == (
        config.intergreen_ds
    )
    assert config.start_up.first_stage == 1 + [s.id for s in file.safety.stages].index(file.start_up.first_stage)


def test_names_that_name_nothing_are_refused() -> None:
    file = load_cabinet(make_site(), "J01")
    stages = (*file.safety.stages[:-1], file.safety.stages[-1].model_copy(update={"groups": ("K9",)}))
    wrong = file.model_copy(
        update={
            "safety": file.safety.model_copy(update={"stages": stages}),
            "start_up": file.start_up.model_copy(update={"first_stage": "Z"}),
        }
    )
    with pytest.raises(ConfigRefused) as refused:
        CabinetConfig.from_file(wrong)
    assert refused.value.findings == ("group K9 is named, but not there", "stage Z is named, but not there")


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"stages": (0b101,)}, "K1 and K2 green together, which conflict"),
        ({"stages": (0b1000,)}, "stage 1 names a group that is not there"),
        ({"stages": ()}, "0 stages"),
        ({"groups": ()}, "0 signal groups"),
        ({"intergreen_ds": ((None,) * 3,) * 2}, "not 3 by 3"),
        ({"intergreen_ds": ((None, None, 50), (None, None, 110), (50, None, None))}, "F1 conflicts with K2, but K2"),
        ({"intergreen_ds": ((30, None, 50), (None, None, 110), (50, 60, None))}, "K1 conflicts with itself"),
        ({"intergreen_ds": ((None, None, 29), (None, None, 110), (50, 60, None))}, "K1 to K2 is shorter than amber"),
        (
            {"intergreen_ds": ((None, None, 50), (None, None, 79), (50, 60, None))},
            "F1 to K2 is shorter than amber or c",
        ),
        ({"groups": (replace(K1, closing_ds=-1), F1, K2)}, "K1 has a negative time"),
        ({"groups": (replace(K1, max_green_ds=59), F1, K2)}, "K1: maximum green is below minimum green"),
        ({"groups": (K1, replace(F1, red_amber_ds=10), K2)}, "F1: pedestrians have no red-amber"),
        ({"local_plan": LocalPlan(600, 0, ())}, "no step"),
        ({"local_plan": LocalPlan(600, 0, ((0, 4),))}, "names a stage that is not there"),
        ({"local_plan": LocalPlan(600, 0, ((300, 1), (0, 2)))}, "not in order"),
        ({"local_plan": LocalPlan(600, 0, ((600, 1),))}, "outside its cycle"),
        ({"lease_max_ds": 20}, "3 to 30 s"),
        ({"stuck_request_ds": 0}, "above 0 s"),
        ({"detectors": ("D",) * 65}, "more than 64 detectors"),
    ],
)
def test_data_that_contradict_themselves_are_refused(changes: dict[str, Any], finding: str) -> None:
    with pytest.raises(ConfigRefused, match="cabinet J01 does not start") as refused:
        crossroads(**changes)
    assert any(finding in one for one in refused.value.findings), refused.value.findings


# ------------------------------------------------------------------------------------------------------- plc-basic


def said(cabinet: PlcCabinet) -> tuple[int, int, PlcFault]:
    status = decode_plc(cabinet.read_holding(0, 4))
    return status.stage_request, status.active_stage, PlcFault(status.faults)


def ask(cabinet: PlcCabinet, stage: int, heartbeat: int) -> int:
    return cabinet.write_holding(0, encode_request(PlcRequest(stage, heartbeat)))


@pytest.fixture
def plc() -> PlcCabinet:
    cabinet = PlcCabinet(crossroads(), now_ds=0, unix_at_zero_s=0.0)
    cabinet.advance(700)  # stage 1 of the local plan until 900
    return cabinet


def test_a_moving_heartbeat_holds_a_plc_cabinet_and_a_still_one_loses_it(plc: PlcCabinet) -> None:
    assert said(plc) == (0, 1, PlcFault.LOCAL)
    for heartbeat in range(1, 30):
        assert ask(plc, 1, heartbeat) == 0
        plc.advance(700 + 10 * heartbeat)
    assert said(plc) == (1, 1, PlcFault(0))
    for _ in range(12):
        assert ask(plc, 1, 29) == 0
        plc.advance(plc.now_ds + 10)
    assert said(plc)[2] == PlcFault.LOCAL


def test_stage_zero_leaves_the_choice_to_a_plc_cabinet(plc: PlcCabinet) -> None:
    ask(plc, 2, 1)
    assert mode_of(plc) is CabinetMode.REMOTE
    ask(plc, 0, 2)
    assert mode_of(plc) is CabinetMode.LOCAL_COORDINATED


@pytest.mark.parametrize(("words", "code"), [((4, 9), 3), ((1,), 2), ((1, 2, 3), 2)])
def test_a_wrong_request_changes_nothing_in_a_plc_cabinet(plc: PlcCabinet, words: tuple[int, ...], code: int) -> None:
    ask(plc, 2, 1)
    before = plc.read_holding(0, 4)
    assert plc.write_holding(0, words) == code
    assert plc.read_holding(0, 4) == before


def test_the_fault_word_tells_who_outranks_the_centre(plc: PlcCabinet) -> None:
    on_site.set_manual(plc.operation, on=True)
    ask(plc, 2, 1)
    assert said(plc) == (2, 1, PlcFault.LOCAL | PlcFault.MANUAL)
    on_site.set_flash(plc.operation, on=True)
    assert PlcFault.FLASH in said(plc)[2]
    on_site.power_off(plc.operation)
    on_site.power_on(plc.operation)
    on_site.set_flash(plc.operation, on=False)
    plc.advance(plc.now_ds + 100)
    assert PlcFault.START_UP in said(plc)[2]
