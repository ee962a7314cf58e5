"""What is quoted, or told of the logs, must be in a log line, a healthcheck's output, or what was asked."""

from __future__ import annotations

import re
from functools import lru_cache

from ergon_ops.facts import Fact
from ergon_ops.grounding import logs
from ergon_ops.grounding.lazy import lazily, words
from ergon_ops.grounding.scene import Scene

CARRIERS = (
    "log_template",
    "health_output",
    "start_error",
    "command",
    "event",
    "health_command",
    "log_unreadable",
    "label",
    "link",
    "process",
    "image",
)
_QUOTE = lazily(
    r"“([^”\n]{2,600})”|\"([^\"\n]{2,600})\"|«([^»\n]{2,600})»|"
    r"(?<![\w])'([^'\n]{6,400}(?:'[a-z][^'\n]{0,80})?)'(?![\w])|`+([^`\n]{2,400})`+|‘([^’\n]{6,400})’"
)
_SAYS = lazily(
    r"\b(?:logs?(?: lines?| entr(?:y|ies)| messages?| output)?|(?:last |latest )?error(?: lines?| messages?)?|"
    r"health ?check(?:'s)?(?: last)?(?: output)?|output|stderr|stdout)(?: (?:of|for|from|in) (?:the |"
    r"my )?[\w-]+)?\s+(?:also |clearly |repeatedly |only |all |both |mostly |just |currently )?"
    r"(?:say|says|said|show|shows|report|reports|reported|repeat|repeats|has|have|lists?|contain|contains|mention|mentions|complain\w*|"
    r"read|reads|state|states|indicate|indicates|reveal|reveals|is|was|:|point to|warn|warns|"
    r"print\w*)(?![\w'])\s*(?:that |about |of |an? |as follows|the (?:following|error|"
    r"message))?\s*[:,]?\s*(?P<what>[^\x00.;]{6,300})",
    re.I,
)
_LINE = lazily(
    r"\b(?P<what>(?:ERROR|FATAL|WARN(?:ING)?|CRITICAL|PANIC|INFO|DEBUG|Traceback|Exception)\b[: \]][^\x00\n]{4,300})"
)
_MASK = lazily(r"<(?:n|hex|uuid|ip|time|…|\.\.\.)>")
_SPACE = lazily(r"\s+")
_FILLER = words(
    """
    the a an of in on at to for is are was were that this it its my log logs line lines error errors message
    messages with and or from by as no any be been has have some several there following one about last while
    reading not only also repeated repeatedly times showing saying
    """
)


def find(scene: Scene) -> None:
    for match in _QUOTE.finditer(scene.text):
        between = match[0].startswith("`") and scene.text.count("`", 0, match.start()) % 2 == 1
        if "\x00" not in scene.free[match.start() : match.end()] and not between:
            _quoted(scene, match)
    _fence(scene)
    quoted = [claim for claim in scene.claims if claim.kind == "quote"]
    for match in _WHAT.finditer(scene.free):
        _mostly(scene, match)
    scene.mentions = [
        item for item in scene.mentions if not any(claim.start <= item.start < claim.end for claim in quoted)
    ]
    for pattern in (_LINE, _SAYS):
        for match in pattern.finditer(scene.free):
            _told(scene, match, verbatim=pattern is _LINE)


_WHAT = lazily(
    r"\b(?P<share>most|half|all|much|some|the (?:majority|rest|bulk)) (?:of )?(?:(?:what|that) (?:i|it|"
    r"[\w-]+) (?:logged|wrote|"
    r"printed)|(?:the|my|its|these|those|[\w-]+'s|(?:the |my |its )?\d+) (?:\w+ )?(?:lines?|entries|messages|logs?)"
    r"(?: (?:of|in|from) (?:the )?[\w-]+)?(?: (?:i|it|[\w-]+) (?:logged|wrote))?)"
    r" (?:was|were|is|are|say|said|read)\s(?P<what>[^\x00.;:(]{4,200})",
    re.I,
)


def _mostly(scene: Scene, match: re.Match[str]) -> None:
    """`Most of what I logged were GET requests`: a line says so, and is most of them."""
    if scene.mood(match.start()) not in ("assert", "hedged"):
        return
    if scene.line[match.end() : match.end() + 1] == ":":
        return  # what follows says which
    ids = overlap(scene, match.start("what"), match["what"])
    read = [
        float(str(row.value))
        for ref in logs.tellers(scene, match.start())
        for row in scene.index.facts(ref, "log_lines")
    ]
    rows = [
        row
        for ref in logs.tellers(scene, match.start())
        for row in scene.index.facts(ref, "log_template")
        if row.id in (ids or ())
    ]
    least = {"most": 0.5, "the majority": 0.5, "the bulk": 0.5, "all": 0.99}.get(match["share"].lower(), 0.0)
    if ids and (not read or not rows or float(str(rows[0].value)) < least * read[0]):
        ids = None
    scene.decide(
        "quote", match.start(), match.end(), ids or None, "no log line that was read says this", ("log_template",)
    )
    scene.take(match.start(), match.start("what"))


