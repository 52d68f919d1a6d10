"""A comparison of two sites for people: the verdict, what it does with intervals, what changed; text, page, JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from console.report.change_words import change_sentence, changes_by_place
from console.report.figures.canvas import as_svg
from console.report.figures.comparison import draw_table
from console.report.pages import Picture, Section, comparison_section
from console.report.rounding import rounded
from console.report.tables.comparison import HEAD
from console.report.tables.table import Table
from console.report.words import word
from console.sentences import Language, Phrase

if TYPE_CHECKING:
    from plans.differences import Difference
    from sim.comparison import Comparison, Effect

PHRASES = {
    "compared": Phrase("What is compared", "สิ่งที่เปรียบเทียบ"),
    "verdict": Phrase("What it comes to", "ผลสรุป"),
    "changes": Phrase("What changed", "สิ่งที่เปลี่ยน"),
    "nothing": Phrase("Nothing that a street would show.", "ไม่มีสิ่งใดเปลี่ยนบนถนน"),
    "before": Phrase("before: {}", "ก่อน: {}"),
    "after": Phrase("after: {}", "หลัง: {}"),
    "on": Phrase(
        "{scenario}, {seeds} paired seeds, signals run by {strategy}",
        "{scenario} จับคู่ {seeds} ซีด ควบคุมด้วย {strategy}",
    ),
    "worse": Phrase("Worse, and not by chance: {}.", "แย่ลงอย่างมีนัยสำคัญ: {}"),
    "better": Phrase("Better, and not by chance: {}.", "ดีขึ้นอย่างมีนัยสำคัญ: {}"),
    "unsure": Phrase(
        "No decisive measure differs by more than chance: more seeds may tell.",
        "ไม่มีตัวชี้วัดหลักต่างกันเกินกว่าความบังเอิญ ควรเพิ่มจำนวนซีด",
    ),
    "worst": Phrase(
        "The worst approach, and on how many seeds: {} before, {} after.", "ขาเข้าที่แย่ที่สุด (จำนวนซีด): ก่อน {} หลัง {}"
    ),
    "breaks": Phrase(
        "Breaks of the safety rules S1-S4: {} before, {} after.", "ละเมิดกฎความปลอดภัย S1-S4: ก่อน {} หลัง {} ครั้ง"
    ),
    "interval": Phrase(
        "Differences are after - before, with 95 % intervals over the seeds (Student); less is better in every row.",
        "ผลต่างคือ หลัง - ก่อน พร้อมช่วงความเชื่อมั่น 95 % ทุกแถวค่าน้อยดีกว่า",
    ),
}


def changes_section(changes: Sequence[Difference], language: Language) -> Section:
    """Everything that changed, a line for each junction and plan."""
    lines = tuple(changes_by_place(changes, language))
    return Section(_told("changes", language), lines=lines or (_told("nothing", language),))


def compared_sections(found: Comparison, language: Language, *, drawn: bool) -> list[Section]:
    """The whole comparison; with a picture of the differences where it is `drawn`."""
    settings = found.settings
    table = effects_table(found.effects)
    figure = draw_table(table, language) if drawn else None
    pictures = (Picture("", _told("interval", language), as_svg(figure)),) if figure is not None else ()
    compared = (
        _told("before", language).format(settings.before.label),
        _told("after", language).format(settings.after.label),
        _told("on", language).format(scenario=settings.scenario, seeds=settings.seeds, strategy=settings.strategy),
    )
    return [
        Section(_told("compared", language), lines=compared),
        Section(_told("verdict", language), lines=tuple(verdict_lines(found, language))),
        comparison_section(table, language, pictures),
        changes_section(found.differences, language),
    ]


def verdict_lines(found: Comparison, language: Language) -> list[str]:
    """What the intervals say, and whether any run broke a safety rule."""
    lines = [
        _told(name, language).format("; ".join(_effect(each, language) for each in effects))
        for name, effects in (("worse", found.worse), ("better", found.better))
        if effects
    ]
    return [
        *(lines or [_told("unsure", language)]),
        _told("worst", language).format(_worst(found, "before"), _worst(found, "after")),
        _told("breaks", language).format(found.breaks("before"), found.breaks("after")),
    ]


def _worst(found: Comparison, side: str) -> str:
    """The approach that was the worst on most seeds, and on how many: `J09_J05_a (7/10)`."""
    answers = found.answers[side].values()
    [(approach, seeds)] = Counter(str(answer["worst_approach"]) for answer in answers).most_common(1)
    return f"{approach} ({seeds}/{len(answers)})"


def _effect(effect: Effect, language: Language) -> str:
    half = f" ± {rounded(effect.half_width, 2)}" if effect.half_width is not None else ""
    measure = word(effect.measure, language)
    change = rounded(effect.difference, sign="+")
    return f"{measure} {rounded(effect.before)} → {rounded(effect.after)} ({change}{half})"


def effects_table(effects: Sequence[Effect]) -> Table:
    """The effects in the form of a before/after table."""
    rows: list[tuple[object, ...]] = [
        (
            "", each.measure, each.before, each.after, each.difference,
            np.nan if each.half_width is None else each.half_width, each.seeds,
        )
        for each in effects
    ]  # fmt: skip
    return Table.of_rows("comparison", HEAD, rows)


def change_records(changes: Sequence[Difference]) -> list[dict[str, Any]]:
    """The changes as JSON, with their sentence."""
    return [asdict(change) | {"sentence": change_sentence(change)} for change in changes]


def comparison_record(found: Comparison) -> dict[str, Any]:
    """The whole comparison as JSON."""
    settings = found.settings
    return {
        "before": {"site": str(settings.before.folder), "plan": settings.before.plan},
        "after": {"site": str(settings.after.folder), "plan": settings.after.plan},
        "scenario": settings.scenario,
        "strategy": settings.strategy,
        "seeds": settings.seeds,
        "effects": [asdict(each) | {"verdict": str(each.verdict)} for each in found.effects],
        "worse": [each.measure for each in found.worse],
        "better": [each.measure for each in found.better],
        "invariant_breaks": {side: found.breaks(side) for side in found.answers},
        "changes": change_records(found.differences),
        "runs": {side: list(answers.values()) for side, answers in found.answers.items()},
    }


def _told(name: str, language: Language) -> str:
    return PHRASES[name].told_in(language)
