"""The controller in a process of its own, as `faikhiao run` runs it: service, MQTT and Modbus, in lock-step.

It ends when it is told to and answers with its counters; when it cannot go on it says why.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Mapping
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any, Self

from field_io.errors import FieldError, JournalError, SettingsError, Unreachable
from field_io.service import Service
from field_io.settings import ServiceSettings
from field_io.start import open_service
from plans import Bundle, load_site

END_S = 20.0
"""How long the service may take to end: journal closed, connections given up."""


class ControllerEndedError(Unreachable):
    """The controller's process has ended although nobody told it to."""


@dataclass(frozen=True, slots=True)
class ControllerRecord:
    """What the controller counted."""

    counters: Mapping[str, int]
    step_ms: Mapping[str, float]


class QuietLog:
    """The harness shows what matters; a run does not need the service's own words."""

    def info(self, event: str, **values: Any) -> None:
        """Keep silent."""

    def warning(self, event: str, **values: Any) -> None:
        """Keep silent."""

    def error(self, event: str, **values: Any) -> None:
        """Keep silent."""


class ControllerProcess:
    """Starts the service in a new process; a context manager that ends it."""

    def __init__(self, settings: ServiceSettings, bundle: Bundle, ports: Mapping[str, int]) -> None:
        """`ports`: where each junction's virtual cabinet listens on loopback."""
        context = multiprocessing.get_context("spawn")
        self._line, far_end = context.Pipe()
        self._far_end = far_end
        self._process = context.Process(
            target=_main,
            args=(far_end, settings.model_dump_json(), bundle.to_json(), dict(ports)),
            name="faikhiao-controller",
            daemon=True,
        )

    def __enter__(self) -> Self:
        """Start it, and wait until it has subscribed; raises SettingsError or ControllerEndedError where it cannot."""
        self._process.start()
        self._far_end.close()
        self._hear()
        return self

    def __exit__(self, *_: object) -> None:
        """End it, whatever it does."""
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(END_S)
        self._line.close()

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.is_alive()

    def finish(self) -> ControllerRecord:
        """Tell it to end, and take what it counted."""
        self._line.send("end")
        record = self._hear()
        self._process.join(END_S)
        return ControllerRecord(**record)

    def why(self) -> FieldError:
        """Why it has ended by itself."""
        try:
            self._hear()
        except FieldError as error:
            return error
        return ControllerEndedError("the controller's process has ended without a word")

    def _hear(self) -> dict[str, Any]:
        try:
            kind, told = self._line.recv()
        except (EOFError, OSError) as error:
            raise ControllerEndedError("the controller's process has ended without a word") from error
        if kind == "refused":
            raise SettingsError(told)
        if kind == "failed":
            raise ControllerEndedError(f"the controller has ended: {told}")
        answer: dict[str, Any] = told
        return answer


def _main(line: Connection, settings: str, bundle: str, ports: Mapping[str, int]) -> None:
    """Run in the new process; Ctrl-C in a terminal is for the parent, which then tells it to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        line.send(("record", asyncio.run(_serve(line, settings, bundle, ports))))
    except* (SettingsError, JournalError) as errors:
        line.send(("refused", _sentences(errors)))
    except* (FieldError, OSError) as errors:
        line.send(("failed", _sentences(errors)))
    finally:
        line.close()


def _sentences(errors: BaseExceptionGroup[Exception]) -> str:
    """All that went wrong, however deep the task groups were."""
    return "; ".join(
        _sentences(error) if isinstance(error, BaseExceptionGroup) else str(error) for error in errors.exceptions
    )


async def _serve(line: Connection, settings: str, bundle: str, ports: Mapping[str, int]) -> dict[str, Any]:
    loaded = load_site(Bundle.from_json(bundle))
    addresses = {
        junction: replace(address, host="127.0.0.1", port=ports[junction], key_env=None, transport="tcp")
        for junction, address in loaded.addresses.items()
    }
    service, _ = open_service(
        ServiceSettings.model_validate_json(settings), replace(loaded, addresses=addresses), log=QuietLog()
    )
    run = asyncio.create_task(service.run())
    told_to_end = asyncio.create_task(_told_to_end(line, service))
    await asyncio.wait({run, told_to_end}, return_when=asyncio.FIRST_COMPLETED)
    if run.done():
        told_to_end.cancel()
        run.result()
    times = service.status().step_ms
    record = {
        "counters": dict(service.counters()),
        "step_ms": {"p50": times.p50, "p99": times.p99, "max": times.max},
    }
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    return record


async def _told_to_end(line: Connection, service: Service) -> None:
    """Say when the service is ready, then wait for the word to end it."""
    await service.ready.wait()
    line.send(("ready", {}))
    heard = asyncio.Event()
    asyncio.get_running_loop().add_reader(line.fileno(), heard.set)
    await heard.wait()
