"""The labelled questions, and what the model sees of each."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

from ergon_ops.offline.opinion import features
from ergon_ops.offline.reading import Reading
from ergon_ops.offline.tokens import NAME
from ergon_ops.offline.understand import by_tables
from ergon_ops.offline.weigh import REASONS
from tests.offline.training.learn import Example

HERE = Path(__file__).parent
# Written without sight of the tables, so what the rules say of them is worth learning from.
UNSEEN = ("train_a", "train_b")
# Written against what the others got wrong, and against what was heard at the desk.
MENDED = ("train_c",)
# Written for breadth, after a look at forty misses of each kind.
BROAD = ("train_d",)
# Was held out once, for the tables and the first model.
ONCE_HELD = ("train_e",)
# The tables were built with these: the rules are right about them, which they are not about the world.
SEEN = ("questions_building", "questions_scoring")
ALL = (*SEEN, *UNSEEN, *MENDED, *BROAD, *ONCE_HELD)
CONTAINERS = re.compile(r"(?<![\w-])(webapp|worker|orders-db|mailer|looper|draft|legacy)(?![\w-])", re.I)
PLACEHOLDER = re.compile(r"(?<!\w)NAME(?!\w)")
LABEL_OF = {reason: label for label, reason in REASONS.items()} | {"elsewhere": "oos_general", "unknown": "oos_general"}


def asked(question: str) -> Reading:
    """What the tables make of a question whose containers are called `NAME`."""
    return by_tables(PLACEHOLDER.sub(NAME, question))


def labelled(kind: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Question and labels of a file; several containers at once is no topic and is left to the rules."""
    folder = HERE if kind not in SEEN else HERE.parent
    for line in (folder / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row.get("after"):
            continue
        question = CONTAINERS.sub("NAME", row["q"]) if kind in SEEN else row["q"]
        labels = tuple((row.get("label") or _label(question, row["intent"])).split("+"))
        if "many" not in labels:
            yield question, labels


def _label(question: str, intent: str) -> str:
    if intent == "out_of_scope":
        return LABEL_OF[asked(question).reason or "unknown"]
    return intent.removeprefix("fleet:")


def examples(kind: str) -> list[Example]:
    return [
        Example(tuple(features(asked(said))), labels) for question, labels in labelled(kind) for said in heard(question)
    ]


def heard(question: str) -> tuple[str, ...]:
    """As written, and as it arrives when the router has taken the names of several out: `NAME vs NAME` → `vs`."""
    bare = " ".join(PLACEHOLDER.sub(" ", question).split())
    return (question, bare) if len(PLACEHOLDER.findall(question)) > 1 and bare else (question,)


def everything() -> list[Example]:
    return [example for kind in ALL for example in examples(kind)]


def digest(rows: list[Example]) -> str:
    """Of all that the weights depend on but the trainer's own code."""
    return hashlib.sha256(repr(rows).encode()).hexdigest()
