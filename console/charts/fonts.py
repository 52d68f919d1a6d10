"""A font with Thai letters, where the machine has one; without it a picture falls back to Latin names."""

from __future__ import annotations

import functools

THAI_FONTS = ("Noto Sans Thai", "Noto Sans Thai Looped", "IBM Plex Sans Thai", "Sarabun", "Garuda", "Loma", "Waree")
"""Fonts that have Thai letters, the best for screens first (Debian: fonts-noto-core, fonts-thai-tlwg)."""


@functools.cache
def thai_font() -> str | None:
    """Name of an installed font with Thai letters, or `None`."""
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in THAI_FONTS if name in installed), None)


def font_families() -> list[str]:
    """Fonts for matplotlib's `font.family`: Latin first, then Thai where there is one."""
    thai = thai_font()
    return ["DejaVu Sans", *([thai] if thai else [])]


def with_thai(latin: str, thai: str) -> str:
    """`latin  thai` where Thai letters can be drawn, else the Latin text alone."""
    return f"{latin}  {thai}" if thai_font() else latin
