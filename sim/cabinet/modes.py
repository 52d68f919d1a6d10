"""The modes of a cabinet by who moves the lamps in them."""

from __future__ import annotations

from controller.events import CabinetMode

LEASED = frozenset({CabinetMode.REMOTE, CabinetMode.ALL_RED_HOLD})
LOCAL = frozenset({CabinetMode.LOCAL_COORDINATED, CabinetMode.LOCAL_ISOLATED})
FLASH = frozenset({CabinetMode.FLASH_AMBER, CabinetMode.FLASH_RED})
ON_DUTY = LEASED | LOCAL | {CabinetMode.MANUAL}
"""Modes in which groups move under their own rules."""
