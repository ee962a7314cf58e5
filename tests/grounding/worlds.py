"""Ledgers to check against: one written down, for sentences written by hand, and any number drawn from seeds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from ergon_ops import diagnosis
from ergon_ops.engine.fake import FakeEngine
from ergon_ops.engine.protocols import LogQuery
from ergon_ops.events import timestamp
from ergon_ops.facts import Ledger, Reading, Value, reading
from ergon_ops.findings import Finding
from ergon_ops.grounding import Ground
from ergon_ops.history import RateReader
from ergon_ops.proposals import Intent, Proposal
from ergon_ops.refs import Ref, host_ref
from ergon_ops.toolbox.collector import Collector
from ergon_ops.toolbox.inventory import take_inventory
from ergon_ops.toolbox.sources import Sources
from tests.offline.worlds import host

KIB, MIB, GIB = 1024, 1024**2, 1024**3
NOW = datetime(2026, 11, 22, 17, 0, 0, tzinfo=UTC).timestamp()
WEBAPP, ORDERS, WORKER, MAILER, CACHE, LOOPER = (
    Ref(name) for name in ("webapp", "orders-db", "worker", "mailer", "cache", "looper")
)
HERE = host_ref("local")
Rows = dict[str, Value | dict[str, Value]]


def _at(text: str) -> float:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()


WRITTEN: dict[Ref, Rows] = {
    WEBAPP: {
        "name": "webapp", "image": "shop/webapp:3.2", "image_id": "sha256:9f2c41d7aa" + "0" * 54,
        "created_at": _at("2026-11-19 09:00:00"), "state": "running", "started_at": _at("2026-11-20 14:03:36"),
        "uptime": NOW - _at("2026-11-20 14:03:36"), "exit_code": 0, "oom_killed": False, "restart_count": 2,
        "health": "healthy", "health_output": "ok", "health_exit_code": 0, "health_interval": 30.0,
        "health_timeout": 5.0, "health_retries": 3, "health_command": "CMD curl -fs http://127.0.0.1/health",
        "memory_limit": 136 * MIB, "memory_working_set": 61 * MIB, "memory_usage": 75 * MIB,
        "memory_inactive_file": 14 * MIB, "memory_ratio": 61 / 136, "memory_host_ratio": 61 / 8192,
        "memory_failures": 0,
        "memory_oom_kills": 0, "memory_swap": 0, "cpu_limit": 0.5, "cpu_usage": 0.02, "cpu_ratio": 0.04,
        "cpu_periods": 20, "cpu_throttled_ratio": 0.0, "cpu_throttled_lifetime": 0.0, "pids": 12, "pids_limit": 200,
        "shm_size": 64 * MIB, "restart_policy": "unless-stopped", "stop_timeout": 10.0, "user": "www-data",
        "command": "bash /srv/run.sh", "privileged": False, "readonly_rootfs": False, "network_mode": "shop",
        "log_driver": "json-file", "block_read": 120 * MIB, "block_write": 340 * MIB, "block_write_rate": 800 * KIB,
        "network_rx": 210 * MIB, "network_tx": 95 * MIB, "network_rx_rate": 42 * KIB, "network_tx_rate": 17 * KIB,
        "network_drops": 0, "log_lines": 15, "log_errors": 3, "events_reach": NOW - 3 * 86400,
        "env_key": {"REDIS_URL": True, "DATABASE_URI": True, "SECRET_KEY": True},
        "env_host": {"DATABASE_URI": "orders-db:5432"}, "exposed_port": {"80/tcp": 80},
        "mount": {"/data": "volume shop-data"}, "mount_writable": {"/data": True},
        "fs_size": {"/": 40 * GIB, "/data": 13 * GIB}, "fs_used": {"/": 17 * GIB, "/data": int(6.3 * GIB)},
        "fs_used_ratio": {"/": 0.425, "/data": 6.3 / 13}, "fs_inode_ratio": {"/": 0.07, "/data": 0.01},
        "network": {"shop": "172.20.0.2"}, "published_port": {"0.0.0.0:8080/tcp": 80},
        "process": {"101": "bash", "102": "nginx", "103": "nginx", "104": "python3", "105": "redis-server"},
        "serving": {"nginx:80": "listening", "python:8000": "listening", "redis:6379": "listening"},
        "link": {"uses orders-db": "env DATABASE_URI, connection :5432", "used by worker": "env API_URL"},
        "event": {timestamp(NOW - 1800): "health_status health healthy",
                  timestamp(_at("2026-11-22 15:30:00")): "update"},
        "log_template": {"ERROR upstream timed out after <n> s while reading from orders-db": 3,
                         "INFO GET /orders/<n> 200 in <n> ms": 12},
    },
    ORDERS: {
        "name": "orders-db", "image": "postgres:15", "state": "running", "started_at": NOW - 3 * 3600 - 120,
        "uptime": 3 * 3600.0 + 120, "created_at": NOW - 5 * 86400, "restart_count": 0, "health": "unhealthy",
        "health_streak": 12, "health_output": "127.0.0.1:5432 - no response after 7 s", "health_exit_code": 2,
        "memory_limit": 2048 * MIB, "memory_working_set": 1229 * MIB, "memory_ratio": 0.6, "memory_oom_kills": 0,
        "memory_failures": 4, "oom_killed": False, "cpu_limit": None, "cpu_usage": 1.1, "cpu_ratio": 0.55, "pids": 9,
        "cpu_throttled_ratio": None, "pids_limit": None, "restart_policy": "no", "user": None, "log_lines": 40,
        "log_errors": 6, "process": {"201": "postgres"}, "serving": {"postgres:5432": "listening"},
        "network": {"shop": "172.20.0.3"}, "link": {"used by webapp": "env DATABASE_URI"},
        "log_template": {"FATAL: the database system is in recovery mode": 6, "LOG: checkpoint complete": 34},
        "health_command": "CMD pg_isready", "fs_used_ratio": {"/": 0.425}, "network_mode": "shop",
        "log_driver": "json-file",
    },
    WORKER: {
        "name": "worker", "image": "shop/worker:3", "state": "running", "started_at": NOW - 40 * 60, "uptime": 2400.0,
        "created_at": NOW - 86400, "restart_count": 0, "health": "none", "memory_limit": None,
        "memory_working_set": 120 * MIB, "memory_ratio": None, "memory_host_ratio": 120 / 8192, "cpu_limit": 0.1,
        "cpu_usage": 0.099, "cpu_ratio": 0.99, "cpu_periods": 30, "cpu_throttled_ratio": 0.93, "pids": 4,
        "memory_oom_kills": 0, "oom_killed": False, "pids_limit": None, "restart_policy": "always", "user": None,
        "process": {"301": "python3"}, "serving": {"python": "running"}, "log_lines": 1, "log_errors": 0,
        "log_template": {"INFO picked 3 jobs": 1}, "env_key": {"API_URL": True}, "network": {"shop": "172.20.0.4"},
        "link": {"uses webapp": "env API_URL"}, "network_mode": "shop", "log_driver": "json-file",
    },
    MAILER: {
        "name": "mailer", "image": "shop/mailer:2", "state": "exited", "exit_code": 17, "finished_at": NOW - 6 * 3600,
        "started_at": NOW - 2 * 86400, "created_at": NOW - 4 * 86400, "restart_count": 0, "health": "none",
        "memory_limit": None, "cpu_limit": None, "pids_limit": None, "restart_policy": "no", "oom_killed": False,
        "log_lines": 2, "log_errors": 1, "command": "python3 /srv/mailer.py", "events_reach": NOW - 3 * 86400,
        "log_template": {"ERROR KeyError: 'SMTP_HOST' while reading settings": 1, "INFO sending 4 mails": 1},
        "event": {timestamp(NOW - 6 * 3600): "die exit_code 17"}, "env_key": {"MAIL_FROM": True}, "user": None,
        "log_driver": "json-file",
    },
    CACHE: {
        "name": "cache", "image": "redis:7", "state": "running", "started_at": NOW - 9 * 3600, "uptime": 9 * 3600.0,
        "created_at": NOW - 86400, "restart_count": 1, "health": "none", "memory_limit": None,
        "memory_working_set": 8 * MIB, "memory_ratio": None, "cpu_limit": None, "cpu_usage": 0.003, "cpu_ratio": 0.0015,
        "pids": 1, "restart_policy": "no", "process": {"401": "sh"}, "serving": {"redis:6379": "down"}, "user": None,
        "memory_oom_kills": 0, "oom_killed": False, "pids_limit": None, "log_driver": "json-file",
    },
    LOOPER: {
        "name": "looper", "image": "shop/looper:1", "state": "restarting", "exit_code": 7, "restart_count": 85,
        "restart_policy": "always", "finished_at": NOW - 3, "started_at": NOW - 8, "created_at": NOW - 86400,
        "health": "none", "memory_limit": None, "cpu_limit": None, "oom_killed": False, "log_lines": 1, "log_errors": 1,
        "log_template": {"ERROR config file /etc/looper.toml not found": 1}, "user": None, "log_driver": "json-file",
        "pids_limit": None,
    },
    HERE: {
        "host_cpus": 2, "host_load": {"1m": 1.52, "5m": 1.1, "15m": 0.9}, "host_memory": 8 * GIB,
        "host_memory_available": int(5.2 * GIB), "host_disk_used_ratio": {"/var/lib/docker": 0.78}, "engine": "alive",
        "engine_version": "24.0.7", "containers": {"running": 4, "exited": 1, "restarting": 1},
    },
}  # fmt: skip
WINDOWS = {"cpu_usage": 2.0, "cpu_ratio": 2.0, "cpu_throttled_ratio": 2.0, "cpu_periods": 2.0, "event": 86400.0}


def written_ledger() -> Ledger:
    ledger = Ledger()
    for ref, rows in WRITTEN.items():
        readings: list[Reading] = []
        for name, value in rows.items():
            items = value.items() if isinstance(value, dict) else [("", value)]
            readings += [
                reading(ref, name, item, key=key, at=NOW - 1, source="api:test", window_s=WINDOWS.get(name))
                for key, item in items
            ]
        ledger.add(readings)
    return ledger


def names_of(refs: list[Ref]) -> dict[str, Ref]:
    return {name: ref for ref in refs for name in (ref.name, f"{ref.name}-ci")}


def written(speaker: Ref = WEBAPP, question: str = "how are you in the last 10 minutes?") -> Ground:
    """The ground of all sentences written by hand."""
    ledger = written_ledger()
    refs = [ref for ref in WRITTEN if ref.kind == "container"]
    findings = faults(ledger, refs)
    return Ground(ledger, (speaker,), names_of(refs), findings, (proposal(speaker),), (), question, NOW)


def faults(ledger: Ledger, refs: Iterable[Ref]) -> tuple[Finding, ...]:
    """What a turn is told: faults, and nothing of the audit."""
    found = (item for ref in refs for item in diagnosis.diagnose(diagnosis.Scene(ledger), ref))
    return tuple(item for item in found if item.nature == "fault")


def proposal(about: Ref) -> Proposal:
    intent = Intent(about, "restart", {"timeout_s": 10}, "restart", ())
    return Proposal("p-abcdefghij", intent, "c" * 64, "w" * 64, (), NOW - 5, NOW + 600)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A world of a seed with everything read, and what its containers are."""

    ledger: Ledger
    refs: tuple[Ref, ...]
    findings: tuple[Finding, ...]
    now: float

    def ground(self, *speakers: Ref, question: str = "") -> Ground:
        names = names_of(list(self.refs))
        return Ground(self.ledger, speakers or self.refs[:1], names, self.findings, (), (), question, self.now)


