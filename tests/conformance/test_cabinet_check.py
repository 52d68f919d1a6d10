"""Does our cabinet keep every statement of the kit, and is each wrong cabinet caught by the statement meant for it?"""

from collections.abc import Callable
from pathlib import Path

import pytest

from controller.events import CommandKind
from field_io.cabinet_check import STATEMENTS, Expected, NoAnswer, Outcome, Probe, Verdict, chosen, walk, why_not
from field_io.profiles import cabinet_key
from field_io.registers import FaultBit, ResultCode
from plans import Bundle, load_cabinet, load_site
from sim.cabinet import CabinetConfig, VirtualCabinet
from sim.cabinet.direct import DirectLine
from sim.cabinet.wrong import WRONG
from tests.cabinets import Centre

SITE = load_site(Bundle.read(Path("plans/example")))
EXPECTED = Expected.of(SITE, "J01")
KEY = cabinet_key(SITE.addresses["J01"])


def probe(
    build: Callable[..., VirtualCabinet] = VirtualCabinet, *, long: bool = True, knowing: bool = True
) -> tuple[Probe, VirtualCabinet]:
    """A cabinet of the example that has started up, and the hand that asks it."""
    config = CabinetConfig.from_file(load_cabinet(SITE.bundle, "J01"))
    cabinet = build(config, boot_id=0xB007_0000_0002_6B1F, key=KEY, now_ds=0, unix_at_zero_s=1_767_571_200.0)
    line = DirectLine(cabinet)
    line.wait(20.0)
    expected = EXPECTED if knowing else None
    return Probe(line, key=KEY, expected=expected, long=long, person=lambda _: cabinet.power_cycle()), cabinet


def failed(outcomes: list[Outcome]) -> dict[str, str]:
    return {one.statement.id: one.seen for one in outcomes if one.verdict is Verdict.FAIL}


def test_our_cabinet_keeps_every_statement() -> None:
    asked, cabinet = probe()
    outcomes = list(walk(asked))
    assert failed(outcomes) == {}
    assert {one.verdict for one in outcomes} == {Verdict.PASS}
    assert cabinet.monitor_trip is None
    assert not cabinet.status.owner_epoch


def test_what_cannot_be_asked_is_said_so_and_not_passed() -> None:
    asked, _ = probe(long=False, knowing=False)
    asked.person = None
    outcomes = {one.statement.id: one for one in walk(asked)}
    missing = {name for name, one in outcomes.items() if one.verdict is Verdict.NOT_APPLICABLE}
    assert missing == {"ID-5", "IS-3", "IS-4", "IS-5", "IS-6", "SU-6", "WD-2"}
    assert failed(list(outcomes.values())) == {}
    assert "--site" in outcomes["IS-4"].seen


@pytest.mark.parametrize("name", WRONG)
def test_each_wrong_cabinet_is_caught_by_the_statement_meant_for_it(name: str) -> None:
    wrong = WRONG[name]
    asked, _ = probe(wrong.build)
    family = wrong.caught_by.partition("-")[0]
    assert wrong.caught_by in failed(list(walk(asked, chosen([family]))))


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("takes unsigned", set()),
        ("replayed", {"SU-6"}),
        ("endless lease", {"LE-2"}),
        ("forgets fence", set()),
        ("short amber", set()),
        ("swapped stages", set()),
    ],
)
def test_a_single_fault_is_not_blamed_on_statements_that_hold(name: str, others: set[str]) -> None:
    asked, _ = probe(WRONG[name].build, long=False)
    assert set(failed(list(walk(asked)))) == {WRONG[name].caught_by} | others


def test_a_cabinet_with_a_latched_fault_is_not_walked_over_and_not_cleared() -> None:
    asked, cabinet = probe()
    cabinet.raise_fault(FaultBit.CONFLICT, latched=True)
    outcomes = list(walk(asked, chosen(["LE", "IS"])))
    assert {one.verdict for one in outcomes} == {Verdict.NOT_APPLICABLE}
    assert cabinet.status.latched_faults == FaultBit.CONFLICT


def test_a_cabinet_that_may_stand_in_a_street_is_left_alone() -> None:
    asked, cabinet = probe()
    assert why_not(asked, loopback=True) is None
    assert "street" in str(why_not(asked, loopback=False))
    centre = Centre(cabinet, epoch=9)
    assert centre.send(centre.block(CommandKind.REQUEST_STAGE, stage=1), KEY) is ResultCode.ACCEPTED
    assert "epoch 9" in str(why_not(asked, loopback=True))
    cabinet.set_manual(on=True)
    assert "by hand" in str(why_not(asked, loopback=True))


def test_a_cabinet_that_falls_silent_ends_the_walk() -> None:
    class Silent(DirectLine):
        def exchange(self, request: bytes) -> bytes:
            raise NoAnswer("nobody")

    asked, cabinet = probe()
    asked.line = Silent(cabinet)
    with pytest.raises(NoAnswer):
        list(walk(asked))


def test_every_statement_has_a_name_of_its_own_and_can_be_chosen() -> None:
    names = [one.id for one in STATEMENTS]
    assert len(set(names)) == len(names)
    assert [one.id for one in chosen(["le-1", "WD"])] == ["LE-1", "WD-1", "WD-2"]
    with pytest.raises(KeyError):
        chosen(["XX"])
    assert {wrong.caught_by for wrong in WRONG.values()} <= set(names)
