# ruff: noqa: SIM905 - a table of words reads best as words
"""Words that are no English and mean nobody: a misspelt name, or one that nobody here has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from ergon_ops.router.english import is_english
from ergon_ops.router.index import ORDER, Index
from ergon_ops.router.mention import Mention
from ergon_ops.router.question import Question
from ergon_ops.router.usage import ends, marked
from ergon_ops.router.words import (
    AFT_OF_ENGLISH,
    ARTICLES,
    AUXILIARIES,
    CHANGERS,
    DIRECT,
    ENGLISH,
    FOLLOWERS,
    FORE_OF_ENGLISH,
    HARD,
    INDEFINITE,
    LIFE,
    LOOKERS,
    METRICS,
    NOUNS_OF,
    NUMBERS,
    ORDINALS,
    POLITE,
    PREPOSITIONS,
    STATES,
    STOPS,
)

MAX_STRANGE = 12  # strange words of one question that are looked at
MAX_MISSPELT = 4  # of them those compared with all names
_THINGS = frozenset({"container", "containers", "service", "server", "instance", "replica", "node", "box", "ci"})
_ORDINARY = ENGLISH | HARD | METRICS | set(NUMBERS) | set(ORDINALS) | set(STATES) | LOOKERS | CHANGERS | _THINGS
_BEFORE_A_NAME = frozenset("of for from about called named and or vs versus than with like to".split())


def misspelt_or_unknown(question: Question, index: Index, taken: set[int]) -> Iterator[Mention]:
    tried = 0
    for first, last in islice(_strange(question, index, taken), MAX_STRANGE):
        text = question.text[question.tokens[first].start : question.tokens[last].end].casefold()
        named = _names_someone(question, first, last)
        if first == last and (kin := _kin(question, index, first) or _made_by(question, index, first)):
            taken.add(first)
            yield kin
            continue
        english = first == last and not named and is_english(text)
        if english and not _could_be_a_name(question, first):
            continue
        if tried < MAX_MISSPELT:
            tried += 1
            mention = _respelled_around(question, index, first, last, taken)
            if mention is not None:
                taken.update(range(mention.first, mention.last + 1))
                yield mention
                continue
        if named:
            yield Mention(first, last, "unknown", [], text, strong=True)


def _kin(question: Question, index: Index, at: int) -> Mention | None:
    """Another form of a word in names, where a name can stand: `the migration` for `shop-migrate-1`."""
    word = question.word(at)
    if question.word(at - 1) not in ARTICLES or not (found := index.related(word)):
        return None
    return Mention(at, at, "part", found, word)


def _made_by(question: Question, index: Index, at: int) -> Mention | None:
    """`the hashicorp thing`: by who made the image."""
    makers = index.by_vendor.get(question.word(at), [])
    if not makers or question.word(at + 1) not in _THINGS | {"thing", "things", "one", "ones", "image", "stuff"}:
        return None
    return Mention(at, at + 1, "image", makers, question.word(at))


def _could_be_a_name(question: Question, at: int) -> bool:
    after = question.word(at + 1)
    return question.word(at - 1) not in _BEFORE_A_VERB | INDEFINITE and (
        ends(question, at) or after in FOLLOWERS or after in METRICS
    )


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
    short = len(key) <= _SHORT_ENGLISH and is_english(key)  # `mine` is no beginning of `minecraft`
    if not short and (going_on := index.beginning(key)):
        return Mention(first, last, "part", going_on, key)
    keys = index.misspelt(key, 1 if first == last and is_english(key) else 2)
    plural = False
    if not keys and key.endswith("s"):
        keys, plural = index.misspelt(key[:-1]), True
    if any(other in CHANGERS for other in keys) and not is_english(key):
        return Mention(first, last, "verb", [], keys[0], slip=key)
    choices = [
        (sense, other)
        for other in keys
        for sense in index.senses.get(other, ())
        if sense.members and not sense.near and (sense.kind in ("name", "alias") or other not in ENGLISH)
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
        if question.tokens[run[-1]].gap == "/" and run[-1] not in taken and all(at in taken for at in run[:-1]):
            run = range(run[-1], position)  # a misspelt name behind a host's: `prod/wroker`
            first = run[0]
        if any(at in taken for at in run) or any(_quoted_out(question, at) for at in run):
            continue
        plain = _plain(question, run)
        if not plain or (
            len(run) == 1 and question.quoted(first, first) and question.text[question.tokens[first].start - 1] == "@"
        ):
            yield first, position - 1


def _quoted_out(question: Question, at: int) -> bool:
    one = question.literals.get(at)
    return one is not None and not (one.kind == "shouted" and (at == 0 or question.word(at - 1) == "of"))


def ordinary(word: str) -> bool:
    return word in _ORDINARY or word[:1].isdecimal() or len(word) < 2


def _plain(question: Question, run: range) -> bool:
    """Ordinary English: each word is, and a hyphenated whole is one of those that mean no name."""
    words = [question.word(at) for at in run]
    if len(run) == 1:
        return ordinary(words[0]) or _inflected(words[0])
    if not all(ordinary(word) or _inflected(word) or is_english(word) for word in words):
        return False
    if words[-1].endswith(("ed", "ing")) and question.tokens[run[-1]].gap == "-":
        return True  # `under-replicated`
    if not all(map(ordinary, words)):
        return False
    hyphens = any(question.tokens[at].gap in ("-", "_") for at in run[1:])
    return not hyphens or words[0] in FORE_OF_ENGLISH or words[-1] in AFT_OF_ENGLISH or words[0][:1].isdecimal()


def _inflected(word: str) -> bool:
    """An ordinary verb in another form: `backed`, `logging`."""
    stem = next((word[: -len(ending)] for ending in ("ed", "ing", "ly") if word.endswith(ending)), "")
    return len(stem) > 2 and (
        stem in ENGLISH or f"{stem}e" in ENGLISH or (stem[-1] == stem[-2] and stem[:-1] in ENGLISH)
    )


# English that no list has mostly ends so, and container names mostly do not.
_ENGLISH_ENDINGS = re.compile(
    r"(ing|tion|tions|sion|ness|ment|ments|ly|ity|ous|ful|ism|able|ible|ically|ised|ized|ies|ance|ence)$"
)
_SHORT_ENGLISH = 4
_BEFORE_A_VERB = frozenset({"we", "i", "you", "they", "he", "she", "it", "to", "not", "ve", "just"})
_ASKED_TO_LOOK = frozenset({"ask", "tell", "check", "inspect", "diagnose", "debug", "tail", "ping", "describe"})


def _names_someone(question: Question, first: int, last: int) -> bool:
    """Whether an unknown word stands where only a name can."""
    tokens = question.tokens
    shaped = first != last or any(c.isdecimal() for c in tokens[first].text)
    before, after = question.word(first - 1), question.word(last + 1)
    if marked(question, first, last) and (first == last or shaped):
        return True
    if before in DIRECT and not after:
        return True
    if first == last and not shaped and is_english(tokens[first].text):
        return _claims_a_name(question, first)
    if first == last and ((_ENGLISH_ENDINGS.search(tokens[first].text) and not shaped) or len(tokens[first].text) < 3):
        return False
    if tokens[last].possessive:
        return True
    if before in ("my", "our") and not shaped and question.word(first - 2) not in CHANGERS:
        return False  # what is `my homelab` is no container's name
    if question.word(first - 1) in ARTICLES:
        before = question.word(first - 2)
    if before in ("a", "an", "any") and question.word(first - 2) == "there":
        return ends(question, last) or after in FOLLOWERS
    if before in INDEFINITE:
        return False
    if before in ("is", "was", "are") and after.endswith("ing") and question.tokens[first].gap == " ":
        return True  # `is X blocking anything`
    if not (ends(question, last) or after in FOLLOWERS):
        return shaped and (before in PREPOSITIONS or before in CHANGERS)
    if before in _BEFORE_A_NAME:
        return shaped or _operational(question)
    if before in CHANGERS or before in LOOKERS:
        return True
    if before in AUXILIARIES or (first == 0 and after in FOLLOWERS):
        return True
    return len(tokens) == 1


def _claims_a_name(question: Question, at: int) -> bool:
    """An English word nobody is called by is a name only where nothing else can stand: `restart payments`, `status of
    payments`, `is payments running`, `how is payments`; not in `why is checkout slow` or `is the laundry done`."""
    before, after, ending = question.word(at - 1), question.word(at + 1), ends(question, at)
    if question.tokens[at].possessive or before in ARTICLES | INDEFINITE - {"how"}:
        return question.tokens[at].possessive and after in METRICS and before not in ARTICLES
    if at == 0 and after in NOUNS_OF:
        return ends(question, 1)
    if question.word(0) == "compare" and before in ("and", "with", "to", "vs"):
        return True
    ordered = at < 2 or question.word(at - 2) in POLITE
    if (before in CHANGERS and ordered) or before in _ASKED_TO_LOOK:
        return ending or after in FOLLOWERS
    if before in ("of", "for", "from") and question.word(at - 2) in NOUNS_OF:
        return ending
    if before in AUXILIARIES and (after in LIFE or after in ("up", "down")):
        return question.word(at + 2) == ""
    return ending and before in ("is", "how") and "how" in (before, question.word(at - 2))


def _operational(question: Question) -> bool:
    """The rest of the question speaks of running things, so a strange word in it is more likely a name."""
    words = question.line.split()
    return any(
        word in METRICS or word in STATES or word in CHANGERS or word in LOOKERS or word in ("what", "how", "same")
        for word in words
    )
