"""From a site's folder to a signed file and back: does the command line make it, judge it and refuse it rightly?"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from typer.testing import Result

from field_io.deployment import read_bundle
from plans import Bundle
from tests.deployments import KEY, OTHER_KEY, Figures, signed, tuned_site
from tests.site_builder import make_site

Call = Callable[..., Result]


@pytest.fixture
def keys(call: Call, tmp_path: Path) -> Path:
    call("bundle", "key", tmp_path / "keys" / "somchai")
    return tmp_path / "keys"


def test_a_key_is_for_its_owner_alone_and_never_overwritten(call: Call, keys: Path) -> None:
    assert (keys / "somchai.key").stat().st_mode & 0o077 == 0
    before = (keys / "somchai.key").read_bytes()
    again = call("bundle", "key", keys / "somchai")
    assert again.exit_code == 3
    assert "would be overwritten" in again.stderr
    assert (keys / "somchai.key").read_bytes() == before


@pytest.fixture(scope="module")
def sites(call: Call, crossing: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `town`, and `new`: another text, the same plans."""
    folder = tmp_path_factory.mktemp("sites")
    assert call("import", "sumo", crossing, "--out", folder / "town").exit_code == 0
    shutil.copytree(folder / "town", folder / "new")
    with (folder / "new" / "calendar.yaml").open("a") as file:
        file.write("# as agreed with the police\n")
    return folder


@pytest.mark.sumo
def test_a_plan_is_proved_in_sumo_signed_and_verified(
    call: Call, crossing: Path, sites: Path, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(number: int, seeds: int, target: str) -> Result:
        return call(
            "bundle", "make", sites / "new", "--against", sites / "town", "--scenario", crossing, "--minutes", 0.25,
            "--number", number, "--seeds", seeds, "--key", keys / "somchai.key", "--keep", keys / "runs",
            "-o", keys / target,
        )  # fmt: skip

    few = make(1, 2, "few.fkb")
    assert few.exit_code == 1
    assert "ran on 2 seeds; at least 10" in few.stderr
    assert "ran for 0.25 min; at least 15" in few.stderr
    assert not (keys / "few.fkb").exists()
    monkeypatch.setattr("field_io.deployment.manifest.LEAST_SIMULATED_S", 15.0)  # the tests have no time for more
    made = make(1, 10, "1.fkb")
    assert made.exit_code == 0, made.stderr
    assert "10 seeds of 0 min, breaks of safety rules: 0" in made.stdout
    assert "run 1 of 20: before seed 1: kept" in made.stderr
    make(1, 10, "again.fkb")
    assert (keys / "1.fkb").read_bytes() == (keys / "again.fkb").read_bytes()
    manifest = read_bundle((keys / "1.fkb").read_bytes()).manifest
    assert manifest.suite.against == Bundle.read(sites / "town").digest
    assert manifest.suite.runs[0].figures["delay_s"].difference == 0  # the same plans on the same seeds
    found = call("bundle", "verify", keys / "1.fkb", "--trust", keys, "--json")
    assert (found.exit_code, json.loads(found.stdout)["signed_by"]) == (0, "somchai")


def test_a_site_that_fails_the_check_gives_no_bundle(call: Call, site: Path, keys: Path) -> None:
    with (site / "timings" / "day.yaml").open("a") as file:
        file.write("cycle: 90\n")
    made = call(
        "bundle", "make", site, "--against", site, "--scenario", "none", "--number", 1, "--key", keys / "somchai.key",
        "-o", keys / "1.fkb",
    )  # fmt: skip
    assert made.exit_code == 1
    assert "timings/day.yaml" in made.stdout
    assert not (keys / "1.fkb").exists()


@pytest.fixture
def trusted(tmp_path: Path) -> Path:
    public = KEY.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "engineer-1.pub").write_bytes(public)
    return tmp_path / "engineer-1.pub"


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (lambda: signed(tuned_site(), make_site()).to_bytes(), 0, "signed by engineer-1"),
        (lambda: signed(tuned_site(), make_site(), figures=Figures(breaks=3)).to_bytes(), 1, "were broken 3 times"),
        (lambda: signed(tuned_site(), make_site(), key=OTHER_KEY).to_bytes(), 3, "a key that is not trusted"),
        (lambda: signed(tuned_site(), make_site()).to_bytes()[:-9], 3, "no bundle, or one that was altered"),
        (lambda: b"plan: day", 3, "no bundle"),
    ],
)
def test_verifying_answers_with_its_exit_code(
    call: Call, tmp_path: Path, trusted: Path, data: Callable[[], bytes], code: int, says: str
) -> None:
    (tmp_path / "a.fkb").write_bytes(data())
    found = call("bundle", "verify", tmp_path / "a.fkb", "--trust", trusted)
    assert found.exit_code == code
    assert says in found.output


def test_what_is_no_bundle_does_not_travel_to_the_service(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIKHIAO_TOKEN", "x")
    (tmp_path / "a.fkb").write_bytes(b"nothing")
    refused = call("deploy", tmp_path / "a.fkb", "--socket", tmp_path / "api.sock")
    assert refused.exit_code == 3
    assert "a.fkb: it is no bundle" in refused.stderr
    nobody = call("deploy", "--status", "--socket", tmp_path / "api.sock")
    assert nobody.exit_code == 4
    assert call("deploy", "--status", "--rollback", "--socket", tmp_path / "api.sock").exit_code == 2
