"""Does the small profile carry a stage request and believe only its echo?"""

import pytest

from controller.events import CabinetMode, CabinetReport, CommandKind
from controller.model import Aspect
from field_io.errors import KeyMissingError, UnknownProfileError
from field_io.plc_basic import PlcFault, PlcStatus, encode_status
from field_io.plc_session import PlcSession
from field_io.profiles import cabinet_key, open_session
from field_io.registers import laboratory_key
from field_io.session import CabinetSession, Rejected
from plans import CabinetAddress
from tests.unit.field_io.street import command, make_junction

JUNCTION = make_junction("J01", 1)


@pytest.fixture
def session() -> PlcSession:
    fresh = PlcSession(JUNCTION, None, epoch=1)
    assert isinstance(fresh.report(encode_status(PlcStatus(0, 41, 1, 0)), 99.0), CabinetReport)
    return fresh


def test_the_heartbeat_goes_on_from_where_the_cabinet_holds_it(session: PlcSession) -> None:
    assert session.block(command(), 100.0, 0.0) == (2, 42)
    assert session.block(command(kind=CommandKind.RELEASE, stage=0), 100.0, 0.0) == (0, 43)


def test_acceptance_is_the_echo_of_request_and_heartbeat(session: PlcSession) -> None:
    session.block(command(), 100.0, 0.0)
    report = session.report(encode_status(PlcStatus(2, 42, 0, 0)), 100.1)
    assert isinstance(report, CabinetReport)
    assert (report.accepted, report.active_stage, report.lease_left_s) == (True, 0, 10.0)
    assert report.aspects == (Aspect.UNKNOWN, Aspect.UNKNOWN)
    session.block(command(), 101.0, 0.0)
    stale = session.report(encode_status(PlcStatus(2, 42, 2, 0)), 101.1)
    assert isinstance(stale, CabinetReport)
    assert stale.accepted is False
    assert stale.aspects == (Aspect.RED, Aspect.GREEN)


@pytest.mark.parametrize("fault", [PlcFault.MANUAL, PlcFault.FLASH, PlcFault.START_UP, PlcFault.SAFETY])
def test_nothing_is_sent_to_a_cabinet_in_a_mode_of_its_own(session: PlcSession, fault: PlcFault) -> None:
    session.report(encode_status(PlcStatus(0, 41, 1, fault)), 99.5)
    assert session.block(command(), 100.0, 0.0) is None


def test_a_cabinet_on_its_own_plan_may_be_asked(session: PlcSession) -> None:
    report = session.report(encode_status(PlcStatus(0, 41, 1, PlcFault.LOCAL)), 99.5)
    assert isinstance(report, CabinetReport)
    assert report.mode is CabinetMode.LOCAL_ISOLATED
    assert session.block(command(), 100.0, 0.0) is not None


def test_a_stage_that_the_junction_does_not_have_is_rejected(session: PlcSession) -> None:
    assert isinstance(session.report(encode_status(PlcStatus(0, 41, 3, 0)), 100.0), Rejected)
    assert isinstance(session.report((1, 2, 3), 100.0), Rejected)


def test_a_command_past_its_validity_is_not_sent(session: PlcSession) -> None:
    assert session.block(command(), 101.5, 0.0) is None


def test_the_address_chooses_the_session() -> None:
    assert isinstance(open_session(CabinetAddress("J01", "plc-basic", "10.0.0.7", 502), JUNCTION), PlcSession)
    assert isinstance(open_session(CabinetAddress("J01", "TSC-MB/1.0", "127.0.0.1", 502), JUNCTION), CabinetSession)
    with pytest.raises(UnknownProfileError, match=r"cabinet J01 has the profile 'NTCIP'; known are TSC"):
        open_session(CabinetAddress("J01", "NTCIP", "127.0.0.1", 502), JUNCTION)


def test_a_key_comes_from_the_environment_and_the_laboratory_key_stays_on_loopback() -> None:
    key = bytes(range(16))
    street = CabinetAddress("J01", "TSC-MB/1.0", "10.0.0.7", 802, key_env="KEY")
    assert cabinet_key(street, {"KEY": key.hex()}) == key
    assert cabinet_key(CabinetAddress("J01", "TSC-MB/1.0", "127.0.0.1", 1502), {}) == laboratory_key("J01")
    for environment, cause in (({}, "is not set"), ({"KEY": "xyz"}, "hex digits"), ({"KEY": "00" * 15}, "fewer than")):
        with pytest.raises(KeyMissingError, match=cause):
            cabinet_key(street, environment)
    with pytest.raises(KeyMissingError, match=r"10\.0\.0\.7 is not a loopback address"):
        cabinet_key(CabinetAddress("J01", "TSC-MB/1.0", "10.0.0.7", 802), {})
