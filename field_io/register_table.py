"""A cabinet profile as a table: read from TOML once, compiled to one `struct` layout a block.

Codec, virtual cabinet and reference page share the table. Reading a block must cost microseconds (in lock-step a town
is read a hundred times a second), so nothing walks the table at run time: each block becomes one format at import.
"""

from __future__ import annotations

import struct
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

STRUCT_OF_TYPE = {"u16": "H", "u32": "I", "u64": "Q", "crc32": "I", "repeat": "H"}
"""Types of one value with a format of their own; the others are bytes as long as their words."""
WORDS_OF_TYPE = {"u16": 1, "u32": 2, "u64": 4, "crc32": 2, "repeat": 1}


@dataclass(frozen=True, slots=True)
class Register:
    """One row of the table: a value at an address."""

    at: int
    words: int
    name: str
    type: str
    meaning: str = ""
    unit: str = ""
    scale: float = 1.0
    """Value in `unit` = raw x scale."""
    enum: str = ""
    """Table of the numbers it may hold."""
    bits: str = ""
    """Table of its bits."""
    constant: int | None = None
    """The only value it may hold."""

    @property
    def format(self) -> str:
        """Its part of the block's `struct` format."""
        if self.type == "reserved":
            return f"{2 * self.words}x"
        return STRUCT_OF_TYPE.get(self.type, f"{2 * self.words}s")


@dataclass(frozen=True, slots=True)
class Block:
    """Registers that are read or written together, and their compiled layout."""

    name: str
    title: str
    space: str
    """`input` or `holding`."""
    first: int
    words: int
    read_by: str
    registers: tuple[Register, ...]
    mirror: int | None = None
    """First holding register of a read-only copy."""
    layout: struct.Struct = field(init=False, repr=False, compare=False)
    fields: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """Names of the values that `layout` gives, in its order."""
    word_layout: struct.Struct = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        expected = self.first
        for register in self.registers:
            if register.at != expected or register.words != WORDS_OF_TYPE.get(register.type, register.words):
                raise ValueError(f"{self.name}: {register.name} at {register.at}: registers must follow each other")
            expected += register.words
        if expected != self.first + self.words:
            raise ValueError(f"{self.name}: ends at {expected}, not at {self.first + self.words}")
        object.__setattr__(self, "layout", struct.Struct(">" + "".join(r.format for r in self.registers)))
        object.__setattr__(self, "fields", tuple(r.name for r in self.registers if r.type != "reserved"))
        object.__setattr__(self, "word_layout", struct.Struct(f">{self.words}H"))

    def to_bytes(self, words: Sequence[int]) -> bytes | None:
        """The block as it stands on the wire; `None` when these are not that many 16-bit words."""
        try:
            return self.word_layout.pack(*words)
        except struct.error:
            return None

    def to_words(self, raw: bytes) -> tuple[int, ...]:
        """Bytes as on the wire to words, each 0..65535."""
        return self.word_layout.unpack(raw)

    def pack(self, values: Sequence[int | bytes]) -> bytes:
        """Values in the order of `fields` to bytes; raises ValueError that names the register that one does not fit."""
        try:
            return self.layout.pack(*values)
        except struct.error:
            raise ValueError(self._misfit(values)) from None

    def _misfit(self, values: Sequence[int | bytes]) -> str:
        rows = [register for register in self.registers if register.type != "reserved"]
        for register, value in zip(rows, values, strict=True):
            limit = (1 << 16 * register.words) - 1
            if register.type in STRUCT_OF_TYPE and not (isinstance(value, int) and 0 <= value <= limit):
                return f"{self.name} register {register.at} ({register.name}): {value!r} is not in 0..{limit}"
        return f"{self.name}: a value does not fit its register"


@dataclass(frozen=True, slots=True)
class Profile:
    """A cabinet profile: its blocks and the tables its registers refer to."""

    name: str
    map_version: int
    unit: int
    """Modbus device id."""
    functions: tuple[int, ...]
    """Modbus functions that it answers."""
    blocks: Mapping[str, Block]
    types: Mapping[str, str]
    enums: Mapping[str, Mapping[int, str]]
    bits: Mapping[str, Mapping[int, str]]
    exceptions: Mapping[int, str]


def read_profile(resource: str) -> Profile:
    """The profile in a TOML file of this package; raises ValueError where the table contradicts itself."""
    table = tomllib.loads(files(__package__).joinpath(resource).read_text(encoding="utf-8"))
    return Profile(
        name=table["profile"],
        map_version=table["map_version"],
        unit=table["unit"],
        functions=tuple(table["functions"]),
        blocks={name: _block(name, entry) for name, entry in table["block"].items()},
        types=table["types"],
        enums={name: _numbered(entry) for name, entry in table.get("enum", {}).items()},
        bits={name: _numbered(entry) for name, entry in table.get("bits", {}).items()},
        exceptions=_numbered(table.get("exception", {})),
    )


def _block(name: str, entry: Mapping[str, Any]) -> Block:
    registers = tuple(
        Register(constant=row.get("is"), **{key: value for key, value in row.items() if key != "is"})
        for row in entry["registers"]
    )
    return Block(name=name, registers=registers, **{key: value for key, value in entry.items() if key != "registers"})


def _numbered(entry: Mapping[str, str]) -> dict[int, str]:
    return {int(number): meaning for number, meaning in entry.items()}
