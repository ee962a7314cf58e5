"""Who is named in a question: the longest spellings first; an ordinary word counts only where it is used as a name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from ergon_ops.router.index import FUZZY_FROM, ORDER, Index, Sense, SenseKind
from ergon_ops.router.question import Question
from ergon_ops.router.words import (
    ARTICLES,
    AUXILIARIES,
    CHANGERS,
    DIRECT,
    ENGLISH,
    FOLLOWERS,
    HARD,
    HYPHENATED,
    INDEFINITE,
    LIFE,
    LOOKERS,
    METRICS,
    NOT_A_ROLE_AFTER,
    NUMBERS,
    ORDINALS,
    PLAIN_PROGRAMS,
    NOUNS_OF,
    PREPOSITIONS,
    RUN_VERBS,
    STOPS,
    STATES,
    TROUBLE,
)

MAX_STRANGE = 12  # words that are no English and mean nobody
MAX_MISSPELT = 4  # words of one question that are compared with all names
_TIGHT = ("-", "_", ".")
_SEPARATORS = re.compile(r"[,;:!?…]|\.(\s|$)|—|–")
_THINGS = frozenset({"container", "containers", "service", "server", "instance", "replica", "node", "box", "ci"})


@dataclass(slots=True)
class Mention:
    """Tokens `first` to `last` mean these members. `slip` is the misspelt word, `plural` allows several, `strong` was
    marked as a name; `kind` `unknown` means nobody has that name."""

    first: int
    last: int
    kind: SenseKind | str
    members: list[int]
    key: str
    word: str = ""
    slip: str = ""
    plural: bool = False
    strong: bool = False
    near: bool = False
    others: list[Sense] = field(default_factory=list)


def mentions(question: Question, index: Index) -> list[Mention]:
    """In the order of the text, not overlapping."""
    found = list(_spelled(question, index))
    taken = {position for mention in found for position in range(mention.first, mention.last + 1)}
    found += _foreign(question, index, taken)
    found += _misspelt_or_unknown(question, index, taken, bool(found))
    return sorted(found, key=lambda mention: mention.first)


def _spelled(question: Question, index: Index) -> Iterator[Mention]:
    position, count = 0, len(question.tokens)
    while position < count:
        mention = _longest(question, index, position)
        if mention is None:
            position += 1
            continue
        yield mention
        position = mention.last + 1


def _longest(question: Question, index: Index, first: int) -> Mention | None:
    spelled: Mention | None = None
    for last, key in reversed(_spellings(question, index, first)):
        if not _torn(question, first, last) and (spelled := _meant(question, index, first, last, key)):
            break
    if spelled is None or spelled.last == first or spelled.kind in ("role", "program", "part"):
        return _squeezed(question, index, first) or spelled
    return spelled


def _squeezed(question: Question, index: Index, first: int) -> Mention | None:
    """Two words that make one name: `home assistant` for `homeassistant`."""
    word = f"{question.word(first)}{question.word(first + 1)}"
    if len(word) <= FUZZY_FROM or first + 1 >= len(question.tokens) or question.tokens[first + 1].gap != " ":
        return None
    sense = next(iter(index.senses.get(word, ())), None)
    if sense is None or sense.kind not in ("name", "alias"):
        return None
    return Mention(first, first + 1, sense.kind, sense.members, word)


def _torn(question: Question, first: int, last: int) -> bool:
    """Whether this is only a part of a longer hyphenated word that is no English: `db` of `ordres-db`."""
    tokens = question.tokens
    before = first > 0 and tokens[first].gap in _TIGHT and not _ordinary(question.word(first - 1))
    goes_on = last + 1 < len(tokens) and tokens[last + 1].gap in _TIGHT
    after = goes_on and (not _ordinary(question.word(last + 1)) or question.word(last + 1).isdecimal())
    return before or after


def _spellings(question: Question, index: Index, first: int) -> list[tuple[int, str]]:
    """Every run of words from here that could be a key, the shortest first."""
    head = question.word(first)
    reach = max(index.reach.get(head, 1), index.reach.get(head[:-1], 1) if head.endswith("s") else 1)
    key, runs = head, [(first, head)]
    for last in range(first + 1, min(first + reach, len(question.tokens))):
        token = question.tokens[last]
        if not token.joint or question.tokens[last - 1].possessive:
            break
        key = f"{key}{token.joint}{token.text}"
        runs.append((last, key))
    return runs


def _meant(question: Question, index: Index, first: int, last: int, key: str) -> Mention | None:
    plural = False
    senses = index.senses.get(key)
    if senses is None and key.endswith("s") and len(key) > 2 and key[-2] != "s":
        senses, plural = (
            index.senses.get(key[:-1]) or (index.senses.get(key[:-2]) if key.endswith("es") else None),
            True,
        )
        if senses is not None and any(sense.kind in ("name", "alias") for sense in senses) and key in ENGLISH:
            senses = [sense for sense in senses if sense.kind not in ("name", "alias")]
        key = key[:-1] if key[:-1] in index.senses else key[:-2]
    if not senses:
        return None
    strong = _marked(question, first, last)
    allowed = [sense for sense in senses if strong or _fits(question, first, last, key, sense, plural)]
    if not allowed:
        return None
    best = allowed[0]
    return Mention(first, last, best.kind, best.members, key, best.word, "", plural, strong, best.near, allowed[1:])


def _marked(question: Question, first: int, last: int) -> bool:
    """Quoted, behind an @, `container X`, `X container`, `X:` at the start, with a hyphen or a host of its own."""
    tokens = question.tokens
    if question.quoted(first, last) or any(token.gap in ("/", "_", "-") for token in tokens[first + 1 : last + 1]):
        return True
    if first == 0 and question.gap_after(last).lstrip()[:1] in (":", ",") and last + 1 < len(tokens):
        return question.gap_after(last)[-1:] == " " or question.gap_after(last) == ","
    before, after = question.word(first - 1), question.word(last + 1)
    if before == "container" and question.word(first - 2) in AUXILIARIES and not after:
        return True
    if before in ("container", "called", "named") or (before == "service" and question.word(first - 2) in ARTICLES):
        return question.tokens[first].gap.strip() in ("", "'", '"') and question.tokens[last].text not in FOLLOWERS
    if after == "container" and before not in INDEFINITE:
        return question.word(last) not in STATES and question.tokens[last].text not in (
            "my",
            "the",
            "your",
            "our",
            "all",
            "one",
        )
    return False


def _fits(question: Question, first: int, last: int, key: str, sense: Sense, plural: bool) -> bool:
    """Whether this spelling, not marked as a name, is used in this sense here."""
    before = question.word(first - 1)
    if sense.kind == "role":
        return before not in NOT_A_ROLE_AFTER or plural
    if sense.kind == "program":
        if before in ("a", "an") and not sense.members:
            return False
        if key in ENGLISH and not (before in RUN_VERBS and sense.members):
            return bool(sense.members) and _used_as_name(question, first, last, key, hard=key in HARD)
        return key not in PLAIN_PROGRAMS or bool(sense.members)
    if sense.kind == "image" and key in ENGLISH:
        return False
    if sense.kind == "host":
        here = before in ("on", "host", "at", "from") or question.word(last + 1) == "host"
        return here or (key not in HARD and key not in ("local", "default", "remote"))
    if sense.kind == "part":
        return _fits_part(question, first, last, key)
    if first != last or (key not in ENGLISH and key not in HARD):
        return True
    if sense.kind == "project" and (before == "project" or question.word(last + 1) in ("project", "stack")):
        return True
    return _used_as_name(question, first, last, key, hard=key in HARD or key in METRICS)


def _fits_part(question: Question, first: int, last: int, key: str) -> bool:
    if key in HARD or (key in METRICS and first == last):
        return False
    if first != last or key not in ENGLISH:
        return True
    return _used_as_name(question, first, last, key, hard=False)


def _used_as_name(question: Question, first: int, last: int, key: str, *, hard: bool) -> bool:
    tokens = question.tokens
    if tokens[last].possessive and key not in HARD - METRICS:
        return True
    article = question.word(first - 1) in ARTICLES
    anchor = first - 2 if article else first - 1
    before, after = question.word(anchor), question.word(last + 1)
    if question.word(first - 1) in INDEFINITE - {"how"}:
        return not hard and question.word(first - 1) in ("any", "no", "some") and after in TROUBLE
    ends = not after or bool(_SEPARATORS.search(question.gap_after(last)))
    if (
        before in DIRECT
        and (ends or after in FOLLOWERS)
        and key not in ("all", "everything", "it", "this", "that", "them", "me")
    ):
        return key not in HARD - METRICS - {"app", "test"} or key in ("host",)
    if after in LIFE and key not in HARD - METRICS:
        return before in AUXILIARIES or first == 0 or article or not hard
    if hard:
        return _noun_of(question, anchor) and (ends or after in PREPOSITIONS) and key in METRICS
    if not (ends or after in FOLLOWERS):
        return False
    if len(tokens) == 1:
        return True
    if first == 0 or (article and first == 1):
        return not (ends and len(tokens) > 1 and not article) or after in ("and", "or")
    return before in PREPOSITIONS or before in AUXILIARIES or before in LOOKERS or before in CHANGERS or article


def _noun_of(question: Question, at: int) -> bool:
    """`status of X`, `logs for X`: what only a container has, and a preposition, stand before."""
    return question.word(at) in ("of", "for", "from") and question.word(at - 1) in NOUNS_OF


def _foreign(question: Question, index: Index, taken: set[int]) -> list[Mention]:
    """Names in scripts that write without spaces, found inside longer words."""
    if question.line.isascii():
        return []
    found: list[Mention] = []
    for key in sorted(index.foreign, key=len, reverse=True)[:2000]:
        for position, token in enumerate(question.tokens):
            if position not in taken and key != token.text and key in token.text and not key.isascii():
                best = index.senses[key][0]
                found.append(Mention(position, position, best.kind, best.members, key, others=index.senses[key][1:]))
                taken.add(position)
    return found


def _misspelt_or_unknown(question: Question, index: Index, taken: set[int], others: bool) -> Iterator[Mention]:
    tried = 0
    for first, last in islice(_strange(question, index, taken), MAX_STRANGE):
        text = question.text[question.tokens[first].start : question.tokens[last].end].casefold()
        named = _names_someone(question, first, last)
        if tried < MAX_MISSPELT:
            tried += 1
            mention = _respelled_around(question, index, first, last, taken)
            if mention is not None:
                yield mention
                continue
        if named:
            yield Mention(first, last, "unknown", [], text, strong=True)


def _respelled_around(question: Question, index: Index, first: int, last: int, taken: set[int]) -> Mention | None:
    """The misspelt word with a neighbour first (`user servise`), then alone."""
    for start, stop in ((first - 1, last), (first, last + 1)):
        other = start if start < first else stop
        joint = question.tokens[stop if start == first else first].gap if 0 <= other < len(question.tokens) else ""
        if joint == " " and other not in taken and question.word(other) not in STOPS:
            mention = _respelled(question, index, start, stop)
            if mention is not None and mention.kind in ("name", "alias", "service"):
                return mention
    return _respelled(question, index, first, last)


def _respelled(question: Question, index: Index, first: int, last: int) -> Mention | None:
    key = "-".join(token.text for token in question.tokens[first : last + 1])
    if going_on := index.beginning(key):
        return Mention(first, last, "part", going_on, key)
    keys = index.misspelt(key)
    plural = False
    if not keys and key.endswith("s"):
        keys, plural = index.misspelt(key[:-1]), True
    if any(other in CHANGERS for other in keys):
        return Mention(first, last, "verb", [], keys[0], slip=key)
    choices = [
        (sense, other)
        for other in keys
        for sense in index.senses.get(other, ())
        if sense.members and (sense.kind in ("name", "alias") or other not in ENGLISH)
    ]
    if not choices:
        return None
    best = min(ORDER[sense.kind] for sense, _ in choices)
    chosen = [(sense, other) for sense, other in choices if ORDER[sense.kind] == best]
    members = sorted({number for sense, _ in chosen for number in sense.members})
    return Mention(first, last, chosen[0][0].kind, members, chosen[0][1], chosen[0][0].word, key, plural)


def _strange(question: Question, index: Index, taken: set[int]) -> Iterator[tuple[int, int]]:
    """Runs of words that are no English and mean nobody: joined by hyphens they are one."""
    position, count = 0, len(question.tokens)
    while position < count:
        first = position
        position += 1
        while position < count and question.tokens[position].gap in ("-", "_", ".", "/"):
            position += 1
        run = range(first, position)
        if any(at in taken for at in run):
            continue
        plain = _plain(question, run)
        if not plain or (
            len(run) == 1 and question.quoted(first, first) and question.text[question.tokens[first].start - 1] == "@"
        ):
            yield first, position - 1


def _ordinary(word: str) -> bool:
    return (
        word in ENGLISH or word in HARD or word in METRICS or word in NUMBERS or word in ORDINALS or word in STATES or word in LOOKERS
        or word in CHANGERS or word in _THINGS or word[:1].isdecimal() or len(word) < 2
    )  # fmt: skip


def _plain(question: Question, run: range) -> bool:
    """Ordinary English: each word is, and a hyphenated whole is one of those that mean no name."""
    words = [question.word(at) for at in run]
    if len(run) == 1:
        return _ordinary(words[0]) or _inflected(words[0])
    if not all(map(_ordinary, words)):
        return False
    hyphens = any(question.tokens[at].gap in ("-", "_") for at in run[1:])
    return not hyphens or bool({words[0], words[-1]} & HYPHENATED) or words[0][:1].isdecimal()


def _inflected(word: str) -> bool:
    """An ordinary verb in another form: `backed`, `logging`."""
    stem = next((word[: -len(ending)] for ending in ("ed", "ing", "ly") if word.endswith(ending)), "")
    return len(stem) > 2 and (
        stem in ENGLISH or f"{stem}e" in ENGLISH or (stem[-1] == stem[-2] and stem[:-1] in ENGLISH)
    )


# English the list above lacks mostly ends so, and container names mostly do not.
_ENGLISH_ENDINGS = re.compile(
    r"(ing|tion|tions|sion|ness|ment|ments|ly|ity|ous|ful|ism|able|ible|ically|ised|ized|ies|ance|ence)$"
)


def _names_someone(question: Question, first: int, last: int) -> bool:
    """Whether an unknown word stands where only a name can."""
    tokens = question.tokens
    shaped = first != last or any(c.isdecimal() for c in tokens[first].text)
    before, after = question.word(first - 1), question.word(last + 1)
    if _marked(question, first, last) and (first == last or shaped):
        return True
    if before in DIRECT and not after:
        return True
    if first == last and ((_ENGLISH_ENDINGS.search(tokens[first].text) and not shaped) or len(tokens[first].text) < 3):
        return False
    ends = not after or bool(_SEPARATORS.search(question.gap_after(last)))
    if tokens[last].possessive:
        return True
    if question.word(first - 1) in ARTICLES:
        before = question.word(first - 2)
    if before in INDEFINITE:
        return False
    if not (ends or after in FOLLOWERS):
        return shaped and (before in PREPOSITIONS or before in CHANGERS)
    if before in (
        "of",
        "for",
        "from",
        "about",
        "called",
        "named",
        "and",
        "or",
        "vs",
        "versus",
        "than",
        "with",
        "like",
        "to",
    ):
        return shaped or _operational(question)
    if before in CHANGERS or before in LOOKERS:
        return True
    if before in AUXILIARIES or (first == 0 and after in FOLLOWERS):
        return True
    return len(tokens) == 1


def _operational(question: Question) -> bool:
    """The rest of the question speaks of running things, so a strange word in it is more likely a name."""
    words = question.line.split()
    return any(
        word in METRICS or word in STATES or word in CHANGERS or word in LOOKERS or word in ("what", "how", "same")
        for word in words
    )
