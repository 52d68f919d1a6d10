"""The control API as a FastAPI application: who is asking, what may they do, and what is answered."""

import json
import math
from typing import Annotated

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse

from console.api.brake import Brake
from console.api.deploying import add_deployments
from console.api.guard import Asking, Guard, Unwelcome
from console.api.guide import guide_page
from console.api.messages import (
    Accepted,
    HoldRequest,
    JunctionState,
    LaneEstimate,
    ModeRequest,
    PlanRequest,
    Problem,
    ReleaseRequest,
    SiteState,
    StepRequest,
    ToldDecision,
)
from console.api.pictures import junction_state, lane_estimates, local_time, site_state, told_decisions
from console.api.requests import (
    RequestRefused,
    find_junction,
    mode_wish,
    plan_wish,
    release_wish,
    stage_wish,
)
from console.api.service_port import AuditRecord, RunningService
from console.api.tokens import Role, TokenBook
from console.commands.version import installed_version
from console.sentences import Language
from controller import OperatorAction, OperatorRequest
from field_io.audit_trail import AuditError
from field_io.deployment import DeploymentRefused
from field_io.errors import StandsByError

MOST_DECISIONS = 1000
_PROBLEMS: dict[int | str, dict[str, object]] = {
    status: {"model": Problem, "description": meaning}
    for status, meaning in (
        (401, "No token, or one that nobody has."),
        (403, "The role may not do this."),
        (404, "The site has no such thing."),
        (409, "A bundle that is refused, or nothing to go back to: nothing was changed."),
        (429, "Too many failures from there: wait."),
        (503, "The audit log cannot be written, so nothing was done."),
    )
}


