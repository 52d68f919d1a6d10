"""Journals of days that never were: a site under one plan, with traffic drawn from a seed, written as a service would.

`python -m tests.journal_maker FOLDER` writes a week of central Udon Thani and measures how long `faikhiao report`
takes for it (`make bench-report`). Tests use some minutes of the same.
"""

import json
import os
import resource
import shutil
import sqlite3
import sys
import time
import zlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from controller import Aspect, CabinetMode, CabinetReport, Decision, GroupKind, Junction, LoopRole, Network, Reason
from field_io import records
from field_io.segment import Head, open_for_writing
from plans import Bundle, load_site
from plans.planned_greens import PlannedGreen, planned_greens, timing_of

DAY_S = 86_400
MONDAY_UTC_S = 1_767_546_000.0
"""Midnight of Monday 2026-01-05 in Thailand."""
PEAK_VEH_H = 350.0
"""Vehicles an hour on a lane in the busiest hour."""
HOURS = (
    0.10, 0.07, 0.05, 0.05, 0.08, 0.25, 0.65, 1.00, 0.90, 0.65, 0.60, 0.65,
    0.70, 0.65, 0.65, 0.75, 0.90, 1.00, 0.85, 0.60, 0.45, 0.35, 0.25, 0.15,
)  # fmt: skip
"""Share of the peak by hour of the day."""
HEADWAY_S, PASSAGE_S, GAP_S = 2.0, 0.4, 0.2


@dataclass(frozen=True, slots=True)
class Programme:
    """What a junction shows in each second of its cycle."""

    cycle_s: int
    offset_s: int
    greens: tuple[PlannedGreen, ...]
    aspects: tuple[tuple[Aspect, ...], ...]
    stage: tuple[int, ...]

    def second(self, now_s: float) -> int:
        """Second of the cycle."""
        return int(now_s - self.offset_s) % self.cycle_s


def programme_of(junction: Junction, plan: str) -> Programme:
    """The plan as seconds."""
    timing = timing_of(junction, plan)
    assert timing is not None
    greens = tuple(planned_greens(junction, timing))
    seconds = [[Aspect.RED] * len(junction.groups) for _ in range(timing.cycle_s)]
    for green in greens:
        closing = Aspect.FLASHING_GREEN if green.group.kind is GroupKind.PEDESTRIAN else Aspect.AMBER
        for late in range(int(green.length_s + green.group.closing_s)):
            shown = Aspect.GREEN if late < green.length_s else closing
            seconds[int(green.start_s + late) % timing.cycle_s][green.column] = shown
    at = [step.at_s for step in timing.steps]
    stage = tuple(timing.steps[bisect_right(at, second) - 1].stage for second in range(timing.cycle_s))
    return Programme(timing.cycle_s, timing.offset_s, greens, tuple(map(tuple, seconds)), stage)


def passages(
    junction: Junction, programme: Programme, begin_s: int, seconds: int, chance: np.random.Generator
) -> dict[str, list[tuple[float, float]]]:
    """(on, off) of every loop on an approach lane [s]; who comes on red stands on the stop line until green."""
    found: dict[str, list[tuple[float, float]]] = {}
    for lane in junction.lanes:
        loops = {loop.role: loop for loop in junction.loops if loop.lane == lane.id}
        column = junction.group_index()[lane.groups[0]]
        arrivals = _arrivals(begin_s, seconds, chance)
        advance, line = loops.get(LoopRole.ADVANCE), loops.get(LoopRole.STOP_LINE)
        if advance is not None:
            found[advance.id] = _apart([(at_s, at_s + PASSAGE_S) for at_s in arrivals])
        if line is None:
            continue
        travel_s = (advance.distance_m if advance else 0.0) / lane.speed_m_s
        left_s, standing = -1e9, []
        for at_s in arrivals:
            came_s = max(at_s + travel_s, left_s + PASSAGE_S + GAP_S)
            left_s = _next_green(programme, column, max(came_s, left_s + HEADWAY_S))
            standing.append((came_s, left_s + PASSAGE_S))
        found[line.id] = _apart([span for span in standing if span[1] < begin_s + seconds])
    return found


