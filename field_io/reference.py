"""Reference pages made from the tables that the code itself reads: registers and topics, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from field_io.plc_basic import PLC_BASIC
from field_io.register_table import Block, Profile, Register
from field_io.registers import TSC_MB
from field_io.topics import TOPICS

_HEADING_OF_ENUM = {
    "mode": "Modes",
    "mode_reason": "Reasons of a change of mode",
    "clock_status": "Clock status",
    "aspect": "Aspects",
    "command": "Commands",
    "command_state": "Command states",
    "result": "Result codes",
    "capability": "Capability bits",
    "fault": "Fault bits",
}


def registers_page() -> str:
    """The register maps of all cabinet profiles as one Markdown page."""
    lines = [
        "# Registers of a cabinet",
        "",
        "Addresses are PDU addresses, counted from 0. Registers are 16 bits, big-endian on the wire; wider values have",
        "the high word first. Made from `field_io/registers.toml` and `field_io/plc_basic.toml` by `make docs`.",
        "",
    ]
    for profile in (TSC_MB, PLC_BASIC):
        lines += _profile(profile)
    return "\n".join(lines).rstrip() + "\n"


def topics_page() -> str:
    """The MQTT topics and payloads as one Markdown page."""
    rows = [
        (f"`{t.pattern}`", str(t.qos), "yes" if t.retain else "no", t.sender, t.reader, t.meaning)
        for t in TOPICS.topics.values()
    ]
    lines = [
        "# MQTT topics",
        "",
        f"MQTT 3.1.1. A payload is one JSON object in UTF-8, at most {TOPICS.max_payload_bytes} bytes; unknown keys",
        "are ignored and counted. A message that breaks a rule is dropped, counted by cause, and does no other harm.",
        "Made from `field_io/topics.toml` by `make docs`.",
        "",
        *_table(("topic", "QoS", "retained", "sent by", "read by", "meaning"), rows),
    ]
    for name, keys in TOPICS.payloads.items():
        entries = [(f"`{key}`", meaning) for key, meaning in keys.items()]
        lines += ["", f"## Payload of `{name}`", "", *_table(("key", "meaning"), entries)]
    return "\n".join(lines) + "\n"


def _profile(profile: Profile) -> list[str]:
    functions = ", ".join(f"{function:02}" for function in profile.functions)
    lines = [f"## Profile `{profile.name}`", ""]
    lines += [f"Map version 0x{profile.map_version:04X}, unit {profile.unit}, functions {functions}.", ""]
    for block in profile.blocks.values():
        lines += _block(block)
    for tables, first in ((profile.enums, "value"), (profile.bits, "bit")):
        for name, entries in tables.items():
            lines += _numbers(f"### {_HEADING_OF_ENUM[name]}", first, entries)
    if profile.exceptions:
        lines += _numbers("### Modbus exceptions", "code", profile.exceptions)
    types = {row.type for block in profile.blocks.values() for row in block.registers}
    named = [(f"`{name}`", meaning) for name, meaning in profile.types.items() if name in types]
    return [*lines, "### Types", "", *_table(("type", "meaning"), named), ""]


def _block(block: Block) -> list[str]:
    short = "IR" if block.space == "input" else "HR"
    rows = [
        (_span(row), f"`{row.name}`" if row.type != "reserved" else "", row.type, _unit(row), _meaning(row))
        for row in block.registers
    ]
    title = f"### {block.title}: {short} {block.first}-{block.first + block.words - 1}"
    return [title, "", f"{block.read_by}.", "", *_table((short, "name", "type", "unit", "meaning"), rows), ""]


def _span(row: Register) -> str:
    return str(row.at) if row.words == 1 else f"{row.at}-{row.at + row.words - 1}"


def _unit(row: Register) -> str:
    return row.unit if row.scale == 1 else f"{row.scale:g} {row.unit}"


def _meaning(row: Register) -> str:
    meaning = row.meaning or row.type
    if row.constant is not None:
        meaning = f"0x{row.constant:04X}, {meaning}"
    table = row.enum or row.bits
    return f"{meaning} (see {_HEADING_OF_ENUM[table].lower()})" if table else meaning


def _numbers(heading: str, first: str, entries: Mapping[int, str]) -> list[str]:
    return [heading, "", *_table((first, "meaning"), [(str(n), text) for n, text in entries.items()]), ""]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    cells = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(text.replace("|", "\\|") for text in row) + " |" for row in cells]
