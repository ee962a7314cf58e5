"""What a question's words ask for, before any name is looked up: tokens, and whether it changes, compares, follows up …"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from ergon_ops.router.words import ASKING, CHANGERS, POLITE

HEAD, TAIL = 700, 300  # characters of a long text that are read
MAX_TOKENS = 120

# A word is anything but white space, ASCII punctuation and the usual typographic and full-width marks: names of any script.
_WORD = re.compile(
    r"[^\s\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f\u0080-\u00bf\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20]+"
)
_SUFFIXES = frozenset({"s", "t", "re", "ve", "ll", "d", "m"})
_QUOTES = "\"'`“”‘’«»„"
_PLAIN_KEY = re.compile(r"[a-z0-9]+(?:[-_./:][a-z0-9]+)*", re.ASCII)
_DASHES = str.maketrans("_.", "--")
_BE_AFTER = ASKING | {"it", "that", "there", "here", "he", "she", "everything"}
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
    def shell(self) -> bool:
        return bool(
            re.search(r"\b(host|localhost|outside|externally|published|exposed|external|from my|browser)\b", self.line)
        )

    @cached_property
    def inner(self) -> bool:
        return bool(re.search(r"\b(inside|inner|internal|internally|container port)\b", self.line))

    @cached_property
    def ports(self) -> tuple[int, ...]:
        """Port numbers it speaks of: `port 80`, `:8080`, `on 5432`, `80/tcp`."""
        return tuple(
            dict.fromkeys(
                int(a or b or c or d)
                for a, b, c, d in _PORT.findall(self.text.lower())
                if 0 < int(a or b or c or d) < 65536
            )
        )

    @cached_property
    def fleet(self) -> str:
        """`strong` if it can only be about all containers, `weak` if it may be about all, else empty."""
        if _STRONG_FLEET.search(self.line):
            return "strong"
        return "weak" if _WEAK_FLEET.search(self.line) else ""

    @cached_property
    def everything(self) -> bool:
        return bool(_EVERYTHING.search(self.line))

    @cached_property
    def host(self) -> str:
        if (match := _HOST.search(self.line)) or self.all_hosts:
            place = match and _PLACE.search(self.line[: match.start()])
            return "strong" if not place or self.fleet != "strong" else ""
        return "weak" if _WEAK_HOST.search(self.line) else ""

    @cached_property
    def all_hosts(self) -> bool:
        return bool(re.search(r"\b(both|all|every|each|the two|our|my) hosts?\b", self.line))

    @cached_property
    def pronoun(self) -> bool:
        return bool(_PRONOUN.search(self.line))

    @cached_property
    def plural_pronoun(self) -> bool:
        return bool(_PLURAL.search(self.line))

    def changes_after(self, skip: frozenset[int]) -> bool:
        """Whether it orders a change: a verb of change leads it (or a part of it), names and politeness aside."""
        leading = True
        asking = False
        for index, token in enumerate(self.tokens):
            word = token.text
            if index and (word in ("and", "then") or (any(mark in token.gap for mark in ",;.!?—") and not token.joint)):
                leading = not asking or word in ("and", "then") or any(mark in token.gap for mark in ".!?;")
                if any(mark in token.gap for mark in ".!?;"):
                    asking = False
            if index in skip or word in ("and", "then"):
                continue
            if leading and word in CHANGERS and not _NOUN_AFTER.get(word, frozenset()) & {self.word(index + 1)}:
                return True
            if word in ASKING and leading:
                asking, leading = True, False
            elif word not in POLITE:
                leading = False
        return bool(_NEEDS.search(self.line))


# Words that make a noun of the verb before them.
_NOUN_AFTER: dict[str, frozenset[str]] = {
    "restart": frozenset({"count", "counts", "policy", "history", "reason", "loop", "loops", "times"}),
    "limit": frozenset({"of", "for", "is", "reached"}),
    "start": frozenset({"time", "with", "by"}),
    "change": frozenset({"log", "history"}),
    "cpu": frozenset(),
    "kill": frozenset({"count"}),
    "give": frozenset({"me", "us"}),
    "cap": frozenset({"of"}),
    "load": frozenset(),
    "stop": frozenset({"reason"}),
    "set": frozenset(),
    "update": frozenset({"me", "us", "on"}),
    "reset": frozenset({"count"}),
    "add": frozenset(),
}
_NEEDS = re.compile(
    r"^(?!(?:why|does|do|did|which|who|what|is|has|should|how)\b).*\b(needs?|wants?) (a |to be |more |less |its )?(restart|restarted|restarting|recreated|rebuilt|stopped|more memory|memory raised|cpu)\b"
)
_PORT = re.compile(
    r"\bports?\s*[:#=]?\s*(\d{1,5})\b"
    r"|(?<![\w.\]]):(\d{2,5})\b"
    r"|\b(?:localhost|0\.0\.0\.0|127\.0\.0\.1|host):(\d{1,5})\b"
    r"|\b(?:on|serves|serving|listens on|listening on|listen on|answers on|bound to|behind)\s+(\d{2,5})(?![\w%.-]|\s*(?:%|mb\b|gb\b|mib\b|gib\b))"
)
_STRONG_FLEET = re.compile(
    r"\b(which (container|containers|one|ones|service|services|of|app|apps|two|three|is|are|has|have|uses|use)\b"
    r"|who(ever)? (is|s|are|has|uses|use|eats|talks|talk|restarted|crashed|died|takes|needs|depends|connects|calls|was|were|hogs|else|went|keeps|got|failed|logs|writes|consumes)\b|whos\b"
    r"|(is|are|was|were|did|does|do|has|have) (anything|anyone|anybody|something|everything|everyone|everybody|all|any (containers?|services?|of (them|my|the)))\b"
    r"|how many (containers|of|services|are|things)\b|(all|any|every|each|my|the|our|these|list|show|what|other) (of )?(my |the |our |these )?containers\b"
    r"|what (is|s|are|else is)? ?(running|using|eating|hogging|taking|consuming|filling|crashed|restarted|talking|broken|down|unhealthy|up)\b|what depends on\b|what (uses|talks|connects|runs|eats|died|crashed|restarted|broke)\b"
    r"|everything|everyone|everybody|fleet|overall|overview|the whole (stack|thing|lot)|whole (host|stack)|biggest|top (\d+ |three |five )?(consumer|consumers|memory|cpu|talkers|offenders|users|hogs)"
    r"|each of|every (container|one|service)|rank|ranking|anyone|anybody|containers)\b"
)
_WEAK_FLEET = re.compile(
    r"\b(anything|any|status|state|health|healthy|how (is|are) (it|things|you)|how goes|what is wrong|whats wrong|wrong|what happened|what changed|problem|problems|issues?|errors?"
    r"|alerts?|findings?|warnings?|incidents?|diagnose|diagnosis|summary|summarize|summarise|report|recap|restarts|crashes|oom|events?|news|list|ps|top|memory|cpu|ram|network|usage|metrics|stats|resources|topology|connections|ports?|services|running|worst|most|least|highest|lowest|slowest|busiest|throttled|throttling"
    r"|healthchecks?|images|hello|hi|hey|ok|okay|fine|good|attention|worried|worry|on fire|sup|up)\b"
)
_EVERYTHING = re.compile(
    r"\b(everything|everyone|everybody|(every|each) (single )?(container|one|service)|all (of )?(my |the |our |these |those )?(containers|services|of them|of it)|all of (them|you|it)|(my|our) containers|the whole (fleet|stack|lot)|the fleet|fleet)\b"
)
_HOST = re.compile(
    r"\b((this|the|my|our) (docker )?(host|machine|box|vm|vps|hypervisor|computer|laptop|hardware|engine|daemon|node)|the server itself|this server|(the|my) server$|the server (ok|okay|fine|healthy|overloaded|up|doing|load)|host (load|memory|cpu|disk|health|status|os|uptime|kernel|facts|ok|swap|pressure)|docker (daemon|engine|host|itself|data root)"
    r"|load average|loadavg|kernel|data root|inodes|(is|s) (the )?(host|docker)\b|how (is|s) (the )?(host|docker)|of (the )?host$|^host$|machine)\b"
)
_PLACE = re.compile(r"\b(on|in|of|across)( all)?( of)?\s*$")
_WEAK_HOST = re.compile(
    r"\b((disk|free|drive|storage) space|disks?|load|swap|inodes?|space left|free memory|uptime of the|memory pressure|room left)\b"
)
_PRONOUN = re.compile(
    r"\b(it|its|itself|that|this|he|him|his|she|her|you|your|yours|yourself|me|that one|this one|same)\b"
)
_PLURAL = re.compile(r"\b(they|them|their|theirs|those|these|both)\b")


def hear(text: str) -> Question:
    """The question, bounded: of a long one the head and the tail count."""
    clean = normal(text if len(text) <= HEAD + TAIL else f"{text[:HEAD]} … {text[-TAIL:]}")
    return Question(clean, tokens_of(clean))
