"""Our frozen values as JSON and back, led by their own annotations: a field that is missing gets its default, one
that is unknown is left out, so that older rows stay readable."""

from __future__ import annotations

import dataclasses
import functools
import json
import types
from collections.abc import Mapping
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from ergon_ops.messages import Native, Text, ToolCall, ToolResult

T = TypeVar("T")
_TAG = "is"
_TAGGED: dict[str, type] = {"text": Text, "call": ToolCall, "result": ToolResult, "native": Native}
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
    body = {name: encode(item) for name in _names(cls) if (item := getattr(value, name)) != _default(cls, name)}
    if cls in _TAGS:
        body[_TAG] = _TAGS[cls]
    return body


def decode(hint: Any, data: Any) -> Any:
    if data is None or hint is Any:
        return data
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _decode_union(get_args(hint), data)
    if origin is tuple:
        return tuple(decode(get_args(hint)[0], item) for item in data)
    if origin is not None and isinstance(data, dict):
        return {key: decode(get_args(hint)[1], item) for key, item in data.items()}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        hints = _hints(hint)
        return hint(**{key: decode(hints[key], item) for key, item in data.items() if key in hints})
    return data


def _decode_union(options: tuple[Any, ...], data: Any) -> Any:
    if isinstance(data, dict) and data.get(_TAG) in _TAGGED:
        return decode(_TAGGED[data[_TAG]], data)
    if isinstance(data, (dict, list)):
        return decode(next(option for option in options if option is not types.NoneType), data)
    return data


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


@functools.cache
def _names(cls: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cls))


@functools.cache
def _default(cls: Any, name: str) -> Any:
    field = next(field for field in dataclasses.fields(cls) if field.name == name)
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default  # MISSING equals nothing a value may have
