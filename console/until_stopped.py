"""Run until somebody stops it: Ctrl-C is an interruption (130), SIGTERM is how a service is asked to end (0)."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine


def run_until_stopped(work: Coroutine[object, object, None]) -> None:
    """Run the work to its end; SIGTERM cancels it and is no failure, SIGINT raises KeyboardInterrupt.

    Both are heard also where the shell that started us in the background had SIGINT ignored. Raises what the work
    raises.
    """
    asyncio.run(_guarded(work))


async def _guarded(work: Coroutine[object, object, None]) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    asked: list[signal.Signals] = []

    def stop(by: signal.Signals) -> None:
        asked.append(by)
        task.cancel()

    for by in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(by, stop, by)
    try:
        await task
    except asyncio.CancelledError:
        if not asked:
            raise
        if asked[0] is signal.SIGINT:
            raise KeyboardInterrupt from None
    finally:
        for by in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(by)
