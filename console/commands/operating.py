"""`faikhiao operator ...`: the client of a running service's control API."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.commands.options import AsJson
from console.exits import ConfigurationError, UsageError
from console.output import as_json, say, tell

if TYPE_CHECKING:
    from console.api.client import ApiClient

TOKEN_VARIABLE = "FAIKHIAO_TOKEN"  # noqa: S105 - the variable's name, not a token
DEFAULT_PLACE = "faikhiao.sock"

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "state": ("faikhiao operator state --socket faikhiao.sock",),
    "decisions": ("faikhiao operator decisions --junction J01 --language th",),
    "hold": ("faikhiao operator hold J01 --stage 2 --for 120", "faikhiao operator hold J01 --socket 127.0.0.1:8090"),
    "step": ("faikhiao operator step J01",),
    "release": ("faikhiao operator release J01",),
    "plan": ("faikhiao operator plan night", "faikhiao operator plan --calendar"),
    "mode": ("faikhiao operator mode J01 fixed_time", "faikhiao operator mode J01 --site"),
    "token": (
        "faikhiao operator token desk-1 --role operator",
        "faikhiao operator token desk-1 --role operator --days 90 --tokens tokens",
    ),
    "revoke": ("faikhiao operator revoke desk-1 --tokens tokens",),
}

Junction = Annotated[str, typer.Argument(metavar="JUNCTION", help="Id of the junction.")]
Socket = Annotated[
    str,
    typer.Option(
        "--socket",
        metavar="PLACE",
        envvar="FAIKHIAO_API",
        help="Where the service listens: a Unix socket or HOST:PORT.",
    ),
]
Stage = Annotated[str | None, typer.Option("--stage", help="Id or number of the stage; without it the present one.")]
ForSeconds = Annotated[
    float | None,
    typer.Option(
        "--for", metavar="S", help="How long in s; without it as long as the site allows. Asking again renews it."
    ),
]
Tongue = Annotated[str, typer.Option("--language", metavar="en|th", help="Language of the sentences.")]


def state(socket: Socket = DEFAULT_PLACE, language: Tongue = "en", json: AsJson = False) -> None:
    """Show what every junction does now, and why. The token is read from FAIKHIAO_TOKEN."""
    answer = connect(socket).get("/v1/state", {"language": _language(language)})
    if json:
        say(as_json(answer))
        return
    plan = answer["plan"]
    say(
        f"{answer['site']}: {_clock(answer)}, {'live' if answer['live'] else 'dry run'}, "
        f"plans of version {plan['version']} ({plan['digest'][:12]})"
    )
    for junction in answer["junctions"]:
        stage = junction["stage"] or "-"
        what = f"{junction['mode']:10} stage {stage:8} plan {junction['plan']:10}"
        say(f"{junction['junction']:12} {what} {junction['why']}{_manual(junction, answer['now_s'])}")


def _manual(junction: Mapping[str, Any], now_s: float) -> str:
    """How a manual period stands."""
    if junction["manual"] == "automatic":
        return ""
    until_s = junction["manual_until_s"]
    left = ""
    if until_s is not None:
        left = f", ends by itself at {_clock(junction, 'manual_until')[-8:]}, in {until_s - now_s:.0f} s"
    return f" [by hand: {junction['manual'].replace('_', ' ')}{left}]"


def decisions(
    socket: Socket = DEFAULT_PLACE,
    junction: Annotated[str | None, typer.Option("--junction", help="Only of this junction.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="The latest so many.")] = 20,
    language: Tongue = "en",
    json: AsJson = False,
) -> None:
    """Show the latest decisions and alarms with their reasons."""
    query = {"junction": junction, "limit": limit, "language": _language(language)}
    answer = connect(socket).get("/v1/decisions", query)
    if json:
        say(as_json(answer))
        return
    for told in answer:
        kind = "" if told["kind"] == "decision" else f"{told['kind']}: "
        say(f"{_clock(told)}  {kind}{told['sentence']}")


def hold(
    junction: Junction,
    socket: Socket = DEFAULT_PLACE,
    stage: Stage = None,
    for_s: ForSeconds = None,
    json: AsJson = False,
) -> None:
    """Hold a junction in a stage.

    It ends by itself after --for, is announced before, and goes back into step by a transition.
    """
    _say(connect(socket).post(f"/v1/junctions/{junction}/hold", {"stage": stage, "for_s": for_s}), as_json_too=json)


def step(
    junction: Junction,
    socket: Socket = DEFAULT_PLACE,
    stage: Stage = None,
    for_s: ForSeconds = None,
    json: AsJson = False,
) -> None:
    """Move a junction to its next stage, or to the one that is named, and hold it there."""
    _say(connect(socket).post(f"/v1/junctions/{junction}/step", {"stage": stage, "for_s": for_s}), as_json_too=json)


def release(junction: Junction, socket: Socket = DEFAULT_PLACE, json: AsJson = False) -> None:
    """Give a junction back to its strategy."""
    _say(connect(socket).post(f"/v1/junctions/{junction}/release", {}), as_json_too=json)


def plan(
    name: Annotated[str | None, typer.Argument(metavar="[PLAN]", help="Id of the plan.")] = None,
    socket: Socket = DEFAULT_PLACE,
    junction: Annotated[str | None, typer.Option("--junction", help="Only at this junction.")] = None,
    calendar: Annotated[bool, typer.Option("--calendar", help="Let the calendar choose again.")] = False,
    json: AsJson = False,
) -> None:
    """Run a plan whatever the calendar says, at one junction or all of them."""
    if (name is None) != calendar:
        raise UsageError("name a plan, or say --calendar, but not both")
    _say(connect(socket).post("/v1/plan", {"plan": name, "junction": junction}), as_json_too=json)


def mode(
    junction: Junction,
    strategy: Annotated[str | None, typer.Argument(metavar="[STRATEGY]", help="Name of the strategy.")] = None,
    socket: Socket = DEFAULT_PLACE,
    site: Annotated[bool, typer.Option("--site", help="Use the site's strategy again.")] = False,
    json: AsJson = False,
) -> None:
    """Use another strategy at one junction (role engineer)."""
    if (strategy is None) != site:
        raise UsageError("name a strategy, or say --site, but not both")
    _say(connect(socket).post(f"/v1/junctions/{junction}/mode", {"strategy": strategy}), as_json_too=json)


def token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who will hold it: letters, digits and _ . @ -")],
    role: Annotated[str, typer.Option("--role", help="viewer, operator or engineer.")],
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="It ends after so many days.")] = 366,
    tokens: Annotated[
        Path | None, typer.Option("--tokens", help="Put the line into this token file; a running service follows it.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Make a token for the control API.

    The token is shown once and kept nowhere; the line with its hash goes into the token file of the service
    (`run --api-tokens FILE`, or the variable FAIKHIAO_API_TOKENS), or is put there with --tokens.
    """
    import re

    from console.api.tokens import ROLES, enter, new_token

    if role not in ROLES:
        raise UsageError(f"there is no role {role!r}: one of {', '.join(ROLES)}")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}", name):
        raise UsageError(f"{name!r} is no name for a holder: letters, digits and _ . @ -")
    secret, holder = new_token(name, ROLES[role], days)
    if tokens is not None:
        enter(tokens, holder)
    if json:
        say(as_json({"token": secret, "line": holder.line()}))
        return
    tell(f"the token of {name}; it is shown only now, keep it in {TOKEN_VARIABLE}:")
    say(secret)
    tell("the line for the service's token file:" if tokens is None else f"its line is in {tokens}:")
    say(holder.line())


