"""From typed text to words: shorthand spelled out, names masked, typos mended, phrases and topics found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from ergon_ops.dataclass import dataclass
from ergon_ops.offline.lexicon import (
    DEEDS,
    FOREIGN,
    NEUTRAL,
    PHRASES,
    PROGRAMS,
    REFUSED_PHRASES,
    SECRET_WORDS,
    SHORTHAND,
    WORDS,
)
from ergon_ops.offline.lexicon import words as word_set
from ergon_ops.refs import RESERVED_CI_NAMES

LONGEST_TEXT = 600
LONGEST_PHRASE = 8
NAME = "‹name›"

_WORD = re.compile(r"‹name›|[a-z0-9$./_&%'’:+-]+")
_QUOTED = re.compile(r"[\"“”`]([^\"“”`]{1,80})[\"“”`]|(?<!\w)'([^']{2,80})'(?!\w)")
_ENV_NAME = re.compile(r"\$?\{?\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z]{2,}_?URL)\b")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?(?:[a-z%]{0,4})$")


@dataclass(frozen=True, slots=True)
class Topic:
    """`at` is the position of its first word."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """A question in words. `topics` topic → first position; `unknown` words that no table has, by position."""

    words: tuple[str, ...]
    topics: dict[str, int]
    unknown: dict[int, str]
    quoted: tuple[str, ...]
    env_names: tuple[str, ...]
    names: int
    covered: frozenset[int]

    @property
    def text(self) -> str:
        return " ".join(self.words)


def _index(table: dict[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for topic, words in table.items():
        for word in words.split():
            found.setdefault(word, []).append(topic)
    return {word: tuple(topics) for word, topics in found.items()}


TOPICS_OF: dict[str, tuple[str, ...]] = _index(WORDS)


def _said_of(phrase: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The same phrase said of someone by name, or as `it`: `who calls you` → `who calls ‹name›`."""
    if not {"you", "your"} & set(phrase):
        return
    third = tuple(THIRD.get(word, word) for word in phrase)
    for you, your in (("it", "its"), (NAME, NAME)):
        yield tuple({"you": you, "your": your}.get(word, word) for word in third)


THIRD: dict[str, str] = {"are": "is", "do": "does", "were": "was", "have": "has"}
PHRASE_OF: dict[tuple[str, ...], str] = {
    tuple(phrase.split()): topic for topic, phrases in PHRASES.items() for phrase in phrases
}
for _phrase, _topic in tuple(PHRASE_OF.items()):
    for _other in _said_of(_phrase):
        if _other[-1] != NAME or _topic != "identity":
            PHRASE_OF.setdefault(_other, _topic)
_FIRST_OF_PHRASE: dict[str, int] = {}
for _phrase in PHRASE_OF:
    _FIRST_OF_PHRASE[_phrase[0]] = max(len(_phrase), _FIRST_OF_PHRASE.get(_phrase[0], 0))
# Of two words as near to a typo, the one people mean.
OFTEN: frozenset[str] = word_set(
    """status health memory cpu disk network port ports log logs error errors event events restart restarts image config
    env limit limits volume volumes mount mounts service services process processes uptime host what why who how"""
)
KNOWN: frozenset[str] = NEUTRAL | FOREIGN | PROGRAMS | SECRET_WORDS
KNOWN |= frozenset((*TOPICS_OF, *DEEDS, *(word for phrase in PHRASE_OF for word in phrase)))
KNOWN |= frozenset(word for phrases in REFUSED_PHRASES.values() for phrase in phrases for word in phrase.split())
_BY_LETTER: dict[str, list[str]] = {}
for _word in sorted(word for word in TOPICS_OF if len(word) >= 3 and word.isalpha()):
    _BY_LETTER.setdefault(_word[0], []).append(_word)


def tokens(text: str, names: Iterable[str] = ()) -> Tokens:
    plain = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).replace("’", "'")
    quoted = tuple(first or second for first, second in _QUOTED.findall(plain))
    env_names = tuple(dict.fromkeys(_ENV_NAME.findall(plain)))
    lowered = _mask(_QUOTED.sub(" ", plain).lower() if quoted else plain.lower(), names)
    words = tuple(word for raw in _WORD.findall(lowered) for word in _spell_out(raw))[:120]
    words = tuple(_mend(word) for word in words)
    topics, covered = _topics(words)
    env_words = {name.lower() for name in env_names}
    unknown = {
        at: word
        for at, word in enumerate(words)
        if at not in covered and word not in KNOWN and not _self_evident(word, env_words)
    }
    return Tokens(words, topics, unknown, quoted, env_names, words.count(NAME), covered)


