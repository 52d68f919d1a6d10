"""Plan files as people would have written them: keys in the schema's order, short things on one line."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

LINE_WIDTH = 120
"""What fits into so many characters and holds no list of mappings stands on one line."""


def dump_yaml(value: BaseModel | Mapping[str, Any], *, schema: str | None = None) -> str:
    """YAML 1.2 text of a plan file or a plain mapping; the same value always gives the same text.

    Keys that have their default are left out of a model. `schema` names a JSON Schema for the editor's first line.
    """
    plain = value.model_dump(mode="json", exclude_defaults=True) if isinstance(value, BaseModel) else value
    stream = io.StringIO()
    writer = YAML()
    writer.width = 4096
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.allow_unicode = True
    writer.dump({str(key): _styled(part, len(str(key)) + 2) for key, part in plain.items()}, stream)
    head = f"# yaml-language-server: $schema={schema}\n" if schema else ""
    return head + stream.getvalue()


def _styled(value: Any, indent: int, *, item: bool = False) -> Any:
    if isinstance(value, Mapping):
        mapping = CommentedMap((_text(str(key)), _styled(part, indent + 2)) for key, part in value.items())
        return _set_flow(mapping, flow=_fits(value, indent, item=item))
    if isinstance(value, list | tuple):
        sequence = CommentedSeq(_styled(part, indent + 2, item=True) for part in value)
        return _set_flow(sequence, flow=_fits(value, indent, item=item))
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return _text(value) if isinstance(value, str) else value


def _set_flow(styled: Any, *, flow: bool) -> Any:
    if flow:
        styled.fa.set_flow_style()
    else:
        styled.fa.set_block_style()
    return styled


def _fits(value: Any, indent: int, *, item: bool) -> bool:
    # One level goes on a line; so do two for an item of a list, and for a list of short lists such as [[5, 45]].
    levels = 2 if item or (isinstance(value, list | tuple) and not _holds_mapping(value)) else 1
    return not value or (_levels(value) <= levels and indent + len(str(value).replace("'", "")) <= LINE_WIDTH)


def _holds_mapping(parts: Iterable[Any]) -> bool:
    return any(isinstance(part, Mapping) for part in parts)


def _levels(value: Any) -> int:
    if isinstance(value, Mapping):
        return 1 + max((_levels(part) for part in value.values()), default=0)
    if isinstance(value, list | tuple):
        return 1 + max(map(_levels, value), default=0)
    return 0


def _text(text: str) -> str:
    if "\n" in text.strip("\n") and text.endswith("\n"):
        styled: str = LiteralScalarString(text)
        return styled
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    quoted: str = DoubleQuotedScalarString(text)
    return quoted


_PLAIN = re.compile(r"[^\W\d][\w./()+-]*( [\w./()+-]+)*")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
"""Older readers (YAML 1.1) take these for something else, and times such as 10:30 for numbers: both are quoted."""
