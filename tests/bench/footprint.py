"""What a long-lived process keeps of its containers: rows, personas, the router's index, ten minutes of samples."""

from __future__ import annotations

import asyncio

import ergon_ops.assistant.wiring
import ergon_ops.engine.client
from ergon_ops import offline
from ergon_ops.engine.fake import crowd
from ergon_ops.engine.protocols import Counters
from ergon_ops.history import Sampler
from ergon_ops.history.rings import POINTS
from ergon_ops.persona import personas
from ergon_ops.router import Router, members

PARTS = (ergon_ops.assistant.wiring, ergon_ops.engine.client, offline)


def hold(count: int) -> tuple[object, ...]:
    engine = crowd(count)
    rows = asyncio.run(engine.containers())
    who = personas(rows)
    sampler = Sampler("local", engine, owner="bench", clock=lambda: 0.0)
    for second in range(POINTS):
        sampler.add(Counters(row.id, float(second), "cgroup:v1", cpu_s=second / 7, periods=second) for row in rows)
    return rows, who, Router(members(rows, who)), sampler
