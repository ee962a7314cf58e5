# ruff: noqa: SIM905 - a table of words reads best as words
"""Who is named but not asked: the background of a question, the object of what is told of another."""

from __future__ import annotations

import re

from ergon_ops.router.english import is_english
from ergon_ops.router.mention import JOINERS, Mention, Parties, joined
from ergon_ops.router.merging import HELD, ONES
from ergon_ops.router.question import Question
from ergon_ops.router.words import (
    ARTICLES,
    ASKING,
    AUXILIARIES,
    CHANGERS,
    FOLLOWERS,
    INDEFINITE,
    LOOKERS,
    METRICS,
    POLITE,
    PREPOSITIONS,
    ROLES,
)

RELATING = frozenset(
    """
    reach reaches reaching talk talks talking connect connects connected connecting connection connections depend
    depends depending use uses using call calls calling access accesses see resolve resolves ping contact contacts
    query queries need needs find because after before when while since if affect affects cause causes require
    requires reachable visible blame due
    """.split()
)
PASSING_ON = frozenset(
    """
    write writes writing wrote send sends sending sent read reads reading push pushes pushing pull pulls pulling ship
    ships forward forwards route routes publish publishes post posts subscribe subscribes authenticate log wait waits
    waiting save saves load loads fetch fetches save saves sync syncs replicate replicates
    """.split()
)
STEPS = frozenset({"to", "on", "with", "of", "into", "by", "at", "against"}) | ARTICLES
_SENTENCE = re.compile(r"[.!?…]\s|\n")
_CLAUSE = re.compile(r"[,;!?…]|\.\s|—|–|\n|\s-\s")
_BREAKS = frozenset({"and", "or", "then", "than", "vs", "versus", "but", "as", "while", "when", "if", "&", "plus"})
_REPORTS = frozenset({"says", "said", "claims", "reports", "thinks", "shows", "alerts"})
_ONTO = frozenset({"for", "on", "to", "of", "from", "against", "into", "via", "through", "by", "behind", "cuz", "bc"})
_COMPARES = frozenset(
    {
        "compare",
        "comparing",
        "difference",
        "differences",
        "lagging",
        "lags",
        "diff",
        "differ",
        "differs",
        "between",
        "same",
    }
)
_ROLE_WORDS = frozenset(word for words in ROLES.values() for word in words)
_OPENING = frozenset({"can", "could", "does", "did", "do", "will", "would", "should"})
_MODALS = _OPENING - {"do", "did"} | {"cannot", "may", "might", "must", "doesn", "didn", "don"}
_COMMON = frozenset({"role", "service", "part", "alias", "program"})
_GRAMMAR = (
    ARTICLES | PREPOSITIONS | AUXILIARIES | INDEFINITE | LOOKERS | CHANGERS | JOINERS | STEPS | RELATING | PASSING_ON
)
_NO_NOUN = _GRAMMAR | FOLLOWERS
_NO_VERB = PREPOSITIONS | AUXILIARIES | JOINERS | METRICS


def in_passing(question: Question, sides: Parties) -> None:
    """Common words that are a part of what is said about the first one: `504 gateway timeout`, `its model cache`."""
    kept = sides.subjects[:1]
    for mention in sides.subjects[1:]:
        common = mention.kind in _COMMON and not mention.strong and mention.first == mention.last
        together = mention.listed or any(joined(question, one, mention) for one in kept)
        plain = is_english(mention.key) or mention.kind == "role" or mention.key in _ROLE_WORDS
        within = _inside_of(question, kept[-1], mention) or (plain and _compound(question, mention))
        if common and not together and within:
            sides.about.append(mention)
        else:
            kept.append(mention)
    sides.subjects = kept


def _inside_of(question: Question, first: Mention, mention: Mention) -> bool:
    """`kafka connect rest api`: plain nouns lead from the name to it."""
    between = [question.word(at) for at in range(first.last + 1, mention.first)]
    gaps = {question.tokens[at].gap for at in range(first.last + 1, mention.first + 1)}
    nouns = 0 < len(between) < 3 and not _NO_NOUN & set(between)
    return first.kind in ONES and len(first.members) == 1 and nouns and gaps == {" "}


