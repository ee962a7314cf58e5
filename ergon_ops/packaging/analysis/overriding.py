"""A Compose file and the one that overrides it, as Compose makes one of both: tables merged by their keys, lists put
together, commands taken from the second; `!reset` takes away, `!override` puts in place of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ergon_ops.dataclass import dataclass

NAMES = (
    "compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml",
)  # fmt: skip
IN_PLACE = ("command", "entrypoint", "test")
BY_NAME = ("environment", "labels", "args", "sysctls", "extra_hosts")
BY_TARGET = ("volumes", "configs", "secrets", "devices")
RESET = object()


@dataclass(frozen=True, slots=True)
class InPlace:
    """`!override`: whatever the first file says there."""

    value: Any


def tagged(loader: type) -> type:
    """A loader of YAML that knows Compose's two tags."""

    class Loader(loader):  # type: ignore[misc]
        pass

    def in_place(made: Any, node: Any) -> InPlace:
        kinds = {"mapping": made.construct_mapping, "sequence": made.construct_sequence}
        build = kinds.get(node.id)
        return InPlace(build(node, deep=True) if build else made.construct_scalar(node))

    Loader.add_constructor("!reset", lambda made, node: RESET)
    Loader.add_constructor("!override", in_place)
    return Loader


def expanded(found: Any, known: dict[int, int] | None = None) -> int:
    """How many values a document stands for once each alias is what it names: a few lines can be millions."""
    known = {} if known is None else known
    inner = found.value if isinstance(found, InPlace) else found
    rows = inner.values() if isinstance(inner, Mapping) else inner if isinstance(inner, list) else ()
    if id(inner) not in known:
        known[id(inner)] = 1  # whoever holds itself is counted once
        known[id(inner)] = 1 + sum(expanded(item, known) for item in rows)
    return known[id(inner)]


def merged(first: Any, second: Any, key: str = "") -> Any:
    """`second` over `first`; what is not of the same form replaces it."""
    if isinstance(second, InPlace):
        return plain(second.value)
    if second is None and first is not None:
        return first
    if key == "build":
        first, second = ({"context": one} if isinstance(one, str) else one for one in (first, second))
    if key in BY_NAME:
        first, second = _named(first), _named(second)
    if key == "depends_on":
        first, second = _depending(first), _depending(second)
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        both = {name: merged(first.get(name), value, str(name)) for name, value in second.items() if value is not RESET}
        return {**{name: value for name, value in first.items() if second.get(name) is not RESET}, **both}
    if isinstance(first, list) and isinstance(second, list) and key not in IN_PLACE:
        taken = {_target(item) for item in second} if key in BY_TARGET else set()
        kept = [item for item in first if _target(item) not in taken] if taken else first
        return [*kept, *(item for item in second if item not in kept)]
    return plain(second)


def plain(found: Any) -> Any:
    """Without tags: what one file says alone."""
    if isinstance(found, InPlace):
        return plain(found.value)
    if isinstance(found, Mapping):
        return {key: plain(value) for key, value in found.items() if value is not RESET}
    return [plain(item) for item in found if item is not RESET] if isinstance(found, list) else found


def _named(said: Any) -> Any:
    """`["A=1", "B"]` as a table."""
    if not isinstance(said, list):
        return said
    rows = (str(item).partition("=") for item in said)
    return {name: value if given else None for name, given, value in rows}


def _depending(said: Any) -> Any:
    return {str(name): None for name in said} if isinstance(said, list) else said


def _target(item: Any) -> str:
    """Where in the container it is."""
    if isinstance(item, Mapping):
        return str(item.get("target", item))
    parts = str(item).split(":")
    return parts[1] if len(parts) > 1 else parts[0]
