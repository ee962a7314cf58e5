"""A host whose numbers are drawn from a seed, so that no answer can be known by heart."""

from __future__ import annotations

import random
from collections.abc import Callable

from ergon_ops.engine.fake import MIB, Attachment, FakeContainer, FakeEngine, Mount
from ergon_ops.engine.protocols import OURS, Connection, PublishedPort

NETWORK = "shop"


def host(seed: int, clock: Callable[[], float]) -> FakeEngine:
    """`webapp` is well, `worker` throttled, `orders-db` unhealthy, `cache` will lose its redis, `mailer` crashed,
    `looper` restarts, `draft` never started, `legacy` has no readable logs."""
    draw = random.Random(seed)
    engine = FakeEngine("local", clock=clock)
    makers = (_webapp, _worker, _orders_db, _cache, _mailer, _looper, _draft, _legacy)
    for number, make in enumerate(makers, start=2):
        box = make(draw)
        box.networks = {NETWORK: Attachment(f"172.{draw.randint(18, 31)}.0.{number}", (box.name,))}
        box.age_s = box.up_s + draw.randint(1000, 90_000)
        engine.add(box)
    webapp = engine.find("webapp")
    engine.note(webapp, "health_status", at=clock() - draw.randint(100, 1500), health="healthy")
    engine.note(webapp, "update", at=clock() - draw.randint(2000, 3500))
    engine.machine.load = (draw.uniform(0.1, 9), draw.uniform(0.1, 9), draw.uniform(0.1, 9))
    engine.machine.memory_available = draw.randint(900, 7000) * MIB
    engine.machine.disk_used_ratio = draw.uniform(0.1, 0.85)
    return engine


def _webapp(draw: random.Random) -> FakeContainer:
    limit = draw.choice((200, 256, 300, 512)) * MIB
    box = FakeContainer(
        "webapp",
        f"shop/webapp:{draw.randint(1, 9)}.{draw.randint(0, 30)}",
        health="healthy",
        health_output="ok",
        health_exit_code=0,
        up_s=draw.randint(4000, 600_000),
        restart_count=draw.randint(1, 7),
        command="bash /srv/run.sh",
        environment={
            "REDIS_URL": "redis://localhost:6379/0",
            "DATABASE_URI": "postgresql://shop:hunter2@orders-db:5432/orders",
            "SECRET_KEY": "s3cr3t-value-nobody-may-see",
        },
        ports=(PublishedPort("0.0.0.0", draw.randint(8001, 8999), 80),),
        exposed=(80,),
        mounts=(Mount("/data", "volume", "shop-data", size=draw.randint(9, 40) * 1024 * MIB),),
        user="www-data",
        memory_limit=limit,
        cpu_limit=draw.choice((0.5, 0.75, 1.5)),
        pids_limit=draw.randint(100, 900),
        restart_policy="unless-stopped",
        health_command="CMD curl -fs http://127.0.0.1/health",
        working_set=int(limit * draw.uniform(0.2, 0.85)),
        cpu_cores=draw.uniform(0.02, 0.4),
        block_write_rate=draw.uniform(10_000, 900_000),
        block_read_rate=draw.uniform(10_000, 900_000),
        network_rx_rate=draw.uniform(1_000, 90_000),
        network_tx_rate=draw.uniform(1_000, 90_000),
    )
    box.mounts[0].used = int(box.mounts[0].size * draw.uniform(0.1, 0.8))
    shell = box.run("bash", "bash /srv/run.sh")
    box.run("nginx", "nginx: master process nginx", ports=(80,), parent=shell)
    box.run("python3", "python3 /srv/app.py --port 8000", ports=(8000,), parent=shell)
    box.run("redis-server", "redis-server 127.0.0.1:6379", ports=(6379,), address="127.0.0.1", parent=shell)
    box.connections = [Connection(0, "orders-db", 5432, True, 2)]
    for number in range(draw.randint(2, 30)):
        box.say(f"INFO GET /orders/{number} 200 in {draw.randint(1, 90)} ms")
    for number in range(draw.randint(1, 9)):
        box.say(f"ERROR upstream timed out after {number} s while reading from orders-db", stream="stderr")
    return box


def _worker(draw: random.Random) -> FakeContainer:
    box = FakeContainer(
        "worker",
        "shop/worker:3",
        up_s=draw.randint(4000, 600_000),
        command="python3 /srv/worker.py",
        environment={"DATABASE_URI": "postgresql://shop:hunter2@orders-db:5432/orders"},
        cpu_limit=draw.choice((0.1, 0.15, 0.2)),
        working_set=draw.randint(30, 190) * MIB,
        throttled_ratio=draw.uniform(0.75, 0.98),
    )
    box.cpu_cores = float(box.cpu_limit or 0.1)
    box.run("python3", "python3 /srv/worker.py", threads=3)
    box.say("INFO picked 3 jobs")
    return box


def _orders_db(draw: random.Random) -> FakeContainer:
    box = FakeContainer(
        "orders-db",
        "postgres:15",
        health="unhealthy",
        health_streak=draw.randint(3, 40),
        health_output=f"127.0.0.1:5432 - no response after {draw.randint(2, 30)} s",
        health_exit_code=2,
        up_s=draw.randint(4000, 600_000),
        memory_limit=2048 * MIB,
        working_set=draw.randint(1000, 1900) * MIB,
        cpu_cores=draw.uniform(0.9, 1.5),
        health_command="CMD pg_isready",
        labels={OURS + "project": "shop"},
    )
    box.run("postgres", "postgres -D /var/lib/postgresql/data", ports=(5432,))
    box.say("FATAL: the database system is in recovery mode", stream="stderr")
    return box


def _cache(draw: random.Random) -> FakeContainer:
    box = FakeContainer("cache", "redis:7", up_s=draw.randint(4000, 600_000), working_set=draw.randint(5, 20) * MIB)
    shell = box.run("sh", "sh /srv/run.sh")
    box.run("redis-server", "redis-server *:6379", ports=(6379,), parent=shell)
    return box


def _mailer(draw: random.Random) -> FakeContainer:
    code = draw.choice((3, 4, 5, 17, 42))
    box = FakeContainer(
        "mailer",
        "shop/mailer:2",
        state="exited",
        exit_code=code,
        up_s=draw.randint(90_000, 600_000),
        ended_s_ago=draw.randint(100, 80_000),
        command="python3 /srv/mailer.py",
    )
    box.say("INFO sending 4 mails")
    box.say(f"ERROR KeyError: 'SMTP_HOST' while reading settings number {code}", stream="stderr")
    return box


def _looper(draw: random.Random) -> FakeContainer:
    box = FakeContainer(
        "looper",
        "shop/looper:1",
        state="restarting",
        exit_code=draw.choice((2, 7, 11)),
        restart_count=draw.randint(12, 90),
        restart_policy="always",
        up_s=500,
        ended_s_ago=3,
    )
    box.say("ERROR config file /etc/looper.toml not found", stream="stderr")
    return box


def _draft(draw: random.Random) -> FakeContainer:
    return FakeContainer(
        "draft",
        "shop/draft:1",
        state="created",
        exit_code=127,
        start_error=f'exec: "serve-{draw.randint(10, 99)}": executable file not found in $PATH',
    )


def _legacy(draw: random.Random) -> FakeContainer:
    box = FakeContainer(
        "legacy", "old/thing:0.1", log_driver="none", up_s=draw.randint(4000, 600_000), working_set=2 * MIB
    )
    box.run("thing", "/usr/bin/thing", ports=(9000,))
    return box
