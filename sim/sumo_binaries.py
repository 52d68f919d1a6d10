"""Where SUMO's programs are: those of the installed wheel, or those that SUMO_HOME names."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path


class SumoMissingError(Exception):
    """SUMO is not installed."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is missing: install the extra `sim` (pip install 'faikhiao[sim]') or set SUMO_HOME")


def sumo_home() -> Path:
    """Folder of the SUMO installation, with `bin/` and `data/` in it; SUMO_HOME wins over the wheel."""
    named = os.environ.get("SUMO_HOME")
    if named and (Path(named) / "bin").is_dir():
        return Path(named)
    spec = importlib.util.find_spec("sumo")
    if spec is None or not spec.submodule_search_locations:
        raise SumoMissingError("SUMO")
    return Path(next(iter(spec.submodule_search_locations)))


def sumo_program(name: str) -> Path:
    """Path of one of SUMO's programs: `sumo`, `sumo-gui`, `netconvert`, `netgenerate`."""
    path = sumo_home() / "bin" / name
    if not path.is_file():
        raise SumoMissingError(f"SUMO's program `{name}` ({path})")
    return path


def set_sumo_environment() -> None:
    """Tell SUMO, in this process and its children, where its own data are; without them it complains on stderr."""
    home = sumo_home()
    os.environ.setdefault("SUMO_HOME", str(home))
    for variable in ("PROJ_LIB", "PROJ_DATA"):
        os.environ.setdefault(variable, str(home / "data" / "proj"))
