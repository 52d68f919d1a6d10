"""Why what was asked for is not what the cheapest plan begins with, in a sentence each: English and Thai."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from console.sentences import Language, Phrase
from controller.model import Junction
from controller.strategy.planner import provisos as planner


@dataclass(frozen=True, slots=True)
class WayTold:
    """A change that goes by way of another set."""

    by: str
    to: str
    left_s: float
    begins: bool
    ends_first: tuple[str, ...]
    pause: bool
    for_lanes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProvisosTold:
    """The planner's provisos in the junction's own names."""

    waits_turn: tuple[str, ...] = ()
    held_for: tuple[str, ...] = ()
    pressed_for: tuple[str, ...] = ()
    rested_s: float = 0.0
    way: WayTold | None = None


WAITS_TURN = Phrase(
    "The junction is full, so nobody is served twice while others wait for the first time: {stages} may not be "
    "chosen yet.",
    "ทางแยกเต็มความจุ: จะไม่ให้ทิศทางใดได้ไฟเขียวซ้ำขณะที่ทิศทางอื่นยังรอครั้งแรกอยู่ จึงยังเลือกจังหวะ {stages} ไม่ได้",
)
HELD = Phrase(
    "The green of {stage} is held although the plan would change now: in {lanes} somebody waits for a gap and would be "
    "left in the middle of the junction.",
    "คงไฟเขียวของจังหวะ {stage} ไว้ แม้แผนต้องการเปลี่ยนทันที: ในช่องจราจร {lanes} มีรถรอช่องว่าง "
    "ซึ่งจะค้างอยู่กลางทางแยกหากสิ้นสุดไฟเขียวตอนนี้",
)
PRESSED = Phrase(
    "{groups} may not be let wait any longer: the cheapest stage that serves it is asked for, whatever the plan says.",
    "ไม่อาจให้ {groups} รอนานกว่านี้ได้: จึงขอจังหวะที่มีต้นทุนต่ำที่สุดซึ่งให้ไฟเขียวแก่ {groups} ไม่ว่าแผนจะเป็นอย่างไร",
)
RESTED = Phrase(
    "Stage {stage} has shown for {seconds:.0f} s, as long as any may: the cheapest other one is asked for, whatever "
    "the plan says.",
    "จังหวะ {stage} แสดงมาแล้ว {seconds:.0f} วินาที ครบเวลานานสุดที่อนุญาต จึงขอจังหวะอื่นที่มีต้นทุนต่ำที่สุดแม้แผนต้องการคงไว้",
)
PAUSES = Phrase(
    "The change to {to} pauses in {by}, in which nobody has green, for {left:.0f} s: in {lanes} somebody stands on the "
    "stop line and may set out just when his green ends.",
    "การเปลี่ยนไปจังหวะ {to} หยุดพักในจังหวะ {by} ซึ่งไม่มีทิศทางใดได้ไฟเขียว {left:.0f} วินาที: ในช่องจราจร {lanes} "
    "มีรถหยุดที่เส้นหยุดและอาจออกตัวพอดีกับที่ไฟเขียวสิ้นสุด",
)
ENDS_FIRST = Phrase(
    "The change to {to} begins with {by}, in which nobody has green: {to} is asked for in {left:.0f} s, when its "
    "intergreens have nearly run, or later if somebody then lingers on a stop line.",
    "การเปลี่ยนไปจังหวะ {to} เริ่มด้วยจังหวะ {by} ซึ่งไม่มีทิศทางใดได้ไฟเขียว: จะขอจังหวะ {to} ในอีก {left:.0f} วินาที "
    "เมื่อช่วงเปลี่ยนสัญญาณใกล้ครบ หรือช้ากว่านั้นหากยังมีรถค้างอยู่บนเส้นหยุด",
)
LINGERS = Phrase(
    "The change to {to} stays in {by}, in which nobody has green, for {left:.0f} s more: in {lanes} somebody has been "
    "on the stop line since before his green ended, and sets out only now.",
    "การเปลี่ยนไปจังหวะ {to} คงอยู่ในจังหวะ {by} ซึ่งไม่มีทิศทางใดได้ไฟเขียวต่ออีก {left:.0f} วินาที: ในช่องจราจร {lanes} "
    "มีรถอยู่บนเส้นหยุดตั้งแต่ก่อนสิ้นสุดไฟเขียวและเพิ่งออกตัว",
)
GOES_BY = Phrase(
    "The change to {to} goes by way of {by} for {left:.0f} s: the green of {groups} ends first, because clearing takes "
    "longest there; the others stay green meanwhile.",
    "การเปลี่ยนไปจังหวะ {to} ผ่านจังหวะ {by} ก่อน {left:.0f} วินาที: {groups} ต้องใช้เวลาเคลียร์ทางแยกนานที่สุดจึงสิ้นสุดก่อน "
    "ส่วนกลุ่มอื่นยังได้ไฟเขียวต่อไป",
)
PAUSING = Phrase(
    "A change to {to} is under way and pauses in {by}, in which nobody has green: {to} is asked for in {left:.0f} s.",
    "กำลังเปลี่ยนไปจังหวะ {to} และหยุดพักในจังหวะ {by} ซึ่งไม่มีทิศทางใดได้ไฟเขียว: จะขอจังหวะ {to} ในอีก {left:.0f} วินาที",
)
GOING_BY = Phrase(
    "A change to {to} is under way by way of {by}: {to} is asked for in {left:.0f} s.",
    "กำลังเปลี่ยนไปจังหวะ {to} โดยผ่านจังหวะ {by}: จะขอจังหวะ {to} ในอีก {left:.0f} วินาที",
)
CAME = Phrase(
    "The change to {to} went by way of {by}, which has shown for long enough: {to} is asked for now.",
    "การเปลี่ยนไปจังหวะ {to} ผ่านจังหวะ {by} ครบเวลาแล้ว: ขอจังหวะ {to} ในวินาทีนี้",
)

PAUSE_TOLD = {(True, True): PAUSES, (True, False): ENDS_FIRST, (False, True): LINGERS, (False, False): PAUSING}
"""By whether the change begins now, and whether it is known for whom it pauses."""


def in_own_names(told: planner.Provisos, junction: Junction) -> ProvisosTold:
    """Places and numbers as the names that the junction's file has for them."""
    stages = [stage.id for stage in junction.stages]
    way = told.way
    return ProvisosTold(
        waits_turn=tuple(stages[number - 1] for number in told.waits_turn),
        held_for=_lanes(junction, told.held_for),
        pressed_for=tuple(junction.groups[place].id for place in told.pressed_for),
        rested_s=told.rested_s,
        way=WayTold(
            by=stages[way.by - 1],
            to=stages[way.to - 1],
            left_s=way.left_s,
            begins=way.begins,
            ends_first=tuple(junction.groups[place].id for place in way.ends_first),
            pause=way.pause,
            for_lanes=_lanes(junction, way.for_lanes),
        )
        if way is not None
        else None,
    )


