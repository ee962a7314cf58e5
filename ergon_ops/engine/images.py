"""The real images: look up, pull, import a root filesystem, build with the classic builder, remove."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ergon_ops.engine import imagefiles
from ergon_ops.engine.caller import Caller
from ergon_ops.engine.connect import Endpoint
from ergon_ops.engine.protocols import OURS, Images, ListedImage, Progress, Transformation
from ergon_ops.errors import EngineConflict, ErgonError
from ergon_ops.redaction import neutralise, redact

if TYPE_CHECKING:
    from ergon_ops.engine.client import Client

DEADLINE_S = 10.0
LINE = 400
NO_REGISTRY = ("no such host", "network is unreachable", "connection refused", "i/o timeout", "timeout exceeded")


def open_images(endpoint: Endpoint) -> Images:
    """Connects on the first call."""
    return DockerImages(endpoint)


class DockerImages:
    def __init__(self, endpoint: Endpoint) -> None:
        self.host = endpoint.host
        self._caller = Caller(endpoint, threads=4)

    async def image_labels(self, tag: str) -> Mapping[str, str] | None:
        from docker.errors import ImageNotFound

        def look(api: Client) -> Mapping[str, str] | None:
            try:
                found: Mapping[str, str] = (_inspect(api, tag).get("Config") or {}).get("Labels") or {}
                return found
            except ImageNotFound:
                return None

        return await self._caller.call(look, deadline_s=DEADLINE_S, doing=f"look up image {tag}")

    async def listed(self, *, label: str = "") -> tuple[ListedImage, ...]:
        filters = {"label": [label]} if label else {"dangling": ["true"]}
        found = await self._caller.call(
            lambda api: api.fetch("/images/json", filters=filters), deadline_s=DEADLINE_S, doing="list images"
        )
        return tuple(_listed(row) for row in found)

    async def image_id(self, tag: str) -> str | None:
        found = await self._look(tag, "Id")
        return str(found) if found else None

    async def image_reference(self, tag: str) -> str | None:
        found = await self._look(tag, "RepoDigests")
        return str(found[0]) if found else None

    async def _look(self, tag: str, key: str) -> Any:
        from docker.errors import ImageNotFound

        def look(api: Client) -> Any:
            try:
                return _inspect(api, tag).get(key)
            except ImageNotFound:
                return None

        return await self._caller.call(look, deadline_s=DEADLINE_S, doing=f"look up image {tag}")

    async def save(self, tag: str, target: Path, *, deadline_s: float = 300.0) -> None:
        await self._caller.call(
            lambda api: imagefiles.save(api, tag, target), deadline_s=deadline_s, doing=f"save image {tag}"
        )

    async def load(self, archive: Path, *, deadline_s: float = 300.0) -> None:
        await self._caller.call(
            lambda api: imagefiles.load(api, archive), deadline_s=deadline_s, doing=f"load {archive.name}"
        )

    async def transform(self, work: Transformation, target: Path, *, progress: Progress, deadline_s: float) -> None:
        await imagefiles.transform(self._caller, work, target, progress=progress, deadline_s=deadline_s)

    async def pull(self, tag: str, *, progress: Progress, deadline_s: float = 600.0) -> None:
        """Raises EngineConflict where no registry answers or the image is unknown there."""
        repository, version = split_tag(tag)
        tell = on_loop(progress)

        def fetch(api: Client) -> None:
            for said in _steps(api.pull(repository, tag=version, stream=True, decode=True)):
                if said.get("progressDetail"):
                    continue  # bars, many a second
                tell(" ".join(str(said[key]) for key in ("id", "status") if said.get(key)))

        try:
            await self._caller.call(fetch, deadline_s=deadline_s, doing=f"pull {tag}")
        except EngineConflict as error:
            raise unpulled(tag, error) from None

    async def import_image(self, tar: Path, tag: str, *, changes: Sequence[str], deadline_s: float = 120.0) -> str:
        """A root filesystem as an image: its id. `changes` are Dockerfile lines such as `CMD ["sh"]`."""
        repository, version = split_tag(tag)

        def load(api: Client) -> str:
            said = api.import_image_from_file(str(tar), repository=repository, tag=version, changes=list(changes))
            last = list(_steps(map(json.loads, said.splitlines())))[-1]
            return str(last["status"])

        return await self._caller.call(load, deadline_s=deadline_s, doing=f"import {tag}")

    async def build(
        self,
        context: Path,
        tag: str,
        *,
        labels: Mapping[str, str],
        build_args: Mapping[str, str],
        progress: Progress,
        deadline_s: float = 600.0,
    ) -> str:
        """The new image's id. Intermediate containers are removed, also after a failure."""
        tell = on_loop(progress)

        def make(api: Client) -> str:
            steps = api.build(
                path=str(context),
                tag=tag,
                labels=dict(labels),
                buildargs=dict(build_args),
                rm=True,
                forcerm=True,
                decode=True,
            )
            for said in _steps(steps):
                tell(str(said.get("stream") or said.get("status") or ""))
            return str(_inspect(api, tag)["Id"])

        return await self._caller.call(make, deadline_s=deadline_s, doing=f"build {tag}")

    async def remove_image(self, tag: str) -> None:
        await self._caller.call(lambda api: api.remove_image(tag), deadline_s=60.0, doing=f"remove image {tag}")

    async def close(self) -> None:
        self._caller.close()


def split_tag(tag: str) -> tuple[str, str]:
    """Repository and tag; a colon before a slash is a registry's port. No tag means `latest`."""
    repository, colon, version = tag.rpartition(":")
    return (repository, version) if colon and "/" not in version else (tag, "latest")


def on_loop(progress: Progress) -> Progress:
    """`progress` called on this event loop, line by line, redacted and bounded; callable from any thread."""
    loop = asyncio.get_running_loop()

    def tell(text: str) -> None:
        for line in text.splitlines():
            if line.strip():
                loop.call_soon_threadsafe(progress, neutralise(redact(line.rstrip()), LINE))

    return tell


def unpulled(tag: str, error: EngineConflict) -> ErgonError:
    low = error.message.lower()
    if any(part in low for part in NO_REGISTRY):
        said = f"No registry answers, so {tag} cannot be pulled."
        return EngineConflict(said, next="check the network, or build or import the image", details=error.details)
    return EngineConflict(f"{tag} cannot be pulled: {error.message}", next=error.next, details=error.details)


def _inspect(api: Client, tag: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = api.fetch(f"/images/{quote(tag)}/json")
    return found


def _listed(row: Mapping[str, Any]) -> ListedImage:
    labels = {key: str(value) for key, value in (row.get("Labels") or {}).items() if key.startswith(OURS)}
    tags = tuple(tag for tag in row.get("RepoTags") or () if tag != "<none>:<none>")
    return ListedImage(str(row["Id"]), str(row.get("ParentId") or ""), tags, labels, float(row.get("Created") or 0))


def _steps(said: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    """The engine's progress documents. Raises EngineConflict at the one that is an error."""
    for step in said:
        if isinstance(step, dict):
            if step.get("error"):
                raise EngineConflict(neutralise(redact(str(step["error"])), LINE))
            yield step
