"""F45-F47 with two controllers under a virtual clock: the one leads, the other takes over, nobody ever drives twice."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from controller.events import CabinetMode, CabinetReport, CommandKind, PermittedCommand
from field_io.profiles import cabinet_key
from field_io.registers import ANY_STAGE
from field_io.session import CabinetSession
from field_io.standby import Role, Standby
from plans import load_cabinet, load_junction, load_site
from sim.cabinet import CabinetConfig
from sim.faults.checker import Breach, CabinetWatch, WatchedCabinet
from sim.faults.town import LEASE_S, town
from sim.monitor.rules import JunctionRules
from tests.unit.field_io.street import command

SITE = load_site(town(3))
UNIX_S = 1_767_546_000.0


@dataclass
class Street:
    breaches: list[Breach] = field(default_factory=list)
    now_s: float = 0.0

    def __post_init__(self) -> None:
        self.cabinets = {junction.id: self.cabinet(junction.id) for junction in SITE.network.junctions}

    def cabinet(self, junction: str) -> WatchedCabinet:
        address = SITE.addresses[junction]
        config = CabinetConfig.from_file(load_cabinet(SITE.bundle, address.cabinet))
        cabinet = WatchedCabinet(config, boot_id=5, key=cabinet_key(address), now_ds=0, unix_at_zero_s=UNIX_S)
        cabinet.begin_in_remote(0)
        rules = JunctionRules.from_file(load_junction(SITE.bundle, junction))
        cabinet.watch = CabinetWatch(rules, cabinet, self.breaches)
        return cabinet

    def second(self) -> None:
        self.now_s += 1
        for cabinet in self.cabinets.values():
            cabinet.advance(round(10 * self.now_s))

    @property
    def owners(self) -> list[int]:
        return [cabinet.orders.owner_epoch for cabinet in self.cabinets.values()]

    @property
    def all_remote(self) -> bool:
        return all(cabinet.mode is CabinetMode.REMOTE for cabinet in self.cabinets.values())


class Member:
    """A controller of a pair: reads every second, writes where it leads. It asks for two stages in turn."""

    def __init__(self, street: Street, number: int, own: int = 0) -> None:
        self.street, self.own = street, own
        self.standby = Standby(number, float(LEASE_S))
        self.sessions = {j.id: CabinetSession(j, cabinet_key(SITE.addresses[j.id])) for j in SITE.network.junctions}
        self.reports: dict[str, CabinetReport] = {}
        self.cut_off: set[str] = set()

    def second(self) -> None:
        now_s = self.street.now_s
        for junction, session in self.sessions.items():
            if junction in self.cut_off:
                session.disconnected()
                self.reports.pop(junction, None)
                continue
            cabinet = self.street.cabinets[junction]
            if not session.identified:
                assert session.identify(cabinet.read_input(0, 32), now_s) is None
            words = session.block(self.command(junction), now_s, UNIX_S + now_s)
            if words is not None:
                cabinet.write_holding(0, words)
            report = session.report(cabinet.read_holding(1000, 100), now_s)
            assert isinstance(report, CabinetReport)
            self.reports[junction] = report
        seen = [o for s in self.sessions.values() if (o := s.ownership(float(LEASE_S))) is not None]
        known = max(session.highest_epoch() for session in self.sessions.values())
        if self.standby.decide(now_s, seen, known, self.own):
            for session in self.sessions.values():
                session.drive_under(self.standby.epoch)

    def command(self, junction: str) -> PermittedCommand | None:
        report = self.reports.get(junction)
        if report is None:
            return None
        now_s = self.street.now_s
        asked = command(
            junction,
            stage=1 + int(now_s) // 40 % 2,
            expected_stage=report.active_stage,
            expected_mode=report.mode,
            valid_until_s=now_s + 1,
        )
        if report.mode is CabinetMode.REMOTE and report.accepted and now_s % 10:
            return replace(asked, kind=CommandKind.RENEW, expected_stage=ANY_STAGE)
        return asked


def live(street: Street, members: Sequence[Member], seconds: int) -> list[list[int]]:
    """So many seconds; who owned the cabinets after each."""
    owners = []
    for _ in range(seconds):
        street.second()
        for member in members:
            member.second()
        owners.append(street.owners)
    return owners


def test_of_two_that_start_together_the_first_leads_and_the_second_waits() -> None:
    street = Street()
    pair = [Member(street, 2), Member(street, 1)]
    owners = live(street, pair, 60)
    assert owners[-1] == [1, 1, 1]
    assert [member.standby.role for member in pair] == [Role.STANDS_BY, Role.LEADS]
    assert street.all_remote
    assert not street.breaches


@pytest.mark.parametrize("at_s", range(20, 24))
def test_a_leader_that_dies_is_followed_within_the_lease_and_no_cabinet_leaves_remote(at_s: int) -> None:
    street = Street()
    first, second = Member(street, 1), Member(street, 2)
    live(street, [first, second], at_s)
    for waited_s in range(LEASE_S):
        live(street, [second], 1)
        assert street.all_remote
        if street.owners == [2, 2, 2]:
            assert 5 <= waited_s <= 8
            break
    again = Member(street, 1, own=1)  # restarted by its supervisor: it finds that another leads
    live(street, [again, second], 90)
    assert (again.standby.role, second.standby.role) == (Role.STANDS_BY, Role.LEADS)
    assert street.owners == [2, 2, 2]
    assert street.all_remote
    assert not street.breaches


def test_a_leader_that_only_slept_is_refused_and_stands_by() -> None:
    street = Street()
    first, second = Member(street, 1), Member(street, 2)
    live(street, [first, second], 20)
    live(street, [second], 15)
    live(street, [first, second], 3)
    assert (first.standby.role, second.standby.role) == (Role.STANDS_BY, Role.LEADS)
    live(street, [first, second], 100)
    live(street, [first], 10)  # and is there when the other dies
    assert first.standby.role is Role.LEADS
    assert street.owners == [9, 9, 9]
    assert street.all_remote
    assert not street.breaches


def test_a_leader_cut_off_from_most_of_the_town_is_followed_and_learns_of_it() -> None:
    street = Street()
    first, second = Member(street, 1), Member(street, 2)
    live(street, [first, second], 20)
    first.cut_off = {"J01", "J02"}
    live(street, [first, second], 15)
    assert street.owners == [2, 2, 2]
    assert first.standby.role is Role.STANDS_BY
    assert street.all_remote
    assert not street.breaches


@pytest.mark.parametrize("seed", range(12))
def test_whatever_befalls_the_two_no_cabinet_has_two_masters(seed: int) -> None:
    """Deaths, sleeps and cut lines at random: S7 holds at every write, and in quiet one leads and all are remote."""
    chance = random.Random(seed)
    street = Street()
    members = [Member(street, 1), Member(street, 2)]
    asleep = [0, 0]
    for _ in range(600):
        street.second()
        for place, member in enumerate(members):
            if asleep[place]:
                asleep[place] -= 1
                continue
            match chance.randrange(400):
                case 0:
                    members[place] = Member(street, place + 1, own=member.standby.epoch)
                case 1:
                    asleep[place] = chance.randint(1, 30)
                case 2 | 3:
                    member.cut_off = set(chance.sample(sorted(member.sessions), chance.randint(0, 3)))
                case _:
                    member.second()
    for member in members:
        member.cut_off = set()
    live(street, members, 90)
    leaders = [member for member in members if member.standby.role is Role.LEADS]
    assert len(leaders) == 1
    assert street.owners == [leaders[0].standby.epoch] * 3
    assert street.all_remote
    assert not street.breaches
