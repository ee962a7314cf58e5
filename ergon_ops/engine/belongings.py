"""What a container has beside its own document: its files on this host, and its image."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from ergon_ops.engine.documents import Document, text
from ergon_ops.engine.hostfiles import HostFiles
from ergon_ops.engine.inspection import is_alive
from ergon_ops.errors import EngineConflict, NoSuchContainer
from ergon_ops.facts import Reading, reading
from ergon_ops.refs import Ref

if TYPE_CHECKING:
    from ergon_ops.engine.client import Client

Look = Callable[[str, "Callable[[Client], Any]"], Awaitable[Any]]


class Belongings:
    """Images are remembered: what their documents say never changes."""

    def __init__(self, look: Look, files: HostFiles | None, clock: Callable[[], float]) -> None:
        self._look, self._files, self._clock = look, files, clock
        self._images: dict[str, Document] = {}

    def files(self, ref: Ref, document: Document, pid: int) -> list[Reading]:
        """The group `files`; empty where the engine's folders are not here or may not be looked into."""
        from ergon_ops.engine import insides

        if self._files is None:
            return []
        found = insides.readings(ref, document, at=self._clock()) if insides.local(document) else []
        if is_alive(document):
            found += self._files.held(ref, text(document, "Id"), pid)
        return found

    async def image(self, ref: Ref, document: Document) -> list[Reading]:
        """The group `image`; empty if the image is gone."""
        from ergon_ops.engine import hardening

        image = text(document, "Image")
        if image not in self._images:
            try:
                self._images[image] = await self._look(
                    "describe its image", lambda api: api.fetch(f"/images/{image}/json")
                )
            except (NoSuchContainer, EngineConflict):
                self._images[image] = {}
        at, told = self._clock(), self._images[image]
        rows = hardening.image(told, at, here=self._files is not None) if told else ()
        return [reading(ref, n, value, key=key, at=at, source=f"api:image#{path}") for n, key, value, path in rows]
