"""What a question's words ask for, before any name is looked up: its tokens, and whom such a question is put to."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from ergon_ops.router.literals import Literal, literals
from ergon_ops.router.patterns import (
    ALL_HOSTS,
    EVERYTHING,
    HOST,
    INSIDE,
    OUTSIDE,
    PLACE,
    PLURAL,
    PORT,
    PRONOUN,
    STRONG_FLEET,
    WEAK_FLEET,
    WEAK_HOST,
)
from ergon_ops.router.words import ASKING

HEAD, TAIL = 700, 300  # characters of a long text that are read
MAX_TOKENS = 120

# A word is anything but white space, ASCII punctuation, typographic and full-width marks: names of any script.
_WORD = re.compile(
    r"[^\s\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f\u0080-\u00bf\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20]+"
)
_SUFFIXES = frozenset({"s", "t", "re", "ve", "ll", "d", "m"})
_QUOTES = "\"'`“”‘’«»„"
_PLAIN_KEY = re.compile(r"[a-z0-9]+(?:[-_./:][a-z0-9]+)*", re.ASCII)
_DASHES = str.maketrans("_.", "--")
_BE_AFTER = ASKING | {"it", "that", "there", "here", "he", "she", "everything"}
_PUTS_A_PORT = frozenset({"is", "at", "whats", "whos", "does", "why", "on", "open", "hit", "curl", "reach"})
_UNITS = frozenset(
    {"mb", "gb", "kb", "mib", "gib", "ms", "s", "seconds", "minutes", "percent", "times", "of", "errors"}
)
_LOOSE = ("version", "shouted")  # names may be spelled so
_JOINT = re.compile(r"[-_./]|\s*#\s*|\s+|:")


@dataclass(frozen=True, slots=True)
class Token:
    """`gap` is what stands between it and the token before; `possessive` if an apostrophe-s follows."""

    text: str
    start: int
    end: int
    gap: str
    possessive: bool = False

    @property
    def joint(self) -> str:
        """How it continues a name: `-`, `/`, `:`, or nothing if the name cannot go on over this gap."""
        if not _JOINT.fullmatch(self.gap):
            return ""
        return self.gap if self.gap in "/:" else "-"


def normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def tokens_of(text: str) -> tuple[Token, ...]:
    """The words of a text, without the `s` of `webapp's`; bounded."""
    found: list[Token] = []
    end = 0
    for match in _WORD.finditer(text):
        word, gap = match[0].casefold(), text[end : match.start()]
        if found and gap in ("'", "’") and word in _SUFFIXES:
            last = found[-1]
            found[-1] = Token(last.text, last.start, match.end(), last.gap, word == "s")
        else:
            if found and gap in ("' ", "’ ") and found[-1].text.endswith("s") and text.count(gap[0], 0, end) % 2 == 0:
                last = found[-1]  # `photos' database`
                found[-1], gap = Token(last.text, last.start, last.end + 1, last.gap, True), " "
            found.append(Token(word, match.start(), match.end(), gap))
            if len(found) == MAX_TOKENS:
                break
        end = match.end()
    return tuple(found)


def key_of(text: str) -> str:
    """The one spelling under which a name is indexed: `Orders_DB` → `orders-db`."""
    plain = text.lower()
    if _PLAIN_KEY.fullmatch(plain):
        return plain.translate(_DASHES)
    words = tokens_of(normal(text))
    return "".join(f"{word.joint or '-'}{word.text}" if index else word.text for index, word in enumerate(words))


@dataclass(frozen=True)
class Question:
    """A question's text and tokens; the properties say what it asks for."""

    text: str
    tokens: tuple[Token, ...]

    @cached_property
    def line(self) -> str:
        """The words in lower case with single spaces between: what the patterns are matched against."""
        return " ".join(
            f"{token.text} is" if token.possessive and token.text in _BE_AFTER else token.text for token in self.tokens
        )

    def word(self, index: int) -> str:
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def gap_after(self, index: int) -> str:
        """What stands between this token and the next, or to the end of the text."""
        token = self.tokens[index]
        return self.tokens[index + 1].gap if index + 1 < len(self.tokens) else self.text[token.end :]

    def quoted(self, first: int, last: int) -> bool:
        """Between quotes or behind an @."""
        before = self.text[: self.tokens[first].start][-1:]
        after = self.text[self.tokens[last].end :][:1]
        return before == "@" or (before != "" and before in _QUOTES and after != "" and after in _QUOTES)

    @cached_property
    def literals(self) -> dict[int, Literal]:
        """The tokens that are quoted out of a machine, and of what they are a part."""
        return {
            at: one
            for one in literals(self.text)
            for at, token in enumerate(self.tokens)
            if one.start < token.end and token.start < one.end
        }

    def literal(self, first: int, last: int) -> bool:
        """Whether these are part of an address, a path, a variable …, so that only a full name in it counts."""
        return any(at in self.literals and self.literals[at].kind not in _LOOSE for at in range(first, last + 1))

    def whole_literal(self, first: int, last: int) -> bool:
        """Whether they are all of it, or the host of a URL."""
        one, start, end = self.literals.get(first), self.tokens[first].start, self.tokens[last].end
        if one is None or self.literals.get(last) is not one:
            return False
        if one.kind == "url":
            return self.text[:start].endswith("://") and self.text[end : end + 1] in ("", ":", "/")
        return not _WORD.search(self.text[one.start : start]) and not _WORD.search(self.text[end : one.end])

    @cached_property
    def shell(self) -> bool:
        return bool(re.search(OUTSIDE, self.line))

    @cached_property
    def inner(self) -> bool:
        return bool(re.search(INSIDE, self.line))

    @cached_property
    def ports(self) -> tuple[int, ...]:
        """Port numbers it speaks of: `port 80`, `:8080`, `on 5432`, `80/tcp`."""
        return tuple(
            dict.fromkeys(
                int(a or b or c or d)
                for a, b, c, d in re.findall(PORT, self.text.lower())
                if 0 < int(a or b or c or d) < 65536
            )
        )

    @cached_property
    def maybe_ports(self) -> tuple[int, ...]:
        """Numbers that are ports if somebody serves them: `is 8085 up`, `http://10.1.0.4:8088`."""
        links = {one for one in self.literals.values() if one.kind in ("url", "address")}
        found = [match[1] for one in links if (match := re.search(r"\w:(\d{2,5})\b", self.text[one.start : one.end]))]
        for at, token in enumerate(self.tokens):
            if (
                re.fullmatch(r"[1-9]\d{1,4}", token.text)
                and (at == 0 or self.word(at - 1) in _PUTS_A_PORT)
                and self.word(at + 1) not in _UNITS
                and self.gap_after(at)[:1] != "%"
            ):
                found.append(token.text)
        return tuple(dict.fromkeys(int(number) for number in found if int(number) < 65536))

    @cached_property
    def fleet(self) -> str:
        """`strong` if it can only be about all containers, `weak` if it may be about all, else empty."""
        if re.search(STRONG_FLEET, self.line):
            return "strong"
        return "weak" if re.search(WEAK_FLEET, self.line) else ""

    @cached_property
    def everything(self) -> bool:
        return bool(re.search(EVERYTHING, self.line))

    @cached_property
    def host(self) -> str:
        if (match := re.search(HOST, self.line)) or self.all_hosts:
            place = match and re.search(PLACE, self.line[: match.start()])
            return "strong" if not place or self.fleet != "strong" else ""
        return "weak" if re.search(WEAK_HOST, self.line) else ""

    @cached_property
    def all_hosts(self) -> bool:
        return bool(re.search(ALL_HOSTS, self.line))

    @cached_property
    def pronoun(self) -> bool:
        return bool(re.search(PRONOUN, self.line))

    @cached_property
    def plural_pronoun(self) -> bool:
        return bool(re.search(PLURAL, self.line))


def hear(text: str) -> Question:
    """The question, bounded: of a long one the head and the tail count."""
    clean = normal(text if len(text) <= HEAD + TAIL else f"{text[:HEAD]} … {text[-TAIL:]}")
    return Question(clean, tokens_of(clean))