def sentences(told: ProvisosTold, stage: str, language: Language) -> Iterator[str]:
    """A sentence for each proviso; `stage` is the one that the junction was in."""
    if told.waits_turn:
        yield WAITS_TURN.told_in(language).format(stages=_named(told.waits_turn))
    if told.held_for:
        yield HELD.told_in(language).format(stage=stage, lanes=_named(told.held_for))
    if told.pressed_for:
        yield PRESSED.told_in(language).format(groups=_named(told.pressed_for))
    if told.rested_s:
        yield RESTED.told_in(language).format(stage=stage, seconds=told.rested_s)
    if told.way is not None:
        yield (
            _of_way(told.way)
            .told_in(language)
            .format(
                to=told.way.to,
                by=told.way.by,
                left=told.way.left_s,
                groups=_named(told.way.ends_first),
                lanes=_named(told.way.for_lanes),
            )
        )


def _of_way(way: WayTold) -> Phrase:
    if way.left_s == 0.0:
        return CAME
    if way.pause:
        return PAUSE_TOLD[way.begins, bool(way.for_lanes)]
    return GOES_BY if way.begins else GOING_BY


def _lanes(junction: Junction, places: Sequence[int]) -> tuple[str, ...]:
    return tuple(junction.lanes[place].id for place in places)


def _named(names: Sequence[str]) -> str:
    return ", ".join(names)
