"""F45 to F55: the controller is killed, stopped, doubled, starved of time, memory or files, or told another time."""

from __future__ import annotations

import asyncio
import random
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import field_io
from controller.events import CabinetMode, LinkChange, Reason, Rung, StepResult
from field_io.journal_files import journal_in_folder, read_last_state
from field_io.segment import Head
from sim.cabinet.server import CabinetServer, Port
from sim.faults.town import LEASE_S
from sim.faults.world import MONDAY_UTC_S
from sim.probes.links import link_to
from sim.probes.outcome import Figure, Outcome, Row
from sim.probes.scene import NEVER, Scene

KILLS = 500
OFFSETS = 1000


def killed_again_and_again() -> Outcome:
    """F45 under the virtual clock: killed at any second and started again within the lease, from whatever it left."""
    scene = Scene(junctions=2, settle_s=30)
    world, chance = scene.world, random.Random(45)
    left = slowest = 0
    for _ in range(KILLS):
        scene.run(chance.randint(1, 12))
        centre = world.centre
        if centre is None:
            break
        moves = sum(len(place.watch.moves) for place in world.places.values())
        snapshot = chance.choice((centre.snapshot, centre.snapshot, centre.snapshot[:-100], b""))
        world.centre = None
        scene.run(chance.randint(0, 7))
        world.centre = world.start_centre(snapshot, centre.epoch)
        accepted = {name: place.watch.answers[1] for name, place in world.places.items()}
        slowest = max(slowest, _commanding_after(scene, accepted))
        left += sum(len(place.watch.moves) for place in world.places.values()) - moves
    return scene.outcome(
        f"{KILLS} kills at any second, up to 7 s down, started from its snapshot, a damaged one or none "
        "(with real processes: make kills)",
        Figure("restart to command, slowest", slowest, 5.0, "s"),
        Figure("cabinets that left remote", left),
        detect_s=0.0,
        safe_s=0.0,
        recover_s=slowest,
    )


def _commanding_after(scene: Scene, accepted: dict[str, int]) -> int:
    for second in range(30):
        if all(place.watch.answers[1] > accepted[name] for name, place in scene.world.places.items()):
            return second
        scene.second()
    return 999


def stopped() -> Outcome:
    """F46: stopped for 15 s and let go on."""
    scene = Scene(junctions=2)
    world = scene.world
    world.paused = True
    scene.run(15)
    local = sum(place.cabinet.mode is CabinetMode.LOCAL_COORDINATED for place in world.places.values())
    refused = sum(place.watch.answers.total() - place.watch.answers[1] for place in world.places.values())
    world.paused = False
    if world.centre is not None:
        world.centre.wake()
    recover_s = scene.until(lambda: scene.rung() < Rung.PLAN and scene.mode() is CabinetMode.REMOTE, 200)
    stale = sum(one.invariant in {"S7", "S10"} for one in world.breaches)
    refused = sum(place.watch.answers.total() - place.watch.answers[1] for place in world.places.values()) - refused
    return scene.outcome(
        f"{local} of 2 cabinets on their own plan when it woke; it met them again before it commanded; "
        f"{refused} blocks refused",
        Figure("stale commands accepted", stale),
        detect_s=1.0,
        safe_s=LEASE_S,
        recover_s=recover_s,
    )


def two_controllers() -> Outcome:
    """F47: a second controller is started by mistake, for five minutes, and the first goes on."""
    scene = Scene(junctions=2)
    world = scene.world
    owners: list[int] = [scene.place().cabinet.orders.owner_epoch]
    other = world.start_centre()
    world.others.append(other)
    fenced_s = NEVER
    begin_s = scene.now_s
    for _ in range(300):
        scene.second()
        epoch = scene.place().cabinet.orders.owner_epoch
        if epoch != owners[-1]:
            owners.append(epoch)
        first = world.centre
        if first is not None and fenced_s == NEVER and first.conversations["J01"].session.fenced(scene.now_s):
            fenced_s = scene.now_s - begin_s
    world.others.remove(other)
    recover_s = scene.until(lambda: scene.mode() is CabinetMode.REMOTE and scene.rung() < Rung.PLAN, 400)
    two = sum(one.invariant == "S7" for one in world.breaches)
    return scene.outcome(
        f"owners one after the other: {', '.join(map(str, owners))}; the first was fenced and silent",
        Figure("owners at a time beyond one", two),
        Figure("take-overs a minute", (len(owners) - 1) / 5.0, 1.0),
        detect_s=fenced_s,
        safe_s=fenced_s,
        recover_s=recover_s,
    )


