"""Packages of the same repository that a Python project asks for: uv's workspace, and paths as uv and Poetry say them.
No registry has them, or has another's by the same name."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatch
from typing import Any

from ergon_ops.packaging.analysis.evidence import Application
from ergon_ops.packaging.analysis.requirements import NAME, canonical, load_toml, packages, table
from ergon_ops.packaging.analysis.tree import Tree, inside, relative


def with_own(tree: Tree, found: Application) -> Application:
    """`found` built from the folder that holds them as well, their code among its own, what they need among what it
    needs."""
    own = dict(owned(tree, found.path))
    if not own or found.dependencies != "pyproject.toml":
        return found
    places = [f"./{found.path}", *(f"./{folder}" for folder in own.values())]
    root = workspace(tree, found.path)[0] or posixpath.normpath(posixpath.commonpath(places))
    wanted = [*found.packages, *(word for folder in own.values() for word in packages(tree, folder))]
    kept = tuple(dict.fromkeys(word for word in wanted if _name(word) not in own))
    beside = tuple(relative(_code(tree, folder), root) for folder in own.values())
    return replace(found, context=root, packages=kept, own=beside)


def owned(tree: Tree, folder: str, known: frozenset[str] = frozenset()) -> Iterator[tuple[str, str]]:
    """Name and folder of each, and of those that these ask for."""
    document = load_toml(tree, inside(folder, "pyproject.toml"))
    rows: dict[str, Any] = {
        **table(document, "tool", "poetry", "dependencies"),
        **table(document, "tool", "uv", "sources"),
    }
    for name, said in rows.items():
        key = canonical(name)
        if not isinstance(said, dict) or key in known:
            continue
        path = said.get("path")
        place = posixpath.normpath(posixpath.join(folder, path)) if isinstance(path, str) else ""
        place = workspace(tree, folder)[1].get(key, "") if said.get("workspace") else place
        if place and tree.has(inside(place, "pyproject.toml")) and place != folder:
            yield key, place
            yield from owned(tree, place, known | {key})


def workspace(tree: Tree, folder: str) -> tuple[str, Mapping[str, str]]:
    """The root of the workspace a folder is in, where its lock lies, and its packages by name."""
    while folder != ".":
        folder = folder.rpartition("/")[0] or "."
        path = inside(folder, "pyproject.toml")
        patterns = table(load_toml(tree, path), "tool", "uv", "workspace").get("members") if tree.has(path) else None
        if isinstance(patterns, list):
            return folder, dict(_named(tree, folder, [str(one).rstrip("/") for one in patterns]))
    return "", {}


def _named(tree: Tree, root: str, patterns: list[str]) -> Iterator[tuple[str, str]]:
    for path in tree.under(root, "/pyproject.toml"):
        folder = path.rpartition("/")[0]
        if any(fnmatch(relative(folder, root), pattern) for pattern in patterns):
            name = table(load_toml(tree, path), "project").get("name")
            if isinstance(name, str):
                yield canonical(name), folder


def _code(tree: Tree, folder: str) -> str:
    """Where its modules are looked for."""
    inner = inside(folder, "src")
    return inner if next(tree.under(inner, ".py"), None) else folder


def _name(word: str) -> str:
    match = NAME.match(word)
    return canonical(match[1]) if match else ""
