"""From journals to a run's record: stretches of it read by as many processes as there are cores, then put together."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from console.report.record import DAY_S, RunRecord
from controller import Aspect, Network, same_town
from field_io.errors import JournalError
from field_io.journal_columns import GAP_S, INTERVAL_S, Columns, read_columns
from field_io.journal_files import segment_paths
from field_io.segment import Head, Segment
from plans import Bundle, PlanError, load_site

STRETCH_STEPS = 14_400
"""Four hours: long enough that a process has something to do, short enough that a week keeps every core busy."""

Progress = Callable[[int, int], None]
"""Is called with the stretches read and all of them."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some steps of one segment."""

    path: Path
    network: Network
    first: int
    last: int
    shift_s: float


def read_run(path: Path, jobs: int | None = None, progress: Progress = lambda _done, _of: None) -> RunRecord:
    """Read a journal: a file, a service's folder of segments, or the folder of a simulation with one journal in it.

    `jobs` processes, as many as there are cores where None. Raises JournalError.
    """
    paths = journals_of(path)
    head, network, notes = _town(paths)
    midnight_s = (head.utc_s + network.utc_offset_s) // DAY_S * DAY_S
    shift_s = head.utc_s + network.utc_offset_s - midnight_s - head.now_s
    stretches = []
    for segment_path in paths:
        found, said = _stretches(segment_path, network, head, shift_s)
        stretches += found
        notes += said
    parts = list(_read(stretches, jobs or os.cpu_count() or 1, progress))
    if not any(part.steps for part in parts):
        raise JournalError(str(path), "there is no step in it: nothing ran")
    date = dt.datetime.fromtimestamp(midnight_s, dt.UTC).date()
    return put_together([part for part in parts if part.steps], network, head, date, tuple(notes))


def journals_of(path: Path) -> list[Path]:
    """The files of a journal, oldest first; raises JournalError where there are none, or those of several runs."""
    if not path.is_dir():
        return [path]
    if segments := segment_paths(path):
        return segments
    found = sorted(path.glob("*.journal"))
    if not found:
        raise JournalError(str(path), "there is no journal in this folder")
    if len(found) > 1:
        names = ", ".join(each.name for each in found)
        raise JournalError(str(path), f"there are several runs in this folder: name one of {names}")
    return found


def _town(paths: Sequence[Path]) -> tuple[Head, Network, list[tuple[str, str]]]:
    """The first head, the town with every plan that ran, and a note of each deployment; raises JournalError.

    Of a plan that was deployed again, the report knows the last form.
    """
    with Segment.reading(paths[0]) as segment:
        first = segment.head
    network, bundle = _network(paths[0], first.bundle), first.bundle
    notes = []
    for path in paths[1:]:
        with Segment.reading(path) as segment:
            head = segment.head
        if head.bundle == bundle:
            continue
        after, bundle = _network(path, head.bundle), head.bundle
        if not same_town(network, after):
            raise JournalError(
                str(path), "another site than at the journal's begin: report each part by naming its file"
            )
        said = f"from second {head.now_s:.0f} on other plans ran; of plans with one name the last is drawn"
        notes.append(("plans", said))
        network = _with_plans_of(after, network)
    return first, network, notes


def _network(path: Path, bundle: str) -> Network:
    try:
        return load_site(Bundle.from_json(bundle)).network
    except (PlanError, ValueError) as error:
        raise JournalError(str(path), f"its site cannot be read: {error}") from error


def _with_plans_of(network: Network, before: Network) -> Network:
    """The network with the plans that it no longer has, so that what ran can be told by name."""
    junctions = []
    for junction, old in zip(network.junctions, before.junctions, strict=True):
        known = {timing.plan for timing in junction.timings}
        gone = tuple(timing for timing in old.timings if timing.plan not in known)
        timings = tuple(sorted((*junction.timings, *gone), key=lambda timing: timing.plan))
        junctions.append(replace(junction, timings=timings))
    return replace(network, junctions=tuple(junctions))


def _stretches(
    path: Path, network: Network, first: Head, shift_s: float
) -> tuple[list[Stretch], list[tuple[str, str]]]:
    with Segment.reading(path) as segment:
        head = segment.head
        # A service that was restarted counts control time anew: what stays is civil time.
        shift_s += (head.utc_s - head.now_s) - (first.utc_s - first.now_s)
        last, _ = segment.last_step()
        notes = [(kind, text) for _, kind, text in segment.notes()]
    starts = range(head.first_step, last + 1, STRETCH_STEPS)
    return [Stretch(path, network, start, min(start + STRETCH_STEPS - 1, last), shift_s) for start in starts], notes


