"""Programs that a host or a supervisor starts, by name: supervisord, systemd, Render, Fly, Railway, Nixpacks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.packaging.analysis.compose import load_yaml
from ergon_ops.packaging.analysis.containers import words_of
from ergon_ops.packaging.analysis.evidence import Evidence
from ergon_ops.packaging.analysis.packages import load_json
from ergon_ops.packaging.analysis.requirements import load_toml, table
from ergon_ops.packaging.analysis.tree import Tree, inside, shown, within

WEB = ("web", "app", "api", "server", "http")
PROGRAM = re.compile(r"^\[program:([\w.-]+)\]")
UNIT = re.compile(r"^ExecStart\s*=\s*[-+@!:]*(.+)$")
PLACE = re.compile(r"^(?:WorkingDirectory|directory)\s*=\s*(\S+)")
COMMAND = re.compile(r"^command\s*=\s*(.+)$")


@dataclass(frozen=True, slots=True)
class Started:
    """`serves`: the host itself says whether it is asked from outside (None: it does not say)."""

    name: str
    words: tuple[str, ...]
    why: Evidence
    serves: bool | None = None


def started(tree: Tree, folder: str) -> list[Started]:
    rows = [*_supervised(tree, folder), *_units(tree, folder), *_render(tree, folder), *_fly(tree, folder)]
    for name, keys in (("railway.json", ("deploy", "startCommand")), ("railway.toml", ("deploy", "startCommand"))):
        path = inside(folder, name)
        if tree.has(path):
            document = load_json(tree, path) if name.endswith(".json") else load_toml(tree, path)
            rows += _one(tree, path, table(document, *keys[:-1]).get(keys[-1]), "web")
    path = inside(folder, "nixpacks.toml")
    if tree.has(path):
        rows += _one(tree, path, table(load_toml(tree, path), "start").get("cmd"), "web")
    return rows


def _one(tree: Tree, path: str, said: Any, name: str, *, serves: bool | None = True) -> Iterator[Started]:
    if isinstance(said, str) and words_of(said.strip()):
        yield Started(name, words_of(said.strip()), tree.find(path, said.strip().splitlines()[0]), serves)


def _supervised(tree: Tree, folder: str) -> Iterator[Started]:
    for path in (path for path in tree.under(".", ".conf", ".ini") if "supervis" in path):
        lines = tree.text(path).splitlines()
        heads = [*(index for index, line in enumerate(lines) if line.startswith("[")), len(lines)]
        for start, end in pairwise(heads):
            head = PROGRAM.match(lines[start].strip())
            rows = {number: COMMAND.match(lines[number - 1].strip()) for number in range(start + 2, end + 1)}
            for number, match in rows.items() if head and _for(path, folder, lines[start:end]) else ():
                if head and match:
                    yield Started(head[1], words_of(match[1].strip()), Evidence(path, number, shown(lines[number - 1])))


def _units(tree: Tree, folder: str) -> Iterator[Started]:
    for path in tree.under(".", ".service"):
        lines = tree.text(path).splitlines()
        for number, line in enumerate(lines, 1) if _for(path, folder, lines) else ():
            if match := UNIT.match(line.strip()):
                name = path.rsplit("/", 1)[-1].removesuffix(".service")
                yield Started(name, words_of(match[1].strip()), Evidence(path, number, shown(line)))


def _for(path: str, folder: str, lines: Sequence[str]) -> bool:
    """A file in the folder, or one elsewhere that says that it is started there."""
    said = next((match[1] for line in lines if (match := PLACE.match(line.strip()))), "")
    return within(path, folder) or f"{said.rstrip('/')}/".endswith(f"/{folder}/")


def _render(tree: Tree, folder: str) -> Iterator[Started]:
    """Of a file at the root: the services whose folder this is."""
    path = "render.yaml"
    document, _ = load_yaml(tree, path) if tree.has(path) else ({}, {})
    listed = document.get("services")
    for one in listed if isinstance(listed, list) else ():
        place = str(one.get("rootDir") or ".").strip("./") or "." if isinstance(one, dict) else ""
        if place == folder and one.get("type") in ("web", "worker", "pserv"):
            serves = one.get("type") != "worker"
            yield from _one(tree, path, one.get("startCommand"), str(one.get("name") or "web"), serves=serves)


def _fly(tree: Tree, folder: str) -> Iterator[Started]:
    path = inside(folder, "fly.toml")
    rows = table(load_toml(tree, path), "processes") if tree.has(path) else {}
    for name, said in rows.items():
        yield from _one(tree, path, said, str(name), serves=name in WEB or len(rows) == 1)
