"""What a network of our own is made from: one table a network, read from TOML; `catalogue.toml` holds ours."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

CATALOGUE = Path(__file__).parent / "catalogue.toml"
LEVELS = (0.3, 0.6, 0.8, 1.0, 1.15, 1.3)
"""Demand as a share of capacity, from half empty to oversaturated."""
INCIDENT_LEVEL = 0.8


class SpecError(Exception):
    """A table of networks cannot be used; the sentence says where and what would be right."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Grid(_Strict):
    """Rows and columns of two-way streets; every crossing of two has a signal."""

    kind: Literal["grid"]
    columns: int = Field(ge=1, le=10)
    rows: int = Field(ge=1, le=10)
    link_m: float = Field(ge=60, le=1000)
    lanes: int = Field(default=1, ge=1, le=3)
    pocket_m: float = Field(default=0.0, ge=0, le=200)
    """Length of an added lane for those who turn across the oncoming traffic; 0 for none [m]."""


class Arterial(_Strict):
    """A main street with signals, each crossed by a side street."""

    kind: Literal["arterial"]
    links_m: tuple[Annotated[float, Field(ge=60, le=1500)], ...] = Field(min_length=1, max_length=20)
    """From signal to signal [m]."""
    lanes: int = Field(default=2, ge=1, le=3)
    side_lanes: int = Field(default=1, ge=1, le=2)
    pocket_m: float = Field(default=0.0, ge=0, le=200)
    incident_link: int | None = Field(default=None, ge=0)
    """Place of the link on which a lane of the first direction can be closed; it needs two lanes and 200 m."""


class Town(_Strict):
    """Streets at random (`netgenerate --rand`); where three or more meet there is a signal, and streets lead out."""

    kind: Literal["town"]
    iterations: int = Field(ge=4, le=400)
    """How often a street is added."""
    shortest_m: float = Field(default=90.0, ge=60)
    longest_m: float = Field(default=220.0, le=1000)
    main_share: float = Field(default=0.4, ge=0, le=1)
    """Share of the streets that have two lanes a direction."""


class NetworkSpec(_Strict):
    """One network and its stories."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")
    says: str
    """What it is for, in a sentence."""
    shape: Annotated[Grid | Arterial | Town, Field(discriminator="kind")]
    seed: int = 1
    entry_m: float = Field(default=200.0, ge=80)
    """Length of the streets that lead in and out [m]."""
    speed_km_h: float = Field(default=50.0, ge=20, le=90)
    cycle_s: int = Field(default=90, ge=30, le=180)
    """Of the program that netconvert makes."""
    straight_share: float = Field(default=0.6, ge=0, le=1)
    """Share of an entry's traffic that goes straight through, where the street does; the rest goes to all exits."""
    walkers_h: float = Field(default=0.0, ge=0)
    """Pedestrians an hour across each signal; more than 0 gives pavements and crossings."""
    left_hand: bool = False
    two_wheelers_share: float = Field(default=0.0, ge=0, le=1)
    one_loop: bool = False
    """Its site has one loop a lane, at the stop line, and no other."""
    levels: tuple[Annotated[float, Field(gt=0, le=2)], ...] = LEVELS

    @property
    def incident(self) -> bool:
        """Whether it has a story in which a lane is closed."""
        return isinstance(self.shape, Arterial) and self.shape.incident_link is not None


class _Catalogue(_Strict):
    network: tuple[NetworkSpec, ...] = Field(min_length=1)


def read_specs(path: Path = CATALOGUE) -> tuple[NetworkSpec, ...]:
    """The networks of a TOML file (`[[network]]` tables); raises SpecError with every finding."""
    try:
        found = _Catalogue.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).network
    except OSError as error:
        raise SpecError(
            f"{path} cannot be read ({error.strerror}): name a TOML file with [[network]] tables"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{path} is no TOML: {error}") from error
    except ValidationError as error:
        lines = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise SpecError(f"{path}: " + "; ".join(lines)) from error
    names = [spec.name for spec in found]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise SpecError(f"{path}: two networks are named {', '.join(doubled)}: give each its own name")
    return found
