"""F37 to F44: the cabinet loses power, comes back another, is taken by hand, trips, lies or never gets there."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import numpy as np

from controller.events import CabinetMode, CommandKind, Reason, Rung
from controller.layout import NetworkLayout
from controller.model import Aspect, StrategyParameters
from controller.state import StageProposal
from controller.strategy import Moment
from controller.strategy.actuated import Actuated
from field_io.registers import CommandState, FaultBit, ResultCode, Status
from sim.cabinet.lamps import Lamp, LampFault, LampFaultKind
from sim.faults.liveness import MAX_WAIT_S
from sim.probes.blocks import right_words
from sim.probes.outcome import Figure, Outcome, Row
from sim.probes.scene import NEVER, Scene, since

RECOVERY_S = 65.0
"""After the start-up: 60 s of stable link and handshake, one rung of 5 s."""
TRIP_WINDOW_S = (0.2, 0.5)
"""A conflict may trip after 200 ms and must after 500 ms (CMU-212)."""


def _commands(scene: Scene, junction: str = "J01") -> int:
    centre = scene.world.centre
    return centre.conversations[junction].health.state.commands if centre is not None else 0


def power_cycled() -> Outcome:
    """F37: the mains blink in the middle of a stage."""
    scene = Scene(junctions=2)
    begin_s = scene.now_s
    cabinet = scene.place().cabinet
    cabinet.power_cycle()
    detect_s = scene.until(lambda: scene.rung() is Rung.FLASH, 5)
    start_up_s = scene.until(lambda: cabinet.mode is not CabinetMode.START_UP, 60) + detect_s
    remote_effects = sum(breach.invariant == "S5" for breach in scene.world.breaches)
    recover_s = scene.until(lambda: scene.rung() < Rung.PLAN, 200) + start_up_s
    return scene.outcome(
        f"start-up of {start_up_s:.0f} s, identity read anew, its own plan until the centre was trusted again",
        Figure("remote effects during the start-up", remote_effects),
        Figure("former control after", recover_s, start_up_s + RECOVERY_S + 6.0, "s"),
        detect_s=detect_s,
        safe_s=since(begin_s, begin_s),
        recover_s=recover_s,
    )


def other_configuration() -> Outcome:
    """F38: the cabinet comes back with another intergreen matrix."""
    scene = Scene(junctions=2)
    begin_s, cabinet = scene.now_s, scene.place().cabinet
    own = cabinet.config
    cabinet.config = replace(own, safety_hash=own.safety_hash ^ 0x5A5A)
    cabinet.power_cycle()
    scene.second()  # a block that was under way meets another boot id
    before = _commands(scene)
    scene.run(120)
    sent = _commands(scene) - before
    told_s = scene.alarmed(Reason.LINK_DOWN, begin_s, "J01")
    why = next((dict(t.alarm.because)["cause"] for t in scene.alarms if t.alarm.code is Reason.LINK_DOWN), "")
    cabinet.config = own
    cabinet.power_cycle()
    recover_s = scene.until(lambda: scene.rung() < Rung.PLAN, 600)
    return scene.outcome(
        f"told: {why}",
        Figure("commands sent", sent),
        Figure("told after", since(begin_s, told_s), 3.0, "s"),
        detect_s=since(begin_s, told_s),
        safe_s=0.0,
        recover_s=recover_s,
    )


def police() -> Outcome:
    """F39: an officer takes the key for five minutes and steps through the stages."""
    scene = Scene(junctions=2)
    cabinet = scene.place().cabinet
    cabinet.set_manual(on=True)
    scene.second()
    before = _commands(scene)
    for _ in range(10):
        scene.run(30)
        cabinet.step_manual()
    sent = _commands(scene) - before
    yielded = scene.mode() is CabinetMode.MANUAL
    cabinet.set_manual(on=False)
    recover_s = scene.until(lambda: scene.rung() < Rung.PLAN and scene.mode() is CabinetMode.REMOTE, 200)
    return scene.outcome(
        f"the centre yielded in one tick and sent nothing in five minutes{'' if yielded else '; the key was lost'}",
        Figure("commands in manual", sent),
        Figure("resumed after the release", recover_s, 75.0, "s", least=60.0),
        detect_s=1.0,
        safe_s=0.0,
        recover_s=recover_s,
    )


def _green_with_conflict(scene: Scene) -> tuple[int, int]:
    """A group that is green in J01 now, and one that conflicts with it."""
    junction = scene.world.site.network.junctions[0]
    aspects = scene.place().cabinet.aspects
    for group, aspect in enumerate(aspects):
        for other, gap_s in enumerate(junction.intergreen_s[group]):
            if aspect is Aspect.GREEN and gap_s is not None:
                return group, other
    raise LookupError("nothing is green at J01")


def monitor_trips() -> Outcome:
    """F40: a driver hangs and a conflicting green burns; the cabinet's own monitor takes it to flash."""
    scene = Scene(junctions=3)
    scene.until(lambda: Aspect.GREEN in scene.place().cabinet.aspects, 60)
    _, other = _green_with_conflict(scene)
    cabinet, begin_s = scene.place("J01").cabinet, scene.now_s
    cabinet.break_lamps(LampFault(LampFaultKind.STUCK_ON, other, Lamp.GREEN))
    trip_s = scene.until_scan(lambda: cabinet.mode is CabinetMode.LATCHED_FAULT, 2)
    exact_s = cabinet.monitor_trip.at_ms / 1000 - begin_s if cabinet.monitor_trip else NEVER
    scene.run(2)
    before = _commands(scene)
    scene.run(300)
    sent = _commands(scene) - before
    others = sum(scene.rung(junction) is not Rung.ADAPTIVE for junction in ("J02", "J03"))
    told_s = scene.alarmed(Reason.CABINET_FAULT, begin_s, "J01")
    cabinet.mend_lamps()
    cabinet.reset_on_site()
    recover_s = scene.until(lambda: scene.rung() < Rung.PLAN, 300)
    return scene.outcome(
        f"flash {1000 * exact_s:.0f} ms after the conflict began to burn; latched until it was reset on site; "
        "its neighbours went on",
        Figure("trip after", exact_s, TRIP_WINDOW_S[1], "s", least=TRIP_WINDOW_S[0]),
        Figure("blocks sent while latched", sent),
        Figure("neighbours that fell", others),
        detect_s=since(begin_s, told_s),
        safe_s=trip_s,
        recover_s=recover_s,
    )


