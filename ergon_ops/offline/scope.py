"""What a question is not: a deed, a secret, another world. Decided before any intent, from tables."""

from __future__ import annotations

import re

from ergon_ops.offline.lexicon import CHAT, DEEDS, FOREIGN, GENERAL_BUT, PROGRAMS, REFUSED_PHRASES, SECRET_WORDS, words
from ergon_ops.offline.tokens import NAME, Tokens

# Skipped at the head of a sentence on the way to its verb: "could you please just …".
POLITE: frozenset[str] = words(
    """please can could would will you just now hey go ahead and kindly i need want to let us me should must
    have ok okay so then quickly immediately simply yo alright come on also the first try tell ask make sure
    right away for all my god sake ffs yes well maybe lets let's we gotta dear hi hello first"""
) | {NAME}
# Verbs that are nouns as often: only a deed with one of these behind them.
NOUNISH: frozenset[str] = words(
    """limit tag build update patch start free mount open lower pull push boot launch end order book post email
    mail search change copy block close drain cancel put turn clear clean empty load switch format backup
    restore approve accept upgrade release allow fix bring connect join calculate move write draw solve throw
    display"""
)
OBJECTS: frozenset[str] = words(
    """the a an your my our it its this that these those yourself itself everything all every each another new
    up down off out them me us him her more port user in on with to from myself any some both
    latest newest image version"""
) | {NAME}
HARMLESS: dict[str, frozenset[str]] = {
    "restart": words("turn switch power"),
    "comparing": words("put set line lay"),
    "wrong": words("run"),
    **dict.fromkeys(("logs", "errors", "events"), words("open pull search browse load bring")),
}
READS_FILES: frozenset[str] = words("tail head less cat vi vim nano")
ASKS_ABOUT: frozenset[str] = words("self why when who did oftenq howlong how policy what which since recent")
ALONE_IS_DEED: frozenset[str] = words("stop kill")
ASKS_IF_SET: frozenset[str] = words("set defined present configured exist exists")
_SPLIT = re.compile(r"\b(?:and then|and|then)\b|[.;!?]+")


def refused(found: Tokens) -> str:
    """Why a question is not answered: `injection secret shell change elsewhere general chat`; empty if it may be."""
    text = f" {found.text} "
    for kind in ("injection", "shell"):
        if _has(text, kind):
            return kind
    if found.words[:1] and READS_FILES & set(found.words[:3]) and any(word[0] == "/" for word in found.words):
        return "shell"
    if "shell" in found.words:
        return "shell"
    if _asks_secret(found, text):
        return "secret"
    if {"restart", "host"} <= found.topics.keys() and not found.names and not ASKS_ABOUT & found.topics.keys():
        return "change"
    deed = _deed(found)
    if deed or (_has(text, "change") and "restart" not in found.topics):
        return deed or "change"
    compared = "comparing" in found.topics and (found.names or not found.unknown)
    if not compared and _has(text, "general") and not any(f" {phrase} " in text for phrase in GENERAL_BUT):
        return "general"
    if _foreign(found):
        return "general"
    content = [word for at, word in enumerate(found.words) if at not in found.covered]
    return "chat" if any(word in CHAT for word in content) and len(content) <= 4 else ""


def _foreign(found: Tokens) -> bool:
    return any(word in FOREIGN and at not in found.covered for at, word in enumerate(found.words))


def _has(text: str, kind: str) -> bool:
    return any(f" {phrase} " in text for phrase in REFUSED_PHRASES[kind])


def _asks_secret(found: Tokens, text: str) -> bool:
    said = set(found.words)
    if said & ASKS_IF_SET and (found.env_names or "env" in found.topics):
        return False
    if {"env", "value"} <= found.topics.keys():
        return True
    if any(word.startswith("$") and len(word) > 2 for word in found.words):
        return True
    if said & SECRET_WORDS or _has(text, "secret"):
        return not said & {"log", "logs", "error", "errors"}
    secretive = any(part in name for name in found.env_names for part in ("PASS", "SECRET", "TOKEN", "KEY", "PWD"))
    return secretive and ("be" not in found.topics or "what" in found.topics)


def _deed(found: Tokens) -> str:
    """The kind of the verb that heads one of the sentence's clauses, if it asks us to do something.

    Words of a phrase are no verbs: `turn it off and on again` is a restart."""
    words = tuple("" if at in found.covered else word for at, word in enumerate(found.words))
    for clause in _clauses(words):
        at = 0
        while at < len(clause) and clause[at] in POLITE:
            at += 1
        if at < len(clause) and _harmless(clause[at], found):
            continue
        if at < len(clause) and (kind := _kind(clause, at)):
            return kind
    return ""


def _harmless(verb: str, found: Tokens) -> bool:
    """Verbs that ask to be shown something: `open the logs`, `put them side by side`, `turn it off and on again`."""
    return any(verb in verbs and topic in found.topics for topic, verbs in HARMLESS.items())


def _clauses(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The sentence, and what follows each 'and' or 'then' in it."""
    starts = [0, *(at + 1 for at, word in enumerate(words) if word in ("and", "then"))]
    return [words[start:] for start in starts]


def _kind(clause: tuple[str, ...], at: int) -> str:
    verb, following = clause[at], clause[at + 1 :]
    if verb in ("give", "get") and "more" in following and {"memory", "ram", "cpu", "cpus", "cores"} & set(following):
        return "change"
    kind = DEEDS.get(verb, "")
    if not kind or following[:1] in (("in",), ("of",)):
        return ""
    if verb in NOUNISH:
        if not following:
            return kind if verb in ALONE_IS_DEED else ""
        return kind if following[0] in OBJECTS or following[0] in PROGRAMS or "_" in following[0] else ""
    return kind
