"""redis: a bound below the container's, and what happens at it."""

from __future__ import annotations

from collections.abc import Iterator

from ergon_ops.changes.optimizations.rule import MIB, Site, Wish, mib, optimization
from ergon_ops.facts import Fact
from ergon_ops.proposals import Expect

SHARE, COPYING = 0.8, 0.6
ROOM = 1.1
VERIFY_S = 15.0
EVICTING = "allkeys-lru"
OWN = ("redis", "valkey", "keydb")
SHELLS = frozenset({"sh", "bash", "dash", "tini", "docker-init", "dumb-init", "gosu"})


@optimization(
    "REDIS-MAX",
    kinds=("app_setting",),
    purpose="performance",
    source="redis.conf; Azure keeps 10 % and 10 % for fragmentation; the share with copy on write is ours",
    formula="memory limit x 0.8; x 0.6 with replicas, RDB or AOF; without what other programs beside it take",
    needs=("state", "limits", "memory", "probes", "processes"),
    cures=("redis_maxmemory_noeviction",),
)
def maxmemory(site: Site) -> Iterator[Wish]:
    """Give redis a bound below the container's limit, so that it evicts or refuses before the kernel kills it."""
    own, limit, used = site.fact("redis_maxmemory"), site.fact("memory_limit"), site.fact("redis_used_memory")
    if own is None or (limit is None and site.finding is None):
        return
    now = int(own.value or 0)
    if now and site.finding is None:
        return
    if limit is None:
        yield site.withheld(
            "app_setting", "without a memory limit there is no bound to derive one from", rule="REDIS-MAX", why=(own,)
        )
        return
    share, because = _share(site)
    bound, taken = float(limit.value or 0), float(used.value or 0) if used is not None else 0.0
    others = _others(site, taken)
    target = int((bound - others) * share) // MIB * MIB
    room = f"({mib(bound)} limit - {mib(others)} of other programs)" if others else f"{mib(bound)} limit"
    shown = f"{room} x {share}{because} = {mib(target)}"
    if target <= max(now, taken * ROOM):
        yield site.withheld(
            "app_setting",
            f"{shown} leaves its data no room: it takes {mib(taken)}" + (f" of {mib(now)}" if now else ""),
            rule="REDIS-MAX",
            next="a higher memory limit of the container first",
            why=(own, limit, used),
        )
        return
    yield site.intent(
        "app_setting",
        {"service": "redis", "setting": "maxmemory", "value": str(target), "persist": False},
        rule="REDIS-MAX",
        why=(own, limit, used, *_copies(site)),
        formula=f"{shown}; now {mib(now) if now else 'none'}",
        note=_at_the_bound(site),
        expect=Expect("redis_used_memory", "", "<=", target, VERIFY_S),
        guards=(Expect("memory_oom_kills", "", "<=", 0, VERIFY_S),),
        risk="low" if site.text("redis_policy") != "noeviction" else "medium",
    )


def _others(site: Site, taken: float) -> float:
    """Memory of other programs in the same container; 0 where redis is alone, and what is not its data is its own."""
    programs = {str(row.value) for row in site.all("process")}
    alone = all(name.startswith(OWN) or name in SHELLS for name in programs)
    return 0.0 if alone else max(0.0, (site.number("memory_working_set") or 0.0) - taken)


def _copies(site: Site) -> list[Fact]:
    """What makes redis fork: while a child writes, changed pages are there twice."""
    found = (site.fact("redis_save"), site.fact("redis_aof"), site.fact("redis_replicas"))
    return [fact for fact in found if fact is not None and fact.value not in ("", False, 0)]


def _share(site: Site) -> tuple[float, str]:
    copies = _copies(site)
    if not copies:
        return SHARE, ""
    words = {"redis_save": "RDB", "redis_aof": "AOF", "redis_replicas": "replicas"}
    return COPYING, f" ({', '.join(words[fact.name] for fact in copies)}: copy on write)"


def _at_the_bound(site: Site) -> str:
    policy = site.text("redis_policy")
    return "At its bound it refuses writes (noeviction)." if policy == "noeviction" else f"At its bound: {policy}."


@optimization(
    "REDIS-CLIENTS",
    kinds=("app_setting",),
    purpose="performance",
    source="redis.io, clients: maxclients 10000 by default",
    formula="maxclients x 2",
    needs=("state", "probes"),
    cures=("redis_max_clients",),
    only_cures=True,
)
def maxclients(site: Site) -> Iterator[Wish]:
    """Let redis take twice as many clients where it turns some away."""
    most = site.fact("redis_maxclients")
    if most is None or not most.value:
        return
    target = 2 * int(most.value)
    yield site.intent(
        "app_setting",
        {"service": "redis", "setting": "maxclients", "value": str(target), "persist": False},
        rule="REDIS-CLIENTS",
        why=(most, site.fact("redis_clients")),
        formula=f"{most.value} x 2 = {target}",
        note="If somebody never closes connections, it will reach any number.",
        expect=Expect("redis_clients", "", "<", target, VERIFY_S),
    )


@optimization(
    "REDIS-EVICT",
    kinds=("app_setting",),
    purpose="performance",
    source="redis.conf; Memorystore docs. The role comes from the manifest and is never guessed",
    formula="role cache -> allkeys-lru; store or queue -> noeviction and an alert",
    needs=("state", "limits", "probes"),
    cures=("redis_maxmemory_noeviction",),
)
def policy(site: Site) -> Iterator[Wish]:
    """Let a redis that its manifest calls a cache evict at its bound, instead of refusing writes."""
    policy, own, used = site.fact("redis_policy"), site.fact("redis_maxmemory"), site.fact("redis_used_memory")
    if policy is None or policy.value != "noeviction" or own is None:
        return
    bounded = bool(own.value) or site.fact("memory_limit") is not None
    if not bounded:
        return
    if not site.role_kind:
        yield site.withheld(
            "app_setting",
            "whether its data may be evicted is not known: its manifest gives it no role_kind",
            rule="REDIS-EVICT",
            next='containers.NAME: "role_kind": "cache" if all of it may be lost, "store" or "queue" if not',
            why=(policy,),
        )
    elif site.role_kind != "cache":
        yield site.withheld(
            "app_setting",
            f"its role is {site.role_kind}: noeviction stays, nothing of it may be lost",
            rule="REDIS-EVICT",
            next="an alert before used memory reaches maxmemory, and more memory then",
            why=(policy, own, used),
        )
    else:
        yield site.intent(
            "app_setting",
            {"service": "redis", "setting": "maxmemory-policy", "value": EVICTING, "persist": False},
            rule="REDIS-EVICT",
            why=(policy, own, used),
            formula=f"role cache: noeviction -> {EVICTING}",
            note="Keys that were not used for long are lost at the bound.",
            expect=Expect("redis_errors", "OOM", "<=", site.number("redis_errors", "OOM") or 0, VERIFY_S),
            risk="medium",
        )
