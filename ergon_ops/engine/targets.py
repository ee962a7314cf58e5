"""Which service of a container is asked by a probe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ergon_ops.dataclass import dataclass

if TYPE_CHECKING:
    from ergon_ops.engine.protocols import Process


@dataclass(frozen=True, slots=True)
class ProbeTarget:
    """A service to ask: `key` as in `serving` ("redis:6379"), `detail` its framework, its head process first."""

    key: str
    program: str
    port: int | None = None
    address: str = ""
    detail: str = ""
    processes: tuple[Process, ...] = ()
