"""Ports: that something listens, is published, is mapped; and whose they are."""

from __future__ import annotations

import re

from ergon_ops.facts import Fact
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.lexicon import PROGRAM_WORD, programs_of
from ergon_ops.grounding.scene import Scene
from ergon_ops.refs import Ref

_ARROW = r"\s*(?:→|->|=>|-->|⟶)\s*"
_MAP = lazily(
    rf"(?<![\w.])(?:(?:\d{{1,3}}(?:\.\d{{1,3}}){{3}}|\[?::\]?|\*|localhost):|"
    rf"(?<!\w)host(?: port)? )?(?P<out>\d{{2,5}})(?:/(?:tcp|"
    rf"udp))?(?:{_ARROW}|:)(?:(?:(?:the )?container|inside)(?:'s)? )?(?:port )?(?P<inner>\d{{2,5}})(?:/(?:tcp|"
    rf"udp))?(?!\w|\.\d|:\d)"
    r"|"
    r"\b(?:host )?(?:port )?(?P<out2>\d{2,5})(?:/tcp)?(?: (?:on|of) the host)?,?(?: which)? (?:(?:is )?(?:mapped|"
    r"mapping|forward(?:ed|s|ing)?|maps|goes|published|leads|routed)(?: through)?) (?:to|"
    r"onto) (?:(?:the )?(?:container|internal|inner|inside)(?:'s)? )?(?:port )?(?P<inner2>\d{2,5})"
    r"|\b(?:container |internal |inner )?port (?P<inner3>\d{2,5})(?:/tcp)? (?:\w+ )?(?:is |"
    r"gets )?(?:published|mapped|exposed|forwarded|available|reachable) (?:on|to|as|at|"
    r"under) (?:the )?(?:host(?:'s)? )?(?:port )?(?P<out3>\d{2,5})",
    re.I,
)
_LISTED = lazily(
    r"\bports?(?: numbers?)?\s*(?:\(s\)|:|=|is|are|\()?\s*(?P<all>\d{1,5}(?:/(?:tcp|udp))?(?:\s*(?:,|and|"
    r"&|or|, and|/)\s*\d{1,5}(?:/(?:tcp|udp))?(?!\s*(?:%|[a-z])))*)(?![\d.]*\d)",
    re.I,
)
_COLON = lazily(
    r"(?<![\d.])(?P<who>[a-z][\w.-]*|\*|\d{1,3}(?:\.\d{1,3}){3}|\[::\]|::)?:(?P<port>\d{2,5})(?!\d|:\d|"
    r"\.\d)(?:/(?:tcp|udp))?",
    re.I,
)
_PROTO = lazily(r"(?<![\w.:])(\d{1,5})/(?:tcp|udp)\b", re.I)
_ON = lazily(
    r"\b(?:listen(?:s|ing)?|publish(?:es|ed|ing)?|expos(?:es|ed|ing)|bound|binds?|reachable|serv(?:es|"
    r"ing)|available|accept\w* \w+|answers?) (?:on|at|to|under) (?P<port>\d{2,5})(?!\w|\.\d|%|\s*(?:%|"
    r"[kmg]i?b\b|cores?))",
    re.I,
)
_AFTER = lazily(
    r"[\s`*]+(?:(?:app(?:lication)?|server|service|process|web ?server|api|backend) )?"
    r"(?:is |runs |up )?(?:on|at|via)\s+(?P<all>\d{2,5})(?!\w|\.\d|%|\s*(?:[kmg]i?b\b|cores?|cpus?|"
    r"min|h\b|s\b|days?))"
)
_PAREN = lazily(r"\((?:pids? )?(?P<all>\d{2,5}(?:\s*(?:,|and|/)\s*\d{2,5})*)\)")
_PUBLISHED = lazily(
    r"\b(?:publish\w*|host(?:'s)? port|on the host|outside|external\w*|from outside|mapped|forward\w*)\b", re.I
)
_OUTSIDE = lazily(
    r"\b(?:from (?:the )?outside|host(?:'s)? port|reach (?:me|it)|from the host|externally)\b[^;.]{0,24}$", re.I
)
_NOT = lazily(r"\b(?:no|not|nothing|never|none|nobody|isn't|aren't|doesn't|don't|without)\b|n't\b", re.I)
_NUMBER = lazily(r"\d+")


