"""Patterns compiled when first needed: most runs never need most of them."""

from __future__ import annotations

import re
from functools import cache

OPEN, CLOSE = "‹redacted:", "›"
Span = tuple[int, int, str]


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def marker(kind: str) -> str:
    return f"{OPEN}{kind}{CLOSE}"


def is_marked(value: str) -> bool:
    """True for what an earlier pass put there, so that a second pass changes nothing."""
    return value.startswith(OPEN) and value.endswith(CLOSE) and value.count(OPEN) == 1
