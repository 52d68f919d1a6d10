"""Schematic, not surveyed: what a person decided about the signals of Udon Thani; make_site.py computes the rest."""

from __future__ import annotations

from dataclasses import dataclass

NAMES = {
    "J01": "มุขมนตรี - อดุลยเดช / Mukkhamontri - Adunyadet",
    "J02": "มุขมนตรี - อุดรดุษฎี / Mukkhamontri - Udon Dutsadi",
    "J03": "มุขมนตรี - หมากแข้ง / Mukkhamontri - Mak Khaeng",
    "J04": "โพศรี - อดุลยเดช / Pho Si - Adunyadet",
    "J05": "ห้าแยกโพศรี - อุดรดุษฎี - ศรีสุข - ทหาร / Five-legged: Pho Si - Udon Dutsadi - Si Suk - Thahan",
    "J06": "โพศรี - หมากแข้ง / Pho Si - Mak Khaeng",
    "J07": "โพศรี - มิตรภาพ - นิตโย / Pho Si - Mittraphap - Nittayo",
    "J08": "มุขมนตรี - มิตรภาพ / Mukkhamontri - Mittraphap",
    "J09": "ประจักษ์ศิลปาคม - ศรีสุข / Prachak Sinlapakhom - Si Suk",
    "J10": "ประจักษ์ศิลปาคม - หมากแข้ง / Prachak Sinlapakhom - Mak Khaeng",
    "J11": "ประจักษ์ศิลปาคม - ทหาร / Prachak Sinlapakhom - Thahan",
    "J12": "ประจักษ์ศิลปาคม - มิตรภาพ / Prachak Sinlapakhom - Mittraphap",
    "J13": "วัฒนานุวงศ์ - อุดรดุษฎี / Watthana Nuwong - Udon Dutsadi",
    "J14": "วัฒนานุวงศ์ - หมากแข้ง / Watthana Nuwong - Mak Khaeng",
}

# --- stages: in their order in the cycle; what each serves says the network's own programme ---
# A pedestrian group ends before its stage does, so that its clearance runs while the vehicles still have green.
# Where one approach goes at a time, the turn is anticlockwise (at J09 nearly): those who clear then leave over another
# crossing than the one that the next stage opens, and the walks need up to 14 s less of the cycle. J05 and J11 would
# lose 5 to 9 s of green by it and are short of green, so their order is the one that loses least.

STAGES: dict[str, dict[str, str]] = {
    "J01": {"A": "K2 F1", "B": "K1 F2"},
    "J02": {"A": "K1 F2", "B": "K2", "C": "K3 F3", "D": "K4 F1"},
    "J03": {"A": "K1 F2", "D": "K4 F1", "C": "K3 F4", "B": "K2 F3"},
    "J04": {"A": "K2 K4 F1", "B": "K2 K3", "C": "K1 F2"},
    "J05": {"A": "K5 F1", "C": "K2 F3", "B": "K1 F2", "E": "K4 F5", "D": "K3 F4"},
    "J06": {"A": "K4 F1", "D": "K3 F4", "C": "K2 F3", "B": "K1 F2"},
    "J07": {"A": "K1 F2", "B": "K2", "C": "K3 K5 F1", "D": "K4 K6"},
    "J08": {"A": "K1 K3 F2", "B": "K1 K2", "C": "K4 F1"},
    "J09": {"A": "K4 F1", "D": "K3 F4", "B": "K2 F3", "C": "K1 F2"},
    "J10": {"A": "K1 F2", "D": "K4 F1", "C": "K3 F4", "B": "K2 F3"},
    "J11": {"A": "K1 F2", "B": "K2 F3", "C": "K3 F4", "D": "K4 F1"},
    "J12": {"A": "K1 K3 F2", "B": "K1 K2", "C": "K4 F1"},
    "J13": {"A": "K1 F2", "B": "K2", "C": "K3 F3", "D": "K4 F1"},
    "J14": {"A": "K1 F1", "B": "K2 F2"},
}

# --- speeds and minimums by class of road ---


@dataclass(frozen=True, slots=True)
class RoadClass:
    """What is assumed of a class of road; the class is told by the network's speed limit and its lanes."""

    name: str
    v85_km_h: float
    """85th percentile of approach speed: assumed, to be measured before a street sees the plan."""
    min_green_s: float


HIGHWAY = RoadClass("highway", 60.0, 8.0)
ARTERIAL = RoadClass("main road", 50.0, 7.0)
COLLECTOR = RoadClass("minor road", 40.0, 6.0)
"""FHWA STM: 7 to 15 s on major roads up to 65 km/h, 4 to 10 s on minor ones."""
TURN_MIN_GREEN_S = 5.0
"""FHWA STM: 2 to 5 s for a turn alone; RiLSA: never below 5 s."""
WALKING_M_S = 1.2
"""RiLSA."""
WALK_S = 7.0
"""MUTCD 4E.06."""

# --- plans ---

