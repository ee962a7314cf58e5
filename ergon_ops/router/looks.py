"""Containers meant by how they look: by port, by state, by a finding about them, as the n-th replica."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ergon_ops.refs import Ref
from ergon_ops.router.index import Index
from ergon_ops.router.member import Member
from ergon_ops.router.mention import Mention
from ergon_ops.router.question import Question
from ergon_ops.router.words import NUMBERS, ORDINALS, STATES

_STATE = "|".join(sorted(STATES, key=len, reverse=True))
_THING = r"(one|ones|container|containers|guy|guys|service|services|replica|replicas|instance|instances|thing|things)"
_BEING = (
    r"(that|which|who|thats)?\s?(is|are|has|have|was|were|just|keeps|keep|got|s)?\s?(just|being|been|currently|now)?"
)
_STATED = (
    rf"\b(?P<a>{_STATE}) {_THING}\b"
    rf"|\b{_THING} {_BEING}\s?(?P<b>{_STATE})\b"
    rf"|\b(whatever|whoever|what ever) (is |has |just |was |got )?(?P<c>{_STATE})\b"
)
_INDEFINITE = r"\b(any|how many|which|no|what|some|are there|is there|a|an|every)\b"
_CULPRIT = (
    "culprit|offender|problem|finding|one with the (problem|issue|finding|alert|warning)|problematic one|bad one"
    "|guilty one|worst one"
)
_FOUND = rf"\b(the|that|this) (?P<cause>[a-z-]+) (one|container|service)\b|\b(?P<any>the ({_CULPRIT}))\b"


def has_state(member: Member, state: str) -> bool:
    """Docker's states, health and exit codes in an operator's words."""
    ended = member.state in ("exited", "dead")
    match state:
        case "crashed":
            return member.state in ("dead", "restarting") or (ended and bool(member.exit_code))
        case "broken":
            return has_state(member, "crashed") or member.health == "unhealthy"
        case "unhealthy" | "starting":
            return member.health == state and not ended
        case "healthy":
            return member.state == "running" and member.health in ("healthy", "none")
        case "stopped":
            return ended or member.state == "created"
        case _:
            return member.state == state


def stated(question: Question) -> tuple[str, str] | None:
    """The state it names its containers by, as (state, word): `the crashed one`. Not `which one crashed`."""
    match = re.search(_STATED, question.line)
    if not match:
        return None
    word = match["a"] or match["b"] or match["c"]
    before = question.line[: match.start()].split()[-3:]
    if re.search(_INDEFINITE, " ".join(before)) and "the" not in before[-1:]:
        return None
    if match["b"] and re.match(r"(are|is|were|was) ", question.line) and re.fullmatch(rf"{_THING} \S+", match[0]):
        return None  # "are all my containers healthy"
    plain_predicate = match["b"] and re.match(r"(containers?|services?|replicas?|things?) (is|are) ", match[0])
    return None if plain_predicate else (STATES[word], word)


def plural_state(question: Question) -> bool:
    return bool(re.search(r"\b(ones|containers|guys|services|replicas|instances|things|all|both)\b", question.line))


def with_state(members: Sequence[Member], among: Iterable[int], state: str) -> list[int]:
    return [number for number in among if has_state(members[number], state)]


def on_port(index: Index, question: Question, port: int) -> list[int]:
    """Who answers on this port: the host's port if the host is spoken of, the inner one if that, else both."""
    published, inner = index.by_published.get(port, []), index.by_port.get(port, [])
    if question.inner:
        return list(inner)
    if question.shell:
        return list(published or inner)
    return sorted({*published, *inner})


def by_finding(question: Question, findings: Sequence[tuple[str, str, Ref]]) -> tuple[Ref, ...]:
    """Containers of the open findings a question points at: an id, `the throttled one`, `the culprit`."""
    words = set(question.line.split())
    by_id = [ref for identifier, _, ref in findings if identifier.lower() in words]
    if by_id:
        return tuple(dict.fromkeys(by_id))
    match = re.search(_FOUND, question.line)
    if not match:
        return ()
    if match["any"]:
        return tuple(dict.fromkeys(ref for _, _, ref in findings))
    stem = match["cause"][:5].rstrip("e")
    return tuple(
        dict.fromkeys(ref for _, cause, ref in findings if any(part.startswith(stem) for part in cause.split("_")))
    )


def replica(question: Question, mention: Mention, members: Sequence[Member]) -> list[int]:
    """Of a mention's candidates the one whose number stands beside it: `second web`, `replica 2 of web`."""
    number, last = _number_before(question, mention.first), mention.last
    if question.word(mention.first - 1) == "last":
        number = max(members[one].number for one in mention.members)
    if number is None:
        following = [question.word(mention.last + 1), question.word(mention.last + 2)]
        if following[0] in ("number", "replica", "instance", "nr", "no", "node") and _as_number(following[1]):
            number, last = _as_number(following[1]), mention.last + 2
    if number is None:
        return []
    found = [one for one in mention.members if members[one].number == number]
    if found:
        mention.last = last
        mention.first -= question.word(mention.first - 1) in ORDINALS or question.word(mention.first - 1) == "last"
    return found


def _number_before(question: Question, first: int) -> int | None:
    if question.word(first - 1) in ORDINALS:
        return ORDINALS[question.word(first - 1)]
    at = first - 1 - (question.word(first - 1) in ("the", "of"))
    at -= question.word(at) == "of"
    if question.word(at - 1) in ("replica", "instance", "number") or question.word(at + 1) == "of":
        return _as_number(question.word(at))
    return None


def _as_number(word: str) -> int | None:
    return int(word) if word.isdecimal() and len(word) <= 3 else NUMBERS.get(word)
