"""What viewers see: the core's picture of the site, with names in place of numbers."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict

from console.api.messages import GroupState, JunctionState, LaneEstimate, PlanState, SiteState, ToldDecision
from console.api.service_port import RunningService
from console.sentences import SENTENCES, Language, sentence
from controller import Alarm, Aspect, Junction, JunctionView


def site_state(service: RunningService, language: Language) -> SiteState:
    """The whole site."""
    views = {view.junction: view for view in service.views()}
    return SiteState(
        site=service.network.site,
        now_s=service.now_s,
        local=local_time(service, service.now_s),
        live=service.live,
        strategy=service.strategy,
        plan=plan_state(service),
        junctions=tuple(
            _state(service, junction, views[junction.id], language)
            for junction in service.network.junctions
            if junction.id in views
        ),
        counters=dict(service.counters()),
    )


def plan_state(service: RunningService) -> PlanState:
    """Which plan runs, and how many cabinets know."""
    knowing, able = service.cabinets_knowing_plan()
    return PlanState(**asdict(service.plan), cabinets_knowing=knowing, cabinets_able=able)


def junction_state(service: RunningService, junction: Junction, language: Language) -> JunctionState:
    """One junction."""
    view = next(view for view in service.views() if view.junction == junction.id)
    return _state(service, junction, view, language)


def local_time(service: RunningService, at_s: float) -> str:
    """Control time as the site's clocks show it, to the second."""
    return dt.datetime.fromtimestamp(round(at_s + service.local_shift_s), dt.UTC).replace(tzinfo=None).isoformat()


def lane_estimates(service: RunningService, junction: Junction) -> tuple[LaneEstimate, ...]:
    """Every lane of one junction."""
    return tuple(LaneEstimate(**{**asdict(lane), "turning": dict(lane.turning)}) for lane in service.lanes(junction.id))


def told_decisions(
    service: RunningService, since_s: float | None, junction: str | None, language: Language
) -> list[ToldDecision]:
    """Decisions and alarms after a moment, oldest first."""
    return [
        ToldDecision(
            at_s=at_s,
            local=local_time(service, at_s),
            junction=told.junction,
            kind=("alarm over" if told.cleared else "alarm") if isinstance(told, Alarm) else "decision",
            reason=(told.code if isinstance(told, Alarm) else told.reason).name.lower(),
            sentence=sentence(told, language),
            because=dict(told.because),
        )
        for at_s, told in service.told()
        if (since_s is None or at_s > since_s) and (junction is None or told.junction == junction)
    ]


def _state(service: RunningService, junction: Junction, view: JunctionView, language: Language) -> JunctionState:
    known = 1 <= view.stage <= len(junction.stages)
    return JunctionState(
        junction=junction.id,
        name=junction.name,
        mode=view.mode.value,
        rung=int(view.rung),
        rung_since_s=view.rung_since_s,
        rung_why=SENTENCES[view.rung_reason].told_in(language),
        stage=junction.stages[view.stage - 1].id if known else "",
        stage_number=view.stage,
        stage_since_s=view.stage_since_s,
        plan=view.plan,
        manual=view.manual.name.lower(),
        manual_until_s=view.manual_until_s,
        manual_until=None if view.manual_until_s is None else local_time(service, view.manual_until_s),
        reason=view.reason.name.lower(),
        why=SENTENCES[view.reason].told_in(language),
        groups=tuple(
            GroupState(group=group.id, aspect=Aspect(aspect).name.lower(), since_s=since_s)
            for group, aspect, since_s in zip(junction.groups, view.aspects, view.aspect_since_s, strict=True)
        ),
    )