_PRINTED = lazily(r"\b(?:printed|prints|said|says|output (?:is|was)|put out|returned)\W*$", re.I)


def _quoted(scene: Scene, match: re.Match[str]) -> None:
    inner = next(group for group in match.groups() if group is not None)
    words = re.findall(r"[\w'./:-]+", inner)
    code = match[0].startswith("`")
    if scene.mood(match.start()) == "advice" and not re.search(r"\b(?:log|error|says|output)\b", scene.line, re.I):
        if not code:
            scene.take(match.start(), match.end())
        return
    said = carriers(scene, match.start(), inner) if len(words) > 1 or len(inner) > 24 else ()
    if said:
        scene.claim("quote", match.start(), match.end(), said, about=("log_template",))
        scene.take(match.start(), match.end())
    elif len(words) == 1 and _PRINTED.search(scene.line[: match.start()]) and not code:
        rows = [row for ref in scene.subjects(match.start()) for row in scene.index.facts(ref, "health_output")]
        said = tuple(row.id for row in rows if squeeze(str(row.value)) == squeeze(inner))
        scene.decide(
            "quote", match.start(), match.end(), said or None, "no output that was read says this", ("health_output",)
        )
    elif len(words) < 2 or (
        len(words) < 3 and not re.search(r"\b(?:log|error|says?|said|output|message|line|reports?)\b", scene.line, re.I)
    ):
        return  # a name in quotes, looked up as names are
    elif squeeze(inner) in squeeze(scene.ground.question) or (code and _plain_code(inner)):
        return
    elif re.match(r"(?:how|why|what|is|are|show|restart|diagnose|which)\b.*\??$", inner, re.I) and (
        inner.endswith("?") or "ask" in scene.line.lower()
    ):
        scene.take(match.start(), match.end())  # an example of a question
    else:
        scene.claim(
            "quote",
            match.start(),
            match.end(),
            why="no log line or output that was read says this",
            about=("log_template",),
        )
        scene.take(match.start(), match.end())


def _plain_code(inner: str) -> bool:
    """Code that is a value or an assignment, not a line of anything: `61 MiB`, `0.0.0.0:80 -> 80`."""
    return len(inner) < 40 and re.fullmatch(r"[\w.:/%→ >-]*\d[\w.:/%→ >,-]*|[a-z_-]+ [a-z_-]+", inner, re.I) is not None


def _fence(scene: Scene) -> None:
    """The lines of a code fence are quotes of something."""
    if not (scene.topic.fenced or re.match(r"\s*(?:```|~~~)", scene.text)):
        return
    for line in re.finditer(r"[^\n]+", scene.text):
        inner = line[0].strip()
        if re.match(r"(?:```|~~~)", inner) or not inner or "\x00" in scene.free[line.start() : line.end()]:
            continue
        said = carriers(scene, line.start(), inner)
        if said:
            scene.claim("quote", line.start(), line.end(), said, about=("log_template",))
            scene.take(line.start(), line.end())
        elif len(inner.split()) > 3 and not re.match(r"[\w ]{3,30}[:|=]", inner):
            scene.claim(
                "quote", line.start(), line.end(), why="nothing that was read says this", about=("log_template",)
            )
            scene.take(line.start(), line.end())


def carriers(scene: Scene, at: int, quote: str) -> tuple[str, ...]:
    """Facts whose text has the quote: of whom it is said, else of those the answer is about."""
    refs = scene.subjects(at)
    others = (
        () if any(item.end <= at and item.word not in ("i", "host") for item in scene.mentions) else scene.ground.refs
    )
    found = [
        row.id
        for ref in dict.fromkeys((*refs, *others))
        for name in CARRIERS
        for row in scene.index.facts(ref, name)
        if _has(row, quote)
    ]
    for item in scene.ground.findings:
        if squeeze(quote) in squeeze(item.summary) or squeeze(quote) == item.cause.replace("_", " "):
            found += item.evidence
    return tuple(found[:6])


