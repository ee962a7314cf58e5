"""Which of a container's services a probe may ask, and what it must know of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ergon_ops.engine.protocols import ProbeTarget, Process
from ergon_ops.services.detection import Service


def targets(found: Iterable[Service], processes: Sequence[Process]) -> list[ProbeTarget]:
    """Those that are up and live in this container, each with its processes, the head first."""
    of_pid = {process.pid: process for process in processes}
    return [
        ProbeTarget(
            item.key, item.name, item.port, item.address, item.detail,
            tuple(of_pid[pid] for pid in item.pids if pid in of_pid),
        )
        for item in found
        if item.up and not item.visiting
    ]  # fmt: skip
