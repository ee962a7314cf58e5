"""nginx's configuration language: directives with words and blocks, includes followed where they stand.

Words, quotes and comments as in `ngx_conf_read_token` of nginx's src/core/ngx_conf_file.c. A file with a mistake in it
gives what could be read.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import field

from ergon_ops.dataclass import dataclass

TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)|(?P<mark>[{};])|"(?P<double>(?:\\.|[^"\\])*)"|'(?P<single>(?:\\.|[^'\\])*)'"""
    r"""|(?P<word>(?:\\.|\$\{[^}]*\}|[^\s{};\\])+)""",
    re.S,
)
MOST_FILES, DEEPEST = 60, 20
Read = Callable[[str], Awaitable[bytes | None]]
Names = Callable[[str], Awaitable[Sequence[str]]]


@dataclass(slots=True)
class Directive:
    """`upstream api { … }` is name, one argument and a body; `file` is where it stands."""

    name: str
    arguments: tuple[str, ...]
    file: str
    body: list[Directive] = field(default_factory=list)

    @property
    def first(self) -> str:
        return self.arguments[0] if self.arguments else ""

    def each(self, *names: str) -> Iterator[Directive]:
        """Every directive of these names below this one, however deep."""
        for item in self.body:
            if item.name in names:
                yield item
            yield from item.each(*names)


async def load(path: str, read: Read, names: Names) -> Directive | None:
    """The whole configuration below one root directive; None if the file cannot be read."""
    text = await read(path)
    if text is None:
        return None
    root = Directive("", (), path, parse(text.decode("utf-8", "replace"), path))
    await _include(root, posixpath.dirname(path), read, names, [MOST_FILES])
    return root


async def _include(parent: Directive, folder: str, read: Read, names: Names, left: list[int]) -> None:
    """Every `include` replaced by what the files hold; relative names start at the main file's folder."""
    whole: list[Directive] = []
    todo = list(reversed(parent.body))
    while todo:
        item = todo.pop()
        if item.name != "include":
            whole.append(item)
            if item.body:
                await _include(item, folder, read, names, left)
            continue
        for file in await _matching(posixpath.join(folder, item.first), names):
            left[0] -= 1
            text = await read(file) if left[0] >= 0 else None
            if text is not None:
                todo += reversed(parse(text.decode("utf-8", "replace"), file))
    parent.body[:] = whole


async def _matching(pattern: str, names: Names) -> list[str]:
    folder, name = posixpath.split(posixpath.normpath(pattern))
    if not any(letter in name for letter in "*?["):
        return [posixpath.join(folder, name)]
    return [posixpath.join(folder, item) for item in await names(folder) if fnmatch.fnmatchcase(item, name)]


def parse(text: str, file: str = "") -> list[Directive]:
    top: list[Directive] = []
    blocks = [top]
    words: list[str] = []
    at = 0
    while at < len(text) and (found := TOKEN.match(text, at)):
        at = found.end()
        mark = found["mark"]
        if mark is None:
            if found["space"] is None:
                words.append(_word(found))
            continue
        if words:
            blocks[-1].append(Directive(words[0], tuple(words[1:]), file))
        if mark == "{" and words and len(blocks) < DEEPEST:
            blocks.append(blocks[-1][-1].body)
        elif mark == "}" and len(blocks) > 1:
            blocks.pop()
        words = []
    return top


def _word(found: re.Match[str]) -> str:
    quoted = found["double"] if found["double"] is not None else found["single"]
    return re.sub(r"\\([\"' \\])", r"\1", found["word"] if quoted is None else quoted)


def seconds(text: str) -> float | None:
    """`60`, `60s`, `1m30s`, `500ms` (nginx.org/en/docs/syntax.html); None for anything else."""
    if not text or not re.fullmatch(r"(\d+(ms|[smhdwMy])?\s*)+", text):
        return None
    units = {"ms": 0.001, "s": 1, "": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2592000, "y": 31536000}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)(ms|[smhdwMy]?)", text))
