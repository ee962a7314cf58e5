# ruff: noqa: SIM905 - a table of words reads best as words
"""Whether a word is used as a name where it stands: `memory` seldom is, `app` often, `orders-db` always."""

from __future__ import annotations

import re

from ergon_ops.router.index import Sense
from ergon_ops.router.question import Question
from ergon_ops.router.words import (
    ARTICLES,
    AUXILIARIES,
    CHANGERS,
    DIRECT,
    ENGLISH,
    FOLLOWERS,
    HARD,
    INDEFINITE,
    LIFE,
    LOOKERS,
    METRICS,
    NOT_A_ROLE_AFTER,
    NOUNS_OF,
    PLAIN_PROGRAMS,
    PREPOSITIONS,
    RUN_VERBS,
    STATES,
    TROUBLE,
)

_SHORT_ING = 4
_ASKED_FOR = frozenset("status logs log events config info summary details image version".split())
_AFTER_A_VERB = frozenset("for in from to through with into over all the my our every each any a".split())
_GERUNDS = frozenset("restarting rebooting stopping starting killing pausing removing deleting scaling".split())
_CLAUSE = AUXILIARIES | {"", "and", "that", "because"}
_TAKES = frozenset("use need take have consume eat do weigh occupy work run restart crash".split())
_ADJECTIVES = frozenset(
    "nightly daily hourly weekly monthly old new main big little poor damn stupid whole current latest own".split()
)
_HAS = frozenset(
    "queue queues index indexes indices results ui dashboard page pages server endpoint box service".split()
)
_VERBS = frozenset(
    """
    last first ran run took take began begin came come broke break became become got lost lose grew grow fell fall
    froze freeze hit won ended end finish complete succeed work works worked behave answer reply write writes wrote
    produce send sends sent receive receives received make made makes start starts actually never often already finally
    suddenly recently still always sometimes currently anymore soon well properly
    """.split()
)
_SEPARATORS = re.compile(r"[,;:!?…]|\.(\s|$)|—|–")
_NEVER_OBJECTS = frozenset({"all", "everything", "it", "this", "that", "them", "me"})
_LEADING = 4
_NOBODYS = (
    frozenset(
        "me us you them him her it all everyone everybody anyone around about for again yourself themselves".split()
    )
    | ARTICLES
)
_NOT_A_CONTAINERS = frozenset({"my", "the", "your", "our", "all", "one", *STATES})


def ends(question: Question, last: int) -> bool:
    """Whether a sentence or clause ends after this token."""
    return last + 1 >= len(question.tokens) or bool(_SEPARATORS.search(question.gap_after(last)))


def marked(question: Question, first: int, last: int) -> bool:
    """Quoted, behind an @, `container X`, `X container`, `X:` at the start, with a hyphen or a host of its own."""
    tokens = question.tokens
    if question.quoted(first, last) or any(token.gap in ("/", "_", "-") for token in tokens[first + 1 : last + 1]):
        return True
    if first == 0 and question.gap_after(last).lstrip()[:1] in (":", ",") and last + 1 < len(tokens):
        return question.gap_after(last)[-1:] == " " or question.gap_after(last) == ","
    before, after = question.word(first - 1), question.word(last + 1)
    if before == "container" and question.word(first - 2) in AUXILIARIES and not after:
        return True
    if before == "ask" and first <= _LEADING and question.word(last) not in _NOBODYS:  # `ask status how it is`
        return question.tokens[first].gap == " "
    if before in ("called", "named") and question.word(first - 2) in ("container", "one", "service", "is"):
        return question.tokens[first].gap.strip() in ("", "'", '"')
    if before in ("container", "called", "named") or (before == "service" and question.word(first - 2) in ARTICLES):
        return question.tokens[first].gap.strip() in ("", "'", '"') and question.tokens[last].text not in FOLLOWERS
    if after == "container" and before not in INDEFINITE:
        return question.word(last) not in _NOT_A_CONTAINERS
    return False


