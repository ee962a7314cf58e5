"""What a model adds to the analysis of a project: the same typed fields, each with a line it rests on, or not at all.

A statement counts where the files themselves leave something open, if the file and the line it cites are there and
carry it, and if every file its command names is there. Whose statement it is stays with the field.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Literal, get_args

from ergon_ops.dataclass import dataclass
from ergon_ops.packaging.analysis.evidence import Analysis, Application, Evidence, Need
from ergon_ops.packaging.analysis.needs import CLIENTS
from ergon_ops.packaging.analysis.tree import Tree, inside

Field = Literal["run", "port", "entrypoint", "health", "version", "needs"]
FIELDS: tuple[Field, ...] = get_args(Field)
SOURCE = re.compile(r"[\w./-]+\.(?:py|[cm]?[jt]sx?|sh|rb|php|jar|dll)")
MODULE = re.compile(r"([A-Za-z_][\w.]*):[A-Za-z_][\w.()]*")
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Statement:
    """`value` as text: a command for `run`, a number for `port`, a service for `needs`; `file` is relative."""

    application: str
    field: str
    value: str
    file: str
    line: int

    def to_json(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in ("application", "field", "value", "file", "line")}


@dataclass(frozen=True, slots=True)
class Refused:
    statement: Statement
    why: str


def refined(
    found: Analysis, tree: Tree, statements: Iterable[Statement], *, by: str
) -> tuple[Analysis, tuple[Statement, ...], tuple[Refused, ...]]:
    """With what holds of the statements; those, and the others with the reason. The first of a field wins."""
    held: list[Statement] = []
    refused: list[Refused] = []
    items = {item.name: item for item in found.applications}
    secret = {item.file for item in found.secrets}
    for one in statements:
        item = items.get(one.application)
        why = _unknown(one, item, tree, secret)
        if not why and item is not None:
            why = _open(item, one) or _unsupported(one, item, tree)
        if why or item is None:
            refused.append(Refused(one, why))
            continue
        items[one.application] = _with(item, one, tree, by)
        held.append(one)
    applications = tuple(items[item.name] for item in found.applications)
    return replace(found, applications=applications), tuple(held), tuple(refused)


def _unknown(one: Statement, item: Application | None, tree: Tree, secret: set[str]) -> str:
    """Why it is about nothing that is there."""
    if item is None:
        return f"there is no application {one.application[:60]!r}"
    if one.field not in FIELDS:
        return f"there is no field {one.field[:60]!r}"
    if not one.value.strip() or len(one.value) > LONGEST or "\n" in one.value:
        return "its value is empty, or too long"
    if not tree.has(one.file):
        return f"there is no file {one.file[:120]!r}"
    if one.file in secret:
        return f"{one.file} holds a secret"
    count = len(tree.text(one.file).splitlines())
    return "" if 1 <= one.line <= count else f"{one.file} has {count} lines"


def _open(item: Application, one: Statement) -> str:
    """Why the field is settled: by a line of the files, or by a statement before."""
    if one.field in item.said_by:
        return f"{one.field} is said already"
    if one.field == "needs":
        return f"{one.value} is known to be needed" if any(need.service == one.value for need in item.needs) else ""
    if one.field == "run":
        unsure = not item.run or bool(item.missing) or item.level == "recognised"
    else:
        unsure = not getattr(item, one.field) or (one.field == "port" and not item.evidence.get("port"))
    rests = ", ".join(str(row) for row in item.evidence.get(one.field, ())[:2])
    return "" if unsure else f"{one.field} is told by the files" + (f" ({rests})" if rests else "")


def _unsupported(one: Statement, item: Application, tree: Tree) -> str:
    """Why the value is none, or does not rest on the line it cites."""
    line = tree.text(one.file).splitlines()[one.line - 1]
    match one.field:
        case "port":
            if not re.fullmatch(r"\d{1,5}", one.value) or not 1 <= int(one.value) <= 65535:
                return f"{one.value!r} is no port"
            said = re.search(rf"(?<!\d){one.value}(?!\d)", line)
        case "health":
            if not re.fullmatch(r"/[\w./-]*", one.value):
                return f"{one.value!r} is no path"
            said = re.search(rf"{re.escape(one.value)}(?![\w-])", line)
        case "version":
            if not re.fullmatch(r"\d+(?:\.\d+)?", one.value):
                return f"{one.value!r} is no version"
            said = re.search(rf"(?<![\d.]){re.escape(one.value)}(?!\d)", line)
        case "needs":
            if one.value not in set(CLIENTS.values()):
                return f"{one.value!r} is no service that is known here"
            words = {one.value, *(name for name, service in CLIENTS.items() if service == one.value)}
            said = re.search("|".join(map(re.escape, sorted(words))), line, re.IGNORECASE)
        case "entrypoint":
            path = inside(item.path, one.value)
            return "" if tree.has(path) else f"there is no file {path!r}"
        case _:
            return _no_command(one.value, item, tree, line)
    return "" if said else f"{one.file}:{one.line} does not say {one.value}"


def _no_command(value: str, item: Application, tree: Tree, line: str) -> str:
    try:
        words = shlex.split(value)
    except ValueError:
        return "its command cannot be split into words"
    if not words or {"-c", "-e", "--eval"} & set(words[1:2]) or re.search(r"[;&|<>`]|\$\(", value):
        return "it is no plain command"
    for word in words:
        if (module := MODULE.fullmatch(word)) and not _module(module[1], item, tree):
            return f"there is no module {module[1]!r}"
        path = inside(item.path, word.removeprefix("./"))
        if SOURCE.fullmatch(word) and not word.startswith("/") and not tree.has(path):
            return f"there is no file {path!r}"
    called = words[2] if words[:2] == ["python", "-m"] and len(words) > 2 else ""
    if called and not _module(called, item, tree) and called.split(".")[0] not in line:
        return f"there is no module {called!r}"
    return "" if any(word in line for word in words if len(word) > 2) else "the line it cites says nothing of it"


def _module(name: str, item: Application, tree: Tree) -> bool:
    path = name.replace(".", "/")
    bases = {item.path, inside(item.path, item.folder) if item.folder else item.path, inside(item.path, "src")}
    return any(tree.has(inside(base, f"{path}{end}")) for base in bases for end in (".py", "/__init__.py"))


def _with(item: Application, one: Statement, tree: Tree, by: str) -> Application:
    row = tree.line(one.file, one.line)
    evidence = {**item.evidence, one.field: (Evidence(row.file, row.line, row.says),)}
    said_by = {**item.said_by, one.field: by}
    if one.field == "needs":
        needs = tuple(sorted((*item.needs, Need(one.value, row))))
        return replace(item, needs=needs, said_by={**item.said_by, f"needs {one.value}": by})
    value: Any = one.value
    if one.field == "port":
        value = int(one.value)
    elif one.field == "run":
        value = tuple(shlex.split(one.value))
    missing = () if one.field == "run" else item.missing
    return replace(item, **{one.field: value}, missing=missing, evidence=evidence, said_by=said_by)