def lamps_fail() -> Outcome:
    """F41: a green lamp of pedestrians dies (minor), then a red one (major)."""
    scene = Scene(junctions=2)
    cabinet = scene.place().cabinet
    group = scene.world.site.network.junctions[0].group_index()["F1"]
    scene.until(lambda: cabinet.aspects[group] is Aspect.GREEN, 300)
    begin_s = scene.now_s
    cabinet.break_lamps(LampFault(LampFaultKind.DEAD, group, Lamp.GREEN))
    minor_s = scene.until_scan(lambda: bool(cabinet.status.active_faults & FaultBit.LAMP_MINOR), 3)
    scene.run(3)
    works_on = cabinet.mode is CabinetMode.REMOTE
    told_s = scene.alarmed(Reason.CABINET_FAULT_MINOR, begin_s)
    cabinet.mend_lamps()
    scene.run(5)
    red = next(place for place, aspect in enumerate(cabinet.aspects) if aspect is Aspect.RED)
    cabinet.break_lamps(LampFault(LampFaultKind.DEAD, red, Lamp.RED))
    major_s = scene.until_scan(lambda: cabinet.mode is CabinetMode.LATCHED_FAULT, 3)
    scene.run(3)
    cabinet.mend_lamps()
    cabinet.reset_on_site()
    recover_s = scene.until(lambda: scene.rung() < Rung.PLAN, 300)
    return scene.outcome(
        f"a dead walk lamp: told, work goes on; a dead red: flash after {major_s:.1f} s, latched",
        Figure("minor found after", minor_s, 1.0, "s"),
        Figure("major found after", major_s, 1.0, "s"),
        Figure("worked on with the minor one", float(works_on), 1.0, least=1.0),
        detect_s=since(begin_s, told_s),
        safe_s=major_s,
        recover_s=recover_s,
    )


def early_or_prohibited() -> Outcome:
    """F42: a stage is asked for in the first second of another's green; and a move that is not in the table."""
    scene = Scene(junctions=2)
    cabinet, place = scene.place().cabinet, scene.place()
    scene.until(lambda: cabinet.active_stage == 1 and cabinet.status.min_green_left_ds > 20, 300)
    code = cabinet.write_holding(0, right_words(cabinet, CommandKind.REQUEST_STAGE, stage=3))
    early, state = cabinet.result, cabinet.status.command_state
    done_s = scene.until_scan(lambda: cabinet.active_stage == 3, 40)
    scene.run(20)
    config = cabinet.config
    moves = frozenset((a, b) for a in range(1, 4) for b in range(1, 4) if a != b)
    cabinet.config = replace(config, prohibited_moves=moves)
    cabinet._operation.config = cabinet.config
    busiest, sent, refused = 0, _commands(scene), place.watch.answers[int(ResultCode.MOVEMENT_NOT_ALLOWED)]
    for _ in range(60):
        scene.second()
        busiest, sent = max(busiest, _commands(scene) - sent), _commands(scene)
    refused = place.watch.answers[int(ResultCode.MOVEMENT_NOT_ALLOWED)] - refused
    cabinet.config = cabinet._operation.config = config
    return scene.outcome(
        f"early: {early.name.lower()}, state {CommandState(state).name.lower()}, done {done_s:.1f} s later; "
        f"no move allowed for a minute: {refused} refused with code 24, no storm",
        Figure("early request refused", float(code != 0 or early is not ResultCode.ACCEPTED)),
        Figure("requests in a tick", busiest, 1.0),
        Figure("prohibited moves refused", refused, 60.0, least=1.0),
        detect_s=0.0,
    )


