"""The rules' reading of a question against the second opinion's: which of the two is taken.

The opinion has heard what the rules say and decides, but for what is guarded. Where two intents are near each other
both are answered. The thresholds were chosen with each writer's questions left out in turn; see
`tests/offline/training/README.md`. Whatever the opinion, a change is proposed only on the rules' word.
"""

from __future__ import annotations

from ergon_ops.offline.lexicon import words
from ergon_ops.offline.opinion import OUTSIDE, Weights, features, opinion
from ergon_ops.offline.reading import Reading
from ergon_ops.offline.tokens import Tokens

# The opinion's word for what is outside → the reason that is given.
REASONS: dict[str, str] = {
    "oos_change": "change", "oos_secret": "secret", "oos_shell": "shell", "oos_general": "general",
    "oos_chat": "chat", "oos_inject": "injection", "oos_future": "future",
}  # fmt: skip
# What the rules declined for these reasons stays declined unless the opinion is nearly certain.
GUARDED: frozenset[str] = frozenset({"injection", "secret", "shell", "change"})
INTENT_OF: dict[str, str] = {"fleetwrong": "wrong"}
# Reasons of the rules that say little.
VAGUE: frozenset[str] = frozenset({"unknown", "general", "chat"})
# Intents for which everybody is looked at: beside another one they need a word of the opinion's.
FOR_ALL: frozenset[str] = frozenset({"list", "biggest", "compare"})
# Answered alone: a change, or told of everybody or of the machine.
ALONE: frozenset[str] = FOR_ALL | {"restart", "host"}
MINDS: frozenset[str] = words("ai chatgpt gpt llm claude gemini model models robot bot human machine person")
LEAST, CLEAR = 0.05, 0.4
VETO = 0.45  # how likely it must be outside for an answer to be withheld
ALLOW, ALLOW_GUARDED = 0.5, 0.1  # … and may be at most for a refusal to be lifted
SWAP_SEVERAL = 0.5  # how sure of one intent, of those inside, against several that the rules found
ASKED_TOO = 0.05  # how likely the next intent must be, of those inside, to be answered as well
RULES_TOO = 0.05  # … and the one that the rules found
DOUBTED = 0.1  # a restart that the rules found is not proposed if it is less likely


def judge(said: Reading, weights: Weights | None = None) -> tuple[tuple[str, ...], str]:
    """Intents and reason, of which one is empty."""
    if _certain(said):
        return said.intents, ""
    shares = opinion(features(said), weights)
    outside = sum(share for label, share in shares.items() if label.startswith(OUTSIDE))
    inside = _inside(shares, 1 - outside)
    first = max(inside, key=lambda intent: inside[intent])
    if said.reason:
        limit = ALLOW_GUARDED if said.reason in GUARDED else ALLOW
        if outside < limit and first != "restart":
            return _generous(first, inside), ""
        return (), _reason(shares, said.found, said.reason) if said.reason in VAGUE else said.reason
    if outside > VETO:
        return (), _reason(shares, said.found)
    if len(said.intents) > 1 and first != "restart":
        return _of_several(said.intents, first, inside), ""
    return _of_one(said.intents[0], first, inside), ""


def _inside(shares: dict[str, float], whole: float) -> dict[str, float]:
    """How likely each intent is, if it is one at all."""
    inside: dict[str, float] = {}
    for label, share in shares.items():
        if not label.startswith(OUTSIDE):
            intent = INTENT_OF.get(label, label)
            inside[intent] = inside.get(intent, 0.0) + share / max(whole, 1e-9)
    return inside


def _of_several(asked: tuple[str, ...], first: str, inside: dict[str, float]) -> tuple[str, ...]:
    if first in asked:
        return tuple(intent for intent in asked if intent not in FOR_ALL or inside[intent] > LEAST) or asked
    return _generous(first, inside) if inside[first] > SWAP_SEVERAL else asked


def _of_one(asked: str, first: str, inside: dict[str, float]) -> tuple[str, ...]:
    if first == "restart" or (asked == "restart" and inside[asked] >= DOUBTED):
        return (asked,)
    if asked != first and {asked, first}.isdisjoint(ALONE) and inside[asked] > RULES_TOO:
        return asked, first
    return _generous(first, inside)


def _generous(first: str, inside: dict[str, float]) -> tuple[str, ...]:
    """With the next one, if it may well be what was meant: the answer carries the facts of both."""
    if first in ALONE:
        return (first,)
    rest = (intent for intent in inside if intent != first and intent not in ALONE)
    second = max(rest, key=lambda intent: inside[intent])
    return (first, second) if inside[second] > ASKED_TOO else (first,)


def _certain(said: Reading) -> bool:
    """Two set side by side by name (one of them may be called like a program), a greeting and no more, or one word
    that means one thing: `status`."""
    if len(said.found.words) == 1:
        return bool(said.intents) and not said.found.unknown
    if "compare" in said.intents:
        return said.found.names + ("programs" in said.topics) > 1
    return said.intents == ("identity",) and "hello" in said.topics and len(said.found.words) <= 3


def _reason(shares: dict[str, float], found: Tokens, said: str = "") -> str:
    """Why not, in the opinion's words if they are clear and say more than the rules did."""
    first = max((label for label in shares if label in REASONS), key=lambda label: shares[label])
    if first == "oos_chat" and not MINDS.isdisjoint(found.words):
        return "model"
    clear = shares[first] > CLEAR and not (said and first == "oos_general")
    return REASONS[first] if clear else said or "unknown"
