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
    POLITE,
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
    """
    nightly daily hourly weekly monthly old new main big little poor damn stupid whole current latest own last next
    previous
    """.split()
)
_HAS = frozenset(
    """
    queue queues index indexes indices results ui dashboard page pages server endpoint box service engine daemon job
    """.split()
)
_VERBS = frozenset(
    """
    last first ran run took take began begin came come broke break became become got lost lose grew grow fell fall
    froze freeze hit won ended end finish complete succeed work works worked behave answer reply write writes wrote
    produce send sends sent receive receives received make made makes start starts actually never often already finally
    suddenly recently still always sometimes currently anymore soon well properly
    """.split()
)
_DOES = frozenset(
    """
    returns gives throws says shows keeps gets goes hangs crashes restarts refuses answers responds sends writes spams
    complains prints rejects drops fails stops dies eats leaks takes needs
    """.split()
)
_SEPARATORS = re.compile(r"[,;:!?…]|\.(\s|$)|—|–|\s-\s")
_NOT_A_VERB = PREPOSITIONS | AUXILIARIES | {"look", "matter", "show", "say", "mean", "exist", "help"}
_BE = frozenset({"it", "that", "there", "here", "what", "who", "how", "where", "when", "why", "he", "she", "let"})
_MODALS = frozenset("can could will would should must may might cannot to".split())
_MANY = frozenset("logs events ports errors warnings stats metrics images volumes processes limits".split())
_SAID_OF_ONE = frozenset(
    """
    done finished complete ready back over working ok okay fine good bad healthy unhealthy up down alive dead stuck slow
    fast busy idle running broken online offline sick hung overloaded reachable available stable well there
    """.split()
)
_NEVER_OBJECTS = frozenset({"all", "everything", "it", "this", "that", "them", "me"})
_LEADING = 4
_NOBODYS = (
    frozenset(
        "me us you them him her it all everyone everybody anyone around about for again yourself themselves".split()
    )
    | ARTICLES
)
_NOT_A_CONTAINERS = frozenset({"my", "the", "your", "our", "all", "one", *STATES})


_UNSURE = INDEFINITE - {"how"}
_ORDERS = LOOKERS | CHANGERS
_NO_NOUN = AUXILIARIES | LOOKERS | PREPOSITIONS | {""}
_LEADS_TO_A_NAME = PREPOSITIONS | AUXILIARIES | LOOKERS | CHANGERS
_BEFORE_AN_ORDER = POLITE | {"double"}
_PREDICATES = AUXILIARIES | _VERBS | _DOES


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
    if before == "container" and not after and question.word(first - 2) in ARTICLES:
        return question.word(first - 3) in ("is", "was", "does", "did")  # `how is the container logs`
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
        if (
            before == "is"
            and question.word(first - 2) in ("it", "this", "that", "which", "memory")
            and ends(question, last)
        ):
            return False  # `how much of it is cache`
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
        here = here or (after == "one" and before in ARTICLES)
        here = here or bool(after and after not in ENGLISH and after not in METRICS)
        return here or (key not in HARD and key not in ("local", "default", "remote"))
    if sense.kind == "part":
        return _fits_part(question, first, last, key)
    if first != last or (key not in ENGLISH and key not in HARD):
        return True
    if plural and before == "both" and len(sense.members) == 2 and key not in HARD:
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
    adjective = question.word(first - 1) in _ADJECTIVES or question.word(first - 1) in STATES
    described = adjective and (first == 1 or question.word(first - 2) in ARTICLES)
    owned = first > 0 and tokens[first - 1].possessive and question.word(first - 1) not in _BE
    article = described or owned or question.word(first - 1) in ARTICLES
    anchor = first - 1 - article - described
    before, after = question.word(anchor), question.word(last + 1)
    if _relative(question, first) and key not in HARD and _goes_on(question, last):
        return True
    if _a_verb(question, first) or _leads(question, first, last):
        return False
    if question.word(first - 1) in _UNSURE:
        return not hard and question.word(first - 1) in ("any", "no", "some") and after in TROUBLE
    ending = ends(question, last)
    if not hard and before in AUXILIARIES and (_predicate(question, last) or _goes_on(question, last)):
        return True
    if hard and _only_a_container(question, first, last, key, article=article):
        return True
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
    return _stands_as_name(question, first, last, anchor, article=article)


def _stands_as_name(question: Question, first: int, last: int, anchor: int, *, article: bool) -> bool:
    """Where an ordinary word stands as a whole subject or object; `anchor` is the word before its article."""
    before, after, ending = question.word(anchor), question.word(last + 1), ends(question, last)
    if before in AUXILIARIES and after.endswith("ing") and len(after) > _SHORT_ING and question.word(last + 2) == "":
        return True  # `is mail flowing`
    if article and before in _CLAUSE and _goes_on(question, last):
        return True  # `when did the backup last run`
    if after in _HAS and (first == 0 or (article and before in _CLAUSE)):
        return True  # `mail queue length`, `the search index is corrupt`
    if first == 0 and after in _DOES:
        return True  # `search returns nothing`
    if not (ending or after in FOLLOWERS):
        return False
    if len(question.tokens) == 1:
        return True
    if before == "then" and ending:
        return True
    if first == 0 and after in _AFTER_A_VERB:
        return False  # `search for errors`
    if first == 0 or (article and anchor < 0):
        return not (ending and not article) or after in ("and", "or")
    return article or before in _LEADS_TO_A_NAME


def _relative(question: Question, first: int) -> bool:
    """`the job that X started`"""
    before = question.word(first - 2)
    return question.word(first - 1) in ("that", "which") and before not in _NO_NOUN


def _a_verb(question: Question, first: int) -> bool:
    """`who can't connect to minio`: the word is what somebody can do."""
    if question.word(first) not in _ORDERS or question.word(first - 1) not in _MODALS:
        return False
    return question.word(first - 2) not in ("", "and", "but", "so", "why", "how", "when", "where")


def _leads(question: Question, first: int, last: int) -> bool:
    """`check if X is up`: the verb of the sentence, though somebody is called so."""
    after = question.word(last + 1)
    leading = question.word(first) in _ORDERS and all(question.word(at) in _BEFORE_AN_ORDER for at in range(first))
    return leading and bool(after) and question.gap_after(last) == " " and after not in _PREDICATES


def _predicate(question: Question, last: int) -> bool:
    """`is X done`: one word is said of it, and the sentence ends."""
    return question.word(last + 1) in _SAID_OF_ONE and ends(question, last + 1) and question.gap_after(last) == " "


def _only_a_container(question: Question, first: int, last: int, key: str, *, article: bool) -> bool:
    """What a word like `logs` or `status` can only be if somebody is called so: `is logs ok`, `the status page`."""
    before, after = question.word(first - 1), question.word(last + 1)
    if key in _MANY and before == "does" and after and after not in _NOT_A_VERB:
        return True
    if key in _MANY and before in ("is", "was", "has") and not question.word(first - 2):
        return _predicate(question, last) or after in LIFE or (after.endswith("ing") and len(after) > _SHORT_ING)
    if key in METRICS and article and after in _HAS - {"service", "server", "queue", "queues"}:
        return question.word(first - 2) in _CLAUSE
    return False


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
