"""Does the repository stand on its own: no path of one machine, and every room says what it is?"""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("controller", "plans", "field_io", "sim", "console")

# Written in pieces, so that this file does not find itself.
MACHINE_PATH = re.compile(
    r"(?<![\w.\-/*}])/(?:" + "|".join(["wo" + "rk", "ro" + "ot", "tm" + "p/v"]) + r")(?![\w\-.])|\.\./sha" + "red"
)
TEXT_LIMIT_BYTES = 5_000_000


def tracked_files() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [ROOT / name for name in listing.split("\0") if name]


def machine_paths(text: str) -> list[str]:
    return [line.strip()[:160] for line in text.splitlines() if MACHINE_PATH.search(line)]


@pytest.mark.parametrize("path", ["/wo" + "rk/main/x.py", "see ../sha" + "red/design.md", "'/ro" + "ot/.venv'"])
def test_the_search_knows_a_machine_path(path: str) -> None:
    assert machine_paths(path)


@pytest.mark.parametrize(
    "text", ["docs/work/page.md", "network/root", "https://example.org/work", "/tmp/run", "/works"]
)
def test_the_search_leaves_other_paths_alone(text: str) -> None:
    assert not machine_paths(text)


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    found = []
    for path in tracked_files():
        if not path.is_file() or path.stat().st_size > TEXT_LIMIT_BYTES:
            continue
        data = path.read_bytes()
        if b"\0" in data:
            continue
        found += [f"{path.relative_to(ROOT)}: {line}" for line in machine_paths(data.decode("utf-8", "replace"))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_what_it_is(package: str) -> None:
    source = (ROOT / package / "__init__.py").read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(source)), f"{package}/__init__.py has no docstring"


def relative_links(page: Path) -> list[str]:
    targets = re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def test_no_page_has_a_broken_link() -> None:
    pages = [path for path in tracked_files() if path.suffix == ".md" and path.is_file()]
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in relative_links(page)
        if not (page.parent / link).exists()
    ]
    assert pages
    assert not broken, "\n".join(broken)
