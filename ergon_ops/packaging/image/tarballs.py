"""Packages of npm as files: what is in their tarballs."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

from ergon_ops.errors import ErgonError
from ergon_ops.packaging.image.entries import Entry, cleaned, file

LARGEST = 1024**3


def unpacked(path: Path) -> Iterator[tuple[str, Entry]]:
    """A tarball's files without their first folder, as npm writes them. Raises ErgonError for an unsound one."""
    try:
        content = gzip.decompress(path.read_bytes())
        if len(content) > LARGEST:
            raise ErgonError(f"{path.name} unpacks to more than 1 GiB")
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            for member in tar:
                _, _, inner = member.name.partition("/")
                reader = tar.extractfile(member) if member.isreg() and inner else None
                if reader is not None:
                    yield cleaned(inner), file(reader.read(), 0o755 if member.mode & 0o111 else 0o644)
    except (OSError, EOFError, tarfile.TarError) as error:
        raise ErgonError(f"{path.name} is no sound package: {error}", next="lock anew: --lock") from error
