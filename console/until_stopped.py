"""Run until somebody stops it: Ctrl-C is an interruption (130), SIGTERM is how a service is asked to end (0)."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine


def run_until_stopped(work: Coroutine[object, object, None]) -> None:
    """Run the work to its end; SIGTERM cancels it and is no failure. Raises what the work raises."""
    asyncio.run(_guarded(work))


async def _guarded(work: Coroutine[object, object, None]) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    asked = asyncio.Event()

    def stop() -> None:
        asked.set()
        task.cancel()

    loop.add_signal_handler(signal.SIGTERM, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not asked.is_set():
            raise
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
