"""The decision: whom a question is put to, or what to ask back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ergon_ops.refs import Ref, host_ref
from ergon_ops.router import asking, looks
from ergon_ops.router.candidates import choose
from ergon_ops.router.explicit import find_named
from ergon_ops.router.index import Index
from ergon_ops.router.member import Member
from ergon_ops.router.mentions import mentions
from ergon_ops.router.question import Question, hear
from ergon_ops.router.rest import rest_of
from ergon_ops.router.subjects import Parties, parties
from ergon_ops.router.verdict import Focus, Route, RouteKind
from ergon_ops.router.words import NUMBERS, ORDINALS

NO_FOCUS = Focus()


@dataclass(slots=True)
class _Case:
    """One question on its way to a decision."""

    question: Question
    focus: Focus
    sides: Parties
    changes: bool


class Router:
    """Built once for the containers as they are; `route` decides in well under a millisecond."""

    def __init__(self, members: Sequence[Member], hosts: Iterable[str] = ()) -> None:
        self.members = tuple(members)
        self._index = Index(self.members, hosts)
        self._number = {member.ref: number for number, member in enumerate(self.members)}
        self._everyone = tuple(member.ref for member in self.members)
        self._unseen = any(not member.looked for member in self.members)

    def route(self, text: str, *, names: Sequence[str] = (), focus: Focus | None = None) -> Route:
        """Decide for a question; `names` are those given beside it (`ask NAME`), `focus` what was talked about."""
        question = hear(text)
        if not self.members:
            return self._without_containers(question)
        found = mentions(question, self._index)
        named = frozenset(
            at for mention in found for at in range(mention.first, mention.last + 1) if mention.kind != "verb"
        )
        changes = question.changes_after(named) or any(m.kind == "verb" and m.first <= 3 for m in found)
        case = _Case(question, focus or NO_FOCUS, parties(question, found), changes)
        route = self._named(case, names) if names else self._decide(case)
        return replace(route, changes=changes, rest=route.rest or text)

    def _without_containers(self, question: Question) -> Route:
        if question.host:
            return Route(
                "host",
                tuple(host_ref(host) for host in self._index.hosts),
                why="asked about the host",
                rest=question.text,
            )
        return Route("none", question_back=asking.nobody(), why="no container on this host", rest=question.text)

    def _decide(self, case: _Case) -> Route:
        sides = case.sides
        for step in (self._answered, self._unknown, self._left_out, self._asked_of_all, self._subjects, self._on_host):
            route = step(case)
            if route is not None:
                return route
        return self._nobody_named(case) if not sides.subjects else self._ask(case, range(len(self.members)), "no name")

    # names beside the question

    def _named(self, case: _Case, names: Sequence[str]) -> Route:
        chosen: list[int] = []
        several = False
        for name in names:
            found = find_named(self._index, name)
            if found.everyone:
                return self._all(case, "asked all")
            if not found.members:
                nearest = self._index.nearest(name)
                return Route(
                    "unknown_name",
                    question_back=asking.unknown(name, nearest),
                    nearest=nearest,
                    why=f"no container called {name!r}",
                )
            if found.tie or (found.partial and case.changes) or (found.group and case.changes):
                return self._ask(case, found.members, f"{name!r} means {len(found.members)}")
            several |= found.group or found.project
            chosen += found.members
        chosen = list(dict.fromkeys(chosen))
        about = tuple(
            n
            for m in (*case.sides.subjects, *case.sides.about)
            for n in m.members
            if n not in chosen and len(m.members) < 4
        )
        return self._to(case, chosen, f"named: {', '.join(names)}", guess=False, about=about)

    # somebody is named in the text

    def _answered(self, case: _Case) -> Route | None:
        """The answer to a question asked back: a number, a name among the candidates, `both`."""
        among = [self._number[ref] for ref in case.focus.candidates if ref in self._number]
        words = [token.text for token in case.question.tokens]
        if not among or len(words) > 6:
            return None
        picked: list[int] = []
        number = next(
            (
                ORDINALS.get(word) or NUMBERS.get(word) or (int(word) if word.isdecimal() else 0)
                for word in words
                if word in ORDINALS or word in NUMBERS or word.isdecimal()
            ),
            0,
        )
        for mention in (*case.sides.subjects, *case.sides.hosts):
            picked += [one for one in among if one in mention.members]
        if not picked and {"both", "all", "each", "every", "them"} & set(words):
            picked = among
        if not picked and "last" in words:
            picked = among[-1:]
        if not picked and number:
            picked = [one for one in among if self.members[one].number == number] or among[number - 1 : number]
        if (
            not picked
            and words[:1] in (["yes"], ["yep"], ["y"], ["yeah"], ["sure"], ["right"], ["ok"])
            and len(among) == 1
        ):
            picked = among
        if not picked or (
            len(set(picked)) == len(among) > 1 and not {"both", "all", "each", "every", "them"} & set(words)
        ):
            return None
        route = self._to(case, list(dict.fromkeys(picked)), "answers the question asked back", guess=False)
        return replace(route, rest=case.focus.text or route.rest)

    def _unknown(self, case: _Case) -> Route | None:
        everyone = (*case.sides.subjects, *case.sides.about, *case.sides.left_out)
        mention = next((one for one in everyone if one.kind == "unknown"), None)
        if mention is not None:
            name = case.question.text[
                case.question.tokens[mention.first].start : case.question.tokens[mention.last].end
            ]
            name = re.sub(r"['’]s$", "", name)
            nearest = self._index.nearest(name)
            back = asking.unknown(name, nearest)
            return Route(
                "unknown_name",
                question_back=back,
                nearest=nearest,
                why=f"no container called {name!r}",
                needs_services=self._unseen,
            )
        mention = next((one for one in everyone if not one.members and one.kind in ("role", "program")), None)
        if mention is None:
            return None
        what = f"runs {mention.word}" if mention.kind == "program" else f"is a {mention.word}"
        names = [self._index.label(number) for number in range(min(len(self.members), 6))]
        back = asking.nothing_like(what, names)
        return Route(
            "unknown_name", question_back=back, nearest=(), why=f"nothing here {what}", needs_services=self._unseen
        )

    def _left_out(self, case: _Case) -> Route | None:
        out = {number for mention in case.sides.left_out for number in mention.members}
        if not out or case.sides.subjects:
            return None
        if case.question.everything or re.search(
            r"\b(all|others?|anything|rest|every|each|who|which|what)\b", case.question.line
        ):
            keep = [number for number in self._here(case) if number not in out]
            if not keep:
                return Route("none", question_back="That leaves no container.", why="all left out")
            return self._to(case, keep, "all but those named", guess=False, everyone=True)
        among = [self._number[ref] for ref in (*case.focus.candidates, *case.focus.refs) if ref in self._number]
        keep = [number for number in among if number not in out]
        return self._to(case, keep, "not that one", guess=False) if len(keep) == 1 else None

    def _asked_of_all(self, case: _Case) -> Route | None:
        if not case.sides.asked_of_all:
            return None
        about = tuple(number for mention in case.sides.about for number in mention.members)
        return self._all(case, "asks who relates to somebody", about=about)

    def _subjects(self, case: _Case) -> Route | None:
        sides = case.sides
        if not sides.subjects:
            return None
        places = [{n for mention in side for n in mention.members} for side in (sides.hosts, sides.projects) if side]
        chosen = self._focused(case) if _WITH_IT.search(case.question.line) else []
        whys: list[str] = []
        guess = False
        out = {number for mention in sides.left_out for number in mention.members}
        needs = False
        for mention in sides.subjects:
            choice = choose(case.question, mention, self._index, places, self._focused(case), changes=case.changes)
            needs |= self._unseen and mention.kind == "program"
            if choice.ask:
                return replace(self._ask(case, choice.members, choice.why), needs_services=needs)
            chosen += choice.members
            whys.append(choice.why)
            guess |= choice.guess
        chosen = [number for number in dict.fromkeys(chosen) if number not in out]
        if not chosen:
            return None
        about = tuple(
            number
            for mention in (*sides.about, *sides.left_out)
            for number in mention.members[:50]
            if number not in chosen
        )
        route = self._to(case, chosen, "; ".join(filter(None, whys)), guess=guess, about=about)
        return replace(route, needs_services=needs)

    def _on_host(self, case: _Case) -> Route | None:
        if not case.sides.hosts or case.sides.subjects:
            return None
        named = list(dict.fromkeys(self.members[mention.members[0]].ref.host for mention in case.sides.hosts))
        if case.question.host or re.search(r"\b(cpus?|disk|kernel|os|uptime|swap)\b", case.question.line):
            return Route("host", tuple(map(host_ref, named)), why=f"asked about host {', '.join(named)}")
        here = [number for number, member in enumerate(self.members) if member.ref.host in named]
        return self._to(case, here, f"everything on {', '.join(named)}", guess=False, everyone=True)

    # nobody is named

    def _nobody_named(self, case: _Case) -> Route:
        question = case.question
        for step in (self._by_port, self._by_state, self._by_finding):
            route = step(case)
            if route is not None:
                return route
        if question.host == "strong":
            return Route("host", tuple(map(host_ref, self._index.hosts)), why="asked about the host")
        if question.everything or (
            case.changes and re.search(r"\b(all|everything)\b", question.line) and not question.pronoun
        ):
            return self._all(case, "asked of all")
        if question.fleet == "strong" and not case.changes:
            return self._all(case, "can only be meant for all")
        return self._follow_up(case) or self._unnamed(case)

    def _by_port(self, case: _Case) -> Route | None:
        ports = case.question.ports
        if not ports:
            return None
        found = list(dict.fromkeys(n for port in ports for n in looks.on_port(self._index, case.question, port)))
        if not found and (case.focus.refs or case.changes or case.question.fleet == "strong"):
            return None
        if not found:
            back = asking.nothing_like(
                f"serves port {ports[0]}", [self._index.label(n) for n in range(min(6, len(self.members)))]
            )
            return Route(
                "unknown_name", question_back=back, why=f"nobody on port {ports[0]}", needs_services=self._unseen
            )
        if len(found) > 1 and case.changes:
            return replace(self._ask(case, found, f"{len(found)} serve port {ports[0]}"), needs_services=self._unseen)
        return replace(self._to(case, found, f"serves port {ports[0]}", guess=False), needs_services=self._unseen)

    def _by_state(self, case: _Case) -> Route | None:
        named = looks.stated(case.question)
        if named is None:
            return None
        state, word = named
        found = looks.with_state(self.members, self._here(case), state)
        if not found:
            return Route("none", question_back=f"No container here is {word}.", why=f"none is {word}")
        if len(found) > 1 and not looks.plural_state(case.question):
            return self._ask(case, found, f"{len(found)} are {word}")
        return self._to(case, found, f"is {word}", guess=False)

    def _by_finding(self, case: _Case) -> Route | None:
        refs = looks.by_finding(case.question, case.focus.findings)
        found = [self._number[ref] for ref in refs if ref in self._number]
        if not found:
            return None
        if len(found) > 1:
            return self._ask(case, found, "several have findings")
        return self._to(case, found, "named by its finding", guess=False)

    def _follow_up(self, case: _Case) -> Route | None:
        focused = self._focused(case)
        if not focused:
            host = [ref for ref in case.focus.refs if ref.kind == "fleet" and ref.name == "host"]
            if host and not case.changes:
                return Route("host", tuple(host), why="follows up on the host")
            if case.focus.refs and case.focus.refs[0].kind == "fleet" and not case.changes:
                return self._all(case, "follows up on all")
            return None
        if re.search(r"\bother (one|ones|replica|replicas|two|container)\b", case.question.line):
            focused = self._others(focused)
        if len(focused) > 1 and case.changes and not case.question.plural_pronoun:
            return self._ask(case, focused, "several were talked about")
        return self._to(case, focused, "follows up", guess=False)

    def _others(self, focused: list[int]) -> list[int]:
        group = self.members[focused[0]].group
        return [number for number in self._index.groups.get(group, ()) if number not in focused] or focused

    def _unnamed(self, case: _Case) -> Route:
        question, everyone = case.question, range(len(self.members))
        if question.host == "weak" and not case.changes:
            return Route("host", tuple(map(host_ref, self._index.hosts)), why="only a host has that")
        if len(self.members) == 1:
            return self._to(case, [0], "the only container", guess=False)
        if case.changes:
            return self._ask(case, everyone, "no name, and changes are never guessed")
        if re.search(
            r"\b(logs?|it|its|itself|yourself|he|she|him|her|that one|this one|this container|the container|them)\b",
            question.line,
        ) and not _GENERAL.search(question.line):
            return self._ask(case, everyone, "no name")
        return self._all(case, "no name: all" if question.fleet else "no name and nothing to go by: all")

    # outcomes

    def _focused(self, case: _Case) -> list[int]:
        return [self._number[ref] for ref in case.focus.refs if ref in self._number]

    def _here(self, case: _Case) -> list[int]:
        hosts = {number for mention in case.sides.hosts for number in mention.members}
        return [number for number in range(len(self.members)) if not hosts or number in hosts]

    def _refs(self, numbers: Iterable[int]) -> tuple[Ref, ...]:
        return tuple(self._everyone[number] for number in numbers)

    def _all(self, case: _Case, why: str, about: Iterable[int] = ()) -> Route:
        refs = self._refs(self._here(case)) if case.sides.hosts else self._everyone
        return Route("all", refs, why=why, about=self._refs(about))

    def _to(
        self,
        case: _Case,
        numbers: Sequence[int],
        why: str,
        *,
        guess: bool,
        about: Iterable[int] = (),
        everyone: bool = False,
    ) -> Route:
        kind: RouteKind = "one" if len(numbers) == 1 else "several"
        if everyone and len(numbers) == len(self.members):
            kind = "all"
        named = [mention for mention in case.sides.subjects if mention.kind != "unknown"]
        rest = rest_of(case.question, named, case.focus, one=kind == "one")
        return Route(kind, self._refs(numbers), guess=guess, why=why, rest=rest, about=self._refs(dict.fromkeys(about)))

    def _ask(self, case: _Case, numbers: Sequence[int], why: str) -> Route:
        labels = [self._index.label(number) for number in numbers[: asking.SHOWN + 1]] + [""] * max(
            0, len(numbers) - asking.SHOWN - 1
        )
        back = (
            asking.which(labels)
            if len(numbers) < len(self.members) or len(numbers) < 3
            else asking.which_of_all(labels)
        )
        return Route("ask_back", self._refs(numbers[:50]), question_back=back, why=why, rest=case.question.text)


_WITH_IT = re.compile(
    r"\b(compare|difference between|diff) (it|this|that|this one|that one|them)\b"
    r"|\b(with|to|than|and) (it|this one|that one)$"
)
_GENERAL = re.compile(
    r"\b(how is it going|hows it going|what is it like|is it (ok|okay|fine|all|on fire|down)$|anything|any|every)\b"
)
