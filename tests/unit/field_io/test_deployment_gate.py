"""Which bundles does a running service take, and is every refusal one clear sentence?"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from field_io.deployment import (
    DeploymentRefused,
    Paired,
    Running,
    SignedBundle,
    file_digests,
    judge,
    read_bundle,
    sign_bundle,
)
from plans import Bundle, load_site
from tests.deployments import KEY, OTHER_KEY, Figures, forged, signed, tuned_site
from tests.site_builder import make_site, site_data

TODAY = date(2026, 1, 5)
BASE = make_site()
RUNNING = Running(load_site(BASE), version=0, highest=0, strategy="fixed_time")
TRUSTED = (KEY.public,)


def verdict(bundle: SignedBundle | bytes, running: Running = RUNNING) -> str:
    data = bundle if isinstance(bundle, bytes) else bundle.to_bytes()
    try:
        judge(data, running, TRUSTED, TODAY)
    except DeploymentRefused as refused:
        return str(refused)
    return "accepted"


def test_a_signed_checked_and_proved_bundle_is_accepted() -> None:
    accepted = judge(signed(tuned_site(), BASE, version=3).to_bytes(), RUNNING, TRUSTED, TODAY)
    assert (accepted.manifest.version, accepted.key.name) == (3, "engineer-1")
    assert accepted.site.network.junctions[0].timings[0].steps[1].at_s == 30


def test_the_same_site_version_and_key_give_the_same_bytes() -> None:
    one, other = (signed(tuned_site(), BASE).to_bytes() for _ in range(2))
    assert one == other
    assert read_bundle(one).to_bytes() == one


def worse(low: float = 1.0) -> Figures:
    return Figures(delay=Paired(running=30, new=33, difference=3, low=low, high=5))


def _without_signature(bundle: SignedBundle) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bundle.to_bytes())) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.infolist():
            if member.filename != "signature.json":
                new.writestr(member, old.read(member))
    return out.getvalue()


def _foreign_site() -> Bundle:
    files = site_data()
    files["site.yaml"]["site"] = "othertown"
    return tuned_site(files)


def _changed(change: Callable[[dict[str, Any]], None]) -> SignedBundle:
    files = site_data()
    change(files)
    return signed(tuned_site(files), BASE)


def _longer_maximum(files: dict[str, Any]) -> None:
    files["junctions/J01.yaml"]["groups"][0]["max_green_s"] = 55
    files["cabinets/J01.yaml"]["safety"]["groups"][0]["max_green_s"] = 55


REFUSED: list[tuple[str, Callable[[], SignedBundle | bytes], str]] = [
    ("unsigned", lambda: _without_signature(signed(tuned_site(), BASE)), "not signed"),
    ("a stranger's", lambda: signed(tuned_site(), BASE, key=OTHER_KEY), "key that is not trusted"),
    ("altered manifest", lambda: forged(signed(tuned_site(), BASE), version=9), "altered, or never signed"),
    ("foreign site", lambda: signed(_foreign_site(), BASE), "it is of the site othertown, and testtown runs here"),
    ("too late", lambda: signed(tuned_site(), BASE, until=date(2026, 1, 4)), "until 2026-01-04"),
    ("compared with another", lambda: signed(tuned_site(), tuned_site(split_s=33)), "with another plan"),
    ("few seeds", lambda: signed(tuned_site(), BASE, figures=Figures(seeds=9)), "ran on 9 seeds"),
    ("a broken rule", lambda: signed(tuned_site(), BASE, figures=Figures(breaks=1)), "broken 1 times"),
    ("worse", lambda: signed(tuned_site(), BASE, figures=worse()),
     "30.0 with the plan that runs, 33.0 with this one, paired difference +3.0 [+1.0, +5.0]"),
    ("worst approach", lambda: signed(tuned_site(), BASE, figures=Figures(worst_limit_s=40)), "its limit is 40.0"),
    ("no scenario", lambda: signed(tuned_site(), BASE, suite=signed(BASE, BASE).manifest.suite.model_copy(
        update={"runs": ()})), "no scenario was run"),
    ("other groups", lambda: _changed(_longer_maximum), "J01: other signal groups;"),
    (
        "another cabinet",
        lambda: _changed(lambda files: files["cabinets/J02.yaml"]["address"].update(port=16000)),
        "J02: another address",
    ),
    (
        "another local plan",
        lambda: _changed(lambda files: files["cabinets/J02.yaml"]["local_plan"].update(offset_s=7)),
        "J02: other data of the cabinet itself",
    ),
    ("no bundle at all", lambda: b"PK not a zip", "no bundle, or one that was altered"),
    ("nothing", lambda: b"", "no bundle, or one that was altered"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "says"), [(make, says) for _, make, says in REFUSED], ids=[name for name, *_ in REFUSED]
)
def test_what_is_not_right_is_refused_with_the_reason(make: Callable[[], SignedBundle | bytes], says: str) -> None:
    assert says in verdict(make())


def test_a_plan_that_is_not_shown_to_be_worse_passes() -> None:
    assert verdict(signed(tuned_site(), BASE, figures=worse(low=-0.1))) == "accepted"


def test_a_suite_under_another_strategy_proves_nothing_here() -> None:
    running = replace(RUNNING, strategy="planner")
    says = verdict(signed(tuned_site(), BASE), running)
    assert says.startswith("its scenario suite ran under fixed_time, and planner drives here: make it anew")


def test_an_older_version_and_the_same_one_are_refused() -> None:
    running = Running(load_site(BASE), version=6, highest=7, strategy="fixed_time")
    assert "version 7 was active here before" in verdict(signed(tuned_site(), BASE, version=7), running)
    assert "version 7 was active" in verdict(signed(tuned_site(), BASE, version=6), running)
    assert verdict(signed(tuned_site(), BASE, version=8), running) == "accepted"


def test_a_site_that_fails_the_check_is_refused_whatever_its_manifest_says() -> None:
    good, bad = signed(tuned_site(), BASE), tuned_site()
    bad = Bundle({**bad.files, "timings/day.yaml": "plan: day\njunctions: {J01: {cycle_s: 61, splits: []}}\n"})
    manifest = good.manifest.model_copy(update={"digest": bad.digest, "files": file_digests(bad)})
    assert "does not pass the check: timings/day.yaml" in verdict(sign_bundle(manifest, bad, KEY))


def test_whichever_bit_is_turned_over_the_bundle_is_refused() -> None:
    """F59: each byte of the file."""
    data = signed(tuned_site(), BASE).to_bytes()
    read_bundle(data)
    accepted = []
    for place in range(len(data)):
        altered = bytearray(data)
        altered[place] ^= 1 << (place % 8)
        try:
            read_bundle(bytes(altered)).signed_by(TRUSTED)
            accepted.append(place)
        except DeploymentRefused:
            pass
    assert accepted == []


def test_nothing_is_taken_where_no_key_is_trusted() -> None:
    with pytest.raises(DeploymentRefused, match="no key is trusted"):
        judge(signed(tuned_site(), BASE).to_bytes(), RUNNING, (), TODAY)
