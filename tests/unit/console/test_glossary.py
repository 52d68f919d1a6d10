"""Has every word that a person may read both languages, and stands it in the glossary?"""

from __future__ import annotations

from enum import Enum

import pytest

from console.glossary import (
    ASPECTS,
    CABINET_MODES,
    GROUP_KINDS,
    LOOP_ROLES,
    MANUAL_STATES,
    PLAN_CHANGES,
    TERMS,
    glossary_page,
    phrases,
)
from console.report.words import WORDS
from console.sentences import Phrase
from controller.events import CabinetMode, ControlMode, Reason, Rung
from controller.model import Aspect, GroupKind, LoopRole, PlanChange
from controller.operator import ManualState

FOUND = list(phrases())
UNITS_OF_ONE_LETTER = {"ม."}
"""Metre."""
SIGNS_ALONE = {"{}"}
"""Phrases that only hold a value."""


def thai_letters(text: str) -> int:
    return sum("\u0e00" <= letter <= "\u0e7f" for letter in text)


def words_of(part: str) -> set[str]:
    return {name for where, name, _ in FOUND if where == part}


def test_every_reason_mode_rung_and_word_of_a_report_is_in_it() -> None:
    assert words_of("Reasons") == {reason.name.lower() for reason in Reason}
    assert words_of("Control modes") == {mode.value for mode in ControlMode}
    assert words_of("Rungs of the ladder") == {rung.name.lower() for rung in Rung}
    assert words_of("Words of the reports") == set(WORDS)


@pytest.mark.parametrize(
    ("table", "members"),
    [
        (CABINET_MODES, CabinetMode),
        (MANUAL_STATES, ManualState),
        (ASPECTS, Aspect),
        (LOOP_ROLES, LoopRole),
        (GROUP_KINDS, GroupKind),
        (PLAN_CHANGES, PlanChange),
    ],
)
def test_a_table_has_every_member(table: dict[Enum, Phrase], members: type[Enum]) -> None:
    assert set(table) == set(members)


def test_each_word_is_in_its_own_script() -> None:
    wrong = [
        (part, name)
        for part, name, phrase in FOUND
        if not phrase.english.strip()
        or thai_letters(phrase.english)
        or (thai_letters(phrase.thai) < 2 and phrase.thai not in SIGNS_ALONE | UNITS_OF_ONE_LETTER)
    ]
    assert wrong == []


def test_a_term_stands_once_with_both_languages_and_a_meaning() -> None:
    english = [term.english for term in TERMS]
    assert len(set(english)) == len(english)
    assert all(thai_letters(term.thai) > 3 and term.meaning and not thai_letters(term.english) for term in TERMS)


def test_the_page_shows_all_of_it() -> None:
    page = glossary_page()
    assert all(term.thai in page for term in TERMS)
    assert all(phrase.thai in page for _, _, phrase in FOUND)
