"""Worlds that ship: the demo's three containers, and a host full of other people's."""

from __future__ import annotations

import time
from dataclasses import replace

from ergon_ops.engine.fake.container import GIB, MIB, Attachment, FakeContainer, Mount
from ergon_ops.engine.fake.engine import FakeEngine
from ergon_ops.engine.fake.world import Clock
from ergon_ops.engine.protocols import COMPOSE, OURS, Connection, PublishedPort
from ergon_ops.facts import Value

# What their services say when they are asked.
WEBAPP_SAYS: dict[tuple[str, str], Value] = {
    ("redis_used_memory", ""): MIB,
    ("redis_maxmemory", ""): 16 * MIB,
    ("redis_policy", ""): "noeviction",
    ("redis_last_bgsave", ""): "ok",
    ("redis_requirepass", ""): False,
    ("nginx_worker_processes", ""): "1",
    ("nginx_worker_connections", ""): 128,
    ("nginx_upstream", "location /"): "http://127.0.0.1:8000",
    ("app_workers", "python:8000"): 1,
    ("app_threads", "python:8000"): 3,
}
ORDERS_DB_SAYS: dict[tuple[str, str], Value] = {
    ("pg_max_connections", ""): 20,
    ("pg_reserved_connections", ""): 3,
    ("pg_clients", ""): 2,
    ("pg_connections", "idle"): 2,
    ("pg_shared_buffers", ""): 16 * MIB,
    ("pg_work_mem", ""): 4 * MIB,
}


def demo(*, host: str = "local", clock: Clock = time.time, manifest: str = "") -> FakeEngine:
    """What `ergon-ops demo up` starts: `webapp` (nginx, python, redis), `orders-db`, and a throttled `worker`.

    `manifest` is the digest their label names, if they shall be known by one.
    """
    engine = FakeEngine(host, clock=clock)
    for container, address in ((_webapp(), "172.30.0.2"), (_orders_db(), "172.30.0.3"), (_worker(), "172.30.0.4")):
        container.networks = {"ergon-demo": Attachment(address, (container.name,))}
        container.labels = {OURS + "project": "ergon-demo", OURS + "container": container.name}
        container.labels |= {OURS + "manifest": manifest} if manifest else {}
        engine.add(container)
    return engine


def _webapp() -> FakeContainer:
    box = FakeContainer(
        "webapp",
        "ergon-ops-demo/webapp:1",
        health="healthy",
        health_exit_code=0,
        health_output="ok",
        command="tini -- bash /srv/webapp/run.sh",
        environment={"DATABASE_URL": "postgresql://postgres:demo-only@orders-db:5432/orders"},
        ports=(PublishedPort("0.0.0.0", 18080, 80),),
        exposed=(80,),
        user="www-data",
        memory_limit=80 * MIB,
        memory_swap_limit=160 * MIB,
        cpu_limit=1.0,
        pids_limit=100,
        restart_policy="unless-stopped",
        health_command="CMD-SHELL curl -fsS -m 2 http://127.0.0.1/health",
        health_interval_s=3.0,
        working_set=36 * MIB,
        inactive_file=9 * MIB,
        cpu_cores=0.03,
        network_rx_rate=900.0,
        network_tx_rate=2100.0,
    )
    box.run("tini", "tini -- bash /srv/webapp/run.sh", rss=MIB)
    shell = box.run("bash", "bash /srv/webapp/run.sh", rss=2 * MIB)
    nginx = box.run(
        "nginx", "nginx: master process nginx -e stderr -c /srv/webapp/nginx.conf", ports=(80,), parent=shell
    )
    box.run("nginx", "nginx: worker process", parent=nginx, rss=3 * MIB)
    uvicorn = "python3 -m uvicorn app:app --host 127.0.0.1 --port 8000 --no-access-log"
    box.run("python3.11", uvicorn, ports=(8000,), address="127.0.0.1", parent=shell, rss=28 * MIB, threads=3)
    box.run("redis-server", "redis-server 127.0.0.1:6379", ports=(6379,), address="127.0.0.1", parent=shell, threads=5)
    box.connections = [Connection(0, "127.0.0.1", 6379, True), Connection(0, "172.30.0.3", 5432, True, 2)]
    box.probed = dict(WEBAPP_SAYS)
    box.say("INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)", stream="stderr")
    return box


