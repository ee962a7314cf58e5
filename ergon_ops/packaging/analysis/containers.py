"""What people wrote for containers already: Dockerfiles and Procfiles. Read, never replaced."""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from types import MappingProxyType

from ergon_ops.dataclass import dataclass
from ergon_ops.packaging.analysis.evidence import Evidence, Service
from ergon_ops.packaging.analysis.said import PORT
from ergon_ops.packaging.analysis.tree import Tree, aside, inside, shown
from ergon_ops.packaging.writing import by_us


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """The last stage's words. `run` is what a container of it runs: entrypoint and command. `copied` are the places in
    the context that it copies from, of all its stages, `placed` the same with where each goes; `sets` are ports that
    its environment names, `values` all of it; `entry` and `command` are as written, `folder` is where they are run."""

    path: str
    base: str
    run: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    lines: Mapping[str, Evidence] = field(default_factory=dict)
    copied: tuple[str, ...] = ()
    sets: tuple[tuple[str, int, Evidence], ...] = ()
    entry: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    folder: str = ""
    placed: tuple[tuple[tuple[str, ...], str], ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)


NAMED = re.compile(
    r"(?:[\w-]+\.)?[Dd]ockerfile(?:\.(?!(?:py|pyi|js|ts|tsx|go|rs|rb|java|md|txt|tmpl|j2|json|ya?ml|dockerignore)$)[\w-]+)*"
    r"|Containerfile"
)
OF_WORKERS = re.compile(r"/\.(?:devcontainer|github|gitlab|circleci|ci|buildkite|gitpod|vscode)\b")
FOR_WORK = re.compile(r"(?i)dev|debug|test|local|ci\b")


def dockerfiles(tree: Tree, composed: Sequence[Service] = ()) -> dict[str, Dockerfile]:
    """By folder: the one a Compose file names, `Dockerfile`, else the first `*.Dockerfile` or `Dockerfile.*` there that
    is not for working on it. A folder that has none of what is copied is not what is built."""
    found: dict[str, Dockerfile] = {}
    said = {inside(one.context, one.dockerfile): one for one in reversed(composed) if one.dockerfile and one.context}
    for folder in sorted(tree.folders(), key=lambda one: bool(FOR_WORK.search(one))):
        names = [name for name in tree.names(folder) if NAMED.fullmatch(name)]
        # One of ours was written from these very conclusions: it proves none of them.
        names = [name for name in names if not by_us(tree.text(inside(folder, name)))]
        if not names or aside(folder) or OF_WORKERS.search(f"/{folder}"):
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
    for path, one in said.items():  # several in one folder, each of another program
        if one.path and one.path not in (*found, path.rpartition("/")[0]) and tree.has(path):
            found[one.path] = dockerfile(tree, path, dict(one.arguments))
    return found


def _context(tree: Tree, folder: str, image: Dockerfile) -> str:
    """Where the files are that it copies: its own folder, else the nearest one above."""
    here = folder
    named = [one for one in image.copied if one != "."]
    while named:
        if any(there(tree, here, one) for one in named):
            return here
        if here == ".":
            break
        here = here.rpartition("/")[0] or "."
    return folder


def there(tree: Tree, folder: str, name: str) -> bool:
    """A file of the folder, a folder with files, or files of a pattern."""
    path = folder if name == "." else inside(folder, name)
    if path == ".":
        return bool(tree.files)
    start = re.split(r"[*?\[]", path, maxsplit=1)[0]
    whole = start == path
    return any(one == path or one.startswith(f"{path}/" if whole else start) for one in tree.files)


def filled(text: str, values: Mapping[str, str]) -> str:
    """`$PORT`, `${PORT}`, `${PORT:-8000}` by ARG and ENV or what a script sets; what they do not name stays."""

    def value(match: re.Match[str]) -> str:
        return values.get(match[1] or match[3]) or match[2] or match[0]

    for _ in range(3):
        before = text
        text = re.sub(r"\$(?:\{(\w+)(?::?[-=]([^}]*))?\}|(\w+))", value, text)
        if text == before:
            break
    return text


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


class _Stage:
    """What is known of one stage while its lines are read; the next may be built on it."""

    def __init__(self, base: str, evidence: Evidence, below: _Stage | None) -> None:
        self.base: str = below.base if below else base
        self.folder: str = below.folder if below else ""
        self.ports: list[int] = list(below.ports) if below else []
        self.entry: str = below.entry if below else ""
        self.command: str = below.command if below else ""
        self.lines: dict[str, Evidence] = {**(below.lines if below else {}), "FROM": evidence}
        self.sets: list[tuple[str, int, Evidence]] = list(below.sets) if below else []

    def takes(self, word: str, rest: str, said: str, evidence: Evidence) -> None:
        """`rest` with its variables filled in, `said` as it is written."""
        match word:
            case "WORKDIR":
                self.folder = posixpath.normpath(posixpath.join(self.folder or "/", rest.strip("\"'")))
            case "EXPOSE":
                self.ports += [int(item) for item in re.findall(r"(?<![\w$])(\d{1,5})(?=/|\s|$)", rest)]
                self.lines.setdefault("EXPOSE", evidence)
            case "ENTRYPOINT":
                self.entry, self.lines["RUN"] = said, evidence
            case "CMD":
                self.command, self.lines["RUN"] = said, evidence
            case "ENV":
                self.sets += _ports_set(rest, evidence)