def _has(row: Fact, quote: str) -> bool:
    text = (
        row.key
        if row.name == "log_template"
        else f"{row.value}"
        if row.name in ("health_output", "command", "image", "process", "start_error")
        else f"{row.key} {row.value}"
    )
    wanted = squeeze(quote)
    if len(wanted) < 3:
        return False
    own = squeeze(text)
    if wanted in own:
        return True
    return "<" in own and _slides(own, wanted)


def _slides(template: str, wanted: str) -> bool:
    """Whether the words of a quote are a stretch of the template's, a mask standing for any word."""
    own, words = [pattern_of(word) for word in template.split()], wanted.split()
    for start in range(len(own) - len(words) + 1):
        if all(own[start + number].fullmatch(word) for number, word in enumerate(words)):
            return True
    return False


@lru_cache(2048)
def squeeze(text: str) -> str:
    """Lower case, one blank, without a time stamp in front and dots behind."""
    text = re.sub(r"^\W*\d{4}-\d\d-\d\d[T ][\d:.,]+Z?\s*|^\W*\d\d:\d\d:\d\d\S*\s+", "", text.strip())
    text = text.replace("“", '"').replace("”", '"').replace("‘", "'").replace("’", "'").replace('"', "'")
    return _SPACE.sub(" ", text).strip(" .…*`").removesuffix("...").strip().lower()


@lru_cache(2048)
def pattern_of(word: str) -> re.Pattern[str]:
    """A template's masks fit anything without a blank."""
    return re.compile(r"[^\s]+".join(re.escape(part) for part in _MASK.split(word)) + r"[,.:;]?")


def _told(scene: Scene, match: re.Match[str], *, verbatim: bool) -> None:
    what, start = match["what"], match.start("what")
    if re.search(r"\b(?:has|have)\s*(?:an? |the )?$", scene.line[match.start() : start]) and not logs.speaks_of_logs(
        match[0][: start - match.start()]
    ):
        return
    if (code := re.match(r"\W*`([^`\n]+)`", scene.text[max(0, start - 1) : match.end()])) is not None:
        what = code[1]  # the quote ends where its code does
    if scene.mood(start) in ("advice", "unknowing", "question") or any(
        claim.kind == "quote" and claim.start < match.end() and claim.end > match.start() for claim in scene.claims
    ):
        return
    if not verbatim and (
        re.match(
            r"\W*(?:just |only |exactly )?(?:no|nothing|not|none|\d+|empty|zero|an? (?:total|single)|one|two|"
            r"three|four|"
            r"five|six|seven|eight|nine|ten|clean|fine|(?:un)?healthy|starting|passing|ok|unreadable|read|which|how|why|"
            r"failing|negative|positive|quiet|silent)\b",
            what,
            re.I,
        )
    ):
        return
    if said := carriers(scene, start, what.rstrip(" .,*")):
        scene.claim("quote", start, match.end(), said, about=("log_template",))
        scene.take(start, match.end())
        return
    ids = overlap(scene, start, what)
    scene.decide("quote", start, match.end(), ids, "no log line that was read says this", ("log_template",))
    if ids is None or verbatim:
        scene.take(start, match.end())


_SYNONYM = lazily(r"\b(?:missing|lacking|absent|gone|refus\w+|denied|time-?outs?|timing out|unable|cannot|settings?)\b")
_MEANS = {"missing": "found", "lacking": "found", "absent": "found", "gone": "found", "timing out": "timed",
          "timeout": "timed",
          "timeouts": "timed", "time-out": "timed", "unable": "fail", "cannot": "fail"}  # fmt: skip


def _same_word(match: re.Match[str]) -> str:
    return _MEANS.get(match[0], match[0])


def overlap(scene: Scene, at: int, what: str) -> tuple[str, ...] | None:
    """Told in other words: most of its words stand in one line."""
    words = set(re.findall(r"[a-z][\w'-]{2,}", _SYNONYM.sub(_same_word, what.lower()))) - _FILLER
    if not words:
        return ()
    told = [row for row in logs.lines_of(scene, at) if logs.share(what, row.key) >= 0.6]
    if told:
        return tuple(row.id for row in told[:2])
    if re.search(r"\b[A-Z]+_[A-Z_]+\b", what):
        return None
    best: tuple[float, str] = (0.0, "")
    for ref in scene.subjects(at):
        for name in ("log_template", "health_output", "start_error"):
            for row in scene.index.facts(ref, name):
                own = f"{row.key} {row.value}".lower()
                share = sum(word.rstrip("s")[:8] in own for word in words) / len(words)
                best = max(best, (share, row.id))
    return (best[1],) if best[0] >= 0.6 else None
