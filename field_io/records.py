"""Events as plain records and back, exactly: what the journal writes is what the core saw, to the last bit.

A record is a dict of JSON values with the event's name under `is`. Floats survive because JSON carries their shortest
exact form; enumerations are their values; tuples are lists until they come back.
"""

from __future__ import annotations

import hashlib
import json
import operator
import types
import typing
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from controller.events import (
    Alarm,
    CabinetReport,
    ClockReading,
    Decision,
    DetectorReading,
    Input,
    LinkChange,
    OperatorRequest,
    PermittedCommand,
    PriorityRequest,
    StepOverrun,
    StepResult,
)

Event = Input | PermittedCommand | Decision | Alarm | StepResult
Record = dict[str, Any]
_Reader = Callable[[Any], Any]
_ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False)


class RecordError(ValueError):
    """A record that is none, or of an event that this version does not know."""


def _as_is(value: Any) -> Any:
    return value


def _reader(hint: Any) -> _Reader:
    """What turns a JSON value back into a value of the annotated type."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple and arguments[-1] is Ellipsis:
        inner = _reader(arguments[0])
        if inner is _as_is:
            return tuple
        return lambda values: tuple([inner(value) for value in values])
    if origin is tuple:
        return tuple
    if origin in (types.UnionType, typing.Union):
        readers = [_reader(argument) for argument in arguments if argument is not types.NoneType]
        first = readers[0]
        return _as_is if first is _as_is else lambda value: None if value is None else first(value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        members = {member.value: member for member in hint}
        return members.__getitem__
    if is_dataclass(hint):
        return from_record
    return _as_is


def _readers(kind: type[Event]) -> tuple[tuple[str, _Reader], ...]:
    """Fields that must be read back into another type, and how."""
    hints = typing.get_type_hints(kind)
    readers = ((field.name, _reader(hints[field.name])) for field in fields(kind))
    return tuple((name, reader) for name, reader in readers if reader is not _as_is)


def _writer(kind: type[Event]) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """Keys of the record, and what takes their values out of an event; one call for all, as each second has many."""
    names = tuple(field.name for field in fields(kind))
    name = kind.__name__
    if len(names) < 2:  # attrgetter gives a tuple from two on
        return ("is", *names), lambda event: (name, *(getattr(event, field) for field in names))
    values = operator.attrgetter(*names)
    return ("is", *names), lambda event: (name, *values(event))


KINDS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        DetectorReading,
        CabinetReport,
        LinkChange,
        OperatorRequest,
        PriorityRequest,
        ClockReading,
        StepOverrun,
        PermittedCommand,
        Decision,
        Alarm,
        StepResult,
    )
}


def to_record(event: Event) -> Record:
    """An input or output of the core as a dict that JSON can carry."""
    names, values = _WRITERS[type(event)]
    record: Record = dict(zip(names, values(event), strict=True))
    if isinstance(event, StepResult):
        for name in ("commands", "decisions", "alarms"):
            record[name] = [to_record(part) for part in record[name]]
    return record


def from_record(record: Record) -> Event:
    """The event of a record; raises RecordError when it is none that this version knows."""
    try:
        values = dict(record)
        kind = values.pop("is")
        for name, reader in _READERS[kind]:
            values[name] = reader(values[name])
        return KINDS[kind](**values)
    except (KeyError, TypeError, ValueError) as error:
        raise RecordError(f"no record of this version: {error!r}") from error


def to_json(events: Iterable[Event]) -> bytes:
    """Events as one JSON list; equal events give equal bytes."""
    return _ENCODER.encode([to_record(event) for event in events]).encode()


def pack(events: Iterable[Event]) -> bytes:
    """Events as compressed JSON, for a journal."""
    return compressed(to_json(events))


def compressed(events_json: bytes) -> bytes:
    """What `to_json` gave, as `unpack` reads it."""
    return zlib.compress(events_json, level=1)


def unpack(blob: bytes) -> tuple[Event, ...]:
    """The events that `pack` wrote; raises RecordError when the bytes are damaged."""
    try:
        records = json.loads(zlib.decompress(blob))
    except (zlib.error, ValueError) as error:
        raise RecordError(f"damaged record: {error}") from error
    if not isinstance(records, list):
        raise RecordError("damaged record: no list")
    return tuple(from_record(record) for record in records)


def digest(events: Sequence[Event]) -> bytes:
    """SHA-256 over the JSON of the events: equal exactly when they are."""
    return digest_of(to_json(events))


def digest_of(events_json: bytes) -> bytes:
    """The same of what `to_json` gave."""
    return hashlib.sha256(events_json).digest()


_READERS = {name: _readers(kind) for name, kind in KINDS.items()}
"""By name of the event. Last: events nest."""
_WRITERS = {kind: _writer(kind) for kind in KINDS.values()}
