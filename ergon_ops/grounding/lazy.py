"""Tables of words and patterns that cost nothing until they are used: there are hundreds, and most answers need few."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast


class _Pattern:
    """Compiled at its first use; from then on its methods are the compiled one's."""

    def __init__(self, source: str | Callable[[], str], flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        compiled = re.compile(self._source if isinstance(self._source, str) else self._source(), self._flags)
        for method in ("search", "match", "fullmatch", "finditer", "findall", "sub", "split", "groupindex"):
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def lazily(source: str | Callable[[], str], flags: int = 0) -> re.Pattern[str]:
    return cast("re.Pattern[str]", _Pattern(source, flags))


def words(table: str) -> frozenset[str]:
    return frozenset(table.split())
