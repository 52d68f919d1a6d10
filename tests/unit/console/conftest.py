"""What the tests of the command line share: calling it, a site on disk, a small town in SUMO."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from console.application import build
from plans import write_site
from tests.site_builder import make_site

Call = Callable[..., Result]


@pytest.fixture(scope="session")
def call() -> Call:
    """Call the command line; a bug is raised, a known failure is in the result."""
    app = build()

    def calling(*words: object) -> Result:
        result = CliRunner().invoke(app, [str(word) for word in words], prog_name="faikhiao")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return calling


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A small valid site on disk."""
    return write_site(make_site(), tmp_path / "town")


@pytest.fixture(scope="session")
def crossing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario: one signalled crossing made by netgenerate, with a car every few seconds."""
    from sim.sumo_binaries import sumo_program

    folder = tmp_path_factory.mktemp("crossing")
    make = [
        sumo_program("netgenerate"), "--grid", "--grid.number", "1", "--grid.attach-length", "200", "--no-turnarounds",
        "--default-junction-type", "traffic_light", "--seed", "1", "--output-file", folder / "town.net.xml",
    ]  # fmt: skip
    subprocess.run([str(word) for word in make], check=True, capture_output=True)
    trips = "".join(
        f'<trip id="v{n}" depart="{4 * n}" from="{start}" to="{end}"/>'
        for n, (start, end) in enumerate([("left0A0", "A0right0"), ("bottom0A0", "A0top0")] * 40)
    )
    (folder / "town.rou.xml").write_text(f"<routes>{trips}</routes>")
    (folder / "town.sumocfg").write_text(
        '<configuration><input><net-file value="town.net.xml"/><route-files value="town.rou.xml"/></input>'
        '<time><begin value="0"/><end value="300"/></time></configuration>'
    )
    return folder


@pytest.fixture(scope="session")
def unsignalled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario without a traffic light."""
    from sim.sumo_binaries import sumo_program

    folder = tmp_path_factory.mktemp("unsignalled")
    make = [sumo_program("netgenerate"), "--grid", "--grid.number", "2", "--output-file", folder / "town.net.xml"]
    subprocess.run([str(word) for word in make], check=True, capture_output=True)
    (folder / "town.sumocfg").write_text(
        '<configuration><input><net-file value="town.net.xml"/></input></configuration>'
    )
    return folder
