"""What a run answers: every key of the JSON of `simulate`, with unit and meaning; a reference page is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from sim.loop_record import LoopRecord
from sim.measures import LEAST_TRIPS, PERSONS_ABOARD, Measures
from sim.monitor import Break
from sim.red_clock import LongestRed

LISTED_BREAKS = 20


class Key(NamedTuple):
    """One key of the answer."""

    unit: str
    meaning: str


KEYS: Mapping[str, Key] = {
    "scenario": Key("", "name of the scenario"),
    "strategy": Key("", "what ran the signals"),
    "seed": Key("", "SUMO's seed: the same seed is the same traffic"),
    "link": Key("", "`direct`, `wire`, or `sumo` where SUMO drove its own lamps"),
    "site": Key("", "the site that was driven, or whose rules the monitor used"),
    "junctions": Key("", "signalled junctions of the site"),
    "date": Key("", "day of the run, for the calendar; SUMO's time 0 is its midnight"),
    "begin_s": Key("s", "first simulated second"),
    "simulated_s": Key("s", "simulated time; everything is measured over it, without warm-up"),
    "wall_s": Key("s", "how long that took; import and start not counted"),
    "realtime_factor": Key("", "simulated_s / wall_s"),
    "vehicles": Key("", "trips scheduled within the simulated time; those scheduled before do not count"),
    "finished": Key("", "trips that arrived"),
    "unfinished": Key("", "trips under way at the end"),
    "undeparted": Key("", "trips that found no room to enter the network"),
    "delay_s": Key(
        "s/vehicle",
        "[Σ (time lost + waited to enter) over finished and unfinished trips "
        "+ Σ (end - scheduled) over trips that never departed] / all of them",
    ),
    "trip_s": Key("s", "mean of finished trips, from scheduled departure to arrival"),
    "wait_s": Key("s", "mean time at a stand, of vehicles that departed"),
    "stops": Key("", "mean number of stops, of vehicles that departed"),
    "queue_veh": Key("vehicles", "vehicles at a stand in the network: `mean` and `max` over the seconds"),
    "outside_max_veh": Key("vehicles", "most that ever waited outside for room to enter"),
    "worst_approach_s": Key(
        "s/vehicle",
        "highest mean delay of an approach to a signal: time lost on its roads, and waited outside by those who enter "
        f"there; of approaches with at least {LEAST_TRIPS} vehicles",
    ),
    "worst_approach": Key("", "which it is: SUMO's traffic light / road with the stop line"),
    "longest_red_s": Key(
        "s", "longest time that a group stayed without green after somebody came to a stand before it"
    ),
    "longest_red": Key("", "which it was: junction / group"),
    "person_delay_s": Key(
        "s/person",
        "delay of a person: pedestrians each, vehicles times the persons assumed aboard ("
        + ", ".join(f"{name} {persons:g}" for name, persons in PERSONS_ABOARD.items())
        + ")",
    ),
    "by_class": Key("", "by class of vehicle, and `pedestrian`: `count` and mean `delay_s`"),
    "pedestrian_wait_s": Key("s/person", "how long pedestrians stood: `mean` and `max`"),
    "by_minute": Key(
        "vehicles", "mean of each minute: `queue_veh` at a stand, `outside_veh` waiting for room to enter"
    ),
    "invariant_breaks": Key("", "breaks of the safety rules S1-S4, counted by the independent monitor"),
    "breaks": Key("", f"the first {LISTED_BREAKS} of them: when, where, which rule, which groups"),
    "decisions": Key("", "decisions of the controller"),
    "decision_ms": Key("ms", "how long one step of the controller took: `p50`, `p99`, `max`"),
    "mqtt_messages": Key("", "detector messages; over the wire also ticks and what the controller publishes"),
    "modbus_round_trips": Key("", "reads and writes of cabinets"),
    "sumo_version": Key("", "SUMO's version"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the parts of a run know at its end."""

    measures: Measures
    record: LoopRecord
    longest_red: LongestRed
    breaks: int
    first_breaks: tuple[Break, ...]
    begin_s: float
    end_s: float
    sumo_version: str


def answer_of(outcome: Outcome, **named: object) -> dict[str, Any]:
    """The answer in the order of `KEYS`; `named` are those that say what was run."""
    measures, record, longest = asdict(outcome.measures), outcome.record, outcome.longest_red
    simulated_s = outcome.end_s - outcome.begin_s
    found = measures | {
        "queue_veh": {"mean": measures["queue_mean_veh"], "max": measures["queue_max_veh"]},
        "pedestrian_wait_s": {"mean": measures["pedestrian_wait_s"], "max": measures["pedestrian_wait_max_s"]},
        "by_minute": {
            "queue_veh": list(measures["queue_by_minute_veh"]),
            "outside_veh": list(measures["outside_by_minute_veh"]),
        },
        "begin_s": outcome.begin_s,
        "simulated_s": simulated_s,
        "wall_s": record.wall_s,
        "realtime_factor": simulated_s / record.wall_s if record.wall_s else 0.0,
        "longest_red_s": longest.seconds,
        "longest_red": f"{longest.junction}/{longest.group}" if longest.seconds else "",
        "invariant_breaks": outcome.breaks,
        "breaks": [_sentence(broken) for broken in outcome.first_breaks[:LISTED_BREAKS]],
        "decisions": record.decisions,
        "decision_ms": dict(record.decision_ms),
        "mqtt_messages": record.messages,
        "modbus_round_trips": record.round_trips,
        "sumo_version": outcome.sumo_version,
        **named,
    }
    return {name: _rounded(found[name]) for name in KEYS}


def _sentence(broken: Break) -> str:
    return f"{broken.time_s:g} s: {broken.junction}: {broken.rule}: {', '.join(broken.groups)}"


def _rounded(value: Any) -> Any:
    """Three decimals: a millisecond, a thousandth of a vehicle."""
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {name: _rounded(inner) for name, inner in value.items()}
    return value


def results_page() -> str:
    """The keys as a page of Markdown."""
    rows = [f"| `{name}` | {key.unit} | {key.meaning} |" for name, key in KEYS.items()]
    return "\n".join(
        [
            "# Results of a run",
            "",
            "Keys of the JSON that `faikhiao simulate --json` writes, and of each run in that of `faikhiao bench`.",
            "Made from `sim/answer.py` by `make docs`.",
            "",
            "| key | unit | meaning |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )
