"""Of whom, and of which programs, a state is said."""

from __future__ import annotations

import re

from ergon_ops.grounding.lazy import lazily, words
from ergon_ops.grounding.lexicon import ENGLISH_PARTS, KIND_STOP, PROGRAM_WORD, program_groups, programs_of
from ergon_ops.grounding.programs import is_name, rows_of
from ergon_ops.grounding.scene import Scene
from ergon_ops.refs import Ref

_GENERIC = words(
    """
    container app application service process service's it he she i which that who there state status health
    healthcheck check one ones everything all they them we both this system instance what works nothing something
    anything itself you periods period services containers processes programs daemons main web website site server
    box ship captain crew mate vessel overall currently and but still now then here image workload deployment node
    us everyone everybody rest others stack fleet things thing persona ci companion engine docker host daemon machine
    kernel
    """
)
_HEAD = lazily(
    r"([\w.-]+)\s+(?:(?:is|are|was|were|has been|have been|has|have|seems|looks|appears|remains|isn't|"
    r"aren't|went|stays)\b)(?:\W+\w+){0,3}?\W*$",
    re.I,
)
_ROLES = words("frontend backend api upstream downstream client gateway balancer firewall storage")
_GROUPS = frozenset({"database", "db", "cache", "queue", "broker", "proxy", "webserver"})


_INSIDE = lazily(
    r"(?:'s)?(?: (?:server|process|service))?(?: \(?(?:on|at) (?:port )?\d+\)?)? (?:in|inside|within|of|on) "
    r"(?:the )?(?:container )?\W*$",
    re.I,
)


def _inside(scene: Scene, start: int, end: int) -> bool:
    """`Redis in cache is up`: said of the program, not of the container it is in."""
    name = next((item for item in scene.mentions if start <= item.start < end and item.word not in ("i", "host")), None)
    if name is None or _INSIDE.fullmatch(scene.line[start : name.start]) is None:
        return False
    return (
        re.fullmatch(
            r"\W*(?:\(?(?:on|at) (?:port )?\d+\)?\s*)?(?:(?:is|are|was|isn't|has been|not|currently|now|still|"
            r"also|both|"
            r"marked|as|reported|shown|listed)\s+)*",
            scene.line[name.end : end],
        )
        is not None
    )


def programs_before(scene: Scene, end: int) -> set[str]:
    """The programs that `it` can mean."""
    found = [item[0] for item in PROGRAM_WORD.finditer(scene.line, 0, end) if not is_name(scene, item.start())]
    return {name for word in found[-1:] for name in programs_of(word.lower())}


def _starting(scene: Scene, at: int) -> Ref | None:
    return next((item.ref for item in scene.mentions if item.start == at and item.word != "host"), None)


def behind_it(scene: Scene, match: re.Match[str]) -> tuple[Ref, ...]:
    """`the throttling of worker`, `the trouble is in A, B and C`: who stands right behind."""
    end = match.end()
    inside = (
        re.match(r"\s+in\s+(?:the )?(?:container )?", scene.line[end:])
        if PROGRAM_WORD.search(scene.line[:end])
        else None
    )
    if inside is not None and (own := _starting(scene, end + inside.end())) is not None:
        return (own,)
    if not re.match(r"\s+of\b", scene.line[end:]) and not re.search(r"\b(?:in|on|with)$", match[0]):
        return ()
    found: list[Ref] = []
    for item in scene.mentions:
        if item.start < end or item.word == "host":
            continue
        if not re.fullmatch(r"\W*(?:of|and|or|&)?\W*(?:the |container )*", scene.line[end : item.start], re.I):
            break
        found.append(item.ref)
        end = item.end
    return tuple(dict.fromkeys(found))


def at_rest(scene: Scene, refs: tuple[Ref, ...]) -> bool:
    """Whether they have ended and nothing starts them again."""
    ended = all(scene.index.text(ref, "state") in ("exited", "dead") for ref in refs)
    return ended and all(scene.index.text(ref, "restart_policy") in ("no", "") for ref in refs)


_ALL_CHECKS = lazily(r"\b(?:all|every|each|both|any)\b[^.;,]{0,24}$", re.I)


_AT_PORT = lazily(
    r"\bport (?P<port>\d{2,5})(?: \(?(?:in|of|on|inside) (?:the )?(?:container )?[\w-]+\)?)? (?:(?:is|isn't|was|"
    r"not|currently|now|still)\s+)*$",
    re.I,
)


def at_port(scene: Scene, at: int, ahead: str) -> set[str]:
    """`Port 6379 in cache is down`: said of what is expected there."""
    match = _AT_PORT.search(ahead)
    rows = [row for ref in scene.subjects(at) for row in scene.index.facts(ref, "serving")] if match else []
    return {row.key.rpartition(":")[0] for row in rows if match and row.key.endswith(":" + match["port"])}


def all_checks(scene: Scene, kind: str, ahead: str) -> tuple[Ref, ...]:
    """`all health checks pass`: of all that have one."""
    if kind not in ("check_ok", "check_bad") or not _ALL_CHECKS.search(ahead):
        return ()
    known = dict.fromkeys([*scene.ground.refs, *scene.ground.names.values()])
    return tuple(ref for ref in known if scene.index.text(ref, "health") not in ("", "none"))


def named(scene: Scene, match: re.Match[str], ahead: str) -> tuple[set[str], tuple[Ref, ...]] | None:
    """Of which programs (none: of the container) and whom it is said; None if of nobody known."""
    at = match.start()
    clause = scene.clause(at)
    if own := at_port(scene, at, ahead):
        return own, tuple(scene.subjects(at))
    low = 0 if scene.line[: clause.start].rstrip().endswith(")") else clause.start
    refs = tuple(ref for ref in scene.subjects(at) if ref.kind == "container") or scene.ground.refs
    programs = [item for item in PROGRAM_WORD.finditer(scene.line, low, at) if not is_name(scene, item.start())]
    last_name = max(
        (item.start for item in scene.mentions if clause.start <= item.start < at and item.word != "i"), default=-1
    )
    if (
        programs
        and (programs[-1].start() > last_name or _inside(scene, programs[-1].end(), at))
        and not re.search(r"\b(?:i am|i'm|it is|it's|container is|and is|which is)\W*(?:\w+\W+)?$", ahead, re.I)
    ):
        wanted: set[str] = set()
        for item in programs:
            wanted |= programs_of(item[0].lower())
        return wanted, refs
    head = _HEAD.search(ahead + " ") if ahead.strip() else None
    if (head is not None and last_name < 0) or (
        head is not None
        and clause.start + scene.line[clause.start : at].rfind(head[1]) > last_name + 1
        and last_name >= 0
    ):
        assert head is not None
        word = head[1].lower().strip(".")
        group = program_groups().get(word) if word in _GROUPS else None
        spot = at - len(ahead) + head.start(1)
        if any(item.start <= spot < item.end for item in scene.mentions):
            return set(), refs
        if group:
            return (set(group), refs) if any(rows_of(scene, refs, set(group))) else None
        if word in _ROLES and not scene.carried(refs, word):
            return None
        if (
            word not in _GENERIC
            and word not in ENGLISH_PARTS
            and word not in KIND_STOP
            and not re.fullmatch(r"[\d.]+\w*|.*(?:ly|ing|ed)", word)
            and not scene.carried(refs, word)
        ):
            return None
    return set(), refs
