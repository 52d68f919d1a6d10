"""F14 to F17 and F23 to F25: loops that hang, chatter, repeat themselves, change places, fall silent or are made up."""

from __future__ import annotations

import random
from collections.abc import Callable

from controller.events import Reason, Rung
from controller.model import Aspect
from sim.faults.messages import LOOP_TROUBLES, LoopTrouble, chatter, frozen, stuck_off, stuck_on
from sim.faults.world import World, WorldSettings
from sim.probes.outcome import Figure, Outcome, Row
from sim.probes.scene import NEVER, Scene, since

LEARN_S = 900
"""The loops' habits are known by then."""
HOUR_S, DELAY_S = 3600, 1800
Q1 = 1.10
"""Mean delay under a data fault, as a share of the fixed plan's on the same demand."""


def _flagged(scene: Scene, loops: frozenset[str], since_s: float) -> float | None:
    """When one of the loops was first told as faulty [s]."""
    for told in scene.alarms:
        alarm = told.alarm
        news = alarm.code is Reason.DETECTOR_FAULT and told.at_s > since_s and not alarm.cleared
        if news and dict(alarm.because)["loop"] in loops:
            return told.at_s
    return None


def _break(scene: Scene, loop: str, trouble: LoopTrouble, junction: str = "J01") -> Callable[[], None]:
    layout = next(one for one in scene.world.site.network.junctions if one.id == junction)
    place = [one.id for one in layout.loops].index(loop)
    troubles = scene.world.gateways.loop_troubles.setdefault(junction, {})
    troubles[1, place] = trouble

    def mend() -> None:
        del troubles[1, place]

    return mend


def _probe(loop: str, trouble: LoopTrouble, within_s: int) -> tuple[Scene, float, float]:
    """The scene after a fault that was mended; seconds until it was told, and until all is well again."""
    scene = Scene(junctions=1, settle_s=LEARN_S)
    begin_s = scene.now_s
    mend = _break(scene, loop, trouble)
    detect_s = scene.until(lambda: _flagged(scene, frozenset({loop}), begin_s) is not None, within_s)
    mend()
    recover_s = scene.until(lambda: scene.rung() is Rung.ADAPTIVE, 1500)
    return scene, detect_s, recover_s


def _delay(strategy: str, loop: str | None, trouble: LoopTrouble | None) -> float:
    """Vehicle seconds in queues for each vehicle served in half an hour, on the same arrivals; seed 1, one junction."""
    world = World(WorldSettings(1, 1, strategy))
    if loop is not None and trouble is not None:
        place = [one.id for one in world.site.network.junctions[0].loops].index(loop)
        world.gateways.loop_troubles["J01"] = {(1, place): trouble}
    waited = 0.0
    for _ in range(DELAY_S):
        world.second()
        waited += float(world.traffic.queue_veh.sum())
    return waited / max(1.0, world.traffic.served_veh)


def _q1(loop: str, trouble: LoopTrouble) -> Figure:
    ratio = _delay("actuated", loop, trouble) / _delay("fixed_time", None, None)
    return Figure("delay, times the fixed plan's", ratio, Q1)


def stuck_off_loop() -> Outcome:
    """F14: a stop-line loop sees nobody."""
    happened = "told as stuck off, its neighbour stands in; its movement keeps the plan's green"
    return _told_within("Ns", stuck_off, 900, happened, _q1("Ns", stuck_off))


def stuck_on_loop() -> Outcome:
    """F15: the stop-line loop of the side road is always occupied."""
    usual_s = _green_share("Es", None)
    hung_s = _green_share("Es", stuck_on)
    scene, detect_s, recover_s = _probe("Es", stuck_on, 400)
    plan_s = 30.0 / 90.0
    extra = max(0.0, hung_s - max(plan_s, usual_s)) / plan_s
    return scene.outcome(
        f"{100 * hung_s:.0f} % of the time green before it was told; by plan {100 * plan_s:.0f} %",
        Figure("told after", detect_s, 300.0, "s"),
        Figure("green beyond the plan's", 100 * extra, 20.0, "%"),
        detect_s=detect_s,
        safe_s=detect_s,
        recover_s=recover_s,
    )


def _green_share(loop: str, trouble: LoopTrouble | None) -> float:
    """Share of five minutes in which the loop's group was green."""
    scene = Scene(junctions=1, settle_s=LEARN_S)
    junction = scene.world.site.network.junctions[0]
    group = junction.group_index()[next(one.groups[0] for one in junction.loops if one.id == loop)]
    if trouble is not None:
        _break(scene, loop, trouble)
    green = 0
    for _ in range(300):
        scene.second()
        green += scene.place().cabinet.aspects[group] is Aspect.GREEN
    return green / 300


def chattering_loop() -> Outcome:
    """F16: five pulses a second."""
    return _told_within("Ns", chatter, 60, "told as chattering, its neighbour stands in")


