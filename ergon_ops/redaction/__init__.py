"""Redaction: everything shown, stored or sent passes here. Secret spans are replaced, keys stay visible.

`redact("DB_PASSWORD=hunter2")` → `DB_PASSWORD=‹redacted:password›`. Container ids, digests, commit hashes, uuids and
addresses are left alone: they are the facts people ask for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ergon_ops.redaction.compiled import is_marked, marker
from ergon_ops.redaction.keys import harmless, is_secret_key, is_weak_key, looks_random, words_of
from ergon_ops.redaction.neutral import cut, neutralise
from ergon_ops.redaction.pairs import kind_of
from ergon_ops.redaction.rules import spans

__all__ = [
    "is_secret_key", "neutralise", "redact", "redact_command", "redact_json", "redact_lines", "redact_value",
    "safe_text",
]  # fmt: skip


def redact(text: str) -> str:
    """`text` with every secret replaced by `‹redacted:kind›`. Idempotent, linear in the length of the text."""
    if len(text) <= 5:
        return text
    for _ in range(_PASSES):
        shown = _once(text)
        if shown == text:
            break
        text = shown
    return text


_PASSES = 6  # a hidden value can uncover the next one beside it; two passes are usual where there is a secret at all


def _once(text: str) -> str:
    parts, position = [], 0
    for start, end, kind in spans(text):
        parts += [text[position:start], marker(kind)]
        position = end
    return "".join([*parts, text[position:]]) if parts else text


def redact_value(key: str, value: str) -> str:
    """The value of an environment variable or a label: hidden whole if its name promises a secret."""
    named = is_secret_key(key) or key == "KEY" or (is_weak_key(key) and looks_random(value))
    if named and value and not is_marked(value) and not harmless(key, value):
        return marker(kind_of(key))
    return redact(value)


def redact_command(args: Sequence[str]) -> str:
    """A command line as one string, quoted so that a secret with spaces in it stays one word."""
    from shlex import join

    return redact(join(args))


def redact_lines(lines: Iterable[str]) -> Iterator[str]:
    """Line by line, for logs: also hides the lines between a private key's BEGIN and END."""
    inside = False
    for line in lines:
        begins, ends = "PRIVATE KEY" in line and "BEGIN " in line, "PRIVATE KEY" in line and "END " in line
        if inside:
            yield marker("private-key")
        else:
            yield redact(line)
        inside = (inside or begins) and not ends


def redact_json(value: Any, key: str = "") -> Any:
    """The same document, keys aware, at any depth; `{"name": "DB_PASSWORD", "value": …}` pairs too."""
    if isinstance(value, str):
        return redact_value(key, value) if key and key != "KEY" else redact(value)
    if isinstance(value, dict):
        named = _name_of(value)
        return {
            name: redact_json(item, named if named and name in _VALUE else str(name)) for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact_json(item, key) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool) and _hides_numbers(key):
        return marker(kind_of(key))
    return value


_VALUE = ("value", "Value")


def _name_of(pair: dict[Any, Any]) -> str:
    """Of an object that is one name and its value, the name."""
    if not any(name in pair for name in _VALUE):
        return ""
    return str(next((pair[name] for name in ("name", "Name", "key", "Key") if pair.get(name)), ""))


def _hides_numbers(key: str) -> bool:
    """`"password": 12345` is one, `"input_tokens": 12345` is not."""
    words = words_of(key)
    told = any("pass" in word or word in ("pwd", "pw", "secret", "pin") for word in words)
    return told and "tokens" not in words and is_secret_key(key)


def safe_text(text: str, limit: int = 4000) -> str:
    """Neutralised, redacted and only then cut: what a container wrote, ready to show."""
    return cut(redact(neutralise(text, limit=len(text) * 4 + 64)), limit)