def find(scene: Scene) -> None:
    for match in _MAP.finditer(scene.free):
        groups = match.groupdict()
        out = next((groups[name] for name in ("out", "out2", "out3") if groups[name]), "")
        inner = next((groups[name] for name in ("inner", "inner2", "inner3") if groups[name]), "")
        _mapped(scene, match, out, inner)
    _of_host(scene)
    for pattern in (_LISTED, _PROTO, _ON, _COLON):
        for match in pattern.finditer(scene.free):
            if pattern is _COLON and _label(scene, match):
                continue
            _ports(scene, match)
    for program in PROGRAM_WORD.finditer(scene.free):
        after = _AFTER.match(scene.free, program.end())
        if after is not None:
            _ports(scene, after)
    for match in _PAREN.finditer(scene.free):
        if _pids(scene, match):
            continue
        before = list(PROGRAM_WORD.finditer(scene.line, 0, match.start()))
        if before and not scene.line[before[-1].end() : match.start()].strip(" `*"):
            _ports(scene, match)


def _pids(scene: Scene, match: re.Match[str]) -> bool:
    """`nginx (102 and 103)`: the numbers of its processes."""
    word = re.search(r"([\w.-]+)\W*$", scene.line[: match.start()])
    names = {word[1].lower(), *programs_of(word[1])} if word else set()
    rows = [row for ref in scene.subjects(match.start()) for row in scene.index.facts(ref, "process")]
    own = {row.key: row.id for row in rows if str(row.value).lower() in names or programs_of(str(row.value)) & names}
    numbers = _NUMBER.findall(match["all"])
    if not numbers or any(number not in own for number in numbers):
        return False
    scene.claim("count", match.start("all"), match.end("all"), [own[number] for number in numbers], about=("process",))
    scene.take(match.start(), match.end())
    return True


def _label(scene: Scene, match: re.Match[str]) -> bool:
    """`Memory:45` is a label; `nginx:80` and `:8080` are ports."""
    who = match["who"]
    if not who or re.match(r"[\d\[:*]", who):
        return False
    mentioned = any(item.start <= match.start() < item.end + 1 for item in scene.mentions)
    return not (
        programs_of(who.lower())
        or mentioned
        or who.lower() == "localhost"
        or scene.carried(scene.ground.refs, match[0])
        or "-" in who
    )


def _mapped(scene: Scene, match: re.Match[str], out: str, inner: str) -> None:
    refs = scene.subjects(match.start())
    rows = [row for ref in refs for row in scene.index.facts(ref, "published_port")]
    good = [row for row in rows if re.search(rf"(?:^|:){out}/", row.key + "/") and str(row.value) == inner]
    if scene.mood(match.start()) != "advice":
        scene.decide(
            "port",
            match.start(),
            match.end(),
            tuple(row.id for row in good) or None,
            f"{out} → {inner} is not published",
            ("published_port",),
        )
    scene.take(match.start(), match.end())


_EXPECTED = lazily(r"\b(?:should|supposed to|expected to|ought to|meant to|used to|would)\b", re.I)
_LISTENS = lazily(r"\b(?:listen\w*|answers?|answering|accepts?|accepting|serves?|serving)\b", re.I)
_OF_HOST = lazily(r"\bport (?P<port>\d{2,5}) (?:of|on) (?:the|my|this) (?:docker )?host\b", re.I)


