"""Whom one mention means: one container, a group of replicas, a guess that leads clearly, or a tie to ask about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from ergon_ops.dataclass import dataclass
from ergon_ops.router import looks
from ergon_ops.router.index import Index, name_words
from ergon_ops.router.member import Member
from ergon_ops.router.mention import Mention
from ergon_ops.router.question import Question, key_of
from ergon_ops.router.words import KNOWN_PROGRAMS, ROLES, RUN_VERBS, STATES, STOPS

MOST_COMPARED = 40
_ALL_OF = frozenset({"all", "both", "every", "each"})
_ANY_OF = _ALL_OF | {"any", "two", "three", "four", "which", "other"}
_WHO = re.compile(
    r"\b(who|whoever|what|whatever|which|containers|anyone|anything|anybody|everyone|everything|those|ones|all)\b"
)


@dataclass(slots=True)
class Choice:
    """`ask` if the person must choose among `members`."""

    members: list[int]
    ask: bool = False
    guess: bool = False
    why: str = ""


def choose(
    question: Question,
    mention: Mention,
    index: Index,
    places: Sequence[set[int]],
    focused: Sequence[int],
    *,
    changes: bool,
) -> Choice:
    """Ties are asked about; reads may take the one that leads, changes never."""
    members, said = _narrowed(question, mention, index, places)
    choice = _pick(question, mention, index, members, focused, changes=changes)
    custom = mention.kind == "image" and ":" not in mention.key and mention.key not in KNOWN_PROGRAMS
    unsure = mention.slip or mention.near or ((mention.kind == "part" or custom) and not mention.strong)
    if unsure and changes and not choice.ask:
        return Choice(choice.members, ask=True, why=f"{said!r} is not quite a name, and changes are never guessed")
    if unsure and not choice.ask:
        names = ", ".join(index.label(number) for number in choice.members[:3])
        return Choice(choice.members, guess=True, why=f"took {said!r} for {names}")
    return choice


def _narrowed(question: Question, mention: Mention, index: Index, places: Sequence[set[int]]) -> tuple[list[int], str]:
    """The mention's members after the host, the replica's number and the state said beside it."""
    said = mention.slip or mention.key
    members = list(mention.members)
    if runs := _all_running(question, mention):
        members = sorted({*members, *runs})
    if mention.kind in ("image", "part") and not mention.plural and _all_said(question, mention):
        members = sorted(
            {n for sense in mention.readings if sense.kind in ("image", "part") for n in sense.members} | set(members)
        )
    on = {n for port in question.ports for n in looks.on_port(index, question, port)} if len(members) > 1 else set()
    for place in (*places, on):
        members = [number for number in members if number in place] or members
    if len(members) > 1:
        mention.members = members
        members = looks.replica(question, mention, index.members) or looks.but_one(question, mention, index.members)
        state = STATES.get(question.word(mention.first - 1))
        if state and (so := looks.with_state(index.members, members, state)):
            members = so
    return members, said


def _all_said(question: Question, mention: Mention) -> bool:
    return bool({question.word(mention.first - 1), question.word(mention.first - 2)} & _ALL_OF)


def _all_running(question: Question, mention: Mention) -> list[int]:
    if not asks_who_runs(question, mention):
        return []
    return [number for sense in mention.others if sense.kind == "program" for number in sense.members]


def _pick(
    question: Question, mention: Mention, index: Index, members: list[int], focused: Sequence[int], *, changes: bool
) -> Choice:
    everyone = index.members
    if len(members) == 1:
        return _single(question, mention, index, members[0], focused, changes=changes)
    if mention.kind == "project" or _takes_all(question, mention, changes=changes):
        return Choice(members, why=f"all of {mention.key}")
    if mention.kind == "part" and not changes and _one_project(index, mention.key, members):
        return Choice(members, why=f"all of {everyone[members[0]].project}")
    if mention.kind == "image" and not changes and _one_thing(everyone, mention.key, members):
        return Choice(members, why=f"all of {mention.key}")
    group = everyone[members[0]].group
    same_group = bool(group) and all(everyone[number].group == group for number in members)
    if same_group and not changes:
        return Choice(members, why=f"{mention.key} has {len(members)} replicas")
    if mention.kind == "role" and (own := _called_so(everyone, members, mention.word)):
        return Choice(own, guess=not changes, ask=changes, why=f"of {len(members)} that are a {mention.word}")
    leader = [] if changes else _leader(question, mention, index, members, focused)
    if len(leader) == 1 or (leader and _one_group(index, leader)):
        return Choice(leader, guess=True, why=f"{mention.key} could be {len(members)}; {index.label(leader[0])} leads")
    return Choice(members, ask=True, why=f"{mention.key} means {len(members)}")


def _single(
    question: Question, mention: Mention, index: Index, number: int, focused: Sequence[int], *, changes: bool
) -> Choice:
    """One candidate in the surest sense; a program's other runners make that a guess."""
    rivals = [n for sense in mention.others if sense.kind == "program" for n in sense.members if n != number]
    if mention.kind == "program" and changes and index.members[number].main_program != mention.word:
        return Choice([number], ask=True, why=f"{mention.key} is only a part of {index.label(number)}")
    if mention.kind != "image" or not rivals:
        return Choice(
            [number],
            why=f"{mention.key} is {index.label(number)}" if mention.kind != "name" else f"named {mention.key}",
        )
    if changes:
        return Choice([number, *rivals], ask=True, why=f"{len(rivals) + 1} run {mention.key}")
    return Choice([number], guess=True, why=f"{index.label(number)} is mainly {mention.key}; {len(rivals)} more run it")