def dockerfile(tree: Tree, path: str, arguments: Mapping[str, str] = MappingProxyType({})) -> Dockerfile:
    """`arguments` are what a Compose file gives its ARGs."""
    stage = _Stage("", Evidence(path), None)
    stages: dict[str, _Stage] = {}
    values: dict[str, str] = {}
    copied: list[str] = []
    placed: list[tuple[tuple[str, ...], str]] = []
    for number, word, said in instructions(tree.text(path)):
        evidence = Evidence(path, number, shown(f"{word} {said}"))
        rest = filled(said, values) if "$" in said else said
        match word:
            case "ARG" | "ENV":
                pairs = _pairs(word, rest)
                values |= {name: arguments.get(name, value) if word == "ARG" else value for name, value in pairs}
            case "COPY" | "ADD" if rest and "--from" not in rest:
                origins = tuple(item.removeprefix("./").rstrip("/") or "." for item in _origins(rest))
                copied += origins
                target = posixpath.join(stage.folder or "/", rest.split()[-1].strip('"]'))
                placed.append((origins, posixpath.normpath(target)))
            case "FROM":
                words = [item for item in rest.split() if not item.startswith("--")]
                stage = _Stage(words[0] if words else "", evidence, stages.get(words[0]) if words else None)
                if len(words) == 3:
                    stages[words[2]] = stage
        stage.takes(word, rest, said, evidence)
    if not stage.base:
        tree.fault(path, "has no FROM", 1)
    entry, command = words_of(filled(stage.entry, values)), words_of(filled(stage.command, values))
    lines, ports = stage.lines, stage.ports or _of_server(tree, path, stage, copied)
    if not ports and "RUN" in lines and (told := PORT.search(" ".join((*entry, *command)))):
        ports, lines["EXPOSE"] = [int(told[1])], lines["RUN"]
    return Dockerfile(
        path, stage.base, (*entry, *command), tuple(ports), lines, tuple(copied), tuple(stage.sets),
        words_of(stage.entry), words_of(stage.command), stage.folder, tuple(placed), values,
    )  # fmt: skip


# Images that serve pages: their files of settings, and where those have them listen; the first port without TLS.
SERVERS = (
    ("nginx", ".conf", re.compile(r"(?:^|[{;\s])listen\s+(?:[\w.:\[\]]+:)?(\d{2,5})\b(?!.*\bssl\b)")),
    ("caddy", "Caddyfile", re.compile(r"^\s*(?:http://)?[\w.*-]*:(\d{2,5})\s*\{")),
    ("httpd", ".conf", re.compile(r"^\s*Listen\s+(?:[\w.:\[\]]+:)?(\d{2,5})\b")),
)


def _of_server(tree: Tree, path: str, stage: _Stage, copied: Sequence[str]) -> list[int]:
    """Where its own settings have it listen."""
    kind = next((row for row in SERVERS if re.search(rf"(?:^|/){row[0]}", stage.base)), None)
    if kind is None:
        return []
    bases = [path.rpartition("/")[0] or "."]
    while bases[-1] != ".":
        bases.append(bases[-1].rpartition("/")[0] or ".")
    for one in (inside(base, name) for name in copied for base in bases):
        for number, line in enumerate(tree.text(one).splitlines(), 1) if kind[1] in one else ():
            if match := kind[2].search(line):
                stage.lines["EXPOSE"] = Evidence(one, number, shown(line))
                return [int(match[1])]
    stage.lines.setdefault("EXPOSE", stage.lines["FROM"])
    return [8080] if "unprivileged" in stage.base else []


def _ports_set(rest: str, evidence: Evidence) -> Iterator[tuple[str, int, Evidence]]:
    for name, value in _pairs("ENV", rest):
        if name == "ASPNETCORE_URLS" and (found := re.search(r":(\d{2,5})\b", value)):
            yield name, int(found[1]), evidence
        if name.upper().endswith(("PORT", "HTTP_PORTS")) and re.fullmatch(r"\d{2,5}", value):
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
    if not text:
        return ()
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
        match = re.match(r"\s*([\w-]+)\s*:\s*(.+)", line)
        if match and (words := words_of(match[2].strip())):
            rows[match[1]] = (words, Evidence(path, number, shown(line)))
    return rows
