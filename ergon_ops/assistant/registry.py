"""What was built of what, what of it runs, and the hand-off of manifests to Tekton Ergon's registry."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ergon_ops import manifest
from ergon_ops.assistant.registering import first_engine, folder_of, opened, register
from ergon_ops.engine.reads import open_reads
from ergon_ops.errors import EngineError, UsageError
from ergon_ops.events import timestamp
from ergon_ops.manifest import Manifest
from ergon_ops.redaction import redact_json
from ergon_ops.settings import Settings
from ergon_ops.store import Store
from ergon_ops.store.builds import STATUSES, BuildRow, Violation
from ergon_ops.store.deliveries import Delivery
from ergon_ops.tekton.ergon import ErgonAway, ErgonRefused, address, local, store, unit

Document = dict[str, Any]


async def listed(settings: Settings) -> Document:
    """Everything, the latest first; and which container runs which image, as far as the engine answers."""
    running, failure = await _running(settings)
    with opened(settings) as kept:
        builds = kept.builds.all()
        known = kept.builds.by_image(list(running)) if running else {}
        return {
            "manifests": [
                {"digest": row.digest, "name": row.name, "registered_at": timestamp(row.registered_at)}
                for row in kept.manifests.all()
            ],
            "builds": [_told(row) for row in builds],
            "running": [
                {"container": name, "tag": known[id].tag, "build": known[id].id, "image_digest": known[id].image_digest}
                for id, names in running.items()
                if id in known
                for name in names
            ],
            "violations": [_violation(item) for item in kept.builds.violations()],
            "deliveries": [_delivery(item) for item in kept.deliveries.all()],
            "engine": failure,
        }


async def _running(settings: Settings) -> tuple[dict[str, list[str]], str | None]:
    """Names of running containers by image id; why there are none, if the engine did not say."""
    reads = open_reads(first_engine(settings))
    try:
        rows = await reads.containers()
    except EngineError as error:
        return {}, error.message
    finally:
        await reads.close()
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.running:
            found.setdefault(row.image_id, []).append(row.ref.short)
    return found, None


async def shown(settings: Settings, name: str) -> Document:
    """One image: all builds of it, its lock, its files, and where it runs. Raises UsageError for an unknown one."""
    running, failure = await _running(settings)
    with opened(settings) as kept:
        rows = kept.builds.find(name)
        if not rows:
            known = ", ".join(dict.fromkeys(row.tag for row in kept.builds.all()[:5])) or "none yet"
            raise UsageError(f"the registry has no image {name}", next=f"there is {known}")
        latest = _verified(rows[0], rows)
        lock = kept.builds.lock(latest.lock_digest)
        return {
            **_told(latest),
            "builds": [_told(row) for row in rows],
            "lock": json.loads(lock) if lock else None,
            "files": dict(kept.builds.files(latest.image_digest) or {}),
            "running": [*running.get(latest.config_digest, []), *running.get(latest.image_digest, [])],
            "archive_kept": os.path.exists(latest.archive),  # noqa: ASYNC240 one look
            "violations": [
                _violation(item) for item in kept.builds.violations() if item.input_digest == latest.input_digest
            ],
            "engine": failure,
        }


def _verified(latest: BuildRow, rows: Sequence[BuildRow]) -> BuildRow:
    """With what any build of the same bytes of the same inputs found out: it stays true of them."""
    same = (row.status for row in rows if (row.image_digest, row.tag) == (latest.image_digest, latest.tag))
    return replace(latest, status=max(same, key=STATUSES.index))


def _told(row: BuildRow) -> Document:
    return {**row.to_json(), "at": timestamp(row.at)}


def _violation(item: Violation) -> Document:
    return {**item.to_json(), "at": timestamp(item.at)}


def _delivery(item: Delivery) -> Document:
    times = {key: timestamp(at) if (at := getattr(item, key)) else None for key in ("queued_at", "tried_at", "sent_at")}
    return {**item.to_json(), **times}


# -- to Ergon


async def send(settings: Settings, path: Path | None) -> Document:
    """Queues a manifest (None: nothing new) and tries everything that waits. What cannot be sent now stays in line: the
    daemon tries again, and so does the next call. Raises ManifestError, UsageError."""
    endpoint = address(settings.ergon_url, Path(settings.tekton_root) if settings.tekton_root else None)
    digest = ""
    if path is not None:
        found = manifest.load(path)
        digest = found.digest()
        register(settings, found, path)
        with opened(settings) as kept:
            kept.deliveries.queue(digest, endpoint, _body(kept, found, path, endpoint))
    await asyncio.to_thread(deliver, settings)
    with opened(settings) as kept:
        rows = [kept.deliveries.get(digest, endpoint)] if digest else list(kept.deliveries.all())
        told = [_delivery(row) for row in rows if row is not None]
    return {"endpoint": endpoint, "deliveries": told, "waiting": sum(not row["sent_at"] for row in told)}


def _body(kept: Store, found: Manifest, path: Path, endpoint: str) -> str:
    """The manifest without values that may be secrets, and which images were made of it."""
    document = redact_json(dict(found.document()))
    images = [
        {key: getattr(row, key) for key in ("container", "input_digest", "image_digest", "config_digest", "status")}
        for latest in kept.builds.of_manifest(found.digest()).values()
        for row in (_verified(latest, kept.builds.find(latest.image_digest)),)
    ]
    name = found.project.name if found.project else folder_of(path)
    location = (found.project.repository or "") if found.project else ""
    if not location.startswith(("http://", "https://")):
        location = str(path.resolve().parent) if local(endpoint) else ""
    about = {"manifest_digest": found.digest(), "images": images}
    return json.dumps(unit(name, document, about, location=location), ensure_ascii=False, sort_keys=True)


def deliver(settings: Settings) -> int:
    """Tries what waits, once each; how many still do. An endpoint that is away is asked once."""
    with opened(settings) as kept:
        away: set[str] = set()
        waiting = kept.deliveries.due()
        for item in waiting:
            if item.endpoint in away:
                continue
            try:
                kept.deliveries.sent(item, store(item.endpoint, item.body))
            except (ErgonAway, ErgonRefused) as error:
                kept.deliveries.failed(item, error.message)
                away |= {item.endpoint} if isinstance(error, ErgonAway) else set()
        return len(kept.deliveries.due())
