"""The reference page of the plan files, made from their schemas and the example site."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from plans.json_schema import KINDS, PlanFileKind, example_site, json_schemas
from plans.schema.base import CLOCK_PATTERN, DATE_PATTERN, DAY_PATTERN, ID_PATTERN, LOOP_ID_PATTERN

Schema = Mapping[str, Any]

HEAD = """\
# Plan files

<!-- Made by `make docs` from plans/schema/ and plans/example/. Edit those. -->

A site is a folder of YAML 1.2 files. `faikhiao check SITE` reports everything in it that is wrong, each with file,
line, column and the remedy; `faikhiao schema` writes the JSON Schemas that let an editor check while you type.

- Times are seconds with at most one decimal, lengths metres, speeds metres a second, flows vehicles an hour.
- An **id** has 1 to 64 letters, digits, `_`, `-`, `.` and begins with a letter or digit. A file is named as its id.
- Times of day and dates are quoted. A key that is not listed here is an error.
- The order of groups and stages is meaning: it is that of the cabinet's registers.
"""
_PATTERNS = {
    ID_PATTERN: "id",
    LOOP_ID_PATTERN: "id, at most 8 characters",
    CLOCK_PATTERN: '"HH:MM"',
    DATE_PATTERN: '"YYYY-MM-DD"',
    DAY_PATTERN: '"YYYY-MM-DD" or "MM-DD"',
}
_NAMES = {"integer": "whole number", "number": "number", "boolean": "`true` or `false`"}


def plan_files_page() -> str:
    """The page docs/reference/plan-files.md."""
    schemas = json_schemas()
    examples = example_site().files
    parts = [HEAD]
    for name, kind in KINDS.items():
        parts += _file_section(kind, schemas[name], examples)
    return "\n".join(parts)


def _file_section(kind: PlanFileKind, schema: Schema, examples: Mapping[str, str]) -> Iterator[str]:
    yield f"## `{kind.where}`\n"
    yield f"{schema['description']}\n"
    yield from _table(schema)
    for part in _parts_in_order(schema):
        yield f"### {_heading(part['title'])}\n"
        yield f"{part['description']}\n"
        yield from _table(part)
    for file in kind.examples:
        yield f"Example, `{file}`:\n"
        yield f"```yaml\n{examples[file].rstrip()}\n```\n"


def _table(schema: Schema) -> Iterator[str]:
    required = schema.get("required", [])
    yield "| key | value | when left out | meaning |\n|---|---|---|---|"
    for key, field in schema["properties"].items():
        default = "**needed**" if key in required else _default(field)
        cells = (f"`{key}`", _value(field), default, field["description"])
        yield f"| {' | '.join(map(_escaped, cells))} |"
    yield ""


def _parts_in_order(schema: Schema) -> Iterator[Schema]:
    """The parts that a file is made of, each once, in the order in which a reader meets them."""
    parts = schema.get("$defs", {})
    waiting = _references(schema["properties"])
    met: list[str] = []
    while waiting:
        name = waiting.pop(0)
        if name not in met:
            met.append(name)
            waiting = [*_references(parts[name]["properties"]), *waiting]
    yield from (parts[name] for name in met)


def _references(schema: Any) -> list[str]:
    if isinstance(schema, Mapping):
        own = [_part_name(schema)] if "$ref" in schema else []
        return own + [name for key, part in schema.items() if key != "discriminator" for name in _references(part)]
    return [name for part in schema for name in _references(part)] if isinstance(schema, list) else []


def _heading(model: str) -> str:
    """The name of a part as a heading: VehicleGroup, LaneEntry -> Vehicle group, Lane."""
    return re.sub(r"(?<=[a-z])[A-Z]", lambda capital: f" {capital[0].lower()}", model.removesuffix("Entry"))


def _part_name(schema: Schema) -> str:
    return str(schema["$ref"]).rsplit("/", 1)[-1]


def _value(field: Schema) -> str:
    if "$ref" in field:
        heading = _heading(_part_name(field))
        return f"[{heading}](#{heading.lower().replace(' ', '-')})"
    for choice in ("oneOf", "anyOf"):
        if choice in field:
            return " or ".join(_value(part) for part in field[choice] if part.get("type") != "null")
    if "const" in field or "enum" in field:
        return ", ".join(f"`{_plain(value)}`" for value in field.get("enum", [field.get("const")]))
    return _typed_value(field)


def _typed_value(field: Schema) -> str:
    kind = field.get("type")
    if kind == "array":
        if "prefixItems" in field:
            return f"[{', '.join(_value(part) for part in field['prefixItems'])}]"
        return f"list of {_value(field['items'])}"
    if kind == "object":
        (part,) = field["patternProperties"].values()
        return f"id: {_value(part)}"
    if kind == "string":
        return _PATTERNS.get(field.get("pattern", ""), "text")
    return _NAMES[str(kind)] + _range(field)


def _range(field: Schema) -> str:
    low = field.get("minimum", field.get("exclusiveMinimum"))
    high = field.get("maximum", field.get("exclusiveMaximum"))
    if low is None or high is None:
        return ""
    if "exclusiveMinimum" in field:
        return f", above {_plain(low)}, at most {_plain(high)}"
    return f", {_plain(low)} to {_plain(high)}"


def _default(field: Schema) -> str:
    value = field.get("default")
    return "" if value in (None, [], "", {}) or isinstance(value, dict) else f"`{_plain(value)}`"


def _plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
