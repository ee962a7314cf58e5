"""What an image's file system holds: one `Entry` a path, and where the bytes of a file can be had.

Paths have no leading slash and are UTF-8; sorting them as text sorts them by their bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Literal

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError

Kind = Literal["file", "folder", "link", "pipe", "char", "block"]
CHUNK = 1024 * 1024
MOST_LINKS = 40
CAPABILITY = "SCHILY.xattr.security.capability"


@dataclass(frozen=True, slots=True)
class Slice:
    """Bytes in a file on this machine. The path is bytes: no locale has a say in what it means."""

    path: bytes
    offset: int
    size: int

    def read(self) -> Iterator[bytes]:
        with open(self.path, "rb") as file:
            file.seek(self.offset)
            left = self.size
            while left > 0 and (block := file.read(min(CHUNK, left))):
                left -= len(block)
                yield block


@dataclass(frozen=True, slots=True)
class Entry:
    """`sha256` and `size` are of a file's content; `target` of a link; `capability` the one extended attribute that
    counts, as PAX has it; `device` major and minor."""

    kind: Kind
    mode: int
    uid: int = 0
    gid: int = 0
    target: str = ""
    sha256: str = ""
    size: int = 0
    capability: str = ""
    device: tuple[int, int] = (0, 0)
    content: bytes | Slice = b""

    @property
    def identity(self) -> tuple[object, ...]:
        """Everything but where the bytes lie: two entries of the same identity are the same file."""
        owner = (self.kind, self.mode, self.uid, self.gid)
        return (*owner, self.target, self.sha256, self.capability, self.device)

    def blocks(self) -> Iterator[bytes]:
        if isinstance(self.content, bytes):
            yield self.content
        else:
            yield from self.content.read()


Tree = dict[str, Entry]
Changes = Mapping[str, Entry | None]  # None: it is gone


def folder(mode: int = 0o755) -> Entry:
    return Entry("folder", mode)


def link(target: str) -> Entry:
    return Entry("link", 0o777, target=target)


def file(content: bytes, mode: int = 0o644) -> Entry:
    return Entry("file", mode, sha256=hashlib.sha256(content).hexdigest(), size=len(content), content=content)


def cleaned(path: str) -> str:
    """`/app//x/` → `app/x`. Raises ErgonError for one that climbs out."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise ErgonError(f"{path} leaves the image")
    return "/".join(parts)


def placed(tree: Mapping[str, Entry], path: str) -> str:
    """Where a path really lies: folders on the way that are links are followed, within the image. Raises ErgonError."""
    todo, done, hops = path.split("/"), list[str](), 0
    while todo:
        part = todo.pop(0)
        if part == "..":
            done = done[:-1]
            continue
        if part in ("", "."):
            continue
        found = tree.get("/".join([*done, part])) if todo else None
        if found is not None and found.kind == "link":
            hops += 1
            if hops > MOST_LINKS:
                raise ErgonError(f"/{path}: links in a circle")
            done = [] if found.target.startswith("/") else done
            todo = [*found.target.split("/"), *todo]
        else:
            done.append(part)
    return "/".join(done)


def changed(tree: Mapping[str, Entry], wanted: Changes) -> dict[str, Entry | None]:
    """What of `wanted` a layer has to say on `tree`: folders on the way are added, what is there already left out."""
    layer: dict[str, Entry | None] = {}
    for path, entry in wanted.items():
        real = placed(tree, path)
        parts = real.split("/")
        for end in range(1, len(parts)):
            parent = "/".join(parts[:end])
            there = layer.get(parent) or tree.get(parent)
            if entry is not None and (there is None or there.kind != "folder") and wanted.get(parent) is None:
                layer[parent] = folder()
        there = tree.get(real)
        if entry is None and there is not None:
            layer[real] = None
        elif entry is not None and (there is None or there.identity != entry.identity):
            layer[real] = entry
    return dict(sorted(layer.items()))


def applied(tree: Mapping[str, Entry], layer: Changes) -> Tree:
    """The tree with a layer on it; what is gone is gone with all below it."""
    made = dict(tree)
    gone = [path for path, entry in layer.items() if entry is None or (entry.kind != "folder" and _parent(made, path))]
    for path in gone:
        made.pop(path, None)
    if gone:
        prefixes = tuple(f"{path}/" for path in gone)
        made = {path: entry for path, entry in made.items() if not path.startswith(prefixes)}
    made.update({path: entry for path, entry in layer.items() if entry is not None})
    return made


def _parent(tree: Mapping[str, Entry], path: str) -> bool:
    there = tree.get(path)
    return there is not None and there.kind == "folder"
