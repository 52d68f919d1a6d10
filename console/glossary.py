"""The words of the field in English and Thai, each with its meaning: one table, from which the glossary page is made.

Words of reports, modes and reasons come from their own tables, so that the page has every one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from console.output import markdown_table
from console.report.words import WORDS as REPORT_WORDS
from console.sentences import SENTENCES, Phrase
from console.sentences import WORDS as SYSTEM_WORDS
from controller.events import CabinetMode, ControlMode, Rung
from controller.model import Aspect, GroupKind, LoopRole, PlanChange
from controller.operator import ManualState


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the field and what it means."""

    english: str
    thai: str
    meaning: str
    """For who reads code or plans: with its unit, where it has one."""


TERMS: tuple[Term, ...] = (
    Term("junction", "ทางแยก", "where roads meet under signals; it has one cabinet"),
    Term(
        "cabinet", "ตู้ควบคุม", "the controller at the kerb: it alone moves the lamps, and holds minimums and intergreens"
    ),
    Term("centre", "ศูนย์ควบคุม", "this program: it asks for stages, it never sets lamps"),
    Term("signal", "สัญญาณไฟจราจร", "lamps that tell traffic what to do"),
    Term("signal group", "กลุ่มสัญญาณ", "lamps that always show the same; the object of safety"),
    Term("aspect", "สถานะไฟ", "what a group shows: red, red-amber, green, amber, ..."),
    Term("stage", "จังหวะสัญญาณ", "a set of groups that are green together; a target, each group moves alone"),
    Term("interstage", "ช่วงเปลี่ยนจังหวะ", "between two stages"),
    Term("intergreen", "ช่วงเวลาระหว่างไฟเขียว", "from the end of one green to the start of a conflicting one [s]"),
    Term("amber", "ไฟเหลือง", "after green; 3 s or more"),
    Term("all-red", "ไฟแดงทุกทิศทาง", "part of the intergreen in which nobody has right of way [s]"),
    Term("minimum green", "ไฟเขียวขั้นต่ำ", "shortest green; the cabinet never cuts it [s]"),
    Term("maximum green", "ไฟเขียวสูงสุด", "longest green while others wait [s]"),
    Term("walk", "ช่วงเดิน", "green of a pedestrian group [s]"),
    Term("clearance", "ช่วงเคลียร์คนเดินเท้า", "flashing green after walk: who is on the crossing finishes [s]"),
    Term("timing plan", "แผนเวลาสัญญาณ", "cycle, splits and offset of each junction, for some hours"),
    Term("cycle", "รอบสัญญาณไฟ", "time until everything repeats [s]"),
    Term("split", "สัดส่วนเวลาของจังหวะ", "share of a stage in the cycle, its interstage included [s]"),
    Term("green split", "สัดส่วนไฟเขียว", "green of a group as a share of the cycle [0..1]"),
    Term("offset", "ค่าเหลื่อมเวลา (ออฟเซต)", "start of a junction's cycle against local midnight, modulo the cycle [s]"),
    Term("coordination", "การประสานสัญญาณ", "offsets chosen so that platoons find green"),
    Term("band", "แถบเขียว", "time within which a vehicle at free speed passes all junctions on green [s]"),
    Term("transition", "ช่วงปรับเข้าแผน", "the way into another plan's step: dwell, add-only or shortway"),
    Term("calendar", "ปฏิทินแผน", "which plan on which day and hour: weeks, terms, holidays, special days"),
    Term("trigger", "เงื่อนไขเรียกแผน", "a plan that runs while a flow or saturation holds"),
    Term("loop", "ลูปตรวจจับรถ", "a detector in the road, by induction"),
    Term("detector", "เครื่องตรวจจับ", "anything that counts or sees vehicles; a push button too"),
    Term("occupancy", "อัตราการครอบครอง", "share of the time that a loop is covered [0..1]"),
    Term("volume", "ปริมาณจราจร", "vehicles passing in a time [veh/h]"),
    Term("demand", "ความต้องการเดินทาง", "who wants to pass, served or not [veh/h]"),
    Term("passenger car unit", "หน่วยรถยนต์นั่ง (PCU)", "what a vehicle weighs in capacity: a motorcycle less than a car"),
    Term("saturation flow", "อัตราการไหลอิ่มตัว", "discharge of a lane while green and queued [veh/h]"),
    Term("degree of saturation", "ระดับความอิ่มตัว", "demand against what the green can serve; over 1 the queue grows"),
    Term("lost time", "เวลาสูญเสีย", "time of a cycle in which nobody discharges [s]"),
    Term("queue", "แถวคอย", "vehicles that wait [veh]"),
    Term("spillback", "แถวคอยล้นทางแยก", "a queue that reaches back into the junction before it"),
    Term("platoon", "กลุ่มรถ", "vehicles released together"),
    Term("delay", "ความล่าช้า", "travel time beyond that on an empty road [s/veh]"),
    Term("level of service", "ระดับการให้บริการ", "delay as a letter, A to F (HCM)"),
    Term("gap out", "รถขาดช่วง", "a green ended because nobody came within the gap time"),
    Term("max out", "ครบเวลาสูงสุด", "a green ended at its maximum"),
    Term("force off", "ตัดตามแผน", "a green ended because coordination asked for it"),
    Term("lease", "สิทธิ์ควบคุมชั่วคราว", "how long a cabinet obeys one command without another [s]"),
    Term("control mode", "โหมดการควบคุม", "who decides at a junction"),
    Term("fallback", "การถอยไปโหมดสำรอง", "the next rung of the ladder when something fails"),
    Term("manual", "ควบคุมด้วยมือ", "a person decides: police at the cabinet, an operator at a desk"),
    Term("hand-back", "การคืนการควบคุม", "from a hand to the plan, by a transition"),
    Term("flashing", "ไฟกะพริบ", "amber or red flashing: give way, or stop and go"),
    Term("fault", "ขัดข้อง", "something that does not work as it must"),
    Term("alarm", "การแจ้งเตือน", "what a person should know; raised once, cleared once"),
    Term("audit log", "บันทึกการตรวจสอบ", "who asked for what, and what became of it; cannot be changed unseen"),
    Term("journal", "บันทึกการทำงาน", "what the controller saw and said, second by second; can be replayed to the bit"),
    Term("bundle", "ชุดแผนที่ลงนาม", "a site as one signed file, with the proof that it does no harm"),
    Term("deployment", "การนำแผนขึ้นใช้งาน", "a bundle made active in a running service"),
    Term("rollback", "การย้อนกลับแผน", "what was active before is active again"),
    Term(
        "paired seeds",
        "การเทียบแบบจับคู่ (ซีดเดียวกัน)",
        "two plans on the same simulated traffic: the luck of it cancels out",
    ),
    Term("confidence interval", "ช่วงความเชื่อมั่น", "where the true mean lies with 95 %; one that holds 0 proves nothing"),
)
"""To be checked by a Thai traffic engineer."""