def _of_host(scene: Scene) -> None:
    """`Port 8080 of the host leads to me`: one that is published there."""
    for match in _OF_HOST.finditer(scene.free):
        refs = [ref for ref in scene.subjects(match.start()) if ref.kind == "container"] or list(scene.ground.refs)
        refs += [item.ref for item in scene.mentions if item.start >= match.end() and item.ref.kind == "container"]
        rows = [row for ref in refs for row in scene.index.facts(ref, "published_port")]
        good = [row.id for row in rows if re.search(rf"(?:^|:){match['port']}/", row.key)]
        denied = _NOT.search(scene.clause(match.start()).text) is not None
        ids = tuple(good) if good and not denied else tuple(row.id for row in rows) if denied and not good else ()
        if scene.mood(match.start()) in ("assert", "hedged"):
            scene.decide("port", match.start(), match.end(), ids or None, "not published so", ("published_port",))
            scene.take(match.start(), match.end())


def _ports(scene: Scene, match: re.Match[str]) -> None:
    start = (
        match.start("all")
        if "all" in match.re.groupindex
        else match.start("port")
        if "port" in match.re.groupindex
        else match.start()
    )
    end = match.end("all") if "all" in match.re.groupindex else match.end()
    said = scene.clause(start).text
    if scene.mood(start) != "advice" or re.search(r"\b(?:reach|access|connect|find|listens?|answers?)\b", said, re.I):
        for number in _NUMBER.finditer(scene.free, start, end):
            if re.match(r"\s*(?:%|[kmg]i?b\b)", scene.free[number.end() :], re.I):
                end = number.start()
                break
            _port(scene, number.start(), number.end(), number[0])
    scene.take(start, max(end, start))


def _port(scene: Scene, start: int, end: int, port: str) -> None:
    refs = scene.subjects(start)
    clause = scene.clause(start)
    rows = [row for ref in refs for row in _of(scene, ref, port)]
    name, own = _program(scene, start, end)
    ahead = scene.line[clause.start : start]
    if _LISTENS.search(ahead) and not _NOT.search(clause.text) and not _EXPECTED.search(ahead):
        rows = [row for row in rows if row.name != "serving" or row.value == "listening"]
    published = _PUBLISHED.search(clause.text) is not None
    if _NOT.search(scene.line[clause.start : end]) or re.search(
        r"\b(?:not|nowhere|never|nothing|isn't) (?:\w+ ){0,3}(?:publish|listen|expos|open|reach|there)",
        clause.text,
        re.I,
    ):
        ids = _denied(scene, refs, rows, published)
    elif FROM_OUTSIDE.search(clause.text):
        ids = _outside(scene, refs, port, own, clause.text)
    elif name and own:
        ids = tuple(
            row.id for row in rows if row.name == "serving" and row.key in {f"{item}:{port}" for item in own}
        ) or _bare(scene, refs, rows, own, port)
    elif published and not re.search(r"\binside\b|\bcontainer port\b|\bnot published\b", clause.text, re.I):
        outside = _OUTSIDE.search(scene.line[clause.start : start]) is not None
        ids = (
            tuple(
                row.id
                for row in rows
                if row.name == "published_port" and (not outside or re.search(rf"(?:^|:){port}(?:/|$)", row.key))
            )
            or None
        )
    else:
        ids = tuple(row.id for row in rows) or None
    scene.decide("port", start, end, ids, f"port {port} was not seen so", ("published_port", "serving"))


FROM_OUTSIDE = lazily(
    r"\bfrom (?:the )?(?:outside|internet|public|world|host\b(?! port|'s| side))|\bfrom anywhere\b|"
    r"\b(?:to|on) the (?:outside world|internet|public|world)\b|\b(?:externally|publicly)\b",
    re.I,
)


def _outside(scene: Scene, refs: tuple[Ref, ...], port: str, own: set[str], said: str) -> tuple[str, ...] | None:
    """A port of the host: only one that is published, and to a port of the program it is said of."""
    inner = {row.key.rpartition(":")[2] for row in served(scene, refs, own)}
    good = [
        row
        for row in open_to(scene, refs, said)
        if (re.search(rf"(?:^|:){port}(?:/|$)", row.key) or (own and str(row.value) == port))
        and (not own or not inner or str(row.value) in inner)
    ]
    return tuple(row.id for row in good) or None


