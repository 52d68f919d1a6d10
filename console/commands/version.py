"""`faikhiao version`."""

from __future__ import annotations

from console.commands.options import AsJson
from console.output import as_json, say

EXAMPLES = ("faikhiao version", "faikhiao version --json")


def version(json: AsJson = False) -> None:
    """Say which version this is."""
    number = installed_version()
    say(as_json({"version": number}) if json else f"faikhiao {number}")


def installed_version() -> str:
    """The version of the installed distribution; `unknown` where the sources run without being installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as version_of

    try:
        return version_of("faikhiao")
    except PackageNotFoundError:
        return "unknown"
