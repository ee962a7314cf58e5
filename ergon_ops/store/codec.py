"""Our frozen values as JSON and back, led by their own annotations: a field that is missing gets its default, one
that is unknown is left out, so that older rows stay readable."""

from __future__ import annotations

import dataclasses
import functools
import json
import types
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from ergon_ops.messages import Native, Text, ToolCall, ToolResult

T = TypeVar("T")
_TAG = "is"
_TAGGED: dict[str, type] = {"text": Text, "call": ToolCall, "result": ToolResult, "native": Native}
_PLAIN = (str, int, float, bool)
Decoder = Callable[[Any], Any]
_TAGS = {cls: tag for tag, cls in _TAGGED.items()}


def dump(value: Any) -> str:
    return json.dumps(encode(value), ensure_ascii=False, separators=(",", ":"))


def load(cls: type[T], text: str) -> T:
    found: T = decode(cls, json.loads(text))
    return found


def encode(value: Any) -> Any:
    """Dataclasses become objects without their default fields; tuples become lists."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    cls: Any = type(value)
    body = {}
    for name, default in _fields(cls):
        item = getattr(value, name)
        if item != default:
            body[name] = item if isinstance(item, _PLAIN) else encode(item)
    if cls in _TAGS:
        body[_TAG] = _TAGS[cls]
    return body


def decode(hint: Any, data: Any) -> Any:
    decoder = _decoder(hint)
    return data if decoder is None or data is None else decoder(data)


@functools.cache
def _decoder(hint: Any) -> Decoder | None:
    """How to read a value of that annotation; None where JSON already has it."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        options = [option for option in arguments if _decoder(option)]
        return functools.partial(_decode_union, options[0]) if options else None
    if origin is tuple:
        return functools.partial(_decode_tuple, arguments[0])
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return functools.partial(_decode_object, hint)
    if isinstance(origin, type) and issubclass(origin, Mapping) and _decoder(arguments[1]):
        return functools.partial(_decode_mapping, arguments[1])
    return None


def _decode_union(option: Any, data: Any) -> Any:
    if isinstance(data, dict) and data.get(_TAG) in _TAGGED:
        return decode(_TAGGED[data[_TAG]], data)
    return decode(option, data) if isinstance(data, (dict, list)) else data


def _decode_tuple(item: Any, data: list[Any]) -> tuple[Any, ...]:
    return tuple([decode(item, part) for part in data])


def _decode_mapping(item: Any, data: dict[str, Any]) -> dict[str, Any]:
    return {key: decode(item, part) for key, part in data.items()}


def _decode_object(cls: Any, data: dict[str, Any]) -> Any:
    hints = _hints(cls)
    known = {}
    for key, item in data.items():
        if key in hints:
            decoder = hints[key]
            known[key] = item if decoder is None or item is None else decoder(item)
    return cls(**known)


@functools.cache
def _hints(cls: type) -> dict[str, Decoder | None]:
    return {name: _decoder(hint) for name, hint in get_type_hints(cls).items()}


@functools.cache
def _fields(cls: Any) -> tuple[tuple[str, Any], ...]:
    """Names and defaults; the mark of a missing default equals nothing a value may have."""
    return tuple(
        (field.name, field.default if field.default_factory is dataclasses.MISSING else field.default_factory())
        for field in dataclasses.fields(cls)
    )