CABINET_MODES: Mapping[CabinetMode, Phrase] = {
    CabinetMode.DARK: Phrase("dark", "ไฟดับ"),
    CabinetMode.START_UP: Phrase("start-up", "กำลังเริ่มทำงาน"),
    CabinetMode.REMOTE: Phrase("remote: the centre asks, the cabinet does", "ตามคำสั่งศูนย์ควบคุม"),
    CabinetMode.LOCAL_COORDINATED: Phrase("its own plan, by its own clock", "แผนของตู้เอง ตามนาฬิกาของตู้"),
    CabinetMode.LOCAL_ISOLATED: Phrase("alone, without a clock", "ทำงานโดดเดี่ยว ไม่มีนาฬิการ่วม"),
    CabinetMode.MANUAL: Phrase("manual: police or a technician", "ควบคุมด้วยมือโดยตำรวจหรือช่าง"),
    CabinetMode.ALL_RED_HOLD: Phrase("all red", "ไฟแดงทุกทิศทาง"),
    CabinetMode.FLASH_AMBER: Phrase("flashing amber", "ไฟเหลืองกะพริบ"),
    CabinetMode.FLASH_RED: Phrase("flashing red", "ไฟแดงกะพริบ"),
    CabinetMode.LATCHED_FAULT: Phrase("a fault that only somebody on site clears", "ขัดข้อง ต้องแก้ไขที่ตู้"),
}
MANUAL_STATES: Mapping[ManualState, Phrase] = {
    ManualState.AUTOMATIC: Phrase("automatic", "อัตโนมัติ"),
    ManualState.HELD: Phrase("held by hand", "คงจังหวะด้วยมือ"),
    ManualState.ENDING: Phrase("held by hand, soon over", "ควบคุมด้วยมือ ใกล้สิ้นสุด"),
    ManualState.HANDING_BACK: Phrase("handing back", "กำลังคืนการควบคุม"),
}
ASPECTS: Mapping[Aspect, Phrase] = {
    Aspect.DARK: Phrase("dark", "ไฟดับ"),
    Aspect.RED: Phrase("red", "ไฟแดง"),
    Aspect.RED_AMBER: Phrase("red with amber", "ไฟแดงคู่เหลือง"),
    Aspect.GREEN: Phrase("green", "ไฟเขียว"),
    Aspect.AMBER: Phrase("amber", "ไฟเหลือง"),
    Aspect.FLASHING_AMBER: Phrase("flashing amber", "ไฟเหลืองกะพริบ"),
    Aspect.FLASHING_RED: Phrase("flashing red", "ไฟแดงกะพริบ"),
    Aspect.FLASHING_GREEN: Phrase("flashing green", "ไฟเขียวกะพริบ"),
    Aspect.PEDESTRIAN_BLACKOUT: Phrase("pedestrian lamp off", "ไฟคนเดินเท้าดับ"),
    Aspect.UNKNOWN: Phrase("unknown", "ไม่ทราบ"),
}
LOOP_ROLES: Mapping[LoopRole, Phrase] = {
    LoopRole.STOP_LINE: Phrase("at the stop line", "ที่เส้นหยุด"),
    LoopRole.ADVANCE: Phrase("advance: upstream of the stop line", "ก่อนถึงเส้นหยุด"),
    LoopRole.ENTRY: Phrase("at the entry of the road", "ที่ต้นช่วงถนน"),
    LoopRole.EXIT: Phrase("at the exit, behind the junction", "ที่ทางออกหลังทางแยก"),
    LoopRole.BUTTON: Phrase("push button of pedestrians", "ปุ่มกดคนข้ามถนน"),
}
GROUP_KINDS: Mapping[GroupKind, Phrase] = {
    GroupKind.VEHICLE: Phrase("vehicles", "ยานพาหนะ"),
    GroupKind.PEDESTRIAN: Phrase("pedestrians", "คนเดินเท้า"),
}
PLAN_CHANGES: Mapping[PlanChange, Phrase] = {
    PlanChange.DWELL: Phrase("dwell: wait in the coordinated stage", "รอในจังหวะหลักจนตรงเวลา"),
    PlanChange.ADD_ONLY: Phrase("add-only: lengthen cycles", "ยืดรอบสัญญาณเท่านั้น"),
    PlanChange.SHORTWAY: Phrase("shortway: lengthen or shorten, whichever is sooner", "ยืดหรือหดรอบ ทางที่เร็วกว่า"),
}


