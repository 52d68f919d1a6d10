"""Does a controller lead exactly when the cabinets say that nobody else does?"""

import pytest

from field_io.standby import MEMBERS, Ownership, Role, Standby, next_epoch

LEASE_S = 10.0
NOBODYS = Ownership(0, 0.0, commandable=True)
MANUAL = Ownership(0, 0.0, commandable=False)


def owned(epoch: int, silent_s: float) -> Ownership:
    return Ownership(epoch, silent_s, commandable=True)


def first_lead_s(number: int, seen: list[Ownership], known: int = 1, own: int = 0) -> float | None:
    """After how many seconds of seeing just this it leads; None: not within a minute."""
    standby = Standby(number, LEASE_S)
    for second in range(60):
        if standby.decide(float(second), seen, known, own):
            assert standby.role is Role.LEADS
            return float(second)
    assert (standby.role, standby.epoch) == (Role.STANDS_BY, 0)
    return None


@pytest.mark.parametrize(
    ("number", "seen", "leads_after_s"),
    [
        (1, [owned(1, 0.9)] * 3, None),  # it is driven
        (1, [owned(1, 3.9)] * 3, None),
        (1, [owned(1, 4.0)] * 3, 0),  # its owner is silent
        (2, [owned(1, 5.4)] * 3, None),  # the second waits longer than the first
        (2, [owned(1, 5.5)] * 3, 0),
        (1, [owned(1, 0.5), owned(1, 9.0), owned(1, 9.0)], 0),  # cut off from most
        (1, [owned(1, 0.5), owned(1, 0.5), owned(1, 9.0)], None),  # one cabinet out of three is not the town
        (1, [owned(1, 0.5), owned(1, 9.0)], None),  # nor is one out of two
        (1, [NOBODYS] * 3, 2),
        (2, [NOBODYS] * 3, 4),  # 3.5 s
        (1, [NOBODYS, owned(1, 0.5), owned(1, 0.5)], None),
        (1, [NOBODYS, NOBODYS, owned(1, 0.5)], None),  # somebody drives, and has let go of the rest: not at once
        (1, [MANUAL] * 3, None),  # nothing to drive
        (1, [MANUAL, owned(1, 6.0)], 0),
        (1, [], None),  # it sees nobody
    ],
)
def test_it_leads_when_most_cabinets_are_left_alone(
    number: int, seen: list[Ownership], leads_after_s: float | None
) -> None:
    assert first_lead_s(number, seen) == leads_after_s


def test_restarted_within_the_lease_it_goes_on_under_its_own_epoch() -> None:
    standby = Standby(2, LEASE_S)
    assert standby.decide(0.0, [owned(7, 3.0)] * 3, 7, 7)
    assert standby.epoch == 7


def test_restarted_after_another_has_come_it_stands_by() -> None:
    assert first_lead_s(1, [owned(9, 0.5)] * 2 + [owned(7, 3.0)], known=9, own=7) is None


def test_it_steps_down_for_a_higher_epoch_at_most_cabinets_and_not_for_one_that_lies() -> None:
    standby = Standby(1, LEASE_S)
    assert standby.decide(0.0, [owned(1, 9.0)] * 3, 1, 0)
    assert standby.epoch == 9
    assert not standby.decide(1.0, [owned(9, 0.5), owned(9, 0.5), owned(999, 0.5)], 999, 0)
    assert not standby.decide(2.0, [], 999, 0)
    assert standby.decide(3.0, [owned(9, 0.5), owned(10, 0.5), owned(10, 0.5)], 10, 0)
    assert (standby.role, standby.epoch) == (Role.STANDS_BY, 0)


def test_two_members_never_take_the_same_epoch_and_always_a_higher_one() -> None:
    for known in range(3 * MEMBERS):
        epochs = [next_epoch(known, number) for number in (1, 2)]
        assert all(known < epoch <= known + MEMBERS for epoch in epochs)
        assert epochs[0] != epochs[1]
        assert [epoch % MEMBERS for epoch in epochs] == [1, 2]
