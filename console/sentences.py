"""Why something was decided, in a sentence for people: English and Thai.

The core gives a code and typed values; here the code becomes a sentence and each value a short phrase behind it. One
table has both languages side by side, so that a new reason cannot get only one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from controller.events import Alarm, ControlMode, Decision, OperatorAction, Reason, Rung


class Language(StrEnum):
    """Languages of the sentences."""

    ENGLISH = "en"
    THAI = "th"


@dataclass(frozen=True, slots=True)
class Phrase:
    """One meaning in both languages."""

    english: str
    thai: str

    def told_in(self, language: Language) -> str:
        """The phrase in one language."""
        return self.thai if language is Language.THAI else self.english


SENTENCES: Mapping[Reason, Phrase] = {
    Reason.NONE: Phrase("no reason was given", "ไม่ได้ระบุเหตุผล"),
    Reason.PROGRAMME: Phrase("the plan's switching time has come", "ถึงเวลาเปลี่ยนจังหวะตามแผน"),
    Reason.TRANSITION: Phrase("on the way from one plan's clock to the next", "กำลังปรับเวลาจากแผนเดิมเข้าสู่แผนใหม่"),
    Reason.GAP_OUT: Phrase(
        "no vehicle came within the gap time, so the green ended", "ไม่มีรถตามมาภายในช่วงห่างที่กำหนด จึงสิ้นสุดไฟเขียว"
    ),
    Reason.MAX_OUT: Phrase("the longest green was reached while others waited", "ไฟเขียวครบเวลาสูงสุดขณะที่มีทิศทางอื่นรออยู่"),
    Reason.FORCE_OFF: Phrase("coordination ended the green", "ระบบประสานสัญญาณสั่งให้สิ้นสุดไฟเขียว"),
    Reason.DEMAND: Phrase("somebody waits there and nobody needs the present green", "มีผู้รออยู่ และไม่มีผู้ใช้ไฟเขียวปัจจุบัน"),
    Reason.REST: Phrase("nobody waits elsewhere, so the green stays", "ไม่มีผู้รอในทิศทางอื่น จึงคงไฟเขียวไว้"),
    Reason.EXTENSION: Phrase("vehicles still arrive, so the green is extended", "ยังมีรถมาต่อเนื่อง จึงขยายเวลาไฟเขียว"),
    Reason.MINIMUM_GREEN: Phrase("the change waits for a minimum green to run", "รอให้ครบเวลาไฟเขียวขั้นต่ำก่อนเปลี่ยน"),
    Reason.COMMITTED: Phrase(
        "a countdown display has promised this green", "ป้ายนับถอยหลังแสดงเวลาไฟเขียวนี้ไปแล้ว จึงต้องคงไว้"
    ),
    Reason.OPERATOR: Phrase("an operator asked for it", "เจ้าหน้าที่เป็นผู้สั่ง"),
    Reason.STALE_DETECTORS: Phrase(
        "detector data are missing or too old, so the fixed plan runs",
        "ข้อมูลจากเครื่องตรวจจับขาดหายหรือเก่าเกินไป จึงใช้แผนเวลาคงที่",
    ),
    Reason.DETECTORS_BACK: Phrase("detector data are fresh again", "ข้อมูลจากเครื่องตรวจจับกลับมาเป็นปัจจุบันแล้ว"),
    Reason.CABINET_LOCAL: Phrase("the cabinet runs by itself", "ตู้ควบคุมทำงานด้วยตนเอง"),
    Reason.CABINET_REMOTE: Phrase("the cabinet takes requests from the centre", "ตู้ควบคุมรับคำสั่งจากศูนย์ควบคุม"),
    Reason.LINK_DOWN: Phrase("the link to the cabinet is down", "การเชื่อมต่อกับตู้ควบคุมขาดหาย"),
    Reason.LINK_UP: Phrase("the link to the cabinet is back", "การเชื่อมต่อกับตู้ควบคุมกลับมาแล้ว"),
    Reason.PLAN_CHANGE: Phrase("another plan applies from now on", "เริ่มใช้แผนสัญญาณไฟอีกแผนหนึ่ง"),
    Reason.STRATEGY_FAILED: Phrase("the strategy failed, so the fixed plan runs", "วิธีควบคุมขัดข้อง จึงใช้แผนเวลาคงที่"),
    Reason.STRATEGY_LATE: Phrase(
        "the strategy took too long three times in a row, so the fixed plan runs",
        "วิธีควบคุมคำนวณช้าเกินกำหนดติดต่อกันสามครั้ง จึงใช้แผนเวลาคงที่",
    ),
    Reason.STRATEGY_NONSENSE: Phrase(
        "the strategy asked for what does not exist, so the fixed plan runs",
        "วิธีควบคุมขอสิ่งที่ไม่มีอยู่จริง จึงใช้แผนเวลาคงที่",
    ),
    Reason.STRATEGY_BACK: Phrase("the strategy is tried again", "กลับมาลองใช้วิธีควบคุมเดิมอีกครั้ง"),
    Reason.BLIND_MOVEMENT: Phrase(
        "no detector is left that sees an important movement, so the fixed plan runs",
        "ไม่เหลือเครื่องตรวจจับที่มองเห็นทิศทางสำคัญ จึงใช้แผนเวลาคงที่",
    ),
    Reason.DETECTOR_FAULT: Phrase(
        "a detector is not believed; others stand in for it", "เครื่องตรวจจับเชื่อถือไม่ได้ จึงใช้ข้อมูลอื่นแทน"
    ),
    Reason.PLAN_FAILED: Phrase(
        "the fixed plan has nothing to say, so the cabinet goes on alone", "แผนเวลาคงที่ใช้ไม่ได้ ตู้ควบคุมจึงทำงานต่อด้วยตนเอง"
    ),
    Reason.CLIMBED: Phrase("all has been well for long enough: one rung up", "ทุกอย่างปกตินานพอแล้ว จึงเลื่อนขึ้นหนึ่งขั้น"),
    Reason.CABINET_MANUAL: Phrase("police or a technician operate the cabinet by hand", "ตำรวจหรือช่างควบคุมตู้สัญญาณด้วยมือ"),
    Reason.CABINET_FAULT: Phrase(
        "the cabinet has found a fault that is cleared on site only", "ตู้ควบคุมพบความผิดปกติซึ่งต้องแก้ไขที่หน้างานเท่านั้น"
    ),
    Reason.CABINET_FAULT_MINOR: Phrase("the cabinet tells of a fault and works on", "ตู้ควบคุมแจ้งความผิดปกติแต่ยังทำงานต่อได้"),
    Reason.CABINET_FLASH: Phrase("the cabinet flashes or holds all red", "ตู้ควบคุมแสดงไฟกะพริบหรือไฟแดงทุกทิศทาง"),
    Reason.CABINET_DARK: Phrase("the lamps of the cabinet are dark", "ไฟสัญญาณของตู้ควบคุมดับ"),
    Reason.CABINET_START_UP: Phrase("the cabinet starts up", "ตู้ควบคุมกำลังเริ่มทำงาน"),
    Reason.CABINET_ISOLATED: Phrase(
        "the cabinet runs alone, without a valid clock", "ตู้ควบคุมทำงานโดดเดี่ยวเพราะนาฬิกาใช้ไม่ได้"
    ),
    Reason.CABINET_REFUSES: Phrase("the cabinet does not carry out what it is sent", "ตู้ควบคุมไม่ปฏิบัติตามคำสั่งที่ส่งไป"),
    Reason.INTERLOCK_CONFLICT: Phrase(
        "conflicting groups may not be green together", "กลุ่มสัญญาณที่ขัดแย้งกันต้องไม่เป็นไฟเขียวพร้อมกัน"
    ),
    Reason.INTERLOCK_MINIMUM: Phrase(
        "refused: a minimum green would have been cut short", "ไม่อนุญาต: ไฟเขียวจะสั้นกว่าเวลาขั้นต่ำ"
    ),
    Reason.INTERLOCK_UNKNOWN_STAGE: Phrase(
        "refused: the junction has no such stage", "ไม่อนุญาต: ทางแยกนี้ไม่มีจังหวะสัญญาณที่ขอ"
    ),
    Reason.INTERLOCK_MODE: Phrase(
        "refused: the cabinet is in a mode that takes no requests", "ไม่อนุญาต: ตู้ควบคุมอยู่ในโหมดที่ไม่รับคำสั่ง"
    ),
    Reason.MAX_RED: Phrase("somebody has waited as long as anybody may", "มีผู้รอไฟแดงนานถึงขีดจำกัดที่กำหนดแล้ว"),
    Reason.PLANNER: Phrase("the planner expects the least delay this way", "ตัววางแผนคาดว่าทางนี้เกิดความล่าช้าน้อยที่สุด"),
    Reason.YARDSTICK: Phrase("chosen by a yardstick of the laboratory", "เลือกโดยวิธีอ้างอิงของการทดลอง"),
    Reason.INTERLOCK_INTERGREEN: Phrase(
        "refused: an intergreen would have been cut short", "ไม่อนุญาต: ช่วงเปลี่ยนสัญญาณจะสั้นกว่าที่กำหนด"
    ),
    Reason.TRIGGER_ON: Phrase(
        "traffic has reached the figure that calls for a plan", "ปริมาณจราจรถึงเกณฑ์ที่กำหนดให้เปลี่ยนแผน"
    ),
    Reason.TRIGGER_OFF: Phrase(
        "traffic no longer calls for the plan, so the calendar's applies again",
        "ปริมาณจราจรต่ำกว่าเกณฑ์แล้ว จึงกลับไปใช้แผนตามปฏิทิน",
    ),
    Reason.PLAN_HELD_BACK: Phrase(
        "the plan changed as often in the last hour as is allowed, so the next one waits",
        "เปลี่ยนแผนครบจำนวนครั้งที่อนุญาตต่อชั่วโมงแล้ว แผนถัดไปจึงต้องรอ",
    ),
    Reason.MANUAL: Phrase("a person has taken the junction over by hand", "เจ้าหน้าที่เข้าควบคุมทางแยกด้วยมือ"),
    Reason.MANUAL_ENDING: Phrase(
        "manual control will end soon unless it is renewed", "การควบคุมด้วยมือใกล้สิ้นสุด หากไม่ต่อเวลา"
    ),
    Reason.HANDING_BACK: Phrase(
        "manual control is over; the junction gets back into step", "สิ้นสุดการควบคุมด้วยมือ กำลังปรับเวลากลับเข้าสู่แผน"
    ),
    Reason.HANDED_BACK: Phrase("the junction is back under automatic control", "ทางแยกกลับสู่การควบคุมอัตโนมัติแล้ว"),
}

PHRASES: Mapping[str, Phrase] = {
    "stage": Phrase("stage {}", "จังหวะ {}"),
    "number": Phrase("number {}", "หมายเลข {}"),
    "group": Phrase("group {}", "กลุ่มสัญญาณ {}"),
    "plan": Phrase("plan {}", "แผน {}"),
    "mode": Phrase("mode {}", "โหมด{}"),
    "before": Phrase("before: {}", "เดิม: {}"),
    "cause": Phrase("cause: {}", "สาเหตุ: {}"),
    "rung": Phrase("rung: {}", "ขั้น: {}"),
    "rung_before": Phrase("rung before: {}", "ขั้นเดิม: {}"),
    "loop": Phrase("detector {}", "เครื่องตรวจจับ {}"),
    "fault": Phrase("{}", "{}"),
    "stand_in": Phrase("in its place: {}", "ใช้แทนด้วย: {}"),
    "action": Phrase("{}", "{}"),
    "by": Phrase("by {}", "โดย {}"),
    "seen": Phrase("seen at: {}", "พบที่: {}"),
    "until_s": Phrase("until second {}", "จนถึงวินาทีที่ {}"),
    "left_s": Phrase("{} s left", "เหลือ {} วินาที"),
    "wait_s": Phrase("in {} s", "อีก {} วินาที"),
    "trigger": Phrase("trigger {}", "เงื่อนไข {}"),
    "flow_veh_h": Phrase("{} veh/h", "{} คัน/ชม."),
    "degree_of_saturation": Phrase("degree of saturation {}", "ระดับความอิ่มตัว {}"),
}
"""How each value is told; one that is not here is told by its own name."""

WORDS: Mapping[str, Phrase] = {
    ControlMode.ADAPTIVE.value: Phrase("adaptive", "ปรับตัวตามจราจร"),
    ControlMode.ACTUATED.value: Phrase("actuated", "ตามเครื่องตรวจจับ"),
    ControlMode.FIXED_TIME.value: Phrase("fixed time", "เวลาคงที่"),
    ControlMode.OPERATOR.value: Phrase("operator", "เจ้าหน้าที่สั่ง"),
    ControlMode.LOCAL.value: Phrase("local", "ตู้ควบคุมทำงานเอง"),
    ControlMode.MANUAL.value: Phrase("by hand", "ควบคุมด้วยมือ"),
    Rung.SUBSTITUTES.name.lower(): Phrase("adaptive with stand-ins", "ปรับตัวตามจราจรโดยใช้ข้อมูลแทน"),
    Rung.PLAN.name.lower(): Phrase("the centre's fixed plan", "แผนเวลาคงที่ของศูนย์ควบคุม"),
    Rung.CABINET_PLAN.name.lower(): Phrase("the cabinet's own plan", "แผนของตู้ควบคุมเอง"),
    Rung.ISOLATED.name.lower(): Phrase("isolated", "ทำงานโดดเดี่ยว"),
    Rung.FLASH.name.lower(): Phrase("flash", "ไฟกะพริบ"),
    Rung.DARK.name.lower(): Phrase("dark", "ไฟดับ"),
    "expired": Phrase("the time has run out", "ครบเวลาที่กำหนด"),
    "cabinet": Phrase("cabinet", "ตู้ควบคุม"),
    "conflict": Phrase("conflicting greens", "ไฟเขียวของทิศทางที่ขัดแย้งติดพร้อมกัน"),
    "red_fail": Phrase("a red that does not burn", "ไฟแดงไม่ติด"),
    "short_amber": Phrase("an amber too short or skipped", "ไฟเหลืองสั้นเกินไปหรือไม่แสดง"),
    "clearance": Phrase("a clearance too short", "ช่วงเคลียร์ทางแยกสั้นเกินไป"),
    "dual_indication": Phrase("two colours at one head", "แสดงสองสีพร้อมกันในโคมเดียว"),
    "lamp_major": Phrase("a lamp that endangers", "หลอดไฟชำรุดที่เป็นอันตราย"),
    "lamp_minor": Phrase("a lamp that fails without danger", "หลอดไฟชำรุดที่ไม่เป็นอันตราย"),
    "watchdog": Phrase("its watchdog", "ระบบเฝ้าระวังของตู้"),
    "self_test": Phrase("its self-test", "การทดสอบตัวเองของตู้"),
    "configuration": Phrase("its configuration", "ข้อมูลตั้งค่าของตู้"),
    "clock": Phrase("its clock", "นาฬิกาของตู้"),
    "communication": Phrase("its communication", "การสื่อสารของตู้"),
    "detector": Phrase("a detector", "เครื่องตรวจจับ"),
    "deadlock": Phrase("a stage that does not come", "จังหวะสัญญาณที่ขอไม่มาถึง"),
    "supply": Phrase("its supply", "ไฟเลี้ยงของตู้"),
    "door": Phrase("its door is open", "ประตูตู้เปิดอยู่"),
    "stuck_request": Phrase("one request held too long", "คำสั่งเดิมค้างนานเกินไป"),
    "store": Phrase("its memory", "หน่วยความจำของตู้"),
}
"""Values that are words of the system, told in the language of the sentence (in the places of `_WORD_VALUES`)."""

ACTIONS: Mapping[str, Phrase] = {
    OperatorAction.HOLD.value: Phrase("hold", "คงจังหวะไว้"),
    OperatorAction.STEP.value: Phrase("step", "เลื่อนจังหวะ"),
    OperatorAction.RELEASE.value: Phrase("release", "คืนการควบคุม"),
    OperatorAction.PLAN.value: Phrase("choose a plan", "เลือกแผน"),
    OperatorAction.MODE.value: Phrase("choose a strategy", "เลือกวิธีควบคุม"),
}
"""What an operator asked for: words of their own, for `plan` is a rung of the ladder too."""

_WORD_VALUES = frozenset({"mode", "before", "action", "seen", "rung", "rung_before", "fault", "stand_in"})
_ENDED = Phrase("over: ", "สิ้นสุดแล้ว: ")


def sentence(told: Decision | Alarm, language: Language = Language.ENGLISH) -> str:
    """`junction: why (values)`; an alarm that has gone says so."""
    reason = told.reason if isinstance(told, Decision) else told.code
    why = SENTENCES[reason].told_in(language)
    ended = _ENDED.told_in(language) if isinstance(told, Alarm) and told.cleared else ""
    details = _details(told.because, language)
    return f"{told.junction}: {ended}{why}{f' ({details})' if details else ''}"


def _details(because: Sequence[tuple[str, float | int | str]], language: Language) -> str:
    names = {name for name, _ in because}
    return ", ".join(
        _detail(name, value, language)
        for name, value in because
        if value != "" and not (name == "number" and "stage" in names)  # the stage's own name says more
    )


def _detail(name: str, value: float | str, language: Language) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    word = (ACTIONS.get(text) if name == "action" else None) or WORDS.get(text)
    if name in _WORD_VALUES and word is not None:
        text = word.told_in(language)
    phrase = PHRASES.get(name)
    return phrase.told_in(language).format(text) if phrase else f"{name} {text}"