def _arrivals(begin_s: int, seconds: int, chance: np.random.Generator) -> list[float]:
    times: list[float] = []
    for hour_s in range(begin_s // 3600 * 3600, begin_s + seconds, 3600):
        number = chance.poisson(PEAK_VEH_H * HOURS[hour_s // 3600 % 24])
        times += np.sort(hour_s + 3600 * chance.random(number)).tolist()
    return [round(at_s, 3) for at_s in times if begin_s < at_s < begin_s + seconds - 1]


def _next_green(programme: Programme, column: int, at_s: float) -> float:
    for late in range(programme.cycle_s + 1):
        if programme.aspects[programme.second(at_s + late)][column] is Aspect.GREEN:
            return at_s if late == 0 else float(int(at_s) + late) + 1.0
    return at_s


def _apart(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Spans that do not touch, to the millisecond."""
    kept: list[tuple[float, float]] = []
    for on_s, off_s in sorted(spans):
        if kept and on_s <= kept[-1][1] + 0.05:
            kept[-1] = (kept[-1][0], max(kept[-1][1], round(off_s, 3)))
        else:
            kept.append((round(on_s, 3), round(off_s, 3)))
    return kept


def make_journal(path: Path, bundle: Bundle, plan: str, begin_s: int, seconds: int, *, seed: int = 1) -> Network:
    """Write one segment: `seconds` steps from second `begin_s` of the day; control time is local time."""
    network = load_site(bundle).network
    chance = np.random.default_rng(seed)
    programmes = {junction.id: programme_of(junction, plan) for junction in network.junctions}
    edges: dict[tuple[str, int], list[tuple[int, str, bool]]] = defaultdict(list)
    for junction in network.junctions:
        for loop, spans in passages(junction, programmes[junction.id], begin_s, seconds, chance).items():
            for on_s, off_s in spans:
                for at_s, on in ((on_s, True), (off_s, False)):
                    edges[junction.id, int(at_s)].append((round(1000 * (at_s - int(at_s))), loop, on))
    head = Head(network.site, bundle.to_json(), "fixed_time", float(begin_s), MONDAY_UTC_S + begin_s, version="test")
    db = open_for_writing(path, durable=False)
    db.execute("BEGIN")
    names = ("site", "bundle", "strategy", "now_s", "utc_s", "epoch", "version", "first_step")
    db.executemany("INSERT INTO head VALUES (?, ?)", [("format", 1), *((name, getattr(head, name)) for name in names)])
    db.execute("INSERT INTO snapshot VALUES (0, ?, x'00')", (head.now_s,))
    steps = _steps(network, programmes, edges, (begin_s, seconds), plan)
    for number, (now_s, inputs, outputs) in enumerate(steps, start=1):
        db.execute("INSERT INTO step VALUES (?, ?, ?)", (number, now_s, zlib.compress(inputs, 1)))
        db.execute("INSERT INTO result VALUES (?, x'00', ?)", (number, zlib.compress(outputs, 1)))
    db.execute("COMMIT")
    db.close()
    return network


def _steps(
    network: Network,
    programmes: dict[str, Programme],
    edges: dict[tuple[str, int], list[tuple[int, str, bool]]],
    span: tuple[int, int],
    plan: str,
) -> Iterator[tuple[float, bytes, bytes]]:
    """(now_s, inputs, outputs) of each step, as JSON."""
    reports = {
        (junction.id, second): _report(junction, programmes[junction.id], second)
        for junction in network.junctions
        for second in range(programmes[junction.id].cycle_s)
    }
    loops = {junction.id: [loop.id for loop in junction.loops] for junction in network.junctions}
    on: dict[str, set[str]] = defaultdict(set)
    begin_s, seconds = span
    for now_s in range(begin_s, begin_s + seconds):
        told = []
        for junction in network.junctions:
            programme = programmes[junction.id]
            told.append(reports[junction.id, programme.second(now_s - 1)])
            told.append(
                _reading(junction.id, loops[junction.id], on, sorted(edges.pop((junction.id, now_s - 1), ())), now_s)
            )
        decisions = [
            _decision(junction.id, Reason.PROGRAMME, (("stage", junction.stages[stage - 1].id), ("number", stage)))
            for junction in network.junctions
            if (stage := programmes[junction.id].stage[programmes[junction.id].second(now_s)])
            != programmes[junction.id].stage[programmes[junction.id].second(now_s - 1)]
        ]
        if now_s == begin_s:
            decisions += [
                _decision(junction.id, Reason.PLAN_CHANGE, (("plan", plan),)) for junction in network.junctions
            ]
        told_back = ",".join(decisions)
        result = f'[{{"is":"StepResult","now_s":{now_s}.0,"commands":[],"decisions":[{told_back}],"alarms":[]}}]'
        yield float(now_s), f"[{','.join(told)}]".encode(), result.encode()


def _decision(junction: str, reason: Reason, because: tuple[tuple[str, str | int], ...]) -> str:
    return records.to_json([Decision(junction, reason, because)])[1:-1].decode()


def _report(junction: Junction, programme: Programme, second: int) -> str:
    report = CabinetReport(
        junction.id, CabinetMode.REMOTE, 0, programme.stage[second], 0, programme.aspects[second], 0, 0, 0, 10.0, True,
        1, tuple(range(len(junction.loops))), 0, 0.0,
    )  # fmt: skip
    return records.to_json([report])[1:-1].decode()


def _reading(
    junction: str, loops: Sequence[str], on: dict[str, set[str]], edges: Sequence[tuple[int, str, bool]], now_s: int
) -> str:
    """The second before `now_s`; who stands on a loop at its end is known from its edges."""
    counts = dict.fromkeys(loops, 0)
    occupied = {loop: 1000 if loop in on[junction] else 0 for loop in loops}
    for ms, loop, rising in edges:
        if rising:
            counts[loop] += 1
            occupied[loop] += 1000 - ms
            on[junction].add(loop)
        else:
            occupied[loop] -= 1000 - ms
            on[junction].discard(loop)
    return (
        f'{{"is":"DetectorReading","junction":"{junction}","t0_s":{now_s - 1}.0,"t1_s":{now_s}.0,'
        f'"loops":{json.dumps(loops)},"counts":{list(counts.values())},"occupied_ms":{list(occupied.values())},'
        f'"edges":{json.dumps(edges)}}}'
    )


# -------------------------------------------------------------------------------------------------------------- a week


def make_week(folder: Path) -> int:
    """A service's folder with a week of central Udon Thani, 14 junctions, a segment a day; how many bytes.

    Every day is the same one under another date: control time begins anew with each segment, as after a restart.
    """
    folder.mkdir(parents=True)
    first = folder / "journal-000001.sqlite"
    site = Path(__file__).parents[1] / "sim" / "scenarios" / "udon_thani" / "site"
    make_journal(first, Bundle.read(site), "am_peak", 0, DAY_S)
    _settle(first, MONDAY_UTC_S)
    for day in range(1, 7):
        path = folder / f"journal-{day + 1:06d}.sqlite"
        shutil.copyfile(first, path)
        _settle(path, MONDAY_UTC_S + day * DAY_S)
    return sum(path.stat().st_size for path in folder.iterdir())


def _settle(path: Path, utc_s: float) -> None:
    """Give a segment its date, and put all of it into one file."""
    db = sqlite3.connect(path)
    db.execute("UPDATE head SET value = ? WHERE key = 'utc_s'", (utc_s,))
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.execute("PRAGMA journal_mode = DELETE")
    db.close()


def main(folder: Path) -> None:
    """Make the week where it is not there yet, and report it."""
    from console.application import build

    if not folder.exists():
        began = time.perf_counter()
        size = make_week(folder)
        print(f"made {size / 1e6:.0f} MB in {time.perf_counter() - began:.0f} s")
    began, used = time.perf_counter(), time.process_time()
    page = folder.parent / f"{folder.name}.html"
    build()(["report", str(folder), "--out", str(page)], standalone_mode=False)
    wall_s, own_s = time.perf_counter() - began, time.process_time() - used
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"a week reported in {wall_s:.1f} s; {own_s:.1f} s of computing in the first process, "
        f"{others.ru_utime + others.ru_stime:.1f} s in the others; load {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.journal_maker FOLDER")
    main(Path(sys.argv[1]))
