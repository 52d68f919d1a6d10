"""Which traffic is simulated: a folder with one `.sumocfg`, read and never written into.

SUMO itself says what its configuration means (`--save-configuration` resolves synonyms and paths). What concerns
output, clock, seed and reports is left out, because the harness sets those; what is left is how the scenario behaves.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.sumo_binaries import set_sumo_environment, sumo_program

SEARCH_VARIABLE = "FAIKHIAO_SCENARIOS"
"""Environment: folders, separated as in PATH, in which scenarios are found by name."""
OWN_SCENARIOS = Path(__file__).parent / "scenarios"
MEASURED_S = 3600.0
"""The hour of a comparison, where nothing else is asked for [s]."""

_DROPPED_SECTIONS = frozenset(
    {
        "configuration", "output", "time", "report", "random_number", "traci_server", "gui_only",
        "tripinfo_device", "vehroutes_device", "fcd_device", "ssm_device",
    }
)  # fmt: skip
_DROPPED_OPTIONS = frozenset({"net-file", "route-files", "additional-files", "step-length", "time-to-teleport"}) | {
    "max-depart-delay"  # who waits too long to enter would vanish from the delay
}
_OUTPUT_ENDINGS = (".output", "-output", ".file")
_INPUT_OPTIONS_LIKE_OUTPUT = frozenset({"device.fcd-replay.file"})


class ScenarioError(Exception):
    """A scenario cannot be used; the sentence says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a `.sumocfg` asks for, with absolute paths and without its outputs."""

    name: str
    config: Path
    net: Path
    routes: tuple[Path, ...]
    additional: tuple[Path, ...]
    begin_s: float
    end_s: float
    """End of what is measured: an hour after `begin_s`, or earlier where the configuration ends earlier."""
    options: tuple[tuple[str, str], ...]
    """SUMO options that say how the scenario behaves (sublane model, rerouting, ...), name without dashes and value."""
    gui_settings: Path | None = None

    def window(self, begin_s: float | None = None, minutes: float | None = None) -> tuple[float, float]:
        """The measured span (begin, end) [s]; what is given wins over the configuration."""
        begin = self.begin_s if begin_s is None else begin_s
        if minutes is not None:
            if minutes <= 0:
                raise ScenarioError(f"{self.name}: --minutes must be more than 0, not {minutes:g}")
            return begin, begin + 60.0 * minutes
        if begin_s is None:
            return begin, self.end_s
        return begin, begin + MEASURED_S


def find_scenario(named: str | Path) -> Path:
    """The `.sumocfg` of a scenario given as file, folder, or name under FAIKHIAO_SCENARIOS or the built-in ones."""
    given = Path(named)
    if given.is_file():
        return given.resolve()
    if given.is_dir():
        return _only_config(given)
    if not given.is_absolute():
        roots = [Path(part) for part in os.environ.get(SEARCH_VARIABLE, "").split(os.pathsep) if part]
        for root in (*roots, OWN_SCENARIOS):
            if (root / given).is_file():
                return (root / given).resolve()
            if (root / given).is_dir():
                return _only_config(root / given)
    raise ScenarioError(
        f"scenario {str(named)!r} was not found: give a folder with a .sumocfg, the file itself, or a name under a "
        f"folder of {SEARCH_VARIABLE} (known here: {', '.join(_known_names()) or 'none'})"
    )


def scenarios_in(named: str) -> list[str]:
    """A scenario itself; of a folder that holds scenarios (directly or one level below), each of them.

    Raises ScenarioError where there is none.
    """
    roots = [Path(part) for part in os.environ.get(SEARCH_VARIABLE, "").split(os.pathsep) if part]
    for folder in (Path(named), *(root / named for root in (*roots, OWN_SCENARIOS))):
        if folder.is_dir() and not any(folder.glob("*.sumocfg")):
            below = sorted(
                {path.parent for pattern in ("*/*.sumocfg", "*/*/*.sumocfg") for path in folder.glob(pattern)}
            )
            if below:
                return [str(path) for path in below]
    find_scenario(named)
    return [named]


def _only_config(folder: Path) -> Path:
    configs = sorted(folder.glob("*.sumocfg"))
    if len(configs) == 1:
        return configs[0].resolve()
    if configs:
        raise ScenarioError(
            f"{folder} holds several configurations ({', '.join(path.name for path in configs)}): name one of the files"
        )
    below = sorted({path.parent.name for path in folder.glob("*/*.sumocfg")})
    hint = f": name one of the folders in it ({', '.join(below)})" if below else ""
    raise ScenarioError(f"{folder} holds no .sumocfg{hint}")


def _known_names() -> list[str]:
    roots = [Path(part) for part in os.environ.get(SEARCH_VARIABLE, "").split(os.pathsep) if part]
    return sorted(
        {
            str(path.parent.relative_to(root))
            for root in (*roots, OWN_SCENARIOS)
            for pattern in ("*/*.sumocfg", "*/*/*.sumocfg")
            for path in root.glob(pattern)
        }
    )


def read_scenario(named: str | Path) -> Scenario:
    """Read a scenario; raises `ScenarioError` where it is not there or SUMO cannot make sense of it."""
    config = find_scenario(named)
    sections = _explained_by_sumo(config)
    inputs = sections.get("input", {})
    if "net-file" not in inputs:
        raise ScenarioError(f"{config}: no net-file is named in it")
    begin_s = seconds(sections.get("time", {}).get("begin", "0"))
    end_s = begin_s + MEASURED_S
    configured_end_s = seconds(sections.get("time", {}).get("end", "-1"))
    if configured_end_s > begin_s:
        end_s = min(end_s, configured_end_s)
    settings = sections.get("gui_only", {}).get("gui-settings-file")
    return Scenario(
        name=_scenario_name(config),
        config=config,
        net=_present(config, inputs["net-file"]),
        routes=_paths(config, inputs.get("route-files", "")),
        additional=_paths(config, inputs.get("additional-files", "")),
        begin_s=begin_s,
        end_s=end_s,
        options=tuple(
            (name, value)
            for section, options in sections.items()
            if section not in _DROPPED_SECTIONS
            for name, value in options.items()
            if _behaviour(name)
        ),
        gui_settings=Path(settings) if settings else None,
    )


def _scenario_name(config: Path) -> str:
    """Path under the built-in scenarios (`town/story`), else the folder's name."""
    if config.is_relative_to(OWN_SCENARIOS.resolve()):
        return config.parent.relative_to(OWN_SCENARIOS.resolve()).as_posix()
    return config.parent.name


