"""Does the interlock ever let pass what may never be, whatever is asked and whatever the cabinets say?

The oracle below is written from the engineered data alone, group by group; it shares nothing with the interlock. The
same histories must catch an interlock from which a rule was taken out, else they would prove nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from controller import (
    Aspect,
    CabinetMode,
    CabinetReport,
    GroupKind,
    Junction,
    Network,
    PermittedCommand,
    Reason,
    SignalGroup,
    Stage,
    StrategyParameters,
    interlock,
)
from controller.layout import build_layout
from controller.state import StageRequest
from tests.towns import every_day, timing

ASPECTS = (Aspect.RED, Aspect.GREEN, Aspect.AMBER, Aspect.RED_AMBER)
Second = tuple[int, tuple[Aspect, ...], bool]
"""Stage asked for, what the cabinet shows, whether it reports at all."""


@st.composite
def junctions(draw: st.DrawFn) -> Junction:
    """Junctions as a broken plan file might make them: stages with conflicts, intergreens shorter than the amber."""
    n = draw(st.integers(2, 5))
    groups = tuple(
        SignalGroup(f"K{k}", GroupKind.VEHICLE, draw(st.sampled_from([3.0, 5.0, 8.0])), 30.0, amber_s=3.0)
        for k in range(n)
    )
    pairs = draw(st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda p: p[0] < p[1])))
    gaps = {pair: draw(st.sampled_from([1.0, 3.0, 5.0])) for pair in sorted(pairs)}
    matrix = tuple(tuple(gaps.get((min(a, b), max(a, b))) for b in range(n)) for a in range(n))
    stages = draw(st.lists(st.sets(st.sampled_from([g.id for g in groups])), min_size=1, max_size=4))
    named = tuple(Stage(f"S{k}", tuple(sorted(stage))) for k, stage in enumerate(stages))
    return Junction("J", "J", groups, named, matrix, (), (), (timing("own", 60, 0, (0, 1)),))


@st.composite
def histories(draw: st.DrawFn) -> tuple[Junction, list[Second]]:
    """A junction and a minute of wishes and reports, sensible or not."""
    junction = draw(junctions())
    shown = st.tuples(*[st.sampled_from(ASPECTS) for _ in junction.groups])
    second = st.tuples(st.integers(-1, len(junction.stages) + 1), shown, st.booleans())
    return junction, draw(st.lists(second, min_size=1, max_size=20))


def run(junction: Junction, seconds: list[Second]) -> Iterator[tuple[float, tuple[Aspect, ...], PermittedCommand]]:
    """Each command that passes, with the time and what was last reported."""
    layout = build_layout(Network("t", (junction,), every_day((0, "own"))))
    memory = interlock.InterlockMemory.start(layout, 0.0)
    shown: tuple[Aspect, ...] | None = None
    for now, (stage, aspects, reports) in enumerate(seconds):
        if reports:
            shown = aspects
            report = CabinetReport(
                "J", CabinetMode.REMOTE, 0, 0, 0, aspects, 0, 0, 0, 9.0, accepted=True, result=1, min_green_left_s=99.0
            )
            interlock.hear(memory, [report], layout, float(now))
        request = StageRequest(np.array([stage]), np.array([int(Reason.PROGRAMME)]))
        commands, _ = interlock.permit(memory, request, np.array([True]), layout, StrategyParameters(), float(now))
        for command in commands:
            if shown is not None:
                yield float(now), shown, command


def breaks(junction: Junction, seconds: list[Second]) -> list[str]:
    """Every rule that a permitted change of stage breaks, judged from the data and the reports alone."""
    green_since: dict[int, float] = {}
    found: list[str] = []
    standing = 0
    commands = {now: (shown, command) for now, shown, command in run(junction, seconds)}
    for now, (_, aspects, reports) in enumerate(seconds):
        if reports:
            green_since = {k: green_since.get(k, now) for k, a in enumerate(aspects) if a is Aspect.GREEN}
        if now not in commands:
            continue
        shown, command = commands[now]
        if command.stage == standing:
            continue  # what stands was judged when it was asked for
        standing = command.stage
        if not 1 <= standing <= len(junction.stages):
            found.append("unknown stage")
            continue
        wanted = {k for k, g in enumerate(junction.groups) if g.id in junction.stages[standing - 1].groups}
        matrix = junction.intergreen_s
        if any(matrix[a][b] is not None for a in wanted for b in wanted if a != b):
            found.append("conflict")
        if any(now - since < junction.groups[k].min_green_s for k, since in green_since.items() if k not in wanted):
            found.append("minimum")
        moving = {k for k, a in enumerate(shown) if a is not Aspect.RED} - wanted
        starting = {k for k in wanted if shown[k] is not Aspect.GREEN}
        if any(
            (gap := matrix[a][b]) is not None and gap < junction.groups[a].closing_s for a in moving for b in starting
        ):
            found.append("intergreen")
    return found


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_nothing_passes_that_may_never_be(history: tuple[Junction, list[Second]]) -> None:
    """No conflict, no short minimum, no missing intergreen, no unknown stage, for any history."""
    assert breaks(*history) == []


@pytest.mark.parametrize(
    ("rule", "caught"),
    [
        (Reason.INTERLOCK_CONFLICT, "conflict"),
        (Reason.INTERLOCK_MINIMUM, "minimum"),
        (Reason.INTERLOCK_INTERGREEN, "intergreen"),
    ],
)
def test_histories_notice_when_a_rule_is_missing(rule: Reason, caught: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one rule taken out, generated histories break exactly what that rule guards."""
    monkeypatch.setattr(interlock, "RULES", tuple(entry for entry in interlock.RULES if entry[0] is not rule))
    try:
        find(
            histories(),
            lambda history: caught in breaks(*history),
            settings=settings(max_examples=5000, deadline=None, database=None, phases=[Phase.generate]),
        )
    except NoSuchExample:
        pytest.fail(f"the rule against {caught} can be removed and nobody notices")
