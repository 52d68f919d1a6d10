"""The virtual cabinet of profile `plc-basic`: the same groups and modes behind four registers; a heartbeat for a lease.

No identity, sequence or key: whoever moves the heartbeat commands. It shows that another cabinet is a table away.
"""

from __future__ import annotations

from collections.abc import Sequence

from controller.events import CabinetMode
from controller.model import Aspect
from field_io.plc_basic import (
    HEARTBEAT_LIMIT_S,
    PLC_BASIC,
    REQUEST,
    STATUS,
    PlcFault,
    PlcStatus,
    decode_request,
    encode_status,
)
from field_io.registers import ExceptionCode, FaultBit
from sim.cabinet import on_site, remote
from sim.cabinet.config import CabinetConfig
from sim.cabinet.local_plan import WallClock
from sim.cabinet.modbus import ReadRefused
from sim.cabinet.operation import FLASH, LEASED, LOCAL, Operation

LEASE_DS = round(HEARTBEAT_LIMIT_S * 10)
_CENTRE = 1
"""The one epoch there is."""
_LAMP = FaultBit.LAMP_MAJOR | FaultBit.LAMP_MINOR | FaultBit.RED_FAIL


class PlcCabinet:
    """One cabinet of profile plc-basic; starts with the start-up sequence at `now_ds`. Times are tenths of a second."""

    def __init__(self, config: CabinetConfig, *, now_ds: int, unix_at_zero_s: float) -> None:
        self.config = config
        self.connections = 0
        self.operation = Operation(config, WallClock.of(unix_at_zero_s, config.utc_offset_s), now_ds)
        """For `on_site`: manual, flash, faults, power."""
        on_site.power_on(self.operation)
        self._stage_request = 0
        self._heartbeat = 0
        self._writes = 0

    @property
    def functions(self) -> tuple[int, ...]:
        """Modbus functions that it answers, by the profile's table."""
        return PLC_BASIC.functions

    @property
    def product(self) -> str:
        """Its profile."""
        return PLC_BASIC.name

    @property
    def answers(self) -> bool:
        """Whether it has power."""
        return self.mode is not CabinetMode.DARK

    @property
    def now_ds(self) -> int:
        """Until when it has lived."""
        return self.operation.now_ds

    @property
    def mode(self) -> CabinetMode:
        """Who moves the lamps."""
        return self.operation.mode

    @property
    def aspects(self) -> tuple[Aspect, ...]:
        """What each group is told to show."""
        return self.operation.aspects

    def advance(self, now_ds: int) -> None:
        """Live until `now_ds`; raises ValueError when that is past."""
        self.operation.advance(now_ds)

    def read_input(self, address: int, count: int) -> tuple[int, ...]:
        """There are none; raises ReadRefused."""
        raise ReadRefused(ExceptionCode.ILLEGAL_ADDRESS, address, count)

    def holds(self, address: int, count: int) -> bool:
        """Whether these holding registers can be read."""
        return count > 0 and STATUS.first <= address and address + count <= STATUS.first + STATUS.words

    def read_holding(self, address: int, count: int) -> tuple[int, ...]:
        """The request held, the active stage, the fault word; raises ReadRefused outside them."""
        if not self.holds(address, count):
            raise ReadRefused(ExceptionCode.ILLEGAL_ADDRESS, address, count)
        status = PlcStatus(self._stage_request, self._heartbeat, self.operation.active_stage, self._faults())
        start = address - STATUS.first
        return encode_status(status)[start : start + count]

    def write_holding(self, address: int, words: Sequence[int]) -> int:
        """Request and heartbeat, both at once: 0, or the Modbus exception, and then nothing has changed."""
        if address != REQUEST.first or len(words) != REQUEST.words:
            return ExceptionCode.ILLEGAL_ADDRESS
        request = decode_request(words)
        if request.stage_request > len(self.config.stages):
            return ExceptionCode.ILLEGAL_VALUE
        alive = request.heartbeat != self._heartbeat
        self._stage_request, self._heartbeat = request.stage_request, request.heartbeat
        if alive:
            self._serve(request.stage_request)
        return 0

    def count_bad_write(self) -> None:
        """The profile has no register for it."""

    def count_stranger(self) -> None:
        """The profile has no register for it."""

    def _serve(self, stage: int) -> None:
        """The heartbeat has moved: the lease runs anew, and the request is obeyed where the mode allows it."""
        operation = self.operation
        if operation.mode not in LEASED | LOCAL or operation.locked:
            return
        if not stage:
            remote.release(operation, _CENTRE)
        else:
            self._writes += 1
            operation.ownership.grant(_CENTRE, self._writes, 0, operation.now_ds, LEASE_DS)
            remote.go_remote(operation, stage, 0, _CENTRE)
        operation.scan()

    def _faults(self) -> int:
        operation, active = self.operation, self.operation.active_faults
        said = (
            (PlcFault.LOCAL, operation.mode not in LEASED),
            (PlcFault.MANUAL, operation.mode is CabinetMode.MANUAL),
            (PlcFault.FLASH, operation.mode in FLASH),
            (PlcFault.START_UP, operation.mode is CabinetMode.START_UP),
            (PlcFault.SAFETY, bool(operation.latched_faults)),
            (PlcFault.LAMP, bool(active & _LAMP)),
            (PlcFault.DETECTOR, bool(active & FaultBit.DETECTOR)),
        )
        return sum(bit for bit, holds in said if holds)
