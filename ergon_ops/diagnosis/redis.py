"""redis: at its own memory limit, unable to save, files it cannot read, clients it does not let in."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.diagnosis.addresses import twins
from ergon_ops.diagnosis.amounts import size
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.servers import complaints, concerned, present, refused, servers, target, victims
from ergon_ops.facts import Fact, Group
from ergon_ops.logtemplates.signals import Signal
from ergon_ops.refs import Ref

NEEDS: tuple[Group, ...] = ("state", "config", "networks", "signals", "services", "filesystem", "mounts", "probes")
PEERS: tuple[Group, ...] = ("identity", "state", "networks", "config", "services", "filesystem", "mounts", "probes")
FULL = 0.97
NEAR = 0.85
DISK_FULL = 0.95
LOCAL = ("127.", "::1", "localhost", "-::1")


@rule(
    "redis_maxmemory_noeviction",
    severity="critical",
    needs=NEEDS,
    peers=PEERS,
    details=("setting", "value", "limit_bytes", "used_bytes"),
    tier="T2",
    fixes=("app_setting",),
)
def redis_maxmemory_noeviction(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """redis holds as much as its maxmemory and its policy evicts nothing: it refuses writes.

    Not the container's limit, nor the kernel: redis answers `OOM command not allowed` (redis.conf, maxmemory-policy).
    `noeviction` evicts nothing; `volatile-…` only keys that have an expiry, and there may be none.
    """
    for server in servers(scene, ref, "redis_maxmemory"):
        told = complaints(scene, server, "redis_oom")
        limit, used, policy = (scene.get(server, f"redis_{name}") for name in ("maxmemory", "used_memory", "policy"))
        if limit is None or used is None or policy is None:
            continue
        keys, expiring = scene.get(server, "redis_keys"), scene.get(server, "redis_expiring")
        bare = str(policy.value).startswith("volatile-") and _count(expiring) == 0 and bool(_count(keys))
        if policy.value != "noeviction" and not bare:
            continue
        bound, taken = float(limit.value or 0), float(used.value or 0)
        if not bound or taken < bound * (NEAR if told else FULL) or not concerned(server, ref, told):
            continue
        refusals = scene.get(server, "redis_errors", "OOM")
        how = f"{policy.value} evicts only keys with an expiry, which none has" if bare else "is noeviction"
        yield Conclusion(
            summary=f"redis holds {size(taken)} of its maxmemory of {size(bound)}, and its policy {how}: it refuses"
            " writes.",
            evidence=(
                used,
                limit,
                policy,
                *present(*((expiring, keys) if bare else ()), refusals),
                *(signal.fact for _, signal in told),
            ),
            details={
                "setting": "maxmemory",
                "value": int(bound),
                "limit_bytes": int(bound),
                "used_bytes": int(taken),
                "service": "redis",
            },
            about=server,
            victims=victims(server, told),
        )


def _count(fact: Fact | None) -> int | None:
    return fact.value if fact is not None and isinstance(fact.value, int) else None


@rule(
    "redis_misconf_rdb",
    severity="critical",
    needs=NEEDS,
    peers=PEERS,
    details=("path", "service"),
    tier="T2",
    over=("tmpfs_full", "volume_disk_full"),
)
def redis_misconf_rdb(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """redis could not save its data to disk, and refuses writes until it can (MISCONF).

    By its own `rdb_last_bgsave_status:err` with `stop-writes-on-bgsave-error` and a save point set (redis server.c,
    writeCommandsDeniedByDiskError); the reason is its log's, or a filesystem that is full.
    """
    for server in servers(scene, ref, "redis_last_bgsave"):
        told = complaints(scene, server, "redis_misconf")
        status, stops = scene.get(server, "redis_last_bgsave"), scene.get(server, "redis_stop_writes")
        folder = scene.get(server, "redis_dir")
        never = scene.text(server, "redis_save") == "" and scene.get(server, "redis_save") is not None
        if status is None or status.value != "err" or (stops is not None and stops.value is False) or never:
            continue
        if not concerned(server, ref, told):
            continue
        path = str(folder.value) if folder is not None else ""
        disk = _below(scene, server, path)
        why = scene.signals(server, "redis_save_failed", "no_space")[:2]
        full = disk is not None and isinstance(disk.value, (int, float)) and disk.value >= DISK_FULL
        spent = full or any("no space left" in signal.text.lower() for signal in why)
        reason = f": no space is left{f' on {disk.key}' if disk is not None else ''}" if spent else ""
        yield Conclusion(
            summary=f"redis could not save to {path or 'its folder'}{reason}, and refuses writes until it can.",
            evidence=(status, *present(stops, folder, disk), *(signal.fact for signal in why), *_said(told)),
            details={"path": path, "service": "redis", **({"mount": disk.key} if disk is not None else {})},
            about=server,
            victims=victims(server, told),
        )


def _below(scene: Scene, server: Ref, path: str) -> Fact | None:
    """How full the filesystem is that holds `path`. It may have room again: redis removes what it could not finish."""
    around = [fact for fact in scene.all(server, "fs_used_ratio") if f"{path}/".startswith(fact.key.rstrip("/") + "/")]
    return max(around, key=lambda fact: len(fact.key), default=None)


def _said(told: tuple[tuple[Ref, Signal], ...]) -> tuple[Fact, ...]:
    return tuple(signal.fact for _, signal in told)


@rule("redis_auth", severity="critical", needs=NEEDS, peers=PEERS, details=("service",), tier="T2")
def redis_auth(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """redis wants a password, and this client gives none, or another one.

    NOAUTH: none was given; WRONGPASS: it is not the server's. It is the client that is told: its server does what it is
    meant to do. Not where another one with the same name wants none: then chance says who is asked.
    """
    for signal in scene.current(ref, "redis_noauth", "redis_wrongpass"):
        server = target(scene, ref, "redis", "redis_requirepass")
        own = scene.all(ref, "redis_version") or scene.get(ref, "probe_refused", "redis") is not None
        server = server or (ref if own else None)
        wants = scene.get(server, "redis_requirepass") if server is not None else None
        refusal = refused(scene, server, "redis", "NOAUTH", "WRONGPASS") if server is not None else None
        code = "NOAUTH" if signal.kind == "redis_noauth" else "WRONGPASS"
        counted = scene.get(server, "redis_errors", code) if server is not None else None
        if (server is None and not _points_at_redis(scene, ref)) or _by_chance(scene, ref, server, signal):
            continue
        whom = f"{server.short} wants" if server is not None and server != ref else "redis wants"
        how = "is given none" if code == "NOAUTH" else "is given another one"
        yield Conclusion(
            summary=f"{whom} a password and {how} ({code}).",
            evidence=(signal.fact, *present(wants, refusal, counted, *_pointing(scene, ref))),
            details={
                "service": "redis",
                "value": code,
                **({"peer": server.short} if server not in (None, ref) else {}),
            },
        )
        return


def _by_chance(scene: Scene, ref: Ref, server: Ref | None, signal: Signal) -> bool:
    """Another redis without a password answers to the same name."""
    called = [link.target_name for link in scene.uses(ref) if link.target == server and server is not None]
    names = (signal.values["host"],) if "host" in signal.values else called
    return any(scene.value(twin, "redis_requirepass") is False for name in names for twin in twins(scene, ref, name))


def _points_at_redis(scene: Scene, ref: Ref) -> bool:
    return bool(_pointing(scene, ref)) or any(row.key.startswith("redis") for row in scene.all(ref, "serving"))


def _pointing(scene: Scene, ref: Ref) -> list[Fact]:
    """The variables that name a redis."""
    rows = scene.all(ref, "env_host")
    return [row for row in rows if "REDIS" in row.key.upper() or str(row.value).endswith(":6379")][:1]


@rule(
    "redis_protected_mode",
    severity="critical",
    needs=NEEDS,
    peers=PEERS,
    details=("service", "setting"),
    tier="T2",
    over=("dependency_refusing",),
)
def redis_protected_mode(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """redis takes no client from outside its container: it has no password, and protected mode is on.

    Such a client is told DENIED and dropped, which redis counts as a rejected connection (redis networking.c,
    clientAcceptHandler). Its `bind` covers all addresses, or nobody would have got so far.
    """
    for server in servers(scene, ref, "redis_protected_mode"):
        told = complaints(scene, server, "redis_denied")
        mode, password = scene.get(server, "redis_protected_mode"), scene.get(server, "redis_requirepass")
        if mode is None or mode.value is not True or (password is not None and password.value is True):
            continue
        rejected, bind = scene.get(server, "redis_rejected"), scene.get(server, "redis_bind")
        local = bind is not None and bool(bind.value) and all(w.startswith(LOCAL) for w in str(bind.value).split())
        dropped = (
            rejected is not None
            and isinstance(rejected.value, int)
            and rejected.value > 0
            and not _crowded(scene, server)
        )
        if local or not (told or dropped) or not concerned(server, ref, told):
            continue
        yield Conclusion(
            summary="redis is in protected mode without a password: it takes no client from outside its container.",
            evidence=(
                mode,
                *(signal.fact for _, signal in told),
                *present(password, bind, rejected if dropped else None),
            ),
            details={"service": "redis", "setting": "protected-mode", "value": "yes", "expected": "a password, or no"},
            about=server,
            victims=victims(server, told),
        )


def _crowded(scene: Scene, server: Ref) -> bool:
    """As many clients as it takes: connections are rejected for that."""
    clients, most = scene.number(server, "redis_clients"), scene.number(server, "redis_maxclients")
    return clients is not None and most is not None and clients >= NEAR * most


@rule(
    "redis_max_clients",
    severity="critical",
    needs=NEEDS,
    peers=PEERS,
    details=("service", "setting"),
    tier="T2",
    fixes=("app_setting",),
)
def redis_max_clients(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """redis has as many clients as its maxclients, and refuses more."""
    for server in servers(scene, ref, "redis_maxclients", "probe_refused"):
        told = complaints(scene, server, "redis_max_clients")
        shut = refused(scene, server, "redis", "max number of clients")
        clients, most = scene.get(server, "redis_clients"), scene.get(server, "redis_maxclients")
        full = bool(told) and _crowded(scene, server)
        if not (shut or full) or not concerned(server, ref, told):
            continue
        number = f" ({most.value})" if most is not None else ""
        yield Conclusion(
            summary=f"redis has as many clients as it takes{number} and refuses more.",
            evidence=(*present(shut, clients, most), *(signal.fact for _, signal in told)),
            details={
                "service": "redis",
                "setting": "maxclients",
                **({"value": most.value} if most is not None else {}),
                **({"count": clients.value} if clients is not None else {}),
            },
            about=server,
            victims=victims(server, told),
        )


@rule("redis_readonly_replica", severity="warning", needs=NEEDS, peers=PEERS, details=("service",), tier="T2")
def redis_readonly_replica(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A client writes to a redis that is a read-only replica of another."""
    for signal in scene.current(ref, "redis_readonly")[:1]:
        server = target(scene, ref, "redis", "redis_role")
        role = scene.get(server, "redis_role") if server is not None else None
        if server is None or role is None or role.value == "master":
            continue
        yield Conclusion(
            summary=f"It writes to {server.short}, which is a read-only replica of another redis.",
            evidence=(signal.fact, role),
            details={"service": "redis", "peer": server.short},
        )
