"""Faults of services on a real engine, each told of where it comes from; and the same services when they are well."""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ergon_ops.engine import probes
from ergon_ops.facts import Ledger
from ergon_ops.findings import Finding
from ergon_ops.history import RateReader
from ergon_ops.refs import Ref
from ergon_ops.toolbox.collector import Collector
from ergon_ops.toolbox.inventory import take_inventory
from ergon_ops.toolbox.sources import Sources
from tests.engine.probes.test_real_probes import AS_POSTGRES, BASE
from tests.engine.real import PATIENCE_S, RealEngine

pytestmark = pytest.mark.engine
FILL = """
until redis-cli -h $CACHE_HOST ping; do sleep 0.2; done
while :; do
  head -c 60000 /dev/urandom | base64 -w0 | redis-cli -h $CACHE_HOST -x set $RANDOM
  sleep 0.3
done
"""
PROXY = """
user root; daemon off; error_log %s; pid /tmp/nginx.pid; worker_processes 1;
events { worker_connections %d; }
http { access_log off; server { listen 80; %s } }
"""
SERVE = 'echo "$CONF" > /tmp/nginx.conf; (sleep 1; while :; do %s; sleep 0.5; done) & exec nginx -c /tmp/nginx.conf'
CALL = "python3 -c \"import urllib.request as u; u.urlopen('http://127.0.0.1/')\" 2>/dev/null"
HOLD = """
import psycopg2, time
held = []
while True:
    try:
        held.append(psycopg2.connect(host="/tmp", user="postgres", dbname="postgres"))
    except psycopg2.OperationalError as error:
        print(error, flush=True)
    time.sleep(0.2)
"""
CROWD = """
export PGHOST=/tmp PGDATA=/var/lib/postgresql/data PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
initdb -A trust --no-sync >/dev/null
python3 -c "$HOLD" &
postgres -c unix_socket_directories=/tmp -c max_connections=6 -c superuser_reserved_connections=1 -c shared_buffers=16MB
true
"""
ONE = """
import http.server, time
class Slow(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(30)
http.server.HTTPServer(("", 8000), Slow).serve_forever()
"""


class Lab:
    def __init__(self, engine: RealEngine) -> None:
        self.engine = engine
        self.network = ""
        self.prefix = f"svc-{os.getpid()}-{uuid.uuid4().hex[:6]}"

    async def run(self, name: str, *command: str, **more: Any) -> Ref:
        """On the lab's network, known there by its short name."""
        if not self.network:
            self.network = self.prefix
            await self.engine.writes.create_network(self.network, labels={})
        more = {"networks": (self.network,), "aliases": (name,), "image": BASE, **more}
        return await self.engine.run(name=f"{self.prefix}-{name}", command=command, **more)

    async def findings(self, ref: Ref) -> tuple[Finding, ...]:
        """What a look at it gives, as `diagnose` takes one."""
        reads, host = self.engine.reads, self.engine.endpoint.host
        rates = RateReader(host, reads, owner="test")
        sources = Sources(
            {host: reads}, {host: rates}, await take_inventory({host: reads}), time.time, lambda _: (), lambda _: ()
        )
        found = await Collector(sources, Ledger(), least_window_s=1.0).findings(ref)
        return tuple(item for item in found if item.nature == "fault")

    async def told(self, ref: Ref, cause: str) -> Finding:
        """Once it shows."""
        ends, found = time.monotonic() + 2 * PATIENCE_S, tuple[Finding, ...]()
        while time.monotonic() < ends:
            found = await self.findings(ref)
            if cause in [item.cause for item in found]:
                return next(item for item in found if item.cause == cause)
            await asyncio.sleep(0.3)
        raise AssertionError(f"{cause} is not among {[(item.cause, item.summary) for item in found]}")

    async def close(self) -> None:
        await self.engine.clear()
        if self.network:
            await self.engine.writes.remove_network(self.network)


@pytest.fixture
async def lab(docker_host: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Lab]:
    monkeypatch.setattr(probes, "DEADLINE_S", 20.0)
    async with RealEngine.opened(docker_host) as real:
        made = Lab(real)
        yield made
        await made.close()


PLAIN = ("redis-server", "--protected-mode", "no", "--save", "")


