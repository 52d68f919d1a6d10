"""A journal of half an hour in central Udon Thani, made and not simulated, and its record."""

from pathlib import Path

import pytest

from console.report.reading import read_run
from console.report.record import RunRecord
from plans import Bundle
from tests.journal_maker import make_journal

SITE = Path(__file__).parents[4] / "sim" / "scenarios" / "udon_thani" / "site"


@pytest.fixture(scope="session")
def site_bundle() -> Bundle:
    return Bundle.read(SITE)


@pytest.fixture(scope="session")
def journal(site_bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "made.journal"
    make_journal(path, site_bundle, "am_peak", 7 * 3600, 1800)
    return path


@pytest.fixture(scope="session")
def record(journal: Path) -> RunRecord:
    return read_run(journal, jobs=1)