def _takes_all(question: Question, mention: Mention, *, changes: bool) -> bool:
    before = {question.word(mention.first - 1), question.word(mention.first - 2)}
    if mention.plural or before & (_ALL_OF if changes else _ANY_OF):
        return True
    after = {question.word(mention.last + 1)}
    if after & {"ones", "replicas", "instances", "containers", "servers", "databases"}:
        return True
    return question.all_hosts or (asks_who_runs(question, mention) and (question.everything or not changes))


def asks_who_runs(question: Question, mention: Mention) -> bool:
    """`who runs redis`, `which containers are running nginx`."""
    at = mention.first - 1
    while question.word(at) in ("a", "an", "the", "image", "on", "from"):
        at -= 1
    return question.word(at) in RUN_VERBS and bool(_WHO.search(question.line))


def _leader(
    question: Question, mention: Mention, index: Index, members: list[int], focused: Sequence[int]
) -> list[int]:
    """Who is meant most likely: the one talked about, one of the same project, the one that mainly runs the program."""
    everyone = index.members
    if talked := [number for number in members if number in focused]:
        return talked
    own = range(mention.first, mention.last + 1) if mention.kind in ("role", "program", "image") else ()
    said = [
        token.text
        for at, token in enumerate(question.tokens)
        if at not in own and "its" not in (question.word(at - 1), question.word(at - 2))
    ]
    if described := best_described(index, members, said):
        return described
    projects = {(everyone[number].ref.host, everyone[number].project) for number in focused if everyone[number].project}
    if projects and (near := [n for n in members if (everyone[n].ref.host, everyone[n].project) in projects]):
        return near
    talked_of = [word for number in focused for word in name_words(index.members[number])]
    if described := best_described(index, members, talked_of):
        return described
    if mention.kind == "program" and (mainly := [n for n in members if everyone[n].main_program == mention.word]):
        return mainly
    if mention.kind == "part" and (headed := [n for n in members if _head(everyone[n]) == mention.key]):
        return headed  # `hive-metastore` is a metastore, `metastore-db` is not
    return []


def _head(member: Member) -> str:
    return next((word for word in reversed(name_words(member)) if not word.isdecimal()), "")


def best_described(index: Index, members: Sequence[int], said: Iterable[str]) -> list[int]:
    """The candidates whose names hold most of the words said besides, unless all hold the same."""
    among = set(members)
    scores: Counter[int] = Counter()
    for word in set(said) - STOPS:
        holders = {*index.by_word.get(word, ()), *index.by_word.get(f"{word}s", ())}
        scores.update(holders & among)
    scores.update(n for n in list(scores) if set(name_words(index.members[n])) <= set(said))
    if len(members) <= MOST_COMPARED:
        words = [word for word in set(said) - STOPS if word.isascii()]
        scores.update(n for n in members if any(_abbreviates(name_words(index.members[n]), word) for word in words))
    best = max(scores.values(), default=0)
    found = [number for number in members if scores[number] == best]
    return found if best and len(found) < len(members) else []


def _one_thing(everyone: Sequence[Member], key: str, members: Sequence[int]) -> bool:
    """Parts of one application: the same image, in one project: `chatwoot`."""
    first = everyone[members[0]]
    if key in KNOWN_PROGRAMS or any(everyone[number].image != first.image for number in members):
        return False
    return bool(first.project) and all(everyone[number].project == first.project for number in members)


def _called_so(everyone: Sequence[Member], members: Sequence[int], role: str) -> list[int]:
    """Of several in one project the one whose service is called by its role: `db` beside `search`."""
    projects = {everyone[number].project for number in members}
    found = [number for number in members if everyone[number].service in ROLES.get(role, ())]
    return found if len(projects) == 1 and "" not in projects and len(found) == 1 else []


def _abbreviates(name: Sequence[str], word: str) -> bool:
    """`coord` is said as coordinator, `machine-learning` as ml."""
    initials = "".join(part[0] for part in name)
    short = len(word) in (2, 3) and len(name) > 1 and (initials[-len(word) :] == word)
    return short or any(len(part) > 3 and len(word) > len(part) + 1 and word.startswith(part) for part in name)


def _one_project(index: Index, key: str, members: list[int]) -> bool:
    """`paperless` for the project `paperless-ngx`."""
    projects = {(index.members[number].ref.host, index.members[number].project) for number in members}
    return len(projects) == 1 and key in key_of(next(iter(projects))[1]).split("-")


def _one_group(index: Index, members: list[int]) -> bool:
    groups = {index.members[number].group for number in members}
    return len(groups) == 1 and "" not in groups
