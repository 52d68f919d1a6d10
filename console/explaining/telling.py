"""The explanation of a second in the words of an engineer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from console.explaining import provisos
from console.explaining.second import NEXT_S, Explained, LaneSeen, Plan
from console.output import markdown_table
from console.sentences import SENTENCES, WORDS, Language, sentence
from controller.events import CommandKind, PermittedCommand

TOLD_ALTERNATIVES = 4
"""The best so many are told; all stand in the JSON."""
TOLD_TURNS = 4
"""Stages of a plan that are told; what comes later is planned anew many times before."""


def as_text(found: Explained, local: dt.datetime, language: Language = Language.ENGLISH) -> str:
    """The whole as text; reasons in the language asked for."""
    return "\n\n".join(_paragraphs(found, local, language)) + "\n"


def _paragraphs(found: Explained, local: dt.datetime, language: Language) -> Iterator[str]:
    yield f"{found.site}, junction {found.junction}, {local:%A %Y-%m-%d %H:%M:%S} (control time {found.now_s:g} s)"
    if found.identical:
        yield "The core was run again from the journal up to this second: it answers to the last bit as it did then."
    else:
        yield (
            f"NOT THE SAME: run again, the core answers otherwise than it did then. The journal was written by version "
            f"{found.version}; what follows is what this version would have done."
        )
    yield _who_decides(found, language)
    if found.lanes:
        yield "What the planner saw:"
        yield _lanes(found.lanes)
        yield from _doubts(found)
        yield from _crossings(found)
    yield from _weighed(found)
    yield from provisos.sentences(found.provisos, found.stage, language)
    yield _sent(found, language)
    yield from (sentence(told, language) for told in found.decisions)
    yield from (sentence(told, language) for told in found.alarms)


def _who_decides(found: Explained, language: Language) -> str:
    shown = (
        f"It was in stage {found.stage}, asked for {found.now_s - found.stage_since_s:g} s before."
        if found.stage
        else ""
    )
    rung = WORDS[found.rung].told_in(language) if found.rung in WORDS else found.rung
    why = SENTENCES[found.rung_reason].told_in(language)
    reason = f" ({why})" if found.rung_reason else ""
    mode = WORDS[found.mode].told_in(language) if found.mode in WORDS else found.mode
    return f"{shown} Who decides: strategy {found.strategy}, mode {mode}, rung {rung}{reason}.".strip()


def _lanes(lanes: tuple[LaneSeen, ...]) -> str:
    head = (
        "lane", "groups", "lamps", "queue [veh]", *(f"expected in {seconds} s" for seconds in NEXT_S), "usual [veh/h]",
        "discharge [veh/h]", "waited in red [s]", "green used", "exits full",
        "trust in queue, flow, discharge, green used",
    )  # fmt: skip
    rows = [
        (
            lane.lane,
            " ".join(lane.groups),
            f"green {lane.green_s:.0f} s" if lane.green_s > 0 else "red",
            f"{lane.queue_veh:.1f}",
            *(f"{vehicles:.1f}" for vehicles in lane.expected_veh),
            f"{lane.flow_veh_h:.0f}",
            f"{lane.discharge_veh_h:.0f}",
            f"{lane.waited_s:.0f}",
            f"{lane.saturation:.0%}",
            f"{lane.exits_full:.0%}",
            " ".join(f"{trust:.2f}" for trust in _trusts(lane)),
        )
        for lane in lanes
    ]
    return markdown_table(head, rows)


def _trusts(lane: LaneSeen) -> tuple[float, ...]:
    return lane.queue_trust, lane.flow_trust, lane.discharge_trust, lane.saturation_trust


def _doubts(found: Explained) -> Iterator[str]:
    doubted = {
        loop.loop: f"{loop.loop} ({loop.role} of {lane.lane}: {loop.fault or 'no fault named'}, trust {loop.trust:.2f})"
        for lane in found.lanes
        for loop in lane.loops
        if loop.fault or loop.trust < 1.0
    }
    blind = [lane.lane for lane in found.lanes if not lane.loops]
    if doubted:
        yield f"Loops that are not fully believed: {'; '.join(doubted.values())}."
    else:
        yield "All loops of these lanes are believed."
    if blind:
        yield f"Lanes without a loop: {', '.join(blind)}."


def _crossings(found: Explained) -> Iterator[str]:
    if found.crossings:
        told = ", ".join(f"{group} for {seconds:.0f} s" for group, seconds in found.crossings)
        yield f"People who called at crossings and are not served yet: {told}."


def _weighed(found: Explained) -> Iterator[str]:
    if found.plan is None:
        if found.provisos.way is None:
            yield "The planner weighed nothing here: another strategy decides."
        return
    yield (
        f"The plan it found cheapest: {_plan(found, found.plan)}. Expected cost {found.plan.cost_veh_s:.1f} veh·s: "
        "delay, stops and long waits up to the horizon, and what is left then."
    )
    if found.left_s > 0:
        yield f"Stage {found.stage} may not be left for another {found.left_s:.0f} s: a minimum or an intergreen runs."
    if not found.alternatives:
        yield "Nothing else was possible."
        return
    base = found.plan.cost_veh_s
    rows = [
        (
            _plan(found, plan),
            f"{plan.cost_veh_s:.1f}",
            f"{plan.cost_veh_s - base:+.1f}",
            _percent(plan.cost_veh_s, base),
        )
        for plan in found.alternatives[:TOLD_ALTERNATIVES]
    ]
    yield "What else it could have done, each with the best that could follow:"
    yield markdown_table(("alternative", "cost [veh·s]", "more [veh·s]", "more [%]"), rows)
    if found.alternatives[0].cost_veh_s < base:
        yield (
            "A negative figure: the planner's search keeps only the cheapest way into each stage and moment, and did "
            "not come upon that plan."
        )


def _plan(found: Explained, plan: Plan) -> str:
    if not plan.turns:
        return f"stay in {found.stage}"
    told = [f"{stage} now" if in_s == 0 else f"{stage} in {in_s} s" for stage, in_s in plan.turns[:TOLD_TURNS]]
    later = "" if plan.turns[0][1] == 0 else f"stay in {found.stage}, then "
    return later + ", ".join(told) + (", ..." if len(plan.turns) > TOLD_TURNS else "")


def _percent(cost: float, base: float) -> str:
    return f"{100 * (cost - base) / base:+.1f}" if base > 0 else ""


def _sent(found: Explained, language: Language) -> str:
    if found.command is None:
        return "Nothing was sent: the centre does not command this junction in this second."
    wished = ""
    if found.asked and found.asked != found.sent:
        wished = f"The planner asked for {found.asked}, but that was not sent. "
    why = SENTENCES[found.command.reason].told_in(language)
    return f"{wished}Sent to the cabinet: {_command(found.command, found.sent)}. Reason: {why}."


def _command(command: PermittedCommand, stage: str) -> str:
    what = "renew stage" if command.kind is CommandKind.RENEW else "request stage"
    return f"{what} {stage} (number {command.stage}), lease {command.lease_s:g} s"
