"""What people wrote for containers already: Dockerfiles and Procfiles. Read, never replaced."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from types import MappingProxyType

from ergon_ops.dataclass import dataclass
from ergon_ops.packaging.analysis.evidence import Evidence, Service
from ergon_ops.packaging.analysis.said import PORT
from ergon_ops.packaging.analysis.tree import Tree, aside, inside, shown
from ergon_ops.packaging.writing import WRITTEN


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """The last stage's words. `run` is what a container of it runs: entrypoint and command. `copied` are the places in
    the context that it copies from, of all its stages; `sets` are ports that its environment names."""

    path: str
    base: str
    run: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    lines: Mapping[str, Evidence] = field(default_factory=dict)
    copied: tuple[str, ...] = ()
    sets: tuple[tuple[str, int, Evidence], ...] = ()


NAMED = re.compile(
    r"(?:[\w-]+\.)?[Dd]ockerfile(?:\.(?!(?:py|pyi|js|ts|tsx|go|rs|rb|java|md|txt|tmpl|j2|json|ya?ml|dockerignore)$)[\w-]+)*"
    r"|Containerfile"
)
FOR_WORK = re.compile(r"(?i)dev|debug|test|local|ci\b")


def dockerfiles(tree: Tree, composed: Sequence[Service] = ()) -> dict[str, Dockerfile]:
    """By folder: the one a Compose file names, `Dockerfile`, else the first `*.Dockerfile` or `Dockerfile.*` there that
    is not for working on it. A folder that has none of what is copied is not what is built."""
    found: dict[str, Dockerfile] = {}
    said = {inside(one.context, one.dockerfile): one for one in reversed(composed) if one.dockerfile and one.context}
    for folder in tree.folders():
        names = [name for name in tree.names(folder) if NAMED.fullmatch(name)]
        # One of ours was written from these very conclusions: it proves none of them.
        names = [name for name in names if not tree.text(inside(folder, name)).startswith(WRITTEN)]
        if not names or aside(folder):
            continue
        named = sorted(
            names,
            key=lambda name: (inside(folder, name) not in said, name != "Dockerfile", bool(FOR_WORK.search(name))),
        )
        path = inside(folder, named[0])
        own = said.get(path) or next((one for one in composed if one.path == folder and not one.dockerfile), None)
        image = dockerfile(tree, path, dict(own.arguments) if own else {})
        built = said[path].path if path in said else None
        found.setdefault(built or _context(tree, folder, image), image)
    return found


def _context(tree: Tree, folder: str, image: Dockerfile) -> str:
    """Where the files are that it copies: its own folder, else the nearest one above."""
    here = folder
    while image.copied:
        if any(one == "." or _there(tree, inside(here, one)) for one in image.copied):
            return here
        if here == ".":
            break
        here = here.rpartition("/")[0] or "."
    return folder


def _there(tree: Tree, path: str) -> bool:
    """A file, a folder with files, or files of a pattern."""
    start = re.split(r"[*?\[]", path, maxsplit=1)[0]
    whole = start == path
    return any(one == path or one.startswith(f"{path}/" if whole else start) for one in tree.files)


def _filled(text: str, values: Mapping[str, str]) -> str:
    """`$PORT`, `${PORT}`, `${PORT:-8000}` by ARG and ENV; what they do not name stays."""

    def value(match: re.Match[str]) -> str:
        return values.get(match[1] or match[3]) or match[2] or match[0]

    return re.sub(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))", value, text)


def _pairs(word: str, rest: str) -> Iterator[tuple[str, str]]:
    """Names and values of ARG and ENV, in either of ENV's forms."""
    try:
        words = shlex.split(rest)
    except ValueError:
        return
    if word == "ENV" and len(words) > 1 and "=" not in words[0]:
        yield words[0], " ".join(words[1:])
        return
    for item in words:
        name, given, value = item.partition("=")
        if given:
            yield name, value


