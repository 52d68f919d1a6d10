"""F45, F47: two controllers at one cabinet, and one that is killed and comes back: who owns, who is silent?"""

from dataclasses import replace
from itertools import pairwise

from controller.events import CabinetMode, CabinetReport, CommandKind, PermittedCommand
from field_io.registers import ANY_STAGE, laboratory_key
from field_io.session import CabinetSession
from plans import load_cabinet, load_site
from sim.cabinet import CabinetConfig, VirtualCabinet
from tests.site_builder import make_site
from tests.unit.field_io.street import command

BUNDLE = make_site()
JUNCTION = load_site(BUNDLE).network.junctions[0]
KEY = laboratory_key("J01")
UNIX_S = 1_767_546_000.0


def make_cabinet() -> VirtualCabinet:
    config = CabinetConfig.from_file(load_cabinet(BUNDLE, "J01"))
    cabinet = VirtualCabinet(config, boot_id=7, key=KEY, now_ds=0, unix_at_zero_s=UNIX_S)
    cabinet.begin_in_remote(0)
    return cabinet


class Centre:
    """A controller that asks for stage 1 and renews it, second by second."""

    def __init__(self, cabinet: VirtualCabinet, epoch: int) -> None:
        self.cabinet, self.session = cabinet, CabinetSession(JUNCTION, KEY, epoch)
        self.report: CabinetReport | None = None
        self.sent = 0

    def second(self, now_s: float) -> None:
        session, cabinet = self.session, self.cabinet
        if not session.identified:
            assert session.identify(cabinet.read_input(0, 32), now_s) is None
        words = session.block(self._command(now_s), now_s, UNIX_S + now_s)
        if words is not None:
            self.sent += 1
            cabinet.write_holding(0, words)
        report = session.report(cabinet.read_holding(1000, 100), now_s)
        assert isinstance(report, CabinetReport)
        self.report = report

    def _command(self, now_s: float) -> PermittedCommand | None:
        if self.report is None:
            return None
        asked = command(
            stage=1, expected_stage=self.report.active_stage, expected_mode=self.report.mode, valid_until_s=now_s + 1
        )
        if self.report.accepted and self.report.mode is CabinetMode.REMOTE:
            return replace(asked, kind=CommandKind.RENEW, expected_stage=ANY_STAGE)
        return asked


def test_the_newer_of_two_controllers_owns_and_the_older_is_silent() -> None:
    cabinet = make_cabinet()
    older, newer = Centre(cabinet, 1), Centre(cabinet, 2)
    owners = []
    sent_before_the_newer_left = 0
    for second in range(300):
        cabinet.advance(second * 10)
        older.second(float(second))
        if 20 <= second < 200:
            newer.second(second + 0.0)
            sent_before_the_newer_left = older.sent
        owners.append(cabinet.status.owner_epoch)
    changes = [(before, after) for before, after in pairwise(owners) if before != after]
    assert owners[22:209] == [2] * 187  # until its last lease ends
    assert changes == [(0, 1), (1, 2), (2, 0), (0, 1)]  # one take-over, no ping-pong; free again, it is asked for again
    assert sent_before_the_newer_left <= 25  # the older was fenced within a tick or two


def test_a_controller_that_was_killed_comes_back_before_the_lease_ends_and_the_cabinet_never_leaves_remote() -> None:
    cabinet = make_cabinet()
    centre = Centre(cabinet, 1)
    commanded = []
    for second in range(60):
        cabinet.advance(second * 10)
        if second == 30:
            centre = Centre(cabinet, 2)  # killed at 25 s; a new process, a new epoch
        if not 25 <= second < 30:
            centre.second(float(second))
        assert cabinet.status.mode is CabinetMode.REMOTE
        commanded.append(cabinet.status.owner_epoch)
    assert commanded[24:30] == [1] * 6
    assert commanded[31:] == [2] * 29


def test_a_controller_that_comes_back_late_finds_the_cabinet_on_its_own_plan() -> None:
    cabinet = make_cabinet()
    centre = Centre(cabinet, 1)
    modes = {}
    for second in range(60):
        cabinet.advance(second * 10)
        if second == 45:
            centre = Centre(cabinet, 2)
        if not 20 <= second < 45:
            centre.second(float(second))
        modes[second] = cabinet.status.mode
    assert modes[28] is CabinetMode.REMOTE
    assert modes[29] is CabinetMode.LOCAL_COORDINATED  # 10 s after the last renewal
    assert modes[59] is CabinetMode.REMOTE
