"""Programs: that they run, are down, or are there at all; and all services of a container at once."""

from __future__ import annotations

import re

from ergon_ops.facts import Fact
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.lexicon import PROGRAM_WORD, programs_of
from ergon_ops.grounding.names import known
from ergon_ops.grounding.scene import Scene
from ergon_ops.refs import Ref

Ids = tuple[str, ...] | None


NEGATED = lazily(
    r"\b(?:not|no longer|never|isn't|aren't|wasn't|ain't|hasn't|haven't|weren't|neither|nor|without|no|"
    r"none|nothing|cannot|can't|don't|doesn't|didn't|free of|nobody|hardly|yet to)\b(?:\W+\w+){0,4}\W*$|"
    r"n't(?:\W+\w+){0,2}\W*$",
    re.I,
)


def is_name(scene: Scene, at: int) -> bool:
    return any(item.start <= at < item.end for item in scene.mentions)


def rows_of(scene: Scene, refs: tuple[Ref, ...], names: set[str]) -> list[Fact]:
    return [
        row
        for ref in refs
        for row in scene.index.facts(ref, "serving")
        if _name(row.key) in names or programs_of(_name(row.key)) & names
    ]


def _name(key: str) -> str:
    name, _, port = key.rpartition(":")
    return (name if name and port.isdigit() else key).lower()


def has_any(scene: Scene, refs: tuple[Ref, ...], names: set[str]) -> bool:
    """Whether they have such a program, as a service or as a process."""
    rows = [row for ref in refs for row in scene.index.facts(ref, "process")]
    own = any(programs_of(str(row.value)) & names or str(row.value).lower() in names for row in rows)
    return own or bool(rows_of(scene, refs, names))


def all_services(scene: Scene, kind: str, refs: tuple[Ref, ...], negative: bool) -> Ids:
    rows = [row for ref in refs for row in scene.index.facts(ref, "serving")]
    states = [row for ref in refs for row in scene.index.facts(ref, "state")]
    health = [row for ref in refs for row in scene.index.facts(ref, "health")]
    good = (
        bool(states)
        and all(row.value == "running" for row in states)
        and all(row.value in ("listening", "running") for row in rows)
    )
    good = (
        good
        and all(row.value != "unhealthy" for row in health)
        and (bool(rows) or kind == "running" or any(row.value == "healthy" for row in health))
    )
    good = good and (kind == "running" or any(row.value == "healthy" for row in health) or bool(rows))
    return tuple(row.id for row in (*states, *rows, *health)) if good is not negative and states else None


def program_state(scene: Scene, kind: str, refs: tuple[Ref, ...], programs: set[str], negative: bool) -> Ids:
    rows = rows_of(scene, refs, programs)
    up_said = (kind in ("running", "healthy")) is not negative
    alive = [ref for ref in refs if scene.index.text(ref, "state") in ("running", "paused", "")]
    up = [row for row in rows if row.value in ("listening", "running")]
    processes = [
        row
        for ref in refs
        for row in scene.index.facts(ref, "process")
        if programs_of(str(row.value)) & programs or str(row.value).lower() in programs
    ]
    if up_said:
        if kind == "healthy" and any(scene.index.text(ref, "health") == "unhealthy" for ref in refs):
            return None
        missing = [row for row in rows if row.value == "down"]
        if missing or not alive:
            return None
        return tuple(row.id for row in (up or processes)) or None
    down = [row for row in rows if row.value == "down"]
    if down and not up:
        return tuple(row.id for row in down)
    if not rows and not processes:
        read = [row for ref in refs for row in (*scene.index.facts(ref, "serving"), *scene.index.facts(ref, "process"))]
        return tuple(row.id for row in read[:3]) or None
    if not alive:
        return tuple(row.id for ref in refs for row in scene.index.facts(ref, "state"))
    return None


_RUNS = lazily(
    r"\b(?:runs?|running|serv(?:es|ing)|hosts?|hosting|provides?|starts?|started|operates?|listening|listens|with)\b",
    re.I,
)


