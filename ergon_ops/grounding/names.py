"""Names and numbers that are names: images, paths, addresses, ports, exit codes, variables, versions, neighbours."""

from __future__ import annotations

import re

from ergon_ops.grounding.cited import whom
from ergon_ops.grounding.lazy import lazily, words
from ergon_ops.grounding.lexicon import ENGLISH_PARTS, KIND_STOP, TECH, programs_of
from ergon_ops.grounding.scene import Scene
from ergon_ops.refs import host_ref

NEGATED = lazily(
    r"\b(?:no|not|n't|nothing|never|none|neither|nor|without|isn't|aren't|doesn't|don't|nobody|cannot|can't)\b|n't\b",
    re.I,
)
_URL = lazily(r"\b(?:https?|redis|postgres(?:ql)?|mysql|amqp|mongodb|tcp|unix)://[^\s)>\]\"'“”,]+")
_IP = lazily(r"(?<![\w.:])(\d{1,3}(?:\.\d{1,3}){3})(?!\.?\d)(?::(\d{1,5}))?(?:/(\d{1,2}(?!\d)|tcp|udp))?")
_PATH = lazily(r"(?<![\w.:/)<])(~?/(?:[\w.@+-]+/?)+|/(?=\s|$|[,.;:)]|\s?is))")
_FILE = lazily(
    r"(?<![\w/.-])[\w-]+\.(?:conf|cfg|toml|ya?ml|json|py|sh|log|ini|sock|env|pem|crt|key|sql|rdb|aof|db|"
    r"js|rb|go|php|jar|war)\b"
)
_ENV = lazily(r"(?<![\w/<‹])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w])(?P<set>\s*=\s*[^\s,;]+)?")
_IMAGE = lazily(r"(?<![\w@/.-])(?:[a-z0-9][\w.-]*(?::\d+)?/)*[a-z0-9][\w.-]*:(?:[a-z0-9][\w.-]*)(?<![.,-])", re.I)
_REPO = lazily(r"(?<![\w@/.:-])[a-z0-9][a-z0-9_-]*(?:/[a-z0-9][a-z0-9._-]*){1,3}(?![\w/])")
_HEX = lazily(r"(?<![\w-])(?:sha256:)?(?=[a-f0-9]*\d)(?=\d*[a-f])[a-f0-9]{7,64}(?![\w-])")
_IDENT = lazily(r"(?<![\w/.:@<‹-])(?:[a-z][a-z0-9]*(?:[-_][a-z0-9]+)+|[a-z]+\d+[a-z0-9]*)(?![\w/@>›-])", re.I)
_KIND_NAME = lazily(
    r"\b(?:containers?|services?|volumes?|networks?|pods?|hosts?|database|network called|"
    r"volume called) (?:named |called |is )?(?P<name>[a-z][\w.-]*)",
    re.I,
)
_NAME_KIND = lazily(
    r"\b(?P<name>[a-z][\w.-]*) (?:container|service|volume|network|pod|daemon|process|server|image)\b", re.I
)
_NETWORK = lazily(
    r"\b(?:on|to|attached to|joined|in) (?:the |a )?(?:docker )?networks? (?:named |"
    r"called )?[\"'“ ]*(?P<name>[\w-]+)|\b(?:on|attached to|in) the [\"'“ ]*(?P<back>[\w-]+)[\"'” ]* network\b",
    re.I,
)
_NO_NETWORK = words(
    """of my and with that as same docker
    host internal bridge default container local whole other i is it traffic rates drops"""
)


_SUBJECT = lazily(
    r"[\"'”]?\s*(?:[.,;:)]|$|(?:is|are|was|were|has|have|runs?|and|or|seems|looks|isn't|keeps|went|does|which|"
    r"on|in|at)\b)",
    re.I,
)
_NAMING = words(
    "service api db worker gateway consumer producer queue job frontend backend svc app proxy replica primary"
)


def find(scene: Scene) -> None:
    for pattern, kind in ((_URL, "address"), (_HEX, "id")):
        for match in pattern.finditer(scene.free):
            carried(
                scene,
                match,
                kind,
                match[0].rstrip(".").removeprefix("sha256:") if kind == "id" else match[0].rstrip("."),
            )
    from ergon_ops.grounding import links, ports, settings

    _images(scene)
    ports.find(scene)
    _plain_names(scene)
    settings.find(scene)
    links.find(scene)
    _identifiers(scene)