def drawn(seed: int) -> Drawn:
    return asyncio.run(_drawn(seed))


async def _drawn(seed: int) -> Drawn:
    ahead = 0.0

    def clock() -> float:
        return NOW + ahead

    async def sleep(seconds: float) -> None:
        nonlocal ahead
        ahead += seconds

    engine: FakeEngine = host(seed, clock)
    engine.kill_process("cache", "redis-server")
    rates = RateReader("local", engine, owner="me", clock=clock, sleep=sleep)
    inventory = await take_inventory({"local": engine})
    ledger = Ledger()
    expected = {Ref("cache"): [("redis", 6379)]}
    sources = Sources(
        {"local": engine}, {"local": rates}, inventory, clock, lambda ref: expected.get(ref, ()), lambda _: ()
    )
    collector = Collector(sources, ledger)
    refs = tuple(row.ref for row in inventory.containers)
    groups = ["identity", "state", "limits", "config", "mounts", "networks", "ports", "memory", "pids", "filesystem",
              "processes", "sockets", "services", "topology", "events", "io"]  # fmt: skip
    for ref in refs:
        await collector.read(ref, groups)  # type: ignore[arg-type]
        ledger.add(await sources.logs(ref, LogQuery()))
    ahead += 2.5
    for ref in refs:
        await collector.read(ref, ["cpu", "limits"])
    ledger.add(await engine.host_readings())
    findings = faults(ledger, refs)
    return Drawn(ledger, refs, findings, clock())
