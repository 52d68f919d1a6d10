"""pydantic's errors as sentences of ours: what is wrong with a key or value, and what would be right."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from plans.findings import Problem
from plans.schema.base import CLOCK_PATTERN, DATE_PATTERN, DAY_PATTERN, ID_PATTERN, LOOP_ID_PATTERN
from plans.schema.junction import PedestrianGroup, VehicleGroup
from plans.schema.timing import GroupTiming, StageTiming

_BRANCHES: dict[str, type[BaseModel]] = {
    "vehicle": VehicleGroup,
    "pedestrian": PedestrianGroup,
    "by_stage": StageTiming,
    "by_group": GroupTiming,
}
"""pydantic puts the branch of a union into the location of an error; no file has it there."""

_PATTERNS = {
    ID_PATTERN: "an id has 1 to 64 letters, digits, `_`, `-`, `.` and begins with a letter or digit",
    LOOP_ID_PATTERN: "a loop's id has 1 to 8 letters, digits, `_`, `-`, `.` and begins with a letter or digit",
    CLOCK_PATTERN: 'a time of day is "HH:MM", 00:00 to 23:59, in quotes',
    DATE_PATTERN: 'a date is "YYYY-MM-DD", in quotes',
    DAY_PATTERN: 'a date is "YYYY-MM-DD", or "MM-DD" for every year, in quotes',
}
_SENTENCES = {
    "string_type": "{input} is not text; put it in quotes",
    "float_type": "{input} is not a number; write one, without quotes",
    "int_type": "{input} is not a whole number; write one, without quotes",
    "int_from_float": "{input} is not a whole number; write one without decimals",
    "bool_type": "{input} is neither true nor false",
    "tuple_type": "{input} is not a list; write [...]",
    "dict_type": "{input} is not a mapping; write `key: value`",
    "model_type": "{input} is not a mapping; write `key: value`",
    "model_attributes_type": "{input} is not a mapping; write `key: value`",
    "finite_number": "{input} is not a finite number",
    "greater_than_equal": "{input} is too small; at least {ge:g}",
    "greater_than": "{input} is too small; more than {gt:g}",
    "less_than_equal": "{input} is too large; at most {le:g}",
    "less_than": "{input} is too large; less than {lt:g}",
    "string_too_short": "{input} is too short; at least {min_length} characters",
    "string_too_long": "{input} is too long; at most {max_length} characters",
    "too_short": "has {actual_length} entries; at least {min_length}",
    "too_long": "has more entries than {max_length}",
    "literal_error": "{input} is not known here; one of {expected}",
    "union_tag_invalid": "{tag!r} is not known here; one of {expected_tags}",
    "union_tag_not_found": "has no `kind`; write `kind: vehicle` or `kind: pedestrian`",
}
"""By pydantic's type of error; the names in braces are its context."""


def schema_problems(file: str, error: ValidationError, value: Any, model: type[BaseModel]) -> Iterator[Problem]:
    """Each error of one file as a problem with its path in the file; `value` is what the file holds."""
    for fault in error.errors(include_url=False):
        location = tuple(part for part in fault["loc"] if part != "[key]")
        at_key = fault["loc"][-1:] == ("[key]",) or fault["type"] == "extra_forbidden"
        if fault["type"] == "union_tag_invalid":
            location = (*location, "kind")
        yield Problem(file, _in_file(location, value), _message(fault, location, model), at_key=at_key)


def without_unknown_keys(value: Any, error: ValidationError) -> Any:
    """A copy of the file's value without the keys that the schema does not know."""
    trimmed = deepcopy(value)
    for fault in error.errors(include_url=False, include_input=False):
        *path, key = _in_file(tuple(fault["loc"]), value)
        holder = trimmed
        for part in path:
            holder = holder[part]
        holder.pop(key, None)
    return trimmed


def _in_file(location: tuple[str | int, ...], value: Any) -> tuple[str | int, ...]:
    path: list[str | int] = []
    for part in location:
        if part in _BRANCHES and not (isinstance(value, dict) and part in value):
            continue
        path.append(part)
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            value = None
    return tuple(path)


def _message(fault: Mapping[str, Any], location: tuple[str | int, ...], model: type[BaseModel]) -> str:
    kind = fault["type"]
    context = fault.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(str(location[-1]), _model_at(model, location[:-1]))
    if kind == "missing":
        return _missing_key(str(location[-1]), _model_at(model, location[:-1]))
    if kind == "string_pattern_mismatch":
        return f"{_short(fault)} does not fit: {_PATTERNS.get(context['pattern'], 'it holds a control character')}"
    if kind == "value_error":
        return f"{_short(fault)} {context['error']}"
    if kind in _SENTENCES:
        return _SENTENCES[kind].format(input=_short(fault), **context)
    return f"{_short(fault)}: {fault['msg']}"


def _unknown_key(key: str, model: type[BaseModel] | None) -> str:
    known = list(model.model_fields) if model else []
    if model is StageTiming and key == "groups":
        return "a timing has either `splits` or `groups`; remove one of them"
    near = difflib.get_close_matches(key, known, n=1)
    remedy = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(known)}"
    return f"unknown key `{key}`; {remedy}"


def _missing_key(key: str, model: type[BaseModel] | None) -> str:
    if model is StageTiming and key == "splits":
        return "has neither `splits` (by stage) nor `groups` (by group); write one of them"
    field = model.model_fields.get(key) if model else None
    meaning = f": {field.description}" if field and field.description else ""
    return f"the key `{key}` is missing{meaning}"


def _model_at(annotation: Any, location: tuple[str | int, ...]) -> type[BaseModel] | None:
    for part in location:
        annotation = _plain(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            field = annotation.model_fields.get(str(part))
            annotation = field.annotation if field else None
        elif part in _BRANCHES and get_origin(annotation) not in {dict, tuple}:
            annotation = _BRANCHES[str(part)]
        elif get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]
        elif get_origin(annotation) is tuple:
            annotation = get_args(annotation)[0]
        else:
            return None
    annotation = _plain(annotation)
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _plain(annotation: Any) -> Any:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation


def _short(fault: Mapping[str, Any]) -> str:
    value = fault.get("input")
    return "nothing" if value is None else reprlib.repr(value)