def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who shall have no token any more.")],
    tokens: Annotated[Path, typer.Option("--tokens", help="The token file of the service.")],
    json: AsJson = False,
) -> None:
    """Take somebody's tokens back: a running service refuses them from the next request on."""
    from console.api.tokens import revoke as take_back

    taken = take_back(tokens, name)
    if not taken:
        raise ConfigurationError(f"{tokens} names no {name}: nothing was changed")
    if json:
        say(as_json({"revoked": name, "tokens": taken}))
    else:
        say(f"{name}: {taken} token{'s' if taken > 1 else ''} taken back")


def connect(place: str) -> ApiClient:
    """The client of the service at a place, with the caller's token; raises UsageError where there is none."""
    from console.api.client import ApiClient
    from console.places import api_place

    secret = os.environ.get(TOKEN_VARIABLE, "")
    if not secret:
        raise UsageError(
            f"no token: put yours into the variable {TOKEN_VARIABLE} (`faikhiao operator token` makes one)"
        )
    return ApiClient(api_place(place), secret)


def _language(named: str) -> str:
    if named not in {"en", "th"}:
        raise UsageError(f"there is no language {named!r}: en or th")
    return named


def _say(answer: Mapping[str, Any], *, as_json_too: bool) -> None:
    if as_json_too:
        say(as_json(answer))
        return
    until = ""
    if answer.get("until_s") is not None:
        until = f" until {_clock(answer, 'until')[-8:]} ({answer['until_s'] - answer['at_s']:.0f} s)"
    say(f"{answer['action']} {answer['junction'] or 'all junctions'}: from the next second on{until}")


def _clock(answer: Mapping[str, Any], name: str = "local") -> str:
    """Local time as people read it; a service of an older version does not tell it."""
    return str(answer.get(name) or "?").replace("T", " ")
