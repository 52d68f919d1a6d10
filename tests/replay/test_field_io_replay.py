"""Does a replayed journal give the same outputs to the last bit, and is the first difference named?"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from controller import CabinetMode, CabinetReport, ClockReading, Controller, DetectorReading, Input, StepResult
from controller.model import Aspect
from field_io.errors import JournalError
from field_io.journal import Journal
from field_io.journal_files import journal_in_file, journal_in_folder
from field_io.replay import Core, replay, restore_core
from field_io.segment import Head
from plans import Bundle, load_site
from tests.site_builder import make_site

MONDAY_UTC_S = 1767546000.0


def run(journal: Journal, controller: Controller, bundle: Bundle, first: int, last: int) -> None:
    """A street of sorts: every cabinet in stage 1, a vehicle now and then."""
    for second in range(first, last + 1):
        now_s = float(second)
        inputs: list[Input] = [ClockReading(MONDAY_UTC_S + now_s, 25200)] if second == first else []
        for row, junction in enumerate(controller.network.junctions):
            green = junction.stages[0].groups
            aspects = tuple(Aspect.GREEN if group.id in green else Aspect.RED for group in junction.groups)
            report = CabinetReport(
                junction.id, CabinetMode.REMOTE, 0, 1, 0, aspects, second * 1000, 0, 0, 9.5, accepted=True, result=1
            )
            count = int((second * 7 + row) % 5 == 0)
            loops = tuple(loop.id for loop in junction.loops)
            reading = DetectorReading(
                junction.id, now_s - 1, now_s, loops, (count,) * len(loops), (count * 300,) * len(loops)
            )
            inputs += [report, reading]
        journal.begin_step(now_s, inputs)
        result = controller.step(now_s, inputs)
        journal.end_step(result, controller.snapshot() if journal.wants_snapshot else None)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return make_site()


def make_head(bundle: Bundle, strategy: str) -> Head:
    return Head("testtown", bundle.to_json(), strategy, now_s=0.0, utc_s=MONDAY_UTC_S)


@pytest.mark.parametrize("strategy", ["fixed_time", "actuated"])
def test_a_journal_replays_to_the_last_bit(tmp_path: Path, bundle: Bundle, strategy: str) -> None:
    controller = Controller(load_site(bundle).network, strategy)
    path = tmp_path / "run.journal"
    journal = journal_in_file(path, make_head(bundle, strategy), controller.snapshot())
    run(journal, controller, bundle, 1, 200)
    journal.close()
    report = replay(path)
    assert (report.identical, report.steps, report.segments) == (True, 200, 1)


def test_every_segment_of_a_folder_replays_on_its_own(tmp_path: Path, bundle: Bundle) -> None:
    controller = Controller(load_site(bundle).network)
    journal = journal_in_folder(
        tmp_path,
        make_head(bundle, "fixed_time"),
        controller.snapshot(),
        segment_bytes=100_000,
        max_bytes=10**8,
        durable=False,
    )
    run(journal, controller, bundle, 1, 400)
    journal.close()
    report = replay(tmp_path)
    assert report.identical
    assert report.segments > 1
    assert report.steps == 400
    last = max(tmp_path.glob("*.sqlite"))
    assert replay(last).identical


class Meddler:
    """The core, but in one second it does something else."""

    def __init__(self, core: Core, second: float) -> None:
        self.core, self.second = core, second

    def step(self, now_s: float, inputs: Sequence[Input]) -> StepResult:
        result = self.core.step(now_s, inputs)
        if now_s != self.second:
            return result
        first = replace(result.commands[0], min_green_s=result.commands[0].min_green_s + 1e-12)
        return replace(result, commands=(first, *result.commands[1:]))


def test_the_first_difference_is_named(tmp_path: Path, bundle: Bundle) -> None:
    controller = Controller(load_site(bundle).network)
    path = tmp_path / "run.journal"
    journal = journal_in_file(path, make_head(bundle, "fixed_time"), controller.snapshot())
    run(journal, controller, bundle, 1, 60)
    journal.close()
    report = replay(path, lambda head, snapshot: Meddler(restore_core(head, snapshot), 42.0))
    assert not report.identical
    assert report.steps == 42
    assert report.difference is not None
    assert (report.difference.now_s, report.difference.what) == (42.0, "command 1 (J01)")
    assert report.difference.recorded != report.difference.replayed
    assert "run.journal, step 42 at 42 s: command 1 (J01) differs" in str(report.difference)


def test_a_run_that_was_killed_within_a_step_replays_up_to_there(tmp_path: Path, bundle: Bundle) -> None:
    controller = Controller(load_site(bundle).network)
    path = tmp_path / "run.journal"
    journal = journal_in_file(path, make_head(bundle, "fixed_time"), controller.snapshot())
    run(journal, controller, bundle, 1, 20)
    journal.begin_step(21.0, ())
    journal.close()
    report = replay(path)
    assert (report.identical, report.steps) == (True, 20)
    assert any("ended within step 21" in note for note in report.notes)


def test_a_journal_of_a_site_that_cannot_be_taken_up_says_so(tmp_path: Path, bundle: Bundle) -> None:
    path = tmp_path / "run.journal"
    journal_in_file(path, replace(make_head(bundle, "fixed_time"), bundle="{}"), b"").close()
    with pytest.raises(JournalError, match="cannot be taken up again"):
        replay(path)
    journal_in_file(path, make_head(bundle, "fixed_time"), b"not a snapshot").close()
    with pytest.raises(JournalError, match="cannot be taken up again"):
        replay(path)
    with pytest.raises(JournalError, match="there is no segment in this folder"):
        replay(tmp_path)
