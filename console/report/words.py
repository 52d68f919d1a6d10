"""Words of the report in English and Thai, side by side, so that none can get only one."""

from __future__ import annotations

from collections.abc import Mapping

from console.sentences import Language, Phrase

WORDS: Mapping[str, Phrase] = {
    "time_of_day": Phrase("time of day", "เวลาของวัน"),
    "cycle_second": Phrase("second of the cycle [s]", "วินาทีในรอบสัญญาณไฟ [วินาที]"),
    "since_red": Phrase("time since red [s]", "เวลานับจากไฟแดง [วินาที]"),
    "length": Phrase("length [s]", "ระยะเวลา [วินาที]"),
    "distance": Phrase("distance [m]", "ระยะทาง [ม.]"),
    "flow": Phrase("flow [veh/h]", "ปริมาณจราจร [คัน/ชม.]"),
    "share": Phrase("share of the time [%]", "สัดส่วนของเวลา [%]"),
    "on_green": Phrase("arrivals on green [%]", "รถที่มาถึงช่วงไฟเขียว [%]"),
    "green_share": Phrase("green share of the time [%]", "สัดส่วนเวลาไฟเขียว [%]"),
    "delay": Phrase("control delay [s/veh]", "ความล่าช้า [วินาที/คัน]"),
    "occupancy": Phrase("occupancy [%]", "อัตราการครอบครอง [%]"),
    "in_green": Phrase("in green", "ช่วงไฟเขียว"),
    "in_red": Phrase("first 5 s of red", "5 วินาทีแรกของไฟแดง"),
    "failed": Phrase("split failure", "ไฟเขียวไม่พอระบายรถ"),
    "planned": Phrase("planned green", "ไฟเขียวตามแผน"),
    "group": Phrase("signal group", "กลุ่มสัญญาณ"),
    "begin_green": Phrase("begin of green", "เริ่มไฟเขียว"),
    "end_green": Phrase("end of green", "สิ้นสุดไฟเขียว"),
    "end_amber": Phrase("end of amber", "สิ้นสุดไฟเหลือง"),
    "arrival": Phrase("vehicle at the stop line", "รถถึงเส้นหยุด"),
    "decisions": Phrase("decisions", "จำนวนการตัดสินใจ"),
    "before": Phrase("before", "ก่อน"),
    "after": Phrase("after", "หลัง"),
    "difference": Phrase("difference, with its 95 % interval", "ผลต่าง พร้อมช่วงความเชื่อมั่น 95 %"),
    "difference_percent": Phrase(
        "difference [% of before], with its 95 % interval", "ผลต่าง [% ของก่อน] พร้อมช่วงความเชื่อมั่น 95 %"
    ),
    "measure": Phrase("measure", "ตัวชี้วัด"),
    "starting": Phrase("starting", "กลุ่มที่เริ่ม"),
    "ending": Phrase("ending", "กลุ่มที่สิ้นสุด"),
    "ring": Phrase("ring", "ริง"),
    "barrier": Phrase("barrier", "แบร์ริเออร์"),
    "overlaps": Phrase("overlaps", "โอเวอร์แลป"),
    "coordinated": Phrase("coordinated", "ประสานสัญญาณ"),
    "no_rings": Phrase(
        "does not map to rings and barriers: {} neither conflict nor run together as rings ask",
        "จัดเป็นริงและแบร์ริเออร์ไม่ได้: {} ไม่ได้ขัดแย้งหรือเขียวร่วมกันตามแบบของริง",
    ),
    "cycle": Phrase("cycle", "รอบสัญญาณไฟ"),
    "offset": Phrase("offset", "ค่าเหลื่อมเวลา"),
    "plan": Phrase("plan", "แผน"),
    "stage": Phrase("stage", "จังหวะ"),
    "interstage": Phrase("interstage", "ช่วงเปลี่ยนจังหวะ"),
    "band": Phrase("band", "แถบเขียว"),
    "width": Phrase("width", "ความกว้าง"),
    "mean_width": Phrase("mean width", "ความกว้างเฉลี่ย"),
    "efficiency": Phrase("efficiency", "ประสิทธิภาพ"),
    "no_band": Phrase("no band", "ไม่มีแถบเขียว"),
    "cycles_differ": Phrase("cycles differ: there is no common band", "รอบสัญญาณไฟไม่เท่ากัน จึงไม่มีแถบเขียวร่วม"),
    "at_speed": Phrase("at free speed", "ที่ความเร็วอิสระ"),
    "forward": Phrase("{} to {}", "{} ไป {}"),
    "approach": Phrase("approach", "ขาเข้าแยก"),
    "movement": Phrase("movement", "ทิศทาง"),
    "junction": Phrase("junction", "ทางแยก"),
    "vehicles": Phrase("vehicles", "จำนวนรถ"),
    "los": Phrase("level of service", "ระดับการให้บริการ"),
    "saturation": Phrase("degree of saturation", "ระดับความอิ่มตัว"),
    "loop": Phrase("loop", "เครื่องตรวจจับ"),
    "platoon_ratio": Phrase("platoon ratio", "อัตราส่วนกลุ่มรถ"),
    "failures": Phrase("split failures", "จำนวนไฟเขียวไม่พอ"),
    "greens": Phrase("greens", "จำนวนไฟเขียว"),
    "mean": Phrase("mean", "เฉลี่ย"),
    "least": Phrase("least", "น้อยสุด"),
    "most": Phrase("most", "มากสุด"),
    "none": Phrase("none", "ไม่มี"),
    "nothing": Phrase("nothing to show in this run", "ไม่มีข้อมูลในช่วงนี้"),
    # why a green ended
    "gap_out": Phrase("gap out", "รถขาดช่วง"),
    "max_out": Phrase("max out", "ครบเวลาสูงสุด"),
    "force_off": Phrase("force off (plan)", "ตัดตามแผน"),
    "planner": Phrase("planner", "ตัววางแผน"),
    "operator": Phrase("operator", "เจ้าหน้าที่"),
    "unknown": Phrase("other", "อื่น ๆ"),
    "pedestrian": Phrase("pedestrian", "คนเดินเท้า"),
    # modes
    "adaptive": Phrase("adaptive", "ปรับตัวตามจราจร"),
    "actuated": Phrase("actuated", "ตามเครื่องตรวจจับ"),
    "fixed_time": Phrase("fixed time", "เวลาคงที่"),
    "local": Phrase("cabinet alone", "ตู้ควบคุมทำงานเอง"),
    # detectors
    "ok": Phrase("in order", "ปกติ"),
    "no_data": Phrase("no data", "ไม่มีข้อมูล"),
    "missing": Phrase("data missing", "ข้อมูลขาด"),
    "silent": Phrase("silent", "ไม่พบรถ"),
    "stuck_on": Phrase("stuck on", "ค้างสถานะมีรถ"),
    "erratic": Phrase("erratic", "นับผิดปกติ"),
    # measures of a comparison
    "volume": Phrase("volume [veh/h]", "ปริมาณจราจร [คัน/ชม.]"),
    "arrivals_on_green": Phrase("arrivals on green [0..1]", "รถที่มาถึงช่วงไฟเขียว [0..1]"),
    "split_failures": Phrase("greens that failed [0..1]", "ไฟเขียวไม่พอ [0..1]"),
    "degree_of_saturation": Phrase("highest degree of saturation", "ระดับความอิ่มตัวสูงสุด"),
    "delay_s": Phrase("delay [s/veh]", "ความล่าช้า [วินาที/คัน]"),
    "person_delay_s": Phrase("delay [s/person]", "ความล่าช้า [วินาที/คน]"),
    "trip_s": Phrase("trip [s]", "เวลาเดินทาง [วินาที]"),
    "wait_s": Phrase("standing [s/veh]", "เวลาหยุดนิ่ง [วินาที/คัน]"),
    "stops": Phrase("stops [per vehicle]", "จำนวนหยุด [ต่อคัน]"),
    "worst_approach_s": Phrase("worst approach [s/veh]", "ขาเข้าแยกที่แย่ที่สุด [วินาที/คัน]"),
    "longest_red_s": Phrase("longest red [s]", "ไฟแดงนานที่สุด [วินาที]"),
    "pedestrian_wait_s": Phrase("pedestrians wait [s/person]", "คนเดินเท้ารอ [วินาที/คน]"),
    "pedestrian_wait_max_s": Phrase("longest wait of a pedestrian [s]", "คนเดินเท้ารอนานที่สุด [วินาที]"),
    "left_over_veh": Phrase("vehicles that did not arrive", "จำนวนรถที่ยังไม่ถึงปลายทาง"),
    "queue_mean_veh": Phrase("vehicles at a stand", "จำนวนรถหยุดนิ่ง"),
}


def word(name: str, language: Language) -> str:
    """A word of the report; one that is not here is told by its own name."""
    phrase = WORDS.get(name)
    return phrase.told_in(language) if phrase else name
