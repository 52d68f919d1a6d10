"""Has every reason a sentence in both languages, with the values of the decision in it?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.sentences import PHRASES, SENTENCES, Language, sentence
from controller import Alarm, Decision, Reason


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("language", list(Language))
def test_every_reason_has_a_sentence_of_its_own(reason: Reason, language: Language) -> None:
    told = SENTENCES[reason].told_in(language)
    assert len(told) > 8
    assert [other for other in Reason if SENTENCES[other].told_in(language) == told] == [reason]


@pytest.mark.parametrize("reason", list(Reason))
def test_each_sentence_is_in_its_own_script(reason: Reason) -> None:
    def thai_letters(text: str) -> int:
        return sum("\u0e00" <= letter <= "\u0e7f" for letter in text)

    assert thai_letters(SENTENCES[reason].thai) > 8
    assert thai_letters(SENTENCES[reason].english) == 0


def test_the_values_of_a_decision_are_told() -> None:
    told = Decision("J01", Reason.GAP_OUT, (("stage", "B"), ("number", 2)))
    assert sentence(told) == "J01: no vehicle came within the gap time, so the green ended (stage B)"
    assert sentence(told, Language.THAI).endswith("(จังหวะ B)")


def test_words_of_the_system_are_translated_and_names_are_not() -> None:
    told = Decision("J01", Reason.CABINET_LOCAL, (("mode", "local"), ("before", "actuated")))
    assert sentence(told) == "J01: the cabinet runs by itself (mode local, before: actuated)"
    assert "actuated" not in sentence(told, Language.THAI)
    assert "plan night" in sentence(Decision("J01", Reason.PLAN_CHANGE, (("plan", "night"),)))


def test_what_an_operator_asked_for_is_no_rung_of_the_ladder() -> None:
    """`plan` is an action, and the name of a rung."""
    asked = Decision("J1", Reason.OPERATOR, (("action", "plan"), ("by", "desk")))
    fell = Decision("J1", Reason.OPERATOR, (("rung", "plan"),))
    assert sentence(asked) == "J1: an operator asked for it (choose a plan, by desk)"
    assert "rung: the centre's fixed plan" in sentence(fell)
    assert "เลือกแผน" in sentence(asked, Language.THAI)


def test_an_alarm_that_has_gone_says_so() -> None:
    there = Alarm("J02", Reason.LINK_DOWN, because=(("cause", "timeout"),))
    gone = Alarm("J02", Reason.LINK_DOWN, cleared=True, because=(("cause", "timeout"),))
    assert sentence(there) == "J02: the link to the cabinet is down (cause: timeout)"
    assert sentence(gone) == "J02: over: the link to the cabinet is down (cause: timeout)"


VALUES = st.one_of(st.integers(), st.floats(allow_nan=False), st.text())


@given(
    st.sampled_from(list(Reason)),
    st.lists(st.tuples(st.one_of(st.sampled_from(sorted(PHRASES)), st.text(min_size=1)), VALUES), max_size=4),
    st.sampled_from(list(Language)),
)
def test_any_values_can_be_told(reason: Reason, because: list[tuple[str, float | str]], language: Language) -> None:
    told = sentence(Decision("J01", reason, tuple(because)), language)
    assert told.startswith(f"J01: {SENTENCES[reason].told_in(language)}")
