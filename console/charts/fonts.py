"""A font with Thai letters, where the machine has one; without it a picture falls back to Latin names."""

from __future__ import annotations

import functools
import re
from pathlib import Path

LATIN_FONT = "DejaVu Sans"
"""Comes with matplotlib."""
THAI_FILES = ("NotoSansThai-Regular", "NotoLoopedThai-Regular", "IBMPlexSansThai-Regular", "Sarabun-Regular", "Loma")
"""Files of fonts with Thai letters, the best for screens first (Debian: fonts-noto-core, fonts-thai-tlwg)."""


@functools.cache
def thai_font() -> str | None:
    """Name of an installed font with Thai letters, or `None`."""
    from matplotlib import font_manager

    # The list that matplotlib keeps from an earlier run does not know fonts installed since: the files say.
    files = {Path(path).stem: path for path in font_manager.findSystemFonts()}
    for stem in THAI_FILES:
        if stem in files:
            font_manager.fontManager.addfont(files[stem])
            return font_manager.FontProperties(fname=files[stem]).get_name()
    return None


def font_families() -> list[str]:
    """Fonts for matplotlib's `font.family`: Latin first, then Thai where there is one."""
    thai = thai_font()
    return [LATIN_FONT, *([thai] if thai else [])]


def drawable(text: str) -> str:
    """The text as it can be drawn here: without a Thai font, names in Thai are left out with what joined them.

    A name in two languages, such as a junction's, then keeps its Latin half.
    """
    if thai_font() or not _THAI.search(text):
        return text
    parts = [part for part in re.split(r"\s+(?:/|·)\s+", text) if not _THAI.search(part)]
    return " / ".join(parts) or " ".join(_THAI.sub("", text).split())


_THAI = re.compile("[\u0e00-\u0e7f]+")
