"""F56 to F60: plans that contradict themselves, belong elsewhere, come in mid-cycle, were altered or are broken."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controller.events import OperatorAction, OperatorRequest
from field_io.deployment import (
    CheckResult,
    DeploymentRefused,
    Manifest,
    Paired,
    Running,
    SignedBundle,
    SigningKey,
    Suite,
    SuiteRun,
    file_digests,
    judge,
    read_bundle,
    safety_of,
    sign_bundle,
)
from plans import Bundle, PlanError, check_site, load_site
from plans.findings import errors_of
from plans.yaml_text import read_yaml
from sim.faults.town import town
from sim.probes.outcome import Figure, Outcome, Row
from sim.probes.scene import Scene

MUTANTS = 10_000
TODAY = date(2026, 1, 5)
KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))), "engineer-1")
STRANGER = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(32)), "stranger")
DAY, JUNCTION = "timings/day.yaml", "junctions/J01.yaml"
Data = dict[str, Any]


@lru_cache(maxsize=1)
def _files() -> dict[str, Data]:
    return {name: read_yaml(text).value for name, text in town(1).files.items()}


def _split_sum(files: dict[str, Data], chance: random.Random) -> None:
    steps = files[DAY]["junctions"]["J01"]["splits"]
    chance.choice(steps)["split_s"] += chance.choice((-7, -3, 1, 2, 11))


def _cycle(files: dict[str, Data], chance: random.Random) -> None:
    files[DAY]["junctions"]["J01"]["cycle_s"] = chance.choice([s for s in range(31, 240) if s != 90])


def _offset(files: dict[str, Data], chance: random.Random) -> None:
    files[DAY]["junctions"]["J01"]["offset_s"] = chance.choice((-1, 90, 91, 400, 10**6))


def _unknown_stage(files: dict[str, Data], chance: random.Random) -> None:
    chance.choice(files[DAY]["junctions"]["J01"]["splits"])["stage"] = f"S{chance.randint(4, 99)}"


def _missing_stage(files: dict[str, Data], chance: random.Random) -> None:
    steps = files[DAY]["junctions"]["J01"]["splits"]
    gone = steps.pop(chance.randrange(len(steps)))
    steps[0]["split_s"] += gone["split_s"]


def _short_split(files: dict[str, Data], chance: random.Random) -> None:
    steps = files[DAY]["junctions"]["J01"]["splits"]
    one, other = chance.sample(range(len(steps)), 2)
    cut = steps[one]["split_s"] - chance.randint(1, 6)
    steps[one]["split_s"] -= cut
    steps[other]["split_s"] += cut


def _min_over_max(files: dict[str, Data], chance: random.Random) -> None:
    groups = [group for group in files[JUNCTION]["groups"] if "min_green_s" in group]
    group = chance.choice(groups)
    group["min_green_s"] = group["max_green_s"] + chance.randint(1, 30)


def _short_intergreen(files: dict[str, Data], chance: random.Random) -> None:
    rows = files[JUNCTION]["conflicts_and_intergreens"]
    ending = chance.choice([name for name in rows if rows[name]])
    rows[ending][chance.choice(list(rows[ending]))] = chance.choice((0, 1, 2))


def _conflicting_stage(files: dict[str, Data], chance: random.Random) -> None:
    stage = chance.choice(files[JUNCTION]["stages"])
    rows = files[JUNCTION]["conflicts_and_intergreens"]
    others = [name for group in stage["groups"] for name in rows.get(group, {}) if name not in stage["groups"]]
    stage["groups"].append(chance.choice(others))


def _one_sided_conflict(files: dict[str, Data], chance: random.Random) -> None:
    rows = files[JUNCTION]["conflicts_and_intergreens"]
    ending = chance.choice([name for name in rows if rows[name]])
    del rows[ending][chance.choice(list(rows[ending]))]


def _other_safety(files: dict[str, Data], chance: random.Random) -> None:
    groups = files["cabinets/J01.yaml"]["safety"]["groups"]
    chance.choice(groups)["min_green_s"] += chance.randint(1, 9)


MUTATIONS: tuple[tuple[Callable[[dict[str, Data], random.Random], None], int], ...] = (
    (_split_sum, 6), (_cycle, 6), (_offset, 3), (_unknown_stage, 4), (_missing_stage, 4), (_short_split, 6),
    (_min_over_max, 1), (_short_intergreen, 1), (_conflicting_stage, 1), (_one_sided_conflict, 1), (_other_safety, 1),
)  # fmt: skip
"""What makes a plan wrong, and how often it is tried (files of junctions take longer to read)."""


def bad_plans() -> Outcome:
    """F56: mutants of a good site, each with one thing that must not be."""
    chance, base = random.Random(56), town(1)
    accepted = warned = placeless = 0
    makers, weights = zip(*MUTATIONS, strict=True)
    for maker in chance.choices(makers, weights, k=MUTANTS):
        files = deepcopy(_files())
        maker(files, chance)
        changed = {name: json.dumps(data) for name, data in files.items() if data != _files()[name]}
        findings = check_site(Bundle({**base.files, **changed}))
        refused = bool(errors_of(findings))
        warned += not refused and bool(findings)
        accepted += not refused and not findings
        placeless += not all(found.file and found.path and found.line for found in findings)
    return Outcome(
        f"{MUTANTS} mutants of {len(MUTATIONS)} kinds, each refused with file, line and field",
        (
            Figure("accepted without a word", accepted),
            Figure("accepted with a warning", warned),
            Figure("told without a place", placeless),
        ),
        detect_s=0.0,
    )


# ------------------------------------------------------------------------------------------------- deployed plans


def _tuned() -> Bundle:
    files = dict(town(2).files)
    files[DAY] = files[DAY].replace("offset_s: 7", "offset_s: 9")
    return Bundle(files)


def _signed(site: Bundle, against: Bundle, version: int, key: SigningKey = KEY, **changes: Any) -> SignedBundle:
    """A bundle as an engineer makes one, with figures of a suite that passes."""
    loaded = load_site(site)
    good = Paired(running=30, new=25, difference=-5, low=-7, high=-3)
    run = SuiteRun(
        scenario="town/peak", strategy="fixed_time", begin_s=0, simulated_s=3600, seeds=tuple(range(1, 11)),
        sumo_version="1.28.0", breaks=0, figures={"delay_s": good, "worst_approach_s": good},
        worst_approach_limit_s=55.0, worst_approach="J01/N",
    )  # fmt: skip
    manifest = Manifest(
        format=1, site=loaded.network.site, version=version, digest=site.digest, files=file_digests(site),
        safety=dict(safety_of(loaded)), check=CheckResult(errors=0, warnings=0),
        suite=Suite(against=against.digest, runs=(run,)), program="0.1.0",
    )  # fmt: skip
    return sign_bundle(manifest.model_copy(update=changes), site, key)


def _running(highest: int = 0) -> Running:
    return Running(load_site(town(2)), version=highest, highest=highest, strategy="fixed_time")


def _refusal(bundle: SignedBundle | bytes, running: Running) -> str:
    try:
        judge(bundle if isinstance(bundle, bytes) else bundle.to_bytes(), running, (KEY.public,), TODAY)
    except DeploymentRefused as refused:
        return str(refused)
    return ""


def foreign_or_older() -> Outcome:
    """F57: another junction's file in a place, another town's bundle, an older version, the same one again."""
    base = town(2)
    swapped = dict(base.files)
    swapped["junctions/J01.yaml"], swapped["junctions/J02.yaml"] = (
        swapped["junctions/J02.yaml"],
        swapped["junctions/J01.yaml"],
    )
    taken, first = 0, ""
    try:
        load_site(Bundle(swapped))
        taken += 1
    except PlanError as error:
        first = str(error).splitlines()[0]
    foreign = Bundle({**base.files, "site.yaml": base.files["site.yaml"].replace("faulty", "elsewhere")})
    refusals = [
        _refusal(_signed(_tuned(), base, 7), _running(7)),
        _refusal(_signed(_tuned(), base, 3), _running(7)),
        _refusal(_signed(foreign, base, 9), _running(7)),
    ]
    good = _refusal(_signed(_tuned(), base, 8), _running(7))
    return Outcome(
        f"another junction's file: {first}; an older bundle: {refusals[1]}",
        (
            Figure("accepted", taken + sum(not said for said in refusals)),
            Figure("the right one refused", float(bool(good))),
        ),
        detect_s=0.0,
    )


def in_mid_cycle() -> Outcome:
    """F58: another plan in every second of the cycle."""
    scene = Scene(junctions=2, strategy="fixed_time")
    world, plan = scene.world, "night"
    changes, apart_s = 90, 31  # no common factor with cycles of 60 and 90 s: every second of both is met
    for _ in range(changes):
        if world.centre is not None:
            world.centre.request(OperatorRequest(OperatorAction.PLAN, None, plan=plan, by="probe"))
        plan = "day" if plan == "night" else "night"
        scene.run(apart_s)
    s3 = sum(one.invariant == "S3" for one in world.breaches)
    return scene.outcome(
        f"{changes} changes, one in every second of the cycles of both junctions",
        Figure("S3 breaches", s3),
        safe_s=0.0,
    )


def tampered() -> Outcome:
    """F59: unsigned, a stranger's, past its date, and each byte of the file changed."""
    base = town(2)
    whole = _signed(_tuned(), base, 1).to_bytes()
    accepted = 0
    for place in range(len(whole)):
        altered = bytearray(whole)
        altered[place] ^= 1 << place % 8
        accepted += _whose(bytes(altered))
    refusals = [
        _refusal(_signed(_tuned(), base, 1, STRANGER), _running()),
        _refusal(_signed(_tuned(), base, 1, until=date(2026, 1, 4)), _running()),
        _refusal(b"PK", _running()),
        _refusal(whole[:-40], _running()),
    ]
    return Outcome(
        f"{len(whole)} bytes changed one by one; {refusals[0]}; {refusals[1]}",
        (Figure("accepted", accepted + sum(not said for said in refusals)),),
        detect_s=0.0,
    )


