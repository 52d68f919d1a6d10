"""Every diagram of a report: its name, what it is of, its title and how to read it. Reports and docs iterate here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from console.report.figures import (
    arrivals_on_green,
    coordination,
    delay,
    detectors,
    intergreens,
    los,
    modes,
    programme,
    ran,
    rings,
    split_failure,
    split_monitor,
    stages,
    terminations,
    time_space,
    turning,
    volumes,
)
from console.report.figures.subject import Subject
from console.sentences import Phrase

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Scope(StrEnum):
    """What one diagram is of."""

    SITE = "site"
    ROAD = "road"
    JUNCTION = "junction"


@dataclass(frozen=True, slots=True)
class Diagram:
    """One kind of diagram."""

    name: str
    """Of its files."""
    scope: Scope
    title: Phrase
    reading: Phrase
    """How to read it, in a sentence."""
    draw: Callable[[Subject], Figure | None]


DIAGRAMS: tuple[Diagram, ...] = (
    Diagram(
        "level_of_service",
        Scope.SITE,
        Phrase("Delay and level of service", "ความล่าช้าและระดับการให้บริการ"),
        Phrase(
            "Mean control delay of each junction by the Highway Capacity Manual, from stop-line counts and the "
            "greens that "
            "showed; the diamond is its worst approach. Letters A to F are levels of service.",
            "ความล่าช้าเฉลี่ยของแต่ละทางแยกตามวิธี HCM จากจำนวนรถที่เส้นหยุดและไฟเขียวที่แสดงจริง "
            "เครื่องหมายข้าวหลามตัดคือขาเข้าแยกที่แย่ที่สุด ตัวอักษร A ถึง F คือระดับการให้บริการ",
        ),
        los.draw,
    ),
    Diagram(
        "modes_and_reasons",
        Scope.SITE,
        Phrase("Modes and reasons", "โหมดการควบคุมและเหตุผล"),
        Phrase(
            "Who decided at each junction over time, and how often each reason decided.",
            "ใครเป็นผู้ควบคุมแต่ละทางแยกตามเวลา และจำนวนครั้งของแต่ละเหตุผล",
        ),
        modes.draw,
    ),
    Diagram(
        "detector_health",
        Scope.SITE,
        Phrase("Detector health", "สภาพเครื่องตรวจจับ"),
        Phrase(
            "How many loops are in order, and what speaks against the others; each loop stands in the table "
            "`detectors`.",
            "จำนวนเครื่องตรวจจับที่ปกติและที่ผิดปกติ รายละเอียดแต่ละตัวอยู่ในตาราง detectors",
        ),
        detectors.draw,
    ),
    Diagram(
        "time_space_planned",
        Scope.ROAD,
        Phrase("Time-space diagram, as planned", "แผนภาพเวลา-ระยะทาง ตามแผน"),
        Phrase(
            "Greens of the plan along the road. Who starts within a band drives through every green at free speed: "
            "efficiency is its width over the cycle.",
            "ไฟเขียวตามแผนตลอดแนวถนน รถที่ออกตัวภายในแถบจะผ่านไฟเขียวทุกแยกที่ความเร็วอิสระ ประสิทธิภาพคือความกว้างของแถบต่อรอบสัญญาณไฟ",
        ),
        time_space.draw_planned,
    ),
    Diagram(
        "time_space",
        Scope.ROAD,
        Phrase("Time-space diagram, as it ran", "แผนภาพเวลา-ระยะทาง ตามที่ทำงานจริง"),
        Phrase(
            "Ten minutes of the greens that showed. Mean width and efficiency (share of the time) are of the "
            "whole run.",
            "ไฟเขียวที่แสดงจริงสิบนาที ความกว้างเฉลี่ยและประสิทธิภาพ (สัดส่วนของเวลา) คิดจากทั้งช่วงที่รายงาน",
        ),
        time_space.draw_ran,
    ),
    Diagram(
        "signal_programme",
        Scope.JUNCTION,
        Phrase("Signal programme, as planned", "โปรแกรมสัญญาณไฟตามแผน"),
        Phrase(
            "One cycle of the plan: the seconds at which each green begins and ends, the stages above them.",
            "หนึ่งรอบสัญญาณไฟตามแผน แสดงวินาทีที่ไฟเขียวเริ่มและสิ้นสุด พร้อมจังหวะด้านบน",
        ),
        programme.draw,
    ),
    Diagram(
        "stage_sequence",
        Scope.JUNCTION,
        Phrase("Stage sequence", "ลำดับจังหวะสัญญาณไฟ"),
        Phrase(
            "The plan's stages in order, what is green in each (square: people on foot), and the interstage "
            "between them. "
            "Dashed: steps that only lead over.",
            "จังหวะตามลำดับในแผน กลุ่มที่เขียวในแต่ละจังหวะ (สี่เหลี่ยม: คนเดินเท้า) และช่วงเปลี่ยนจังหวะ เส้นประ: ขั้นที่ใช้เปลี่ยนผ่านเท่านั้น",
        ),
        stages.draw,
    ),
    Diagram(
        "ring_barrier",
        Scope.JUNCTION,
        Phrase("Ring-and-barrier view", "มุมมองริงและแบร์ริเออร์"),
        Phrase(
            "The vehicle groups as a ring-and-barrier controller would hold them, with green and amber of the plan.",
            "กลุ่มสัญญาณรถในรูปแบบริงและแบร์ริเออร์ พร้อมไฟเขียวและไฟเหลืองตามแผน",
        ),
        rings.draw,
    ),
    Diagram(
        "intergreens",
        Scope.JUNCTION,
        Phrase("Intergreen matrix", "ตารางเวลาระหว่างไฟเขียว"),
        Phrase(
            "Seconds from end of green (row) to start of green (column). Empty: both may be green together; a "
            "dot: they "
            "cross and the first gives way.",
            "วินาทีจากสิ้นสุดไฟเขียว (แถว) ถึงเริ่มไฟเขียว (คอลัมน์) ช่องว่าง: เขียวพร้อมกันได้ จุด: เส้นทางตัดกันและกลุ่มแรกต้องให้ทาง",
        ),
        intergreens.draw,
    ),
    Diagram(
        "programme_as_it_ran",
        Scope.JUNCTION,
        Phrase("Signal programme, as it ran", "สัญญาณไฟตามที่ทำงานจริง"),
        Phrase("What every group showed for some minutes.", "สิ่งที่แต่ละกลุ่มสัญญาณแสดงในช่วงเวลาหนึ่ง"),
        ran.draw,
    ),
    Diagram(
        "coordination",
        Scope.JUNCTION,
        Phrase("Purdue coordination diagram", "แผนภาพการประสานสัญญาณ (Purdue)"),
        Phrase(
            "Each dot a vehicle where it would reach the stop line; dots between the green and the amber line "
            "came on "
            "green. Dense clouds are platoons: above the green line they are well coordinated.",
            "แต่ละจุดคือรถที่จะถึงเส้นหยุด จุดระหว่างเส้นเขียวกับเส้นเหลืองคือรถที่มาถึงช่วงไฟเขียว "
            "กลุ่มจุดหนาแน่นคือกลุ่มรถ หากอยู่เหนือเส้นเขียวแสดงว่าประสานสัญญาณดี",
        ),
        coordination.draw,
    ),
    Diagram(
        "arrivals_on_green",
        Scope.JUNCTION,
        Phrase("Arrivals on green", "รถที่มาถึงช่วงไฟเขียว"),
        Phrase(
            "Share of vehicles that come on green against the green's share of the time; a platoon ratio above "
            "1 is better "
            "than chance.",
            "สัดส่วนรถที่มาถึงช่วงไฟเขียวเทียบกับสัดส่วนเวลาไฟเขียว อัตราส่วนกลุ่มรถเกิน 1 ดีกว่าการมาแบบสุ่ม",
        ),
        arrivals_on_green.draw,
    ),
    Diagram(
        "split_monitor",
        Scope.JUNCTION,
        Phrase("Split monitor", "การตรวจสอบเวลาไฟเขียว"),
        Phrase(
            "Length of each green and why it ended; the line is what the plan gives.",
            "ความยาวของไฟเขียวแต่ละครั้งและเหตุที่สิ้นสุด เส้นคือค่าตามแผน",
        ),
        split_monitor.draw,
    ),
    Diagram(
        "phase_termination",
        Scope.JUNCTION,
        Phrase("Purdue phase termination", "เหตุสิ้นสุดไฟเขียว (Purdue)"),
        Phrase(
            "A mark for each green that ended. Many max outs or force offs in a row: the green is too short.",
            "เครื่องหมายสำหรับไฟเขียวแต่ละครั้งที่สิ้นสุด หากครบเวลาสูงสุดหรือตัดตามแผนติดกันมาก แสดงว่าไฟเขียวสั้นเกินไป",
        ),
        terminations.draw,
    ),
    Diagram(
        "split_failure",
        Scope.JUNCTION,
        Phrase("Purdue split failure", "ไฟเขียวไม่พอระบายรถ (Purdue)"),
        Phrase(
            "Occupancy of the stop line in green and just after it. Both above 80 %: vehicles were left over (marked).",
            "อัตราการครอบครองที่เส้นหยุดช่วงไฟเขียวและหลังไฟเขียว หากทั้งสองเกิน 80 % แสดงว่ามีรถตกค้าง (ขีดเส้น)",
        ),
        split_failure.draw,
    ),
    Diagram(
        "volumes",
        Scope.JUNCTION,
        Phrase("Approach volumes", "ปริมาณจราจรขาเข้าแยก"),
        Phrase(
            "Vehicles an hour at the stop lines, by movement (its signal groups; several for shared lanes).",
            "จำนวนรถต่อชั่วโมงที่เส้นหยุด แยกตามทิศทาง (กลุ่มสัญญาณ หลายกลุ่มสำหรับช่องจราจรร่วม)",
        ),
        volumes.draw,
    ),
    Diagram(
        "turning_counts",
        Scope.JUNCTION,
        Phrase("Turning counts", "จำนวนรถตามทิศทาง"),
        Phrase(
            "Mean flow of each movement over the run, and vehicles in all; what left over each exit is in "
            "`exit_volumes`.",
            "ปริมาณเฉลี่ยของแต่ละทิศทางและจำนวนรวม จำนวนรถขาออกอยู่ในตาราง exit_volumes",
        ),
        turning.draw,
    ),
    Diagram(
        "delay",
        Scope.JUNCTION,
        Phrase("Delay by approach", "ความล่าช้าตามขาเข้าแยก"),
        Phrase(
            "Control delay of each approach by bin, over the bands of the levels of service.",
            "ความล่าช้าของแต่ละขาเข้าแยกตามช่วงเวลา บนแถบระดับการให้บริการ",
        ),
        delay.draw,
    ),
)
"""Every diagram of one run, in the order of the report; before and after is in console.report.figures.comparison."""
