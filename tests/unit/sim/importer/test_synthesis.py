"""Are the stages that an import adds compatible, as large as they can be, and no more than a cabinet holds?"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from controller.model import MAX_STAGES, Stage
from plans import load_site
from sim.importer import import_sumo
from sim.importer.conflicts import Conflicts
from sim.importer.synthesis import with_compatible_stages


def conflicts(*pairs: tuple[str, str]) -> Conflicts:
    """Both orders of each pair."""
    return Conflicts(frozenset({*pairs, *((b, a) for a, b in pairs)}), ())


def test_two_turns_of_opposite_roads_that_the_programme_never_shows_together() -> None:
    """K1 and K2 go straight, K3 and K4 turn across the other: the programme has both straight, then each road alone."""
    told = conflicts(("K1", "K4"), ("K2", "K3"))
    own = (Stage("S1", ("K1", "K2")), Stage("S2", ("K1", "K3")), Stage("S3", ("K2", "K4")))
    made = with_compatible_stages(own, ("K1", "K2", "K3", "K4"), told)
    assert made[:3] == own
    assert made[3:] == (Stage("X1", ("K3", "K4")),)


@given(
    st.integers(2, 12).flatmap(
        lambda n: st.tuples(st.just(n), st.sets(st.sampled_from(list(combinations(range(n), 2)))))
    )
)
def test_every_stage_added_is_compatible_and_cannot_be_widened(case: tuple[int, set[tuple[int, int]]]) -> None:
    count, pairs = case
    order = [f"K{number}" for number in range(count)]
    told = conflicts(*((f"K{a}", f"K{b}") for a, b in pairs))
    made = with_compatible_stages((Stage("S1", (order[0],)),), order, told)[1:]
    assert len(made) < MAX_STAGES
    assert len({stage.groups for stage in made}) == len(made)
    for stage in made:
        assert not any(pair in told.conflicting for pair in combinations(stage.groups, 2))
        for other in set(order) - set(stage.groups):
            assert any((other, group) in told.conflicting for group in stage.groups)


def test_a_site_with_synthesised_stages_is_sound(generated: dict[str, Path]) -> None:
    """The plan loader, which knows nothing of how stages were made, has no objection; its own stages stand first."""
    plain = load_site(import_sumo(generated["one_stage_an_arm"], [], site="grid").bundle).network
    wide = load_site(import_sumo(generated["one_stage_an_arm"], [], synthesise=True, site="grid").bundle).network
    for own, junction in zip(plain.junctions, wide.junctions, strict=True):
        assert junction.stages[: len(own.stages)] == own.stages
    assert sum(len(junction.stages) for junction in wide.junctions) > sum(len(own.stages) for own in plain.junctions)
