"""`make bench`: what an answer costs, beside what the same would cost otherwise."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ergon_ops.engine.reads import DockerReads, open_reads
from ergon_ops.engine.writes import DockerWrites
from ergon_ops.errors import ErgonError
from tests.bench import crowd, live, models, packaging, program, thin
from tests.bench.rows import Row, table

IDLE_LOAD = 0.5


async def bench() -> list[Row]:
    rows = [await program.routing(), program.memory(), thin.aish(), models.grounding(), *packaging.packages()]
    async with _containers() as (made, reads):
        rows += await live.measured(made, reads)
        return [*program.starts(made.first), program.fleet(made.names), *models.first_bytes(made.first), *rows]


@asynccontextmanager
async def _containers() -> AsyncIterator[tuple[crowd.Crowd, DockerReads]]:
    point = crowd.endpoint()
    reads, writes = open_reads(point), DockerWrites(point)
    try:
        await crowd.remove(reads, writes)
        _say(f"starting {crowd.COUNT} containers")
        yield await crowd.make(writes, point), reads
    finally:
        _say("removing them")
        await crowd.remove(reads, writes)
        await writes.close()
        await reads.close()


def _say(line: str) -> None:
    print(f"bench: {line}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    load, began = os.getloadavg()[0], time.monotonic()
    try:
        rows = asyncio.run(bench())
    except ErgonError as error:
        _say(str(error))
        return 1
    if as_json:
        print(json.dumps({"load": load, "cpus": os.cpu_count(), "rows": [row.to_json() for row in rows]}))
        return 0
    print(table(rows))
    busy = " The machine was busy: budgets are for an idle one." if load > IDLE_LOAD else ""
    took = time.monotonic() - began
    print(f"\nMedians; load average {load:.1f} on {os.cpu_count()} CPUs before, {took:.0f} s in all.{busy}")
    return 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
