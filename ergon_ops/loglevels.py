"""How bad a log line says it is: debug, info, warning, error, fatal, or nothing said.

Looks for the places where programs put a level (JSON and logfmt keys, brackets, the first words, klog's letter,
nginx, postgres, redis, access logs), not for words anywhere: "0 errors" and "error handling enabled" are no errors.
"""

from __future__ import annotations

import re
from typing import Literal

Level = Literal["", "debug", "info", "warning", "error", "fatal"]
ORDER: dict[str, int] = {"": 1, "debug": 0, "info": 1, "warning": 2, "error": 3, "fatal": 4}
LOOK = 2_000
HEAD = 160

WORDS: dict[str, Level] = {
    "trace": "debug", "debug": "debug", "dbg": "debug", "verbose": "debug", "fine": "debug",
    "info": "info", "notice": "info", "log": "info", "information": "info", "inf": "info", "hint": "info",
    "detail": "info", "statement": "info", "note": "info", "system": "info",
    "warn": "warning", "warning": "warning", "wrn": "warning",
    "error": "error", "err": "error", "severe": "error", "alert": "fatal", "crit": "fatal", "critical": "fatal",
    "fatal": "fatal", "panic": "fatal", "emerg": "fatal", "emergency": "fatal", "ftl": "fatal",
}  # fmt: skip
NUMBERED: dict[int, Level] = {10: "debug", 20: "debug", 30: "info", 40: "warning", 50: "error", 60: "fatal"}

_NAMES = "|".join(sorted(WORDS, key=len, reverse=True))
_JSON = re.compile(r'"(?:level|severity|lvl|log\.level|levelname|loglevel|s)"\s{0,3}:\s{0,3}"?([A-Za-z]+|\d+)"?', re.I)
_LOGFMT = re.compile(r"(?:^|[\s,])(?:level|lvl|severity|loglevel)\s{0,2}=\s{0,2}\"?([A-Za-z]+)", re.I)
_BRACKET = re.compile(rf"(?:\[|<|\||\()\s{{0,3}}(?:[a-z_\d]{{1,20}}:)?({_NAMES})\s{{0,3}}(?:\]|>|\||\))", re.I)
_KLOG = re.compile(r"^([IWEFD])\d{4} \d\d:\d\d:\d\d")
_REDIS = re.compile(r"^\d+:[XCSM] \d.{5,40}? ([.\-*#]) ")
_ACCESS = re.compile(r'"(?:[A-Z]{3,10}) [^"]*" (\d{3}) |\bHTTP/[\d.]+" (\d{3})\b')
_TOKEN = re.compile(r"[^\s\[\]()|]+")
_STAMP = re.compile(r"[\d:.,+\-/TZ#*]+|UTC|GMT|[A-Z][a-z]{2},?")
_UPPER = re.compile(r"(?:^|[\s\-|:])(ERROR|FATAL|CRITICAL|PANIC|WARNING|WARN|SEVERE|INFO|DEBUG|TRACE)(?=[\s:\]|\-]|$)")
_COUNTED = re.compile(r"\b(?:0|no|zero|without)\s+(?:errors?|warnings?|fatals?|panics?)\b", re.I)
_PROSE = re.compile(
    r"^\s*(?:error|err|warning|panic|fatal)s?[\s-]+(?:handl|report|recover|log|page|count|rate|budget|level|track|"
    r"correct|free|messages?\b)",
    re.I,
)
# Redis calls its start-up greetings warnings too.
_REDIS_TROUBLE = re.compile(
    r"warn|error|fail|can't|cannot|could not|denied|unable|refused|lost|corrupt|oom|kill|bad |unexpected|abort|misconf",
    re.I,
)
_EXCEPTION = re.compile(
    r"^(?:[a-z_][\w]*\.)*[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Failure|Fault|Panic|Timeout)(?:: |$|\b: )"
    r"|^(?:Exception in thread|Traceback \(most recent call last\)|Caused by: |panic: |fatal error: |goroutine \d+ \["
    r"|thread '.*' panicked at |Uncaught |Unhandled |npm ERR!|Segmentation fault|exec format error|exec /)",
)
_FAILED = re.compile(
    r"heap out of memory|Reached heap limit|Out of memory: Kill|command not allowed when used memory|^MISCONF|"
    r"No space left on device|standard_init_linux|\bcore dumped\b|\bOOMKilled\b|: (?:command )?not found$|"
    r"^Killed$|cannot open shared object file|\bEADDRINUSE\b|Address already in use",
)


def level_of(text: str) -> Level:
    """The level of one line; empty where it states none."""
    line = text[:LOOK]
    stripped = line.lstrip()
    if stripped.startswith("{") and (found := _JSON.search(line)):
        return _named(found[1])
    if found := _KLOG.match(line):
        return _letter(found[1])
    if found := _REDIS.match(line):
        return "info" if found[1] == "#" and not _REDIS_TROUBLE.search(line) else _letter(found[1])
    for pattern in (_LOGFMT, _BRACKET):
        if found := pattern.search(line):
            return _named(found[1])
    if found := _ACCESS.search(line):
        return _status(int(found[1] or found[2]))
    return _spoken(line)


def _spoken(line: str) -> Level:
    """From the words of a line without a marked level."""
    if _EXCEPTION.match(line.lstrip()):
        return "error"
    if not _PROSE.match(line) and not _COUNTED.search(line):
        if level := _first_word(line):
            return level
        if found := _UPPER.search(line):
            return _named(found[1])
    return "error" if _FAILED.search(line) else ""


def _first_word(line: str) -> Level:
    """A level among the first words, behind stamps and one program's name: `Error: x`, `cron: WARNING x`.

    `error x` and `Log opened` are prose: a small word counts only with a colon behind it.
    """
    named = False
    for found in _TOKEN.finditer(line, 0, HEAD):
        token = found[0]
        word = token.rstrip(":,")
        level = WORDS.get(word.lower())
        if level and (word.isupper() or token != word or line[found.end() : found.end() + 2] in ("  ", "]:")):
            return level
        if _STAMP.fullmatch(token) or not any(letter.isalnum() for letter in token):
            continue
        if named or not token.endswith(":"):
            return ""
        named = True
    return ""


def _named(word: str) -> Level:
    if word.isdigit():
        return NUMBERED.get(int(word) // 10 * 10, "")
    return WORDS.get(word.lower()) or _letter(word.upper())


def _letter(letter: str) -> Level:
    match letter:
        case "D" | "." | "T":
            return "debug"
        case "I" | "-" | "*" | "N":
            return "info"
        case "W" | "#":
            return "warning"
        case "E":
            return "error"
        case "F" | "C":
            return "fatal"
    return ""


def _status(status: int) -> Level:
    if status >= 500:
        return "error"
    return "warning" if status >= 400 else "info"


def at_least(level: str, wanted: str) -> bool:
    """`wanted` may be any spelling (`warn`, `crit`); a line without a level counts as info."""
    floor = WORDS.get(wanted.lower(), wanted.lower())
    return ORDER.get(level, 1) >= ORDER.get(floor, 1)
