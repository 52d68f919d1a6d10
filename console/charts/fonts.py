"""A font with Thai letters, where the machine has one; without it a picture falls back to Latin names."""

from __future__ import annotations

import functools
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


def with_thai(latin: str, thai: str) -> str:
    """Both texts where Thai letters can be drawn, else the Latin one alone."""
    return f"{latin}  ·  {thai}" if thai_font() else latin
