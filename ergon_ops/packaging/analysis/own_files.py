"""Servers of Python that a file of their own starts and places: uWSGI, and the `pserve` of Pyramid."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ergon_ops.packaging.analysis.evidence import Application, Evidence
from ergon_ops.packaging.analysis.tree import Tree, inside

UWSGI = re.compile(r"(?m)^(?:http|http-socket|http11-socket)\s*=\s*[\w.*]*:?(\d{2,5})\b")
SERVER = re.compile(r"(?m)^\[server:main\][^\[]*?^(?:listen|port)\s*=\s*(?:[\w.*]+:)?(\d{2,5})\b")
FOR_WORK = re.compile(r"dev|test|local|debug")


def by_own_file(tree: Tree, found: Application, dependencies: Mapping[str, Evidence]) -> Application:
    """`found`, started by the file where there is one and the server is among its packages."""
    row = next(_rows(tree, found, dependencies), None)
    if row is None:
        return found
    run, port, why = row
    evidence = {**found.evidence, "run": (Evidence(why.file),), "port": (why,)}
    # What an ini names is a package that is installed: `use = egg:shop`.
    entry = "" if found.type == "pyramid" else found.entrypoint
    return replace(found, run=run, port=port, entrypoint=entry, evidence=evidence, missing=())


def _rows(
    tree: Tree, found: Application, dependencies: Mapping[str, Evidence]
) -> Iterator[tuple[tuple[str, ...], int, Evidence]]:
    inis = sorted(name for name in tree.names(found.path) if name.endswith(".ini"))
    if "uwsgi" in dependencies or "pyuwsgi" in dependencies:
        for name in inis:
            if "[uwsgi]" in tree.text(inside(found.path, name)):
                yield from _told(tree, found.path, name, UWSGI, ("uwsgi", "--ini", name))
    if found.type == "pyramid" and not found.evidence.get("port"):
        for name in sorted(inis, key=lambda name: (bool(FOR_WORK.search(name)), name)):
            yield from _told(tree, found.path, name, SERVER, ("pserve", name))


def _told(
    tree: Tree, folder: str, name: str, pattern: re.Pattern[str], run: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], int, Evidence]]:
    path = inside(folder, name)
    if match := pattern.search(tree.text(path)):
        yield run, int(match[1]), tree.line(path, tree.text(path).count("\n", 0, match.start(1)) + 1)
