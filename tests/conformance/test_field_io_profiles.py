"""Does every cabinet profile keep the promises of a session: asked by stage, believed by echo, left alone in manual?

A new profile joins in one line of `PROFILES`.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from controller.events import CabinetMode, CabinetReport, PermittedCommand
from field_io.profiles import SESSIONS, open_session
from field_io.registers import laboratory_key
from field_io.session import Registers, Session
from plans import load_cabinet, load_site
from sim.cabinet import CabinetConfig, PlcCabinet, VirtualCabinet, on_site
from tests.site_builder import make_site
from tests.unit.field_io.street import command

BUNDLE = make_site()
SITE = load_site(BUNDLE)
JUNCTION = SITE.network.junctions[0]
CONFIG = CabinetConfig.from_file(load_cabinet(BUNDLE, "J01"))
UNIX_S = 1_767_546_000.0
Cabinet = VirtualCabinet | PlcCabinet


def tsc_mb() -> Cabinet:
    return VirtualCabinet(CONFIG, boot_id=7, key=laboratory_key("J01"), now_ds=0, unix_at_zero_s=UNIX_S)


def plc_basic() -> Cabinet:
    return PlcCabinet(CONFIG, now_ds=0, unix_at_zero_s=UNIX_S)


PROFILES: dict[str, Callable[[], Cabinet]] = {"TSC-MB/1.0": tsc_mb, "plc-basic": plc_basic}


class Line:
    """A session and its cabinet, and whoever asks for a stage: one round each second."""

    def __init__(self, profile: str) -> None:
        self.cabinet = PROFILES[profile]()
        self.session: Session = open_session(replace(SITE.addresses["J01"], profile=profile), JUNCTION, epoch=1)
        self.second = 0
        self.sent = 0
        self.report: CabinetReport | None = None

    def round(self, stage: int | None = None, **changes: object) -> CabinetReport:
        """A second passes, then this stage is asked for, or nothing."""
        self.second += 1
        now_s = float(self.second)
        self.cabinet.advance(10 * self.second)
        if not self.session.identified and self.session.identity_registers is not None:
            assert self.session.identify(self._read(self.session.identity_registers), now_s) is None
        words = self.session.block(self._command(stage, now_s, **changes), now_s, UNIX_S + now_s)
        if words is not None:
            self.sent += 1
            assert self.cabinet.write_holding(self.session.write_address, words) == 0
        report = self.session.report(self._read(self.session.read_back_registers), now_s)
        assert isinstance(report, CabinetReport), report
        self.report = report
        return report

    def until_in_remote(self) -> CabinetReport:
        """Start-up, then its own plan, then ours."""
        for _ in range(60):
            report = self.round(stage=1)
            if report.mode is CabinetMode.REMOTE:
                return report
        pytest.fail("it never came under remote control")

    def _command(self, stage: int | None, now_s: float, **changes: object) -> PermittedCommand | None:
        if stage is None or self.report is None:
            return None
        asked = command(
            stage=stage,
            expected_stage=self.report.active_stage,
            expected_mode=self.report.mode,
            valid_until_s=now_s + 1,
        )
        return replace(asked, **changes)  # type: ignore[arg-type]  # the test names the fields

    def _read(self, where: Registers) -> tuple[int, ...]:
        read = self.cabinet.read_input if where.function == 4 else self.cabinet.read_holding
        return read(where.address, where.count)


@pytest.fixture(params=PROFILES)
def line(request: pytest.FixtureRequest) -> Line:
    return Line(request.param)


def test_every_profile_is_here() -> None:
    assert set(PROFILES) == set(SESSIONS)


def test_nothing_is_sent_before_the_cabinet_was_read_and_in_its_start_up(line: Line) -> None:
    report = line.round(stage=1)
    assert report.mode is CabinetMode.START_UP
    assert report.accepted is None
    line.round(stage=1)
    assert line.sent == 0


def test_a_stage_that_is_asked_for_is_accepted_by_echo_and_comes(line: Line) -> None:
    assert line.until_in_remote().accepted
    for stage in (2, 1):
        reports = [line.round(stage=stage) for _ in range(40)]
        assert all(report.accepted for report in reports)
        assert reports[-1].active_stage == stage
        assert reports[-1].aspects == line.cabinet.aspects


def test_a_command_past_its_validity_is_not_sent(line: Line) -> None:
    line.until_in_remote()
    sent = line.sent
    line.round(stage=2, valid_until_s=0.0)
    assert line.sent == sent


def test_without_renewal_the_cabinet_goes_its_own_way_within_ten_seconds(line: Line) -> None:
    line.until_in_remote()
    reports = [line.round() for _ in range(12)]
    assert reports[8].mode is CabinetMode.REMOTE
    assert reports[10].mode in {CabinetMode.LOCAL_COORDINATED, CabinetMode.LOCAL_ISOLATED}
    lease_s = [report.lease_left_s for report in reports[:9]]
    assert lease_s == sorted(lease_s, reverse=True)


def test_a_cabinet_in_manual_is_left_alone(line: Line) -> None:
    line.until_in_remote()
    if isinstance(line.cabinet, PlcCabinet):
        on_site.set_manual(line.cabinet.operation, on=True)
    else:
        line.cabinet.set_manual(on=True)
    for _ in range(3):
        assert line.round(stage=2).mode is CabinetMode.MANUAL
    sent = line.sent
    for _ in range(20):
        line.round(stage=2)
    assert line.sent == sent