async def filling(lab: Lab, *servers: str) -> dict[str, Ref]:
    """A client of each, which writes and says what it is answered."""
    return {
        name: await lab.run(f"uses-{name}", "bash", "-c", FILL, environment={"CACHE_HOST": name}) for name in servers
    }


async def test_redis_that_is_full_or_cannot_save_is_the_origin_of_what_its_client_says(lab: Lab) -> None:
    full = await lab.run("full", *PLAIN, "--maxmemory", "3mb")
    disk = ("redis-server", "--protected-mode", "no", "--dir", "/data", "--save", "1 1")
    unsaved = await lab.run("unsaved", *disk, tmpfs={"/data": "size=64k"})
    well = await lab.run("well", *PLAIN, "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru")
    clients = await filling(lab, "full", "unsaved", "well")
    told = await lab.told(clients["full"], "redis_maxmemory_noeviction")
    assert (told.about, told.victims, told.details["limit_bytes"]) == (full, (clients["full"],), 3 << 20)
    assert (await lab.told(full, "redis_maxmemory_noeviction")).id == told.id
    told = await lab.told(unsaved, "redis_misconf_rdb")
    assert (told.details["path"], told.details["mount"]) == ("/data", "/data")
    for ref in (well, clients["well"]):
        assert await lab.findings(ref) == ()


async def test_redis_that_lets_nobody_in_is_told_of_whoever_has_to_change(lab: Lab) -> None:
    strict = await lab.run("strict", *PLAIN, "--requirepass", "hunter2-Zx9Qw7Lm")
    shut = await lab.run("shut", "redis-server", "--save", "")
    clients = await filling(lab, "strict", "shut")
    told = await lab.told(clients["strict"], "redis_auth")
    assert (told.about, told.details["peer"]) == (clients["strict"], strict.short)
    told = await lab.told(shut, "redis_protected_mode")
    assert told.about == shut
    assert await lab.findings(strict) == ()


async def test_nginx_tells_upstreams_that_are_down_or_unknown_and_connections_that_are_few(lab: Lab) -> None:
    down = PROXY % ("stderr", 64, "location / { proxy_pass http://127.0.0.1:9; }")
    filed = PROXY % ("/var/log/nginx/error.log", 64, "location / { proxy_pass http://127.0.0.1:9; }")
    few = PROXY % ("stderr", 4, "location / { proxy_pass http://127.0.0.1:80; }")
    lost = PROXY % ("stderr", 64, "location / { proxy_pass http://apii:8000; }")
    serve = ("sh", "-c", SERVE % CALL)
    refs = {
        name: await lab.run(name, *serve, environment={"CONF": conf})
        for name, conf in {"down": down, "filed": filed, "few": few, "lost": lost}.items()
    }
    for name in ("down", "filed"):
        told = await lab.told(refs[name], "nginx_502_upstream_down")
        assert (told.about, told.details["port"]) == (refs[name], 9)
    told = await lab.told(refs["few"], "nginx_worker_connections")
    assert told.details["value"] == 4
    told = await lab.told(refs["lost"], "nginx_upstream_unresolvable")
    assert (told.details["host"], told.details["exit_code"]) == ("apii", 1)


async def test_a_crowded_postgres_and_one_blocked_worker_are_told(lab: Lab) -> None:
    crowd = await lab.run("crowd", *AS_POSTGRES, CROWD, environment={"HOLD": HOLD})
    check = ["CMD", "python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/')"]
    health = {"Test": check, "Interval": 1_000_000_000, "Timeout": 1_000_000_000, "Retries": 1}
    one = await lab.run("one", "python3", "-c", ONE, health=health)
    told = await lab.told(one, "single_worker_blocked")
    assert (told.about, told.details["port"]) == (one, 8000)
    told = await lab.told(crowd, "pg_max_connections")
    assert told.details["setting"] == "max_connections"


async def test_a_flood_of_lines_and_logs_in_files_are_told(lab: Lab) -> None:
    line = "x" * 200
    flood = await lab.run("flood", "python3", "-c", f"while True: print('{line}' * 50)", cpus=0.5)
    hidden = await lab.run("hidden", "sh", "-c", "exec nginx -g 'daemon off;'")
    told = await lab.told(flood, "log_flood_unrotated")
    assert (told.details["setting"], told.about) == ("max-size", flood)
    await lab.engine.clear_one(flood)
    told = await lab.told(hidden, "logs_to_file")
    assert told.details["path"].startswith("/var/log/nginx/")
