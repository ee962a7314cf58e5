"""Whether words of a restart ask for one: an order or a polite request does; what forbids it or asks about it does not.

The tables find the words; this reads what stands around them. In doubt nothing is proposed: an order is soon repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ergon_ops.offline.lexicon import words
from ergon_ops.offline.tokens import tokens

# What a question is instead of an order → the intents that answer it; none: it is a reason to decline.
ANSWERED_BY: dict[str, tuple[str, ...]] = {"advice": ("wrong", "restarts"), "past": ("restarts", "events")}
_CLAUSES = re.compile(r"[,;:!?\n]+|\.(?=\s|$)|\s[-–—]\s")
_COURTESY = re.compile(
    r"\bif (?:you )?(?:please|possible|can|could|would|like|may|(?:do not|don'?t) mind|wouldn'?t mind)\b|\bsee if\b"
    r"|^is it possible (?:that you|for you to|to)\b"
)
_BARE_NO = re.compile(r"\b(?:don'?t|do not|never)\s*(?:[,;:!]|$|\.\s)")
_IF = re.compile(r"\b(?:if|whether|unless)\b")
NO: frozenset[str] = words(
    """not never no without avoid refrain hold postpone cancel abort forget skip stop prevent forbid delay nobody nor
    cannot dont don't quit"""
)
BEFORE: frozenset[str] = words("before after since until during instead about last previous recent latest past")
# May stand between such a word and the restart.
BETWEEN: frozenset[str] = words(
    """ever please just try trying to want you i we need a an any the do again me us it them him her even think thinking
    of off on about going go have be let anyone anybody everyone consider from that your my this those these yourself
    itself or and another more single doing being get got dare planned ‹name› container service restart reboot bounce"""
)
ADVICE: frozenset[str] = words(
    """should shall safe safely worth necessary wise advisable advise recommend recommended might happens happen risky
    dangerous better needed ought"""
)
ASKED: frozenset[str] = words("why who whom whose when how what which where did wonder")
UNSURE: frozenset[str] = words("shoud shuld shold shoul shud whould wich wen")
HEADS: frozenset[str] = words("is are was were does did has have had may might must am")
LEADS: frozenset[str] = words("and but so hey hi hello ok okay or also well then tell me us")
WHO: frozenset[str] = words("i we you they it ‹name›")
MODALS: frozenset[str] = words("can could would will")
ASKED_OF: frozenset[str] = words("you we i u ya somebody someone anyone not please")  # `can you …` asks for it
HELPS: frozenset[str] = words("would will might could may helps help fixes fix solves did does was has had were should")
DONE: frozenset[str] = words("restarted rebooted bounced relaunched recycled respawned")
DOERS: frozenset[str] = words(
    "i we he she they someone somebody you it was were been got just already has have had who"
)
POLITE: frozenset[str] = words("please kindly pls plz")


_WANTED = re.compile(
    r"^(?:please )?(?:i|we) (?:want|need|would like) (?:(?:you|it|‹name›) (?:to )?(?:be )?)"
    r"(?:restart|reboot|bounce)(?:ed|d)?(?: (?:yourself|it|‹name›|now|please|the container))*$"
)


def wanted(said: tuple[str, ...]) -> bool:
    """`I need you to restart`, `I want ‹name› restarted`: an order whatever its words may mean elsewhere."""
    return _WANTED.match(" ".join(said)) is not None


_ORDERED = re.compile(
    r"(?:^|\b(?:please|pls|plz|kindly|just|then|so) )(?:restart|reboot|bounce|recycle)"
    r"(?: (?:yourself|it|‹name›|now|please|pls|the|that|this|container|service|asap|again|for|me))*$"
)


def ordered(text: str, names: Iterable[str] = ()) -> bool:
    """Whether it ends in an order, whatever stands before: `it is not healthy, please restart it`."""
    *_, last = [part for part in _CLAUSES.split(text.lower()) if part.strip()] or [""]
    return _ORDERED.search(" ".join(tokens(last, tuple(names)).words)) is not None


def unasked(text: str, names: Iterable[str] = ()) -> str:
    """`forbidden`, `howto`, `past` or `advice`, if it asks for no restart; empty if it does."""
    lowered = _COURTESY.sub(" ", text.lower().replace("’", "'"))
    names = tuple(names)
    if wanted(tokens(lowered, names).words):
        return ""
    found = [_clause(part, names) for part in _CLAUSES.split(lowered) if part.strip()]
    kinds = [kind for kind in found if kind]
    if _BARE_NO.search(lowered) or "forbidden" in kinds:
        return "forbidden"
    if kinds:
        return kinds[0]
    if _IF.search(lowered) or re.match(r"\s*needs?\b[^?]*\?", lowered):
        return "advice"
    return ""


def _clause(text: str, names: tuple[str, ...]) -> str:
    found = tokens(text, names)
    places = [found.topics[name] for name in ("restart", "restarts") if name in found.topics]
    if not places:
        return ""
    at = min(places)
    before, verb, after = found.words[:at], found.words[at], found.words[at + 1 :]
    if _led_by(NO, before) or _refused_after(after):
        return "forbidden"
    polite = [place for place, word in enumerate(before) if word in POLITE]
    before = before[polite[-1] + 1 :] if polite else before
    while before and before[0] in LEADS:
        before = before[1:]
    return _asked(before, verb, after)


def _asked(before: tuple[str, ...], verb: str, after: tuple[str, ...]) -> str:
    said = set(before)
    if before[:1] == ("how",) and before[1:2] in (("do",), ("can",), ("to",), ("could",)) and "you" not in before[2:3]:
        return "howto"
    if (ADVICE | UNSURE) & said or ADVICE & set(after[:4]):
        return "advice"
    if verb in DONE and before[-1:] and before[-1] in DOERS:
        return "past"
    if before[:2] in (("how", "about"), ("what", "about")):
        return ""
    if ASKED & said or (before[:1] == ("do",) and WHO & set(before[1:2])):
        return "past" if "did" in said or verb in DONE else "advice"
    if HEADS & set(before[:1]):
        return "advice"
    if before and before[0] in MODALS and (set(before[1:2]) - ASKED_OF or (len(before) == 1 and verb.endswith("ing"))):
        return "advice"
    if set(after[:1]) & HELPS or (set(after[1:2]) & HELPS) or (not before and verb.endswith("ing")):
        return "advice"
    return "past" if _led_by(BEFORE, before) else ""


def _led_by(heads: frozenset[str], before: tuple[str, ...]) -> bool:
    """Whether one of these words reaches to the end over nothing that breaks it."""
    for word in reversed(before):
        if word in heads:
            return True
        if word not in BETWEEN:
            break
    return bool(before) and before[-1] in ("or", "nor") and bool(NO & set(before))


def _refused_after(after: tuple[str, ...]) -> bool:
    """`a restart is not wanted`"""
    return any(
        word in ("not", "never", "forbidden", "prohibited") and after[at - 1] in HELPS | HEADS | MODALS
        for at, word in enumerate(after[:4])
        if at
    )
