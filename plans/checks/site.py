"""Junctions, cabinets and the site against each other: numbers, references, addresses, equal safety data."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from plans.checks.signals import unknown
from plans.findings import Problem, Severity
from plans.programme import split_starts, wanted_sets
from plans.reading import SITE, SiteFiles
from plans.safety_hash import NO_INTERGREEN, GroupRow, SafetyTable, safety_table
from plans.schema import CabinetFile, JunctionFile, JunctionTiming, StageTiming
from plans.zone import UnknownZoneError, standard_offset_s

TIME_KEYS = ("min_green_s", "max_green_s", "amber_s", "red_amber_s", "clearance_s")
"""Keys of a cabinet's safety group in the order of a row of the safety table."""


def cross_problems(files: SiteFiles) -> Iterator[Problem]:
    """Where the files of junctions, cabinets and the site contradict each other."""
    yield from _zone_problems(files)
    yield from _reference_problems(files)
    yield from _unique_problems(files)
    for name, junction in files.junctions.files.items():
        cabinet = files.cabinets.files.get(junction.cabinet)
        if cabinet is not None:
            yield from _pair_problems(name, junction, f"cabinets/{junction.cabinet}.yaml", cabinet)
            yield from _stuck_problems(files, name, f"cabinets/{junction.cabinet}.yaml", cabinet)
    for name, cabinet in files.cabinets.files.items():
        yield from _site_problems(files, f"cabinets/{name}.yaml", cabinet)


def _zone_problems(files: SiteFiles) -> Iterator[Problem]:
    """A zone by name says the same standard time as `utc_offset_s`, which the cabinets have too."""
    if files.site is None or not files.site.time_zone:
        return
    name = files.site.time_zone
    try:
        offset_s = standard_offset_s(name)
    except UnknownZoneError:
        message = f"there is no time zone {name}; write one of the IANA database, such as Asia/Bangkok, or leave it out"
        yield Problem(SITE, ("time_zone",), message)
        return
    if offset_s != files.site.utc_offset_s:
        own_s = files.site.utc_offset_s
        message = f"standard time of {name} is UTC {offset_s:+} s, and utc_offset_s is {own_s}; make them equal"
        yield Problem(SITE, ("time_zone",), message)


def _reference_problems(files: SiteFiles) -> Iterator[Problem]:
    owner: dict[str, str] = {}
    for name, junction in files.junctions.files.items():
        file = f"junctions/{name}.yaml"
        for index, neighbour in enumerate(junction.neighbours):
            path = ("neighbours", index)
            if neighbour == name:
                yield Problem(file, path, f"{name} cannot be its own neighbour; remove it")
            elif not files.junctions.knows(neighbour):
                yield unknown(file, path, neighbour, files.junctions.files, "junction")
            elif neighbour in junction.neighbours[:index]:
                yield Problem(file, path, f"{neighbour} stands twice; remove one")
        if not files.cabinets.knows(junction.cabinet):
            where = f" (cabinets/{junction.cabinet}.yaml)"
            yield unknown(file, ("cabinet",), junction.cabinet, files.cabinets.files, "cabinet", where=where)
        elif junction.cabinet in owner:
            message = f"the cabinet {junction.cabinet} is that of {owner[junction.cabinet]}; each junction has its own"
            yield Problem(file, ("cabinet",), message)
        owner.setdefault(junction.cabinet, name)
    for name in files.cabinets.files:
        if name not in owner and not files.junctions.unreadable:
            message = f"no junction names the cabinet {name}; name it in one (`cabinet: {name}`), or remove the file"
            yield Problem(f"cabinets/{name}.yaml", (), message, Severity.WARNING)


def _unique_problems(files: SiteFiles) -> Iterator[Problem]:
    numbers = [(f"junctions/{name}.yaml", junction.number) for name, junction in files.junctions.files.items()]
    yield from _twice(numbers, ("number",), "the junction number")
    cabinets = [(f"cabinets/{name}.yaml", cabinet) for name, cabinet in files.cabinets.files.items()]
    yield from _twice([(file, cabinet.number) for file, cabinet in cabinets], ("number",), "the cabinet number")
    addresses = [(file, cabinet.address) for file, cabinet in cabinets]
    ports = [(file, f"{address.host}:{address.port} unit {address.unit}") for file, address in addresses]
    yield from _twice(ports, ("address",), "the address")


def _twice(values: Sequence[tuple[str, Hashable]], path: tuple[str, ...], what: str) -> Iterator[Problem]:
    first: dict[Hashable, str] = {}
    for file, value in values:
        if value in first:
            yield Problem(file, path, f"{what} {value} is that of {first[value]} too; each needs its own")
        first.setdefault(value, file)


def _site_problems(files: SiteFiles, file: str, cabinet: CabinetFile) -> Iterator[Problem]:
    if files.site is None:
        return
    if cabinet.utc_offset_s != files.site.utc_offset_s:
        message = (
            f"{cabinet.utc_offset_s} s is not the site's {files.site.utc_offset_s} s; make them equal, else the local "
            "plan runs out of step"
        )
        yield Problem(file, ("utc_offset_s",), message)
    lease_s = files.site.parameters.lease_s
    if lease_s > cabinet.lease_max_s:
        message = f"{cabinet.lease_max_s:g} s is less than lease_s of site.yaml, {lease_s:g} s; at least that"
        yield Problem(file, ("lease_max_s",), message)


