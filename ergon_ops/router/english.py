"""Whether a word is ordinary English, beyond the router's own vocabulary: a list of plain forms, and how they inflect.

Read when the first strange word is met, which takes a few milliseconds once.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from ergon_ops.router.words import ENGLISH, JARGON

# English that no list of plain forms has mostly ends so, and container names mostly do not.
_ENDINGS = re.compile(r"(ness|tion|tions|ment|ments|ity|ous|ful|ism|able|ible|ically)$")
_INFLECTED = (
    ("ies", "y"), ("ied", "y"), ("ing", ""), ("ing", "e"), ("ed", ""), ("ed", "e"), ("es", ""), ("s", ""), ("ly", ""),
    ("y", ""), ("y", "e"), ("er", ""), ("er", "e"), ("ier", "y"), ("iest", "y"), ("est", ""),
)  # fmt: skip
SHORTEST = 3


@cache
def _listed() -> frozenset[str]:
    return frozenset(Path(__file__).with_name("english.txt").read_text(encoding="utf-8").split("\n"))


def is_english(word: str) -> bool:
    """`checkout`, `customers`, `migration`; not `frobnicator`, `plex` or `xyzzy`."""
    if len(word) < SHORTEST or not word.isascii() or not word.isalpha():
        return False
    return bool(_plain(word) or (len(word) > 5 and _ENDINGS.search(word)) or any(map(_plain, _stems(word))))


def _plain(word: str) -> bool:
    return word in ENGLISH or word in JARGON or word in _listed()


_AGENTS = re.compile(r"(ations?|ators?|ating|ions?|ings?|ers?|ors?|ments?|ed|es|s|e)$")
FAMILY_FROM = 4


def family(word: str) -> str:
    """What `migrate`, `migration` and `migrator` have in common; empty for a word too short to tell."""
    if len(word) < FAMILY_FROM + 2 or not word.isascii() or not word.isalpha():
        return ""
    stem = _AGENTS.sub("", word)
    stem = stem.removesuffix("at") if len(stem) > FAMILY_FROM + 1 else stem
    return stem if len(stem) >= FAMILY_FROM else ""


def _stems(word: str) -> list[str]:
    found = []
    for ending, instead in _INFLECTED:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= SHORTEST:
            found.append(stem + instead)
            if len(stem) > SHORTEST and stem[-1] == stem[-2]:
                found.append(stem[:-1])
    return found
