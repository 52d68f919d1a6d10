"""Where the service tells what happens: one line an event, on standard error, since standard output is for results."""

from __future__ import annotations

import sys
from typing import Any, Protocol

import structlog


class Log(Protocol):
    """What is needed of a logger; structlog's fit."""

    def info(self, event: str, **values: Any) -> Any: ...
    def warning(self, event: str, **values: Any) -> Any: ...
    def error(self, event: str, **values: Any) -> Any: ...


def log_to_stderr() -> Log:
    """Time, level, what happened, and its values as key=value."""
    logger: Log = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
    )
    return logger
