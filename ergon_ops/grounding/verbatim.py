"""A sentence that the rules said in answer to the question, said again: what carries it there carries it here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ergon_ops.facts import Ledger
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.markup import plain, without_citations
from ergon_ops.grounding.scene import Scene
from ergon_ops.grounding.sentences import Sentences

_MARKS = lazily(r"[\s'.,:;!?-]+")
_ENDS = lazily(r"[.!?\n]\s")


def words_of(text: str) -> str:
    """The sentence as two are compared: without citations, marks and letters' size. Quotation marks stay: a quote is
    nobody's own words."""
    return _MARKS.sub(" ", plain(without_citations(text)[0])).strip().lower()


def answers(said: Iterable[tuple[str, tuple[str, ...]]], ledger: Ledger) -> Mapping[str, tuple[str, ...]]:
    """What the rules' sentences, whole and each part of them, rest on: text and ids of facts of each. What others wrote
    (a quote, a label) may hold whole sentences of its own: then there are no parts."""
    writing = {fact.id for fact in ledger if _ENDS.search(f"{fact.key} | {fact.value}")}
    known: dict[str, tuple[str, ...]] = {}
    for text, ids in said:
        cut = Sentences()
        parts = () if '"' in text or "“" in text or writing & set(ids) else (*cut.feed(text), *cut.end())
        for part in (text, *parts):
            words = words_of(part)
            if ids and re.search(r"\w \w", words):
                known.setdefault(words, ids)
    return known


def carried(scene: Scene) -> tuple[str, ...]:
    """The facts behind it; none if it is none of the rules' sentences, or may be about somebody else here."""
    ground = scene.ground
    ids = ground.answers.get(words_of(scene.text), ()) if ground.answers else ()
    if len(ground.refs) != 1:
        return ids if scene.mentions else ()
    return ids if set(scene.topic.subjects) <= set(ground.refs) else ()