def other_times() -> Outcome:
    """F48: the wall clock leaps by an hour and back, and by seconds around a plan change and midnight."""
    scene = Scene(junctions=2, begin_s=6 * 3600 - 120, settle_s=60, strategy="fixed_time")
    world, switches = scene.world, 0
    told: list[float] = []

    def seconds(n: int) -> None:
        for _ in range(n):
            scene.second()
            result = world.centre.result if world.centre is not None else None
            told.extend(scene.now_s for one in (result.decisions if result else ()) if one.reason is Reason.PLAN_CHANGE)

    for off_s in (1.0, -2.0, 2.0, -1.0, 0.0):  # a clock that is being set while the night plan ends
        if world.centre is not None:
            world.centre.set_civil_time(MONDAY_UTC_S + off_s)
        seconds(15)
    seconds(60)
    switches = len(told)
    for off_s in (3600.0, 0.0, -3600.0, 0.0):
        if world.centre is not None:
            world.centre.set_civil_time(MONDAY_UTC_S + off_s)
        seconds(90)
    left = sum(len(place.watch.moves) for place in world.places.values())
    return scene.outcome(
        f"{switches} plan changes of two junctions from night to day; leases count by the monotonic clock",
        Figure("duplicate plan changes", switches - 2),
        Figure("cabinets that left remote", left),
        detect_s=1.0,
    )


HEAD = Head("faulty", '{"files":{}}', "fixed_time", now_s=0.0, utc_s=1e9, epoch=7)


def damaged_journal() -> Outcome:
    """F51: the journal of a controller that was killed, cut or flipped at a thousand offsets."""
    chance = random.Random(51)
    opened = set_aside = stuck = 0
    slowest = 0.0
    with tempfile.TemporaryDirectory(prefix="faikhiao-faults-") as name:
        folder = Path(name)
        whole = _journal_of_a_minute(folder / "whole")
        for number in range(OFFSETS):
            place = folder / f"{number}"
            place.mkdir()
            victim = chance.choice(sorted(whole))
            for file, data in whole.items():
                (place / file).write_bytes(_damaged(data, chance) if file == victim else data)
            began = time.monotonic()
            state, notes = read_last_state(place)
            journal = journal_in_folder(place, HEAD, b"core", segment_bytes=10**6, max_bytes=10**8, durable=False)
            journal.begin_step(1.0, ())
            journal.end_step(StepResult(1.0, (), (), ()))
            slowest = max(slowest, time.monotonic() - began)
            stuck += journal.trouble is not None
            journal.close()
            opened += state is not None
            set_aside += bool(notes)
            for file_left in place.iterdir():
                file_left.unlink()
    return Outcome(
        f"{opened} opened, {set_aside} set aside with a word, {OFFSETS - opened - set_aside} held nothing any more; "
        "the next run wrote each time",
        (
            Figure("would not start", stuck),
            Figure("slowest start", slowest, 5.0, "s", timed=True),
        ),
        detect_s=slowest,
        safe_s=slowest,
        recover_s=slowest,
    )


