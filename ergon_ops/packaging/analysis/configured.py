"""Numbers that files of settings keep: TOML, YAML, JSON and INI by the keys that lead to them, `.env` by its names.

A file counts if the sources name it, or if it lies where such files do. Nothing of it but a port is ever told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from ergon_ops.packaging.analysis.evidence import Evidence
from ergon_ops.packaging.analysis.tree import Tree, inside, relative, shown

Found = tuple[int, Evidence]
ENDINGS = (".toml", ".yaml", ".yml", ".json", ".json5", ".ini", ".cfg", ".conf", ".config")
USUAL = re.compile(
    r"(?i)(?:^|/)(?:config|conf|settings|configuration|configs)/(?:default|production|prod|base|config|settings|app|application)\.\w+$"
    r"|(?:^|/)(?:config|settings|conf|configuration|Rocket)\.\w+$|(?:^|/)src/main/resources/application\.\w+$"
)
NEVER = re.compile(r"(?:^|/)(?:package(?:-lock)?|tsconfig[\w.]*|pyproject|docker-compose[\w.]*|compose[\w.]*)\.\w+$")
# Where others listen: never where a program does that only names a port.
FOREIGN = frozenset({1883, 3306, 5432, 5672, 6379, 9092, 11211, 27017})
OTHERS = re.compile(
    r"(?i)db|database|postgres|pg|mysql|maria|mongo|redis|cache|kafka|rabbit|amqp|smtp|mail|elastic|memcache|ldap|nats"
    r"|mqtt|metrics|prometheus|debug|test|proxy|upstream|client"
)
SECTION = re.compile(r"\[([^\]]+)\]\s*$")
PAIR = re.compile(r"\s*['\"]?([\w.-]+)['\"]?\s*[:=]\s*(.+?)\s*$")
VALUE = re.compile(r"(?:^|[:-])(\d{2,5})['\"]?\}?['\"]?$")
ENV_FILES = (".env", ".env.production", ".env.local", ".env.example", ".env.sample", ".env.template", ".env.dist")
# What is for use comes first where the surroundings say that it is used: node-config's `production.json`.
IN_USE = re.compile(r"\b(?:NODE_ENV|APP_ENV|RUN_MODE|RUN_ENV|ENVIRONMENT)[=\s]\s*['\"]?prod(?:uction)?\b")
PRODUCTION = re.compile(r"(?:^|[._-])prod(?:uction)?\.\w+$")
MOST_FILES, MOST_ROWS, LARGEST = 60, 5000, 64 * 1024  # a few lines of YAML can stand for millions of keys


def kept(
    tree: Tree, folder: str, keys: Sequence[str], sources: Sequence[str], settled: Sequence[str] | None = None
) -> Found | None:
    """The number at the end of `keys` in a file that one of `sources` names, else in one of the usual names; in
    `settled` where that says which they are."""
    for path in files(tree, folder, sources) if settled is None else settled:
        best = min(
            (row for row in islice(_rows(_load(path, tree.text(path)), ()), MOST_ROWS) if _fits(row[0], keys)),
            key=lambda row: len(row[0]),
            default=None,
        )
        if best is not None:
            return best[1], _line(tree, path, *best)
    return None


def files(tree: Tree, folder: str, sources: Sequence[str]) -> list[str]:
    """Files of settings, those that sources name first, then those that are there for every surrounding."""
    every = [
        path
        for path in tree.under(folder, *ENDINGS)
        if not NEVER.search(path) and tree.files[path] <= LARGEST and path.count("/") < folder.count("/") + 4
    ][:MOST_FILES]
    texts = [tree.text(path) for path in sources] if every else []
    used = any(IN_USE.search(tree.text(inside(folder, name))) for name in ("package.json", "Dockerfile", "Procfile"))
    rows = []
    for path in every:
        name = path.rsplit("/", 1)[-1]
        named = any(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) for text in texts if name in text)
        if named or USUAL.search(f"/{relative(path, folder)}"):
            common = "default" in name or "base" in name
            first = used and bool(PRODUCTION.search(name))
            rows.append((not named and not first, not first, not common, path.count("/"), path))
    return [row[-1] for row in sorted(rows)]


def _load(path: str, text: str) -> Any:
    """What is broken, or a template, says nothing here: whoever reads it will be told."""
    try:
        if path.endswith(".toml"):
            import tomllib

            return tomllib.loads(text)
        if path.endswith((".json", ".json5")):
            return json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return _yaml(text) if path.endswith((".yaml", ".yml")) else _plain(text)


def _yaml(text: str) -> Any:
    import yaml

    text = next((part for part in re.split(r"(?m)^---\s*$", text) if part.strip()), "")  # of several, the common one
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}


def _plain(text: str) -> dict[str, Any]:
    """INI, and plain lines of names and values."""
    found: dict[str, Any] = {}
    here = found
    for line in text.splitlines():
        if line.lstrip()[:1] in ("#", ";"):
            continue
        if section := SECTION.match(line.strip()):
            here = found.setdefault(section[1].strip("'\" /") or "/", {})
        elif pair := PAIR.match(line):
            here[pair[1]] = pair[2]
    return found


def _rows(found: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
    """Every number that may be a port, with the keys that lead to it."""
    if isinstance(found, dict) and len(path) < 6:
        for key, value in found.items():
            yield from _rows(value, (*path, str(key)))
    elif path and not isinstance(found, bool | list | dict):
        number = VALUE.search(str(found).split(" #")[0].strip())
        if number and 80 <= int(number[1]) <= 65535 and int(number[1]) not in FOREIGN:
            yield path, int(number[1])


def _fits(path: tuple[str, ...], keys: Sequence[str]) -> bool:
    """It ends with the keys; what stands before them is nobody else's."""
    if any(part.startswith(("%dev", "%test")) for part in path):
        return False  # a profile of Quarkus for work on it
    if [part.lower() for part in path[-len(keys) :]] != [key.lower() for key in keys]:
        return False
    return not any(OTHERS.search(part) for part in path[: -len(keys)]) if len(keys) < 2 else True


def _line(tree: Tree, path: str, keys: Sequence[str], number: int) -> Evidence:
    """The first line behind those of the tables it is in that has the key and the number."""
    text, at = tree.text(path), 0
    for key in keys[:-1]:
        found = re.compile(rf"(?<![\w-]){re.escape(key)}(?![\w-])").search(text, at)
        at = found.end() if found else at
    last = re.compile(rf"(?<![\w-]){re.escape(keys[-1])}(?![\w-])[^\n]*?(?<!\d){number}(?!\d)")
    found = last.search(text, at) or last.search(text)
    return tree.line(path, text.count("\n", 0, found.start()) + 1) if found else Evidence(path)


def in_environment(tree: Tree, folder: str, names: Sequence[str]) -> Found | None:
    """Of a file of the environment: what a program that asks for a variable and has no number itself is given."""
    for name in ENV_FILES:
        path = inside(folder, name)
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            match = re.match(r"\s*(?:export\s+)?(\w+)\s*=\s*['\"]?(\d{2,5})['\"]?\s*(?:#.*)?$", line)
            if match and match[1] in names and 80 <= int(match[2]) <= 65535:
                return int(match[2]), Evidence(path, number, shown(line))
    return None
