"""Programs of Deno: the task that starts one, and its file."""

from __future__ import annotations

import json
import re
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.packaging.analysis.evidence import Evidence
from ergon_ops.packaging.analysis.tree import Tree, inside

SETTINGS = ("deno.json", "deno.jsonc")
FOR_USE = ("start", "serve", "prod", "production", "preview")
USUAL = (
    "main.ts",
    "server.ts",
    "mod.ts",
    "index.ts",
    "src/main.ts",
    "src/server.ts",
    "src/index.ts",
    "src/mod.ts",
    "app.ts",
)
WORK = re.compile(r"^--(?:watch|inspect)\S*$")


@dataclass(frozen=True, slots=True)
class Task:
    run: str
    port: int | None
    why: Evidence


def _tasks(tree: Tree, folder: str) -> tuple[str, dict[str, str]]:
    for name in SETTINGS:
        path = inside(folder, name)
        if not tree.has(path):
            continue
        text = re.sub(r"(?m)(?<![:\"\w])//.*$|/\*.*?\*/|,(?=\s*[}\]])", "", tree.text(path))
        try:
            document: Any = json.loads(text)
        except ValueError:
            return path, {}
        said = document.get("tasks") if isinstance(document, dict) else None
        rows = said.items() if isinstance(said, dict) else ()
        whole = {key: value.get("command") if isinstance(value, dict) else value for key, value in rows}
        return path, {key: value for key, value in whole.items() if isinstance(value, str)}
    return "", {}


def task(tree: Tree, folder: str) -> Task | None:
    """The words that start it in use; of a task that watches files those without that."""
    path, tasks = _tasks(tree, folder)
    for name in (*FOR_USE, "dev"):
        words = tasks.get(name, "").split()
        while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
            words = words[1:]
        if words[:2] not in (["deno", "run"], ["deno", "serve"]) or any(re.search(r"[|&;$]", word) for word in words):
            continue
        kept = [word for word in words if not WORK.match(word)]
        said = re.search(r"--port[= ](\d{2,5})", " ".join(kept))
        return Task(" ".join(kept), int(said[1]) if said else None, tree.find(path, f'"{name}"'))
    return None


def entry(tree: Tree, folder: str) -> str:
    """The file that its task names, else one of the usual names."""
    _, tasks = _tasks(tree, folder)
    for name in (*FOR_USE, "dev"):
        for word in tasks.get(name, "").split():
            file = word.removeprefix("./")
            if re.search(r"\.[mc]?[jt]sx?$", file) and (tree.has(inside(folder, file)) or file.startswith("_fresh/")):
                return file
    return next((name for name in USUAL if tree.has(inside(folder, name))), "")
