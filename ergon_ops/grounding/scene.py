"""One sentence under check: its text, clauses, whom each place speaks of, and what was read of it already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import NamedTuple

from ergon_ops.dataclass import dataclass
from ergon_ops.grounding.index import Index, Value
from ergon_ops.grounding.lazy import lazily, words
from ergon_ops.grounding.lexicon import program_groups
from ergon_ops.grounding.markup import ROW, RULE, Clause, cells, clauses, plain
from ergon_ops.grounding.metrics import RESOURCE
from ergon_ops.grounding.words import Claim, Ground, Topic
from ergon_ops.refs import Ref, host_ref

_FIRST = lazily(r"\b(?:i|me|my|myself|mine|i'm|i've|im|ive)\b", re.I)
_EVERYBODY = lazily(
    r"\b(?:all|both|each|every|none|no)(?: of)?(?: the| my| our| your| these| other|"
    r" of them)? ?(?:\w+ )?(?:containers?|of (?:them|us|these))"
    r"|\beach of|\beverybody|\beverything|\beveryone|\bnobody\b|\b(?:all|they all) are\b",
    re.I,
)
_TALK_TO = lazily(
    r"(?:database|db|container|service|one|that|which|whom) (?P<i>i) (?:talk|connect|depend|rely|use|read|"
    r"quer|need|speak)\w*",
    re.I,
)
_NEXT = lazily(r"[,;][^,;]*\d")  # somebody else's number
_OF_ALL = lazily(r"container|\bof us\b", re.I)
_PAGES = lazily(r"\b(?:file|page|disk|inactive) cache\b", re.I)
_I_SEE = lazily(r"\b(?P<i>i)(?: can)? (?:see|know of|find|found|have seen|can tell|tell|read)\b", re.I)
_ELSE = lazily(
    r"\b(?:everything|everyone|everybody|all) else\b|\b(?:all )?(?:the )?others\b|\bthe rest\b(?! of)|"
    r"\ball (?:the )?other containers\b",
    re.I,
)
_ELIDED = lazily(r"\s+(?:and|but) (?:is|are|was|has|uses|runs|fails|keeps|gets|also|currently)\b", re.I)
_BOTH = lazily(r"\b(?:both|each|they all|the two|neither)\b", re.I)
_GATHERED = lazily(
    r"\b(?:the|all|our|these|my|of)\s+(?:\w+\s)?(?P<state>running|stopped|exited|healthy|unhealthy|restarting)\s+"
    r"(?:containers|ones)\b",
    re.I,
)
TOGETHER = lazily(
    r"\b(?:together|combined|add(?:s|ing)? up|between them|summed|altogether|in total|in all|total|sum|overall|all)\b",
    re.I,
)
_THE_DATABASE = lazily(
    r"\b(?:the|my|its|that|our|your) (?P<word>database|db)\b(?! (?:system|server|name|file|driver|url))", re.I
)
_VERSUS = lazily(
    r"[(:,–—-]\s*\(?[^\s(][^(;]{0,20}?\s(?P<vs>vs\.?|versus|against|compared (?:to|with))\s[^();]{1,20}", re.I
)
_HOSTS = lazily(
    r"\b(?:host's|(?:whole|entire) (?:host|machine|system)|(?:docker|the|this) host(?= (?:has|memory|cpu|load|"
    r"disk|ram))|host(?= (?:memory|load|cpus?|ram))|"
    r"docker(?:'s)? (?:data )?(?:root|filesystem|directory|disk|partition|storage))",
    re.I,
)
_HOST = lazily(
    r"(?:^|[.;:|]\s*|\b(?:and|but|while) )\W*(?:(?:the|this|my|our|your) )?(?:docker )?(?:host|machine|"
    r"engine|node|server)(?: (?!port\b|saw|remembers|marked|sees|recorded)(?P<name>[\w.-]+))?(?:'s)?\b(?! (?:saw|"
    r"remembers|marked|sees|recorded|port|"
    r"network|path|side|mode|pid|ip|image))",
    re.I,
)
HOST_WORD = lazily(r"\b(?:hosts?|host's|machine|engine|server's|whole system)\b", re.I)
_NOT_A_NAME = lazily(
    r"^\s+(?:process(?:es)?|threads?|count|connections?|hits?|miss\w*|memory (?:used|of)|layer|file)\b", re.I
)
_NOT_AFTER = lazily(r"(?:page|file|buffer|disk|query|dns|an?|image|user|no)\s+$", re.I)
_SEGMENT = lazily(
    r",\s|;|\||\n|\(|\)|\s(?:and|but|while|plus|with|whereas|versus|vs\.?)\s|\s[–—-]\s|—|:\s|[.!?]\s", re.I
)
ORDINARY = words(
    """
    cache worker web app api db proxy draft queue server database backend frontend site test main
    """
)


class Mention(NamedTuple):
    start: int
    end: int
    ref: Ref
    word: str


@dataclass(slots=True)
class Scene:
    """`text` is as it came (without citations), `line` the same without Markdown, `free` what is not yet
    read, `nameless` the line with the names of containers blanked."""

    text: str
    ground: Ground
    topic: Topic
    line: str = ""
    free: str = ""
    nameless: str = ""
    clauses: tuple[Clause, ...] = ()
    mentions: list[Mention] = field(default_factory=list)
    header: tuple[str, ...] = ()
    row: bool = False
    resources: list[tuple[int, int, str]] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    cited: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str, ground: Ground, topic: Topic, cited: tuple[str, ...] = ()) -> Scene:
        scene = cls(text, ground, topic, cited=cited)
        scene.line = scene.free = plain(text)
        scene.row = ROW.match(text.strip("\n")) is not None and text.count("|") >= 2
        scene.clauses = clauses(scene.line)
        index = ground.index
        for match in index.name_pattern.finditer(scene.line):
            before, after = scene.line[: match.start()], scene.line[match.end() :]
            word = match[0].lower()
            if word == "cache" and _PAGES.search(scene.line) and before.lower().endswith("the "):
                continue
            if word in ORDINARY and (_NOT_A_NAME.match(after) or _NOT_AFTER.search(before)):
                continue
            scene.mentions.append(Mention(match.start(), match.end(), index.by_name[word], word))
        scene._others()
        scene.nameless = scene.line
        for item in scene.mentions:
            if item.word not in ("i", "host"):
                blank = " " * (item.end - item.start)
                scene.nameless = scene.nameless[: item.start] + blank + scene.nameless[item.end :]
        scene.resources = [(m.start(), m.end(), m.lastgroup or "") for m in RESOURCE.finditer(scene.nameless)]
        scene.cuts = [0, *(m.end() for m in _SEGMENT.finditer(scene.line)), len(scene.line)]
        if scene.row:
            scene.header = topic.header
        return scene

    def _others(self) -> None:
        """First person, the host: they are spoken of as by name."""
        speaker = self.ground.speaker
        hidden = {match.start("i") for match in _TALK_TO.finditer(self.line)}
        if self.mentions:
            first = min(item.start for item in self.mentions)
            hidden |= {match.start("i") for match in _I_SEE.finditer(self.line) if match.start() > first}
        if speaker is not None:
            self.mentions += [
                Mention(m.start(), m.end(), speaker, "i") for m in _FIRST.finditer(self.line) if m.start() not in hidden
            ]
        host = host_ref(speaker.host if speaker else "local")
        for match in _HOST.finditer(self.line):
            self.mentions.append(Mention(match.end() - 1, match.end(), host, "host"))
        for match in _THE_DATABASE.finditer(self.line):
            if (ref := self._database()) is not None:
                self.mentions.append(Mention(match.start("word"), match.end(), ref, "the database"))
        if not self.mentions and not re.search(r"\b(?:its?|that|they|their)\b", self.line, re.I):
            self.mentions = [Mention(m.start(), m.end(), host, "host") for m in _HOSTS.finditer(self.line)]
        self.mentions.sort()

    def _database(self) -> Ref | None:
        """`the database` is the one whose image says so, if there is but one."""
        kinds = program_groups()["database"]
        known = dict.fromkeys([*self.ground.refs, *self.ground.names.values()])
        found = [ref for ref in known if any(kind in self.index.text(ref, "image") for kind in kinds)]
        return found[0] if len(found) == 1 else None

    @property
    def index(self) -> Index:
        return self.ground.index

    # -- where ----------------------------------------------------------------------------------------------------

    def clause(self, at: int) -> Clause:
        return next((part for part in self.clauses if part.start <= at < part.end), self.clauses[-1])

    def mood(self, at: int) -> str:
        return self.clause(at).mood

    def segment(self, at: int, end: int | None = None) -> tuple[int, int]:
        """From the last comma, bracket or `and` before to the next behind."""
        start = max((cut for cut in self.cuts if cut <= at), default=0)
        stop = min((cut for cut in self.cuts if cut >= (end or at + 1)), default=len(self.line))
        return start, stop

    def column(self, at: int) -> str:
        """The head of the table's column a place stands in."""
        if not self.row or not self.header:
            return ""
        number = (
            self.line[:at].strip().removeprefix("|").count("|")
            if self.line.strip().startswith("|")
            else self.line[:at].count("|")
        )
        return self.header[number] if number < len(self.header) else ""

    # -- whom -----------------------------------------------------------------------------------------------------

    def subjects(self, at: int) -> tuple[Ref, ...]:
        """Whom a place speaks of: who is named in its clause before it, in the sentence before, in the clause behind,
        then the sentence before, then the speaker."""
        if found := self._rest(at) or self._everybody(at) or self._gathered(at) or self.side(at):
            return found
        clause = self.clause(at)
        named = [item for item in self.mentions if item.end <= at]
        here = [item for item in named if item.start >= clause.start]
        if here and _ELIDED.match(self.line[here[-1].end : at + 1]) and here[0].word != "host":
            return (here[0].ref,)
        if here:
            return self._joined(here)
        if not self._pronoun(clause) and (behind := self._behind(at, clause)):
            return behind
        if named:
            return self._joined(named)
        if behind := self._behind(at, clause):
            return behind
        if self.topic.subjects:
            return self.topic.subjects
        return self.ground.refs

    def side(self, at: int) -> tuple[Ref, ...]:
        """`A is closer to it than B (60 % vs. 45 %)`: the first number is A's, the second B's."""
        match = next((item for item in _VERSUS.finditer(self.line) if item.start() <= at < item.end()), None)
        named = list(dict.fromkeys(item.ref for item in self.mentions if match and item.end <= match.start()))
        if match is None or len(named) != 2:
            return ()
        return (named[0] if at < match.start("vs") else named[1],)

    @staticmethod
    def _pronoun(clause: Clause) -> bool:
        return re.match(r"\W*(?:which|it|its|that|they|their)\b", clause.text, re.I) is not None

    def _behind(self, at: int, clause: Clause) -> tuple[Ref, ...]:
        behind = [item for item in self.mentions if at <= item.start < clause.end and item.word not in ("i",)]
        for item in behind:
            between = self.line[at : item.start]
            if _NEXT.search(between):
                break
            if re.search(
                r"\bis (?:what|how|where|the one) (?:the )?$|\b(?:by|for|in|of|on|with|from|container|"
                r":)\W*(?:the )?(?:container )?\W*$",
                between,
                re.I,
            ):
                return (item.ref,)
        return ()

    def _rest(self, at: int) -> tuple[Ref, ...]:
        """`everything else`: all there are but those named before."""
        match = _ELSE.search(self.clause(at).text)
        if match is None or self.clause(at).start + match.start() > at:
            return ()
        named = {item.ref for item in self.mentions if item.end <= at and item.word != "host"}
        named |= set() if named else set(self.topic.subjects or self.ground.refs)
        known = dict.fromkeys([*self.ground.refs, *self.ground.names.values()])
        return tuple(ref for ref in known if ref not in named)

    def _gathered(self, at: int) -> tuple[Ref, ...]:
        """`both`, `the running containers together`: those named before, or all in that state."""
        clause = self.clause(at)
        if any(item.start >= clause.start and item.start < clause.end for item in self.mentions):
            return ()
        if (match := _GATHERED.search(clause.text)) is not None and TOGETHER.search(self.line):
            known = dict.fromkeys([*self.ground.refs, *self.ground.names.values()])
            name, state = ("health" if "healthy" in match["state"].lower() else "state"), match["state"].lower()
            return tuple(ref for ref in known if self.index.text(ref, name) == state)
        if _BOTH.search(clause.text):
            named = tuple(dict.fromkeys(item.ref for item in self.mentions if item.end <= at and item.word != "host"))
            return named if len(named) > 1 else ()
        return ()

    def _everybody(self, at: int) -> tuple[Ref, ...]:
        found = _EVERYBODY.search(self.clause(at).text)
        if found is None or any(
            item.word not in ("i", "host") and self.clause(at).start <= item.start < self.clause(at).end
            for item in self.mentions
        ):
            return ()
        if len(self.ground.refs) == 1 and _OF_ALL.search(found[0]):  # one speaks of all there are
            return tuple(dict.fromkeys(self.ground.names.values()))
        return self.ground.refs

    def _joined(self, named: list[Mention]) -> tuple[Ref, ...]:
        """The last one named, and those it is joined to by commas and `and`."""
        joined = [named[-1].ref]
        for left, right in zip(reversed(named[:-1]), reversed(named), strict=False):
            if re.fullmatch(
                r"\W*(?:,|and|or|&|, and|nor|\+)\W*(?:the |container )?", self.line[left.end : right.start], re.I
            ):
                joined.append(left.ref)
            else:
                break
        return tuple(dict.fromkeys(joined))

    # -- what is read ---------------------------------------------------------------------------------------------

    def take(self, start: int, end: int) -> None:
        """Nobody reads this place again."""
        self.free = self.free[:start] + "\x00" * (end - start) + self.free[end:]

    def claim(
        self, kind: str, start: int, end: int, ids: Iterable[str] = (), why: str = "", about: Iterable[str] = ()
    ) -> None:
        self.claims.append(
            Claim(kind, start, end, self.text[start:end].strip(), tuple(dict.fromkeys(ids)), why, tuple(about))
        )

    def decide(
        self, kind: str, start: int, end: int, ids: tuple[str, ...] | None, why: str, about: Iterable[str] = ()
    ) -> None:
        """Supported by `ids`, or (None) not, with the reason."""
        self.claim(kind, start, end, ids or (), "" if ids is not None else why, about)

    def values(self, formulas: Iterable[str], refs: Iterable[Ref], keys: Iterable[str] = ()) -> Iterator[Value]:
        refs = tuple(refs)
        for formula in formulas:
            for ref in refs:
                yield from self.index.evaluate(formula, ref, keys)

    def carried(self, refs: Iterable[Ref], words: str) -> tuple[str, ...]:
        """Ids of facts in whose text these words stand."""
        return tuple(id for ref in refs for id in self.index.carrying(ref, words))


def header_of(text: str) -> tuple[str, ...] | None:
    """The cells of a table's row; None if it is none; its rule gives ()."""
    if RULE.match(text.strip("\n")):
        return ()
    return tuple(cells(plain(text))) if "|" in text and ROW.match(text.strip("\n")) else None
