"""Which files of a context stay out, as a .dockerignore has it: `**/x` anywhere, `x` at the root with all that is
below, `!x` takes it back, the last line that fits counts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ergon_ops.errors import UsageError

FILE = ".dockerignore"


class Ignore:
    """Patterns, compiled once. Without exceptions, which is the rule, one expression answers for all of them."""

    def __init__(self, patterns: Iterable[str]) -> None:
        rows = [(line.startswith("!"), _cleaned(line.removeprefix("!"))) for line in patterns if _says(line)]
        self._rows = [(back, re.compile(f"{_expression(text)}(?:/.*)?", re.DOTALL)) for back, text in rows if text]
        self.exceptions = any(back for back, _ in self._rows)
        whole = "|".join(f"(?:{_expression(text)})" for _, text in rows if text)
        self._all = re.compile(f"(?:{whole})(?:/.*)?", re.DOTALL) if whole else None

    def __call__(self, path: str) -> bool:
        """Whether a file or folder, relative to the context, stays out."""
        if not self.exceptions:
            return self._all is not None and self._all.fullmatch(path) is not None
        verdict = False
        for back, pattern in self._rows:
            if pattern.fullmatch(path):
                verdict = not back
        return verdict


def own_patterns(context: Path) -> tuple[str, ...]:
    """The lines of the project's own .dockerignore. Raises UsageError for one that cannot be read."""
    try:
        return tuple((context / FILE).read_text("utf-8-sig").splitlines())
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{context / FILE} cannot be read: {error}", next="save it as readable UTF-8") from error


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _cleaned(line: str) -> str:
    parts = [part for part in line.strip().split("/") if part not in ("", ".")]
    return "/".join(parts)


def _expression(pattern: str) -> str:
    """As Docker matches: `*` and `?` stay within one name, `**` goes through folders."""
    made, rest = "", pattern
    while rest:
        if rest.startswith("**/"):
            made, rest = made + "(?:.*/)?", rest[3:]
        elif rest.startswith("**"):
            made, rest = made + ".*", rest[2:]
        elif rest[0] == "*":
            made, rest = made + "[^/]*", rest[1:]
        elif rest[0] == "?":
            made, rest = made + "[^/]", rest[1:]
        elif group := re.match(r"\[(\^?)([^\]/]+)\]", rest):
            inner = group[2].replace("\\", "\\\\")
            made, rest = made + f"[{group[1]}{inner}]", rest[group.end() :]
        else:
            made, rest = made + re.escape(rest[0]), rest[1:]
    return made
