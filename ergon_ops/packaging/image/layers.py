"""A layer as a tar: sorted, one time, no names of owners; kept in a folder under its digest."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError
from ergon_ops.packaging.image.entries import CAPABILITY, Changes, Entry, Slice, Tree

BLOCK = 512
RECORD = 10240  # a tar ends on a multiple of this
TYPES = {
    "file": tarfile.REGTYPE, "folder": tarfile.DIRTYPE, "link": tarfile.SYMTYPE, "pipe": tarfile.FIFOTYPE,
    "char": tarfile.CHRTYPE, "block": tarfile.BLKTYPE,
}  # fmt: skip
WHITEOUT = ".wh."
Told = Callable[[int], None]  # bytes written so far


@dataclass(frozen=True, slots=True)
class Layer:
    """`digest` is of the tar as it lies at `path`: nothing is compressed, so that no library's version matters."""

    digest: str
    size: int
    path: Path
    says: str = ""


def header(path: str, entry: Entry, *, at: int) -> bytes:
    """One member's header, PAX where a name or a number asks for it."""
    info = tarfile.TarInfo(path)
    info.type, info.mode, info.uid, info.gid = TYPES[entry.kind], entry.mode, entry.uid, entry.gid
    info.mtime, info.linkname, info.size = at, entry.target, entry.size
    info.devmajor, info.devminor = entry.device
    info.pax_headers = {CAPABILITY: entry.capability} if entry.capability else {}
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def write(changes: Changes, output: IO[bytes], *, at: int, told: Told | None = None) -> dict[str, int]:
    """Where each file's bytes begin. Raises ErgonError for a file that is not what it was when it was hashed."""
    written, places = 0, {}
    for path, entry in sorted(changes.items()):
        if entry is None:
            folder, _, name = path.rpartition("/")
            gone = f"{folder}/{WHITEOUT}{name}" if folder else f"{WHITEOUT}{name}"
            output.write(header(gone, Entry("file", 0o644), at=at))
            continue
        output.write(header(path, entry, at=at))
        if entry.kind == "file":
            places[path] = output.tell()
            _copy(path, entry, output)
            written += entry.size
            if told:
                told(written)
    output.write(b"\0" * 2 * BLOCK)
    output.write(b"\0" * (-output.tell() % RECORD))
    return places


def _copy(path: str, entry: Entry, output: IO[bytes]) -> None:
    if isinstance(entry.content, bytes):  # what was hashed is what is here
        output.write(entry.content)
        output.write(b"\0" * (-entry.size % BLOCK))
        return
    made, size = hashlib.sha256(), 0
    for block in entry.blocks():
        made.update(block)
        size += len(block)
        output.write(block)
    if (made.hexdigest(), size) != (entry.sha256, entry.size):
        raise ErgonError(f"{path} changed while it was packaged", next="try again when nobody writes there")
    output.write(b"\0" * (-size % BLOCK))


@contextmanager
def drafted(target: Path) -> Iterator[IO[bytes]]:
    """A file that is there whole or not at all."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name[:40]}.", dir=target.parent)
    draft = Path(name)
    try:
        with os.fdopen(handle, "w+b", buffering=1024 * 1024) as file:
            yield file
        draft.chmod(0o644)
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def store(changes: Changes, folder: Path, *, at: int, says: str = "", told: Told | None = None) -> Layer:
    """The layer of these changes, in `folder` under its digest."""
    return stored(changes, folder, at=at, says=says, told=told)[0]


def stored(changes: Changes, folder: Path, *, at: int, says: str = "", told: Told | None = None) -> tuple[Layer, Tree]:
    """The layer, and its entries with their contents in it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f".layer-{os.getpid()}-{os.urandom(4).hex()}"
    try:
        with draft.open("w+b", buffering=1024 * 1024) as file:
            hashing = _Hashing(file)
            places = write(changes, hashing, at=at, told=told)  # type: ignore[arg-type]
        digest = hashing.made.hexdigest()
        target = folder / f"{digest}.tar"
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    name = os.fsencode(target)
    tree = {
        path: replace(entry, content=Slice(name, places[path], entry.size)) if path in places else entry
        for path, entry in changes.items()
        if entry is not None
    }
    return Layer(f"sha256:{digest}", hashing.size, target, says), tree


class _Hashing:
    """A file that knows the digest of what was written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.made, self.size = file, hashlib.sha256(), 0

    def write(self, block: bytes) -> int:
        self.made.update(block)
        self.size += len(block)
        return self._file.write(block)

    def tell(self) -> int:
        return self.size


def entries(path: Path, *, at: int = 0) -> Iterator[tuple[str, Entry | None]]:
    """What a layer's tar says, contents left where they lie. A file that is a hard link becomes a copy. `at`: where in
    the file the tar begins."""
    seen: dict[str, Entry] = {}
    kinds = {value: key for key, value in TYPES.items()}
    with path.open("rb") as file:
        file.seek(at)
        with tarfile.open(fileobj=file, mode="r:") as tar:
            for member in tar:
                name = "/".join(part for part in member.name.split("/") if part not in ("", "."))
                folder, _, last = name.rpartition("/")
                if last.startswith(WHITEOUT):
                    yield f"{folder}/{last[len(WHITEOUT) :]}" if folder else last[len(WHITEOUT) :], None
                    continue
                entry = _of_member(member, path, seen, kinds)
                if name and entry is not None:
                    seen[name] = entry
                    yield name, entry


def _of_member(member: tarfile.TarInfo, path: Path, seen: dict[str, Entry], kinds: dict[bytes, str]) -> Entry | None:
    if member.islnk():
        return seen.get("/".join(part for part in member.linkname.split("/") if part not in ("", ".")))
    capability = member.pax_headers.get(CAPABILITY, "")
    owner = (stat_mode(member), member.uid, member.gid)
    if member.isreg():
        content = Slice(os.fsencode(path), member.offset_data, member.size)
        made = hashlib.sha256()
        for block in content.read():
            made.update(block)
        return Entry("file", *owner, "", made.hexdigest(), member.size, capability, content=content)
    kind = kinds.get(member.type)
    if kind is None:
        return None
    device = (member.devmajor, member.devminor) if kind in ("char", "block") else (0, 0)
    return Entry(kind, *owner, member.linkname if kind == "link" else "", capability=capability, device=device)  # type: ignore[arg-type]


def stat_mode(member: tarfile.TarInfo) -> int:
    return 0o777 if member.issym() else member.mode & 0o7777


def save_index(tree: Tree, target: Path) -> None:
    """A tree whose contents lie in files, to be read again in milliseconds."""
    rows = [[path, *_row(entry)] for path, entry in tree.items()]
    with drafted(target) as file:
        file.write(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode())


def _row(entry: Entry) -> list[object]:
    content = entry.content
    assert isinstance(content, Slice) or not entry.size
    held = [os.fsdecode(content.path), content.offset, content.size] if isinstance(content, Slice) else 0
    plain = [entry.kind, entry.mode, entry.uid, entry.gid, entry.target, entry.sha256, entry.size, entry.capability]
    return [*plain, list(entry.device), held]


def load_index(kept: Path) -> Tree:
    """Raises OSError, ValueError."""
    made: Tree = {}
    for path, kind, mode, uid, gid, target, sha256, size, capability, device, content in json.loads(kept.read_bytes()):
        held = Slice(os.fsencode(content[0]), content[1], content[2]) if content else b""
        made[path] = Entry(kind, mode, uid, gid, target, sha256, size, capability, (device[0], device[1]), held)
    return made
