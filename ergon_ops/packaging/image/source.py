"""The files of a context as an image gets them, and their digest.

Neither time nor owner nor order nor a umask counts: a file is its path, its bytes and whether it may be executed.
Names are read as bytes and must be UTF-8, whatever the locale says.
"""

from __future__ import annotations

import hashlib
import os
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from pathlib import Path

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import UsageError
from ergon_ops.packaging.analysis.secrets import NAMES
from ergon_ops.packaging.image.entries import CHUNK, Entry, Slice, Tree, folder
from ergon_ops.packaging.image.ignoring import Ignore, own_patterns

LARGEST_FILE = 1024**3
MOST_FILES = 200_000
KEPT = 64 * 1024  # smaller files are kept in memory, so that what was hashed is what is written
MOST_KEPT = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """`files` are the entries by path; `secrets` and `left_out` are paths that stay out, for people to know."""

    files: Tree
    digest: str
    bytes: int
    secrets: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Walk:
    root: bytes
    ignore: Ignore
    found: dict[str, Entry] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    kept: int = 0
    bytes: int = 0


def read(context: Path, ignore: Iterable[str], *, progress: Callable[[int, int], None] | None = None) -> Source:
    """`progress` is told files and bytes now and then. Raises UsageError that names every file that is in the way:
    unreadable, too large, a link out of the context, a name that not every system can hold."""
    root = os.path.realpath(os.fsencode(context))
    if not os.path.isdir(root):
        word = "is no folder" if os.path.exists(root) else "is not there"
        raise UsageError(f"{context} {word}", next="name the folder that the sources are in")
    walk = _Walk(root, Ignore((*ignore, *own_patterns(context))))
    for path, entry in _entries(walk):
        _take(walk, path, entry)
        if progress and len(walk.found) % 1000 == 0:
            progress(len(walk.found), walk.bytes)
        if len(walk.found) > MOST_FILES:
            raise UsageError(f"{context} has more than {MOST_FILES} files", next="leave some out in .dockerignore")
    walk.problems += _collisions(walk.found)
    if walk.problems:
        step = "remove or repair them, or name them in .dockerignore or in packaging.ignore"
        more = f" and {len(walk.problems) - 5} more" if len(walk.problems) > 5 else ""
        raise UsageError("; ".join(walk.problems[:5]) + more, next=step, details={"problems": walk.problems})
    files = dict(sorted(walk.found.items()))
    return Source(files, digest_of(files), walk.bytes, tuple(sorted(walk.secrets)), tuple(sorted(walk.notes)))


def digest_of(files: Tree) -> str:
    """sha256 over the sorted lines `kind mode path\\0sha256-or-target\\n` of files and links; folders do not count."""
    made = hashlib.sha256()
    for path in sorted(files):
        item = files[path]
        if item.kind in ("file", "link"):
            mode = "link" if item.kind == "link" else f"{item.mode:o}"
            made.update(f"{item.kind} {mode} {path}\0{item.target or item.sha256}\n".encode())
    return f"sha256:{made.hexdigest()}"


def _entries(walk: _Walk) -> Iterator[tuple[str, os.DirEntry[bytes]]]:
    todo = [""]
    while todo:
        inner = todo.pop()
        try:
            with os.scandir(os.path.join(walk.root, inner.encode())) as opened:
                entries = list(opened)
        except OSError as error:
            walk.problems.append(f"{inner or '.'} cannot be read ({error.strerror})")
            continue
        for entry in entries:
            try:
                path = f"{inner}/{entry.name.decode()}" if inner else entry.name.decode()
            except UnicodeDecodeError:
                walk.problems.append(f"{entry.name!r} in {inner or '.'} has a name that is not UTF-8")
                continue
            if entry.is_dir(follow_symlinks=False):
                if walk.ignore.exceptions or not walk.ignore(path):
                    todo.append(path)
            elif walk.ignore(path):
                if NAMES.match(path.rsplit("/", 1)[-1]):
                    walk.secrets.append(path)
            else:
                yield path, entry


def _take(walk: _Walk, path: str, entry: os.DirEntry[bytes]) -> None:
    """One file or link; anything else has no place in an image and is told of."""
    if NAMES.match(path.rsplit("/", 1)[-1]):  # whatever the ignore rules say
        walk.secrets.append(path)
        return
    try:
        found = entry.stat(follow_symlinks=False)
        if stat.S_ISLNK(found.st_mode):
            walk.found[path] = _link(walk, path, entry)
        elif not stat.S_ISREG(found.st_mode):
            walk.notes.append(f"{path} is a pipe, socket or device: it is left out")
        elif found.st_size > LARGEST_FILE:
            walk.problems.append(f"{path} is too large ({found.st_size / 1024**3:.1f} GiB, at most 1 GiB)")
        else:
            walk.found[path] = _file(walk, entry.path, found)
    except OSError as error:
        walk.problems.append(f"{path} cannot be read ({error.strerror})")
    except _Refused as error:
        walk.problems.append(str(error))


class _Refused(Exception):
    """A file that no image gets, and why."""


def _link(walk: _Walk, path: str, entry: os.DirEntry[bytes]) -> Entry:
    target = os.readlink(entry.path)
    real = os.path.realpath(entry.path)
    if target.startswith(b"/") or not (real == walk.root or real.startswith(walk.root + b"/")):
        raise _Refused(f"{path} is a link out of the folder")
    try:
        return Entry("link", 0o777, target=target.decode())
    except UnicodeDecodeError:
        raise _Refused(f"{path} is a link to a name that is not UTF-8") from None


def _file(walk: _Walk, path: bytes, found: os.stat_result) -> Entry:
    mode = 0o755 if found.st_mode & 0o111 else 0o644
    walk.bytes += found.st_size
    if found.st_size <= KEPT and walk.kept < MOST_KEPT:
        with open(path, "rb") as file:
            content = file.read()
        walk.kept += len(content)
        return Entry("file", mode, sha256=hashlib.sha256(content).hexdigest(), size=len(content), content=content)
    made, size = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while block := file.read(CHUNK):
            made.update(block)
            size += len(block)
    return Entry("file", mode, sha256=made.hexdigest(), size=size, content=Slice(path, 0, size))


def _collisions(files: Tree) -> Iterator[str]:
    """Names that are one on some systems: the image would depend on where it was checked out."""
    seen: dict[str, str] = {}
    for path in sorted(files):
        composed = unicodedata.normalize("NFC", path)
        if composed != path:
            yield f"{path} has a name that is not in NFC"
        other = seen.setdefault(composed.casefold(), path)
        if other != path:
            yield f"{path} and {other} are one name where case does not count"


def folders_of(files: Tree) -> Tree:
    """With the folders they lie in."""
    made = dict(files)
    for path in files:
        parts = path.split("/")
        for end in range(1, len(parts)):
            made.setdefault("/".join(parts[:end]), folder())
    return made
