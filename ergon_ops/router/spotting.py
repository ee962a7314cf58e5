"""Who is named in a question: the longest spellings first, then misspelt and unknown names."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.router.index import FUZZY_FROM, Index, Sense
from ergon_ops.router.listed import company
from ergon_ops.router.mention import Mention
from ergon_ops.router.question import Question
from ergon_ops.router.strange import misspelt_or_unknown, ordinary
from ergon_ops.router.usage import a_number, fits, marked, whole_subject
from ergon_ops.router.words import AFT, ENGLISH, FORE, NUMBERS

_TIGHT = ("-", "_", ".")
_OWN = ("name", "alias", "service")
_SCREENS = frozenset({"ui", "interface", "page", "pages", "console", "gui", "panel", "dashboard", "browser"})
_TIERS = frozenset({"tier", "layer"})
_WITHIN = frozenset({"in", "of", "from", "within", "inside", "under"})
_WHOLE = frozenset({"everything", "all", "anything", "containers", "services", "something", "whatever"})
MAX_FOREIGN = 2_000  # keys in scripts without spaces that are searched for


def mentions(question: Question, index: Index) -> list[Mention]:
    """In the order of the text, not overlapping."""
    found = list(_spelled(question, index))
    taken = {position for mention in found for position in range(mention.first, mention.last + 1)}
    found += _foreign(question, index, taken)
    found += list(company(question, index, found, taken))
    found += misspelt_or_unknown(question, index, taken)
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
        if question.literal(first, last) and not question.whole_literal(first, last):
            continue
        if not _torn(question, first, last) and (spelled := _meant(question, index, first, last, key)):
            break
    if spelled is None or spelled.last == first or spelled.kind in ("role", "program", "part"):
        return _squeezed(question, index, first) or spelled
    return spelled


def _squeezed(question: Question, index: Index, first: int) -> Mention | None:
    """Two or three words that make one name: `home assistant` for `homeassistant`."""
    for last in (first + 2, first + 1):
        run = question.tokens[first : last + 1]
        word = "".join(token.text for token in run)
        if last >= len(question.tokens) or len(word) <= FUZZY_FROM or any(token.gap != " " for token in run[1:]):
            continue
        sense = next(iter(index.senses.get(word, ())), None)
        if sense is not None and sense.kind in ("name", "alias", "part"):
            return Mention(first, last, sense.kind, sense.members, word)
    return None


def _torn(question: Question, first: int, last: int) -> bool:
    """Whether this is only a part of a longer hyphenated word that is no English: `db` of `ordres-db`."""
    tokens = question.tokens
    before = first > 0 and tokens[first].gap in _TIGHT and not _apart(question.word(first - 1), FORE, tokens[first].gap)
    goes_on = last + 1 < len(tokens) and tokens[last + 1].gap in _TIGHT
    return before or (goes_on and not _apart(question.word(last + 1), AFT, tokens[last + 1].gap))


def _apart(word: str, english: frozenset[str], gap: str) -> bool:
    """Whether this neighbour over a hyphen is no part of a name: `redis-like`, `webapp.Please`."""
    return word in english if gap != "." else ordinary(word) and not word.isdecimal()


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
        plural = True
        key, plain = (key[:-1] if key[:-1] in index.senses else key[:-2]), key in ENGLISH
        plain = plain and not whole_subject(question, first, last) and question.word(first - 1) != "both"
        plain = plain and len(question.tokens) > 1
        senses = [s for s in index.senses.get(key, ()) if not (plain and s.kind in ("name", "alias", "part"))]
    slip = ""
    if not senses and (singular := _singular_first(key)) in index.senses:
        slip, key, senses, plural = key, singular, index.senses[singular], False
    if not senses:
        return None
    strong = marked(question, first, last)
    if first in question.literals and question.literal(first, last):
        senses = [sense for sense in senses if sense.kind in _OWN]
    if key.isdecimal() and not strong and a_number(question, first):
        return None
    allowed = [sense for sense in senses if strong or fits(question, first, last, key, sense, plural)]
    if not allowed:
        return None
    best = allowed[0]
    count = 2 if question.word(first - 1) == "both" else NUMBERS.get(question.word(first - 1), 0) if plural else 0
    if count > 1 and len(best.members) != count:
        best = next((sense for sense in senses if len(sense.members) == count), best)
        allowed = [best]
    if key == "web" and question.word(last + 1) in _SCREENS and not strong:
        return None  # `the web ui of X`
    if best.kind == "role" and question.word(last) in _TIERS and (one := _of(index, question.word(first), _OWN)):
        best, allowed, plural = one, [one], True  # `the web tier` where a service is called web
    if question.word(first - 1) in _WITHIN and question.word(first - 2) in _WHOLE:
        project = next((sense for sense in senses if sense.kind == "project"), best)
        best, allowed = project, [project]
    if best.kind in ("role", "program") and count < 2 and (own := [sense for sense in senses if sense.kind in _OWN]):
        best, allowed = own[0], [own[0], *allowed]  # who is called `app` is meant by it before all that are apps
    if best.kind == "part" and first != last and not question.quoted(first, last):
        strong = False  # the hyphen in it does not make half a name a whole one
    return Mention(
        first, last, best.kind, best.members, key, best.word, slip, plural, strong, best.near, allowed[1:], senses
    )


def _of(index: Index, key: str, kinds: tuple[str, ...]) -> Sense | None:
    return next((sense for sense in index.senses.get(key, ()) if sense.kind in kinds), None)


def _singular_first(key: str) -> str:
    """`orders-service` → `order-service`, which is nearly said."""
    head, dash, tail = key.partition("-")
    return f"{head[:-1]}-{tail}" if dash and len(head) > 3 and head.endswith("s") else ""


def _foreign(question: Question, index: Index, taken: set[int]) -> list[Mention]:
    """Names in scripts that write without spaces, found inside longer words."""
    if question.line.isascii():
        return []
    found: list[Mention] = []
    for key in sorted(index.foreign, key=len, reverse=True)[:MAX_FOREIGN]:
        for position, token in enumerate(question.tokens):
            if position not in taken and key != token.text and key in token.text and not key.isascii():
                best = index.senses[key][0]
                found.append(Mention(position, position, best.kind, best.members, key, others=index.senses[key][1:]))
                taken.add(position)
    return found
