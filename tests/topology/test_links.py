"""Links are told with their evidence, both ways, and only as strongly as it allows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ergon_ops import topology
from ergon_ops.engine import fake
from ergon_ops.engine.fake import Attachment, FakeContainer, FakeEngine
from ergon_ops.engine.protocols import OURS, Connection, Container, PublishedPort, Sockets
from ergon_ops.errors import EngineNotRunning
from ergon_ops.facts import reading
from ergon_ops.refs import Ref


async def told(engine: FakeEngine, name: str, needs: dict[str, Sequence[str]] | None = None) -> dict[str, str]:
    rows = await topology.read_links(
        Ref(name, engine.host), await engine.containers(), engine, needs=lambda ref: (needs or {}).get(ref.name, ())
    )
    return {row.key: str(row.value) for row in rows}


def pair(**client: object) -> FakeEngine:
    """`client` and `server` on one network, each with an address."""
    engine = FakeEngine(clock=lambda: 1000.0)
    for number, name in enumerate(("client", "server"), start=2):
        engine.add(FakeContainer(name, networks={"net": Attachment(f"172.30.0.{number}", (f"{name}-alias",))}))
    for key, value in client.items():
        setattr(engine.inventory["client"], key, value)
    return engine


async def test_a_compose_project_is_told_with_all_its_evidence() -> None:
    links = await told(fake.shop(), "shop-api-1")

    assert links["uses db"] == "compose depends_on, env DATABASE_URL, connection :5432"
    assert links["used by web"] == "compose depends_on, env API_UPSTREAM, connection :8000"
    assert links["beside report"] == "shared network shop_default"


async def test_a_link_is_seen_from_both_ends() -> None:
    links = await told(fake.shop(), "shop-db-1")

    assert links["used by api"] == "compose depends_on, env DATABASE_URL, connection :5432"
    assert links["used by report"] == "compose depends_on"


async def test_the_manifest_names_a_dependency() -> None:
    engine = pair(labels={OURS + "project": "p", OURS + "container": "front"})
    engine.inventory["server"].labels = {OURS + "project": "p", OURS + "container": "store"}

    assert (await told(engine, "client", {"client": ["store"]}))["uses server"] == "manifest"
    assert (await told(engine, "server", {"client": ["store"]}))["used by client"] == "manifest"


@pytest.mark.parametrize("host", ["server", "server-alias", "172.30.0.3", "SERVER"])
async def test_a_host_in_the_environment_is_found_by_any_of_its_names(host: str) -> None:
    engine = pair(environment={"REDIS_URL": f"redis://:pw@{host}:6379/0"})

    assert (await told(engine, "client"))["uses server"] == "env REDIS_URL"


async def test_passwords_never_show() -> None:
    links = await told(pair(environment={"REDIS_URL": "redis://bob:hunter2@server:6379/0"}), "client")

    assert "hunter2" not in str(links)
    assert "bob" not in str(links)


async def test_a_name_without_a_shared_network_is_told_as_such() -> None:
    engine = pair(environment={"DB": "server:5432"}, networks={"other": Attachment("172.31.0.2")})
    engine.inventory["client"].labels = engine.inventory["server"].labels = {OURS + "project": "p"}

    assert (await told(engine, "client"))["uses server"] == "env DB, but no shared network"


async def test_a_host_that_is_no_container_stays_a_name() -> None:
    links = await told(pair(environment={"SMTP_URL": "smtp://mail.example.com:25"}), "client")

    assert links["uses mail.example.com"] == "env SMTP_URL; no container here"


async def test_a_published_port_of_the_host_leads_to_its_container() -> None:
    engine = pair(environment={"API": "http://host.docker.internal:18080"})
    engine.inventory["server"].ports = (PublishedPort("0.0.0.0", 18080, 80),)

    assert (await told(engine, "client"))["uses server"] == "env API"


@pytest.mark.parametrize("value", ["redis://localhost:6379", "http://127.0.0.1:8000", "http://client:80", "0.0.0.0:80"])
async def test_a_container_does_not_use_itself(value: str) -> None:
    assert [key for key in await told(pair(environment={"X_URL": value}), "client") if key.startswith("use")] == []


async def test_connections_tell_the_direction() -> None:
    engine = pair(connections=[Connection(0, "172.30.0.3", 6379, True, 4)])
    engine.inventory["server"].connections = [Connection(6379, "172.30.0.2", 0, False, 4)]

    assert await told(engine, "client") == {"uses server": "connection :6379"}
    assert await told(engine, "server") == {"used by client": "connection :6379"}


async def test_strangers_that_call_us_are_not_neighbours() -> None:
    engine = pair(connections=[Connection(80, "203.0.113.9", 0, False)])

    assert await told(engine, "client") == {"beside server": "shared network net"}


async def test_the_default_bridge_makes_no_neighbours() -> None:
    assert await told(fake.shop(), "notes") == {}


async def test_replicas_are_one_row_and_not_each_others_neighbours() -> None:
    engine = fake.shop()

    assert list(await told(engine, "shop-api-1")).count("used by web") == 1
    assert "beside web" not in await told(engine, "shop-web-1")


async def test_two_hosts_are_never_linked_by_a_name() -> None:
    here, there = pair(environment={"DB": "db:5432"}), FakeEngine("prod", clock=lambda: 1000.0)
    there.add(FakeContainer("db", networks={"net": Attachment("172.30.0.9")}))
    rows = (*await here.containers(), *await there.containers())

    links = await topology.read_links(Ref("client"), rows, here)

    assert [row.value for row in links if row.key == "uses db"] == ["env DB; no container here"]


async def test_a_stopped_dependency_is_still_a_link() -> None:
    engine = pair(environment={"DB": "server:5432"})
    await engine.stop("server", timeout_s=1)

    assert (await told(engine, "client"))["uses server"] == "env DB"


async def test_an_engine_that_is_gone_leaves_no_links_and_no_exception() -> None:
    engine = fake.shop()
    rows = await engine.containers()
    engine.fail(EngineNotRunning("gone"))

    assert all(row.name == "link" for row in await topology.read_links(Ref("shop-api-1"), rows, engine))


async def test_links_resolve_to_refs() -> None:
    engine = pair(environment={"DB": "server:5432"})
    nodes = [topology.node(row, await engine.read(row.ref, topology.GROUPS)) for row in await engine.containers()]

    (link,) = topology.links(Ref("client"), nodes)

    assert (link.source, link.target, link.port, link.weak) == (Ref("client"), Ref("server"), 5432, False)


async def nodes_of(engine: FakeEngine, **told: Sequence[tuple[str, str, str]]) -> list[topology.Node]:
    rows = {row.ref.name: row for row in await engine.containers()}
    return [
        topology.node(
            rows[name],
            [reading(rows[name].ref, fact, value, key=key, at=0.0, source="test") for fact, key, value in facts],
        )
        for name, facts in {**dict.fromkeys(rows, ()), **told}.items()
    ]


def uses(nodes: Sequence[topology.Node], name: str) -> dict[str, str]:
    found = topology.links(next(item.ref for item in nodes if item.ref.name == name), nodes)
    return {link.target_name: link.how for link in found if not link.weak and link.source.name == name}


async def test_a_command_that_names_a_neighbour_and_its_port_uses_it() -> None:
    command = "python3 -u /srv/job.py server 6379 QUEUE"
    assert uses(await nodes_of(pair(), client=[("command", "", command)]), "client") == {"server": "command"}
    alias = [("alias", "net/orders-db", "orders-db")]
    alone = await nodes_of(pair(), client=[("command", "", "python3 -u /srv/job.py orders-db QUEUE")], server=alias)
    assert uses(alone, "client") == {"server": "command"}
    for other in ("sleep 1000", "python3 server.py", "server", "run nobody 6379", "client 6379"):
        assert uses(await nodes_of(pair(), client=[("command", "", other)]), "client") == {}


async def test_a_log_that_speaks_of_a_program_means_the_only_one_there_is() -> None:
    said = [("log_signal", "redis_wrongpass", "WRONGPASS invalid username-password pair")]
    serving = [("serving", "redis:6379", "listening")]
    assert uses(await nodes_of(pair(), client=said, server=serving), "client") == {"server": "log"}
    assert uses(await nodes_of(pair(), client=said), "client") == {}
    assert uses(await nodes_of(pair(), client=[*said, *serving], server=serving), "client") == {}
    three = pair()
    three.add(FakeContainer("other", networks={"net": Attachment("172.30.0.9", ())}))
    assert uses(await nodes_of(three, client=said, server=serving, other=serving), "client") == {}


async def test_who_lives_in_anothers_network_is_linked_to_it_from_both_ends() -> None:
    engine = FakeEngine(clock=lambda: 1000.0)
    owner = engine.add(FakeContainer("gate", networks={"net": Attachment("172.30.0.9", ())}))
    engine.add(FakeContainer("sidecar", network_mode=f"container:{owner.id}"))

    assert await told(engine, "sidecar") == {"uses gate": "lives in its network"}
    assert await told(engine, "gate") == {"used by sidecar": "lives in its network"}


def test_a_connection_that_is_closed_again_tells_who_was_called_too() -> None:
    rows = [
        Container(Ref("client"), "a" * 64, "i", "", "running", "", "none", 0.0, ""),
        Container(Ref("server"), "b" * 64, "i", "", "running", "", "none", 0.0, ""),
    ]
    facts = [
        [reading(row.ref, "network", f"172.30.0.{number}", key="net", at=1.0, source="t")]
        for number, row in enumerate(rows, start=2)
    ]
    nodes = [topology.node(row, told) for row, told in zip(rows, facts, strict=True)]
    client = Sockets(True, lately=(Connection(0, "172.30.0.3", 6379, True),))
    server = Sockets(True, lately=(Connection(6379, "172.30.0.2", 0, False),))
    (seen,) = topology.observed(Ref("client"), nodes, client)
    assert (seen.source, seen.target, seen.port, seen.how) == (
        Ref("client"),
        Ref("server"),
        6379,
        "called lately :6379",
    )
    assert topology.observed(Ref("server"), nodes, server)[0].source == Ref("client")
    assert topology.observed(Ref("client"), nodes, Sockets(True)) == ()
