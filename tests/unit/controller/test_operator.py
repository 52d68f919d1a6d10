"""A manual period from taking over to being back in step: does it end, is that announced, and is nothing jumped?"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from controller import ManualState, OperatorAction, OperatorRequest, Reason, StepResult, StrategyParameters
from tests.towns import ObedientStreet, three_stage_junction, town

MANUAL = {Reason.MANUAL, Reason.MANUAL_ENDING, Reason.HANDING_BACK, Reason.HANDED_BACK}


class Desk:
    """A junction with somebody at the desk; what was told of the manual period, with its second."""

    def __init__(self, parameters: StrategyParameters | None = None) -> None:
        self.street = ObedientStreet(town(three_stage_junction(), parameters=parameters))
        self.told: list[tuple[int, Reason]] = []
        self.alarms: list[tuple[int, bool]] = []

    def run(self, until_s: int) -> None:
        while self.street.now_s < until_s:
            self.ask()

    def ask(self, *requests: OperatorRequest) -> StepResult:
        result = self.street.second(*requests)
        self.told += [(int(result.now_s), d.reason) for d in result.decisions if d.reason in MANUAL]
        self.alarms += [(int(result.now_s), a.cleared) for a in result.alarms if a.code is Reason.MANUAL_ENDING]
        return result

    def state(self) -> ManualState:
        return self.street.controller.state_view()[0].manual


def hold(stage: int | None = None, until_s: float | None = None) -> OperatorRequest:
    return OperatorRequest(OperatorAction.HOLD, "J1", stage=stage, until_s=until_s, by="desk-1")


RELEASE = OperatorRequest(OperatorAction.RELEASE, "J1", by="desk-1")
STEP = OperatorRequest(OperatorAction.STEP, "J1", by="desk-1")


def test_a_timed_hold_is_announced_ends_and_hands_back() -> None:
    """Held from 30 to 230; announced 60 s before; then a transition, and a word when it is over."""
    desk = Desk()
    desk.run(30)
    desk.ask(hold(2, until_s=230.0))
    desk.run(171)
    assert desk.state() is ManualState.ENDING
    desk.run(700)
    reasons = [reason for _, reason in desk.told]
    assert reasons == [Reason.MANUAL, Reason.MANUAL_ENDING, Reason.HANDING_BACK, Reason.HANDED_BACK]
    (begun_s, warned_s, over_s, back_s) = (second for second, _ in desk.told)
    assert (begun_s, warned_s, over_s) == (30, 170, 230)
    assert 230 < back_s < 700
    assert desk.alarms == [(170, False), (230, True)]
    assert desk.state() is ManualState.AUTOMATIC


def test_what_was_forgotten_comes_back_by_itself() -> None:
    """A hold without a time ends after the site's limit."""
    desk = Desk(StrategyParameters(manual_limit_s=120.0, manual_warning_s=20.0))
    desk.run(10)
    desk.ask(hold(1))
    desk.run(400)
    assert desk.told[1:3] == [(110, Reason.MANUAL_ENDING), (130, Reason.HANDING_BACK)]


def test_asking_again_renews_the_period_and_ends_the_alarm() -> None:
    """A step in the last minute: the warning is taken back and comes anew before the new end."""
    desk = Desk(StrategyParameters(manual_limit_s=120.0, manual_warning_s=20.0))
    desk.run(10)
    desk.ask(hold(1))
    desk.run(115)
    desk.ask(STEP)
    assert desk.state() is ManualState.HELD
    desk.run(300)
    assert desk.alarms == [(110, False), (115, True), (215, False), (235, True)]


def test_a_short_hold_is_announced_half_way() -> None:
    """20 s of holding cannot be announced 60 s before."""
    desk = Desk()
    desk.run(30)
    desk.ask(hold(2, until_s=50.0))
    desk.run(60)
    assert desk.told[1] == (40, Reason.MANUAL_ENDING)


def test_a_release_where_nothing_is_held_begins_no_hand_back() -> None:
    desk = Desk()
    desk.run(10)
    desk.ask(RELEASE)
    desk.run(20)
    assert desk.told == []
    assert desk.state() is ManualState.AUTOMATIC


def test_a_new_hold_while_handing_back_takes_over_again() -> None:
    desk = Desk()
    desk.run(30)
    desk.ask(hold(3))
    desk.run(100)
    states = []
    for request in (RELEASE, hold(3)):
        desk.ask(request)
        states.append(desk.state())
    assert states == [ManualState.HANDING_BACK, ManualState.HELD]


@settings(max_examples=3, deadline=None)
@given(
    asked=st.lists(
        st.tuples(st.sampled_from([hold(1), hold(2), hold(3), STEP, RELEASE]), st.integers(1, 90)), max_size=6
    )
)
def test_any_history_ends_automatic_with_every_period_told_whole(asked: list[tuple[OperatorRequest, int]]) -> None:
    """Whoever asked what: after the limit and a transition the junction is automatic, and begun and ended match."""
    desk = Desk(StrategyParameters(manual_limit_s=100.0, manual_warning_s=20.0))
    desk.run(5)
    for request, pause_s in asked:
        desk.ask(request)
        desk.run(int(desk.street.now_s) + pause_s)
    desk.run(int(desk.street.now_s) + 100 + 6 * 72)
    assert desk.state() is ManualState.AUTOMATIC
    reasons = [reason for _, reason in desk.told]
    assert reasons.count(Reason.MANUAL) == reasons.count(Reason.HANDING_BACK)
    assert [raised for _, raised in desk.alarms].count(False) == [raised for _, raised in desk.alarms].count(True)
