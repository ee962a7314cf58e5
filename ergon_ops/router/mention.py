"""One naming of somebody in a question."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ergon_ops.router.index import Sense, SenseKind


@dataclass(slots=True)
class Mention:
    """Tokens `first` to `last` mean these members. `slip` is the misspelt word, `plural` allows several, `strong` was
    marked as a name; `kind` `unknown` means nobody has that name, `verb` that
    it is a misspelt verb of change; `near` that nobody quite has the role; `others` are the key's less sure senses,
    `readings` all it has, used so here or not."""

    first: int
    last: int
    kind: SenseKind | Literal["unknown", "verb"]
    members: list[int]
    key: str
    word: str = ""
    slip: str = ""
    plural: bool = False
    strong: bool = False
    near: bool = False
    others: list[Sense] = field(default_factory=list)
    readings: list[Sense] = field(default_factory=list)