def _journal_of_a_minute(folder: Path) -> dict[str, bytes]:
    """The files of a journal whose writer was killed: database and log, by name."""
    journal = journal_in_folder(folder, HEAD, b"core" * 500, segment_bytes=10**6, max_bytes=10**8, durable=False)
    for second in range(1, 61):
        journal.begin_step(float(second), (LinkChange("J01", True, f"second {second}"),))
        journal.end_step(StepResult(float(second), (), (), ()))
    files = {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-shm")}
    journal.close()
    return files


def _damaged(data: bytes, chance: random.Random) -> bytes:
    offset = chance.randrange(max(1, len(data)))
    if chance.random() < 0.5:
        return data[:offset]
    length = chance.choice([1, 16, 4096])
    return data[:offset] + chance.randbytes(length) + data[offset + length :]


_HUNGRY = """
import resource, sys
from sim.faults.world import World, WorldSettings
world = World(WorldSettings(junctions=2))
world.run(20)
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 16 * 2**20,) * 2)
print("limited", flush=True)
kept = []
try:
    while True:
        world.run(1)
        kept.append(bytearray(4 * 2**20))
except MemoryError:
    kept.clear()
    print(len(world.breaches), flush=True)
    sys.exit(70)
"""


def out_of_memory() -> Outcome:
    """F52: a process of its own whose memory is limited; what it does when none is left, and what the cabinets do."""
    began = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", _HUNGRY], cwd=Path(field_io.__file__).parents[1],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    took_s = time.monotonic() - began
    scene = Scene(junctions=2)
    begin_ds = 10 * scene.world.now_s
    scene.world.centre = None
    scene.run(12)
    safe_ds = max(
        (at - begin_ds for place in scene.world.places.values() for at, _ in place.watch.moves), default=10**9
    )
    return scene.outcome(
        f"MemoryError ended the process with code {ended.returncode} after {took_s:.1f} s, "
        f"{ended.stdout.split()[-1] if ended.stdout.split() else '?'} breaches until then; the cabinets went on alone",
        Figure("ended in order", float(ended.returncode == 70), 1.0, least=1.0),
        Figure("cabinets on their own plan after", safe_ds / 10, LEASE_S + 0.2, "s"),
        detect_s=0.0,
        safe_s=safe_ds / 10,
    )


def out_of_files() -> Outcome:
    """F53: no file descriptor is left; a link that stands goes on, another cannot be made and says so."""

    async def run() -> tuple[int, str]:
        scene = Scene(junctions=1, settle_s=5)
        cabinet = scene.place().cabinet
        async with CabinetServer({"J01": cabinet}, {"J01": Port()}).running() as server:
            links = [link_to(scene, server.ports["J01"], number=number) for number in range(2)]
            await links[0].round(None, 0.0, MONDAY_UTC_S)
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            with ExitStack() as taken:
                resource.setrlimit(resource.RLIMIT_NOFILE, (_open_files() + 8, hard))
                try:
                    _take_all(taken)
                    lost = 0
                    for second in range(1, 4):
                        server.advance(cabinet.now_ds + 10)
                        events = await links[0].round(None, float(second), MONDAY_UTC_S)
                        lost += any(isinstance(event, LinkChange) for event in events)
                    said = await links[1].round(None, 4.0, MONDAY_UTC_S)
                finally:
                    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for link in links:
                link.close()
        return lost, next((event.cause for event in said if isinstance(event, LinkChange)), "")

    lost, cause = asyncio.run(run())
    return Outcome(
        f"the link that stood answered three rounds; a new one: {cause or 'not told'}",
        (Figure("links lost", lost, timed=True), Figure("told", float(bool(cause)), 1.0, least=1.0, timed=True)),
        detect_s=1.0,
        safe_s=0.0,
    )


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _take_all(taken: ExitStack) -> None:
    while True:
        try:
            taken.enter_context(open("/dev/null", "rb"))  # noqa: PTH123, SIM115 - the stack closes it
        except OSError:
            return


def starved() -> Outcome:
    """F54: two busy loops beside a controller that keeps real time for fifteen seconds."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]

    async def run() -> tuple[list[float], int, tuple[str, ...]]:
        scene = Scene(junctions=4, settle_s=20)
        centre, late = scene.world.centre, []
        began, first_s = time.monotonic(), scene.now_s
        for second in range(1, 16):
            await asyncio.sleep(max(0.0, began + second - time.monotonic()))
            late.append(time.monotonic() - began - second)
            if centre is not None:
                scene.second()
        left = sum(len(place.watch.moves) for place in scene.world.places.values())
        assert scene.now_s == first_s + 15  # noqa: S101 - every second was taken
        return late, left, scene.outcome("").breaches

    try:
        late, left, breaches = asyncio.run(run())
    finally:
        for process in busy:
            process.kill()
            process.wait()
    worst = max(late)
    return Outcome(
        f"every second was taken, the latest {1000 * worst:.0f} ms late",
        (Figure("tick late, p99", worst, 0.5, "s", timed=True), Figure("cabinets that left remote", left)),
        detect_s=worst,
        breaches=breaches,
    )


ROWS: tuple[Row, ...] = (
    Row(
        "F45",
        "controller killed at random",
        "500 kills in the town, snapshot whole, damaged or gone",
        "restart to command 5 s; left remote 0 where the restart is shorter than the lease",
        killed_again_and_again,
    ),
    Row("F46", "controller stopped for 15 s", "stopped and let go on", "stale commands accepted 0", stopped),
    Row(
        "F47",
        "two controllers",
        "a second one is started by mistake for five minutes",
        "one owner at a time; one take-over a minute at most",
        two_controllers,
    ),
    Row(
        "F48",
        "wall clock leaps",
        "by an hour and back; by seconds while a plan changes",
        "lease error 0; duplicate plan changes 0",
        other_times,
    ),
    Row(
        "F51",
        "journal damaged",
        "a killed writer's files cut or flipped at 1000 offsets",
        "would not start 0; start within 5 s",
        damaged_journal,
        timed=True,
    ),
    Row(
        "F52",
        "out of memory",
        "RLIMIT_AS on a process",
        "ends in order, cabinets alone; no breach",
        out_of_memory,
        timed=True,
    ),
    Row(
        "F53",
        "out of file descriptors",
        "RLIMIT_NOFILE lowered to what is open",
        "links lost 0; told",
        out_of_files,
        timed=True,
    ),
    Row(
        "F54",
        "starved of processor time",
        "two busy loops beside a controller in real time",
        "tick at most 0.5 s late; no breach",
        starved,
        timed=True,
    ),
    Row(
        "F55",
        "crash loop",
        "a build that ends at its start",
        "3 restarts at most, then off",
        why_not="systemd holds it (StartLimitBurst=3 in 600 s, in the unit), and no systemd runs where tests do; "
        "the unit is judged by systemd-analyze in the tests",
    ),
)
