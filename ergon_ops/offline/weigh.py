"""The rules' reading of a question against the second opinion's: which of the two is taken.

The thresholds were chosen on questions that were not trained on: of one writer by training on another's, and of held
out ones through the front door; see `tests/offline/training/README.md`. Whatever the opinion, a change is proposed only
on the rules' word.
"""

from __future__ import annotations

from ergon_ops.offline.lexicon import words
from ergon_ops.offline.opinion import OUTSIDE, Weights, features, opinion
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
MINDS: frozenset[str] = words("ai chatgpt gpt llm claude gemini model models robot bot human machine person")
LEAST, CLEAR = 0.05, 0.4
VETO = 0.5  # how likely it must be outside for an answer to be withheld
ALLOW, ALLOW_GUARDED = 0.5, 0.02  # … and may be at most for a refusal to be lifted
SWAP_SEVERAL = 0.5  # how sure of one intent against several that the rules found


def judge(
    found: Tokens, topics: dict[str, int], intents: tuple[str, ...], reason: str, weights: Weights | None = None
) -> tuple[tuple[str, ...], str]:
    """Intents and reason, of which one is empty."""
    if _certain(found, topics, intents):
        return intents, ""
    shares = opinion(features(found, topics, intents, reason), weights)
    outside = sum(share for label, share in shares.items() if label.startswith(OUTSIDE))
    likely = [label for label in sorted(shares, key=lambda label: -shares[label]) if not label.startswith(OUTSIDE)]
    first = INTENT_OF.get(likely[0], likely[0])
    if reason:
        limit = ALLOW_GUARDED if reason in GUARDED else ALLOW
        if outside < limit and first != "restart":
            return (first,), ""
        return (), _reason(shares, found, reason) if reason in VAGUE else reason
    if outside > VETO:
        return (), _reason(shares, found)
    if first == "restart" or (len(intents) > 1 and shares[likely[0]] < SWAP_SEVERAL):
        return intents, ""
    if first not in intents:
        return (first,), ""
    kept = tuple(intent for intent in intents if intent not in FOR_ALL or shares[intent] > LEAST)
    return kept or intents, ""


def _certain(found: Tokens, topics: dict[str, int], intents: tuple[str, ...]) -> bool:
    """Two set side by side by name (one of them may be called like a program), or a greeting and no more."""
    if "compare" in intents:
        return found.names + ("programs" in topics) > 1
    return intents == ("identity",) and "hello" in topics and len(found.words) <= 3


def _reason(shares: dict[str, float], found: Tokens, said: str = "") -> str:
    """Why not, in the opinion's words if they are clear and say more than the rules did."""
    first = max((label for label in shares if label in REASONS), key=lambda label: shares[label])
    if first == "oos_chat" and not MINDS.isdisjoint(found.words):
        return "model"
    clear = shares[first] > CLEAR and not (said and first == "oos_general")
    return REASONS[first] if clear else said or "unknown"
