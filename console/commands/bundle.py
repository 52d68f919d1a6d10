"""`faikhiao bundle ...`: a site as one signed file that a running service may activate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import (
    USUAL_STRATEGY,
    AsJson,
    Begin,
    Date,
    Minutes,
    Site,
    check_site_folder,
    date_of,
    seconds_of,
)
from console.exits import ConfigurationError, ExitCode
from console.output import as_json, check_writable, say, tell, write_whole

if TYPE_CHECKING:
    from field_io.deployment import Manifest, SignedBundle, Suite, SuiteRun
    from plans import Bundle
    from sim.bench import KeptRuns
    from sim.deployment_suite import SuiteSettings

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "key": ("faikhiao bundle key keys/somchai",),
    "make": (
        "faikhiao bundle make new --against my-town --scenario pm_peak --number 7 --key somchai.key --jobs 0 -o 7.fkb",
        "faikhiao bundle make new --against 7.fkb --scenario pm_peak --number 8 --key somchai.key --keep runs -o 8.fkb",
    ),
    "verify": ("faikhiao bundle verify 7.fkb --trust keys", "faikhiao bundle verify 7.fkb --trust keys --json"),
}
File = Annotated[Path, typer.Argument(metavar="BUNDLE", help="File made by `bundle make`.")]
MEASURES = {
    "delay_s": "delay [s/veh]",
    "person_delay_s": "delay [s/person]",
    "worst_approach_s": "worst approach [s/veh]",
    "stops": "stops",
    "pedestrian_wait_s": "pedestrian wait [s]",
    "left_over_veh": "not arrived [veh]",
}


def key(
    place: Annotated[Path, typer.Argument(metavar="PLACE", help="Where: PLACE.key and PLACE.pub are made.")],
    json: AsJson = False,
) -> None:
    """Make a pair of Ed25519 keys: the private one signs plans, the public one is what a service trusts.

    The private key is readable by its owner alone and is never overwritten; keep it where plans are made, not where the
    service runs.
    """
    from field_io.deployment import make_key

    private, public, made = make_key(place)
    if json:
        say(as_json({"private": str(private), "public": str(public), "id": made.id}))
        return
    say(f"{public}  {made.id}")
    tell(f"{private} signs: keep it to yourself. {public} goes to the service (`run --trust {public}`).")


def make(
    site: Site,
    output: Annotated[Path, typer.Option("--out", "-o", help="The bundle's file.")],
    key_file: Annotated[Path, typer.Option("--key", help="Private key that signs it (`bundle key`).")],
    number: Annotated[
        int, typer.Option("--number", min=1, max=0xFFFF_FFFF, help="Its version: higher than any that ran at the site.")
    ],
    against: Annotated[
        Path, typer.Option("--against", help="What runs now: the site's folder, or the bundle that is active.")
    ],
    scenario: Annotated[list[str], typer.Option("--scenario", help="Scenario of the suite; repeat it.")],
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=1000, help="Pairs of runs; under 10 is refused.")] = 10,
    strategy: Annotated[str, typer.Option("--strategy", help="Who runs the signals in the suite.")] = USUAL_STRATEGY,
    begin: Begin = None,
    minutes: Minutes = None,
    date: Date = "2026-01-05",
    worst_approach: Annotated[
        float | None,
        typer.Option(
            "--worst-approach", metavar="S", help="No approach may wait longer [s/veh]; else 10 % more than now."
        ),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="Simulations at the same time; 0: one a core.")] = 1,
    keep: Annotated[
        Path | None, typer.Option("--keep", help="Keep finished runs in this folder, and use those of `compare` there.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="YYYY-MM-DD", help="Last day on which it may be activated.")
    ] = None,
    note: Annotated[str, typer.Option("--note", help="A sentence for those who will ask why.")] = "",
    json: AsJson = False,
) -> None:
    """Check a site, run its scenario suite against the plan that runs, and sign the result as one file.

    A site that does not pass `check`, or that makes things worse, gives no bundle: the figures are told and it ends
    with 1. The same site, version, key and runs give the same bytes.
    """
    from field_io.deployment import read_signing_key, sign_bundle
    from plans import Bundle
    from sim.bench import KeptRuns
    from sim.deployment_suite import SuiteSettings
    from sim.simulate import SimulationSettings

    check_writable(str(output))
    signing = read_signing_key(key_file)
    errors, warnings = _checked(site)
    if errors:
        tell(f"{site} does not pass `faikhiao check`: {errors} error{'s' * (errors != 1)}; no bundle was made")
        raise typer.Exit(int(ExitCode.FINDINGS))
    with _folder_of(against) as running:
        suite = _run(
            SuiteSettings(
                running=running,
                new=site,
                scenarios=tuple(scenario),
                seeds=seeds,
                strategy=strategy,
                like=SimulationSettings(
                    scenario="",
                    begin_s=None if begin is None else seconds_of(begin),
                    minutes=minutes,
                    date=date_of(date),
                ),
                worst_approach_limit_s=worst_approach,
                jobs=jobs,
            ),
            KeptRuns(keep),
        )
    objections = suite.objections()
    files = Bundle.read(site)
    manifest = _manifest(files, number, warnings, suite, until, note)
    if not objections:
        write_whole(output, sign_bundle(manifest, files, signing).to_bytes())
    if json:
        made = None if objections else str(output)
        say(as_json({"bundle": made, "objections": objections, "manifest": manifest.model_dump(mode="json")}))
    else:
        for run in suite.runs:
            _say_run(run)
        if not objections:
            say(f"{output}: {manifest.site} version {number}, {manifest.digest[:12]}, signed by {signing.public.id}")
    for objection in objections:
        tell(f"refused: {objection}")
    if objections:
        tell("no bundle was made")
        raise typer.Exit(int(ExitCode.FINDINGS))


def verify(
    file: File,
    trust: Annotated[list[Path], typer.Option("--trust", help="Public key, or folder of keys; repeat it.")],
    json: AsJson = False,
) -> None:
    """Ask whether a bundle is whole, whose it is, and whether it passed: without a service.

    One that is unsigned, altered or signed by a stranger ends with 3; one whose suite does not let it pass, or whose
    time is over, with 1.
    """
    from field_io.deployment import checked_site, read_trusted_keys
    from field_io.deployment.desk import today_utc

    bundle = read_file(file)
    signer = bundle.signed_by(read_trusted_keys(trust))
    checked_site(bundle)
    manifest = bundle.manifest
    objections = manifest.suite.objections()
    if manifest.until is not None and today_utc() > manifest.until:
        objections.append(f"it might be activated until {manifest.until.isoformat()}, which is over")
    if json:
        say(
            as_json(
                {
                    "signed_by": signer.name,
                    "key": signer.id,
                    "objections": objections,
                    "manifest": manifest.model_dump(mode="json"),
                }
            )
        )
    else:
        say(f"{file}: {manifest.site} version {manifest.version}, {manifest.digest[:12]}, {len(manifest.files)} files")
        say(f"signed by {signer.name} ({signer.id}), whole; against {manifest.suite.against[:12]}")
        for run in manifest.suite.runs:
            _say_run(run)
        for objection in objections:
            say(f"objection: {objection}")
    if objections:
        raise typer.Exit(int(ExitCode.FINDINGS))


def read_file(file: Path) -> SignedBundle:
    """The bundle in a file; raises ConfigurationError or DeploymentRefused."""
    from field_io.deployment import DeploymentRefused, read_bundle

    try:
        return read_bundle(file.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from error
    except DeploymentRefused as refused:
        raise DeploymentRefused(f"{file}: {refused}") from None


@contextmanager
def _folder_of(against: Path) -> Iterator[Path]:
    """The folder of a site, or one made of a bundle's files."""
    import tempfile

    from plans import write_site

    if against.is_dir():
        yield against
        return
    with tempfile.TemporaryDirectory(prefix="faikhiao-") as folder:
        yield write_site(read_file(against).site, Path(folder) / "site")