def _whose(data: bytes) -> bool:
    try:
        read_bundle(data).signed_by((KEY.public,))
    except DeploymentRefused:
        return False
    return True


def bad_live_change() -> Outcome:
    """F60: a plan that cannot be used is sent to a running town every second for two minutes."""
    scene = Scene(junctions=2)
    running, base = _running(), town(2)
    broken = list(_broken(base))
    taken, slowest = 0, 0.0
    before = scene.world.centre
    commands = _sent(scene)
    for second in range(120):
        began = time.monotonic()
        taken += not _refusal(broken[second % len(broken)], running)
        slowest = max(slowest, time.monotonic() - began)
        scene.second()
    gap = 240 - (_sent(scene) - commands)
    kept = scene.world.centre is before
    return scene.outcome(
        f"{len(broken)} kinds of broken bundles refused, the slowest in {1000 * slowest:.0f} ms",
        Figure("taken", taken),
        Figure("ticks without a command", gap),
        Figure("old plan kept", float(kept), 1.0, least=1.0),
        detect_s=slowest,
        safe_s=0.0,
    )


def _sent(scene: Scene) -> int:
    centre = scene.world.centre
    return 0 if centre is None else sum(talk.health.state.commands for talk in centre.conversations.values())


def _broken(base: Bundle) -> Iterator[SignedBundle | bytes]:
    good = _signed(_tuned(), base, 1)
    yield good.to_bytes()[:2000]
    yield b"cycle_s: ninety"
    bad = Bundle({**_tuned().files, DAY: "plan: day\njunctions: {J01: {cycle_s: 61, splits: []}}\n"})
    yield sign_bundle(good.manifest.model_copy(update={"digest": bad.digest, "files": file_digests(bad)}), bad, KEY)
    yield _signed(_tuned(), base, 1, STRANGER)


ROWS = (
    Row(
        "F56",
        "plans that contradict themselves",
        "10,000 mutants of a good site, eleven kinds of mistake",
        "accepted 0 in 10^4; each with file, line and field",
        bad_plans,
    ),
    Row(
        "F57",
        "another junction's or older plan",
        "files swapped; bundles of another town and of older versions",
        "accepted 0",
        foreign_or_older,
    ),
    Row(
        "F58",
        "plan activated in mid-cycle",
        "another plan in every second of the cycle",
        "S3 breaches 0",
        in_mid_cycle,
    ),
    Row(
        "F59",
        "tampered plan",
        "unsigned, a stranger's, too old, each byte changed",
        "accepted 0 of all flips",
        tampered,
    ),
    Row(
        "F60",
        "bad plan while running",
        "a broken bundle every second for two minutes",
        "the old plan stays; ticks without a command 0",
        bad_live_change,
    ),
)
