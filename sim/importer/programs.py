"""Which SUMO program of each signal runs, and what it shows in each second of its cycle.

SUMO runs the program that it loaded last: those of the network first, then the additional files in their order. Second
0 of a cycle is where the first phase begins; at simulation time t the step from t to t + 1 shows the second
(t - offset) mod cycle (tried with SUMO 1.28 for positive and negative offsets and three begins).
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from controller.model import Aspect

LONGEST_CYCLE_S = 3600
"""A plan file holds no longer cycle."""

ASPECT_OF_LETTER: Mapping[str, Aspect] = {
    "r": Aspect.RED,
    "s": Aspect.RED,
    "u": Aspect.RED_AMBER,
    "y": Aspect.AMBER,
    "Y": Aspect.AMBER,
    "g": Aspect.GREEN,
    "G": Aspect.GREEN,
    "o": Aspect.FLASHING_AMBER,
    "O": Aspect.DARK,
}
"""SUMO's letters: `s` is a red at which one may turn after a stop, `g` a green that gives way."""

_AS_FIXED = {"actuated", "delay_based"}
"""Types that choose a phase's length by detectors; their file's durations make a fixed programme all the same."""
_NOT_CARRIED = {
    "NEMA": "its phases are rings and barriers, no programme; give a static program of the same signal",
    "rail_signal": "a rail signal is no street signal; take it out of the network",
    "rail_crossing": "a level crossing is worked by trains; take it out of the network",
    "off": "it has no phases; give a static program",
}


@dataclass(frozen=True, slots=True)
class Phase:
    """A <phase> as it was written; times in s, as text where SUMO allows words."""

    duration: str
    state: str
    max_s: float | None
    next: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TlLogic:
    """A <tlLogic> as it was written."""

    tls: str
    program: str
    type: str
    offset: str
    phases: tuple[Phase, ...]
    source: Path

    @property
    def label(self) -> str:
        """How a message names it."""
        return f"{self.tls}: program `{self.program}` ({self.source.name})"


@dataclass(frozen=True, slots=True)
class Programme:
    """A program second by second."""

    tls: str
    program: str
    offset_s: int
    """0 <= offset_s < cycle_s."""
    states: tuple[str, ...]
    """SUMO's state string in each second, (cycle_s,)."""
    phase: tuple[int, ...]
    """Number of the phase in each second, (cycle_s,)."""
    longest_s: tuple[float | None, ...]
    """maxDur of each phase, where the file has one."""

    @property
    def cycle_s(self) -> int:
        """Length of the cycle [s]."""
        return len(self.states)


def read_logics(files: Iterable[tuple[Path, ET.Element]]) -> tuple[dict[str, TlLogic], tuple[str, ...]]:
    """The program of each signal that SUMO would run, and what was met that no import carries."""
    loaded: dict[tuple[str, str], TlLogic] = {}
    running: dict[str, str] = {}
    refused = []
    for path, root in files:
        for element in root.iter("tlLogic"):
            logic = _logic(element, path)
            known = loaded.get((logic.tls, logic.program))
            if known is not None and not logic.phases:
                # SUMO: a tlLogic without phases only changes the offset of the program it names.
                loaded[logic.tls, logic.program] = replace(known, offset=element.get("offset", known.offset))
                continue
            loaded[logic.tls, logic.program] = logic
            running[logic.tls] = logic.program
        refused += [
            f"{element.get('id')}: WAUT ({path.name}) switches programs by the clock, which is not carried; leave the "
            "file out and import each program by itself"
            for element in root.iter("WAUT")
        ]
    return {tls: loaded[tls, program] for tls, program in running.items()}, tuple(refused)


def _logic(element: ET.Element, path: Path) -> TlLogic:
    return TlLogic(
        tls=element.get("id", ""),
        program=element.get("programID", "0"),
        type=element.get("type", "static"),
        offset=element.get("offset", "0"),
        phases=tuple(_phase(phase) for phase in element.iter("phase")),
        source=path,
    )


def _phase(element: ET.Element) -> Phase:
    longest = _number(element.get("maxDur", ""))
    return Phase(
        duration=element.get("duration", ""),
        state=element.get("state", ""),
        # SUMO writes 2^31 ms and the like for "no limit".
        max_s=longest if longest is not None and longest <= LONGEST_CYCLE_S else None,
        next=tuple(element.get("next", "").split()),
    )


def expand(logic: TlLogic, links: int) -> tuple[Programme | None, list[str], list[str]]:
    """The programme second by second, else None; what forbids it, and what an engineer should know.

    `links` is the number of links that the signal has.
    """
    if reason := _NOT_CARRIED.get(logic.type):
        return None, [f"{logic.label}: type `{logic.type}` cannot be carried: {reason}"], []
    faults = ["it has no phases; give a static program"]
    if logic.phases:
        faults = [*_faults_of_states(logic, links), *_faults_of_times(logic)]
    if faults:
        return None, [f"{logic.label}: {fault}" for fault in faults], []
    notes = []
    if logic.type in _AS_FIXED:
        notes.append(
            f"program `{logic.program}` is of type {logic.type}; its phases' durations are used as a fixed programme"
        )
    durations = [int(float(phase.duration)) for phase in logic.phases]
    numbers = tuple(number for number, duration in enumerate(durations) for _ in range(duration))
    programme = Programme(
        tls=logic.tls,
        program=logic.program,
        offset_s=int(float(logic.offset)) % len(numbers),
        states=tuple(logic.phases[number].state for number in numbers),
        phase=numbers,
        longest_s=tuple(phase.max_s for phase in logic.phases),
    )
    return programme, [], notes


def _faults_of_states(logic: TlLogic, links: int) -> list[str]:
    lengths = {len(phase.state) for phase in logic.phases}
    faults = []
    if len(lengths) > 1 or min(lengths) < links:
        faults.append(f"its states have {sorted(lengths)} letters for {links} links; write one letter for each link")
    letters = sorted({letter for phase in logic.phases for letter in phase.state} - ASPECT_OF_LETTER.keys())
    if letters:
        faults.append(f"unknown letters {' '.join(letters)} in its states; SUMO knows {' '.join(ASPECT_OF_LETTER)}")
    return faults


def _faults_of_times(logic: TlLogic) -> list[str]:
    faults = []
    cycle_s = 0.0
    for number, phase in enumerate(logic.phases):
        duration_s = _number(phase.duration)
        if duration_s is None or duration_s < 0 or duration_s != int(duration_s):
            faults.append(f"phase {number} lasts `{phase.duration}` s; write whole seconds")
            continue
        cycle_s += duration_s
        following = str((number + 1) % len(logic.phases))
        if phase.next and phase.next != (following,):
            faults.append(
                f"phase {number} goes on to {' or '.join(phase.next)} (`next`); write the phases in their order"
            )
    if not faults and not 0 < cycle_s <= LONGEST_CYCLE_S:
        faults.append(f"its cycle lasts {cycle_s:g} s; at least 1 and at most {LONGEST_CYCLE_S} s can be carried")
    offset_s = _number(logic.offset)
    if offset_s is None or offset_s != int(offset_s):
        faults.append(f"its offset is `{logic.offset}`; write whole seconds")
    return faults


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e9 else None
