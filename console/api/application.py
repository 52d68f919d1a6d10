"""The control API as a FastAPI application: who is asking, what may they do, and what is answered."""

from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from console.api.guide import guide_page
from console.api.messages import (
    Accepted,
    HoldRequest,
    JunctionState,
    ModeRequest,
    PlanRequest,
    Problem,
    ReleaseRequest,
    SiteState,
    StepRequest,
    ToldDecision,
)
from console.api.pictures import junction_state, site_state, told_decisions
from console.api.requests import (
    RequestRefused,
    find_junction,
    mode_wish,
    plan_wish,
    release_wish,
    stage_wish,
)
from console.api.service_port import AuditRecord, RunningService
from console.api.tokens import Role, TokenHolder, holder_of
from console.commands.version import installed_version
from console.sentences import Language
from controller import OperatorAction, OperatorRequest

MOST_DECISIONS = 1000
_BEARER = HTTPBearer(auto_error=False, description="A token made by `faikhiao operator token`.")
_PROBLEMS: dict[int | str, dict[str, object]] = {
    status: {"model": Problem, "description": meaning}
    for status, meaning in (
        (401, "No token, or one that nobody has."),
        (403, "The role may not do this."),
        (404, "The site has no such thing."),
    )
}


def build_application(service: RunningService, holders: Sequence[TokenHolder]) -> FastAPI:
    """The API of one running service for these holders of tokens."""
    app = FastAPI(
        title="Fai Khiao control API",
        version=installed_version(),
        summary="Watch and overrule a running service.",
        docs_url=None,  # the usual pages load scripts from elsewhere; `/docs` below needs nothing
        redoc_url=None,
    )
    _answer_problems(app)
    _watching(app, service, holders)
    _asking(app, service, holders)

    @app.get("/docs", response_class=HTMLResponse, include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(guide_page(app.openapi()))

    return app


def _watching(app: FastAPI, service: RunningService, holders: Sequence[TokenHolder]) -> None:
    viewer = Depends(_gate(holders, Role.VIEWER))

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

    @app.get("/v1/decisions", dependencies=[viewer], responses=_PROBLEMS, summary="What was decided lately, and why.")
    async def decisions(
        since_s: float | None = None,
        junction: str | None = None,
        limit: int = 100,
        language: Language = Language.ENGLISH,
    ) -> list[ToldDecision]:
        most = max(1, min(limit, MOST_DECISIONS))
        return told_decisions(service, since_s, junction, language)[-most:]


def _asking(app: FastAPI, service: RunningService, holders: Sequence[TokenHolder]) -> None:
    operator = Annotated[TokenHolder, Depends(_gate(holders, Role.OPERATOR))]
    engineer = Annotated[TokenHolder, Depends(_gate(holders, Role.ENGINEER))]

    def submit(request: OperatorRequest, holder: TokenHolder, detail: str) -> Accepted:
        now_s, action = service.now_s, request.action.value
        service.submit(request, AuditRecord(now_s, holder.name, holder.role.name.lower(), action, detail))
        return Accepted(action=action, junction=request.junction, by=holder.name, at_s=now_s, until_s=request.until_s)

    @app.post("/v1/junctions/{junction}/hold", status_code=202, responses=_PROBLEMS, summary="Stay in a stage.")
    async def hold(junction: str, wish: HoldRequest, holder: operator) -> Accepted:
        request = stage_wish(service.network, OperatorAction.HOLD, junction, wish, service.now_s, holder.name)
        return submit(request, holder, wish.model_dump_json())

    @app.post("/v1/junctions/{junction}/step", status_code=202, responses=_PROBLEMS, summary="Go to the next stage.")
    async def step(junction: str, wish: StepRequest, holder: operator) -> Accepted:
        request = stage_wish(service.network, OperatorAction.STEP, junction, wish, service.now_s, holder.name)
        return submit(request, holder, wish.model_dump_json())

    @app.post("/v1/junctions/{junction}/release", status_code=202, responses=_PROBLEMS, summary="Give it back.")
    async def release(junction: str, wish: ReleaseRequest, holder: operator) -> Accepted:
        return submit(release_wish(service.network, junction, holder.name), holder, wish.model_dump_json())

    @app.post("/v1/plan", status_code=202, responses=_PROBLEMS, summary="Choose a plan, or the calendar's again.")
    async def plan(wish: PlanRequest, holder: operator) -> Accepted:
        return submit(plan_wish(service.network, wish, holder.name), holder, wish.model_dump_json())

    @app.post("/v1/junctions/{junction}/mode", status_code=202, responses=_PROBLEMS, summary="Choose a strategy.")
    async def mode(junction: str, wish: ModeRequest, holder: engineer) -> Accepted:
        return submit(mode_wish(service.network, junction, wish, holder.name), holder, wish.model_dump_json())


class _Unwelcome(Exception):  # noqa: N818 - an answer to a person
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


def _gate(holders: Sequence[TokenHolder], least: Role) -> Callable[..., object]:
    """Who is asking; nobody without a token, and nobody whose role is too low."""

    async def holder(shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> TokenHolder:
        found = holder_of(shown.credentials, holders) if shown else None
        if found is None:
            raise _Unwelcome(401, "show a token: Authorization: Bearer TOKEN (`faikhiao operator token` makes one)")
        if found.role < least:
            raise _Unwelcome(403, f"{found.name} is {found.role.name.lower()}; this needs {least.name.lower()}")
        return found

    return holder


def _answer_problems(app: FastAPI) -> None:
    """Every refusal has one shape (RFC 9457)."""

    async def refused(_: Request, error: Exception) -> Response:
        if isinstance(error, RequestRefused | _Unwelcome):
            headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
            return _problem(error.status, error.detail, headers)
        raise error

    async def malformed(_: Request, error: Exception) -> Response:
        if isinstance(error, RequestValidationError):
            parts = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
            return _problem(422, "; ".join(parts))
        raise error

    app.add_exception_handler(RequestRefused, refused)
    app.add_exception_handler(_Unwelcome, refused)
    app.add_exception_handler(RequestValidationError, malformed)


_TITLES = {401: "Unauthorized", 403: "Forbidden", 404: "Not found", 422: "Not understood"}


def _problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    body = Problem(title=_TITLES[status], status=status, detail=detail).model_dump()
    return JSONResponse(body, status, headers, media_type="application/problem+json")
