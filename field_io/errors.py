"""What can be wrong with the street before or while it is connected, as exceptions that carry their sentence.

    FieldError
        Unreachable                 the command line ends with exit code 4
            BrokerUnreachable
            CabinetUnreachable
        SettingsError               exit code 3
            KeyMissingError
            UnknownProfileError
        JournalError                exit code 3
        StandsByError               an answer to a person: ask the controller that leads

Trouble in the street while the service runs is no exception: it is a LinkChange, a dropped message, an alarm.
"""

from __future__ import annotations

from collections.abc import Sequence


class FieldError(Exception):
    """Something between here and the street is not as it must be."""


class Unreachable(FieldError):  # noqa: N818 - what it says, as in the sentence to the user
    """A part of the street does not answer."""


class BrokerUnreachable(Unreachable):
    """The MQTT broker does not answer, or does not let us in."""

    def __init__(self, host: str, port: int, cause: str) -> None:
        super().__init__(
            f"no MQTT broker at {host}:{port}: {cause}. Start one, or name another with --broker HOST:PORT."
        )
        self.host, self.port, self.cause = host, port, cause


class CabinetUnreachable(Unreachable):
    """Cabinets that do not answer, or are not those of the site; all of them at once."""

    def __init__(self, causes: Sequence[tuple[str, str, int, str]]) -> None:
        """Take (junction, host, port, cause) of each."""
        lines = [f"  {junction} at {host}:{port}: {cause}" for junction, host, port, cause in causes]
        super().__init__(
            f"{len(lines)} cabinet{'s do' if len(lines) != 1 else ' does'} not answer as the site says:\n"
            + "\n".join(lines)
            + "\nVirtual cabinets start with `faikhiao cabinet SITE`; else compare address and safety data."
        )
        self.causes = tuple(causes)


class SettingsError(FieldError):
    """Settings that cannot work."""


class KeyMissingError(SettingsError):
    """No usable key to sign the commands to a cabinet."""

    def __init__(self, cabinet: str, cause: str) -> None:
        super().__init__(
            f"no key for cabinet {cabinet}: {cause}. "
            "Set key_env in its file and the variable to at least 32 hex digits."
        )
        self.cabinet, self.cause = cabinet, cause


class UnknownProfileError(SettingsError):
    """A cabinet speaks a profile that nobody here speaks."""

    def __init__(self, cabinet: str, profile: str, known: Sequence[str]) -> None:
        super().__init__(f"cabinet {cabinet} has the profile {profile!r}; known are {', '.join(known)}")
        self.cabinet, self.profile = cabinet, profile


class StandsByError(FieldError):
    """A wish that came to a controller which stands by: it drives nothing."""

    def __init__(self) -> None:
        super().__init__("this controller stands by and drives nothing: ask the one that leads")


class JournalError(FieldError):
    """A journal that cannot be read or replayed."""

    def __init__(self, path: str, cause: str) -> None:
        super().__init__(f"{path} is not a journal that can be replayed: {cause}")
        self.path, self.cause = path, cause

    def __reduce__(self) -> tuple[type[JournalError], tuple[str, str]]:
        """Whole over a process's border: a report reads in several."""
        return type(self), (self.path, self.cause)
