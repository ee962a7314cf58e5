"""From a question in everyday English to an `Ask`. Pure; about a millisecond."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from ergon_ops.offline import details, insides, phrasings, spans
from ergon_ops.offline.improving import improvements_asked
from ergon_ops.offline.insides import UNSAFE
from ergon_ops.offline.lexicon import METRICS, PROGRAMS, RULES, WEAK, Rule, words
from ergon_ops.offline.orders import ANSWERED_BY, ordered, unasked, wanted
from ergon_ops.offline.reading import Reading
from ergon_ops.offline.scope import refused
from ergon_ops.offline.tokens import NAME, Tokens, tokens
from ergon_ops.offline.weigh import judge
from ergon_ops.offline.words import Ask

# Said alone, a command of a shell is a question; with anything behind it, it is a command.
ALONE: dict[str, str] = {"ls": "list containers", "ll": "list containers", "dir": "list containers"}
LONGEST = 600
SHORT = 4  # words of a question that the tables may answer by themselves if another one went before
_CLAUSES = re.compile(r"[,;?!]+|\band\b|\balso\b|\bplus\b|&")
_RUNS = re.compile(r"^(?:who|what|which(?: \S+)?)(?: here)? (?:runs|run|serves|serve|is running|are running) \S+$")
# Topics that say how something is asked, not what about.
ASKING: frozenset[str] = words(
    """why when what who which where how many much long since be did any not or all list set self inside value recent
    keep here oftenq howlong capable amount big than age name more near consume usage talk start alive dead ok
    period crashed forecast explain granted fate
    check full follow hello some touched two bare least superlative programs user write"""
)
EVERYONE: frozenset[str] = words(
    """everyone everybody anyone anybody nobody who which everything anywhere everywhere somebody fleet
    containers ones"""
)
SAFETY: frozenset[str] = words("injection secret shell change")
WHO_IS: frozenset[str] = words("what who is are does do tell me us about exactly actually even the a please")
FOLLOWERS: frozenset[str] = words("and or what how about same ditto also then now for with")


def understand(text: str, previous: Ask | None = None, *, names: Iterable[str] = (), now: float | None = None) -> Ask:
    """What `text` asks for. `names` are words that name containers; `previous` the last question of the session."""
    ask = _understood(text, previous, tuple(names))
    if now is None:
        return ask
    since = spans.clock(ask.text[:LONGEST].lower(), now)
    return ask if since is None else replace(ask, since=since, window_s=now - since)


@lru_cache(maxsize=256)
def _understood(text: str, previous: Ask | None, names: tuple[str, ...]) -> Ask:
    """But for what a time of day means: that is another tomorrow."""
    said = by_tables(text, previous, names=names)
    found, topics, intents, reason = said.found, said.topics, said.intents, said.reason
    settled = said.followed or (previous is not None and intents and len(found.words) <= SHORT)
    if not settled and any(word != NAME for word in found.words):
        intents, reason = judge(said)
    if (wanted(found.words) and "restart" in said.intents) or (
        reason not in SAFETY and ordered(said.text[:LONGEST], names)
    ):
        intents, reason = ("restart",), ""
    if reason not in UNSAFE and improvements_asked(said.text[:LONGEST], names):
        intents, reason = ("optimize",), ""
    if reason in ("general", "unknown") and _RUNS.match(found.text) and found.words[-1] in PROGRAMS:
        intents, reason = ("services",), ""
    asked = said.text[:LONGEST]
    inner = insides.instead(asked, intents, reason, names) or details.instead(asked, intents, reason)
    if inner:
        intents, reason = inner, ""
    known = phrasings.whole(asked, harmless=True)
    if known or (reason not in UNSAFE and "restart" not in intents and (known := phrasings.whole(asked))):
        intents, reason = known, ""
    if aside := "cancel" if phrasings.taken_back(asked) else phrasings.elsewhere(asked):
        intents, reason = (), aside
    if reason == "unknown" and phrasings.told_first(asked):
        intents, reason = ("status",), ""
    if "restart" in intents and (kind := unasked(asked, names)):
        intents = ANSWERED_BY.get(kind, ())
        reason = "" if intents else kind
    lowered = said.text[:LONGEST].lower()
    back = spans.window(lowered)
    return Ask(
        text=said.text,
        intents=intents,
        window_s=back if back is not None or not said.followed or previous is None else previous.window_s,
        grep=(said.grep or spans.grep(lowered, found.quoted)) if {"logs", "errors"} & set(intents) else "",
        level=spans.level(topics, found.words),
        tail=spans.tail(lowered),
        metric=_metric(topics) or (previous.metric if said.followed and previous else ""),
        superlative="" if "superlative" not in topics and "biggest" not in intents else _direction(topics),
        change="restart" if "restart" in intents else (_verb(found) if reason == "change" else ""),
        out_of_scope=reason,
        topics=tuple(topics),
        about=_about(found),
        everyone=_everyone(found, topics, intents),
        follow_up=said.followed,
    )


def by_tables(text: str, previous: Ask | None = None, *, names: Iterable[str] = ()) -> Reading:
    """The reading before the second opinion."""
    text = ALONE.get(text[:LONGEST].lower().strip(" ?!."), text)
    lowered = text[:LONGEST].lower()
    wanted = spans.grep(lowered, ())
    found = tokens(lowered.replace(wanted, " ") if wanted and "log" in lowered else text, names)
    reason = refused(found)
    topics = _topics(found)
    intents = () if reason else _by_clause(lowered, names) or _intents(topics)
    if "forecast" in topics and not reason and not PREDICTED & set(intents):
        reason, intents = "future", ()
    if not reason and not _within_reach(found, topics, intents):
        reason, intents = "unknown", ()
    followed = False
    if not reason and not intents:
        intents, reason, followed = _fallback(found, previous)
    return Reading(text, found, topics, intents, reason, followed, wanted)


def _by_clause(lowered: str, names: Iterable[str]) -> tuple[str, ...]:
    """What each half of "how old are you and who are you?" asks, if each is a question by itself."""
    parts = [part for part in _CLAUSES.split(lowered) if part and part.strip()]
    if len(parts) < 2:
        return ()
    asked: list[str] = []
    for part in parts:
        found = tokens(part, names)
        intents = _intents(_topics(found))
        if not intents or intents in (("list",), ("restart",)) or refused(found):
            return ()
        asked += intents
    if {"compare", "biggest"} & set(asked):
        return ()
    moot = WEAK | {"wrong", "health"} if "why" in asked else frozenset[str]()
    return tuple(intent for intent in dict.fromkeys(asked) if intent not in moot)


def _topics(found: Tokens) -> dict[str, int]:
    """The topics found, and those that follow from the whole sentence: `two` names, one `bare` word."""
    topics = dict(found.topics)
    if found.names >= 2:
        topics["two"] = 0
    if found.env_names or any("_" in word and word.strip("$").isidentifier() for word in found.words):
        topics.setdefault("env", 0)
    if any(word[0] == "/" and len(word) > 1 for word in found.words):
        topics["path"] = 0
    content = [name for name in topics if name not in ASKING]
    asked = {"what", "which", "who", "how", "where", "when"} & topics.keys()
    if len(content) <= 1 and not asked and len(found.words) <= 4:
        topics["bare"] = 0
    if not content and not found.unknown and not found.covered:
        topics["nothing"] = 0
    return topics


@lru_cache(maxsize=256)
def _parsed(rule: Rule) -> tuple[tuple[frozenset[str], ...], frozenset[str]]:
    needs = tuple(frozenset(word.split("|")) for word in rule.need.split())
    return needs, frozenset(rule.unless.split())


def _intents(topics: dict[str, int]) -> tuple[str, ...]:
    places: dict[str, int] = {}
    dropped: set[str] = set()
    have = topics.keys()
    for rule in RULES:
        needs, unless = _parsed(rule)
        if unless & have or not all(need & have for need in needs):
            continue
        at = min(topics[name] for name in needs[0] & have)
        for intent in rule.intent.split():
            places[intent] = min(at, places.get(intent, at))
        dropped.update(rule.drops.split())
    kept = {intent: at for intent, at in places.items() if intent not in dropped}
    if len(kept) > 1:
        kept = {intent: at for intent, at in kept.items() if intent not in WEAK} or kept
    return tuple(sorted(kept, key=lambda intent: kept[intent]))


def _within_reach(found: Tokens, topics: dict[str, int], intents: tuple[str, ...]) -> bool:
    """Whether the words nobody knows leave enough that we do: `an elephant's memory` is not ours to tell."""
    if not found.unknown or not intents:
        return True
    if OBJECTLESS.issuperset(intents) and not {"self", "name", "programs", "containers", "host"} & topics.keys():
        return False
    for at in found.unknown:
        before = found.words[at - 1] if at else ""
        if before in ("a", "an"):
            return False
        after = found.words[at + 1] if at + 1 < len(found.words) else ""
        if before in ("does", "do", "did", "has", "of", "on", "for") and after in USES:
            return bool({"services", "logs", "errors", "env", "mounts", "dependencies", "processes"} & set(intents))
    content = sum(1 for name in topics if name not in ASKING)
    return len(found.unknown) < 2 or len(found.unknown) <= content


def _fallback(found: Tokens, previous: Ask | None) -> tuple[tuple[str, ...], str, bool]:
    """No intent: a name alone, a follow-up ("and worker?"), a greeting, or something we cannot answer."""
    rest = [word for word in found.words if word != NAME]
    leading = not rest or "follow" in found.topics or rest[0] in FOLLOWERS
    known = all(at not in found.unknown for at in range(len(found.words)))
    again = leading and known and len(rest) <= 5
    if previous is not None and previous.intents and again and _follows(found, previous):
        return previous.intents, "", True
    if found.names and WHO_IS.issuperset(rest) and {"what", "who", "about"} & set(rest):
        return ("identity",), "", False
    if not rest or (known and "hello" in found.topics and len(rest) <= 3):
        return (("status",) if found.names or not rest else ("identity",)), "", False
    return (), "unknown", False


def _follows(found: Tokens, previous: Ask) -> bool:
    """`what about …` asks the same again, `what did I say` does not; a restart is for someone else, or asked again."""
    rest = [word for word in found.words if word != NAME]
    if rest[:1] in (["what"], ["how"]) and rest[1:2] not in ([], ["about"], ["now"], ["then"]):
        return False
    if "restart" not in previous.intents:
        return True
    return "not" not in rest and (bool(found.names) or not REPEATS.isdisjoint(rest))


def _metric(topics: dict[str, int]) -> str:
    return next((metric for topic, metric in METRICS if topic in topics), "")


def _direction(topics: dict[str, int]) -> str:
    return "least" if "least" in topics else "most"


def _everyone(found: Tokens, topics: dict[str, int], intents: tuple[str, ...]) -> bool:
    asked = {word for at, word in enumerate(found.words)} & EVERYONE
    plural = {"who", "containers", "everyone", "everybody", "anyone", "anybody", "nobody", "ones", "anywhere"}
    if "identity" in intents:
        return False
    return bool(asked & plural) and bool({"wrong", "health", "status", "restarts", "uptime"} & set(intents))


def _verb(found: Tokens) -> str:
    return next((word for word in found.words if word in CHANGE_VERBS), "change")


def _about(found: Tokens) -> tuple[str, ...]:
    """Services, variables, ports, paths and unknown words the question names."""
    named = [word for word in found.words if word in PROGRAMS or (word[0] == "/" and len(word) > 1)]
    ports = [word for word in found.words if word.isdigit() and 2 <= len(word) <= 5]
    return tuple(dict.fromkeys([*found.env_names, *named, *ports, *found.unknown.values()]))


# Intents whose words alone do not say that the question is about a container.
OBJECTLESS: frozenset[str] = words("status why uptime list identity image")
# What is said to be unforeseeable beside its number, instead of declined.
PREDICTED: frozenset[str] = words("memory disk cpu host limits")
REPEATS: frozenset[str] = words("again same ditto")
USES = ("have", "use", "need", "take", "eat", "")
CHANGE_VERBS: frozenset[str] = words(
    """delete remove drop rm destroy wipe stop kill shutdown pause unpause scale resize upgrade install deploy
    rollback"""
)