def build_application(service: RunningService, book: TokenBook, brake: Brake | None = None) -> FastAPI:
    """The API of one running service for the holders of a book."""
    guard = Guard(service, book, brake or Brake())
    app = FastAPI(
        title="Fai Khiao control API",
        version=installed_version(),
        summary="Watch and overrule a running service.",
        docs_url=None,  # the usual pages load scripts from elsewhere; `/docs` below needs nothing
        redoc_url=None,
    )
    _answer_problems(app)
    _watching(app, service, guard)
    _asking(app, service, guard)
    add_deployments(app, service, guard, _PROBLEMS)

    @app.get("/docs", response_class=HTMLResponse, include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(guide_page(app.openapi()))

    return app


def _watching(app: FastAPI, service: RunningService, guard: Guard) -> None:
    viewer = Depends(guard.gate(Role.VIEWER))

    @app.get("/v1/health", summary="Whether the service answers; needs no token.")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/v1/state", dependencies=[viewer], responses=_PROBLEMS, summary="The whole site after the last step.")
    async def state(language: Language = Language.ENGLISH) -> SiteState:
        return site_state(service, language)

    @app.get("/v1/junctions", dependencies=[viewer], responses=_PROBLEMS, summary="Every junction.")
    async def junctions(language: Language = Language.ENGLISH) -> tuple[JunctionState, ...]:
        return site_state(service, language).junctions

    @app.get("/v1/junctions/{junction}", dependencies=[viewer], responses=_PROBLEMS, summary="One junction.")
    async def one_junction(junction: str, language: Language = Language.ENGLISH) -> JunctionState:
        return junction_state(service, find_junction(service.network, junction), language)

    @app.get("/v1/junctions/{junction}/lanes", dependencies=[viewer], responses=_PROBLEMS, summary="Its lanes.")
    async def lanes(junction: str) -> tuple[LaneEstimate, ...]:
        """What the loops make the controller believe of each lane, and how far it may be trusted."""
        return lane_estimates(service, find_junction(service.network, junction))

    @app.get("/v1/decisions", dependencies=[viewer], responses=_PROBLEMS, summary="What was decided lately, and why.")
    async def decisions(
        since_s: float | None = None,
        junction: str | None = None,
        limit: int = 100,
        language: Language = Language.ENGLISH,
    ) -> list[ToldDecision]:
        most = max(1, min(limit, MOST_DECISIONS))
        return told_decisions(service, since_s, junction, language)[-most:]


def _asking(app: FastAPI, service: RunningService, guard: Guard) -> None:
    operator = Annotated[Asking, Depends(guard.gate(Role.OPERATOR))]
    engineer = Annotated[Asking, Depends(guard.gate(Role.ENGINEER))]

    async def submit(request: OperatorRequest, asking: Asking, detail: str) -> Accepted:
        now_s, action, holder = service.now_s, request.action.value, asking.holder
        what = json.dumps({"junction": request.junction} | json.loads(detail), ensure_ascii=False)
        record = AuditRecord(now_s, holder.name, holder.role.name.lower(), action, what, asking.source)
        await service.submit(request, record)
        until_s = request.until_s
        until = None if until_s is None else local_time(service, until_s)
        return Accepted(
            action=action, junction=request.junction, by=holder.name, at_s=now_s, until_s=until_s, until=until
        )

    @app.post("/v1/junctions/{junction}/hold", status_code=202, responses=_PROBLEMS, summary="Stay in a stage.")
    async def hold(junction: str, wish: HoldRequest, asking: operator) -> Accepted:
        request = stage_wish(service.network, OperatorAction.HOLD, junction, wish, service.now_s, asking.holder.name)
        return await submit(request, asking, wish.model_dump_json())

    @app.post("/v1/junctions/{junction}/step", status_code=202, responses=_PROBLEMS, summary="Go to the next stage.")
    async def step(junction: str, wish: StepRequest, asking: operator) -> Accepted:
        request = stage_wish(service.network, OperatorAction.STEP, junction, wish, service.now_s, asking.holder.name)
        return await submit(request, asking, wish.model_dump_json())

    @app.post("/v1/junctions/{junction}/release", status_code=202, responses=_PROBLEMS, summary="Give it back.")
    async def release(junction: str, wish: ReleaseRequest, asking: operator) -> Accepted:
        return await submit(release_wish(service.network, junction, asking.holder.name), asking, wish.model_dump_json())

    @app.post("/v1/plan", status_code=202, responses=_PROBLEMS, summary="Choose a plan, or the calendar's again.")
    async def plan(wish: PlanRequest, asking: operator) -> Accepted:
        return await submit(plan_wish(service.network, wish, asking.holder.name), asking, wish.model_dump_json())

    @app.post("/v1/junctions/{junction}/mode", status_code=202, responses=_PROBLEMS, summary="Choose a strategy.")
    async def mode(junction: str, wish: ModeRequest, asking: engineer) -> Accepted:
        return await submit(
            mode_wish(service.network, junction, wish, asking.holder.name), asking, wish.model_dump_json()
        )


def _answer_problems(app: FastAPI) -> None:
    """Every refusal has one shape (RFC 9457)."""

    async def refused(_: Request, error: Exception) -> Response:
        if isinstance(error, RequestRefused | Unwelcome):
            return _problem(error.status, error.detail, _headers(error))
        raise error

    async def not_noted(_: Request, error: Exception) -> Response:
        return _problem(503, str(error))

    async def not_now(_: Request, error: Exception) -> Response:
        return _problem(409, str(error))

    async def malformed(_: Request, error: Exception) -> Response:
        if isinstance(error, RequestValidationError):
            parts = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
            return _problem(422, "; ".join(parts))
        raise error

    app.add_exception_handler(RequestRefused, refused)
    app.add_exception_handler(Unwelcome, refused)
    app.add_exception_handler(AuditError, not_noted)
    app.add_exception_handler(DeploymentRefused, not_now)
    app.add_exception_handler(StandsByError, not_now)
    app.add_exception_handler(RequestValidationError, malformed)


def _headers(error: RequestRefused | Unwelcome) -> dict[str, str] | None:
    if isinstance(error, Unwelcome) and error.wait_s > 0:
        return {"Retry-After": str(math.ceil(error.wait_s))}
    return {"WWW-Authenticate": "Bearer"} if error.status == 401 else None


_TITLES = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    409: "Refused",
    422: "Not understood",
    429: "Too many failures",
    503: "Not possible now",
}


def _problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    body = Problem(title=_TITLES[status], status=status, detail=detail).model_dump()
    return JSONResponse(body, status, headers, media_type="application/problem+json")