def phrases() -> Iterator[tuple[str, str, Phrase]]:
    """(part of the page, the word in code, the phrase) of everything that is not a term."""
    words = {**REPORT_WORDS, **SYSTEM_WORDS}
    yield from (("Control modes", mode.value, words[mode.value]) for mode in ControlMode)
    yield from (("Rungs of the ladder", rung.name.lower(), words[rung.name.lower()]) for rung in Rung)
    yield from (("Manual periods", state.name.lower(), phrase) for state, phrase in MANUAL_STATES.items())
    yield from (("Modes of a cabinet", mode.name.lower(), phrase) for mode, phrase in CABINET_MODES.items())
    yield from (("Aspects", aspect.name.lower(), phrase) for aspect, phrase in ASPECTS.items())
    yield from (("Signal groups", kind.value, phrase) for kind, phrase in GROUP_KINDS.items())
    yield from (("Loops", role.value, phrase) for role, phrase in LOOP_ROLES.items())
    yield from (("Changes of plan", change.value, phrase) for change, phrase in PLAN_CHANGES.items())
    yield from (("Words of the reports", name, phrase) for name, phrase in REPORT_WORDS.items())
    yield from (("Words of the messages", name, phrase) for name, phrase in SYSTEM_WORDS.items())
    yield from (("Reasons", reason.name.lower(), phrase) for reason, phrase in SENTENCES.items())


def glossary_page() -> str:
    """The page: terms with their meaning first, then every word that reports and messages use."""
    terms = [(term.english, term.thai, term.meaning) for term in sorted(TERMS, key=lambda term: term.english)]
    lines = [
        "# Glossary · อภิธานศัพท์",
        "",
        "The words of the field, then every word of reports, modes and reasons, in English and Thai. The Thai is to be",
        "checked by a Thai traffic engineer. Made from `console/glossary.py` and the sentences' tables by `make docs`.",
        "",
        "## Terms",
        "",
        markdown_table(("English", "ไทย", "meaning"), terms, numbers=False),
    ]
    parts: dict[str, list[tuple[str, str, str]]] = {}
    for part, name, phrase in phrases():
        parts.setdefault(part, []).append((f"`{name}`", phrase.english, phrase.thai))
    for part, rows in parts.items():
        lines += ["", f"## {part}", "", markdown_table(("in code", "English", "ไทย"), rows, numbers=False)]
    return "\n".join([*lines, ""])