def served(scene: Scene, refs: tuple[Ref, ...], own: set[str]) -> list[Fact]:
    """Where the programs listen."""
    rows = [row for ref in refs for row in scene.index.facts(ref, "serving")]
    return [row for row in rows if row.key.rpartition(":")[0] in own and row.key.rpartition(":")[2].isdigit()]


def open_to(scene: Scene, refs: tuple[Ref, ...], said: str) -> list[Fact]:
    """Published ports; of those of the host's own loopback only where the host is spoken of."""
    rows = [row for ref in refs for row in scene.index.facts(ref, "published_port")]
    return [row for row in rows if "host" in said.lower() or not row.key.startswith(("127.", "[::1]", "::1"))]


def _bare(scene: Scene, refs: tuple[Ref, ...], rows: list[Fact], own: set[str], port: str) -> tuple[str, ...] | None:
    """A program's port that is known by its listener or by how it is published, as long as no other program has it."""
    others = [row for row in rows if row.name == "serving"]
    listening = served(scene, refs, own)
    if others or not rows or re.search(r"\binside\b|\bin the container\b", scene.line, re.I):
        return None
    inner = {str(row.value) for row in rows if row.name == "published_port" and f":{port}/" in row.key}
    if listening and not inner & {row.key.rpartition(":")[2] for row in listening}:
        return None
    return tuple(row.id for row in rows)


def _program(scene: Scene, start: int, end: int) -> tuple[str, set[str]]:
    """The program a port is said of: the nearest before it in its part of the sentence, else right behind it."""
    low = scene.segment(start, end)[0]
    clause = scene.clause(start)
    ahead = list(
        PROGRAM_WORD.finditer(
            scene.line,
            max(clause.start - 25, 0) if scene.line[clause.start - 1 : clause.start] == "(" else clause.start,
            start,
        )
    )
    behind = PROGRAM_WORD.search(scene.line, end, min(len(scene.line), end + 25))
    if ahead and (
        ahead[-1].start() >= low or not re.search(r"[a-z]{3,} (?:is|has|listens)\b", scene.line[ahead[-1].end() : low])
    ):
        match = ahead[-1]
    elif behind and re.match(
        r"\W*(?:\(|is |by |for |served by |belongs to |: ?|→ ?|->)?\W*(?:the )?$",
        scene.line[end : behind.start()],
        re.I,
    ):
        match = behind
    else:
        return "", set()
    if any(item.start <= match.start() < item.end for item in scene.mentions):
        return "", set()
    return match[0].lower(), programs_of(match[0].lower())


def _of(scene: Scene, ref: Ref, port: str) -> list[Fact]:
    """Facts in which a port stands as a port."""
    index, found = scene.index, []
    for name in ("serving", "listener", "exposed_port", "published_port", "connection", "env_host"):
        for row in index.facts(ref, name):
            if re.search(rf"(?:^|:){port}(?:/|$)", row.key) or (
                name in ("published_port", "exposed_port", "env_host") and re.search(rf"(?:^|:){port}$", str(row.value))
            ):
                found.append(row)
    for name in ("link", "health_command", "health_output", "command", "log_template", "process", "event"):
        for row in index.facts(ref, name):
            if re.search(rf"(?:port[ =:]?|:|-p ){port}\b", f"{row.key} {row.value}", re.I):
                found.append(row)
    return found


def _denied(scene: Scene, refs: tuple[Ref, ...], rows: list[Fact], published: bool) -> tuple[str, ...] | None:
    """`nothing listens on 5432`: read, and not among them."""
    bad = [
        row
        for row in rows
        if row.name in (("published_port",) if published else ("serving", "listener", "published_port"))
    ]
    if bad:
        return None
    read = [
        row
        for ref in refs
        for name in ("serving", "published_port", "listener", "state")
        for row in scene.index.facts(ref, name)
    ]
    return tuple(row.id for row in read[:4]) or None
