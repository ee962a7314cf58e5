"""A second opinion on what a question asks: a linear model over its words, word pairs, topics and what the tables say.

The tables know what they were given; this generalises from labelled questions. `opinion.txt` holds the weights, and
`python -m tests.offline.training` writes it. Read when the first question is weighed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from itertools import combinations, pairwise
from pathlib import Path

from ergon_ops.dataclass import dataclass
from ergon_ops.offline.lexicon import words
from ergon_ops.offline.reading import Reading
from ergon_ops.offline.tokens import NAME, TOPICS_OF, Tokens

# How a weight is written: one character for the label, one for the weight in steps of the file's `unit`.
FIRST_LABEL, ZERO = ord("A"), 80
OUTSIDE = "oos_"

SKIPPED: frozenset[str] = words("the a an please just so really hey hi there now kindly some")
ONE_FOR: dict[str, str] = {
    **dict.fromkeys(words("it you yourself itself he she him her them they this") | {NAME}, "you"),
    **dict.fromkeys(words("your its his their yours"), "your"),
    **dict.fromkeys(words("is are was were be been being am"), "be"),
    **dict.fromkeys(words("do does did done doing"), "do"),
    **dict.fromkeys(words("have has had having got get getting gets"), "have"),
    **dict.fromkeys(words("can could would will may might shall"), "can"),
    **dict.fromkeys(words("tell show give list display print"), "show"),
    **dict.fromkeys(words("i me my we us our"), "me"),
}
ENDINGS = ("ations", "ation", "ings", "ing", "ied", "ies", "ed", "es", "ly", "s", "e", "y")
SHAPES: dict[str, re.Pattern[str]] = {
    "?": re.compile(r"\?"), "!": re.compile(r"!\s*$"), ",": re.compile(","), "-": re.compile(r"(?<!\S)--?[a-z]"),
    "|": re.compile(r"[|>*{}]|&&|;\s|\$\("), "/": re.compile(r"/[a-z]+/"), "q": re.compile(r"[\"“`]"),
}  # fmt: skip
UNKNOWN = "?"
SHORTEST_STEM, SHORTEST_PIECE, LONGEST_PIECE = 3, 3, 5


@dataclass(frozen=True, slots=True)
class Weights:
    """`lines`: features with their weights, sorted, looked up where they stand: to take them apart would cost more
    than all questions of a call. `unit` is the size of one step."""

    labels: tuple[str, ...]
    unit: float
    digest: str
    lines: str

    def row(self, feature: str) -> str:
        """The weights of a feature as text, found by halving; empty if it has none."""
        low, high = 0, len(self.lines)
        while low < high:
            start = self.lines.rfind("\n", low, (low + high) // 2) + 1 or low
            end = self.lines.find("\n", start)
            name, _, row = self.lines[start:end].partition("\t")
            if name == feature:
                return row
            low, high = (end + 1, high) if name < feature else (low, start)
        return ""


@cache
def shipped() -> Weights:
    return read(Path(__file__).with_name("opinion.txt").read_text(encoding="utf-8"))


def read(text: str) -> Weights:
    """Three lines of header (digest, unit, labels), then a feature and its weights on a line, with a tab between."""
    digest, unit, labels, lines = text.split("\n", 3)
    return Weights(tuple(labels.split()), float(unit), digest, lines)


def opinion(features: Collection[str], weights: Weights | None = None) -> dict[str, float]:
    """How likely each label is."""
    weights = weights or shipped()
    sums = [0] * len(weights.labels)
    rows = [row for feature in features if (row := weights.row(feature))]
    for row in rows:
        for at in range(0, len(row), 2):
            sums[ord(row[at]) - FIRST_LABEL] += ord(row[at + 1]) - ZERO
    scale = weights.unit / math.sqrt(max(1, len(rows)))
    most = max(sums)
    shares = [math.exp((value - most) * scale) for value in sums]
    total = sum(shares)
    return {label: share / total for label, share in zip(weights.labels, shares, strict=True)}


def features(said: Reading) -> dict[str, None]:
    """What the model sees of a question, in order, each once: words, stems and pairs of them, topics and pairs of
    them, letters of unknown words, its shape (`x…`), and what the rules say (`r…`, `j…` beside the first word)."""
    found = said.found
    env = {name.lower() for name in found.env_names}
    plain = ["$env" if word.strip("${}") in env else _kind(word) for word in found.words]
    stems = [stem(word) for word in plain if word not in SKIPPED]
    asked = (*_of_words(plain, stems), *_of_kinds(found), *_of_topics(found, said.topics))
    return dict.fromkeys((*asked, *_of_rules(said, stems[:1]), *_of_shape(said)))


def _of_words(plain: list[str], stems: list[str]) -> Iterator[str]:
    yield from (f"w{word}" for word in plain)
    yield from (f"u{word}" for word in stems)
    yield from (f"v{one} {two}" for one, two in pairwise(["^", *stems, "$"]))
    yield f"l{min(len(plain), 9)}"


def _of_kinds(found: Tokens) -> Iterator[str]:
    """Pairs of the words' first topics; then those that an unknown word stands in."""
    kinds = [TOPICS_OF[word][0] if word in TOPICS_OF else stem(_kind(word)) for word in found.words]
    kept = [kind for kind, word in zip(kinds, found.words, strict=True) if word not in SKIPPED]
    yield from (f"z{one} {two}" for one, two in pairwise(["^", *kept, "$"]))
    masked = [UNKNOWN if at in found.unknown else kind for at, kind in enumerate(kinds)]
    yield from (f"y{one} {two}" for one, two in pairwise(["^", *masked, "$"]) if UNKNOWN in (one, two))


