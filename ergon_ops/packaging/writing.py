"""Files of ours in a project that is somebody else's: whole or not at all, and never over what a person wrote."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from pathlib import Path

from ergon_ops.errors import ErgonError, UsageError

WRITTEN = "# Written by ergon-ops"  # how a file of ours begins
SUM = "# Whoever changes it keeps it; unchanged it adds up to "


def signed(text: str) -> str:
    """Of ours, with a second line that tells whether somebody changed it since."""
    head, _, rest = text.partition("\n")
    return f"{head}\n{SUM}{_sum(rest)}.\n{rest}"


def by_us(text: str) -> bool:
    """Written by us and left as it was: it may be written anew, and proves nothing."""
    if not text.startswith(WRITTEN):
        return False
    _, _, rest = text.replace("\r\n", "\n").partition("\n")
    told = re.match(rf"{re.escape(SUM)}(\w+)\.\n", rest)
    return told is None or told[1] == _sum(rest[told.end() :])


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


def refuse_overwrite(path: Path, *, force: bool) -> None:
    """Raises UsageError for a file that is there, unless forced."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder", next="name a file")
    if path.exists() and not force:
        raise UsageError(f"{path} is there already", next="--force writes a new one and keeps the old beside it")


def write_beside(path: Path, text: str, *, force: bool) -> Path | None:
    """Writes `text`; of a file that was there a copy is kept, and its path given back. One that says the same already
    is left alone. Raises UsageError, ErgonError."""
    if path.is_file() and _says(path, text):
        return None
    refuse_overwrite(path, force=force)
    try:
        kept = _kept(path) if path.exists() else None
    except OSError as error:
        raise _unwritten(path, error) from error
    replace_text(path, text)
    return kept


def replace_text(path: Path, text: str) -> None:
    """The whole text or what was there before. Raises ErgonError."""
    try:
        if not (path.is_file() and _says(path, text)):
            _replace(path, text)
    except OSError as error:
        raise _unwritten(path, error) from error


def _unwritten(path: Path, error: OSError) -> ErgonError:
    step = "check the folder, its permissions and the free space"
    return ErgonError(f"{path} cannot be written: {error.strerror}", next=step)


def _says(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False


def _kept(path: Path) -> Path:
    """A copy under the first free name: `Dockerfile.1.bak`."""
    number = 1
    while (copy := path.with_name(f"{path.name}.{number}.bak")).exists():
        number += 1
    copy.write_bytes(path.read_bytes())
    return copy


def _replace(path: Path, text: str) -> None:
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(draft).unlink()
        raise
