"""Versions that pnpm, Yarn or Bun chose, for npm to choose the same: its own lock is made from them.

A package that such a lock has in one version is fixed to it; one that it has in several is fixed for each package that
asks for it, where the lock says which it is given. What comes out is held against the lock, and every version that it
does not have is named. A lock in binary says nothing, and that is said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import UsageError
from ergon_ops.packaging.image.workspaces import KINDS as ASKED_BY

NAMES = ("pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb")
KINDS = ASKED_BY[:3]  # what a peer asks for is given by who has it
NAMED = r"(@[^/@\s\"']+/[^@\s\"':(]+|[^@/\s\"':(]+)"
HOISTED = "(hoisted)"  # words that stand for: what the project itself is given
VERSION = r"(\d[\w.+-]*)"


@dataclass(frozen=True, slots=True)
class OtherLock:
    """`versions` of each package by name; `asked` is the version of what package.json asks for, by name and words;
    `inner` the versions that a package's own packages are given, by its name and version."""

    name: str
    versions: Mapping[str, frozenset[str]]
    asked: Mapping[tuple[str, str], str]
    inner: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)

    def fixed(self, document: Mapping[str, Any], *, root: bool = True) -> dict[str, Any]:
        """A package.json that asks for what the lock has."""
        made = dict(document)
        direct: set[str] = set()
        for kind in KINDS:
            listed = made.get(kind)
            if isinstance(listed, dict):
                made[kind] = {name: self._version(name, str(words)) for name, words in listed.items()}
                direct |= set(listed)
        if not root:
            return made
        once = {name: next(iter(have)) for name, have in self.versions.items() if len(have) == 1 and name not in direct}
        own = made.get("overrides")
        made["overrides"] = {**once, **self._several(once, direct), **(own if isinstance(own, dict) else {})}
        return made

    def _several(self, once: Mapping[str, str], direct: set[str]) -> dict[str, Any]:
        """What there are several versions of, by who is given which."""
        found: dict[str, Any] = {}
        for (name, version), given in sorted(self.inner.items()):
            several = {other: which for other, which in given.items() if len(self.versions.get(other, ())) > 1}
            if not several:
                continue
            if name in once:
                found[name] = {".": version, **several}
            else:
                found[name if len(self.versions.get(name, ())) == 1 else f"{name}@{version}"] = several
        return found

    def _version(self, name: str, words: str) -> str:
        have = self.versions.get(name, frozenset())
        said = self.asked.get((name, words)) or self.asked.get((name, HOISTED))
        return said or (next(iter(have)) if len(have) == 1 else words)

    def missing(self, rows: Iterable[tuple[str, str]]) -> list[str]:
        """Packages of a finished lock that this one does not have, as `name version`."""
        return sorted({f"{name} {version}" for name, version in rows if version not in self.versions.get(name, ())})


def other_lock(folder: Path) -> OtherLock | None:
    """The first of a project's folder that says something; None without one. Raises UsageError for a broken one."""
    for name in NAMES:
        path = folder / name
        if not path.is_file() or name == "bun.lockb":
            continue
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{path} cannot be read: {error}", next="make it anew") from error
        rows = list(READERS[name](text))
        if not rows:
            continue
        inner = INNER[name](text)
        versions: dict[str, set[str]] = {}
        for package, _, version in rows:
            versions.setdefault(package, set()).add(version)
        asked = {(package, words): version for package, words, version in rows if words}
        return OtherLock(name, {key: frozenset(value) for key, value in versions.items()}, asked, inner)
    return None


def silent(folder: Path) -> str:
    """A lock that is there and cannot be read; '' without one."""
    return next((name for name in NAMES if (folder / name).is_file() and other_lock(folder) is None), "")


Row = tuple[str, str, str]  # package, the words it is asked by ('' if the lock does not say), version


def _yarn(text: str) -> Iterator[Row]:
    """Both of Yarn's forms: a head of `name@words, …`, below it the version."""
    heads: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line and not line[0].isspace() and line.rstrip().endswith(":"):
            found = re.findall(rf"{NAMED}@(?:npm:)?([^,\"]*)", line.rstrip()[:-1])
            heads = [(name, words.strip()) for name, words in found]
        elif (match := re.match(rf"\s+version:?\s+\"?{VERSION}", line)) and heads:
            yield from ((name, words, match[1]) for name, words in heads if not words.startswith("workspace:"))
            heads = []


