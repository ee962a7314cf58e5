"""The packages of a workspace, as npm is told of them: whoever else manages them, in npm's own words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

KINDS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")


def members(context: Path) -> tuple[str, ...]:
    """The package.json files of a root's workspaces, relative to it, sorted; none where it has none."""
    found: set[str] = set()
    left: set[str] = set()
    for pattern in _patterns(context):
        wanted = pattern.removeprefix("!").removeprefix("./").strip("/")
        if not wanted or ".." in wanted.split("/") or wanted == ".":
            continue
        paths = {
            path.relative_to(context).as_posix()
            for path in context.glob(f"{wanted}/package.json")
            if path.is_file() and "node_modules" not in path.parts
        }
        (left if pattern.startswith("!") else found).update(paths)
    return tuple(sorted(found - left))


def _patterns(context: Path) -> Iterator[str]:
    document = _read(context / "package.json")
    listed = document.get("workspaces")
    listed = listed.get("packages") if isinstance(listed, dict) else listed
    yield from (item for item in listed if isinstance(item, str)) if isinstance(listed, list) else ()
    path = context / "pnpm-workspace.yaml"
    within = False
    for line in path.read_text("utf-8", "replace").splitlines() if path.is_file() else ():
        if line[:1].strip() and not line.startswith(("#", "-")):
            within = line.startswith("packages:")
        elif within and (match := re.match(r"\s*-\s*['\"]?([^'\"#\s]+)", line)):
            yield match[1]


def _read(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


Catalogs = Mapping[str, Mapping[str, str]]  # by name, `default` for the one without: words by package
CATALOG = "catalog:"


def catalogs(context: Path) -> Catalogs:
    """Versions that a workspace keeps in one place: of pnpm, Bun or Yarn."""
    found: dict[str, dict[str, str]] = {}
    document = _read(context / "package.json")
    for said in (
        _yaml(context / "pnpm-workspace.yaml"),
        document,
        document.get("workspaces"),
        _yaml(context / ".yarnrc.yml"),
    ):
        if not isinstance(said, dict):
            continue
        several = said.get("catalogs")
        for name, rows in {**(several if isinstance(several, dict) else {}), "default": said.get("catalog")}.items():
            if isinstance(rows, dict):
                found.setdefault(str(name), {}).update({str(key): str(words) for key, words in rows.items()})
    return found


def _yaml(path: Path) -> object:
    import yaml

    try:
        return yaml.safe_load(path.read_text("utf-8")) if path.is_file() else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None


def plain(document: Mapping[str, Any], kept: Catalogs = MappingProxyType({})) -> dict[str, Any]:
    """Without words that npm does not know: `workspace:^1` is a version of the workspace's own, `catalog:` one that is
    kept for all of it."""
    made = dict(document)
    for kind in KINDS:
        listed = made.get(kind)
        if isinstance(listed, dict):
            made[kind] = {name: _plain(_looked_up(str(name), str(words), kept)) for name, words in listed.items()}
    return made


def _looked_up(name: str, words: str, kept: Catalogs) -> str:
    if not words.startswith(CATALOG):
        return words
    which = words.removeprefix(CATALOG).strip() or "default"
    return kept.get(which, {}).get(name, "*")


def _plain(words: str) -> str:
    if not words.startswith("workspace:"):
        return words
    version = words.removeprefix("workspace:")
    return version if re.match(r"[\^~>=<\d]+\d", version) else "*"