def fits(question: Question, first: int, last: int, key: str, sense: Sense, plural: bool) -> bool:
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
        after = question.word(last + 1)
        here = before in ("on", "host", "at", "from", "and", "with", "vs", "than") or after == "host"
        here = here or bool(after and after not in ENGLISH and after not in METRICS)
        return here or (key not in HARD and key not in ("local", "default", "remote"))
    if sense.kind == "part":
        return _fits_part(question, first, last, key)
    if first != last or (key not in ENGLISH and key not in HARD):
        return True
    if plural and sense.kind == "service" and before in ("both", "all", "each", "every") and key not in HARD:
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
    if tokens[last].possessive and (key not in HARD or key in METRICS):
        return True
    described = question.word(first - 1) in _ADJECTIVES and question.word(first - 2) in ARTICLES
    article = described or question.word(first - 1) in ARTICLES
    anchor = first - 1 - article - described
    before, after = question.word(anchor), question.word(last + 1)
    if question.word(first - 1) in INDEFINITE - {"how"}:
        return not hard and question.word(first - 1) in ("any", "no", "some") and after in TROUBLE
    ending = ends(question, last)
    pure = key in HARD and key not in METRICS
    if before in _GERUNDS and not pure:
        return True
    if before in DIRECT and (ending or after in FOLLOWERS) and key not in _NEVER_OBJECTS:
        return not pure
    if after in LIFE and not pure:
        return before in AUXILIARIES or first == 0 or article or not hard
    if hard and key in METRICS and before in ("does", "did", "will") and after in _TAKES:
        return True  # `how much disk does logs use`
    if hard and key in _ASKED_FOR and before == "is" and question.word(first - 2) == "how" and ending:
        return True  # `how is status`: only a container can be well
    if hard and before == "and" and ending and question.word(anchor - 2) in DIRECT:
        return key in METRICS
    if hard:
        return _noun_of(question, anchor) and (ending or after in PREPOSITIONS) and key in METRICS
    if before in AUXILIARIES and after.endswith("ing") and len(after) > _SHORT_ING and question.word(last + 2) == "":
        return True  # `is mail flowing`
    if article and before in _CLAUSE and _goes_on(question, last):
        return True  # `when did the backup last run`
    if after in _HAS and (first == 0 or (article and before in _CLAUSE)):
        return True  # `mail queue length`, `the search index is corrupt`
    if not (ending or after in FOLLOWERS):
        return False
    if len(tokens) == 1:
        return True
    if before == "then" and ending:
        return True
    if first == 0 and after in _AFTER_A_VERB:
        return False  # `search for errors`
    if first == 0 or (article and anchor < 0):
        return not (ending and len(tokens) > 1 and not article) or after in ("and", "or")
    return before in PREPOSITIONS or before in AUXILIARIES or before in LOOKERS or before in CHANGERS or article


def whole_subject(question: Question, first: int, last: int) -> bool:
    """`did the backups work`"""
    return (
        question.word(first - 1) in ARTICLES
        and question.word(first - 2) in _CLAUSE
        and (_goes_on(question, last) or (ends(question, last + 1) and question.word(last + 1) in FOLLOWERS | _TAKES))
    )


def a_number(question: Question, at: int) -> bool:
    """Whether a number is only that, though a container is called so: `2048 MB`, `limit it to 2048`."""
    after = question.word(at + 1)
    if (
        question.word(at - 1) in ("to", "port", "by", "over", "under", "than", "of")
        and question.word(at - 2) not in NOUNS_OF
    ):
        return True
    return not (question.tokens[at].possessive or ends(question, at) or after in FOLLOWERS)


def _goes_on(question: Question, last: int) -> bool:
    """A verb or an adverb follows, so this is a whole subject, not the first half of a compound."""
    after = question.word(last + 1)
    return after in _VERBS or (len(after) > _SHORT_ING and after.endswith(("ed", "ly")) and after not in METRICS)


def _noun_of(question: Question, at: int) -> bool:
    """`status of X`, `logs for X`: what only a container has, and a preposition, stand before."""
    return question.word(at) in ("of", "for", "from") and question.word(at - 1) in NOUNS_OF