def lies_of_conflict() -> Outcome:
    """F43: the cabinet says of itself that conflicting groups are green together."""
    scene = Scene(junctions=2)
    scene.until(lambda: Aspect.GREEN in scene.place().cabinet.aspects, 60)
    _, other = _green_with_conflict(scene)
    cabinet, begin_s = scene.place().cabinet, scene.now_s

    def lie(status: Status) -> Status:
        aspects = list(status.aspects)
        aspects[other] = Aspect.GREEN
        return replace(status, aspects=tuple(aspects))

    cabinet.on_status = lie
    told = scene.until(lambda: scene.alarmed(Reason.INTERLOCK_CONFLICT, begin_s) is not None, 10)
    told_s = since(begin_s + 1.0, scene.alarmed(Reason.INTERLOCK_CONFLICT, begin_s)) if told < NEVER else NEVER
    cabinet.on_status = None
    return scene.outcome(
        "told at the step after the snapshot; the flash is left to the cabinet's own monitor",
        Figure("told after it was read", told_s, 1.2, "s"),
        detect_s=told_s,
    )


def blocked_stage() -> Outcome:
    """F44: the strategy never asks for a stage in which somebody waits."""
    scene = Scene(junctions=1)
    begin_s, propose = scene.now_s, Actuated.propose

    def deaf(
        strategy: Actuated, moment: Moment, layout: NetworkLayout, parameters: StrategyParameters
    ) -> StageProposal:
        return replace(propose(strategy, moment, layout, parameters), stage=np.ones(layout.shape[0], np.int64))

    with patch.object(Actuated, "propose", deaf):
        fell_s = scene.until(lambda: scene.rung() >= Rung.PLAN, 400)
        longest_s = max(scene.world.traffic.waits().values())
        served_s = scene.until(lambda: max(scene.world.traffic.waits().values()) < longest_s, 400)
    worst_s = max(one.worst_wait_s for one in scene.world.liveness.values())
    recover_s = scene.until(lambda: scene.rung() < Rung.PLAN, 300)
    return scene.outcome(
        f"the plan took over, served first who had waited longest, {served_s:.0f} s later, and then everybody",
        Figure("plan after", fell_s, MAX_WAIT_S, "s"),
        Figure("longest wait", worst_s, MAX_WAIT_S, "s"),
        detect_s=since(begin_s, begin_s + fell_s),
        safe_s=fell_s,
        recover_s=recover_s,
    )


ROWS = (
    Row(
        "F37",
        "cabinet power cycle",
        "the mains blink in the middle of a stage",
        "remote effects during start-up 0; former control within start-up + 65 s",
        power_cycled,
    ),
    Row(
        "F38",
        "cabinet back with other data",
        "another safety hash after a power cycle",
        "commands sent 0; told",
        other_configuration,
    ),
    Row(
        "F39",
        "police take over by hand",
        "manual for five minutes, ten steps by the button",
        "commands in manual 0; resumed 60 s after the release",
        police,
    ),
    Row(
        "F40",
        "monitor trips",
        "a conflicting green burns by a hanging driver",
        "trip 200 to 500 ms; clear attempts 0",
        monitor_trips,
    ),
    Row(
        "F41", "lamps fail", "a dead walk lamp, then a dead red", "found within 1 s; failure mode by class", lamps_fail
    ),
    Row(
        "F42",
        "early or prohibited request",
        "a stage in the first second of another's green; all moves forbidden",
        "early accepted and done after the minimum; code 24; one request a tick",
        early_or_prohibited,
    ),
    Row("F43", "cabinet says conflicting greens", "a lie in its status", "told within 1.2 s", lies_of_conflict),
    Row(
        "F44",
        "starvation",
        "a strategy that never asks for a stage in which somebody waits",
        "plan, and whoever waits served, within the longest wait (240 s)",
        blocked_stage,
    ),
)