def known(scene: Scene, at: int, word: str) -> tuple[str, ...]:
    """Facts that carry a word: of whom the place speaks, else of anybody in this answer, else of the host."""
    refs = scene.subjects(at)
    others = [ref for ref in scene.ground.refs if ref not in refs] if not named(scene, at) else []
    for ref in (*refs, *others, *(host_ref(ref.host) for ref in scene.ground.refs[:1])):
        if ids := scene.index.carrying(ref, word):
            return ids[:3]
    cited = [fact for id in scene.cited if (fact := scene.index.by_id.get(id)) is not None]
    about = whom(scene, at, at + len(word)) if cited else set()
    return tuple(
        id
        for ref in {fact.about for fact in cited} & about
        for id in scene.index.carrying(ref, word)
        if id in scene.cited
    )


def named(scene: Scene, at: int) -> bool:
    """Whether somebody is named before a place, so that nobody else's facts will do."""
    return any(item.end <= at and item.word not in ("i", "host") for item in scene.mentions)


def carried(scene: Scene, match: re.Match[str], kind: str, word: str, *, about: str = "") -> None:
    if scene.free[match.start()] == "\x00":
        return
    ids = known(scene, match.start(), word) or _prefix(scene, match.start(), word, kind)
    if kind == "version":
        ids = tuple(id for id in ids if _has_version(scene, id, word))
    if not ids and (word.lower() in scene.ground.question.lower() and scene.mood(match.start()) != "assert"):
        ids = ("",)
    if ids or scene.mood(match.start()) != "advice":
        scene.decide(
            kind,
            match.start(),
            match.end(),
            tuple(id for id in ids if id) if ids else None,
            f"{word} is nothing that was read",
            (about or kind,),
        )
    scene.take(match.start(), match.end())


def _has_version(scene: Scene, id: str, word: str) -> bool:
    """`3.2` is not version 3."""
    fact = scene.index.by_id[id]
    return re.search(rf"(?<![\w.]){re.escape(word)}(?!\w|\.\d)", f"{fact.key} {fact.value}", re.I) is not None or (
        "." not in word and (fact.name not in ("image", "engine_version"))
    )


def _prefix(scene: Scene, at: int, word: str, kind: str) -> tuple[str, ...]:
    """An id is said by its first letters."""
    if kind != "id":
        return ()
    return tuple(
        row.id
        for ref in scene.ground.refs
        for name in ("id", "image_id")
        for row in scene.index.facts(ref, name)
        if str(row.value).removeprefix("sha256:").startswith(word.lower())
    )


def _plain_names(scene: Scene) -> None:
    for match in _IP.finditer(scene.free):
        if match[1] not in ("0.0.0.0", "127.0.0.1") or known(scene, match.start(), match[1]):
            carried(scene, match, "address", match[1], about="network")
    from ergon_ops.grounding import variables

    for match in _ENV.finditer(scene.free):
        variables.judge(scene, match)
    for match in _PATH.finditer(scene.free):
        word = match[0].rstrip(".,") or "/"
        if scene.line[max(0, match.start() - 1) : match.start()].isalnum() or (
            word == "/"
            and re.match(r"\s*\d|\s+\w", scene.line[match.end() :])
            and not re.match(r"\s*is\b", scene.line[match.end() :])
        ):
            continue
        _path(scene, match, word)
    for match in _FILE.finditer(scene.free):
        carried(scene, match, "path", match[0])


def _path(scene: Scene, match: re.Match[str], word: str) -> None:
    if word == "/dev/shm":
        ids = tuple(row.id for ref in scene.subjects(match.start()) for row in scene.index.facts(ref, "shm_size"))
    elif word == "/":
        ids = tuple(row.id for ref in scene.subjects(match.start()) for row in scene.index.facts(ref, "fs_size"))
    else:
        ids = known(scene, match.start(), word.rstrip("/"))
        if not ids and scene.mood(match.start()) == "unknowing":
            ids = tuple(id for ref in scene.index.refs for id in scene.index.carrying(ref, word.rstrip("/")))
    quiet = scene.mood(match.start()) == "advice" or (
        NEGATED.search(scene.clause(match.start()).text) and "mounted" in scene.line
    )
    if ids or not quiet:
        scene.decide("path", match.start(), match.end(), ids or None, f"{word} is nothing that was read", ("mount",))
    scene.take(match.start(), match.end())


