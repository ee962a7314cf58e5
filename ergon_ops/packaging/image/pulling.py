"""An image of a registry, byte for byte: what it is called, and its layers on the shelf, each proven by its sha256."""

from __future__ import annotations

import gzip
import hashlib
import json
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import IO, Any

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError
from ergon_ops.packaging.image.entries import CHUNK
from ergon_ops.packaging.image.layers import Layer, drafted
from ergon_ops.packaging.image.references import DIGEST, Reference, RegistryAway
from ergon_ops.packaging.image.registries import Registry
from ergon_ops.packaging.image.shelf import Shelf, sha256_of

OCI, DOCKER = "application/vnd.oci.image", "application/vnd.docker.distribution"
INDEXES = (f"{OCI}.index.v1+json", f"{DOCKER}.manifest.list.v2+json")
MANIFESTS = (f"{OCI}.manifest.v1+json", f"{DOCKER}.manifest.v2+json")
PLAIN = (f"{OCI}.layer.v1.tar", "application/vnd.docker.image.rootfs.diff.tar")
ZIPPED = (f"{OCI}.layer.v1.tar+gzip", "application/vnd.docker.image.rootfs.diff.tar.gzip")
PULL_S = 1800.0
LARGEST_LAYER = 16 * 1024**3
TRIES, PAUSE_S = 3, 0.5
Told = Callable[[int, int], None]  # bytes done, and in all


@dataclass(frozen=True, slots=True)
class Found:
    """`digest` is of what the name stands for, the list of all platforms if there is one; `config` and `layers` are of
    one platform, the latter as the manifest describes them."""

    reference: Reference
    digest: str
    config_digest: str
    config: Mapping[str, Any]
    layers: Sequence[Mapping[str, Any]]

    @property
    def name(self) -> str:
        """By which a registry gives this very image again."""
        return f"{self.reference.name}@{self.digest}"

    @property
    def size(self) -> int:
        return sum(int(layer["size"]) for layer in self.layers)


def look(reference: Reference, platform: str) -> Found:
    """What a registry has of that name. Raises RegistryAway, RegistryRefused; ErgonError for what is not as it says."""
    registry = Registry(reference)
    kind, body, digest = _manifest(registry, reference.wanted)
    top = digest
    if kind in INDEXES:
        kind, body, digest = _manifest(registry, _of_platform(body, platform, reference))
    if kind not in MANIFESTS:
        raise ErgonError(f"{reference.name} is of a form that is not read here: {kind[:80]}", next="use an engine")
    try:
        config_digest = _sound(body["config"]["digest"])
        layers = [dict(layer, digest=_sound(layer["digest"]), size=int(layer["size"])) for layer in body["layers"]]
        text, _ = registry.text(f"blobs/{config_digest}")
        _prove(text, config_digest, reference)
        config = json.loads(text)
        own = f"{config['os']}/{config['architecture']}"
        if len([_sound(diff) for diff in config["rootfs"]["diff_ids"]]) != len(layers):
            raise ValueError("its layers are not those of its configuration")
    except (KeyError, TypeError, ValueError) as error:
        raise ErgonError(f"{reference.name} is not described as an image is: {error}", next="use an engine") from error
    if own != "/".join(platform.split("/")[:2]):
        raise ErgonError(f"{reference.name} is made for {own}, not for {platform}", next="name one that is")
    return Found(reference, top, config_digest, config, layers)


def _manifest(registry: Registry, wanted: str) -> tuple[str, Any, str]:
    """Type, document and digest. One that was asked for by its digest has it."""
    text, kind = registry.text(f"manifests/{wanted}", accept=", ".join((*INDEXES, *MANIFESTS)))
    digest = f"sha256:{hashlib.sha256(text).hexdigest()}"
    if DIGEST.fullmatch(wanted) and digest != wanted:
        raise ErgonError(f"the registry {registry.host} gives another manifest than {wanted}", next="trust it no more")
    try:
        body = json.loads(text)
        return str(body.get("mediaType") or kind), body, digest
    except (ValueError, AttributeError) as error:
        raise RegistryAway(f"the registry {registry.host} gives no manifest", next="is it a registry?") from error


