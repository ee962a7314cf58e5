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
_COPIES = frozenset({"replica", "instance", "one", "container", "copy", "worker", "node", "server"})
_SUPERLATIVE = re.compile(r"\w{2,}est\Z|most|least")
_COUNTED = frozenset({"times", "days", "hours", "minutes", "seconds", "weeks", "mb", "gb", "percent", "more", "of"})
_THE_NTH = rf"\bthe ({'|'.join(ORDINALS)}) one\b"
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
    if before and _SUPERLATIVE.match(before[-1]):
        return None  # `the oldest thing running`
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
    if question.shell or "://" in question.text:
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
    if number is None and (mention.kind in ("role", "service", "program", "part", "image")):
        following = [question.word(mention.last + 1), question.word(mention.last + 2)]
        if question.tokens[mention.last].possessive and following[0] in ORDINALS and following[1] in _COPIES:
            number, last = ORDINALS[following[0]], mention.last + 2
        elif following[0].isdecimal() and _as_number(following[0]) is not None and following[1] not in _COUNTED:
            number, last = _as_number(following[0]), mention.last + 1
    if number is None and (match := re.search(_THE_NTH, question.line)):
        number = ORDINALS[match[1]]
    if number is None:
        return []
    if mention.plural and last > mention.last and (several := _numbers(question, last)):
        numbers, last = several
        found = [one for one in mention.members if number_of(members, mention.members, one) in numbers]
        return found if len(found) == len(numbers) else []
    found = [one for one in mention.members if number_of(members, mention.members, one) == number]
    if found:
        mention.last = last
        mention.first -= question.word(mention.first - 1) in ORDINALS or question.word(mention.first - 1) == "last"
    return found


def number_of(members: Sequence[Member], among: Sequence[int], one: int) -> int:
    """Which of these it is: its replica's number, or the one its name ends in if each is the first of its service."""
    if len({members[other].number for other in among}) == len(among):
        return members[one].number
    match = re.search(r"(\d+)$", members[one].ref.name)
    return int(match[1]) if match else -1


def _numbers(question: Question, at: int) -> tuple[set[int], int] | None:
    """`0 and 2`, `1, 2 and 3`, `1 to 3` from here on."""
    found, word = [_as_number(question.word(at))], question.word(at + 1)
    while word in ("and", "or", "to", "through") or (
        question.word(at + 1).isdecimal() and question.gap_after(at).strip() in (",", "&", "+", "-", "–")
    ):
        step = 1 if question.word(at + 1).isdecimal() else 2
        number = _as_number(question.word(at + step))
        if number is None or not question.word(at + step).isdecimal():
            break
        until = word in ("to", "through") or question.gap_after(at) in ("-", "–")
        found += range((found[-1] or 0) + 1, number + 1) if until else [number]
        at += step
        word = question.word(at + 1)
    numbers = {number for number in found if number is not None}
    return (numbers, at) if len(numbers) > 1 else None


_BUT = re.compile(r"\s*(but|except|besides|without|minus|not)( for)?( the)?( number| nr| no)?( last)? ?(\w+)?")


def but_one(question: Question, mention: Mention, members: Sequence[Member]) -> list[int]:
    """All of a mention but the one left out by its number: `all workers but the third`."""
    after = " ".join(question.word(at) for at in range(mention.last + 1, mention.last + 6))
    match = _BUT.match(after)
    if not match:
        return mention.members
    number = ORDINALS.get(match[6] or "") or _as_number(match[6] or "")
    if match[5]:
        number = max(members[one].number for one in mention.members)
    return [one for one in mention.members if members[one].number != number]


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