def _stuck_problems(files: SiteFiles, junction_id: str, file: str, cabinet: CabinetFile) -> Iterator[Problem]:
    for plan, timing in files.timings.files.items():
        own = timing.junctions.get(junction_id)
        if own is None:
            continue
        longest_s = _longest_step_s(own)
        if longest_s is not None and longest_s >= cabinet.stuck_request_s:
            message = (
                f"the plan {plan} asks for one stage for {longest_s} s; longer than that, else the cabinet gives up"
            )
            yield Problem(file, ("stuck_request_s",), message)


def _longest_step_s(timing: JunctionTiming) -> int | None:
    """How long one stage is asked for at most [s]; None where nothing ever switches."""
    if isinstance(timing, StageTiming):
        at_s = [at for at, _ in split_starts(timing)]
    else:
        at_s = [wanted.at_s for wanted in wanted_sets(timing)]
    if len(at_s) < 2:
        return None
    return max((after - at) % timing.cycle_s for at, after in zip(at_s, [*at_s[1:], at_s[0]], strict=True))


def _pair_problems(name: str, junction: JunctionFile, file: str, cabinet: CabinetFile) -> Iterator[Problem]:
    if cabinet.junction_number != junction.number:
        message = (
            f"{cabinet.junction_number} is not the number of junctions/{name}.yaml, {junction.number}; make them equal"
        )
        yield Problem(file, ("junction_number",), message)
    known = {loop.id: loop for loop in junction.loops}
    for index, loop in enumerate(cabinet.loops):
        if loop not in known:
            yield unknown(file, ("loops", index), loop, known, "loop", where=f" in junctions/{name}.yaml")
    roles = [known[loop].role == "stop_line" for loop in cabinet.loops if loop in known]
    if roles != sorted(roles, reverse=True):
        message = "stop-line loops come first (TSC-MB/1.0, IR 12): only the first 16 are counted"
        yield Problem(file, ("loops",), message, Severity.WARNING)
    yield from _safety_differences(f"junctions/{name}.yaml", safety_table(junction), file, safety_table(cabinet))


def _safety_differences(source: str, wanted: SafetyTable, file: str, own: SafetyTable) -> Iterator[Problem]:
    if wanted == own:
        return
    if not _same_names(wanted.groups, own.groups):
        yield _order_problem(source, [row[0] for row in wanted.groups], file, [row[0] for row in own.groups], "groups")
        return
    for index, (theirs, ours) in enumerate(zip(wanted.groups, own.groups, strict=True)):
        yield from _row_differences(source, theirs, file, ours, index)
    yield from _intergreen_differences(source, wanted, file, own)
    stages, own_stages = [stage for stage, _ in wanted.stages], [stage for stage, _ in own.stages]
    if stages != own_stages:
        yield _order_problem(source, stages, file, own_stages, "stages")
        return
    for index, ((stage, theirs_mask), (_, mask)) in enumerate(zip(wanted.stages, own.stages, strict=True)):
        if mask != theirs_mask:
            groups = ", ".join(row[0] for bit, row in enumerate(wanted.groups) if theirs_mask >> bit & 1) or "none"
            message = f"stage {stage} has other groups in {source}: {groups}; make them equal"
            yield Problem(file, ("safety", "stages", index, "groups"), message)


def _same_names(theirs: tuple[GroupRow, ...], ours: tuple[GroupRow, ...]) -> bool:
    return [row[0] for row in theirs] == [row[0] for row in ours]


def _order_problem(source: str, theirs: list[str], file: str, ours: list[str], what: str) -> Problem:
    missing = [name for name in theirs if name not in ours]
    extra = [name for name in ours if name not in theirs]
    parts = [f"{', '.join(missing)} missing"] if missing else []
    parts += [f"{', '.join(extra)} not there"] if extra else []
    told = "; ".join(parts) or "in another order"
    message = f"not the {what} of {source} ({told}); make them equal, in this order: {', '.join(theirs)}"
    return Problem(file, ("safety", what), message)


def _row_differences(source: str, theirs: GroupRow, file: str, ours: GroupRow, index: int) -> Iterator[Problem]:
    path = ("safety", "groups", index)
    if ours[1] != theirs[1]:
        yield Problem(
            file, (*path, "kind"), f"{ours[0]} is {ours[1]} here and {theirs[1]} in {source}; make them equal"
        )
        return
    for key, their_ds, own_ds in zip(TIME_KEYS, theirs[2:], ours[2:], strict=True):
        if their_ds != own_ds:
            message = (
                f"{ours[0]} has {int(own_ds) / 10:g} s here and {int(their_ds) / 10:g} s in {source}; make them equal"
            )
            yield Problem(file, (*path, key), message)


def _intergreen_differences(source: str, wanted: SafetyTable, file: str, own: SafetyTable) -> Iterator[Problem]:
    ids = [row[0] for row in own.groups]
    for ending, their_row, own_row in zip(ids, wanted.intergreen_ds, own.intergreen_ds, strict=True):
        for starting, their_ds, own_ds in zip(ids, their_row, own_row, strict=True):
            if their_ds != own_ds:
                here, there = _intergreen_words(own_ds), _intergreen_words(their_ds)
                message = f"intergreen {ending} to {starting}: {here} here and {there} in {source}; make them equal"
                yield Problem(file, ("safety", "intergreens", ending, starting), message)


def _intergreen_words(time_ds: int) -> str:
    return "none" if time_ds == NO_INTERGREEN else f"{time_ds / 10:g} s"
