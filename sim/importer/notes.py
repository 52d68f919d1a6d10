"""What an engineer should know of an imported junction although no lamp differs."""

from __future__ import annotations

from collections.abc import Iterator

from controller.model import GroupKind
from sim.importer.junction import ImportedJunction
from sim.importer.times import USUAL_MIN_GREEN_S, USUAL_WALK_S


def notes_of(junction: ImportedJunction) -> Iterator[str]:
    """One sentence each."""
    yield from _links_without_group(junction)
    for group in junction.grouping.groups:
        times = junction.times[group.id]
        usual_s = USUAL_MIN_GREEN_S if group.kind is GroupKind.VEHICLE else USUAL_WALK_S
        if times.min_green_s < usual_s:
            yield f"{group.id}: the programme's green lasts {times.min_green_s} s: its minimum (usual: {usual_s} s)"
        needed_s, left_s = junction.crossing_s.get(group.id, (0, 0))
        if left_s < needed_s:
            yield f"{group.id}: the programme leaves {left_s} s to clear a crossing that takes {needed_s} s"


def _links_without_group(junction: ImportedJunction) -> Iterator[str]:
    for link, letter in junction.grouping.constant.items():
        if letter in "gG":
            yield f"link {link} is always green ({letter}); no cabinet guards it"
        elif letter in "rs":
            yield f"link {link} is never green; whoever wants to go there waits for ever ({letter})"
        else:
            yield f"link {link} shows {letter} for ever; it is left as it is"