def find(scene: Scene) -> None:
    """A program that is only mentioned must be somewhere in what was read of them."""
    _processes(scene)
    _the_process(scene)
    for match in PROGRAM_WORD.finditer(scene.free):
        at = match.start()
        clause = scene.clause(at)
        if is_name(scene, at) or clause.mood in ("advice", "question"):
            continue
        refs = scene.subjects(at)
        wanted = programs_of(match[0].lower())
        rows = (
            [row for row in rows_of(scene, refs, wanted) if row.value != "down"]
            if _RUNS.search(scene.line[clause.start : at])
            else rows_of(scene, refs, wanted)
        )
        ids: Ids = (
            tuple(row.id for row in rows) or tuple(id for word in wanted for id in known(scene, at, word)) or None
        )
        if rows == [] and _RUNS.search(scene.line[max(clause.start, at - 25) : at]) and ids:
            ids = tuple(
                row.id
                for ref in refs
                for row in scene.index.facts(ref, "process")
                if programs_of(str(row.value)) & wanted
            ) or _image_of(scene, refs, wanted)
        if (
            NEGATED.search(scene.line[clause.start : at])
            or clause.mood == "unknowing"
            or re.match(
                r"\W*(?:\w+\W+){0,2}(?:not|n't|isn't|down|stopped|dead|missing|gone)\b",
                scene.line[match.end() : clause.end],
                re.I,
            )
        ):
            continue  # denied, or said to be down: judged as a state
        scene.decide("program", at, match.end(), ids, f"no {match[0]} was seen", ("serving", "process"))


def _processes(scene: Scene) -> None:
    """What runs by a name that is no program's: `sh`, `run.sh`."""
    for match in _RUNS_IT.finditer(scene.line):
        word = (match["a"] or match["b"]).lower()
        if scene.mood(match.start()) not in ("assert", "hedged"):
            continue
        refs = scene.subjects(match.start())
        rows = [row for ref in refs for row in scene.index.facts(ref, "process")]
        own = [row for row in rows if str(row.value).lower() == word]
        if not own:
            continue
        alone = re.search(
            r"\b(?:only|just|nothing but)\W*$", scene.line[: match.start("a" if match["a"] else "b")], re.I
        )
        ids = tuple(row.id for row in own) if not alone or len(own) == len(rows) else None
        scene.decide("program", match.start(), match.end(), ids, "not the only one", ("process",))


_THE_PROCESS = lazily(
    r"\b(?P<which>main|first|only|sole|single|one|entire)? ?process(?:es)?(?: (?:there|here|(?:running )?(?:in|"
    r"inside|of)"
    r"(?: the)?(?: container)? [\w-]+|it runs|running|i see))* (?:is|are|was) (?:just |only |a |the |`|\"|"
    r"')*(?P<name>[a-z][\w.-]*)",
    re.I,
)


def _the_process(scene: Scene) -> None:
    """`the only process in cache is sh`: by the table of its processes."""
    for match in _THE_PROCESS.finditer(scene.line):
        if scene.mood(match.start()) not in ("assert", "hedged") or match["name"].lower() in _NO_PROCESS:
            continue
        refs = scene.subjects(match.start("name"))
        rows = [row for ref in refs for row in scene.index.facts(ref, "process")]
        word = match["name"].lower().rstrip(".")
        same = _SHELLS if word == "shell" else {word}
        own = [row for row in rows if str(row.value).lower() in same or programs_of(str(row.value)) & programs_of(word)]
        alone = (match["which"] or "").lower() in ("only", "sole", "single", "entire", "one")
        ids = tuple(row.id for row in own) or None if not alone or len(own) == len(rows) else None
        scene.decide("program", match.start(), match.end(), ids, f"no process {word} there, or not so", ("process",))


_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "busybox"})
_NO_PROCESS = frozenset(
    {"running", "still", "not", "also", "up", "down", "alive", "gone", "missing", "there", "in", "one"}
)
_RUNS_IT = lazily(
    r"\b(?:runs?|running|executes?)\s+(?:only |just |a |the )?(?P<a>[\w.-]+)\b|(?P<b>[\w.-]+)\s+(?:is|are) running\b",
    re.I,
)


def _image_of(scene: Scene, refs: tuple[Ref, ...], wanted: set[str]) -> Ids:
    return (
        tuple(
            row.id
            for ref in refs
            for row in scene.index.facts(ref, "image")
            if not scene.index.facts(ref, "process") and any(word in str(row.value) for word in wanted)
        )
        or None
    )
