"""RFC 8785, the JSON Canonicalization Scheme: one document, one sequence of bytes, in any implementation."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

LARGEST = 2**53 - 1  # beyond it a double, and so another implementation, sees another number


def canonical(value: Any) -> bytes:
    """Raises ValueError for what has no canonical form: NaN, integers beyond 2^53, lone surrogates, other types."""
    return _text(value).encode("utf-8")


def digest(value: Any) -> str:
    """`sha256:` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(canonical(value)).hexdigest()


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) > LARGEST:
            raise ValueError(f"{value} is beyond 2^53")
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
        return "{" + ",".join(f"{_text(name)}:{_text(item)}" for name, item in members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_text(item) for item in value) + "]"
    raise ValueError(f"{type(value).__name__} is not JSON")


def _number(value: float) -> str:
    """As ECMAScript prints it: no `.0`, exponents only from 1e21 up and below 1e-6."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is not JSON")
    if value == 0:
        return "0"
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + int(exponent or 0)
    digits = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(digits) if whole == "0" else 0
    digits = digits.rstrip("0")
    sign = "-" if value < 0 else ""
    if 0 < point <= 21:
        padded = digits.ljust(point, "0")
        return sign + padded[:point] + ("." + padded[point:] if padded[point:] else "")
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    power = point - 1
    return sign + digits[0] + ("." + digits[1:] if digits[1:] else "") + f"e{'+' if power > 0 else '-'}{abs(power)}"