def _orders_db() -> FakeContainer:
    data = "/var/lib/postgresql/data"
    box = FakeContainer(
        "orders-db",
        "ergon-ops-demo/orders-db:1",
        health="healthy",
        health_exit_code=0,
        command="bash /srv/orders-db/entrypoint.sh",
        environment={"POSTGRES_PASSWORD": "demo-only", "PGDATA": data},
        exposed=(5432,),
        mounts=(Mount(data, "volume", "ergon-demo-orders", size=40 * GIB, used=17 * GIB),),
        user="postgres",
        memory_limit=192 * MIB,
        memory_swap_limit=384 * MIB,
        cpu_limit=1.0,
        pids_limit=100,
        restart_policy="unless-stopped",
        health_command="CMD-SHELL pg_isready -q -h 127.0.0.1 -U postgres",
        health_interval_s=2.0,
        working_set=41 * MIB,
        inactive_file=30 * MIB,
    )
    postgres = box.run("postgres", "/usr/lib/postgresql/15/bin/postgres -D " + data, ports=(5432,), rss=24 * MIB)
    for part in ("checkpointer", "background writer", "walwriter", "autovacuum launcher"):
        box.run("postgres", f"postgres: {part}", parent=postgres, rss=5 * MIB)
    box.connections = [Connection(5432, "172.30.0.2", 0, False, 2)]
    box.probed = dict(ORDERS_DB_SAYS)
    box.say("LOG:  database system is ready to accept connections", stream="stderr")
    return box


def _worker() -> FakeContainer:
    box = FakeContainer(
        "worker",
        "ergon-ops-demo/worker:1",
        command="tini -- python3 /srv/worker/worker.py",
        environment={"DATABASE_URL": "postgresql://postgres:demo-only@orders-db:5432/orders"},
        user="nobody",
        memory_limit=64 * MIB,
        memory_swap_limit=128 * MIB,
        cpu_limit=0.15,
        pids_limit=50,
        restart_policy="unless-stopped",
        working_set=14 * MIB,
        cpu_cores=0.15,
        throttled_ratio=0.97,
    )
    box.run("tini", "tini -- python3 /srv/worker/worker.py", rss=MIB)
    box.run("python3.11", "python3 /srv/worker/worker.py", threads=4, rss=14 * MIB)
    return box


def shop(*, host: str = "local", clock: Clock = time.time) -> FakeEngine:
    """A Compose project nobody told us about, a crash loop, a distroless stranger, and odd labels."""
    engine = FakeEngine(host, clock=clock)
    boxes = [_web(1), _web(2), _api(), _db(), _cache(), _queue(), _batch()]
    for number, box in enumerate(boxes, start=2):
        service = box.labels[COMPOSE + "service"]
        box.networks = {"shop_default": Attachment(f"172.20.0.{number}", (service, box.name))}
        engine.add(box)
    for box in (_mailer(), _distroless(), _plain()):
        engine.add(box)
    return engine


def _compose(service: str, *, number: int = 1, depends_on: str = "") -> dict[str, str]:
    labels = {"project": "shop", "service": service, "container-number": str(number), "oneoff": "False"}
    if depends_on:
        labels["depends_on"] = ",".join(f"{name}:service_started:false" for name in depends_on.split())
    return {COMPOSE + key: value for key, value in labels.items()}


