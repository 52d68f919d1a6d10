"""Plans over the control API: what runs, another one, and back again; each attempt is noted, refused or not."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request

from console.api.guard import Asking, Guard
from console.api.messages import PlanState
from console.api.pictures import plan_state
from console.api.service_port import AuditRecord, RunningService
from console.api.tokens import Role
from field_io.deployment import DeploymentRefused, Note
from field_io.deployment.archive import LARGEST_BYTES

DEPLOY, ROLL_BACK = "deploy", "roll back"


def add_deployments(app: FastAPI, service: RunningService, guard: Guard, problems: dict[int | str, Any]) -> None:
    """The three operations."""
    viewer = Depends(guard.gate(Role.VIEWER))
    engineer = Annotated[Asking, Depends(guard.gate(Role.ENGINEER))]

    @app.get("/v1/deployment", dependencies=[viewer], responses=problems, summary="Which plan runs.")
    async def deployment() -> PlanState:
        return plan_state(service)

    @app.post("/v1/deployment", responses=problems, summary="Activate a signed bundle (the file as the body).")
    async def deploy(request: Request, asking: engineer) -> PlanState:
        try:
            data = await _body(request)
            await service.deploy(data, _note(service, asking, DEPLOY), asking.holder.name)
            return plan_state(service)
        except DeploymentRefused as refused:
            await _note_refusal(service, asking, DEPLOY, refused)
            raise

    @app.post("/v1/deployment/rollback", responses=problems, summary="Activate what was active before.")
    async def roll_back(asking: engineer) -> PlanState:
        try:
            await service.roll_back(_note(service, asking, ROLL_BACK))
            return plan_state(service)
        except DeploymentRefused as refused:
            await _note_refusal(service, asking, ROLL_BACK, refused)
            raise


async def _body(request: Request) -> bytes:
    """The file, as far as it may be; raises DeploymentRefused before more than that is read."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > LARGEST_BYTES:
            raise DeploymentRefused(f"it is larger than {LARGEST_BYTES // 1_000_000} MB: no site is")
    return bytes(data)


def _note(service: RunningService, asking: Asking, action: str) -> Note:
    def record(detail: Mapping[str, object]) -> AuditRecord:
        who, what = asking.holder, json.dumps(dict(detail), ensure_ascii=False)
        return AuditRecord(service.now_s, who.name, who.role.name.lower(), action, what, asking.source)

    return record


async def _note_refusal(service: RunningService, asking: Asking, action: str, refused: DeploymentRefused) -> None:
    who = asking.holder
    await service.audit(
        AuditRecord(
            service.now_s, who.name, who.role.name.lower(), action, "{}", asking.source, f"refused (409): {refused}"
        )
    )
