"""`faikhiao cabinet-check`: does a cabinet keep the register map, statement by statement?"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import AsJson, check_site_folder
from console.exits import ExitCode, UsageError
from console.output import as_json, say, tell

if TYPE_CHECKING:
    import ssl

    from field_io.cabinet_check import Expected, Outcome, Probe, Statement
    from plans import CabinetAddress

EXAMPLES = (
    "faikhiao cabinet-check 127.0.0.1:15001 --site my-town --junction J01",
    "faikhiao cabinet-check 127.0.0.1:15001 --only LE --only EP --json",
    "faikhiao cabinet-check 10.20.0.7:502 --site my-town --junction J01 --it-drives-no-street --with-a-person --long",
)


def cabinet_check(
    address: Annotated[str, typer.Argument(metavar="HOST:PORT", help="Where the cabinet listens.")],
    unit: Annotated[int, typer.Option("--unit", min=0, max=255, help="Modbus unit id.")] = 1,
    site: Annotated[
        Path | None, typer.Option("--site", help="Site that says what it must be and show; with --junction.")
    ] = None,
    junction: Annotated[str | None, typer.Option("--junction", help="Junction of the site.")] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="ID", help="Only this statement (LE-7) or family (LE).")
    ] = None,
    key_env: Annotated[
        str | None,
        typer.Option("--key-env", metavar="NAME", help="Environment variable with the key (hex), if no site."),
    ] = None,
    certificates: Annotated[
        Path | None,
        typer.Option(
            "--certificates", metavar="DIR", help="Modbus/TCP Security: ca.crt, controller.crt and controller.key."
        ),
    ] = None,
    it_drives_no_street: Annotated[
        bool,
        typer.Option("--it-drives-no-street", help="You have seen to it that no traffic obeys this cabinet now."),
    ] = False,
    long: Annotated[bool, typer.Option("--long", help="Also wait for watchdogs that take minutes.")] = False,
    with_a_person: Annotated[
        bool, typer.Option("--with-a-person", help="Somebody stands at the cabinet and switches its power when asked.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Check a cabinet against the register map TSC-MB/1.0.

    It takes the cabinet over, asks for every stage, lets leases end, has it flash and start up: about four minutes.
    SO IT REFUSES TO TOUCH A CABINET THAT MAY DRIVE A STREET: one beyond this machine, one whose lease a controller
    holds, one that is worked by hand. --it-drives-no-street says that you know better. What a cabinet must do is on
    the page `docs/reference/cabinet-check.md`; statements that cannot be asked count neither way.

    Ends with 0 when every statement that could be asked holds, with 1 when one fails, with 2 when it refuses, and
    with 4 when the cabinet does not answer.
    """
    from field_io.cabinet_check import DISTURBS, Probe, TcpLine, chosen, walk, why_not

    host, port = _address(address)
    try:
        statements = chosen(only or ())
    except KeyError as error:
        raise UsageError(f"there is no statement {error.args[0]}: see docs/reference/cabinet-check.md") from None
    expected, listed = _site(site, junction)
    line = TcpLine(host, port, unit, tls=_tls(certificates))
    with contextlib.closing(line):
        loopback = _is_loopback(host)
        probe = Probe(line, key=None, expected=expected, long=long, person=_ask_person if with_a_person else None)
        reason = why_not(probe, loopback=loopback)
        if reason is not None and not it_drives_no_street:
            raise UsageError(f"not checked: {reason}. {DISTURBS} Once that is sure, say so: --it-drives-no-street")
        probe.key = _key(probe, listed, key_env, over_tls=certificates is not None, loopback=loopback)
        outcomes = []
        for outcome in walk(probe, statements):
            outcomes.append(outcome)
            if not json:
                _say(outcome)
    _conclude(address, outcomes, statements, as_json_too=json)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise UsageError(f"{text!r} is no address: write HOST:PORT")
    return host.strip("[]"), int(port)


def _is_loopback(host: str) -> bool:
    from plans.checks import is_loopback

    return is_loopback(host)


def _site(folder: Path | None, junction: str | None) -> tuple[Expected | None, CabinetAddress | None]:
    from field_io.cabinet_check import Expected
    from plans import Bundle, load_site

    if (folder is None) != (junction is None):
        raise UsageError("--site and --junction belong together: a cabinet stands at one junction")
    if folder is None or junction is None:
        return None, None
    check_site_folder(folder)
    site = load_site(Bundle.read(folder))
    if junction not in site.addresses:
        raise UsageError(f"the site has no junction {junction}: one of {', '.join(site.addresses)}")
    return Expected.of(site, junction), site.addresses[junction]


def _tls(folder: Path | None) -> ssl.SSLContext | None:
    from field_io.tls import Credentials, TlsFiles

    if folder is None:
        return None
    own = (folder / "controller.crt", folder / "controller.key")
    return Credentials(TlsFiles(folder / "ca.crt", *own)).context


def _key(
    probe: Probe, listed: CabinetAddress | None, key_env: str | None, *, over_tls: bool, loopback: bool
) -> bytes | None:
    """The key that signs our blocks: named, or the site's, or on this machine the laboratory's."""
    from field_io.cabinet_check.verdict import Broken
    from field_io.profiles import cabinet_key
    from field_io.registers import laboratory_key
    from field_io.secret_places import find_secret

    if key_env is not None:
        text = find_secret(key_env, os.environ)
        try:
            return bytes.fromhex(text or "none")
        except ValueError:
            raise UsageError(f"{key_env} does not hold a key in hex digits") from None
    if over_tls:
        return None
    if listed is not None:
        return cabinet_key(listed)
    if not loopback:
        raise UsageError("without a key no block of ours is taken: name it with --key-env, or the site with --site")
    try:
        return laboratory_key(probe.read_identity().name)
    except Broken:
        return laboratory_key("")  # its identity cannot be read, which the walk will say


def _ask_person(what: str) -> None:
    tell(f"Please {what}; then press Enter.")
    input()


def _say(outcome: Outcome) -> None:
    """One line, and another one with what was seen."""
    statement = outcome.statement
    say(f"{outcome.verdict.value:14}  {statement.id:5}  {statement.says}  ({statement.clause})")
    if outcome.seen:
        say(f"{'':23}{outcome.seen}")


def _conclude(address: str, outcomes: list[Outcome], statements: tuple[Statement, ...], *, as_json_too: bool) -> None:
    from field_io.cabinet_check import Verdict

    count = {verdict: sum(one.verdict is verdict for one in outcomes) for verdict in Verdict}
    if as_json_too:
        told = [
            {
                "id": one.statement.id,
                "clause": one.statement.clause,
                "says": one.statement.says,
                "verdict": one.verdict.value,
                "seen": one.seen,
            }
            for one in outcomes
        ]
        counted = {verdict.value: number for verdict, number in count.items()}
        say(as_json({"cabinet": address, "profile": "TSC-MB/1.0", "count": counted, "statements": told}))
    else:
        tell(f"{address}: " + ", ".join(f"{number} {verdict.value}" for verdict, number in count.items()))
    if count[Verdict.FAIL] or len(outcomes) < len(statements):
        raise typer.Exit(int(ExitCode.FINDINGS))
