"""Which groups may never be green together, and who gives way where they may.

The network's own right-of-way matrix says whose paths cross or merge. Links on different nodes of one signal have none:
they are compatible only if the programme shows them together. A pair whose paths cross and which the programme shows
green together is allowed and marked: the one that shows `g`, or yields by the matrix, gives way. So is a pair of which
one begins with `g` while the other still shows amber: the programme lets it give way instead of wait.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from controller.model import Aspect, GroupKind
from sim.importer.groups import LinkGroup
from sim.importer.network import Movement, RoadNetwork

Links = Mapping[int, tuple[Movement, ...]]
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Pairs of groups by their ids."""

    conflicting: frozenset[Pair]
    """Both orders of each pair."""
    permissive: tuple[Pair, ...]
    """(gives way, has priority)."""

    def against(self, group: str) -> tuple[str, ...]:
        """Ids of the groups that conflict with a group."""
        return tuple(sorted(other for one, other in self.conflicting if one == group))


def find_conflicts(network: RoadNetwork, links: Links, groups: Sequence[LinkGroup], states: Sequence[str]) -> Conflicts:
    """Conflicts and permissive pairs of a signal's groups; `states` are the programme's, (cycle_s,)."""
    conflicting: set[Pair] = set()
    permissive: list[Pair] = []
    for one, other in combinations(groups, 2):
        together = tuple(
            second
            for second, shown in enumerate(zip(one.shown, other.shown, strict=True))
            if shown == (Aspect.GREEN, Aspect.GREEN)
        )
        yielding = _lets_give_way(network, links, one, other, states) or _lets_give_way(
            network, links, other, one, states
        )
        if together:
            permissive += _permissive(network, links, (one, other), [states[second] for second in together])
        elif yielding:
            permissive.append(yielding)
        elif any(
            _exclude(network, links[a], links[b], overlap=_overlap(one, other)) for a in one.links for b in other.links
        ):
            conflicting |= {(one.id, other.id), (other.id, one.id)}
    return Conflicts(frozenset(conflicting), tuple(permissive))


def _lets_give_way(
    network: RoadNetwork, links: Links, one: LinkGroup, other: LinkGroup, states: Sequence[str]
) -> Pair | None:
    """(one, other) if `one` has green beside the amber of `other`, and shows `g` wherever their paths cross."""
    crossing = {a for a in one.links for b in other.links if are_foes(network, links[a], links[b])}
    beside = [
        state
        for state, shown in zip(states, zip(one.shown, other.shown, strict=True), strict=True)
        if shown == (Aspect.GREEN, Aspect.AMBER)
    ]
    if crossing and beside and all(state[link] == "g" for state in beside for link in crossing):
        return one.id, other.id
    return None


def _overlap(one: LinkGroup, other: LinkGroup) -> bool:
    """Whether the programme lets one of them go while the other still closes: it keeps no intergreen between them."""
    return any(Aspect.RED not in shown for shown in zip(one.shown, other.shown, strict=True))


def _exclude(network: RoadNetwork, ones: Sequence[Movement], others: Sequence[Movement], *, overlap: bool) -> bool:
    """Whether two links, never green together in the programme, may not be: on one node by the matrix, else always.

    On different nodes no paths cross, so there a green beside an amber says as much as a green beside a green.
    """
    return any(
        network.are_foes(one, other)
        if one.node == other.node
        else not overlap and GroupKind.VEHICLE in {one.kind, other.kind}
        for one in ones
        for other in others
    )


def are_foes(network: RoadNetwork, ones: Sequence[Movement], others: Sequence[Movement]) -> bool:
    """Whether the paths of two links cross or merge on one node."""
    return any(network.are_foes(one, other) for one in ones for other in others)


def gives_way(network: RoadNetwork, ones: Sequence[Movement], others: Sequence[Movement]) -> bool:
    """Whether the first link yields to the second by the node's right of way."""
    return any(network.gives_way(one, other) for one in ones for other in others)


def _permissive(
    network: RoadNetwork, links: Links, pair: tuple[LinkGroup, LinkGroup], states: Sequence[str]
) -> list[Pair]:
    """The pair, first who gives way; nothing where no paths cross. `states` are those that show both green.

    Where some links of each give way to some of the other, the group with more of them does.
    """
    crossing = [(a, b) for a in pair[0].links for b in pair[1].links if are_foes(network, links[a], links[b])]
    if not crossing:
        return []
    first_yields = sum(_yields(network, links, a, b, states) for a, b in crossing)
    one, other = pair if 2 * first_yields > len(crossing) else pair[::-1]
    return [(one.id, other.id)]


def _yields(network: RoadNetwork, links: Links, a: int, b: int, states: Sequence[str]) -> bool:
    """Whether link `a` gives way to link `b`: by its letter, else by the matrix, else (neither does) the later link."""
    letters = {(state[a], state[b]) for state in states}
    if letters == {("g", "G")}:
        return True
    if letters == {("G", "g")}:
        return False
    a_yields = gives_way(network, links[a], links[b])
    b_yields = gives_way(network, links[b], links[a])
    return a > b if a_yields == b_yields else a_yields
