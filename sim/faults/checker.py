"""The checker: one cabinet under watch at every scan and every write, judged by S1-S7, S9 and S10.

It shares no rule with the interlock or the cabinet. Lamps are judged by the independent monitor, from the junction's
file. Blocks are read here word by word, once more, and what was accepted is judged from what the checker itself knows
of owners, sequences and leases. A breach is recorded when it begins, with what was seen.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from controller.events import CabinetMode, CommandKind
from field_io.registers import ResultCode
from sim.cabinet import Orders, VirtualCabinet
from sim.monitor.rules import JunctionRules
from sim.monitor.watch import JunctionWatch

SCAN_DS = 1
FENCE_DS = TAKE_OVER_EVERY_DS = 600
"""An older epoch stays out, and nobody takes over again, for a minute (TSC-MB/1.0, 4.4)."""
OLDEST_BASIS_DS = 20
"""Freshness: a block based on a snapshot of more than 20 scans ago is void (TSC-MB/1.0, HR 18)."""
NEVER = 1 << 60

LEASED = frozenset({CabinetMode.REMOTE, CabinetMode.ALL_RED_HOLD})
CLOSED = frozenset(
    {
        CabinetMode.DARK,
        CabinetMode.START_UP,
        CabinetMode.MANUAL,
        CabinetMode.FLASH_AMBER,
        CabinetMode.FLASH_RED,
        CabinetMode.LATCHED_FAULT,
    }
)
"""Modes in which nothing from afar may have an effect (S5)."""
FLASHING = frozenset({CabinetMode.FLASH_AMBER, CabinetMode.FLASH_RED})


class Breach(NamedTuple):
    """An invariant that did not hold: when, where, which, and what was seen."""

    at_s: float
    junction: str
    invariant: str
    seen: str


class Block(NamedTuple):
    """What the checker reads in a command block by itself (TSC-MB/1.0, HR 0-39)."""

    cabinet_id: int
    epoch: int
    sequence: int
    kind: int
    stage: int
    lease_ds: int
    boot_id_low: int
    basis: int
    safety_hash: int

    @classmethod
    def of(cls, w: Sequence[int]) -> Block:
        return cls(
            w[2] << 16 | w[3],
            w[4] << 16 | w[5],
            w[6] << 16 | w[7],
            w[8],
            w[9],
            w[13] // 100,
            w[16] << 16 | w[17],
            w[18],
            w[22] << 48 | w[23] << 32 | w[24] << 16 | w[25],
        )


class CabinetWatch:
    """What is known of one cabinet from outside. Times are tenths of a second."""

    def __init__(self, rules: JunctionRules, cabinet: VirtualCabinet, breaches: list[Breach]) -> None:
        """Watch from now on; a cabinet that begins in remote has a full lease that nobody owns."""
        self.junction = rules.junction
        self.expects: tuple[int, ...] | None = None
        """The only words that may now come to the cabinet; all else is forged. None: whatever comes is authentic."""
        self.answers: Counter[int] = Counter()
        """Blocks by what became of them: result code, or minus the Modbus exception."""
        self.moves: deque[tuple[int, CabinetMode]] = deque(maxlen=64)
        """(tenth of a second, mode) of each change of mode."""
        self.last_words: tuple[int, ...] = ()
        """The last block that it took."""
        self.on_taken: Callable[[tuple[int, ...]], None] | None = None
        """Who wants to hear of each block that it takes."""
        self._cabinet = cabinet
        self._breaches = breaches
        self._lamps = JunctionWatch(rules)
        self._names = [group.id for group in rules.groups]
        self._last = cabinet.orders
        self._owner = 0
        self._lease_end_ds = cabinet.now_ds + cabinet.config.lease_max_ds if self._last.mode in LEASED else -NEVER
        self._asked_stage, self._asked_ds = self._last.wanted_stage, cabinet.now_ds
        self._flash_asked = False
        self._sequences: dict[tuple[int, int], int] = {}
        self._fenced_below, self._taken_over_ds = 0, -NEVER
        self._open: set[str] = set()
        self.look(cabinet.now_ds)

    def reset_on_site(self) -> None:
        """Somebody with the key cleared what was latched."""
        self._last = self._last._replace(latched_faults=self._cabinet.orders.latched_faults)

    def powered_off(self) -> None:
        """The mains failed: nobody owns any more."""
        self._owner, self._lease_end_ds, self._flash_asked = 0, -NEVER, False
        self._fenced_below, self._taken_over_ds = 0, -NEVER

    def look(self, now_ds: int) -> None:
        """What holds at every scan."""
        self._look(now_ds, self._cabinet.orders)

    def _look(self, now_ds: int, orders: Orders) -> None:
        for rule, places in self._lamps.observe(now_ds, orders.aspects):
            self._tell(now_ds, rule.value, f"{', '.join(self._names[i] for i in places)}")
        latched = self._last.latched_faults
        if latched is not orders.latched_faults and latched & ~orders.latched_faults:
            self._tell(now_ds, "S9", f"latched {latched!r} became {orders.latched_faults!r}")
        if orders.mode is not self._last.mode:
            self.moves.append((now_ds, orders.mode))
        leased = orders.mode in LEASED or (self._flash_asked and orders.mode in FLASHING)
        if leased:
            self._standing("S6", now_ds > self._lease_end_ds + SCAN_DS, now_ds, "the lease has ended")
            held_ds = now_ds - self._asked_ds
            limit_ds = self._cabinet.config.stuck_request_ds + SCAN_DS
            self._standing("S6 stuck", orders.mode in LEASED and held_ds > limit_ds, now_ds, f"held for {held_ds} ds")
        else:
            self._open.clear()
            if self._owner and orders.mode in CLOSED:
                self._owner, self._lease_end_ds, self._flash_asked = 0, -NEVER, False
        self._last = orders

    # ---------------------------------------------------------------------------------------------------- writes

    def wrote(self, words: Sequence[int], code: int, before: Orders) -> None:
        """Words were written to the cabinet, which answered with `code`; judge what that did."""
        cabinet = self._cabinet
        now_ds, after, result = cabinet.now_ds, cabinet.orders, cabinet.result
        self.answers[-code or result] += 1
        if code == 0 and result is ResultCode.ACCEPTED:
            self.last_words = tuple(words)
            if self.expects is not None and self.last_words != self.expects:
                self._tell(now_ds, "S10", f"a forged block was accepted: {Block.of(words)}")
            self._judge(Block.of(words), before, after, now_ds)
            if self.on_taken is not None:
                self.on_taken(self.last_words)
        elif after != before:
            what = f"exception {code:02}" if code else f"result {result.name}"
            self._tell(now_ds, "S10", f"{what}, yet {before} became {after}")
        self._look(now_ds, after)

    def _judge(self, block: Block, before: Orders, after: Orders, now_ds: int) -> None:
        """A block was accepted: might it be?"""
        kind = CommandKind(block.kind)
        if before.mode in CLOSED:
            own_flash = self._flash_asked and before.mode in FLASHING
            moved = kind is not CommandKind.RELEASE and after.aspects != before.aspects
            if moved or not own_flash:
                self._tell(now_ds, "S5", f"{kind.name} accepted in {before.mode.name}")
        self._judge_form(block, now_ds)
        self._judge_owner(block, kind, now_ds)
        self._note(block, kind, after, now_ds)

    def _judge_form(self, block: Block, now_ds: int) -> None:
        """Addressed to this cabinet, this start of it, this safety data, and fresh."""
        cabinet = self._cabinet
        age_ds = (cabinet.snapshot - block.basis) & 0xFFFF
        meant = (cabinet.config.number, cabinet.boot_id & 0xFFFF_FFFF, cabinet.config.safety_hash)
        if (block.cabinet_id, block.boot_id_low, block.safety_hash) != meant or age_ds > OLDEST_BASIS_DS:
            self._tell(now_ds, "S10", f"accepted, though addressed to another or {age_ds} scans old: {block}")
        if not 30 <= block.lease_ds <= cabinet.config.lease_max_ds:
            self._tell(now_ds, "S6", f"accepted a lease of {block.lease_ds} ds")

    def _judge_owner(self, block: Block, kind: CommandKind, now_ds: int) -> None:
        """One owner, whose sequence rises; older epochs stay out after a take-over."""
        place = (self._cabinet.boot_id, block.epoch)
        if block.sequence <= self._sequences.get(place, -1):
            self._tell(now_ds, "S7", f"sequence {block.sequence} of epoch {block.epoch} executed again")
        self._sequences[place] = block.sequence
        owner = self._owner if now_ds <= self._lease_end_ds else 0
        if owner and block.epoch < owner:
            self._tell(now_ds, "S7", f"epoch {block.epoch} accepted while {owner} owns")
        if block.epoch < self._fenced_below and now_ds < self._taken_over_ds + FENCE_DS:
            self._tell(now_ds, "S7", f"epoch {block.epoch} accepted while it is fenced")
        if owner and block.epoch > owner:
            if kind is not CommandKind.TAKE_OVER:
                self._tell(now_ds, "S7", f"epoch {block.epoch} displaced {owner} without taking over")
            if now_ds - self._taken_over_ds < TAKE_OVER_EVERY_DS:
                self._tell(now_ds, "S7", "two take-overs within a minute")
            self._fenced_below, self._taken_over_ds = block.epoch, now_ds

    def _note(self, block: Block, kind: CommandKind, after: Orders, now_ds: int) -> None:
        """What follows from an accepted block for those to come."""
        self._owner, self._lease_end_ds = block.epoch, now_ds + block.lease_ds
        if kind is CommandKind.RELEASE:
            self._owner, self._lease_end_ds, self._flash_asked = 0, -NEVER, False
        if kind is CommandKind.REQUEST_FLASH:
            self._flash_asked = True
        stage = 0 if after.mode is CabinetMode.ALL_RED_HOLD else after.wanted_stage
        if stage != self._asked_stage or self._last.mode is not after.mode:
            self._asked_stage, self._asked_ds = stage, now_ds

    # ------------------------------------------------------------------------------------------------ the record

    def _standing(self, name: str, broken: bool, now_ds: int, seen: str) -> None:  # noqa: FBT001 - read as a table
        """A breach that lasts is told once."""
        if broken and name not in self._open:
            self._tell(now_ds, name[:2], seen)
        (self._open.add if broken else self._open.discard)(name)

    def _tell(self, now_ds: int, invariant: str, seen: str) -> None:
        self._breaches.append(Breach(now_ds / 10, self.junction, invariant, seen))


class WatchedCabinet(VirtualCabinet):
    """A virtual cabinet whose every scan and every write is looked at, whoever moves it and over whatever link."""

    watch: CabinetWatch | None = None

    def advance(self, now_ds: int) -> None:
        """Live until `now_ds`, one scan after the other."""
        watch = self.watch
        if watch is None:
            super().advance(now_ds)
            return
        due_ds = self.next_scan_ds
        while due_ds <= now_ds:
            super().advance(due_ds)
            watch.look(due_ds)
            due_ds = self.next_scan_ds
        super().advance(now_ds)
        watch.look(now_ds)

    def write_holding(self, address: int, words: Sequence[int]) -> int:
        """As any cabinet, judged."""
        before = self.orders
        code = super().write_holding(address, words)
        if self.watch is not None:
            self.watch.wrote(words, code, before)
        return code

    def reset_on_site(self) -> None:
        """As any cabinet; the watch is told that it was on site."""
        super().reset_on_site()
        if self.watch is not None:
            self.watch.reset_on_site()

    def power_off(self) -> None:
        """As any cabinet; the watch is told."""
        super().power_off()
        if self.watch is not None:
            self.watch.powered_off()
