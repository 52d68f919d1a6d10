"""YAML 1.2 text to plain values, and the line and column of each of them.

The values are made from the parser's events by the core schema of YAML 1.2 (chapter 10.3): `10:30` and `on` stay text,
`0755` is seven hundred and fifty-five. Keys are always text. No recursion: a file cannot exhaust the stack.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

MAX_DEPTH = 32
"""A site file needs seven levels."""
MAX_NODES = 1_000_000
"""Values of one file with its aliases written out; an alias of aliases grows by powers."""
LONGEST_NUMBER = 40
"""Characters; what is longer is text."""

PathPart = str | int


@dataclass(slots=True)
class Place:
    """Where a value stands; `parts` are the places of what it holds, `keys` those of its names. Counted from 1."""

    line: int
    column: int
    parts: dict[PathPart, Place] = field(default_factory=dict)
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its value and where everything in it stands."""

    value: Any
    place: Place

    def locate(self, path: tuple[PathPart, ...], *, at_key: bool = False) -> tuple[int, int]:
        """Line and column of a value, or of its name with `at_key`; of the innermost part that exists."""
        place = self.place
        for depth, part in enumerate(path):
            if at_key and depth == len(path) - 1 and part in place.keys:
                return place.keys[str(part)]
            if part not in place.parts:
                break
            place = place.parts[part]
        return place.line, place.column


class YamlTextError(ValueError):
    """The text is not YAML 1.2 of the kind that a site is written in; `faults` are (line, column, message)."""

    def __init__(self, faults: list[tuple[int, int, str]]) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{line}:{column}: {message}" for line, column, message in faults))


def read_yaml(text: str) -> Document:
    """Parse one document; raises YamlTextError with each fault that was found."""
    try:
        # The parser in C is used where ruamel.yaml.clib is installed: the same events at twenty times the speed.
        return _build(YAML(typ="safe").parse(text))
    except YAMLError:
        # It knows less of YAML 1.2 than ruamel's own ({at: 10:30} without quotes), and tells less of what is wrong.
        pass
    try:
        return _build(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise YamlTextError([(*where, _parser_message(error))]) from error
    except YAMLError as error:
        where = _position(text, getattr(error, "position", 0))
        raise YamlTextError([(*where, f"not YAML: {getattr(error, 'reason', error)}; remove it")]) from error


def _build(events: Iterable[Any]) -> Document:
    builder = _Builder()
    for event in events:
        builder.take(event)
    if builder.faults:
        raise YamlTextError(builder.faults)
    if builder.root is None or builder.root.value is None:
        raise YamlTextError([(1, 1, "the file is empty; write its keys, or remove the file")])
    return Document(builder.root.value, builder.root.place)


def _parser_message(error: MarkedYAMLError) -> str:
    parts = [str(part) for part in (error.context, error.problem) if part]
    fault = ", ".join(parts) or "it ends too early"
    return f"not YAML: {fault}; look at brackets, quotes and indents here and just above"


def _position(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


@dataclass(slots=True)
class _Node:
    value: Any
    place: Place
    size: int = 1
    key: str | None = None
    """Of an open mapping: the name that waits for its value."""
    anchor: str | None = None


class _Builder:
    """Makes values of events; an open list or mapping waits on the stack until its end comes."""

    def __init__(self) -> None:
        self.root: _Node | None = None
        self.faults: list[tuple[int, int, str]] = []
        self._open: list[_Node] = []
        self._anchors: dict[str, _Node] = {}
        self._documents = 0

    def take(self, event: Any) -> None:
        action = _ACTIONS.get(type(event).__name__)
        if action is not None:
            action(self, event)

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            self._stop(event, "a second document begins; a site file holds one: remove the `---`")

    def _begin(self, event: Any) -> None:
        if len(self._open) >= MAX_DEPTH:
            self._stop(event, f"nested deeper than {MAX_DEPTH} levels; no site file needs that")
        self._check_tag(event)
        value: Any = {} if type(event).__name__ == "MappingStartEvent" else []
        self._open.append(_Node(value, _place(event), anchor=event.anchor))

    def _end(self, _event: Any) -> None:
        self._add(self._open.pop())

    def _scalar(self, event: Any) -> None:
        self._check_tag(event)
        if self._open and isinstance(self._open[-1].value, dict) and self._open[-1].key is None:
            self._name(event)
            return
        plain = event.implicit[0]
        value = core_value(event.value) if plain else event.value
        self._add(_Node(value, _place(event), anchor=event.anchor))

    def _name(self, event: Any) -> None:
        mapping = self._open[-1]
        name = mapping.key = str(event.value)
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if name == "<<":
            self.faults.append((line, column, "merge keys are not YAML 1.2; write the values out"))
        elif name in mapping.place.keys:
            first = mapping.place.keys[name][0]
            message = f"the key `{name}` stands twice, first in line {first}; remove one"
            self.faults.append((line, column, message))
        mapping.place.keys.setdefault(name, (line, column))

    def _alias(self, event: Any) -> None:
        known = self._anchors.get(event.anchor)
        if known is None:
            self._stop(event, f"no finished anchor `&{event.anchor}` stands before this alias")
        else:
            self._add(_Node(known.value, known.place, known.size))

    def _add(self, node: _Node) -> None:
        if node.anchor:
            self._anchors[node.anchor] = node
        if not self._open:
            self.root = node
            return
        holder = self._open[-1]
        holder.size += node.size
        if holder.size > MAX_NODES:
            raise YamlTextError([(node.place.line, node.place.column, f"more than {MAX_NODES} values in one file")])
        part: PathPart = len(holder.value)
        if isinstance(holder.value, list):
            holder.value.append(node.value)
        elif holder.key is None:
            raise YamlTextError([(node.place.line, node.place.column, "a list or mapping cannot be a key")])
        else:
            part, holder.key = holder.key, None
            holder.value[part] = node.value
        holder.place.parts[part] = node.place

    def _check_tag(self, event: Any) -> None:
        if event.tag not in _PLAIN_TAGS:
            self.faults.append((*_mark(event), f"the tag `{event.tag}` has no meaning in a site file; remove it"))

    def _stop(self, event: Any, message: str) -> None:
        raise YamlTextError([*self.faults, (*_mark(event), message)])


_ACTIONS: dict[str, Callable[[_Builder, Any], None]] = {
    "DocumentStartEvent": _Builder._document,  # noqa: SLF001 - the table of this very class
    "MappingStartEvent": _Builder._begin,  # noqa: SLF001
    "SequenceStartEvent": _Builder._begin,  # noqa: SLF001
    "MappingEndEvent": _Builder._end,  # noqa: SLF001
    "SequenceEndEvent": _Builder._end,  # noqa: SLF001
    "ScalarEvent": _Builder._scalar,  # noqa: SLF001
    "AliasEvent": _Builder._alias,  # noqa: SLF001
}
_PLAIN_TAGS = {None, "!", *(f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq"))}


def _mark(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _place(event: Any) -> Place:
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)


_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def core_value(text: str) -> bool | float | int | str | None:
    """What a plain scalar means by the core schema of YAML 1.2.

    >>> [core_value(text) for text in ("10:30", "on", "0755", "0o17", "1e3", "true", "~")]
    ['10:30', 'on', 755, 15, 1000.0, True, None]
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789" or len(text) > LONGEST_NUMBER:
        return text
    if _INT.fullmatch(text):
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if _FLOAT.fullmatch(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text