def _behaviour(option: str) -> bool:
    if option in _DROPPED_OPTIONS or option.startswith("time-to-teleport."):
        return False
    return option in _INPUT_OPTIONS_LIKE_OUTPUT or not option.endswith(_OUTPUT_ENDINGS)


def _explained_by_sumo(config: Path) -> dict[str, dict[str, str]]:
    """{section: {option: value}} of a configuration, with canonical names and absolute paths."""
    set_sumo_environment()
    with tempfile.TemporaryDirectory(prefix="faikhiao-") as folder:
        explained = Path(folder) / "explained.sumocfg"
        command: Sequence[str | Path] = (sumo_program("sumo"), "-c", config, "--save-configuration", explained)
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if run.returncode != 0 or not explained.is_file():
            said = " ".join((run.stderr or run.stdout).split()) or "nothing"
            raise ScenarioError(f"{config}: SUMO cannot read this configuration; it says: {said}")
        root = ET.parse(explained).getroot()
    return {section.tag: {option.tag: option.get("value", "") for option in section} for section in root}


def _paths(config: Path, names: str) -> tuple[Path, ...]:
    return tuple(_present(config, name) for name in names.split(",") if name)


def _present(config: Path, name: str) -> Path:
    path = Path(name)
    if not path.is_file():
        raise ScenarioError(f"{config}: {path} is named in it but is not there")
    return path


def seconds(time: str) -> float:
    """A time of day in s: `25200`, `7:00`, `7:00:30` or `1:7:00:30` (days first).

    >>> seconds("7:00:30")
    25230.0
    """
    sign = -1.0 if time.startswith("-") else 1.0
    parts = [float(part) for part in time.lstrip("-").split(":")]
    if len(parts) == 1:
        return sign * parts[0]
    if len(parts) == 2:
        parts = [*parts, 0.0]
    return sign * sum(
        part * weight for part, weight in zip(reversed(parts), (1.0, 60.0, 3600.0, 86400.0), strict=False)
    )