PLAN_NAMES = {
    "am_peak": "Morning peak: school and work, into the centre",
    "midday": "Day: errands, every way alike",
    "pm_peak": "Evening peak: home and through",
    "night": "Night: little of everything",
    "fair": "Evening event at Thung Si Mueang: towards it, then away",
}
LOCAL_PLAN = "midday"
"""What a cabinet runs alone: the plan that does least harm at any hour."""

CYCLES = {"am_peak": 96, "midday": 96, "pm_peak": 96, "night": 96, "fair": 96}
"""Common cycle of a period [s]; RiLSA: 30 to 120. Webster asks for 50 to 80 s, but one approach at a time with a walk
across each arm takes up to 91 s at the least, at night too."""
FIVE_LEGS = {"am_peak": 140, "midday": 112, "pm_peak": 140, "night": 112, "fair": 120}
"""Cycle of the five-legged junction [s]: by Webster 140 s in the peaks, more than RiLSA's 120 (check warns of it); at
120 s it would be oversaturated, for a quarter of the cycle is lost to five changes."""
LANE_USE = {("J05", "K3"): 0.6, ("J05", "K4"): 0.8}
"""Share of its stop line that a group really uses (HCM f_LU), by junction and group; 1 where nothing stands here. Si
Suk brings one lane that widens shortly before the five legs, behind the stops at the school: its two never fill.
Thahan brings one lane, whose turns wait for each other."""
SHORT = {"J01": 2, "J14": 2}
"""Two stages serve all: so many cycles in one common cycle."""
FREE = {"J08": 60, "J12": 60}
"""T junctions on the highway: three short stages, a cycle of their own [s]; too short in the peaks and at the fair."""
PEAKS = ("am_peak", "pm_peak", "fair")
OWN_CYCLES = {
    plan: {"J04": FIVE_LEGS[plan] // 2, "J05": FIVE_LEGS[plan]}
    | ({} if plan in PEAKS else FREE)
    | {name: cycle_s // n for name, n in SHORT.items()}
    for plan, cycle_s in CYCLES.items()
}
"""Junctions that keep another cycle than the common one; J04 half of that of J05, with which it is coordinated."""


@dataclass(frozen=True, slots=True)
class Coordinated:
    """A link of a corridor: the stage of `after` starts a travel time behind that of `before`, in the plans named."""

    road: str
    before: str
    before_stage: str
    after: str
    after_stage: str
    distance_m: float


PROGRESSION_KM_H = 38.0
"""What a platoon keeps up between two stop lines at a limit of 40 km/h."""

CORRIDORS = (
    Coordinated("Pho Si, eastbound", "J06", "A", "J07", "C", 605),
    Coordinated("Pho Si, westbound", "J05", "C", "J04", "A", 630),
    Coordinated("Mak Khaeng, northbound", "J06", "D", "J03", "C", 335),
    Coordinated("Mak Khaeng, northbound", "J03", "C", "J14", "B", 450),
    Coordinated("Mak Khaeng, southbound", "J06", "B", "J10", "A", 430),
    # The short links J03-J02 and J10-J09: whoever comes in finds green before the link is full.
    Coordinated("Mukkhamontri, westbound", "J03", "B", "J02", "C", 165),
    Coordinated("Mukkhamontri, westbound", "J02", "C", "J01", "A", 610),
    Coordinated("Mittraphap, northbound", "J07", "A", "J08", "A", 335),
    Coordinated("Mittraphap, southbound", "J07", "A", "J12", "A", 475),
    Coordinated("Udon Dutsadi, northbound", "J02", "A", "J13", "A", 475),
    Coordinated("Prachak Sinlapakhom, westbound", "J10", "B", "J09", "B", 160),
    Coordinated("Prachak Sinlapakhom, westbound", "J09", "B", "J11", "B", 415),
)
"""Each after the one that gives its first junction an offset. J05 has its own cycle; only J04 keeps step with it."""

# --- calendar ---

_BEFORE_SCHOOL = ("05:30", "midday"), ("06:30", "am_peak"), ("09:00", "midday"), ("15:30", "pm_peak")
DAY_PLANS = {
    "school-day": [*_BEFORE_SCHOOL, ("18:30", "midday"), ("21:30", "night")],
    "workday": [("05:30", "midday"), ("07:00", "am_peak"), ("08:30", "midday"), ("16:30", "pm_peak"),
                ("18:30", "midday"), ("21:30", "night")],
    "weekend": [("07:00", "midday"), ("21:30", "night")],
    "songkran": [("07:00", "midday"), ("11:00", "fair"), ("20:00", "midday"), ("22:00", "night")],
    "school-fair": [*_BEFORE_SCHOOL, ("18:30", "fair"), ("21:30", "night")],
    "weekend-fair": [("07:00", "midday"), ("17:30", "fair"), ("21:30", "night")],
}  # fmt: skip
"""The hours are assumed: parents bring and fetch (06:30, 15:30), offices open and close (08:30, 16:30)."""
WEEKEND = ("saturday", "sunday")
USUAL_WEEK = ("workday", "weekend")
"""Day plans of working days and of the weekend, while there is no school."""
WEEKS = {"school": ("school-day", "weekend"), "fair": ("school-fair", "weekend-fair")}

TERMS = (
    ("05-16", "10-10", "school", "First school term"),
    ("11-01", "03-31", "school", "Second school term"),
)
"""Regulation of the Ministry of Education on school years, B.E. 2549 (2006): the first term opens on 16 May and closes
on 11 October, the second opens on 1 November and closes on 1 April; a school may be allowed other days."""

HOLIDAY_DAY_PLAN = "weekend"
FIXED_HOLIDAYS = (
    ("01-01", None, "New Year's Day"),
    ("04-06", None, "Chakri Memorial Day"),
    ("04-13", "04-15", "Songkran"),
    ("05-01", None, "Labour Day"),
    ("05-04", None, "Coronation Day"),
    ("06-03", None, "Birthday of Queen Suthida"),
    ("07-28", None, "Birthday of the King"),
    ("08-12", None, "Mother's Day"),
    ("10-13", None, "King Bhumibol Memorial Day"),
    ("10-23", None, "Chulalongkorn Day"),
    ("12-05", None, "Birthday of King Bhumibol, National and Father's Day"),
    ("12-10", None, "Constitution Day"),
    ("12-31", None, "New Year's Eve"),
)
"""Public holidays of Thailand on fixed days."""
SINGLE_HOLIDAYS = (
    ("2026-01-02", "Additional holiday"),
    ("2026-06-01", "In lieu of Visakha Bucha"),
    ("2026-12-07", "In lieu of 5 December"),
)
"""Days that the cabinet proclaimed for one year; those of the next year are entered when they are."""
MOVING_HOLIDAYS = {
    "Makha Bucha": ("2026-03-03", "2027-02-21"),
    "Visakha Bucha": ("2026-05-31", "2027-05-20"),
    "Asalha Bucha": ("2026-07-29", "2027-07-18"),
    "Beginning of Buddhist Lent": ("2026-07-30", "2027-07-19"),
}
"""By the Thai lunar calendar. Never computed here: a year that is not listed is reported as a gap."""
HOLIDAY_SOURCE = "python-holidays 0.109, Thailand; compare with the cabinet's proclamation of the year"

SPECIAL_DATES: tuple[dict[str, str], ...] = (
    {"date": "2026-01-05", "day_plan": "school-fair",
     "name": "Evening event at Thung Si Mueang (assumed; the date of a run without --date)"},
    {"date": "2026-12-07", "day_plan": "weekend-fair", "name": "Thung Si Mueang fair, on a day in lieu"},
    {"date": "04-13", "until": "04-15", "day_plan": "songkran", "name": "Songkran: water in the streets all day"},
    {"date": "12-01", "until": "12-04", "week": "fair", "name": "Thung Si Mueang fair"},
    {"date": "12-05", "day_plan": "weekend-fair", "name": "Thung Si Mueang fair, on a holiday"},
    {"date": "12-06", "until": "12-09", "week": "fair", "name": "Thung Si Mueang fair"},
    {"date": "12-10", "day_plan": "weekend-fair", "name": "Thung Si Mueang fair, on a holiday"},
)  # fmt: skip

TRIGGERS = (
    {"id": "busy-night", "plan": "midday", "junction": "J05", "groups": ["K1", "K2", "K3", "K4", "K5"],
     "measure": "flow_veh_h", "on_above": 1500, "off_below": 1100, "window_s": 600, "stay_s": 1800,
     "instead_of": ["night"]},
)  # fmt: skip
"""An evening that does not end: above 1,500 veh/h the five legs need more than the night's cycle has (assumed)."""

NOTES = """\
Schematic, not surveyed: speeds, volumes and geometry are assumed, and no licensed engineer has checked the plans.
Amber: kinematic formula of ITE at the 85th percentile speed assumed for the class of road, rounded up to whole seconds.
Intergreens: RiLSA, per ordered pair, t_z = t_ü + (s_0 + l)/v_r - s_e/v_e at the worst conflict point of the two groups;
  distances along the network's own paths, point by point each half metre; at least amber + 1 s.
People on foot: walk at least 7 s (MUTCD 4E.06); from its end to the first vehicle the longest crossing at 1.2 m/s
  (RiLSA), of which the last 3 s are the buffer at red and the rest is flashing green.
Minimum greens: FHWA Signal Timing Manual by class of road. Maximum greens: 1.5 times the longest green of any plan.
Splits: Webster on the mean volumes of each story's hour, motorcycles 0.30 pcu, saturation flows by RR67.
The story `fair` has its plan on evenings with an event: the dates in calendar.yaml, 2026-01-05 among them, which
  `faikhiao simulate` takes where no --date is given; for another evening give the date of one of them.
"""