def _of_topics(found: Tokens, topics: Collection[str]) -> Iterator[str]:
    yield from (f"t{topic}" for topic in topics)
    yield from (f"p{one} {two}" for one, two in combinations(sorted(topics), 2))
    yield f"n{min(len(found.unknown), 3)}"
    for word in found.unknown.values():
        if len(word) > SHORTEST_PIECE:
            yield from (f"g{piece}" for piece in _pieces(f"<{word}>"))


def _of_rules(said: Reading, first: list[str]) -> Iterator[str]:
    yield from (f"r{intent}" for intent in said.intents)
    yield f"r={'+'.join(said.intents)}"
    if said.reason:
        yield f"r!{said.reason}"
    yield from (f"j{verdict} {''.join(first)}" for verdict in said.intents or (f"!{said.reason}",))


def _of_shape(said: Reading) -> Iterator[str]:
    """Marks of a command line, of a quote, of a cry; digits; how long it is."""
    yield from (f"x{name}" for name, mark in SHAPES.items() if mark.search(said.text))
    if any(letter.isdigit() for word in said.found.words if word != NAME for letter in word):
        yield "x0"
    yield f"x{min(6, len(said.found.text) // 15)}l"


def _pieces(word: str) -> Iterator[str]:
    for length in range(SHORTEST_PIECE, LONGEST_PIECE + 1):
        yield from (word[at : at + length] for at in range(len(word) - length + 1))


def _kind(word: str) -> str:
    """Names, paths and numbers by what they are."""
    if word == NAME:
        return word
    if word[0] == "/":
        return "/path"
    if any(letter.isdigit() for letter in word) and not word.isalnum():
        return "0x"
    return "0" if word.isdigit() else word


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """One spelling for the forms of a word: `mounting`, `mounts` → `mount`; whoever is asked is `you`."""
    if word in ONE_FOR or not word.isalpha() or len(word) < 5:
        return ONE_FOR.get(word, word)
    ending = next((end for end in ENDINGS if word.endswith(end) and len(word) - len(end) >= SHORTEST_STEM), "")
    bare = word.removesuffix(ending)
    return bare[:-1] if len(bare) > SHORTEST_STEM + 1 and bare[-1] == bare[-2] else bare