def told_of(question: Question, sides: Parties) -> None:
    """In one clause the first is asked, what it does something to or for is not: `X scraping Y`, `502 for Y`; of
    `X says Y is down` it is Y."""
    kept = sides.subjects[:1]
    for mention in sides.subjects[1:]:
        first = kept[-1]
        between = [word for at in range(first.last + 1, mention.first) if (word := question.word(at)) not in ARTICLES]
        gaps = [question.tokens[at].gap for at in range(first.last + 1, mention.first + 1)]
        one_clause = bool(between) and not any(_CLAUSE.search(gap) for gap in gaps) and not set(between) & _BREAKS
        if mention.listed:
            kept.append(mention)
        elif (
            between and between[-1] in ("that", "which") and first.kind in ("role", "program") and mention.kind in ONES
        ):
            kept[-1] = mention  # `the job that X started`
        elif one_clause and len(between) == 1 and question.tokens[first.last].possessive and mention.kind in ONES:
            sides.about.append(mention)  # `X's datasource Y`
        elif one_clause and between[0] in _REPORTS and len(between) < 3:
            sides.about.append(kept.pop())
            kept.append(mention)
        elif any("->" in gap or "→" in gap for gap in gaps) or (
            one_clause and (_done_to(question, first, mention, between) or _on_it(question, first, between))
        ):
            sides.about.append(mention)
        else:
            kept.append(mention)
    sides.subjects = kept


def _done_to(question: Question, first: Mention, mention: Mention, between: list[str]) -> bool:
    """`can X scrape Y`, `X can't read Y`, `X is stuck in the queue`."""
    if between[-1] == "in" and mention.word in HELD and len(between) > 1:
        return True
    opened = question.word(first.first - 1 - (question.word(first.first - 1) in ARTICLES)) in _OPENING
    verb = between[-1] not in _NO_VERB
    return verb and ((opened and len(between) == 1) or (len(between) > 1 and between[-2] in _MODALS))


def _on_it(question: Question, first: Mention, between: list[str]) -> bool:
    """`the bottleneck for Y`, `because of Y`, `X scraping Y`; not where both are compared."""
    if not first.members or _COMPARES & set(question.line.split()):
        return False
    return between[-1] in _ONTO or (len(between[-1]) > 5 and between[-1].endswith("ing") and len(between) == 1)


def asked_last(question: Question, sides: Parties) -> None:
    """What is only told before the question is its background: `I ran a join from X. is Y going to survive?`"""
    start = next((at for at in range(len(question.tokens) - 1, 0, -1) if _SENTENCE.search(question.tokens[at].gap)), 0)
    if question.word(0) in ASKING and start and _only_told(question, start):
        kept = [mention for mention in sides.subjects if mention.first < start or not mention.members]
        if kept and kept[0].members:
            sides.about += [mention for mention in sides.subjects if mention not in kept]
            sides.subjects = kept
        return
    if not start or question.word(start) not in ASKING or "?" in question.text[: question.tokens[start].start]:
        return
    if {question.word(at) for at in range(start)} & (LOOKERS | CHANGERS) or question.word(0) in ASKING:
        return
    asked = [mention for mention in sides.subjects if mention.first >= start]
    if len({mention.key for mention in asked}) != 1 or asked[0].kind not in ONES:
        return
    told = [one for one in sides.subjects if one.first < start]
    sides.about += [one for one in told if one.members and one.key != asked[0].key]
    sides.subjects = [one for one in told if not one.members] + asked


def _only_told(question: Question, start: int) -> bool:
    """The last sentence is a statement after a question: `is vault ok? kyc gets 403`."""
    mark = question.tokens[start].gap.strip()
    leads = question.word(start)
    return mark == "?" and not (
        question.text.rstrip().endswith("?") or leads in ASKING | LOOKERS | CHANGERS | POLITE | {"or"}
    )


def _compound(question: Question, mention: Mention) -> bool:
    """A noun before or behind it makes this no container: `gateway timeout`; so does `its` before that noun."""
    before, after = question.word(mention.first - 1), question.word(mention.last + 1)
    if question.tokens[mention.first].gap != " " or question.tokens[mention.last].possessive:
        return False
    if before in ARTICLES:
        return before == "its" and question.word(mention.first - 2) not in JOINERS
    if before in _GRAMMAR or question.tokens[mention.first - 1].possessive:
        return False
    noun_after = bool(after) and question.gap_after(mention.last) == " " and after not in FOLLOWERS
    return before[:1].isdecimal() or noun_after or question.word(mention.first - 2) == "its"
