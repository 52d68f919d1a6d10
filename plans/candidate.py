"""A plan candidate from what a person did by hand: the stages and how long they had, as a timing file with reasons.

A candidate is a proposal: it has its own name, no calendar uses it, and it is checked, simulated and compared like any
other plan before a street sees it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from controller.model import Junction
from plans.bundle import Bundle
from plans.findings import Finding, Severity
from plans.load import check_site
from plans.reading import read_site
from plans.schema import StageTiming, TimingFile
from plans.yaml_dump import dump_yaml


class CandidateError(ValueError):
    """What was done by hand cannot be made into a plan; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Served:
    """A stage as it was served by hand: every time it came, how long it had [s], interstage into it included."""

    stage: str
    lengths_s: tuple[float, ...]

    @property
    def mean_s(self) -> float:
        return statistics.fmean(self.lengths_s)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A timing file, ready to be written, and what `check` says of it."""

    file: str
    text: str
    findings: tuple[Finding, ...]


def make_candidate(
    bundle: Bundle, junction: Junction, served: Sequence[Served], *, name: str, like: str, origin: str
) -> Candidate:
    """The plan `name`: as the plan `like` at every junction but this one, which gets the greens given by hand.

    `served` has the stages in the order in which they came; `origin` says where they come from. Raises CandidateError
    where the site has no such plan, knows the name already, or the plan would break its rules.
    """
    timings = read_site(bundle).timings.files
    if name in timings or f"timings/{name}.yaml" in bundle.files:
        raise CandidateError(f"timings/{name}.yaml is there already: give the candidate another name")
    base = timings.get(like)
    if base is None:
        raise CandidateError(f"the site has no plan {like!r}: one of {', '.join(timings)}")
    own = base.junctions.get(junction.id)
    if not isinstance(own, StageTiming):
        raise CandidateError(f"plan {like} has no timing by stages at {junction.id}: name another with --like")
    splits, reasons = _splits(junction, own, {stage.stage: stage for stage in served}, [s.stage for s in served])
    cycle_s = sum(split for _, split in splits)
    timing = own.model_dump(exclude_defaults=True) | {
        "cycle_s": cycle_s,
        "offset_s": own.offset_s % cycle_s,
        "splits": [{"stage": stage, "split_s": split} for stage, split in splits],
    }
    value = base.model_dump(exclude_defaults=True) | {"plan": name, "name": f"Candidate by hand, else as {like}"}
    value["junctions"] = {**value["junctions"], junction.id: timing}
    text = _with_reasons(dump_yaml(TimingFile.model_validate(value)), junction.id, origin, reasons)
    file = f"timings/{name}.yaml"
    findings = tuple(found for found in check_site(Bundle({**bundle.files, file: text})) if found.file == file)
    errors = [str(found) for found in findings if found.severity is Severity.ERROR]
    if errors:
        raise CandidateError("what was done by hand makes no lawful plan:\n" + "\n".join(errors))
    return Candidate(file, text, findings)


def _splits(
    junction: Junction, own: StageTiming, served: Mapping[str, Served], order: Sequence[str]
) -> tuple[list[tuple[str, int]], list[str]]:
    """Stages with their splits [s], and a reason for each block.

    Steps that only lead from one stage to the next keep their length, and with them the order of the plan before:
    where there are none, the order is that of the hand.
    """
    blocks = _blocks(junction, own)
    leads = any(len(block) > 1 for block in blocks)
    if not leads:
        by_stage = {block[0][0]: block for block in blocks}
        first = list(dict.fromkeys(stage for stage in order if stage in by_stage))
        blocks = [by_stage[stage] for stage in (*first, *(s for s in by_stage if s not in first))]
    splits, reasons = [], []
    for place, block in enumerate(blocks):
        (stage, split_s), tail = block[0], block[1:]
        tail_s = sum(length for _, length in tail)
        hand = served.get(stage)
        before = blocks[place - 1][-1][0]
        least_s = _least_s(junction, before, stage, tail)
        wanted_s = round(hand.mean_s) - tail_s if hand else 0
        length_s = max(wanted_s, least_s, 2)
        splits += [(stage, length_s), *tail]
        reasons.append(_reason(stage, hand, length_s + tail_s, split_s + tail_s, short=length_s > wanted_s))
    return splits, reasons


def _blocks(junction: Junction, own: StageTiming) -> list[list[tuple[str, int]]]:
    """Each stage that may be chosen, with the steps that follow it and only lead on."""
    selectable = {stage.id: stage.selectable for stage in junction.stages}
    blocks: list[list[tuple[str, int]]] = []
    for split in own.splits:
        if selectable[split.stage] or not blocks:
            blocks.append([])
        blocks[-1].append((split.stage, split.split_s))
    return blocks


def _least_s(junction: Junction, before: str, stage: str, tail: Sequence[tuple[str, int]]) -> int:
    """The least that a stage needs after the one before: intergreen and minimum of who gains green in it [s].

    Who goes on in the steps that follow it has that time too; a crossing that ends there has not.
    """
    groups = {each.id: set(each.groups) for each in junction.stages}
    index = junction.group_index()
    ending, least_s = groups[before] - groups[stage], 0.0
    for group in groups[stage] - groups[before]:
        gap_s = max((junction.intergreen_s[index[end]][index[group]] or 0.0 for end in ending), default=0.0)
        goes_on_s = _goes_on_s(group, [(groups[step], length_s) for step, length_s in tail])
        least_s = max(least_s, gap_s + junction.groups[index[group]].min_green_s - goes_on_s)
    return math.ceil(least_s)


def _goes_on_s(group: str, steps: Sequence[tuple[set[str], int]]) -> int:
    """How long a group keeps its green in successive steps, each the groups that it shows and its length [s]."""
    return sum(length_s for _, length_s in takewhile(lambda step: group in step[0], steps))


def _reason(stage: str, hand: Served | None, length_s: int, before_s: int, *, short: bool) -> str:
    if hand is None:
        return f"{stage} {length_s} s: never served by hand, so the least it needs (before: {before_s} s)"
    low, high = min(hand.lengths_s), max(hand.lengths_s)
    times = len(hand.lengths_s)
    seen = f"by hand {times} time{'s' * (times != 1)}, {low:.0f} to {high:.0f} s, mean {hand.mean_s:.0f} s"
    raised = "; raised to the least it needs" if short else ""
    return f"{stage} {length_s} s: {seen}{raised} (before: {before_s} s)"


def _with_reasons(text: str, junction: str, origin: str, reasons: Sequence[str]) -> str:
    head = [
        f"# Candidate made from a manual period: {origin}.",
        "# It is a proposal: check it, simulate it and compare it with the plan before it is used.",
    ]
    lines = []
    for line in text.splitlines():
        if line == f"  {junction}:":
            lines += [f"  # {reason}" for reason in reasons]
        lines.append(line)
    return "\n".join([*head, *lines, ""])
