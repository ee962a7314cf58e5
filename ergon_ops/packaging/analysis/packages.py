"""package.json and what lies beside it: names, scripts, manager, version, workspaces."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from fnmatch import fnmatch
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.packaging.analysis.evidence import Evidence
from ergon_ops.packaging.analysis.requirements import best_version
from ergon_ops.packaging.analysis.tree import Tree, aside, inside, relative, shown

LOCKS = (
    ("pnpm-lock.yaml", "pnpm"), ("bun.lock", "bun"), ("bun.lockb", "bun"), ("yarn.lock", "yarn"),
    ("package-lock.json", "npm"), ("npm-shrinkwrap.json", "npm"),
)  # fmt: skip
USUAL = ("20", "22", "24", "18", "26")


def load_json(tree: Tree, path: str) -> Mapping[str, Any]:
    """Empty for what is not a JSON object: that is a fault, with its line."""
    try:
        found = json.loads(tree.text(path))
    except json.JSONDecodeError as error:
        if path in tree.files and not any(fault.file == path for fault in tree.faults):
            tree.fault(path, f"is not JSON: {error.msg.lower()}", error.lineno)
        return {}
    except RecursionError:
        tree.fault(path, "is nested too deep")
        return {}
    if not isinstance(found, dict):
        tree.fault(path, "is not a JSON object", 1)
        return {}
    return found


@dataclass(frozen=True, slots=True)
class Package:
    """`dependencies` of all kinds by name; `scripts` by name; `file` is the one in its folder that says so, with
    `/` before it one of the project's root."""

    tree: Tree
    folder: str
    document: Mapping[str, Any]
    dependencies: Mapping[str, Evidence] = field(default_factory=dict)
    scripts: Mapping[str, str] = field(default_factory=dict)
    file: str = "package.json"

    @property
    def path(self) -> str:
        return self.file[1:] if self.file.startswith("/") else inside(self.folder, self.file)

    def at(self, *keys: str) -> Evidence:
        """The line of a key, looked for after that of the key it stands in."""
        found = Evidence(self.path)
        for key in keys:
            found = self.tree.find(self.path, f'"{key}"', after=found.line)
        return found

    def script(self, name: str) -> Evidence:
        return self.at("scripts", name)

    def has(self, *names: str) -> bool:
        return any(name in self.dependencies for name in names)


def packages(tree: Tree) -> dict[str, Package]:
    """By folder."""
    found = {}
    for folder in tree.folders():
        if "package.json" in tree.names(folder):
            document = load_json(tree, inside(folder, "package.json"))
            found[folder] = _package(tree, folder, document)
    return found


def _package(tree: Tree, folder: str, document: Mapping[str, Any]) -> Package:
    path = inside(folder, "package.json")
    names: dict[str, Evidence] = {}
    for kind in ("dependencies", "devDependencies", "optionalDependencies"):
        listed = document.get(kind)
        if isinstance(listed, dict) and listed:
            head = tree.find(path, f'"{kind}"').line
            names |= {name: tree.find(path, f'"{name}"', after=head - 1) for name in listed if name not in names}
    scripts = document.get("scripts")
    plain = (
        {key: value for key, value in scripts.items() if isinstance(value, str)} if isinstance(scripts, dict) else {}
    )
    return Package(tree, folder, document, names, plain)


def workspaces(package: Package) -> tuple[str, ...]:
    """Patterns of folders that are packages of their own."""
    listed = package.document.get("workspaces")
    listed = listed.get("packages") if isinstance(listed, dict) else listed
    found = [item for item in listed if isinstance(item, str)] if isinstance(listed, list) else []
    for line in package.tree.text(inside(package.folder, "pnpm-workspace.yaml")).splitlines():
        if match := re.match(r"\s*-\s*['\"]?([^'\"#\s]+)", line):
            found.append(match[1])
    return tuple(found)


def is_member(root: Package, folder: str) -> bool:
    """Whether a folder is one of a root's workspaces."""
    inner = relative(folder, root.folder)
    return any(fnmatch(inner, pattern.removesuffix("/").removeprefix("./")) for pattern in workspaces(root))


def taken_in(found: Mapping[str, Package]) -> set[str]:
    """Folders that a root's pattern takes in by their place, whatever they are called: `apps/docs` is a program."""
    return {
        folder
        for folder in found
        for root in found.values()
        for pattern in workspaces(root)
        if root.folder != folder
        and fnmatch(relative(folder, root.folder), pattern.removesuffix("/").removeprefix("./"))
        and not aside(pattern)
    }


def manager(package: Package, roots: Iterator[Package] | list[Package]) -> tuple[str, Evidence]:
    """packageManager > pnpm-lock > bun.lock > yarn.lock > package-lock; of a workspace its root's."""
    for one in [package, *roots]:
        named = one.document.get("packageManager")
        if isinstance(named, str) and named:
            return named.split("@")[0], one.at("packageManager")
        for file, what in LOCKS:
            if file in one.tree.names(one.folder):
                return what, Evidence(inside(one.folder, file))
    return "npm", Evidence(package.path)


def node_version(package: Package) -> tuple[str, Evidence | None]:
    tree = package.tree
    for name in (".nvmrc", ".node-version"):
        for path in dict.fromkeys((inside(package.folder, name), name)):
            if found := re.match(r"\s*v?(\d+)", tree.text(path)):
                return found[1], Evidence(path, 1, shown(tree.text(path).split("\n")[0]))
    engines = package.document.get("engines")
    wanted = engines.get("node") if isinstance(engines, dict) else None
    if isinstance(wanted, str):
        return best_version(wanted.split("||")[-1].strip(), USUAL), package.at("engines", "node")
    return "", None