def _images(scene: Scene) -> None:
    for match in _IMAGE.finditer(scene.free):
        left, _, right = match[0].rpartition(":")
        if right.isdigit() and "/" not in left and len(right) > 1 and not _is_image(scene, match[0]):
            continue  # a port
        if not ("/" in match[0] or re.search(r"\d|latest|alpine|slim|stable", right)) or re.search(r"[|:=]$", left):
            continue
        if "/" not in left and not right[0].isdigit() and right not in ("latest", "alpine", "slim", "stable"):
            continue
        carried(scene, match, "image", match[0])
    for match in _REPO.finditer(scene.free):
        if any(part in ENGLISH_PARTS or part in KIND_STOP for part in match[0].lower().split("/")) or re.fullmatch(
            r"[\d/]+", match[0]
        ):
            continue
        ids = known(scene, match.start(), match[0])
        if ids or re.search(r"\b(?:image|from|repository)\W+$", scene.line[: match.start()], re.I):
            carried(scene, match, "image", match[0])


def _is_image(scene: Scene, word: str) -> bool:
    return any(scene.index.text(ref, "image").endswith(word) for ref in scene.index.refs)


def _of_a_network(scene: Scene, at: int, word: str) -> tuple[str, ...]:
    """`the shop network`, where a link of one of those who answer tells of it."""
    if not re.match(r"\S* networks?\b", scene.line[at:], re.I):
        return ()
    rows = [row for ref in scene.ground.refs for row in scene.index.facts(ref, "link")]
    return tuple(row.id for row in rows if f"shared network {word}" == str(row.value).lower())[:3]


_NOT_NAMING = words("in out self non this the multi cross inter whole per web micro mini my main as of")


def _english(word: str, parts: list[str]) -> bool:
    """Hyphenated English, or a program: no name."""
    return parts[0] in ENGLISH_PARTS or parts[-1] in ENGLISH_PARTS or bool(programs_of(word))


def _identifiers(scene: Scene) -> None:
    """Names that no one has: `payments-api`, `node42`, `service billing`."""
    for match in _IDENT.finditer(scene.free):
        word = match[0].lower()
        parts = re.split(r"[-_]", word)
        inside = any(item.start <= match.start() < item.end for item in scene.mentions)
        naming = parts[-1] in _NAMING and len(parts) > 1 and parts[0] not in _NOT_NAMING
        if inside or (not naming and _english(word, parts)):
            continue
        if re.fullmatch(r"e\d+|v\d+|p\d\d|ipv[46]|utf\d+|sha\d+|md5|x86|k8s|s3|http2|oom\w*|base64|h2", word):
            if word in ("k8s", "s3"):
                carried(scene, match, "name", word)
            continue
        carried(scene, match, "name", match[0])
    for match in _NETWORK.finditer(scene.free):
        word = (match["name"] or match["back"]).lower()
        refs = [ref for ref in scene.subjects(match.start()) if ref.kind == "container"]
        rows = [row for ref in refs for row in scene.index.facts(ref, "network") if row.key.lower() == word]
        good = tuple(row.id for row in rows) if {row.about for row in rows} >= set(refs) else ()
        if scene.mood(match.start()) != "advice" and word not in _NO_NETWORK:
            scene.decide("name", match.start(), match.end(), good or None, f"no network {word}", ("network",))
    for pattern in (_KIND_NAME, _NAME_KIND):
        for match in pattern.finditer(scene.free):
            word, at = match["name"].lower().rstrip("."), match.start("name")
            if (
                word in KIND_STOP
                or word in ENGLISH_PARTS
                or programs_of(word)
                or len(word) < 2
                or any(item.start <= at < item.end for item in scene.mentions)
            ):
                continue
            if pattern is _KIND_NAME and not _SUBJECT.match(scene.line[match.end() :]):
                continue
            if scene.mood(at) == "advice" or re.search(
                r"(?:ing|ed|ly|al|ous|ive|able|less|ful)$|^(?:depend|rely)$", word
            ):
                continue
            ids = known(scene, at, word) or _of_a_network(scene, at, word)
            scene.decide(
                "name", at, match.end("name"), ids or None, f"{word} is nobody that was read", ("name", "serving")
            )
    for match in TECH.finditer(scene.free):
        if not any(item.start <= match.start() < item.end for item in scene.mentions):
            carried(scene, match, "name", match[0].lower())
