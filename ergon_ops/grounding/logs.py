"""What logs tell, in other words than theirs: a line must have most of them, and how many there are is its count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ergon_ops.facts import Fact
from ergon_ops.grounding.index import Value
from ergon_ops.grounding.lazy import lazily, words
from ergon_ops.grounding.scene import Scene
from ergon_ops.loglevels import at_least, level_of
from ergon_ops.refs import Ref

FILLER = words(
    """
    the a an of in on at to for is are was were that this it its my log logs line lines messages message entry entries
    with and or from by as no any be been being has have had some several there following one about last while not only
    also repeated repeatedly repeats repeat times showing saying judging according all rest other others same such kind
    two three four five six seven eight nine ten twelve time plain just mostly simply read reads logged says said shows
    show them they these those which who what me i container than then so up out per each every both more most status
    state completed complete full fine against each
    """
)
# A word of speech → what stands in a line for it.
_CONCEPTS: tuple[tuple[str, str], ...] = (
    (r"time-?outs?|timing|timed", r"time-?out|timed out|no response"),
    (r"missing|absent|lack\w*|without|couldn|unable", r"not found|missing|keyerror|no such|not set|enoent"),
    (r"requests?|traffic|calls?|hits", r"\b(?:get|post|put|delete|http)\b"),
    (r"answered|responded|successful\w*|served|returned|success", r"\b(?:200|ok)\b"),
    (r"ordinary|normal|regular|routine|usual|informational|harmless", r"^(?:info|debug|log|notice)"),
    (r"upstream|backend|database", r"upstream|database|-db|postgres"),
    (r"refused|rejected|denied", r"refus|reject|denied"),
    (r"fatal\w*", r"fatal"),
    (r"errors?|failures?|fail\w*", r"error|fatal|fail|panic|crit"),
    (r"mails?|emails?", r"mail"),
)
_TOKEN = lazily(r"[A-Za-z][\w'-]*|\d{3}\b")
_LOGS = lazily(r"\b(?:logs?|logged|logging|log lines?|lines?|entr(?:y|ies)|messages?)\b", re.I)
_OWNER = lazily(r"\b(?:(?P<mine>my)|(?P<name>[\w-]+)'s)\s+(?:\w+ )?(?:logs?|lines?|error lines?)\b", re.I)


def speaks_of_logs(text: str) -> bool:
    return _LOGS.search(text) is not None


def tellers(scene: Scene, at: int) -> tuple[Ref, ...]:
    """Whose lines they can be: of whom it is said, whose log is named, and who speaks of its own."""
    refs = dict.fromkeys(scene.subjects(at))
    for match in _OWNER.finditer(scene.line):
        if match["mine"] and scene.ground.speaker is not None:
            refs[scene.ground.speaker] = None
        elif match["name"] and (ref := scene.index.by_name.get(match["name"].lower())) is not None:
            refs[ref] = None
    return tuple(refs)


def share(said: str, line: str) -> float:
    """How many of the words said a line has, or what they stand for; names in capitals must all be there."""
    told = [word for word in _TOKEN.findall(said) if word.lower() not in FILLER and len(word) > 1]
    if not told:
        return 0.0
    own = line.lower()
    hits = 0
    for word in told:
        low = word.lower().rstrip("'s")
        if _stands(low, own):
            hits += 1
        elif (word.isupper() and len(word) > 2) or word.isdigit() or "_" in word:
            return 0.0
    return hits / len(told)


@lru_cache(4096)
def _stands(word: str, line: str) -> bool:
    stem = word if len(word) < 5 else word[: max(4, len(word) - 3)]
    if stem in line:
        return True
    return any(
        re.fullmatch(words, word) is not None and re.search(meaning, line) is not None for words, meaning in _CONCEPTS
    )


def near(scene: Scene, start: int, end: int) -> str:
    """What stands behind a number, up to the next stop."""
    return re.split(r"[,;.():]|\band\b", scene.line[end : end + 60])[0]


def lines_of(scene: Scene, at: int) -> Iterator[Fact]:
    for ref in tellers(scene, at):
        yield from scene.index.facts(ref, "log_template")


def counted(scene: Scene, at: int, said: str) -> Iterator[Value]:
    """How often lines are there that these words fit, one by one and together; and by level. Whose log it is is no
    word of a line: a mailer's errors are no lines about mail."""
    for ref in tellers(scene, at):
        said = re.sub(rf"(?<![\w-]){re.escape(ref.name)}(?![\w-])", " ", said, flags=re.I)
    rows = [row for row in lines_of(scene, at) if isinstance(row.value, int | float)]
    fits = [row for row in rows if share(said, row.key) >= 0.5]
    for some in (*([row] for row in fits), fits):
        if some:
            yield Value(sum(float(str(row.value)) for row in some), tuple(row.id for row in some), "", "log_template")
    for level in re.findall(r"\b(?:FATAL|ERROR|WARN(?:ING)?|INFO|DEBUG|LOG)\b", said):
        some = [row for row in rows if row.key.upper().startswith(level[:4])]
        yield Value(
            sum(float(str(row.value)) for row in some), tuple(row.id for row in some or rows), "", "log_template"
        )
    if re.search(r"\b(?:fine|ordinary|normal|not errors|no errors)\b", said, re.I):
        some = [row for row in rows if not at_least(level_of(row.key), "warning")]
        yield Value(
            sum(float(str(row.value)) for row in some), tuple(row.id for row in some or rows), "", "log_template"
        )
