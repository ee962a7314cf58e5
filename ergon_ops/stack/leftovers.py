"""What a killed proof or build left on an engine: found by labels and a trail, and removed when its owner is dead.

Labels are on containers, networks and images. The layers of a build's stages have none before they are whole, so their
ids are written down as they are made.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ergon_ops.changes.owner import OWNER, is_dead, is_near, this_process
from ergon_ops.errors import ErgonError
from ergon_ops.packaging.image.running import LABEL as BUILD
from ergon_ops.stack.up import Engine

PROOF = "io.ergon-ops.proof"
OURS = frozenset({PROOF, BUILD, OWNER})
TRAILS = "proofs"
LONGEST_S = 2 * 3600.0  # no proof and no command of a build lasts longer
DATED = 1_000_000_000.0  # an image that claims to be older has a time that was chosen, not its own
PASSES = 5


def labels_of(mark: str) -> dict[str, str]:
    return {PROOF: mark, OWNER: this_process()}


class Trail:
    """The layers that one proof made, while it makes them; gone when they are."""

    def __init__(self, cache: Path, mark: str) -> None:
        self._path = cache / TRAILS / f"{mark}.json"

    def hold(self, layers: Iterable[str]) -> None:
        """A cache that cannot be written costs the trail, not the proof."""
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = self._path.with_suffix(".draft")
            draft.write_text(json.dumps({"owner": this_process(), "layers": list(layers)}))
            draft.replace(self._path)

    def end(self) -> None:
        self._path.unlink(missing_ok=True)


async def sweep(engine: Engine, cache: Path, *, now: float | None = None) -> tuple[str, ...]:
    """The names of what was removed. What cannot be removed is left for the next time; raises EngineError where no
    engine answers."""
    now = time.time() if now is None else now
    gone: list[str] = []
    living: set[str] = set()
    networks = await engine.writes.networks(label=PROOF)  # first: whose they are was there before them
    for row in await engine.reads.containers():
        if not OURS.intersection(row.labels):
            continue
        if not _abandoned(row.labels, row.created_at, now):
            living.add(row.labels.get(PROOF, ""))
            continue
        with contextlib.suppress(ErgonError):
            await engine.writes.remove(row.id, force=True, volumes=True)
            gone.append(row.ref.short)
    images = {row.id: row for label in sorted(OURS) for row in await engine.images.listed(label=label)}.values()
    living |= {row.labels.get(PROOF, "") for row in images if not _abandoned(row.labels, row.created_at, now)}
    for name in networks:
        if name.removesuffix("-net") not in living:
            with contextlib.suppress(ErgonError):
                await engine.writes.remove_network(name)
                gone.append(name)
    dead = [row for row in images if _abandoned(row.labels, row.created_at, now)]
    gone += await _removed(engine, [name for row in dead for name in row.tags or (row.id,)])
    return (*gone, *await _trails(engine, cache, now))


def _abandoned(labels: Mapping[str, str], created_at: float, now: float) -> bool:
    """Its process is dead, as far as that can be seen from here; of others only age tells."""
    owner = labels.get(OWNER, "")
    return is_dead(owner) if is_near(owner) else DATED < created_at < now - LONGEST_S


async def _removed(engine: Engine, images: Iterable[str]) -> list[str]:
    """An image goes after those made from it."""
    left, gone = list(dict.fromkeys(images)), list[str]()
    for _ in range(PASSES):
        before = len(gone)
        for name in left:
            with contextlib.suppress(ErgonError):
                await engine.images.remove_image(name)
                gone.append(name)
        left = [name for name in left if name not in gone]
        if not left or len(gone) == before:
            break
    return [name.removeprefix("sha256:")[:12] if name.startswith("sha256:") else name for name in gone]


async def _trails(engine: Engine, cache: Path, now: float) -> list[str]:
    """One whose layers are still in use is followed again, as long as they can be its own."""
    gone: list[str] = []
    for path in sorted((cache / TRAILS).glob("*.json")):
        try:
            document, held_at = json.loads(path.read_bytes()), path.stat().st_mtime
            owner, layers = str(document["owner"]), [str(id) for id in document["layers"]]
        except (OSError, ValueError, KeyError, TypeError):
            owner, layers, held_at = "", [], 0.0
        if owner and not is_dead(owner):
            continue
        there = await _grown(engine, layers)
        removed = await _removed(engine, there)
        gone += removed
        if len(removed) == len(there) or held_at < now - LONGEST_S:
            path.unlink(missing_ok=True)
    return gone


async def _grown(engine: Engine, layers: Sequence[str]) -> list[str]:
    """Those that are still there, the latest first, after the step that was under way when nobody listened any more."""
    there = {id: layer for layer in layers if (id := await engine.images.image_id(layer)) is not None}
    after = [row.id for row in await engine.images.listed() if row.parent in there and row.id not in there]
    return [*after, *reversed(there.values())]