def _pnpm(text: str) -> Iterator[Row]:
    """Its `packages`, named `name@1.2.3`, `/name@1.2.3(peer)` or `/name/1.2.3`; its `importers` for what is asked."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = yaml.load(text, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark is not None else ""
        said = getattr(error, "problem", None) or "cannot be parsed"
        raise UsageError(f"pnpm-lock.yaml{line} is not YAML: {said}", next="make it anew: pnpm install") from error
    document = _table(document)
    for key in _table(document.get("packages")):
        if match := re.match(rf"/?{NAMED}[@/]{VERSION}", str(key)):
            yield match[1], "", match[2].split("_")[0]
    for rows in _table(document.get("catalogs")).values():
        for name, row in _table(rows).items():
            if version := re.match(VERSION, str(_table(row).get("version", ""))):
                yield str(name), str(_table(row).get("specifier", "")), version[1]
    importers = document.get("importers")
    for importer in importers.values() if isinstance(importers, dict) else [document]:
        for kind in KINDS:
            for name, row in _table(_table(importer).get(kind)).items():
                version = re.match(VERSION, str(row.get("version", "")) if isinstance(row, dict) else "")
                if version:
                    yield str(name), str(row.get("specifier", "")), version[1]


def _table(found: object) -> dict[Any, Any]:
    return found if isinstance(found, dict) else {}


def _bun(text: str) -> Iterator[Row]:
    for key, name, version in _bun_rows(text):
        yield name, HOISTED if key == name else "", version


def _bun_rows(text: str) -> Iterator[Row]:
    """JSON with commas too many: `"key": ["name@1.2.3", …]` as key, name, version."""
    try:
        document = json.loads(re.sub(r",(\s*[}\]])", r"\1", text))
    except ValueError as error:
        raise UsageError(f"bun.lock cannot be read: {error}", next="make it anew: bun install") from error
    found = document.get("packages") if isinstance(document, dict) else None
    for key, row in found.items() if isinstance(found, dict) else ():
        if isinstance(row, list) and row and (match := re.fullmatch(rf"{NAMED}@{VERSION}", str(row[0]))):
            yield str(key), match[1], match[2]


READERS = {"pnpm-lock.yaml": _pnpm, "yarn.lock": _yarn, "bun.lock": _bun}
Inner = dict[tuple[str, str], dict[str, str]]


def _pnpm_inner(text: str) -> Inner:
    """`snapshots` of its ninth form, `packages` of those before: `express@4.18.2(peer)` → the versions it is given."""
    import yaml

    document = _table(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    found: Inner = {}
    for key, row in _table(document.get("snapshots") or document.get("packages")).items():
        match = re.match(rf"/?{NAMED}[@/]{VERSION}", str(key))
        for kind in ("dependencies", "optionalDependencies") if match else ():
            for name, said in _table(_table(row).get(kind)).items():
                if match and (version := re.match(VERSION, str(said))):
                    found.setdefault((match[1], match[2].split("_")[0]), {})[str(name)] = version[1].split("_")[0]
    return found


def _yarn_inner(text: str) -> Inner:
    """Each entry's `dependencies` by the words they are asked by, which are the heads of other entries."""
    known = {(name, words): version for name, words, version in _yarn(text)}
    found: Inner = {}
    here: tuple[str, str] | None = None
    heads: list[tuple[str, str]] = []
    within = False
    for line in text.splitlines():
        if line and not line[0].isspace() and line.rstrip().endswith(":"):
            heads = re.findall(rf"{NAMED}@(?:npm:)?([^,\"]*)", line.rstrip()[:-1])
            here, within = None, False
        elif match := re.match(rf"  version:?\s+\"?{VERSION}", line):
            here = (heads[0][0], match[1]) if heads else None
        elif re.match(r"  \S", line):
            within = line.strip() in ("dependencies:", "optionalDependencies:")
        elif within and here and (match := re.match(r"    \"?([^\s\":]+)\"?:?\s+\"?(?:npm:)?([^\"]+)\"?", line)):
            version = known.get((match[1], match[2].strip()))
            found.setdefault(here, {}).update({match[1]: version} if version else {})
    return found


def _bun_inner(text: str) -> Inner:
    """`"express/mime": ["mime@1.6.0"]` is what `express` is given."""
    found: Inner = {}
    rows = {key: (name, version) for key, name, version in _bun_rows(text)}
    for key, (name, version) in rows.items():
        above = rows.get(key.removesuffix(f"/{name}")) if key != name else None
        if above:
            found.setdefault(above, {})[name] = version
    return found


INNER = {"pnpm-lock.yaml": _pnpm_inner, "yarn.lock": _yarn_inner, "bun.lock": _bun_inner}
