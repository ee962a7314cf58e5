"""What one turn worked out and the next would work out the same: kept while what it came from is equal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any, TypeVar

from ergon_ops.dataclass import dataclass

T = TypeVar("T")


@dataclass(slots=True)
class Memo:
    """One value a name. A process that answers once pays nothing for it, a daemon builds its router only when somebody
    came or went."""

    _held: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def get(self, name: str, of: Any, make: Callable[[], T]) -> T:
        """The value made of something equal to `of`, else a new one."""
        held = self._held.get(name)
        if held is not None and held[0] == of:
            found: T = held[1]
            return found
        made = make()
        self.put(name, of, made)
        return made

    def put(self, name: str, of: Any, value: Any) -> None:
        self._held[name] = (of, value)
