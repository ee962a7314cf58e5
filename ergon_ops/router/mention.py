"""One naming of somebody in a question, and all of them by what they are in it."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from ergon_ops.dataclass import dataclass
from ergon_ops.router.index import Sense, SenseKind
from ergon_ops.router.question import Question
from ergon_ops.router.words import ARTICLES

JOINERS = frozenset({"and", "or", "vs", "versus", "than", "&", "plus", "nor", "with"})


@dataclass(slots=True)
class Mention:
    """Tokens `first` to `last` mean these members. `slip` is the misspelt word, `plural` allows several, `strong` was
    marked as a name; `kind` `unknown` means nobody has that name, `verb` that
    it is a misspelt verb of change; `near` that nobody quite has the role; `others` are the key's less sure senses,
    `readings` all it has, used so here or not; `listed` goes with the one before it."""

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
    listed: bool = False


@dataclass(slots=True)
class Parties:
    subjects: list[Mention] = field(default_factory=list)
    about: list[Mention] = field(default_factory=list)
    left_out: list[Mention] = field(default_factory=list)
    spared: list[Mention] = field(default_factory=list)  # "do not touch X"
    hosts: list[Mention] = field(default_factory=list)
    projects: list[Mention] = field(default_factory=list)
    asked_of_all: bool = False


def joined(question: Question, first: Mention, second: Mention) -> bool:
    between = [question.word(at) for at in range(first.last + 1, second.first)]
    gap = question.text[question.tokens[first.last].end : question.tokens[second.first].start]
    return (not set(between) - JOINERS - ARTICLES) and (
        "," in gap or bool(set(between) & JOINERS) or "/" in gap or "&" in gap or "+" in gap
    )
