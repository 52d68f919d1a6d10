"""A virtual cabinet within reach of the conformance kit without a wire: Modbus in one call, time as it is let pass."""

from __future__ import annotations

from sim.cabinet.modbus import ModbusCabinet, answer


class DirectLine:
    """A Line of `field_io.cabinet_check`; a walk of minutes takes a second."""

    def __init__(self, cabinet: ModbusCabinet, now_ds: int = 0) -> None:
        """`now_ds`: until when the cabinet has lived."""
        self.cabinet = cabinet
        self._now_ds = float(now_ds)

    def exchange(self, request: bytes) -> bytes:
        return answer(self.cabinet, request)

    def wait(self, time_s: float) -> None:
        self._now_ds += 10 * time_s
        self.cabinet.advance(round(self._now_ds))
