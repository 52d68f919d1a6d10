"""Fonts for pictures: Latin letters from matplotlib's own font, Thai ones from the font that this package carries."""

from __future__ import annotations

import functools
import re
from pathlib import Path

LATIN_FONT = "DejaVu Sans"
"""Comes with matplotlib."""
THAI_FILE = Path(__file__).parents[1] / "fonts" / "NotoSansThai-Regular.ttf"
"""Noto Sans Thai, SIL Open Font License 1.1 (OFL.txt beside it)."""


@functools.cache
def thai_font() -> str | None:
    """Name of the font with Thai letters; `None` where its file was taken out of the package."""
    from matplotlib import font_manager

    if not THAI_FILE.is_file():
        return None
    font_manager.fontManager.addfont(THAI_FILE)
    return font_manager.FontProperties(fname=THAI_FILE).get_name()


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
