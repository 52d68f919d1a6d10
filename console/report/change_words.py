"""What changed between two sites, in a sentence for engineers: one table, English and Thai side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from console.sentences import Language, Phrase
from plans.differences import Difference

_NAMED: Mapping[str, tuple[str, str]] = {
    "junction": ("junction", "ทางแยก"),
    "plan": ("plan", "แผน"),
    "day_plan": ("day plan", "แผนรายวัน"),
    "trigger": ("trigger", "เงื่อนไขตามจราจร"),
    "group": ("signal group", "กลุ่มสัญญาณ"),
    "stage": ("stage", "จังหวะ"),
    "conflict": ("conflict", "คู่ขัดแย้ง"),
    "permissive": ("giving way", "การให้ทาง"),
    "lane": ("lane", "ช่องจราจร"),
    "loop": ("loop", "เครื่องตรวจจับ"),
    "timing": ("timing", "เวลาสัญญาณ"),
}
"""Things that come and go."""

CHANGES: Mapping[str, Phrase] = {
    **{
        f"{kind}_added": Phrase(f"{english} {{what}} added", f"เพิ่ม{thai} {{what}}")
        for kind, (english, thai) in _NAMED.items()
    },
    **{
        f"{kind}_removed": Phrase(f"{english} {{what}} removed", f"ตัด{thai} {{what}} ออก")
        for kind, (english, thai) in _NAMED.items()
    },
    # a plan's timing
    "cycle_s": Phrase("cycle {before} → {after} s", "รอบสัญญาณไฟ {before} → {after} วินาที"),
    "offset_s": Phrase("offset {before} → {after} s", "ค่าเหลื่อมเวลา {before} → {after} วินาที"),
    "split_s": Phrase("split of stage {what} {before} → {after} s", "เวลาของจังหวะ {what} {before} → {after} วินาที"),
    "green_s": Phrase("green of group {what} {before} → {after} s", "ไฟเขียวกลุ่ม {what} {before} → {after} วินาที"),
    "stage_order": Phrase("order of stages {before} → {after}", "ลำดับจังหวะ {before} → {after}"),
    "coordinated": Phrase("coordinated groups {before} → {after}", "กลุ่มที่ประสานสัญญาณ {before} → {after}"),
    # groups
    "min_green_s": Phrase(
        "minimum green of {what} {before} → {after} s", "ไฟเขียวขั้นต่ำของ {what} {before} → {after} วินาที"
    ),
    "max_green_s": Phrase(
        "maximum green of {what} {before} → {after} s", "ไฟเขียวสูงสุดของ {what} {before} → {after} วินาที"
    ),
    "amber_s": Phrase("amber of {what} {before} → {after} s", "ไฟเหลืองของ {what} {before} → {after} วินาที"),
    "red_amber_s": Phrase(
        "red-amber of {what} {before} → {after} s", "ไฟแดงพร้อมเหลืองของ {what} {before} → {after} วินาที"
    ),
    "clearance_s": Phrase(
        "pedestrian clearance of {what} {before} → {after} s", "ไฟเขียวกะพริบของ {what} {before} → {after} วินาที"
    ),
    "commit_s": Phrase("countdown of {what} {before} → {after} s", "การนับถอยหลังของ {what} {before} → {after} วินาที"),
    "intergreen_s": Phrase(
        "intergreen {what} {before} → {after} s", "ช่วงเวลาระหว่างไฟเขียว {what} {before} → {after} วินาที"
    ),
    # stages, lanes, loops
    "stage_groups": Phrase("groups of stage {what} {before} → {after}", "กลุ่มในจังหวะ {what} {before} → {after}"),
    "stage_selectable": Phrase(
        "stage {what} may be chosen {before} → {after}", "การเลือกใช้จังหวะ {what} {before} → {after}"
    ),
    "lane_approach": Phrase("approach of lane {what} {before} → {after}", "ขาเข้าของช่องจราจร {what} {before} → {after}"),
    "lane_groups": Phrase("groups of lane {what} {before} → {after}", "กลุ่มของช่องจราจร {what} {before} → {after}"),
    "lane_length_m": Phrase("length of lane {what} {before} → {after} m", "ความยาวช่อง {what} {before} → {after} ม."),
    "lane_speed_m_s": Phrase(
        "speed on lane {what} {before} → {after} m/s", "ความเร็วช่อง {what} {before} → {after} ม./วินาที"
    ),
    "lane_saturation_flow_veh_h": Phrase(
        "saturation flow of lane {what} {before} → {after} veh/h",
        "อัตราการไหลอิ่มตัวของช่อง {what} {before} → {after} คัน/ชม.",
    ),
    "lane_signal_upstream_m": Phrase(
        "signal upstream of lane {what} {before} → {after} m", "ระยะถึงสัญญาณไฟก่อนหน้าของช่อง {what} {before} → {after} ม."
    ),
    "loop_role": Phrase("role of loop {what} {before} → {after}", "หน้าที่ของเครื่องตรวจจับ {what} {before} → {after}"),
    "loop_lane": Phrase("lane of loop {what} {before} → {after}", "ช่องของเครื่องตรวจจับ {what} {before} → {after}"),
    "loop_groups": Phrase("groups of loop {what} {before} → {after}", "กลุ่มของเครื่องตรวจจับ {what} {before} → {after}"),
    "loop_distance_m": Phrase(
        "distance of loop {what} {before} → {after} m", "ระยะของเครื่องตรวจจับ {what} {before} → {after} ม."
    ),
    "loop_length_m": Phrase(
        "length of loop {what} {before} → {after} m", "ความยาวเครื่องตรวจจับ {what} {before} → {after} ม."
    ),
    "cabinet_address": Phrase("the cabinet's address or key changed", "ที่อยู่หรือกุญแจของตู้ควบคุมเปลี่ยน"),
    # the whole site
    "parameter": Phrase("parameter {what} {before} → {after}", "พารามิเตอร์ {what} {before} → {after}"),
    "utc_offset_s": Phrase("local time against UTC {before} → {after} s", "เวลาท้องถิ่นเทียบ UTC {before} → {after} วินาที"),
    "plan_in_place": Phrase(
        "plan {what} added, in place of {before}; told below as changes of that",
        "เพิ่มแผน {what} แทนแผน {before} โดยเทียบกับแผนนั้นด้านล่าง",
    ),
    "day_plan": Phrase("day plan {what}: {before} → {after}", "แผนรายวัน {what}: {before} → {after}"),
    "weekday": Phrase("{what}: day plan {before} → {after}", "{what}: แผนรายวัน {before} → {after}"),
    "dates": Phrase(
        "terms, holidays or special dates changed ({before} → {after} entries)",
        "ภาคเรียน วันหยุด หรือวันพิเศษเปลี่ยน ({before} → {after} รายการ)",
    ),
    "trigger": Phrase("trigger {what} changed", "เงื่อนไขตามจราจร {what} เปลี่ยน"),
    "max_changes_h": Phrase(
        "changes of plan in an hour, at most {before} → {after}", "เปลี่ยนแผนได้ไม่เกิน {before} → {after} ครั้งต่อชั่วโมง"
    ),
}
WEEKDAYS = (
    Phrase("Monday", "วันจันทร์"), Phrase("Tuesday", "วันอังคาร"), Phrase("Wednesday", "วันพุธ"),
    Phrase("Thursday", "วันพฤหัสบดี"), Phrase("Friday", "วันศุกร์"), Phrase("Saturday", "วันเสาร์"),
    Phrase("Sunday", "วันอาทิตย์"),
)  # fmt: skip
_NONE = Phrase("none", "ไม่มี")


def change_sentence(change: Difference, language: Language = Language.ENGLISH) -> str:
    """The difference in words, without its place."""
    what = WEEKDAYS[int(change.what)].told_in(language) if change.kind == "weekday" else change.what
    phrase = CHANGES[change.kind].told_in(language)
    told = phrase.format(what=what, before=_value(change.before, language), after=_value(change.after, language))
    return " ".join(told.split())


def changes_by_place(changes: Iterable[Difference], language: Language = Language.ENGLISH) -> Iterator[str]:
    """One line for each junction and plan: `J01 am_peak: cycle 90 → 100 s; offset 12 → 20 s`."""
    for (junction, plan), of_place in groupby(changes, key=lambda each: (each.junction, each.plan)):
        place = " ".join(part for part in (junction, plan) if part)
        sentences = "; ".join(change_sentence(change, language) for change in of_place)
        yield f"{place}: {sentences}" if place else sentences


def _value(value: float | str | None, language: Language) -> str:
    if value is None or value == "":
        return _NONE.told_in(language)
    return value if isinstance(value, str) else f"{value:g}"
