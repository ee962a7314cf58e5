"""What was packaged, into the registry; and of a second image of the same inputs, each file that differs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ergon_ops.assistant.registering import folder_of, opened, register_in
from ergon_ops.packaging.image import archive
from ergon_ops.packaging.image.entries import Entry
from ergon_ops.packaging.image.identity import FORMAT_VERSION
from ergon_ops.packaging.image.packager import Built, Order
from ergon_ops.packaging.image.verifying import Comparison, Difference, between, judged, status_of
from ergon_ops.settings import Settings
from ergon_ops.store.builds import STATUSES, BuildRow

if TYPE_CHECKING:
    from ergon_ops.store import Store

Document = dict[str, Any]


def row_of(order: Order, made: Built, found: Comparison) -> BuildRow:
    inputs, image = made.prepared.inputs, made.image
    project = order.manifest.project.name if order.manifest.project else folder_of(order.path)
    version = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    return BuildRow(
        input_digest=inputs.digest,
        format=FORMAT_VERSION,
        container=order.container,
        project=project,
        manifest_digest=inputs.manifest_digest,
        source_digest=inputs.source_digest,
        lock_digest=inputs.lock_digest,
        platform=inputs.platform,
        executor=made.executor,
        environment=f"Python {version} on {os.uname().sysname} {os.uname().release}",
        image_digest=image.digest,
        config_digest=image.config_digest,
        archive=str(made.archive.resolve()),
        archive_sha256=made.archive_sha256,
        size=made.archive.stat().st_size,
        tag=made.tag,
        status=found.status,
        detail=found.detail if found.status != "not-verified" else "",
        took_s=round(made.took_s, 3),
    )


def record(settings: Settings, order: Order, made: Built, found: Comparison) -> tuple[BuildRow, Document | None]:
    """Into the registry; and the violation, if the same inputs gave another image: before, or when it was verified."""
    source, row = made.prepared.source, row_of(order, made, found)
    lock = json.dumps(made.prepared.ready.lock.to_json(), ensure_ascii=False)
    files = listed(made.image.own)
    with opened(settings) as store:
        register_in(store, order.manifest, order.path)
        first = store.builds.record(row, lock=lock, files=files, sources=(len(source.files), source.bytes))
        seen = []
        if first is not None:
            seen.append((first.image_digest, row.image_digest, _differences(store, first, order, made, files)))
        if found.other:
            seen.append((row.image_digest, found.other, [item.to_json() for item in found.differences]))
        for one, other, difference in seen:
            row = replace(row, status=max(row.status, status_of(difference), key=STATUSES.index))
            store.builds.violate(row, one, other, difference)
    if not seen:
        return row, None
    one, other, difference = seen[0]
    return row, {"image_digest": one, "other_digest": other, "difference": difference}


def _differences(store: Store, first: BuildRow, order: Order, made: Built, files: Mapping[str, str]) -> list[Document]:
    """From the archives, with causes, where the first one is still there; else from what the registry knows of it."""
    kept = Path(first.archive)
    accepted = order.manifest.packaging.accepted
    if archive.image_digest(kept) == first.image_digest:
        return [item.to_json() for item in between(kept, made.archive, accepted).differences]
    known = store.builds.files(first.image_digest)
    if known is None:
        text = "neither the archive of the first one nor the list of its files is kept any more"
        return [Difference("", "unknown", text).to_json()]
    return [judged(item, accepted).to_json() for item in compared(known, files)]


def listed(own: Mapping[str, Entry | None]) -> dict[str, str]:
    """What we put on a base, a line each: kind, mode, owner and content."""
    return {
        path: "gone"
        if item is None
        else f"{item.kind} {item.mode:o} {item.uid}:{item.gid} {item.target or item.sha256}"
        for path, item in own.items()
    }


def compared(one: Mapping[str, str], other: Mapping[str, str]) -> Sequence[Difference]:
    """Every path that differs between two images of the same inputs."""
    rows = []
    for path in sorted({*one, *other}):
        if one.get(path) == other.get(path):
            continue
        was, now = one.get(path, ""), other.get(path, "")
        words = was.split(" ")[:-1] == now.split(" ")[:-1]
        change = "added" if not was else "removed" if not now else "content" if words else "kind, mode or owner"
        rows.append(Difference(f"/{path}", change, ""))
    return rows or [Difference("", "configuration", "the files are the same, how it is run is not")]
