"""Mosquitto's list of who may say what, made from who is there. A user is the common name of a certificate."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from field_io.errors import SettingsError
from field_io.topics import ALARM, CONTROLLER_GATEWAY, DETECTORS, PRESENCE, STATE

CONTROLLERS = ("controller", "controller-standby")
"""Two, because a name is one connection: who comes later with the same one pushes the other out."""
DRY_RUN = "controller-dry-run"
DISPLAY = "display"
RESERVED = frozenset({*CONTROLLERS, DRY_RUN, DISPLAY, "broker", "ca"})
"""Names that no gateway may bear."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_HEAD = """\
# Who may say what: made by `faikhiao certificates make`; a user is the common name of a certificate.
# SUBACK and PUBACK are the same where something is denied: such a list is tested by what is delivered.
"""


def acl_text(site: str, gateways: Mapping[str, Sequence[str]]) -> str:
    """The list for a site: its gateways with their junctions; raises SettingsError for a name that cannot be one."""
    for name in (site, *gateways, *(junction for junctions in gateways.values() for junction in junctions)):
        check_name(name)
    if taken := sorted(RESERVED & set(gateways)):
        raise SettingsError(f"a gateway cannot be named {taken[0]}: that is somebody else")
    lines = [
        _HEAD,
        "# A controller reads the loops and who is there, and says what shows and what is wrong.",
        *(line for user in (*CONTROLLERS, DRY_RUN) for line in _controller(site, user)),
        "# One user a detector gateway, with its own junctions and no others.",
    ]
    for gateway, junctions in sorted(gateways.items()):
        lines += [
            f"user {gateway}",
            *(f"topic write {DETECTORS.at(site, junction=junction)}" for junction in junctions),
            f"topic write {PRESENCE.at(site, gateway=gateway)}",
            "",
        ]
    lines += [
        "# Displays and countdowns read, and write nothing.",
        f"user {DISPLAY}",
        *(f"topic read {topic.at(site)}" for topic in (STATE, ALARM)),
    ]
    return "\n".join(lines) + "\n"


def _controller(site: str, user: str) -> list[str]:
    names = ("", "-1", "-2") if user in CONTROLLERS else ("-dry-run",)  # alone, or one of two (`run --standby`)
    return [
        f"user {user}",
        *(f"topic read {topic.at(site)}" for topic in (DETECTORS, PRESENCE)),
        *(f"topic write {topic.at(site)}" for topic in (STATE, ALARM)),
        *(f"topic write {PRESENCE.at(site, gateway=f'{CONTROLLER_GATEWAY}{name}')}" for name in names),
        "",
    ]


def check_name(name: str) -> str:
    """A name that is one level of a topic, one word of the list and one file; raises SettingsError."""
    if not _NAME.fullmatch(name):
        raise SettingsError(f"{name!r} is no name for a certificate or topic: letters, digits and _ . -")
    return name
