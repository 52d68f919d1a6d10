"""One conversation with a `plc-basic` cabinet, without the wire: a stage request and a heartbeat, echoed.

The profile says little, so little is believed: aspects are those of the active stage, and unknown while it changes.
"""

from __future__ import annotations

from collections.abc import Sequence

from controller.events import CabinetMode, CabinetReport, CommandKind, PermittedCommand
from controller.model import Aspect, Junction
from field_io.plc_basic import (
    HEARTBEAT_LIMIT_S,
    REQUEST,
    STATUS,
    PlcFault,
    PlcRequest,
    PlcStatus,
    decode_status,
    encode_request,
)
from field_io.registers import FaultBit, ResultCode, SnapshotRefused
from field_io.session import COMMANDABLE, Registers, Rejected
from field_io.standby import Ownership

_STAGE_OF_KIND = frozenset(
    {CommandKind.HOLD_STAGE, CommandKind.REQUEST_STAGE, CommandKind.RENEW, CommandKind.TAKE_OVER}
)
"""Kinds that ask for a stage; the others hand the junction back to the cabinet (request 0)."""


class PlcSession:
    """The conversation with one `plc-basic` cabinet; a Session. The heartbeat starts anew with each connection."""

    identity_registers: Registers | None = None
    status_registers = Registers(3, STATUS.first, STATUS.words)
    read_back_registers = Registers(3, STATUS.first, STATUS.words)
    write_address = REQUEST.first

    def __init__(self, junction: Junction, key: bytes | None, epoch: int = 0) -> None:
        """A session with the cabinet of `junction`; the profile has no signature, so `key` is not used."""
        self.junction = junction
        self.epoch = epoch
        self.unheard = 0
        self.strangers = 0  # this profile does not count them
        self._status: PlcStatus | None = None
        self._heartbeat = 0
        self._pending: PlcRequest | None = None
        self._accepted: bool | None = None
        self._accepted_s = float("-inf")

    identified = True
    """The profile has no identity to check."""

    def fenced(self, now_s: float) -> bool:
        """Never: the profile knows one controller only."""
        return False

    def ownership(self, lease_s: float) -> Ownership | None:
        """Nobody can tell: the profile has no owners."""
        return None

    def run_plans(self, version: int, digest: int) -> None:
        """The profile has no place for it."""

    def plan_note(self, now_s: float, unix_s: float) -> tuple[int, ...] | None:
        """Never: the profile has no place for it."""
        return None

    @property
    def knows_plans(self) -> bool | None:
        """It cannot."""
        return None

    def drive_under(self, epoch: int) -> None:
        """Commands go out; 0: none do."""
        self.epoch = epoch

    def highest_epoch(self) -> int:
        """None: the profile has no epochs."""
        return 0

    def disconnected(self) -> None:
        """Forget what is valid for one connection only."""
        self._status = None

    def identify(self, words: Sequence[int], now_s: float) -> Rejected | None:
        """Nothing to check."""
        return None

    def block(self, command: PermittedCommand | None, now_s: float, unix_s: float) -> tuple[int, ...] | None:
        """The 2 words for a command, or None when nothing may be sent."""
        if command is None or self._status is None or self.epoch == 0:
            return None
        if now_s > command.valid_until_s or self._status.mode not in COMMANDABLE:
            return None
        self._heartbeat = (self._heartbeat + 1) & 0xFFFF
        self._pending = PlcRequest(command.stage if command.kind in _STAGE_OF_KIND else 0, self._heartbeat)
        return encode_request(self._pending)

    def report(self, words: Sequence[int], now_s: float) -> CabinetReport | Rejected:
        """Take the four registers; the echo of request and heartbeat is the acceptance."""
        try:
            status = decode_status(words)
        except SnapshotRefused as refused:
            return Rejected(self.junction.id, refused.cause, str(refused))
        if status.active_stage > len(self.junction.stages):
            detail = f"stage {status.active_stage} is active at {self.junction.id}, which has no such stage"
            return Rejected(self.junction.id, "stage", detail)
        if self._status is None:
            self._heartbeat = status.heartbeat
        self._status = status
        if self._pending is not None:
            held = PlcRequest(status.stage_request, status.heartbeat)
            self._accepted, self._pending = held == self._pending, None
            self._accepted_s = now_s if self._accepted else self._accepted_s
            self.unheard = 0 if self._accepted else self.unheard + 1
        return self._report(status, now_s)

    def _report(self, status: PlcStatus, now_s: float) -> CabinetReport:
        remote = status.mode is CabinetMode.REMOTE
        left_s = max(0.0, HEARTBEAT_LIMIT_S - (now_s - self._accepted_s)) if remote else 0.0
        accepted, self._accepted = self._accepted, None  # a verdict is told once: silence later is no refusal
        result = {None: ResultCode.NONE, True: ResultCode.ACCEPTED, False: ResultCode.MODE}[accepted]
        return CabinetReport(
            junction=self.junction.id,
            mode=status.mode,
            mode_reason=0,
            active_stage=status.active_stage,
            next_stage=0,
            aspects=self._aspects(status.active_stage),
            uptime_ms=round(now_s * 1000) & 0xFFFF_FFFF,
            active_faults=_faults(status.faults),
            latched_faults=int(FaultBit.CONFLICT) if status.faults & PlcFault.SAFETY else 0,
            lease_left_s=left_s,
            accepted=accepted,
            result=result,
        )

    def _aspects(self, active_stage: int) -> tuple[Aspect, ...]:
        if active_stage == 0:
            return (Aspect.UNKNOWN,) * len(self.junction.groups)
        green = self.junction.stages[active_stage - 1].groups
        return tuple(Aspect.GREEN if group.id in green else Aspect.RED for group in self.junction.groups)


def _faults(word: int) -> int:
    """The fault word in the bits of TSC-MB/1.0."""
    pairs = (
        (PlcFault.SAFETY, FaultBit.CONFLICT),
        (PlcFault.LAMP, FaultBit.LAMP_MAJOR),
        (PlcFault.DETECTOR, FaultBit.DETECTOR),
    )
    return sum(int(bit) for fault, bit in pairs if word & fault)
