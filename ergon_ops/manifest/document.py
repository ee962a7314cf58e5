"""A JSON text read strictly: what ordinary readers swallow (a key twice, NaN, huge integers) is a problem here."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import field
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.manifest.canonical import LARGEST
from ergon_ops.manifest.problems import Problem, pointer

LARGEST_TEXT = 4 * 1024 * 1024
DEEPEST = 64
# Texts that name things must be composed (NFC), or two names that look alike would differ.
_NAMES = frozenset({"name", "path", "entrypoint", "ci_name", "applications", "depends_on", "networks", "build_order"})


class _Object(dict[str, Any]):
    """An object that remembers which keys were written twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        seen: set[str] = set()
        self.twice = [name for name, _ in pairs if name in seen or seen.add(name)]  # type: ignore[func-returns-value]


@dataclass(frozen=True, slots=True)
class _NotFinite:
    written: str


@dataclass(frozen=True, slots=True)
class Document:
    """`root` is None if there was nothing to look at further."""

    root: dict[str, Any] | None
    problems: tuple[Problem, ...] = field(default=())


def read(text: str) -> Document:
    """Never raises: a text that is no JSON object at all is one problem with line and column."""
    if len(text) > LARGEST_TEXT:
        return _nothing("is larger than 4 MiB", "a manifest describes; it does not contain")
    try:
        root = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_Object, parse_constant=_NotFinite)
    except json.JSONDecodeError as error:
        return _nothing(
            f"is not JSON: line {error.lineno}, column {error.colno}: {error.msg}", "correct the syntax there"
        )
    except RecursionError:
        return _nothing("is nested too deep", f"at most {DEEPEST} levels")
    except ValueError as error:  # an integer of more digits than Python converts
        return _nothing(f"is not JSON: {error}", "write a smaller number")
    if not isinstance(root, _Object):
        return _nothing("is not a JSON object", 'begin with {"manifest_version": "1.0", …}')
    problems = tuple(_problems(root, ()))
    return Document(_plain(root), problems)


def _nothing(message: str, advice: str) -> Document:
    return Document(None, (Problem("", message, advice),))


def _problems(value: Any, at: tuple[str | int, ...]) -> Iterator[Problem]:
    if len(at) > DEEPEST:
        yield Problem(pointer(at[:3]), "is nested too deep", f"at most {DEEPEST} levels")
    elif isinstance(value, _Object):
        for name in value.twice:
            yield Problem(pointer((*at, name)), f'the key "{name}" is there twice', "keep one of them")
        for name, item in value.items():
            yield from _text_problems(name, (*at, name), is_name=True)
            yield from _problems(item, (*at, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _problems(item, (*at, index))
    elif isinstance(value, str):
        named = any(part in _NAMES for part in at[-2:] if isinstance(part, str))
        yield from _text_problems(value, at, is_name=named)
    elif isinstance(value, _NotFinite):
        yield Problem(pointer(at), f"{value.written} is not a JSON number", "write a number, or null")
    elif isinstance(value, int) and abs(value) > LARGEST:
        yield Problem(pointer(at), "the number is beyond 2^53", "write a smaller number")


def _text_problems(text: str, at: tuple[str | int, ...], *, is_name: bool) -> Iterator[Problem]:
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        yield Problem(pointer(_visible(part) for part in at), "holds half a character (a lone surrogate)", "remove it")
    elif is_name and not unicodedata.is_normalized("NFC", text):
        composed = unicodedata.normalize("NFC", text)
        yield Problem(pointer(at), f'the name "{text}" is not in NFC', f'write it composed: "{composed}"')


def _visible(part: str | int) -> str:
    return str(part).encode("utf-8", "backslashreplace").decode()


def _plain(value: Any) -> Any:
    """Ordinary dicts and lists; a number that is none becomes null, its problem is told already."""
    if isinstance(value, dict):
        return {_visible(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return _visible(value)
    return None if isinstance(value, _NotFinite) else value
