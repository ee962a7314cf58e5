"""The operator's store and first engine, and the manifests that may give roles: what many commands begin with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ergon_ops.engine.connect import Endpoint, endpoints
from ergon_ops.redaction import redact_json
from ergon_ops.settings import Settings
from ergon_ops.store import Store

if TYPE_CHECKING:
    from ergon_ops.manifest import Manifest
    from ergon_ops.manifest.packageable import Packageable


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    store = Store.open(settings.state_dir)
    try:
        yield store
    finally:
        store.close()


def register(settings: Settings, manifest: Manifest | Packageable, path: Path) -> None:
    """Starting a manifest registers it: only such a text may give a container its role. Values that are secret stay
    out of the store."""
    with opened(settings) as store:
        register_in(store, manifest, path)


def register_in(store: Store, manifest: Manifest | Packageable, path: Path) -> None:
    body = json.dumps(redact_json(json.loads(path.read_text("utf-8"))), ensure_ascii=False)
    name = manifest.project.name if manifest.project else ""
    store.manifests.register(manifest.digest(), path=str(path.resolve()), name=name, body=body)


def folder_of(path: Path) -> str:
    """The name of the folder a manifest lies in stands for a project without a name."""
    return path.resolve().parent.name


def first_engine(settings: Settings) -> Endpoint:
    """The first host: stacks are started where the operator looks by default."""
    return endpoints(settings.docker, settings.hosts)[0]
