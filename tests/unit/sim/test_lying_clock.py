"""Is a process that runs within a lying clock lied to about the wall clock, and about nothing else?"""

import subprocess
import sys
import time
from pathlib import Path

from sim.chaos.clocks import ClockResult, Leap, LyingClock

ASKS = "import sys, time, controller\nfor _ in sys.stdin: print(time.time(), time.monotonic(), flush=True)"


def test_the_wall_clock_is_off_by_what_was_said_last_and_the_monotonic_clock_runs_on(tmp_path: Path) -> None:
    clock = LyingClock(tmp_path / "clock")
    command = [*clock.within, sys.executable, "-c", ASKS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for off_by_s in (0.0, 3600.0, -7.5, 0.0):
            clock.leap(off_by_s)
            before_s, before_monotonic_s = time.time(), time.monotonic()
            process.stdin.write("now\n")
            wall_s, monotonic_s = map(float, process.stdout.readline().split())
            assert before_s <= wall_s - off_by_s <= time.time()
            assert before_monotonic_s <= monotonic_s <= time.monotonic()


def test_a_leap_that_was_not_told_a_gap_and_a_second_owner_are_broken_promises() -> None:
    held = ClockResult(leaps=[Leap(3600.0, 1.0)], told=1, owners=1)
    assert held.held
    assert held.verdict().startswith("held: 1 leaps")
    for broken in (
        ClockResult(),
        ClockResult(leaps=[Leap(3600.0, 1.0)], told=0, owners=1),
        ClockResult(leaps=[Leap(3600.0, 9.0)], told=1, owners=1),
        ClockResult(leaps=[Leap(3600.0, 1.0)], told=1, owners=2),
        ClockResult(leaps=[Leap(3600.0, 1.0)], told=1, owners=1, left_remote=1),
    ):
        assert not broken.held
        assert broken.verdict().startswith("BROKEN")
