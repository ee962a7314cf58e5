"""Exit codes, signals, status codes, versions, and settings whose values are words: user, policy, drivers."""

from __future__ import annotations

import re

from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.lexicon import PROGRAM_WORD
from ergon_ops.grounding.names import NEGATED, carried
from ergon_ops.grounding.scene import Scene


def find(scene: Scene) -> None:
    _codes(scene)
    _settings(scene)
    _versions(scene)


_VERSION = lazily(
    r"\b(?:version|v|release)\s?(\d+(?:\.\d+)*[\w.-]*?)(?=[\s,;).]|$)|(?<![\w.:-])(\d+\.\d+\.\d+[\w-]*)", re.I
)

_EXIT = lazily(
    r"\b(?:(?:exit(?:ed|s|ing)?|return(?:ed)?|end(?:ed)?|die[ds]?|crash(?:ed)?|finish(?:ed)?|quit|"
    r"stopp?(?:ed)?)\s*(?:with|on|after|status)?\s*)?"
    r"(?:an? |the )?(?:non-zero |last |final |error )?(?:exit[ _-]?)?(?:code|status)(?: code)?(?: field|"
    r" value)?(?: (?:of|"
    r"for|from) (?:the )?[\w-]*[a-z][\w-]*)?\s*(?:of|is|was|were|says|shows|reads|:|=|\||,|are|"
    r"being)?\s*(?P<a>-?\d{1,3})(?!\d|\.\d|:)"
    r"|\b(?:exit(?:ed|s)?|(?<=check )returned|(?<=run )returned|"
    r"(?<=check )returns)(?: with)?\s*\(?(?P<b>\d{1,3})\)?(?!\.?\d|:\d|\s*(?:s|min|h|d|hours?|minutes?|"
    r"seconds?|"
    r"days?|times)\b)",
    re.I,
)

_HTTP = lazily(
    r"\b(?:HTTP(?:/\d(?:\.\d)?)?|(?<!exit )status|response)(?: (?:status|code|response|"
    r"error)){0,2}s?\s*:?\s*([1-5]\d\d)\b|\b(?:answer|respon|return|repli)\w+ with (?:status |code |a |"
    r"an )?([1-5]\d\d)\b|\b([45]\d\d)s? (?:errors?|responses?|status)",
    re.I,
)

_SIGNAL = lazily(r"\bSIG(?P<name>[A-Z]{2,6})\b|\bsignal (?P<number>\d{1,2})\b")

_NUMBERS = {
    "HUP": 1,
    "INT": 2,
    "QUIT": 3,
    "ILL": 4,
    "ABRT": 6,
    "BUS": 7,
    "FPE": 8,
    "KILL": 9,
    "SEGV": 11,
    "PIPE": 13,
    "ALRM": 14,
    "TERM": 15,
}

_USER = lazily(
    r"\b(?:runs?|running|run|runs my processes|executes?|started|launched|"
    r"executed) (?:\w+ )?as (?:the )?(?:user )?(?P<name>[\w-]+)|"
    r"(?<!memory )(?<!cpu )(?<!biggest )(?<!disk )(?<!ram )(?<!top )(?<!main )(?<!swap )"
    r"\buser (?:is |: ?|= ?)(?P<user>[\w-]+)",
    re.I,
)

_POLICY = lazily(
    r"restart[- ]policy\W+(?:\w+ )?(?:is|of|to|:|=|\||\()?\W*(?:set to )?(?P<name>always|unless-stopped|"
    r"on-failure|no|none|never)\b|\b(?P<back>always|unless-stopped|on-failure) (?:restart )?policy"
    r"|\bpolicy\W+(?:(?:of|is|:)\W*)?(?P<short>always|unless-stopped|on-failure|no|none)\b(?! \w+ (?:policy|limit))",
    re.I,
)

_DEFAULT_USER = lazily(r"\b(?:the image's|its|my|the) default user\b", re.I)
_DRIVER = lazily(r"\b(?:log(?:ging)? driver|network mode)\W+(?:is |: ?|= ?)?(?P<name>[\w-]+)", re.I)