def _checked(site: Path) -> tuple[int, int]:
    """Errors and warnings of `check`, told as it tells them."""
    from console.commands.check import FindingFormat, say_findings
    from plans import Bundle, PlanError, Severity, check_site

    check_site_folder(site)
    try:
        findings = check_site(Bundle.read(site))
    except PlanError as error:
        findings = error.findings
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    say_findings(site, errors, FindingFormat.TEXT)
    return len(errors), len(findings) - len(errors)


def _run(settings: SuiteSettings, kept: KeptRuns) -> Suite:
    from sim.deployment_suite import run_suite

    def told(done: int, of: int, answer: Mapping[str, object]) -> None:
        how = "kept" if answer["kept"] else f"{answer['delay_s']} s/veh"
        tell(f"run {done} of {of}: {answer['scenario']} seed {answer['seed']}: {how}")

    return run_suite(settings, told, kept=kept)


def _manifest(site: Bundle, number: int, warnings: int, suite: Suite, until: str | None, note: str) -> Manifest:
    from field_io.deployment import CheckResult, Manifest, file_digests, safety_of
    from field_io.journal import program_version
    from plans import load_site

    loaded = load_site(site)
    return Manifest(
        format=1,
        site=loaded.network.site,
        version=number,
        digest=site.digest,
        files=file_digests(site),
        safety=dict(safety_of(loaded)),
        check=CheckResult(errors=0, warnings=warnings),
        suite=suite,
        program=program_version(),
        until=None if until is None else date_of(until),
        note=note,
    )


def _say_run(run: SuiteRun) -> None:
    from console.report.rounding import rounded

    say(
        f"{run.scenario}, {run.strategy}, {len(run.seeds)} seeds of {run.simulated_s / 60:.0f} min, "
        f"breaks of safety rules: {run.breaks}"
    )
    for name, words in MEASURES.items():
        paired = run.figures.get(name)
        if paired is not None:
            low, high = (rounded(value, 2, "+") for value in (paired.low, paired.high))
            say(
                f"  {words:22} runs {rounded(paired.running):>8}  new {rounded(paired.new):>8}  "
                f"difference {rounded(paired.difference, 2, '+'):>8}  [{low}, {high}]"
            )
    say(f"  worst approach: {run.worst_approach}, limit {run.worst_approach_limit_s:.1f} s/veh")
