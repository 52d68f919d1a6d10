"""From a request of the API to an input of the core: checked against the site before it gets there."""

from __future__ import annotations

from console.api.messages import HoldRequest, ModeRequest, PlanRequest, StepRequest
from controller import STRATEGIES, Junction, Network, OperatorAction, OperatorRequest


class RequestRefused(Exception):  # noqa: N818 - an answer to a person, not a failure of the program
    """A request that names what does not exist; `status` is the HTTP status."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


def stage_wish(
    network: Network, action: OperatorAction, junction: str, wish: HoldRequest | StepRequest, now_s: float, by: str
) -> OperatorRequest:
    """Hold or step, as an input; raises RequestRefused."""
    place = find_junction(network, junction)
    stage = None if wish.stage is None else _stage_number(place, wish.stage)
    for_s = network.parameters.manual_limit_s if wish.for_s is None else wish.for_s
    until_s = now_s + for_s
    return OperatorRequest(action, place.id, stage=stage, until_s=until_s, by=by)


def release_wish(network: Network, junction: str, by: str) -> OperatorRequest:
    """Release, as an input; raises RequestRefused."""
    return OperatorRequest(OperatorAction.RELEASE, find_junction(network, junction).id, by=by)


def plan_wish(network: Network, wish: PlanRequest, by: str) -> OperatorRequest:
    """A plan by hand, as an input; raises RequestRefused."""
    junction = None if wish.junction is None else find_junction(network, wish.junction).id
    plans = sorted({timing.plan for place in network.junctions for timing in place.timings})
    if wish.plan is not None and wish.plan not in plans:
        raise RequestRefused(404, f"there is no plan {wish.plan!r}: one of {', '.join(plans)}")
    return OperatorRequest(OperatorAction.PLAN, junction, plan=wish.plan, by=by)


def mode_wish(network: Network, junction: str, wish: ModeRequest, by: str) -> OperatorRequest:
    """A strategy by hand, as an input; raises RequestRefused."""
    if wish.strategy is not None and wish.strategy not in STRATEGIES:
        raise RequestRefused(404, f"there is no strategy {wish.strategy!r}: one of {', '.join(STRATEGIES)}")
    return OperatorRequest(OperatorAction.MODE, find_junction(network, junction).id, strategy=wish.strategy, by=by)


def find_junction(network: Network, junction: str) -> Junction:
    """The junction of that id; raises RequestRefused (404)."""
    found = next((place for place in network.junctions if place.id == junction), None)
    if found is None:
        known = ", ".join(place.id for place in network.junctions)
        raise RequestRefused(404, f"there is no junction {junction!r}: one of {known}")
    return found


def _stage_number(junction: Junction, wanted: str) -> int:
    """A stage by id, or by number where no id says so; one that leads from stage to stage cannot be held."""
    ids = [stage.id for stage in junction.stages]
    selectable = [stage.id for stage in junction.stages if stage.selectable]
    if wanted in ids:
        number = ids.index(wanted) + 1
    elif wanted.isdecimal() and 1 <= int(wanted) <= len(ids):
        number = int(wanted)
    else:
        raise RequestRefused(404, f"{junction.id} has no stage {wanted!r}: one of {', '.join(selectable)}")
    if not junction.stages[number - 1].selectable:
        raise RequestRefused(
            422, f"stage {wanted} of {junction.id} only leads from one stage to another: one of {', '.join(selectable)}"
        )
    return number
