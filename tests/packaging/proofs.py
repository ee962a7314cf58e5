"""`make prove`: every Python, Node and static project of the table, built and started on a real engine, and asked.

`python -m tests.packaging.proofs [NAME …]` prints a line a program and ends with 1 if one of them is not proven.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from ergon_ops.assistant.projects import dockerfiles
from ergon_ops.assistant.proofs import prove
from ergon_ops.packaging.analysis import analyse
from ergon_ops.settings import Settings, load
from ergon_ops.stack.fetching import fetch
from tests.packaging.projects import TREES, Project, write

LANGUAGES = ("python", "javascript", "typescript", "html", "markdown", "shell")


def provable(root: Path, project: Project) -> bool:
    """Of a kind that has to be proven: whether something of it is Python, Node or a site."""
    found = analyse(write(root / project[0], project[1])).applications
    return any(item.language in LANGUAGES and item.level == "complete" for item in found)


LOCKED = {
    "package-lock.json": ("npm", "install", "--package-lock-only", "--ignore-scripts"),
    "pnpm-lock.yaml": ("npm", "exec", "--yes", "--package=pnpm@9", "--", "pnpm", "install", "--lockfile-only"),
    "bun.lock": ("npm", "exec", "--yes", "--package=bun@1", "--", "bun", "install", "--lockfile-only"),
    "yarn.lock": ("npm", "exec", "--yes", "--package=yarn@1", "--", "yarn", "install", "--ignore-scripts"),
}


async def lock(folder: Path, files: Mapping[str, str]) -> None:
    """The table's locks are empty: real ones are hundreds of lines, and what they fix moves."""
    for name, command in LOCKED.items():
        if name in files:
            (folder / name).unlink()
            await fetch(list(command), folder)
            shutil.rmtree(folder / "node_modules", ignore_errors=True)


async def proven(settings: Settings, root: Path, project: Project) -> AsyncIterator[tuple[str, bool, str]]:
    """A row a program: `project/application`, whether it is proven, the sentence."""
    name, files, _ = project
    folder = write(root / name, files)
    await lock(folder, files)
    _, work = dockerfiles(settings, folder, force=True)  # also where the project has one of its own
    work = [item for item in work if item.application.language in LANGUAGES and item.plan]
    for row in await prove(settings, folder, work, lambda line: None):
        yield f"{name}/{row['application']}", row["status"] == "proven", row["detail"]


async def main(names: Iterable[str], *, as_json: bool) -> int:
    chosen = set(names) or {name for name, _, _ in TREES}
    failed = total = 0
    with tempfile.TemporaryDirectory(prefix="ergon-ops-proofs-") as folder:
        root = Path(folder)
        settings = replace(load(), state_dir=root / "state")
        for project in TREES:
            if project[0] not in chosen or not provable(root / "looks", project):
                continue
            began = time.monotonic()
            async for name, good, detail in proven(settings, root / "projects", project):
                total, failed = total + 1, failed + (not good)
                took = time.monotonic() - began
                row = {"name": name, "proven": good, "detail": detail, "seconds": round(took, 1)}
                print(json.dumps(row) if as_json else f"{'ok  ' if good else 'FAIL'} {name}: {detail}", flush=True)
    print(f"{total - failed} of {total} are proven", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--json", action="store_true", dest="as_json")
    given = parser.parse_args()
    raise SystemExit(asyncio.run(main(given.names, as_json=given.as_json)))
