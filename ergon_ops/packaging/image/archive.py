"""An image as one file that is both an OCI layout and what `docker load` reads, down to engine 20.10."""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from ergon_ops.dataclass import dataclass
from ergon_ops.manifest.canonical import canonical
from ergon_ops.packaging.image.configuration import OCI, Image
from ergon_ops.packaging.image.entries import CHUNK, Entry
from ergon_ops.packaging.image.following import following
from ergon_ops.packaging.image.layers import BLOCK, RECORD, drafted, header

ENDING = ".oci.tar"
PIECE = 8 * CHUNK


@dataclass(frozen=True, slots=True)
class Blob:
    """A member of the archive: its bytes, or the file they lie in."""

    name: str
    size: int
    content: bytes | Path


def write(image: Image, target: Path, *, tag: str, epoch: int, told: Callable[[int, int], None] | None = None) -> str:
    """Whole or not at all: the archive's own digest. `tag` is what an engine calls it; no digest of the image holds it.
    `told` gets bytes done and in all."""
    blobs = list(_blobs(image, tag))
    total, done = sum(blob.size for blob in blobs), 0
    with drafted(target) as output, following(output) as follower:
        for name in ("blobs", "blobs/sha256"):
            output.write(header(name, Entry("folder", 0o755), at=epoch))
        for blob in blobs:
            output.write(header(blob.name, Entry("file", 0o644, size=blob.size), at=epoch))
            if isinstance(blob.content, bytes):
                output.write(blob.content)
            else:
                _copy(blob.content, output, blob.size, follower.reached)
            output.write(b"\0" * (-blob.size % BLOCK))
            done += blob.size
            if told:
                told(done, total)
        output.write(b"\0" * 2 * BLOCK)
        output.write(b"\0" * (-output.tell() % RECORD))
        output.flush()
        return follower.digest(output.tell())


def _blobs(image: Image, tag: str) -> Iterator[Blob]:
    def at(digest: str) -> str:
        return f"blobs/sha256/{digest.removeprefix('sha256:')}"

    described = {"mediaType": f"{OCI}.manifest.v1+json", "digest": image.digest, "size": len(image.manifest)}
    named = {"annotations": {"io.containerd.image.name": full_name(tag), "org.opencontainers.image.ref.name": tag}}
    index = {"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": [{**described, **named}]}
    docker = [
        {
            "Config": at(image.config_digest),
            "RepoTags": [tag],
            "Layers": [at(layer.digest) for layer in image.layers],
        }
    ]
    whole = {"oci-layout": {"imageLayoutVersion": "1.0.0"}, "index.json": index, "manifest.json": docker}
    for name, document in whole.items():
        text = canonical(document)
        yield Blob(name, len(text), text)
    yield Blob(at(image.config_digest), len(image.config), image.config)
    yield Blob(at(image.digest), len(image.manifest), image.manifest)
    for digest, layer in {layer.digest: layer for layer in image.layers}.items():
        yield Blob(at(digest), layer.size, layer.path)


def full_name(tag: str) -> str:
    """As containerd's store wants it: with the registry that a name without one is of."""
    return f"docker.io/{tag}" if "/" in tag else f"docker.io/library/{tag}"


def _copy(path: Path, output: IO[bytes], size: int, reached: Callable[[int], None]) -> None:
    """By the kernel where it can. Raises OSError for a file that is shorter than it was."""
    output.flush()
    at = output.tell()
    with path.open("rb") as source:
        left = size
        while left:
            try:
                moved = os.copy_file_range(source.fileno(), output.fileno(), min(left, PIECE))
            except OSError:
                moved = 0
            if not moved:
                break
            left -= moved
            reached(at + size - left)
        if left:
            source.seek(size - left)
            output.seek(0, os.SEEK_END)
            while left and (block := source.read(min(CHUNK, left))):
                output.write(block)
                left -= len(block)
    if left:
        raise OSError(f"{path} is shorter than it was")
    output.seek(0, os.SEEK_END)


def image_digest(path: Path) -> str:
    """Of the image in an archive of ours; '' where none can be read."""
    try:
        with tarfile.open(path, "r:") as tar:
            reader = tar.extractfile("index.json")
            return str(json.load(reader)["manifests"][0]["digest"]) if reader else ""
    except (OSError, tarfile.TarError, ValueError, LookupError, TypeError):
        return ""