def _of_platform(body: Any, platform: str, reference: Reference) -> str:
    system, machine = platform.split("/")[:2]
    try:
        rows = [(row["platform"]["os"], row["platform"]["architecture"], row["digest"]) for row in body["manifests"]]
    except (KeyError, TypeError) as error:
        raise ErgonError(f"{reference.name} is not described as a list of images is", next="use an engine") from error
    found = next((digest for own, kind, digest in rows if (own, kind) == (system, machine)), None)
    if found is None:
        there = ", ".join(sorted({f"{own}/{kind}" for own, kind, _ in rows if own != "unknown"})) or "nothing"
        raise ErgonError(f"{reference.name} is not made for {platform}", next=f"it is there for {there}")
    return _sound(found)


def _sound(digest: Any) -> str:
    if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        raise ValueError(f"{digest!r:.80} is no sha256")
    return digest


def _prove(content: bytes, digest: str, reference: Reference) -> None:
    if f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
        raise ErgonError(f"the registry {reference.host} gives other bytes than {digest}", next="trust it no more")


def pull(found: Found, shelf: Shelf, told: Told, stop: Event) -> tuple[Layer, ...]:
    """Its layers, unpacked to plain tars. `stop` ends it between two reads. Raises ErgonError."""
    registry, ends, done, made = Registry(found.reference), time.monotonic() + PULL_S, 0, list[Layer]()
    for about, diff in zip(found.layers, found.config["rootfs"]["diff_ids"], strict=True):
        before = done

        def tell(size: int, before: int = before) -> None:
            if stop.is_set() or time.monotonic() > ends:
                raise ErgonError(f"{found.reference.name} was not pulled within {PULL_S / 60:.0f} minutes")
            told(before + size, found.size)

        made.append(_layer(registry, about, _sound(diff), shelf, tell))
        done += about["size"]
    return tuple(made)


def _layer(registry: Registry, about: Mapping[str, Any], diff: str, shelf: Shelf, tell: Callable[[int], None]) -> Layer:
    target = shelf.layers / f"{diff.removeprefix('sha256:')}.tar"
    if target.is_file() and f"sha256:{sha256_of(target)}" == diff:  # another image brought it
        return Layer(diff, target.stat().st_size, target, "base")
    kind = str(about.get("mediaType"))
    if kind not in (*PLAIN, *ZIPPED):
        text = f"a layer of the base image is of a form that is not read here: {kind[:80]}"
        raise ErgonError(text, next="use an engine that has the image")
    for number in range(TRIES):
        try:
            with registry.opened(f"blobs/{about['digest']}") as reply, drafted(target) as file:
                size = _unpacked(_Read(reply, tell), about, diff, file, zipped=kind in ZIPPED)
            return Layer(diff, size, target, "base")
        except RegistryAway:
            if number + 1 == TRIES:
                raise
            time.sleep(PAUSE_S * (1 + 2 * number))
    raise AssertionError("unreachable")


class _Read:
    """A reply that is hashed, counted and told of while somebody reads it."""

    def __init__(self, reply: IO[bytes], tell: Callable[[int], None]) -> None:
        self._reply, self._tell, self._made, self.size = reply, tell, hashlib.sha256(), 0

    def read(self, size: int = CHUNK) -> bytes:
        block = self._reply.read(min(size, CHUNK) if size > 0 else CHUNK)
        self._made.update(block)
        self.size += len(block)
        self._tell(self.size)
        return block

    def prove(self, about: Mapping[str, Any]) -> None:
        """What is left counts as well. A reply that ended early is asked for again."""
        while self.read():
            pass
        if self.size < about["size"]:
            raise OSError(f"it ended after {self.size} of {about['size']} bytes")
        if f"sha256:{self._made.hexdigest()}" != about["digest"]:
            raise ErgonError(f"the registry gives other bytes than {about['digest']}", next="trust it no more")


def _unpacked(reading: _Read, about: Mapping[str, Any], diff: str, target: IO[bytes], *, zipped: bool) -> int:
    """First what was sent is proven, then what it unpacks to."""
    raw: Any = reading
    source = gzip.GzipFile(fileobj=raw) if zipped else raw
    made, size = hashlib.sha256(), 0
    try:
        while block := source.read(CHUNK):
            made.update(block)
            size += len(block)
            if size > LARGEST_LAYER:
                raise ErgonError("a layer of the base image unpacks to more than 16 GiB")
            target.write(block)
    except (EOFError, zlib.error, gzip.BadGzipFile):  # cut or changed on the way, or never what it is said to be
        reading.prove(about)
    reading.prove(about)
    if f"sha256:{made.hexdigest()}" != diff:
        raise ErgonError(f"a layer of the base image is not what its configuration says: {diff}")
    return size
