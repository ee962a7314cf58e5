"""One name for two, and an address that is not whose it was."""

from __future__ import annotations

from typing import Any

from tests.diagnosis.facts import Box, found, one

REFUSED = "ERROR GET http://{}/ failed: <urlopen error [Errno 111] Connection refused>"
LOST = "ERROR GET http://{}/ failed: <urlopen error [Errno 113] No route to host>"
SUBNET = {"network_subnet": {"net/10.0.0.0/24": "10.0.0.0/24"}}


def named(name: str, image: str, created_at: float, **more: Any) -> Box:
    facts = {"alias": {"net/api": "api"}, "image_id": image, "command": image, "created_at": created_at}
    return Box(name, more={**facts, **more})


def test_of_two_with_one_name_the_stranger_is_the_newer_one() -> None:
    user = Box("client", env_hosts={"API_URL": "api:8000"})
    old, new = named("first", "sha256:1", 10.0), named("second", "sha256:2", 20.0)
    finding = one(old, new, user)
    assert (finding.cause, finding.about.name, finding.details["peer"]) == ("alias_collision", "second", "first")
    assert [ref.name for ref in finding.victims] == ["client"]
    assert one(new, old, user).id == finding.id


def test_who_says_the_name_of_two_in_its_log_uses_it() -> None:
    line = '{"level":50,"msg":"hit not counted","host":"api","err":"-NOAUTH Authentication required."}'
    shut = named("second", "sha256:2", 20.0, redis_requirepass=True, serving={"redis": "up"})
    free = named("first", "sha256:1", 10.0, redis_requirepass=False, serving={"redis": "up"})
    client = Box("client", log=[line] * 3)
    finding = one(free, shut, client)
    assert (finding.cause, finding.about.name, finding.details["peer"]) == ("alias_collision", "second", "first")
    assert [ref.name for ref in finding.victims] == ["client"]
    assert found(client, free, shut) == []
    assert found(client, shut) == ["redis_auth client"]
    assert found(free, shut, Box("client", log=["api: cache miss"] * 3)) == []


def test_the_server_that_a_proxy_speaks_of_is_looked_up_in_its_configuration() -> None:
    down = 'Server shop/s1 is DOWN, reason: Layer4 connection problem, info: "Connection refused"'
    servers = {"haproxy_server": {"shop/s1": "orders:8000", "shop/s2": "stock:8001"}}
    orders = Box("orders", state="exited", more={"exit_code": 70, "restart_policy": "no"})
    stock = Box("stock", listens=["0.0.0.0:8001"])
    finding = one(Box("front", log=[down], more=servers), orders, stock)
    assert (finding.cause, finding.about.name) == ("dependency_stopped", "orders")
    none = ' f shop/<NOSRV> 0/-1/-1/-1/0 503 217 - - SC-- 1/1/0/0/0 0/0 "GET / HTTP/1.1"'
    assert found(Box("front", log=[none], more=servers), orders, stock) == ["dependency_stopped orders"]
    assert found(Box("front", log=[down]), orders, stock) == []


def test_replicas_and_names_that_nobody_uses_are_no_collision() -> None:
    user = Box("client", env_hosts={"API_URL": "api:8000"})
    assert found(named("first", "sha256:1", 10.0), named("second", "sha256:1", 20.0), user) == []
    assert found(named("first", "sha256:1", 10.0), named("second", "sha256:2", 20.0)) == []


def test_an_address_that_is_nobodys_any_more() -> None:
    box = Box("client", networks={"net": "10.0.0.2"}, log=[LOST.format("10.0.0.9:8000")] * 3, more=SUBNET)
    store = Box("store", networks={"net": "10.0.0.7"}, listens=["0.0.0.0:8000"])
    finding = one(box, store)
    assert (finding.cause, finding.details["host"], finding.details["peer"]) == ("stale_ip", "10.0.0.9", "store")


def test_an_address_that_is_somebody_elses_now() -> None:
    box = Box("client", networks={"net": "10.0.0.2"}, log=[REFUSED.format("10.0.0.9:8000")] * 3, more=SUBNET)
    other = Box("other", networks={"net": "10.0.0.9"}, listens=["0.0.0.0:9999"])
    store = Box("store", networks={"net": "10.0.0.7"}, listens=["0.0.0.0:8000"])
    assert found(box, other, store) == ["stale_ip client"]
    assert found(box, other) == ["dependency_refusing other"]
    elsewhere = Box("client", networks={"net": "10.0.0.2"}, log=[LOST.format("192.168.9.9:8000")] * 3, more=SUBNET)
    assert found(elsewhere, store) == []


def test_the_address_of_one_that_is_down_now_is_known_by_its_port() -> None:
    """Between two runs of a loop there is no address: the setting that names it with this port tells whose it was."""
    said = [REFUSED.format("10.0.0.9:8000")] * 3
    box = Box("client", networks={"net": "10.0.0.2"}, log=said, env_hosts={"API_URL": "api:8000"}, more=SUBNET)
    down = Box("api", networks={"net": ""}, state="exited", more={"exit_code": 3, "restart_policy": "no"})
    assert found(box, down) == ["dependency_stopped api"]
    other = Box("client", networks={"net": "10.0.0.2"}, log=said, env_hosts={"API_URL": "api:9000"}, more=SUBNET)
    assert found(other, down) == []
