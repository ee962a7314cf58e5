"""A Python file by its words: for the many that only read the environment, answer to a path, or can be run.

Words are looked for first and forms only around them: a pattern over whole files takes longer than reading them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.packaging.analysis.evidence import Evidence
from ergon_ops.packaging.analysis.sources import Read, Source
from ergon_ops.packaging.analysis.tree import shown

# `environ["X"] = …` sets it.
READ = re.compile(r"""environ\[\s*['"](\w+)['"]\s*\](?!\s*=[^=])|(?:environ\.get|getenv)\(\s*['"](\w+)['"]""")
# `env` of django-environ and environs, which another file may have made.
ASKED = re.compile(r"""env(?:\.\w+)?\(\s*['"]([A-Z][A-Z0-9_]*)['"]([^)\n]*)""")
MAIN = re.compile(r"if\s+(?:__name__\s*==\s*['\"]__main__['\"]|['\"]__main__['\"]\s*==\s*__name__)\s*:")
ROUTE = re.compile(r"@(\w+)\.(?:get|route|api_route)\(\s*['\"]([^'\"\n]*)['\"]([^\n]*)")
ROUTER = re.compile(r"[ \t]*(\w+)\s*(?::\s*\w+\s*)?=\s*(?:\w+\.)*(?:APIRouter|Blueprint|Router)\(([^)]*)\)")
PREFIX = re.compile(r"(?:url_)?prefix\s*=\s*(?:['\"]([^'\"]*)['\"])?")


def skimmed(path: str, text: str) -> Source:
    source = Source(path)
    for word in ("environ", "getenv"):
        for at in places(text, word):
            if (match := READ.match(text, at)) and _spoken(text, at):
                source.read(Read(match[1] or match[2], bool(match[1]), _line(text, at)))
    for word in ("env(", "env."):
        for at in places(text, word):
            if (match := ASKED.match(text, at)) and not text[at - 1 : at].strip(" \t\n=([,:") and _spoken(text, at):
                source.read(Read(match[1], "," not in match[2] and "default" not in match[2], _line(text, at)))
    for at in places(text, "__main__"):
        start = text.rfind("\n", 0, at) + 1
        if MAIN.match(text, start):
            source.main = Evidence(path, _line(text, at), shown(text[start:].split("\n", 1)[0]))
    if "@" in text and (".get(" in text or "route(" in text):
        _routes(source, text)
    return source


def _routes(source: Source, text: str) -> None:
    for at in places(text, "@"):
        found = ROUTE.match(text, at)
        if found and ("methods" not in found[3] or re.search(r"['\"]GET['\"]", found[3])) and _spoken(text, at):
            source.routes.append((found[1], found[2]))
    if source.routes:
        for word in ("Router(", "Blueprint("):
            for at in places(text, word):
                if router := ROUTER.match(text, text.rfind("\n", 0, at) + 1):
                    source.routers[router[1]] = prefix_of(router[2])


def prefix_of(arguments: str) -> str | None:
    """'' where none is given; None where it is no literal."""
    found = PREFIX.search(arguments)
    return found[1] if found else ""


def places(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _spoken(text: str, at: int) -> bool:
    """Code: neither behind a `#` of its line, nor in a text of several lines."""
    if "#" in text[text.rfind("\n", 0, at) + 1 : at]:
        return False
    return not (text.count('"""', 0, at) % 2 or text.count("'''", 0, at) % 2)