def _read(stretches: Sequence[Stretch], jobs: int, progress: Progress) -> Iterator[Columns]:
    if jobs <= 1 or len(stretches) <= 1:
        for done, stretch in enumerate(stretches, start=1):
            yield read_stretch(stretch)
            progress(done, len(stretches))
        return
    context = multiprocessing.get_context("spawn")  # forked threads are not safe
    with ProcessPoolExecutor(min(jobs, len(stretches)), mp_context=context) as pool:
        for done, columns in enumerate(pool.map(read_stretch, stretches), start=1):
            yield columns
            progress(done, len(stretches))


def read_stretch(stretch: Stretch) -> Columns:
    """One stretch; raises JournalError."""
    return read_columns(stretch.path, stretch.network, stretch.first, stretch.last, stretch.shift_s)


def put_together(
    parts: Sequence[Columns], network: Network, head: Head, date: dt.date, notes: tuple[tuple[str, str], ...]
) -> RunRecord:
    """One record of successive stretches."""
    n_loops = sum(len(junction.loops) for junction in network.junctions)
    gaps = [(one.end_s, other.begin_s) for one, other in pairwise(parts) if other.begin_s - one.end_s > GAP_S]
    n_groups = sum(len(junction.groups) for junction in network.junctions)
    lamp_s, lamp_group, lamp_aspect = _sorted(
        np.concatenate([_joined(parts, "lamp_group"), np.tile(np.arange(n_groups), len(gaps))]),
        np.concatenate([_joined(parts, "lamp_s"), np.repeat([begin_s for begin_s, _ in gaps], n_groups)]),
        np.concatenate([_joined(parts, "lamp_aspect"), np.full(n_groups * len(gaps), int(Aspect.UNKNOWN))]),
    )
    edge_s, edge_loop, edge_on = _sorted(
        _joined(parts, "edge_loop"), _joined(parts, "edge_s"), _joined(parts, "edge_on")
    )
    order = np.lexsort((_joined(parts, "stage_s"), _joined(parts, "stage_junction")))
    intervals = _joined(parts, "heard_interval")
    first = int(intervals.min()) if intervals.size else int(parts[0].begin_s // INTERVAL_S)
    n_intervals = int(intervals.max()) - first + 1 if intervals.size else 1
    counts = np.zeros((n_intervals, n_loops), np.int64)
    np.add.at(
        counts, (_joined(parts, "count_interval") - first, _joined(parts, "count_loop")), _joined(parts, "count_veh")
    )
    heard = np.zeros((n_intervals, len(network.junctions)), np.int64)
    np.add.at(heard, (intervals - first, _joined(parts, "heard_junction")), _joined(parts, "heard_readings"))
    return RunRecord(
        network=network,
        head=head,
        date=date,
        begin_s=parts[0].begin_s,
        end_s=parts[-1].end_s,
        steps=sum(part.steps for part in parts),
        lamp_s=lamp_s,
        lamp_group=lamp_group,
        lamp_aspect=lamp_aspect,
        edge_s=edge_s,
        edge_loop=edge_loop,
        edge_on=edge_on.astype(bool),
        interval_s=INTERVAL_S,
        first_interval=first,
        counts=counts,
        heard=heard,
        mode_s=_joined(parts, "mode_s"),
        mode_junction=_joined(parts, "mode_junction"),
        mode=_joined(parts, "mode"),
        stage_s=_joined(parts, "stage_s")[order],
        stage_junction=_joined(parts, "stage_junction")[order],
        stage=_joined(parts, "stage")[order],
        stage_reason=_joined(parts, "stage_reason")[order],
        decisions=tuple(row for part in parts for row in part.decisions),
        alarms=tuple(row for part in parts for row in part.alarms),
        gaps=tuple(sorted({*gaps, *(gap for part in parts for gap in part.gaps)})),
        late=tuple(row for part in parts for row in part.late),
        notes=notes,
    )


def _joined(parts: Sequence[Columns], name: str) -> npt.NDArray[Any]:
    return np.concatenate([getattr(part, name) for part in parts])


def _sorted(owner: npt.NDArray[Any], at_s: npt.NDArray[Any], value: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
    """Rows by owner, then time; a row that repeats its owner's last value is dropped."""
    order = np.lexsort((at_s, owner))
    owner, at_s, value = owner[order], at_s[order], value[order]
    new = np.ones(owner.size, bool)
    new[1:] = (owner[1:] != owner[:-1]) | (value[1:] != value[:-1])
    return at_s[new], owner[new], value[new]
