"""Two images of the same inputs, file by file: what differs, and why that may be."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, Protocol

from ergon_ops.dataclass import dataclass
from ergon_ops.packaging.image import layers
from ergon_ops.packaging.image.entries import Entry, Tree, applied

Status = Literal["reproducible", "reproducible-except", "not-reproducible", "not-verified"]
LARGEST = 4 * 1024 * 1024  # of a larger file only the beginning is looked at
UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
MOMENT = re.compile(
    rb"(?:19|20)\d\d[-/.]?(?:0\d|1[0-2])[-/.]?[0-3]\d|\b[0-2]?\d:[0-5]\d(?::[0-5]\d)?\b|\b1[6-9]\d{8}(?:\.\d+|\d{3})?\b"
    rb"|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b"
)
PLACE = re.compile(rb"/(?:tmp|var/tmp|home|root|build)/[^\s\"'\0]+")


class Accepted(Protocol):
    """A pattern of paths that may differ, and why that is accepted."""

    @property
    def path(self) -> str: ...
    @property
    def reason(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Difference:
    """`path` begins with /; `change`: content, added, removed, mode, owner, kind. `accepted` is the manifest's
    reason."""

    path: str
    change: str
    cause: str
    accepted: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"path": self.path, "change": self.change, "cause": self.cause, "accepted": self.accepted}


@dataclass(frozen=True, slots=True)
class Comparison:
    """`other` is the digest of the image that came out instead."""

    status: Status
    differences: tuple[Difference, ...] = ()
    other: str = ""

    @property
    def detail(self) -> str:
        if self.status == "reproducible":
            return "two builds in varied surroundings are the same image"
        open_ones = [item for item in self.differences if not item.accepted]
        shown = ", ".join(f"{item.path} ({item.cause or item.change})" for item in (open_ones or self.differences)[:3])
        return f"{len(self.differences)} differ: {shown}"


def compare(one: Path, other: Path, accepted: Sequence[Accepted] = ()) -> Comparison:
    """Two archives of ours. Raises OSError, KeyError for what is none."""
    found = [judged(item, accepted) for item in _differences(files_of(one), files_of(other))]
    if not found and _configuration(one) != _configuration(other):
        found = [Difference("", "configuration", "the files are the same, how it is run is not")]
    if not found:
        return Comparison("reproducible")
    return Comparison(status_of([item.to_json() for item in found]), tuple(found))


def between(one: Path, other: Path, accepted: Sequence[Accepted] = ()) -> Comparison:
    """As `compare`, of two that are not the same bytes: where the files do not tell, that is said."""
    found = compare(one, other, accepted)
    if found.differences:
        return found
    return Comparison("not-reproducible", (Difference("", "layers", "the files are the same, how they lie is not"),))


def status_of(difference: Sequence[Mapping[str, Any]]) -> Status:
    return "reproducible-except" if all(item["accepted"] for item in difference) else "not-reproducible"


def _configuration(archive: Path) -> Any:
    """Without the digests of the layers, which follow from the files."""
    with tarfile.open(archive) as tar:
        said = json.loads(_read(tar, json.loads(_read(tar, "manifest.json"))[0]["Config"]))
    return {key: value for key, value in said.items() if key != "rootfs"}


def files_of(archive: Path) -> Tree:
    """The whole file system of an archive's image; contents stay where they lie."""
    made: Tree = {}
    with tarfile.open(archive) as tar:
        for name in json.loads(_read(tar, "manifest.json"))[0]["Layers"]:
            made = applied(made, dict(layers.entries(archive, at=tar.getmember(name).offset_data)))
    return made


def _read(tar: tarfile.TarFile, name: str) -> bytes:
    reader = tar.extractfile(name)
    return reader.read() if reader else b""


def _differences(one: Mapping[str, Entry], other: Mapping[str, Entry]) -> Iterator[Difference]:
    for path in sorted({*one, *other}):
        was, now = one.get(path), other.get(path)
        if was is None or now is None:
            word = "added" if was is None else "removed"
            yield Difference(f"/{path}", word, "its name is made anew each time" if UUID.search(path.encode()) else "")
        elif was.identity != now.identity:
            yield Difference(f"/{path}", *_change(path, was, now))


def _change(path: str, was: Entry, now: Entry) -> tuple[str, str]:
    if was.kind != now.kind:
        return "kind", ""
    if was.sha256 != now.sha256:
        return "content", cause(path, _content(was), _content(now))
    if was.target != now.target:
        return "content", "a link to another place"
    if was.mode != now.mode:
        return "mode", "the umask of whoever built it"
    return "owner", "the user of whoever built it"


def _content(entry: Entry) -> bytes:
    made = b""
    for block in entry.blocks():
        made += block
        if len(made) > LARGEST:
            break
    return made


def cause(path: str, was: bytes, now: bytes) -> str:
    """The likely one, from what differs; '' where nothing tells."""
    if path.endswith(".pyc"):
        return "compiled Python holds times, paths or an order of its own"
    if was[:2] == now[:2] == b"\x1f\x8b" and was[4:8] != now[4:8]:
        return "time in a gzip header"
    if was[:4] == now[:4] == b"PK\x03\x04":
        return "times or order in a zip archive"
    if was[:16] == now[:16] == b"SQLite format 3\0":
        return "a database file"
    if sorted(was.splitlines()) == sorted(now.splitlines()):
        return "order: the same lines, arranged otherwise"
    return _of_parts(*_apart(was, now))


def _of_parts(was: bytes, now: bytes) -> str:
    """`was` and `now` are what is around the places that differ."""
    if UUID.search(was) and UUID.search(now):
        return "random: an identifier made anew"
    if PLACE.search(was) and PLACE.search(now) and PLACE.findall(was) != PLACE.findall(now):
        return "path: a temporary or home folder"
    if MOMENT.search(was) and MOMENT.search(now):
        return "time: a date or a clock"
    if was and _scattered(was) and _scattered(now):
        return "random: bytes without any pattern"
    if re.fullmatch(rb"[\d\s.,:]+", was.strip() or b"x") and re.fullmatch(rb"[\d\s.,:]+", now.strip() or b"x"):
        return "a number: a time, a process or a random one"
    return ""


def _apart(was: bytes, now: bytes) -> tuple[bytes, bytes]:
    """The parts between the first and the last difference, with 40 bytes around."""
    start = next((at for at, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), min(len(was), len(now)))
    end = 0
    while end < min(len(was), len(now)) - start and was[-1 - end] == now[-1 - end]:
        end += 1
    begin, after = max(0, start - 40), max(0, end - 40)
    return was[begin : len(was) - after][:400], now[begin : len(now) - after][:400]


def _scattered(part: bytes) -> bool:
    """No text: many bytes that nobody writes, or hex or base64 without a word."""
    odd = sum(byte < 9 or byte > 126 for byte in part)
    return odd > len(part) / 4 or bool(re.fullmatch(rb"\s*[0-9a-fA-F]{16,}\s*|\s*[A-Za-z0-9+/=_-]{20,}\s*", part))


def judged(item: Difference, accepted: Sequence[Accepted]) -> Difference:
    reason = next((row.reason for row in accepted if fnmatchcase(item.path, row.path)), "")
    return Difference(item.path, item.change, item.cause, reason)
