"""Figures for people: so many digits as they deserve, and never an exponent."""

from __future__ import annotations

from math import floor, isfinite, log10


def rounded(value: float, digits: int = 3, sign: str = "") -> str:
    """So many significant digits at least; `sign` "+" to write the sign of a positive one too.

    >>> rounded(0.04451), rounded(12.34), rounded(183.4), rounded(-51.2, sign="+"), rounded(190.6, 2), rounded(0)
    ('0.0445', '12.3', '183', '-51.2', '191', '0')
    """
    if not isfinite(value):
        return str(value)
    decimals = max(0, digits - 1 - floor(log10(abs(value)))) if value else 0
    return f"{value:{sign}.{decimals}f}"
