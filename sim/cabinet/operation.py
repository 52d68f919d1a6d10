"""Who moves the groups, and when that changes: the modes of the cabinet, its leases, watchdogs, switches and faults.

Rank: no power > latched fault > flash switched on site > manual (police) > remote under a lease > the local plan. Every
way down is taken by the cabinet alone; into remote leads only an accepted block (`acceptance.py`). Whatever the mode,
lamps change by the rules of `groups.py`, except for flash, which is immediate, and the start-up that follows it.

Time moves by `advance`. It works at the scans at which something can change and leaps over the others: a cabinet in
steady green costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from controller.events import CabinetMode
from controller.model import Aspect
from field_io.registers import ClockStatus, CommandState, FaultBit, ModeReason
from sim.cabinet import local_plan, start_up, watchdogs
from sim.cabinet.config import CabinetConfig
from sim.cabinet.groups import NEVER, SignalGroups, bits
from sim.cabinet.lamps import Lamps
from sim.cabinet.local_plan import WallClock
from sim.cabinet.modes import FLASH, LEASED, LOCAL, ON_DUTY
from sim.cabinet.monitor import ConflictMonitor
from sim.cabinet.monitor_card import MonitorCard
from sim.cabinet.ownership import NOBODY, Ownership
from sim.cabinet.trail import Trail

__all__ = ["FLASH", "LEASED", "LOCAL", "MIN_FLASH_DS", "ON_DUTY", "Operation"]

MIN_FLASH_DS = 80
"""A flash lasts 8 s at least (6 to 16 s: EDI CMU-212)."""


class Operation:
    """The cabinet's state but for its registers. Times are tenths of a second of the caller's clock."""

    def __init__(
        self,
        config: CabinetConfig,
        clock: WallClock,
        now_ds: int,
        *,
        card: MonitorCard | None = None,
        lamps: Lamps | None = None,
    ) -> None:
        """`card`: what the monitor is set to, if not to the configuration; `lamps`: with faults of their own."""
        self.config = config
        self.clock = clock
        self.clock_status = ClockStatus.SYNCHRONISED
        self.groups = SignalGroups(config)
        self.lamps = Lamps() if lamps is None else lamps
        self.monitor = ConflictMonitor(card or MonitorCard.of(config), 100 * now_ds)
        self.lamps_differ = False
        """Whether the monitor tells of lamps that differ from what is driven."""
        self.ownership = Ownership()
        self.now_ds = now_ds
        self.mode = CabinetMode.DARK
        self.mode_reason = ModeReason.POWER_ON
        self.wanted_stage = 0
        """Number from 1 of the stage that the groups move to; 0 is all red."""
        self.active_stage = 0
        """Number from 1 of the stage that shows; 0 in an interstage."""
        self.stage_since_ds = now_ds
        self.request_since_ds = now_ds
        self.request_outcome: CommandState | None = CommandState.NONE
        """What became of the last request; `None` while the lamps tell it."""
        self.active_faults = FaultBit(0)
        self.latched_faults = FaultBit(0)
        self.fault_count = 0
        self.locked_until_ds = NEVER
        self.hung_since_ds = NEVER
        """When the processor stopped scanning: an injected fault."""
        self.manual_switch = False
        self.flash_switch = False
        self.flash_leased = False
        """Whether an owner wants it to flash."""
        self._mode_since_ds = now_ds
        self.aimed_ds = now_ds
        self.forced: tuple[Aspect, ...] | None = start_up.dark(config)
        """What shows while the groups are not in the hands of their rules."""
        self._start_up: tuple[start_up.Step, ...] = ()
        self._first_stage_ds = NEVER
        self._due_ds = NEVER
        self.trail = Trail()
        self.longest_change_ds = watchdogs.longest_change_ds(config)
        self._run: dict[CabinetMode, Callable[[int], int]] = {
            CabinetMode.START_UP: self._run_start_up,
            CabinetMode.LOCAL_COORDINATED: self._run_coordinated,
            CabinetMode.LOCAL_ISOLATED: self._run_isolated,
            CabinetMode.FLASH_AMBER: self._run_flash,
            CabinetMode.FLASH_RED: self._run_flash,
        }

    # -------------------------------------------------------------------------------------------------- the scan

    def advance(self, now_ds: int) -> None:
        """Live until `now_ds`; raises ValueError when that is past."""
        if now_ds < self.now_ds:
            raise ValueError(f"cabinet {self.config.id}: {now_ds} ds is before {self.now_ds} ds; time runs forwards")
        if watchdogs.is_hung(self, now_ds):
            return
        while self._due_ds <= now_ds:
            self.now_ds = self._due_ds
            self.scan()
        self.now_ds = now_ds

    def scan(self) -> None:
        """Look at everything once at `now_ds`; also called, in no time, after each accepted block."""
        now_ds = self.now_ds
        due_ds = min(watchdogs.watch_lease(self, now_ds), watchdogs.watch_request(self, now_ds), self._run_mode(now_ds))
        if self.forced is None:
            due_ds = min(due_ds, self.groups.move(now_ds))
            due_ds = min(due_ds, watchdogs.watch_arrival(self, now_ds))
        self._note_stage(now_ds)
        self._due_ds = due_ds
        if self.mode is CabinetMode.START_UP and self.forced is None and self.active_stage == self.wanted_stage:
            self._settle(ModeReason.START_UP_ENDED)
            return
        self._due_ds = min(self._due_ds, watchdogs.ask_monitor(self, 100 * now_ds))

    def note_lease(self) -> None:
        """The lease runs anew, and nothing else is different: there is no need to scan before its end."""
        self._due_ds = min(self._due_ds, self.ownership.lease_end_ds)

    def _run_mode(self, now_ds: int) -> int:
        run = self._run.get(self.mode)
        return run(now_ds) if run else NEVER

    def _note_stage(self, now_ds: int) -> None:
        """Which stage shows: the wanted one, or the old one as long as nothing has left it."""
        masks, green = self.config.stages, self.groups.green
        quiet = self.forced is None and not self.groups.moving
        stage = 0
        if quiet and self.wanted_stage and green == masks[self.wanted_stage - 1]:
            stage = self.wanted_stage
        elif quiet and self.active_stage and green == masks[self.active_stage - 1]:
            stage = self.active_stage
        if stage != self.active_stage:
            self.active_stage, self.stage_since_ds = stage, now_ds
        self.trail.note(now_ds, stage, self.mode)

    # ------------------------------------------------------------------------------------------ the modes at work

    def _run_coordinated(self, now_ds: int) -> int:
        plan = self.config.local_plan
        position_ds = local_plan.position_ds(plan, self.clock, now_ds)
        self._follow(position_ds)
        next_ds = local_plan.until_next_step_ds(plan, position_ds)
        return now_ds + min(next_ds, self.clock.until_midnight_ds(now_ds))

    def _run_isolated(self, now_ds: int) -> int:
        position_ds = (now_ds - self._mode_since_ds) % self.config.local_plan.cycle_ds
        self._follow(position_ds)
        return now_ds + local_plan.until_next_step_ds(self.config.local_plan, position_ds)

    def _follow(self, position_ds: int) -> None:
        self.aim(local_plan.stage_at(self.config.local_plan, position_ds), NOBODY)

    def _run_start_up(self, now_ds: int) -> int:
        """The intervals of the table; then the first stage, straight or through its intergreens."""
        if self.forced is None:
            return NEVER
        if now_ds < self._first_stage_ds:
            self.forced = next(step.aspects for step in reversed(self._start_up) if step.at_ds <= now_ds)
            return min((step.at_ds for step in self._start_up if step.at_ds > now_ds), default=self._first_stage_ds)
        first = self.config.start_up.first_stage
        mask = self.config.stages[first - 1]
        straight = self.config.start_up.sequence in start_up.STRAIGHT_TO_GREEN
        clear_ds = max((self.groups.intergreen_end_ds(i) for i in bits(mask)), default=now_ds)
        if straight and now_ds < clear_ds:
            return clear_ds
        self.take_up_work()
        self.aim(first, NOBODY)
        if straight:
            self.groups.come_up_green(mask, now_ds)
        return NEVER

    def _run_flash(self, now_ds: int) -> int:
        """Until nobody wants it any more and its minimum has run; then by start-up back to work."""
        if self.flash_switch or self.flash_leased:
            return NEVER
        end_ds = self._mode_since_ds + MIN_FLASH_DS
        if now_ds < end_ds:
            return end_ds
        self.begin_start_up(ModeReason.MINIMUM_FLASH_ENDED, after_flash=True)
        return self._run_start_up(now_ds)

    # --------------------------------------------------------------------------------------- changes of the mode

    def aim(self, stage: int, author: int) -> None:
        """Let the groups move to a stage (0: all red) from now on."""
        if stage == self.wanted_stage:
            return
        self.wanted_stage = stage
        self.aimed_ds = self.now_ds
        self.groups.target = self.config.stages[stage - 1] if stage else 0
        self.trail.order(self.now_ds, author)

    def enter(self, mode: CabinetMode, reason: ModeReason, author: int = NOBODY) -> None:
        """Change the mode; nothing if it is that already."""
        if mode is self.mode:
            return
        self.mode, self.mode_reason, self._mode_since_ds = mode, reason, self.now_ds
        if mode is not CabinetMode.REMOTE:
            self.groups.forget_wishes()
        self.trail.order(self.now_ds, author)

    def take_up_work(self) -> None:
        """From here on the groups move by their rules; all red, and no stage wanted yet."""
        for i, aspect in enumerate(self.forced or ()):
            if aspect is Aspect.AMBER:  # a start-up without its red: also this amber leads to red first
                self.groups.since_ds[i] = self.now_ds
        self.forced = None
        self.aimed_ds = self.now_ds
        self.wanted_stage = self.groups.target = 0

    def begin_start_up(self, reason: ModeReason, *, after_flash: bool = False) -> None:
        """Come on through the configured sequence."""
        self.enter(CabinetMode.START_UP, reason)
        self._start_up, self._first_stage_ds = start_up.schedule(self.config, self.now_ds, after_flash=after_flash)
        self.forced = self._start_up[0].aspects if self._start_up else start_up.dark(self.config)

    def go_local(self, reason: ModeReason, author: int = NOBODY) -> None:
        """The local plan, by the clock if it is valid, else free."""
        valid = self.clock_status is not ClockStatus.NEVER_SET
        self.enter(CabinetMode.LOCAL_COORDINATED if valid else CabinetMode.LOCAL_ISOLATED, reason, author)

    def _settle(self, reason: ModeReason) -> None:
        """On duty again: by hand if the switch stands so, else by the local plan."""
        if self.manual_switch:
            self.enter(CabinetMode.MANUAL, ModeReason.MANUAL_ON)
        else:
            self.go_local(reason)
        self.scan()

    def leave_remote(self) -> None:
        if self.ownership.epoch != NOBODY or self.mode in LEASED:
            self.request_outcome = CommandState.SUPERSEDED
        self.ownership.end()
        self.flash_leased = False

    def force(self, mode: CabinetMode, reason: ModeReason, aspects: tuple[Aspect, ...], author: int = NOBODY) -> None:
        """Take the lamps out of the groups' hands, at once."""
        self.enter(mode, reason, author)
        self.forced = aspects
        self.groups.go_out(self.now_ds)
        self.wanted_stage = 0

    def tell(self, fault: FaultBit) -> None:
        """A fault with which work goes on."""
        if fault & ~self.active_faults:
            self.fault_count += 1
        self.active_faults |= fault

    def trip(self, faults: FaultBit) -> None:
        """Latch faults: flash at once, until somebody resets the cabinet on site."""
        self.fault_count += 1
        self.active_faults |= faults
        self.latched_faults |= faults
        if self.mode is not CabinetMode.DARK:
            self.leave_remote()
            self.force_flash(CabinetMode.LATCHED_FAULT, ModeReason.SAFETY_FAULT)

    def force_flash(self, mode: CabinetMode, reason: ModeReason, author: int = NOBODY) -> None:
        aspect = Aspect.FLASHING_RED if mode is CabinetMode.FLASH_RED else Aspect.FLASHING_AMBER
        self.force(mode, reason, start_up.flashing(self.config, aspect), author)

    @property
    def command_state(self) -> CommandState:
        """How far the last accepted request has got (IR 161)."""
        if self.request_outcome is not None:
            return self.request_outcome
        if self.groups.green == self.groups.target and not self.groups.moving:
            return CommandState.DONE
        return CommandState.WAITING_MIN_GREEN if self.active_stage else CommandState.IN_INTERSTAGE

    # ------------------------------------------------------------------------------------------------ what shows

    @property
    def next_scan_ds(self) -> int:
        """The next scan at which something can change."""
        return self._due_ds

    @property
    def locked(self) -> bool:
        """Whether it stays local for a while after a stuck request."""
        return self.locked_until_ds != NEVER

    @property
    def mode_time_ds(self) -> int:
        """How long the mode has held."""
        return self.now_ds - self._mode_since_ds

    @property
    def aspects(self) -> tuple[Aspect, ...]:
        """What each group is told to show, in the order of the configuration."""
        return self.groups.aspects if self.forced is None else self.forced
