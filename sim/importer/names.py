"""Ids that a site may have, from SUMO's: letters, digits, `_`, `-`, `.`, at most 64, each once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

LONGEST_ID = 64
_FOREIGN = re.compile(r"[^A-Za-z0-9_.-]+")
_DIGEST_LETTERS = 8


def site_ids(names: Iterable[str], prefix: str = "J") -> dict[str, str]:
    """An id for each name, as near to it as the rules allow; two names never share one.

    What is too long keeps its begin, and a digest of all of it.

    >>> site_ids(["A0", "-12#3", "gneJ 7"])
    {'A0': 'A0', '-12#3': 'J-12_3', 'gneJ 7': 'gneJ_7'}
    """
    ids: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = _FOREIGN.sub("_", name)
        if not plain[:1].isalnum():
            plain = prefix + plain
        # File names are compared without case: some disks do not keep A0 and a0 apart.
        if len(plain) > LONGEST_ID or plain.lower() in taken:
            digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST_LETTERS]
            plain = f"{plain[: LONGEST_ID - _DIGEST_LETTERS - 1]}-{digest}"
        ids[name] = plain
        taken.add(plain.lower())
    return ids
