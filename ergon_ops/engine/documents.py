"""Reading the engine's JSON without trusting its shape: what is absent or of another type is None or empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ergon_ops.events import epoch

Document = Mapping[str, Any]


def pick(document: object, path: str) -> Any:
    """`pick(doc, "State.Health.Status")`; None where the way ends."""
    for part in path.split("."):
        if not isinstance(document, Mapping):
            return None
        document = document.get(part)
    return document


def part(document: object, path: str) -> Document:
    found = pick(document, path)
    return found if isinstance(found, Mapping) else {}


def rows(document: object, path: str = "") -> Iterator[Document]:
    """The objects of a list."""
    found = pick(document, path) if path else document
    return (item for item in found if isinstance(item, Mapping)) if isinstance(found, list) else iter(())


def words(document: object, path: str) -> list[str]:
    """The strings of a list; a single string is a list of one."""
    found = pick(document, path)
    if isinstance(found, str):
        return [found]
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def text(document: object, path: str) -> str:
    found = pick(document, path)
    return found if isinstance(found, str) else ""


def integer(document: object, path: str) -> int | None:
    found = pick(document, path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def moment(document: object, path: str) -> float | None:
    """A time, None for the engine's zero (`0001-01-01T00:00:00Z`)."""
    found = text(document, path)
    if not found or found.startswith("0001-"):
        return None
    try:
        return epoch(found)
    except ValueError:
        return None
