"""`faikhiao deploy`: put a signed bundle into a running service, go back, or ask what runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from console.commands.bundle import read_file
from console.commands.operating import DEFAULT_PLACE, Socket, connect
from console.commands.options import AsJson
from console.exits import UsageError
from console.output import as_json, say

EXAMPLES = (
    "faikhiao deploy 7.fkb --socket faikhiao.sock",
    "faikhiao deploy --rollback",
    "faikhiao deploy --status --json",
)


def deploy(
    bundle: Annotated[Path | None, typer.Argument(metavar="[BUNDLE]", help="File made by `bundle make`.")] = None,
    socket: Socket = DEFAULT_PLACE,
    rollback: Annotated[bool, typer.Option("--rollback", help="Activate what was active before.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Say what runs, and change nothing.")] = False,
    json: AsJson = False,
) -> None:
    """Activate a signed bundle in a running service, at a safe point and without a second lost (role engineer).

    The service takes it only if a key that it trusts signed it, it is newer than all that ran there, it passed `check`
    and its scenario suite against the very plan that runs, and only plans, calendar and parameters differ; else it ends
    with 3, says why, and nothing was changed. Each junction gets into the new plan by a transition. The token is read
    from FAIKHIAO_TOKEN.
    """
    if [bundle is not None, rollback, status].count(True) != 1:
        raise UsageError("name a bundle, or say --rollback, or say --status: one of them")
    client = connect(socket)
    if status:
        answer = client.get("/v1/deployment")
    elif rollback:
        answer = client.post_bytes("/v1/deployment/rollback", b"")
    else:
        answer = client.post_bytes("/v1/deployment", _whole(bundle))
    say(as_json(answer) if json else _sentence(answer))


def _whole(bundle: Path | None) -> bytes:
    """The file, after a look at it here: what is no bundle need not travel."""
    if bundle is None:
        raise UsageError("name a bundle")
    return read_file(bundle).to_bytes()


def _sentence(plan: Mapping[str, Any]) -> str:
    version, digest = plan["version"], plan["digest"][:12]
    known = f"; {plan['cabinets_knowing']} of {plan['cabinets_able']} cabinets have been told"
    if version == 0:
        return f"the folder that the service was started with runs ({digest}); no bundle is active{known}"
    since = datetime.fromtimestamp(plan["since_utc_s"], UTC)
    return (
        f"version {version} runs ({digest}), signed by {plan['signed_by']}, activated by {plan['by']} "
        f"at {since:%Y-%m-%d %H:%M:%S} UTC; a rollback goes back to version {plan['previous']}{known}"
    )
