"""The results page of `make mutation`, from what mutmut has kept: `python -m tests.mutation PAGE`.

A fault that no test notices is listed with its line, and with why that is no loss where `mutation_judged.toml` says so.
"""

import datetime as dt
import json
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mutmut.stats import status_by_exit_code

MUTANTS = Path("mutants")
JUDGED = Path(__file__).parent / "mutation_judged.toml"
NOTICED = frozenset({"killed", "timeout", "segfault", "suspicious", "caught by type check"})
"""A fault that makes the tests hang or crash is noticed too."""
PASSED_OVER = frozenset({"not checked", "skipped", "check was interrupted by user"})


@dataclass(frozen=True)
class Fault:
    """One change that was made to a module."""

    name: str
    module: str
    status: str

    @property
    def function(self) -> str:
        """Name of the function, with its class."""
        made = self.name.removeprefix(self.module.removesuffix(".py").replace("/", ".") + ".").split("__mutmut_")[0]
        return made.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")


def faults() -> Iterator[Fault]:
    """Everything that mutmut has kept."""
    for file in sorted(MUTANTS.rglob("*.py.meta")):
        module = str(file.relative_to(MUTANTS)).removesuffix(".meta")
        for name, code in json.loads(file.read_text())["exit_code_by_key"].items():
            yield Fault(name, module, status_by_exit_code[code])


def changed_lines(fault: Fault) -> tuple[str, str]:
    """The line before and after."""
    told = subprocess.run(["mutmut", "show", fault.name], capture_output=True, text=True, check=True).stdout
    lines = [line for line in told.splitlines() if line[:1] in "+-" and line[:3] not in {"+++", "---"}]
    before = " ".join(line[1:].strip() for line in lines if line[0] == "-")
    after = " ".join(line[1:].strip() for line in lines if line[0] == "+")
    return before, after


def page(found: list[Fault], judged: dict[str, dict[str, str]]) -> str:
    """The page as Markdown."""
    lines = [
        "# Mutation results",
        "",
        f"`make mutation`, {dt.datetime.now(tz=dt.UTC).date()}. Faults are put into the safety kernel one by one, and",
        "the tests that touch the place must notice. Tables at the level of a module and decorated functions are not",
        "changed by the tool (mutmut 3); tests of their own ask about them. An equivalent fault changes nothing that",
        "can be seen.",
        "",
        "| module | faults | noticed | equivalent | unnoticed | score | not run |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    survivors: list[str] = []
    for module in sorted({fault.module for fault in found}):
        ours = [fault for fault in found if fault.module == module]
        count = Counter(fault.status for fault in ours)
        noticed = sum(count[status] for status in NOTICED)
        skipped = sum(count[status] for status in PASSED_OVER)
        equivalent = 0
        for fault in ours:
            if fault.status in NOTICED | PASSED_OVER:
                continue
            before, after = changed_lines(fault)
            why = judged.get(fault.function, {}).get(after, "")
            equivalent += bool(why)
            survivors += [f"- `{module}`, `{fault.function}`: `{before}` → `{after}`. {why or '**Unnoticed.**'}"]
        run = len(ours) - skipped
        unnoticed = run - noticed - equivalent
        score = f"{100 * noticed / (run - equivalent):.1f} %" if run > equivalent else ""
        lines += [f"| `{module}` | {len(ours)} | {noticed} | {equivalent} | {unnoticed} | {score} | {skipped} |"]
    return "\n".join([*lines, "", "## Faults that no test noticed", "", *survivors, ""])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(list(faults()), tomllib.loads(JUDGED.read_text())))