def speaks(word: str) -> bool:
    """Whether it is a word of ours, whatever else it may name."""
    return word.lower() in KNOWN


def _mask(lowered: str, names: Iterable[str]) -> str:
    """Names out. Of a name that is also a word, only the last: "show me the logs of logs"."""
    for name in sorted(set(names), key=len, reverse=True):
        if name and name not in RESERVED_CI_NAMES and name.lower() in lowered:
            said = list(re.finditer(rf"(?<![\w-]){re.escape(name.lower())}(?:'s|s')?(?![\w-])", lowered))
            for found in reversed(said[-1:] if speaks(name) else said):
                lowered = f"{lowered[: found.start()]} {NAME} {lowered[found.end() :]}"
    return lowered


def _spell_out(raw: str) -> Sequence[str]:
    word = raw.strip(".:'+-") if raw not in ("+", "...") else raw
    word = word[:-1] if word.endswith("%") and word[:-1].isalpha() else word
    if raw.startswith("--") or not word:
        return ()
    spelled = SHORTHAND.get(word)
    if spelled is None and word.endswith("'s"):
        return (word[:-2],)
    if spelled is None and "/" in word and not word.startswith("/"):
        parts = [part for part in word.split("/") if part]
        if all(part in TOPICS_OF for part in parts) and word not in TOPICS_OF:
            return parts
    return (word,) if spelled is None else spelled.split()


def _self_evident(word: str, env_words: set[str]) -> bool:
    """Numbers, sizes, paths, ports and variables need no table."""
    if word == NAME or _NUMBER.match(word) or word[0] in "/$" or word.strip("${}") in env_words:
        return True
    return "_" in word or (any(letter.isdigit() for letter in word) and any(mark in word for mark in ":./"))


@lru_cache(maxsize=2048)
def _mend(word: str) -> str:
    """The word of the lexicon that this is a typo of, else the word itself."""
    if word in KNOWN or len(word) < 3 or not word.isalpha():
        return word
    from rapidfuzz.distance import OSA  # 20 ms of import that a well-typed question need not pay

    best, distance = word, 99
    for target in [*_BY_LETTER.get(word[0], ()), *_swapped(word)]:
        allowed = _allowed(word, target)
        if not allowed:
            continue
        found = OSA.distance(word, target, score_cutoff=allowed)
        if found <= allowed and (found, target not in OFTEN) < (distance, best not in OFTEN):
            best, distance = target, found
    return best


def _swapped(word: str) -> list[str]:
    """Words that begin with the second letter: the first two may have changed places."""
    return [target for target in _BY_LETTER.get(word[1], ()) if target[:2] == word[1::-1]]


def _allowed(word: str, target: str) -> int:
    """How many slips of the finger may lie between the two: none for short words but swapped or lost letters."""
    gap = abs(len(word) - len(target))
    if gap > 2:
        return 0
    if len(word) <= 4:
        if sorted(word) == sorted(target):
            return 1
        bare = len(word) == 4 or not set(word) & set("aeiou")
        if bare and len(target) == len(word) + 1 and word[-1] == target[-1]:
            return 1
        doubled = any(a == b for a, b in pairwise(word))
        return 1 if doubled and len(target) == len(word) - 1 else 0
    if len(target) < 4:
        return 0
    return 2 if len(word) >= 7 and len(target) >= 6 and word[:3] == target[:3] else 1


def _topics(words: tuple[str, ...]) -> tuple[dict[str, int], frozenset[int]]:
    """Topic → first position, and the positions that belong to phrases."""
    topics: dict[str, int] = {}
    covered: set[int] = set()
    at = 0
    while at < len(words):
        length = min(_FIRST_OF_PHRASE.get(words[at], 0), len(words) - at, LONGEST_PHRASE)
        while length > 1 and words[at : at + length] not in PHRASE_OF:
            length -= 1
        if length > 1:
            topics.setdefault(PHRASE_OF[words[at : at + length]], at)
            covered.update(range(at, at + length))
            at += length
            continue
        for topic in TOPICS_OF.get(words[at], ()):
            topics.setdefault(topic, at)
        if words[at] in PROGRAMS:
            topics.setdefault("programs", at)
        if words[at] == NAME:
            topics.setdefault("name", at)
        at += 1
    return topics, frozenset(covered)
