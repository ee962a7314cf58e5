"""Values out of somebody's JSON, of the type they should have: SDKs pass on whatever a server sends."""

from __future__ import annotations

from typing import Any

from ergon_ops.providers.conversation import encodable


def text_at(holder: Any, name: str) -> str:
    """'' for anything that is no text."""
    value = getattr(holder, name, None)
    return encodable(value) if isinstance(value, str) else ""


def number_at(holder: Any, name: str) -> int:
    """0 for anything that is no count."""
    value = getattr(holder, name, None)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12 else 0


def list_at(holder: Any, name: str) -> list[Any]:
    value = getattr(holder, name, None)
    return value if isinstance(value, list) else []
