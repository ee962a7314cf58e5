"""Decisions where nobody is named: by port, state, finding, the one talked about, the host, all, or a question back."""

from __future__ import annotations

import re
from dataclasses import replace

from ergon_ops.router import looks
from ergon_ops.router.case import Case
from ergon_ops.router.verdict import Route
from ergon_ops.router.words import ORDINALS

_OTHER = r"\bother (one|ones|replica|replicas|two|container)\b"
_ALL = r"\b(all|everything)\b"
_THE_REST = r"\b(the (others|rest|other ones|other containers)|all others|everyone else|everybody else)\b"
_OF_THEM = r"\bwhich (one )?of (the|these|those|them|both|you)( two| three)?\b|\b(either|both|neither) of\b"
_OF_ONE = (
    r"\b(logs?|it|its|itself|yourself|he|she|him|her|that one|this one|this container|the container|them"
    r"|why (are|do|did|is|were|was|have) (you|your))\b"
)
_EACH_OF_THEM = r"\b(go|look|run|check|walk) (through|over|at|across)? ?(all|each|every)\b"
_WHICH_MORE = r"(and |so |but )*which( one)? .*\b(more|less|worse|better|\w{3,}er)\b"
_ALL_THEM = r"\b(all|any|one|some) of (them|these|those)\b"
_BOTH = r"\b(both|each of them|the two)\b"
_NTH = rf"(?:(?:and|what about|how about|no|only|just) )*the ({'|'.join(ORDINALS)})(?: one)?"
_GENERAL = r"\b(how is it going|what is it like|is it (ok|okay|fine|all|on fire|down)$|anything|any|every)\b"


def decide(case: Case) -> Route:
    for step in (by_port, by_state, by_finding, by_host, by_fleet, follow_up):
        route = step(case)
        if route is not None:
            return route
    return _nothing_to_go_by(case)


def by_port(case: Case) -> Route | None:
    index, unseen = case.world.index, case.world.unseen
    ports = case.question.ports or tuple(
        port for port in case.question.maybe_ports if port in index.by_port or port in index.by_published
    )
    if not ports or re.search(_EACH_OF_THEM, case.question.line):
        return None
    on = [n for port in ports for n in looks.on_port(case.world.index, case.question, port) if n in set(case.here)]
    found = list(dict.fromkeys(on))
    if not found:
        elsewhere = case.focus.refs or case.changes or case.question.fleet == "strong"
        return None if elsewhere else case.nobody(f"serves port {ports[0]}")
    if len(found) > 1 and case.changes:
        return case.ask(found, f"{len(found)} serve port {ports[0]}", needs_services=unseen)
    return replace(case.to(found, f"serves port {ports[0]}"), needs_services=unseen)


def by_state(case: Case) -> Route | None:
    """`the crashed one`, `the stopped containers`."""
    named = looks.stated(case.question)
    if named is None:
        return None
    state, word = named
    found = looks.with_state(case.world.members, case.here, state)
    if not found:
        return Route("none", (), f"No container here is {word}.", why=f"none is {word}")
    if len(found) > 1 and not looks.plural_state(case.question):
        return case.ask(found, f"{len(found)} are {word}")
    return case.to(found, f"is {word}")


def by_finding(case: Case) -> Route | None:
    found = case.numbers(looks.by_finding(case.question, case.focus.findings))
    if not found:
        return None
    return case.ask(found, "several have findings") if len(found) > 1 else case.to(found, "named by its finding")


def by_host(case: Case) -> Route | None:
    return case.hosts("asked about the host") if case.question.host == "strong" and not case.sides.hosts else None


def by_fleet(case: Case) -> Route | None:
    """What can only be meant for all, or for everything on a host."""
    question = case.question
    if case.sides.hosts:
        return case.to(case.here, "everything on that host", everyone=True)
    if len(case.focused) > 1 and re.match(_WHICH_MORE, question.line):
        return case.to(case.focused, "of those talked about")
    if len(case.focused) > 1 and (re.search(_OF_THEM, question.line) or re.search(_ALL_THEM, question.line)):
        return case.to(case.focused, "of those talked about")
    if (
        case.focused
        and re.search(_THE_REST, question.line)
        and (rest := [n for n in case.here if n not in case.focused])
    ):
        return case.to(rest, "all but the one talked about")
    if len(case.here) == 2 and not case.focused and re.search(_BOTH, question.line):
        return case.to(case.here, "both there are", everyone=True)
    if question.everything or (case.changes and re.search(_ALL, question.line) and not question.pronoun):
        return case.all("asked of all")
    return case.all("can only be meant for all") if question.fleet == "strong" and not case.changes else None


def follow_up(case: Case) -> Route | None:
    """What was talked about last."""
    focused = case.focused
    if not focused:
        fleet = [ref for ref in case.focus.refs if ref.kind == "fleet"]
        if not fleet or case.changes:
            return None
        hosts = [ref.host for ref in fleet if ref.name == "host"]
        return case.hosts("follows up on the host", hosts) if hosts else case.all("follows up on all")
    if re.search(_OTHER, case.question.line):
        focused = _others(case, focused)
    if len(focused) > 1 and (match := re.fullmatch(_NTH, case.question.line)):
        focused = focused[ORDINALS[match[1]] - 1 :][:1] or focused
    if len(focused) > 1 and case.changes and not case.question.plural_pronoun:
        return case.ask(focused, "several were talked about")
    return case.to(focused, "follows up")


def _others(case: Case, focused: list[int]) -> list[int]:
    group, name = case.world.members[focused[0]].group, case.world.members[focused[0]].ref.name
    stem = re.sub(r"\d+$", "", name)
    if len(case.world.index.groups.get(group, ())) < 2 and stem != name:
        alike = rf"{re.escape(stem)}\d+"
        others = [n for n, one in enumerate(case.world.members) if re.fullmatch(alike, one.ref.name)]
        return [number for number in others if number not in focused] or focused
    return [number for number in case.world.index.groups.get(group, ()) if number not in focused] or focused


def _nothing_to_go_by(case: Case) -> Route:
    question, everyone = case.question, range(len(case.world.members))
    if question.host == "weak" and not case.changes:
        return case.hosts("only a host has that")
    if len(everyone) == 1:
        return case.to([0], "the only container")
    if case.changes:
        return case.ask(everyone, "no name, and changes are never guessed")
    if re.search(_OF_ONE, question.line) and not re.search(_GENERAL, question.line):
        return case.ask(everyone, "no name")
    return case.all("no name: all" if question.fleet else "no name and nothing to go by: all")
