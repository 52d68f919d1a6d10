"""What may change while a site runs: plans, calendar and parameters.

Live: `timings/`, `calendar.yaml`, and in `site.yaml` the parameters, names and notes. Not live: groups, stages,
intergreens, minimums, lanes, loops, addresses and the cabinets' own files, because a cabinet holds its copy of them and
refuses commands of a centre that believes in others (TSC-MB/1.0, HR 22-25).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controller import Junction
from plans.load import Site, load_cabinet

HOW = (
    "such a change is made at the cabinet first; then the service is started anew with the site that fits it "
    "(`faikhiao run SITE`)"
)
_PARTS = (
    ("groups", "signal groups"),
    ("stages", "stages"),
    ("intergreen_s", "conflicts and intergreens"),
    ("permissive", "pairs that give way"),
    ("lanes", "lanes"),
    ("loops", "loops"),
    ("wired", "loops wired to the cabinet"),
    ("neighbours", "neighbours"),
    ("name", "name"),
    ("number", "junction number"),
    ("cabinet_number", "cabinet number"),
)
"""Of a junction: what the core calls it, and what engineers do."""


def not_live(running: Site, new: Site) -> tuple[str, ...]:
    """Everything that differs and may not change while the site runs, in words; empty where all may."""
    return (*_of_site(running, new), *_of_junctions(running, new), *_of_cabinets(running, new))


def _of_site(running: Site, new: Site) -> Iterator[str]:
    before, after = running.network, new.network
    if before.site != after.site:
        yield f"it is of the site {after.site}, and {before.site} runs"
    if (before.utc_offset_s, before.time_zone) != (after.utc_offset_s, after.time_zone):
        yield "the time zone is another one"


def _of_junctions(running: Site, new: Site) -> Iterator[str]:
    before = {junction.id: junction for junction in running.network.junctions}
    after = {junction.id: junction for junction in new.network.junctions}
    for gone in before.keys() - after.keys():
        yield f"junction {gone} is not in it"
    for added in after.keys() - before.keys():
        yield f"junction {added} is new in it"
    for name in sorted(before.keys() & after.keys()):
        parts = list(_parts(before[name], after[name]))
        if parts:
            yield f"{name}: other {', '.join(parts)}"


def _parts(before: Junction, after: Junction) -> Iterable[str]:
    return (words for key, words in _PARTS if getattr(before, key) != getattr(after, key))


def _of_cabinets(running: Site, new: Site) -> Iterator[str]:
    for name in sorted(running.addresses.keys() & new.addresses.keys()):
        cabinet = running.addresses[name].cabinet
        if running.addresses[name] != new.addresses[name]:
            yield f"{name}: another address or key of its cabinet"
        elif load_cabinet(running.bundle, cabinet) != load_cabinet(new.bundle, cabinet):
            yield f"{name}: other data of the cabinet itself (cabinets/{cabinet}.yaml)"
