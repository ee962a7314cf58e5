"""Arguments of a tool call as a model wrote them."""

from __future__ import annotations

import json
from typing import Any

LONGEST = 64_000  # characters


def read_arguments(text: str, *, cut: bool = False) -> tuple[dict[str, Any], str]:
    """The arguments, and what is wrong with them ('' = nothing; they are empty then). `cut`: the reply ended at its
    token limit."""
    if not text.strip():
        return {}, ""
    if len(text) > LONGEST:
        return {}, f"the arguments are longer than {LONGEST:,} characters"
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        why = error.msg if isinstance(error, json.JSONDecodeError) else "a value JSON does not have"
        return {}, "the arguments were cut off" if cut else f"the arguments are not valid JSON: {why}".lower()
    if "\\ud" in text.lower():  # half a character: no request could carry it back
        value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    if isinstance(value, str):  # some servers encode twice
        return read_arguments(value, cut=cut) if value.lstrip().startswith("{") else ({}, _not_an_object(value))
    if value is None:
        return {}, ""
    return (value, "") if isinstance(value, dict) else ({}, _not_an_object(value))


def _not_an_object(value: Any) -> str:
    return f"the arguments are a {type(value).__name__}, not an object of named values"


def _refuse(name: str) -> Any:
    raise ValueError(name)
