"""Do the committed reference pages still say what the code's own tables say?"""

from collections.abc import Callable
from pathlib import Path

import pytest

from console.reference_pages import PAGES

FOLDER = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize(("name", "page"), PAGES.items(), ids=PAGES)
def test_the_committed_page_is_current(name: str, page: Callable[[], str]) -> None:
    written = (FOLDER / name).read_text(encoding="utf-8")
    assert written == page(), f"docs/reference/{name} is old: run `make docs` and commit it"


def test_every_page_is_found_from_the_index() -> None:
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [name for name in PAGES if f"({name})" not in index] == []