def frozen_loop() -> Outcome:
    """F17: the same count and occupancy in every second."""
    return _told_within("Na", frozen, 100, "told, and no longer believed")


def _told_within(loop: str, trouble: LoopTrouble, limit_s: int, happened: str, *figures: Figure) -> Outcome:
    """A fault that is only to be told in time; from then on the loop does no harm."""
    scene, detect_s, recover_s = _probe(loop, trouble, limit_s + 100)
    told = Figure("told after", detect_s, float(limit_s), "s")
    return scene.outcome(happened, told, *figures, detect_s=detect_s, safe_s=detect_s, recover_s=recover_s)


def swapped_loops() -> Outcome:
    """F23: a stop-line loop and one of another approach bear each other's names."""
    scene = Scene(junctions=1, settle_s=1)
    scene.world.traffic.thin_out("J01", "E", 0.4)
    scene.run(HOUR_S // 2)
    begin_s = scene.now_s
    ids = [loop.id for loop in scene.world.site.network.junctions[0].loops]
    scene.world.gateways.swapped["J01"] = (ids.index("Ns"), ids.index("Es"))
    detect_s = scene.until(lambda: _flagged(scene, frozenset({"Ns", "Es", "Na", "Ea"}), begin_s) is not None, HOUR_S)
    return scene.outcome(
        "the cabinet's own counts, or the approach's other loop, say otherwise",
        Figure("told after", detect_s, 3600.0, "s"),
        detect_s=detect_s,
        safe_s=detect_s,
    )


def junction_silent() -> Outcome:
    """F24: nothing comes from one junction's loops."""
    scene = Scene(junctions=3)
    begin_s = scene.now_s
    scene.world.broker.troubles[1] = lambda message, _now_s: [] if "/J02/" in message.topic else [(0.0, message)]
    safe_s = scene.until(lambda: scene.rung("J02") is Rung.PLAN, 10)
    scene.run(60)
    others = sum(scene.rung(junction) is not Rung.ADAPTIVE for junction in ("J01", "J03"))
    scene.world.broker.troubles.clear()
    recover_s = scene.until(lambda: scene.rung("J02") < Rung.PLAN, 120)
    return scene.outcome(
        "that junction alone went by plan",
        Figure("by plan after", safe_s, 6.0, "s"),
        Figure("others that fell", others),
        detect_s=since(begin_s, scene.alarmed(Reason.STALE_DETECTORS, begin_s)),
        safe_s=safe_s,
        recover_s=recover_s,
    )


def made_up_counts() -> Outcome:
    """F25: plausible platoons that nobody drove, on the loop where they hurt most."""
    fixed = _delay("fixed_time", None, None)
    worst, where = 0.0, ""
    for loop in ("Es", "Ea", "NTs"):
        delay = _delay("actuated", loop, LOOP_TROUBLES["spoofed"](random.Random(25)))
        if delay > worst:
            worst, where = delay, loop
    scene = Scene(junctions=1, settle_s=LEARN_S)
    begin_s = scene.now_s
    _break(scene, where, LOOP_TROUBLES["spoofed"](random.Random(25)))
    detect_s = scene.until(lambda: _flagged(scene, frozenset({where}), begin_s) is not None, DELAY_S)
    return scene.outcome(
        f"worst at {where} of three loops; "
        + ("the cross-check told it" if detect_s < NEVER else "never told, its influence is bounded by the plan"),
        Figure("delay, times the fixed plan's", worst / fixed, Q1),
        detect_s=detect_s if detect_s < NEVER else None,
        safe_s=0.0,
    )


ROWS = (
    Row(
        "F14",
        "loop stuck off",
        "a stop-line loop that sees nobody",
        "told within 15 min by day; delay at most 1.10 times the fixed plan",
        stuck_off_loop,
    ),
    Row(
        "F15",
        "loop stuck on",
        "the side road's stop-line loop always occupied",
        "told within 5 min; green at most the plan's +20 %",
        stuck_on_loop,
    ),
    Row("F16", "loop chatters", "5 pulses a second", "told within 60 s", chattering_loop),
    Row("F17", "loop repeats itself", "the same value in every second", "told within 100 s (20 bins)", frozen_loop),
    Row(
        "F23",
        "loops swapped",
        "loops of a busy and a quieter approach bear each other's names",
        "told within 60 min",
        swapped_loops,
    ),
    Row(
        "F24",
        "all loops of a junction lost",
        "nothing comes from one junction",
        "that junction alone by plan within 6 s",
        junction_silent,
    ),
    Row(
        "F25",
        "plausible made-up counts",
        "a platoon of 20 s in every minute on each of three loops",
        "delay at most 1.10 times the fixed plan",
        made_up_counts,
    ),
)
