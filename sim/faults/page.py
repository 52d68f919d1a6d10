"""The page of the docs on a long run: each seed in a row, what was reached, what was broken, and what was not run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from field_io.registers import ResultCode
from sim.faults.campaign import CampaignResult, CampaignSettings
from sim.faults.kinds import KINDS
from sim.faults.nemesis import CYCLE_S, STORM_S

_HEAD = ("seed", "strategy", "junctions", "hours", "faults", "kinds", "breaches", "longest wait [s]", "blocks taken",
         "refused", "believed wrongly", "times real time")  # fmt: skip


def long_run_page(results: Sequence[CampaignResult], asked: Sequence[CampaignSettings], on: date) -> str:
    """The page as Markdown; `asked` also names what was not run."""
    return "\n\n".join(_parts(sorted(results, key=lambda one: one.settings.seed), asked, on)) + "\n"


def _parts(results: Sequence[CampaignResult], asked: Sequence[CampaignSettings], on: date) -> Iterator[str]:
    hours = sum(one.settings.hours for one in results)
    broken = sum((one.breaches_by_invariant for one in results), Counter[str]())
    yield "# Long runs of the town of faults"
    yield (
        f"Made by `make faults-long` (`python -m sim.faults --page`) on {on.isoformat()}. The real controller, codecs "
        f"and cabinets under a virtual clock; {STORM_S // 60} minutes of faults of the groups A to E in each hour "
        f"({len(KINDS)} kinds), then {(CYCLE_S - STORM_S) // 60} of peace in which everything must come back. S1-S7, "
        "S9 and S10 are asked at every scan and every write, L1 to L3 in every second; S8 and L4, where a journal was "
        "kept, of every command that a cabinet took and of every start, and the files are read again whenever a centre "
        "dies. One seed is one run: any row can be run again. "
        "Times real time are simulated seconds in a second of one processor, on a machine that "
        "others used too."
    )
    told = ", ".join(f"{count} of {name}" for name, count in sorted(broken.items())) or "0"
    yield f"**{len(results)} of {len(asked)} seeds, {hours:g} simulated hours: breaches {told}.**"
    yield _table(_HEAD, [_row(one) for one in results])
    recoveries = sum((one.recoveries for one in results), Counter[str]())
    yield (
        f"L2 was asked at the end of each hour's peace, of {recoveries['asked']} junctions; {recoveries['hold-off']} "
        "had fallen again and again, and were still within their doubled hold-off."
    )
    yield from _missing(results, asked)
    yield from _reached(results)
    yield from _broken(results)


def _row(one: CampaignResult) -> tuple[str, ...]:
    settings = one.settings
    return (
        str(settings.seed), settings.strategy, str(settings.junctions), f"{settings.hours:g}", str(one.faults.total()),
        str(len(one.faults)), str(len(one.breaches)), f"{one.worst_wait_s:.0f}", str(one.blocks[0]), str(one.blocks[1]),
        str(one.believed_wrongly), f"{one.realtime_factor:.0f}",
    )  # fmt: skip


def _missing(results: Sequence[CampaignResult], asked: Sequence[CampaignSettings]) -> Iterator[str]:
    done = {one.settings for one in results}
    left = [f"seed {one.seed} ({one.strategy}, {one.hours:g} h)" for one in asked if one not in done]
    if left:
        yield f"Not run: {', '.join(left)}."


def _reached(results: Sequence[CampaignResult]) -> Iterator[str]:
    modes = sum((one.modes for one in results), Counter[str]())
    answers = sum((one.answers for one in results), Counter[int]())
    kinds = sum((one.faults for one in results), Counter[str]())
    yield "## What was reached"
    yield _table(
        ("state", "junction minutes"), [(name.lower().replace("_", " "), str(n)) for name, n in modes.most_common()]
    )
    yield _table(("answer to a block", "times"), [(_answer(code), str(n)) for code, n in answers.most_common()])
    journal = sum((one.journal for one in results), Counter[str]())
    if journal:
        yield _table(("journal", "times"), [(what, str(n)) for what, n in journal.most_common()])
    yield _table(("fault", "group", "times"), [(kind, KINDS[kind].group, str(n)) for kind, n in kinds.most_common()])


def _answer(code: int) -> str:
    return f"exception {-code:02}" if code < 0 else ResultCode(code).name.lower().replace("_", " ")


def _broken(results: Sequence[CampaignResult]) -> Iterator[str]:
    told = [
        f"- seed {one.settings.seed}, {breach.at_s:.1f} s, {breach.junction}: {breach.invariant}, {breach.seen}"
        for one in results
        for breach in one.breaches[:20]
    ]
    if told:
        yield "## Breaches"
        yield "\n".join(told)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---" for _ in head], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