def _codes(scene: Scene) -> None:
    for match in _HTTP.finditer(scene.free):
        carried(scene, match, "status code", match[1] or match[2] or match[3], about="log_template")
    for match in _EXIT.finditer(scene.free):
        code = match["a"] or match["b"]
        if re.search(r"\b(?:http|response)\W*$", scene.line[max(0, match.start() - 12) : match.start()], re.I):
            continue
        health = re.search(r"health|check\b|probe|output", scene.line, re.I)
        if re.match(r"\s*(?:ms|s|secs?|seconds?|min\w*|h|hours?|days?)\b", scene.line[match.end() :]):
            continue  # `a status of healthy 22 min ago`
        refs = scene.subjects(match.start())
        names = ("health_exit_code", "exit_code") if health else ("exit_code",)
        rows = [row for ref in refs for name in names for row in scene.index.facts(ref, name) if row.value == int(code)]
        if re.match(r"an? ", match[0], re.I) and not rows:  # of exit codes as such
            known = dict.fromkeys(scene.ground.names.values())
            rows = [row for ref in known for row in scene.index.facts(ref, "exit_code") if row.value == int(code)]
        rows += [
            row
            for ref in refs
            for row in scene.index.facts(ref, "event")
            if re.search(rf"exit_code\W?{code}\b", str(row.value))
        ]
        ids = tuple(row.id for row in rows) or None
        if ids is None and scene.mood(match.start()) == "advice":
            continue
        scene.decide("exit code", match.start(), match.end(), ids, f"{code} is no exit code that was read", names)
        scene.take(match.start(), match.end())
    for match in _SIGNAL.finditer(scene.free):
        number = int(match["number"]) if match["number"] else _NUMBERS.get(match["name"], -1)
        refs = scene.subjects(match.start())
        rows = [row for ref in refs for row in scene.index.facts(ref, "exit_code") if row.value == 128 + number]
        rows += [
            row
            for ref in refs
            for row in scene.index.facts(ref, "event")
            if re.search(rf"\bkill\b.*\b{number}\b", str(row.value))
        ]
        scene.decide(
            "signal",
            match.start(),
            match.end(),
            tuple(row.id for row in rows) or None,
            f"{match[0]} is no signal that was read",
            ("exit_code", "event"),
        )
        scene.take(match.start(), match.end())


def _settings(scene: Scene) -> None:
    """Values of settings that are words: the user, the restart policy, drivers."""
    for match in _DEFAULT_USER.finditer(scene.free):
        rows = [row for ref in scene.subjects(match.start()) for row in scene.index.facts(ref, "user")]
        unset = tuple(row.id for row in rows if not row.value)
        scene.decide("setting", match.start(), match.end(), unset or None, "a user is set", ("user",))
    for pattern, name in ((_USER, "user"), (_POLICY, "restart_policy"), (_DRIVER, "")):
        for match in pattern.finditer(scene.free):
            said = next(item for item in match.groups() if item).lower()
            fact = name or ("network_mode" if "network" in match[0].lower() else "log_driver")
            if scene.mood(match.start()) == "advice" or said in (
                "a",
                "an",
                "the",
                "well",
                "image",
                "default",
                "expected",
                "its",
                "my",
                "follows",
                "set",
                "defined",
                "configured",
                "not",
                "given",
            ):
                continue
            refs = scene.subjects(match.start())
            rows = [row for ref in refs for row in scene.index.facts(ref, fact)]
            negative = NEGATED.search(match[0].lower().replace(said, "")) or re.search(
                r"\bnot (?:\w+ )?$", scene.line[: match.start("name") if match["name"] else match.end()], re.I
            )
            good = [row for row in rows if _same(said, row.value, fact) is not bool(negative)]
            scene.decide(
                "setting",
                match.start(),
                match.end(),
                tuple(row.id for row in good) or None,
                f"{fact} is not {said}",
                (fact,),
            )


def _same(said: str, value: object, fact: str) -> bool:
    if fact == "user":
        return said == str(value or "root").split(":")[0].lower() or (said == "root" and value in ("0", None, ""))
    if fact == "restart_policy" and said in ("no", "none", "never"):
        return value in ("no", "", None)
    return said == str(value).lower()


def _versions(scene: Scene) -> None:
    for match in _VERSION.finditer(scene.free):
        word = (match[1] or match[2]).rstrip(".")
        carried(scene, match, "version", word, about="image")
    for match in PROGRAM_WORD.finditer(scene.free):
        behind = re.match(
            r"\s+(\d+(?:\.\d+)+|\d{1,2})(?=\s*(?:[,.;)]|$|is|container|image|database|server|running|and|on port))",
            scene.free[match.end() :],
        )
        if behind is None:
            continue
        refs = scene.subjects(match.start())
        rows = [
            row
            for ref in refs
            for row in scene.index.facts(ref, "image")
            if re.search(rf":v?{re.escape(behind[1])}\b", str(row.value))
        ]
        start = match.end() + behind.start(1)
        scene.decide(
            "version",
            start,
            match.end() + behind.end(1),
            tuple(row.id for row in rows) or None,
            f"version {behind[1]} was not read",
            ("image",),
        )
        scene.take(start, match.end() + behind.end(1))
