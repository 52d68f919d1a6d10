"""Where a secret is kept: in an environment variable, in a file that only we may read, or handed over by systemd.

Nothing here, and no error, ever says a secret: only where it was looked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from field_io.errors import SettingsError
from field_io.tls import check_private

FILE_SUFFIX = "_FILE"
"""NAME_FILE names a file that holds what NAME would: the file does not show in the list of processes."""
CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""systemd's LoadCredential= puts files named as the secret there."""
LONGEST_BYTES = 4096


def find_secret(name: str, environment: Mapping[str, str]) -> str | None:
    """The secret of that name; None where it is nowhere.

    Looked for in the variable NAME, in the file that NAME_FILE names, and in $CREDENTIALS_DIRECTORY/NAME. Raises
    SettingsError for a file that cannot be read or that others can read.
    """
    if name in environment:
        return environment[name]
    if named := environment.get(name + FILE_SUFFIX):
        return read_secret(Path(named))
    folder = environment.get(CREDENTIALS)
    if folder and (Path(folder) / name).is_file():
        return read_secret(Path(folder) / name)
    return None


def read_secret(path: Path) -> str:
    """The secret in a file, without the line's end; raises SettingsError."""
    try:
        check_private(path)
        raw = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"the secret in {path} cannot be read: {error.strerror}") from error
    if len(raw) > LONGEST_BYTES:
        raise SettingsError(f"{path} is larger than {LONGEST_BYTES} bytes: it is no secret of ours")
    try:
        return raw.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise SettingsError(f"{path} does not hold text") from None
