"""An engine over TLS, beside the near one: rates by API in time, declared services, two containers of one name."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ergon_ops.engine.connect import Endpoint, Tls
from ergon_ops.engine.protocols import EngineEvent, LogQuery
from ergon_ops.engine.reads import open_reads
from ergon_ops.errors import EngineError, EngineTLS
from ergon_ops.refs import Ref
from tests.certificates import certificates
from tests.engine import faraway
from tests.engine.real import IMAGE, RealEngine, heard, until

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.skipif(os.getuid() != 0, reason="a network namespace needs root"),
    pytest.mark.skipif(bool(faraway.missing()), reason=f"not here: {', '.join(faraway.missing())}"),
]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with faraway.engine(tmp_path_factory.mktemp("far")) as found:
        yield found


@pytest.fixture
async def far(endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RealEngine]:
    # A bundle of this kind overrides the authority that the SDK was given.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt")
    engine = RealEngine(endpoint)
    if await engine.images.image_labels(IMAGE) is None:
        tar = faraway.busybox_tar(tmp_path / "root.tar")
        changes = ['CMD ["sh"]', "ENV PATH=/bin", "LABEL made=here"]
        made = await engine.images.import_image(tar, IMAGE, changes=changes)
        assert made.startswith("sha256:")
        assert await engine.images.image_labels(IMAGE) == {"made": "here"}
    yield engine
    await engine.close()


async def test_everything_is_read_over_tls_by_api_alone(far: RealEngine) -> None:
    ref = await far.run("echo hello; exec httpd -f -p 8080", memory_bytes=64 << 20, cpus=0.5)
    assert ref.host == "far"
    info = await far.reads.info()
    assert (info.host, info.files_readable) == ("far", False)
    found = await far.reads.read(ref, ["identity", "state", "limits", "memory", "pids", "io", "cpu"])
    assert {item.source.split(":")[0] for item in found} <= {"api", "derived"}
    assert {"memory_working_set", "pids", "network_rx"} <= {item.name for item in found}
    assert "httpd" in [process.name for process in await far.reads.processes(ref)]
    assert not (await far.reads.sockets(ref)).visible
    logs = await until(lambda: far.reads.logs(ref, LogQuery()), lambda logs: bool(logs.lines))
    assert [line.text for line in logs.lines] == ["hello"]
    host = {item.name: item.value for item in await far.reads.host_readings()}
    assert (host["engine"], host["host_cpus"]) == ("alive", os.cpu_count())
    assert "host_load" not in host


async def test_rates_of_many_containers_take_no_longer_than_two_and_a_half_seconds(far: RealEngine) -> None:
    refs = [await far.run("while :; do :; done", cpus=0.05) for _ in range(8)]
    ids = {row.id for row in await far.reads.containers() if row.ref in refs}
    began = time.monotonic()
    first = {row.container_id: row for row in await far.reads.counters(sorted(ids))}
    second = {row.container_id: row for row in await far.reads.counters(sorted(ids))}
    took = time.monotonic() - began
    assert set(first) == set(second) == ids
    assert all((second[i].cpu_s or 0) > (first[i].cpu_s or 0) and second[i].run == first[i].run for i in ids)
    one = time.monotonic()
    await far.reads.counters(sorted(ids)[:1])
    assert took < 3 * (time.monotonic() - one) + 1  # all of them at once, not one after the other


async def test_two_containers_of_one_name_are_told_apart_by_host(far: RealEngine, docker_host: str) -> None:
    near = RealEngine.at(docker_host)
    try:
        here = await near.run("echo near; sleep 1000")
        there = await far.run("echo far; sleep 1000", name=here.name)
        assert (str(here), str(there)) == (f"local/{here.name}", f"far/{here.name}")
        assert await near.value(here, "id") != await far.value(there, "id")
        logs = await until(lambda: far.reads.logs(there, LogQuery()), lambda logs: bool(logs.lines))
        assert logs.lines[0].text == "far"
    finally:
        await near.clear()
        await near.close()


async def test_events_are_followed_over_tls_and_a_silent_stream_is_opened_anew(far: RealEngine) -> None:
    from ergon_ops.engine import eventlog
    from ergon_ops.engine.caller import Caller

    seen: list[EngineEvent] = []

    async def follow() -> None:
        async for event in eventlog.follow(Caller(far.endpoint), time.time, silence_s=0.3):
            seen.append(event)

    following = asyncio.create_task(follow())
    await heard(seen, far.create)
    await asyncio.sleep(1)  # of silence
    ref = await far.run("sleep 0.5; exit 4", restart="no")

    async def told() -> list[str]:
        return [event.action for event in seen if event.ref == ref]

    await until(told, lambda actions: "die" in actions)
    await asyncio.sleep(1)  # opened anew, it tells nothing twice
    following.cancel()
    assert await told() == ["create", "start", "die"]


async def test_wrong_certificates_are_named(far: RealEngine, tmp_path: Path) -> None:
    assert far.endpoint.tls
    certificates(tmp_path, faraway.THEIRS)
    strangers = (
        replace(far.endpoint, tls=Tls(far.endpoint.tls.ca)),
        replace(far.endpoint, tls=replace(far.endpoint.tls, ca=tmp_path / "ca.pem")),
        replace(far.endpoint, tls=Tls(far.endpoint.tls.ca, tmp_path / "client.pem", tmp_path / "client-key.pem")),
        replace(far.endpoint, tls=Tls(far.endpoint.tls.ca, tmp_path / "none.pem", tmp_path / "none.pem")),
        replace(far.endpoint, tls=None, url=far.endpoint.url.replace("https", "http")),
    )
    for endpoint in strangers:
        engine = open_reads(endpoint)
        with pytest.raises(EngineTLS) as caught:
            await engine.containers()
        assert "certificate" in str(caught.value) or "ca.pem" in caught.value.next
        await engine.close()


async def test_skipped_verification_still_speaks(far: RealEngine) -> None:
    assert far.endpoint.tls
    engine = open_reads(replace(far.endpoint, tls=replace(far.endpoint.tls, ca=None, verify=False)))
    assert await engine.containers() is not None
    await engine.close()


async def test_no_way_there_is_said_in_time(far: RealEngine) -> None:
    engine = open_reads(Endpoint("nowhere", "http://10.214.77.3:2375", "context nowhere"), deadline_s=1)
    with pytest.raises(EngineError):
        await engine.read(Ref("x", "nowhere"), ["state"])