def _web(number: int) -> FakeContainer:
    box = FakeContainer(
        f"shop-web-{number}",
        "nginx:1.25",
        health="healthy",
        labels=_compose("web", number=number, depends_on="api"),
        command="/docker-entrypoint.sh nginx -g 'daemon off;'",
        environment={"API_UPSTREAM": "http://api:8000"},
        ports=(PublishedPort("0.0.0.0", 8080 + number, 80),),
        exposed=(80,),
        memory_limit=64 * MIB,
        health_command="CMD wget -q -O- http://127.0.0.1/",
        working_set=9 * MIB,
        network_rx_rate=20_000.0,
    )
    master = box.run("nginx", "nginx: master process nginx -g daemon off;", ports=(80,))
    for _ in range(2):
        box.run("nginx", "nginx: worker process", parent=master)
    box.connections = [Connection(0, "172.20.0.4", 8000, True, 3)]
    for minute in range(6):
        box.say(f'172.20.0.1 - - [22/Nov/2026:02:3{minute}:01 +0000] "GET /cart/{minute * 7} HTTP/1.1" 200 512 "-" "-"')
    box.say('172.20.0.1 - - [22/Nov/2026:02:36:09 +0000] "GET /pay HTTP/1.1" 502 157 "-" "-"')
    return box


def _api() -> FakeContainer:
    box = FakeContainer(
        "shop-api-1",
        "shop/api:2.3.1",
        labels={**_compose("api", depends_on="db cache queue"), "maintainer": "Zoë 李雷 <ops@example.com> 🛒"},
        command="gunicorn app:app -b 0.0.0.0:8000 -w 3",
        environment={
            "DATABASE_URL": "postgresql://shop:pa55w0rd@db:5432/shop",
            "REDIS_URL": "redis://cache:6379/0",
            "AMQP_URL": "amqp://guest:guest@queue:5672/",
            "SECRET_KEY": "9f8e7d6c5b4a",
        },
        exposed=(8000,),
        memory_limit=256 * MIB,
        cpu_limit=0.5,
        cpu_cores=0.12,
        throttled_ratio=0.02,
        working_set=130 * MIB,
    )
    master = box.run("python3.11", "/usr/bin/python3 /usr/bin/gunicorn app:app -b 0.0.0.0:8000 -w 3", ports=(8000,))
    for _ in range(3):
        box.run("python3.11", "/usr/bin/python3 /usr/bin/gunicorn app:app -b 0.0.0.0:8000 -w 3", parent=master)
    peers = (("172.20.0.5", 5432), ("172.20.0.6", 6379), ("172.20.0.7", 5672))
    box.connections = [Connection(0, address, port, True) for address, port in peers]
    box.connections.append(Connection(8000, "172.20.0.2", 0, False, 3))
    box.say("[2026-11-22 02:30:00 +0000] [1] [INFO] Listening at: http://0.0.0.0:8000 (1)", stream="stderr")
    for line in (
        "[2026-11-22 02:36:09 +0000] [9] [ERROR] Error handling request /pay",
        "Traceback (most recent call last):",
        '  File "/srv/app.py", line 41, in pay',
        "    charge(order)",
        "TimeoutError: payment provider did not answer within 5.0 s",
    ):
        box.say(line, stream="stderr")
    return box


def _db() -> FakeContainer:
    box = FakeContainer(
        "shop-db-1",
        "postgres:16",
        health="healthy",
        labels=_compose("db"),
        command="docker-entrypoint.sh postgres",
        environment={"POSTGRES_PASSWORD": "pa55w0rd"},
        exposed=(5432,),
        mounts=(Mount("/var/lib/postgresql/data", "volume", "shop_db", size=40 * GIB, used=17 * GIB),),
        memory_limit=512 * MIB,
        health_command="CMD-SHELL pg_isready",
        working_set=96 * MIB,
    )
    master = box.run("postgres", "postgres", ports=(5432,))
    for part in ("checkpointer", "walwriter", "shop shop 172.20.0.4(40432) idle"):
        box.run("postgres", f"postgres: {part}", parent=master)
    box.connections = [Connection(5432, "172.20.0.4", 0, False)]
    return box


