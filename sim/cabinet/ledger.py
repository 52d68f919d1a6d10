"""What the cabinet keeps beside its lamps: echo of blocks, counters, detectors. All of it ends with the power."""

from __future__ import annotations

from collections.abc import Sequence

from field_io import registers
from field_io.plan_note import PlanNote
from field_io.registers import BlockRefused, CommandBlock, ResultCode
from sim.cabinet.config import MAX_COUNTED

WORD = 0xFFFF


class Ledger:
    """Counters wrap at 16 bits, as their registers do."""

    def __init__(self) -> None:
        self.result = ResultCode.NONE
        self.received_epoch = self.received_sequence = 0
        self.accepted_sequence = self.accepted_crc = 0
        self.command_words = (0,) * registers.COMMAND.words
        """The last block accepted."""
        self.demands = 0
        self.refused_blocks = self.non_conforming_writes = self.authentication_failures = 0
        self.occupied = 0
        self.counts = [0] * MAX_COUNTED
        self.plan_version = self.plan_digest = 0

    def note_block(self, block: CommandBlock, words: Sequence[int], result: ResultCode) -> None:
        """A block was judged."""
        self.result = result
        self.received_epoch, self.received_sequence = block.epoch, block.sequence
        if result is ResultCode.ACCEPTED:
            self.accepted_sequence, self.accepted_crc = block.sequence, registers.block_crc(words)
            self.command_words = tuple(words)
            self.demands = block.demands
        elif result is not ResultCode.DUPLICATE:
            self.refused_blocks = self.refused_blocks + 1 & WORD

    def note_plan(self, note: PlanNote) -> None:
        """The centre said which plans it runs."""
        self.plan_version, self.plan_digest = note.version, note.digest

    def note_bad_write(self) -> None:
        """A write that was no command block."""
        self.non_conforming_writes = self.non_conforming_writes + 1 & WORD

    def note_stranger(self) -> None:
        """A request from somebody whose role does not allow it."""
        self.authentication_failures = self.authentication_failures + 1 & WORD

    def note_refusal(self, refusal: BlockRefused) -> None:
        """A block whose form is wrong, or whose sender did not prove itself."""
        if refusal.authentication:
            self.note_stranger()
        else:
            self.note_bad_write()

    def count(self, loop_index: int, vehicles: int) -> None:
        """The first 16 detectors have a register, the others are let go."""
        if loop_index < MAX_COUNTED:
            self.counts[loop_index] = self.counts[loop_index] + vehicles & WORD

    def occupy(self, loop_index: int, *, on: bool) -> None:
        """A detector is occupied or free."""
        bit = 1 << loop_index
        self.occupied = self.occupied | bit if on else self.occupied & ~bit
