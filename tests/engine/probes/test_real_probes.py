"""Real services, asked from this machine and through the engine's API alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any

import pytest

from ergon_ops import services
from ergon_ops.engine import probes
from ergon_ops.engine.protocols import Reads
from ergon_ops.facts import Reading
from ergon_ops.refs import Ref
from tests.engine.real import PATIENCE_S, RealEngine, until

pytestmark = pytest.mark.engine
BASE, WEBAPP = "ergon-ops-demo/base:1", "ergon-ops-demo/webapp:1"
SECRET = "hunter2-Zx9Qw7Lm"
BECOME = """import os, pwd, sys
postgres = pwd.getpwnam("postgres")
os.setgid(postgres.pw_gid)
os.setuid(postgres.pw_uid)
os.execvp(sys.argv[1], sys.argv[1:])"""
AS_POSTGRES = ("python3", "-c", BECOME, "bash", "-c")
LOCKED = """
export PGHOST=/tmp PGDATA=/var/lib/postgresql/data
initdb --pwfile=<(echo $POSTGRES_PASSWORD) --auth-local=trust --auth-host=scram-sha-256 --no-sync >/dev/null
postgres -c unix_socket_directories=/tmp -c max_connections=20 -c shared_buffers=16MB &
until psql -c 'create table stock (n int); insert into stock values (1)'; do sleep 0.2; done
(echo 'begin; update stock set n = 2;'; sleep 1000) | psql &
until psql -Atc 'select state from pg_stat_activity' | grep -q transaction; do sleep 0.1; done
psql -c 'update stock set n = 3'; true
"""


@pytest.fixture
async def engine(docker_host: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RealEngine]:
    monkeypatch.setattr(probes, "DEADLINE_S", PATIENCE_S)  # what slowness is met with is tested below
    async with RealEngine.opened(docker_host) as real:
        yield real


async def asked(reads: Reads, ref: Ref) -> dict[tuple[str, str], Reading]:
    row = next(row for row in await reads.containers() if row.ref == ref)
    processes, sockets = await asyncio.gather(reads.processes(ref), reads.sockets(ref))
    found = services.detect(row, processes, sockets, exposed=row.exposed)
    said = await reads.probes(ref, services.targets(found, processes))
    return {(item.name, item.key): item for item in said}


async def once(reads: Reads, ref: Ref, *wanted: str) -> dict[tuple[str, str], Reading]:
    def there(found: Mapping[tuple[str, str], Reading]) -> bool:
        return set(wanted) <= {word for name, key in found for word in (name, f"{name} {key}")}

    found = await until(lambda: asked(reads, ref), there)
    assert there(found), found
    return found


def wants_a_password(found: Mapping[tuple[str, str], Reading]) -> bool:
    refused = found.get(("probe_refused", "redis"))
    return refused is not None and str(refused.value).startswith(("NOAUTH", "WRONGPASS"))


def values(found: Mapping[tuple[str, str], Reading], *names: str) -> list[Any]:
    return [found[name, ""].value for name in names]


async def test_redis_nginx_and_python_are_asked_from_here_and_from_afar(engine: RealEngine) -> None:
    url = f"postgresql://postgres:{SECRET}@nowhere:5432/orders"
    ref = await engine.run(image=WEBAPP, command=None, environment={"DATABASE_URL": url})
    near = await once(engine.reads, ref, "redis_used_memory", "nginx_upstream", "app_workers python:8000")
    assert values(near, "redis_maxmemory", "redis_policy", "redis_last_bgsave") == [16 << 20, "noeviction", "ok"]
    assert values(near, "redis_requirepass", "redis_protected_mode") == [False, True]
    assert values(near, "nginx_config", "nginx_worker_connections") == ["/srv/webapp/nginx.conf", 128]
    assert near["nginx_upstream", "location /"].value == "http://127.0.0.1:8000"
    assert near["nginx_listen", "80"].value == 80
    assert (near["app_workers", "python:8000"].value, near["app_server", "python:8000"].value) == (1, "uvicorn")
    assert near["redis_used_memory", ""].source == "redis:INFO memory#used_memory"

    far = await once(engine.remote, ref, "redis_used_memory", "nginx_upstream")
    assert {key for key, item in near.items() if item.value is not None} - set(far) == set()
    same = ("redis_maxmemory", "redis_policy", "redis_dir", "nginx_config", "nginx_worker_connections")
    assert values(far, *same) == values(near, *same)


async def test_postgres_tells_who_waits_for_whom_and_its_limits(engine: RealEngine) -> None:
    path = ":".join(f"/usr/lib/postgresql/{version}/bin" for version in range(13, 20))
    ref = await engine.run(
        image=BASE,
        command=(*AS_POSTGRES, LOCKED),
        environment={"POSTGRES_PASSWORD": SECRET, "PATH": f"{path}:/usr/bin:/bin"},
    )
    found = await once(engine.reads, ref, "pg_blocked", "pg_holder_state")
    assert values(found, "pg_max_connections", "pg_reserved_connections") == [20, 3]
    assert values(found, "pg_shared_buffers", "pg_data_dir") == [16 << 20, "/var/lib/postgresql/data"]
    ((waiting, holder),) = [(key, item.value) for (name, key), item in found.items() if name == "pg_blocked"]
    assert found["pg_holder_state", str(holder)].value == "idle in transaction"
    assert found["pg_connections", "idle in transaction"].value == 1
    assert found["pg_waiting", waiting].unit == "s"
    assert SECRET not in repr(found)

    far = await once(engine.remote, ref, "pg_blocked")
    assert far["pg_blocked", waiting].value == holder
    assert values(far, "pg_version", "pg_max_connections") == values(found, "pg_version", "pg_max_connections")


async def test_passwords_are_found_where_the_container_was_given_them_and_stay_inside(engine: RealEngine) -> None:
    start = "exec redis-server --port 6379 --save ''"
    by_command = await engine.run(image=BASE, command=("redis-server", "--requirepass", SECRET))
    by_variable = await engine.run(
        image=BASE, command=("sh", "-c", f"{start} --requirepass $CACHE"), environment={"CACHE": SECRET}
    )
    hidden = await engine.run(image=BASE, command=("sh", "-c", f"{start} --requirepass $(printf {SECRET[:7]})x"))
    for reads in (engine.reads, engine.remote):
        for ref in (by_command, by_variable):
            found = await once(reads, ref, "redis_requirepass")
            assert values(found, "redis_requirepass") == [True]
            assert SECRET not in repr(found)
        refused = await until(partial(asked, reads, hidden), wants_a_password)
        assert wants_a_password(refused), refused
        assert SECRET[:7] not in repr(refused)


async def test_a_service_that_hangs_is_given_up_within_its_half_second(
    engine: RealEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "DEADLINE_S", 0.5)
    ref = await engine.run(image=BASE, command=("sh", "-c", "redis-server & sleep 1; kill -STOP $!; sleep 1000"))
    found = await until(
        lambda: asked(engine.reads, ref), lambda seen: "in time" in str(seen.get(("probe_refused", "redis")))
    )
    began = time.monotonic()
    again = await asked(engine.reads, ref)
    assert {item.value for item in found.values()} == {"it did not answer in time"} == {i.value for i in again.values()}
    assert time.monotonic() - began < PATIENCE_S / 4