def _cache() -> FakeContainer:
    box = FakeContainer("shop-cache-1", "redis:7-alpine", labels=_compose("cache"), exposed=(6379,))
    box.command, box.memory_limit, box.working_set = "docker-entrypoint.sh redis-server", 128 * MIB, 8 * MIB
    box.run("redis-server", "redis-server *:6379", ports=(6379,), threads=5)
    return box


def _queue() -> FakeContainer:
    box = FakeContainer("shop-queue-1", "rabbitmq:3-management", labels=_compose("queue"), exposed=(5672, 15672, 25672))
    box.command, box.memory_limit, box.working_set = "docker-entrypoint.sh rabbitmq-server", 512 * MIB, 140 * MIB
    shell = box.run("sh", "/bin/sh /opt/rabbitmq/sbin/rabbitmq-server")
    beam = "/opt/erlang/bin/beam.smp -W w -noshell -s rabbit boot -rabbit"
    box.run("beam.smp", beam, parent=shell, ports=(5672, 15672, 25672), threads=28)
    box.run("epmd", "/opt/erlang/bin/epmd -daemon", parent=shell, ports=(4369,))
    return box


def _batch() -> FakeContainer:
    box = FakeContainer("shop-report-1", "shop/report:1.0", state="exited", exit_code=0, ended_s_ago=5400.0)
    box.labels, box.command, box.up_s = _compose("report", depends_on="db"), "python report.py --daily", 5600.0
    box.run("python3.12", "python report.py --daily")
    box.say("report written: 1,204 orders, 0 errors")
    return box


def _mailer() -> FakeContainer:
    """A crash loop: its configuration names a host that is not there."""
    box = FakeContainer("mailer", "acme/mailer:latest", state="restarting", exit_code=3, restart_count=14)
    box.command, box.restart_policy, box.up_s, box.ended_s_ago = "/mailer --config /etc/mailer.yml", "always", 12.0, 9.0
    box.environment, box.networks = {"SMTP_HOST": "smtp.internal:2525"}, {"bridge": Attachment("")}
    box.age_s = 4000.0
    box.run("mailer", "/mailer --config /etc/mailer.yml")
    for _ in range(14):
        box.say("FATAL: cannot resolve smtp.internal: no such host", stream="stderr")
    return box


def _distroless() -> FakeContainer:
    """Nothing inside to ask: one static binary."""
    box = FakeContainer("edge-gateway", "gcr.io/acme/gateway@sha256:5f1c", command="/gateway -listen :9000")
    box.networks, box.user, box.memory_limit = {"bridge": Attachment("172.17.0.3")}, "65532", 64 * MIB
    box.run("gateway", "/gateway -listen :9000", ports=(9000, 9001), threads=9)
    return box


def _plain() -> FakeContainer:
    """No limits, no healthcheck, no labels but unicode ones."""
    box = FakeContainer("notes", "ghost:5", command="docker-entrypoint.sh node current/index.js", exposed=(2368,))
    box.labels = {"équipe": "développement", "描述": "笔记", "evil": "\x1b[31mred\x1b[0m \u202etxt"}
    box.networks, box.ports = {"bridge": Attachment("172.17.0.4")}, (PublishedPort("0.0.0.0", 2368, 2368),)
    box.mounts, box.working_set = (Mount("/var/lib/ghost/content", "bind", "/srv/notes"),), 61 * MIB
    box.run("node", "node current/index.js", ports=(2368,), threads=11)
    return box


def crowd(count: int = 200, *, host: str = "local", clock: Clock = time.time) -> FakeEngine:
    """`count` small containers, for the tests of size."""
    engine = FakeEngine(host, clock=clock)
    for number in range(count):
        box = replace(
            _cache(), name=f"cache-{number:04d}", networks={"bridge": Attachment(f"172.18.{number // 250}.9")}
        )
        box.labels, box.totals, box.processes, box.listening = {}, type(box.totals)(), [], []
        box.run("redis-server", "redis-server *:6379", ports=(6379,))
        engine.add(box)
    return engine