def dockerfile(tree: Tree, path: str, arguments: Mapping[str, str] = MappingProxyType({})) -> Dockerfile:
    """`arguments` are what a Compose file gives its ARGs."""
    base = ""
    values: dict[str, str] = {}
    copied: list[str] = []
    ports: list[int] = []
    entry: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    lines: dict[str, Evidence] = {}
    sets: list[tuple[str, int, Evidence]] = []
    for number, word, rest in instructions(tree.text(path)):
        evidence = Evidence(path, number, shown(f"{word} {rest}"))
        rest = _filled(rest, values) if "$" in rest else rest
        match word:
            case "ARG" | "ENV":
                values |= {
                    name: arguments.get(name, value) if word == "ARG" else value for name, value in _pairs(word, rest)
                }
                sets += _ports_set(word, rest, evidence)
            case "COPY" | "ADD" if "--from" not in rest:
                copied += [item.removeprefix("./").rstrip("/") or "." for item in _origins(rest)]
            case "FROM":
                ports, entry, command, lines, sets = [], (), (), {"FROM": evidence}, []
                words = [item for item in rest.split() if not item.startswith("--")]
                base = words[0] if words else ""
            case "EXPOSE":
                ports += [int(item) for item in re.findall(r"(?<![\w$])(\d{1,5})(?=/|\s|$)", rest)]
                lines.setdefault("EXPOSE", evidence)
            case "ENTRYPOINT":
                entry, lines["RUN"] = words_of(rest), evidence
            case "CMD":
                command, lines["RUN"] = words_of(rest), evidence
    if not base:
        tree.fault(path, "has no FROM", 1)
    if not ports and "RUN" in lines and (said := PORT.search(" ".join((*entry, *command)))):
        ports, lines["EXPOSE"] = [int(said[1])], lines["RUN"]
    return Dockerfile(path, base, (*entry, *command), tuple(ports), lines, tuple(copied), tuple(sets))


def _ports_set(word: str, rest: str, evidence: Evidence) -> Iterator[tuple[str, int, Evidence]]:
    for name, value in _pairs(word, rest) if word == "ENV" else ():
        if name.upper().endswith("PORT") and re.fullmatch(r"\d{2,5}", value):
            yield name, int(value), evidence


def _origins(rest: str) -> list[str]:
    words = [item for item in rest.split() if not item.startswith("--")]
    if words and words[0].startswith("["):
        words = list(words_of(rest[rest.index("[") :]))
    return [word for word in words[:-1] if not word.startswith(("http:", "https:", "git@", "/"))]


def instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Line, instruction and the rest, continued lines joined."""
    start, kept = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#") or (not line.strip() and not kept):
            continue
        start = start or number
        if line.rstrip().endswith("\\"):
            kept += line.rstrip()[:-1] + " "
            continue
        word, _, rest = (kept + line).strip().partition(" ")
        yield start, word.upper(), rest.strip()
        start, kept = 0, ""


def words_of(text: str) -> tuple[str, ...]:
    """Exec form, or a line for a shell."""
    if text.startswith("["):
        try:
            found = json.loads(text)
            return tuple(map(str, found)) if isinstance(found, list) else ()
        except ValueError:
            return ()
    try:
        return tuple(shlex.split(text)) if not re.search(r"[|&;<>$`]", text) else ("sh", "-c", text)
    except ValueError:
        return ("sh", "-c", text)


def procfile(tree: Tree, folder: str) -> tuple[tuple[str, ...], Evidence] | None:
    """The `web` line; without one, the first by name: never one by chance."""
    rows = processes(tree, folder)
    if not rows:
        return None
    return rows.get("web") or rows[min(rows)]


def processes(tree: Tree, folder: str) -> dict[str, tuple[tuple[str, ...], Evidence]]:
    """The lines of a Procfile by their names."""
    path = inside(folder, "Procfile")
    rows = {}
    for number, line in enumerate(tree.text(path).splitlines(), 1):
        if match := re.match(r"\s*([\w-]+)\s*:\s*(.+)", line):
            rows[match[1]] = (words_of(match[2].strip()), Evidence(path, number, shown(line)))
    return rows
