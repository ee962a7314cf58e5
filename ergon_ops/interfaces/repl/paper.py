"""Long outputs: a page at once, the rest when one asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from ergon_ops.dataclass import dataclass
from ergon_ops.interfaces.commands.program import say

PAGE = 100


@dataclass(slots=True)
class Paper:
    rest: list[str] = field(default_factory=list)

    def show(self, lines: Sequence[str], *, most: int = PAGE) -> None:
        """The first page, as it is; what follows is kept for `/more`."""
        print("\n".join(lines[:most]), flush=True)
        self.keep(lines[most:])

    def keep(self, lines: Sequence[str]) -> None:
        self.rest = list(lines)
        if self.rest:
            count = f"{len(self.rest):,} more line{'' if len(self.rest) == 1 else 's'}"
            say(f"… {count}: /more shows the next {min(PAGE, len(self.rest))}, /more all the rest.")
