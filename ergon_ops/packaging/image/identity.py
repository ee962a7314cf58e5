"""Who an image is: the digests of what went in, and of what came out. No name, tag, time or host is part of any."""

from __future__ import annotations

import os
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.manifest.canonical import digest

# Part of every input: raised whenever the same inputs would give other bytes (goldens: tests/packaging/goldens.json).
FORMAT_VERSION = 1
EPOCH = 315532801  # 1980-01-01T00:00:01Z: a zip file cannot hold an earlier time


def platform() -> str:
    """As OCI names it."""
    machine = os.uname().machine
    return f"linux/{ {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(machine, machine) }"


@dataclass(frozen=True, slots=True)
class Inputs:
    """`container` is the manifest's key: one manifest describes several images. `epoch` is the time of every file."""

    manifest_digest: str
    container: str
    source_digest: str
    lock_digest: str
    platform: str
    epoch: int = EPOCH

    @property
    def digest(self) -> str:
        """The key of the cache and of the registry."""
        return digest(
            {
                "format_version": FORMAT_VERSION,
                "manifest_digest": self.manifest_digest,
                "container": self.container,
                "source_digest": self.source_digest,
                "lock_digest": self.lock_digest,
                "platform": self.platform,
                "epoch": self.epoch,
            }
        )


def short(digest: str) -> str:
    """The twelve digits that tag an image."""
    return digest.removeprefix("sha256:")[:12]


def key(**parts: Any) -> str:
    """Under which a step's result is kept: 64 hex digits."""
    return digest({"format_version": FORMAT_VERSION, **parts}).removeprefix("sha256:")
