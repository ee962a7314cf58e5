"""Whom a name leads to, and why it leads nowhere."""

from __future__ import annotations

import pytest

from tests.diagnosis.facts import Box, found, one

UNKNOWN = "ERROR GET http://{}:8080/ failed: <urlopen error [Errno -2] Name or service not known>"
NO_ANSWER = "ERROR GET http://{}:8080/ failed: <urlopen error [Errno -3] Temporary failure in name resolution>"
REFUSED = "ERROR GET http://{}/ failed: <urlopen error [Errno 111] Connection refused>"
LATE = "ERROR GET http://{}/ failed: <urlopen error timed out>"
FINE = "GET http://{}/ 200"


def caller(line: str, times: int = 3, **more: object) -> Box:
    return Box("client", log=[line] * times, **more)  # type: ignore[arg-type]


def test_a_stopped_peer_is_named_though_its_name_is_unknown_to_dns() -> None:
    finding = one(caller(UNKNOWN.format("store")), Box("store", state="exited", more={"exit_code": 137}))
    assert (finding.cause, finding.about.name, [ref.name for ref in finding.victims]) == (
        "dependency_stopped",
        "store",
        ["client"],
    )
    assert finding.fix is not None
    assert finding.fix.kind == "start"


def test_a_peer_on_another_network_is_told_with_the_network_to_join() -> None:
    finding = one(caller(UNKNOWN.format("store")), Box("store", networks={"back": "10.0.0.2"}))
    assert (finding.cause, finding.about.name) == ("wrong_network", "client")
    assert finding.details == {"peer": "store", "network": "back", "host": "store"}
    assert finding.fix is not None
    assert (finding.fix.kind, finding.fix.arguments["network"]) == ("connect_network", "back")


def test_by_its_address_a_peer_on_another_network_is_found_too() -> None:
    away = Box("store", networks={"back": "10.0.0.2"}, listens=["0.0.0.0:8080"])
    assert found(caller(LATE.format("10.0.0.2:8080")), away) == ["wrong_network client"]


def test_on_the_default_bridge_there_are_no_names() -> None:
    bridge = {"bridge": "172.17.0.2"}
    resolver = {"resolver": {"0": "192.168.1.1"}}
    both = (
        caller(UNKNOWN.format("store"), networks=bridge, more=resolver),
        Box("store", networks={"bridge": "172.17.0.3"}),
    )
    assert found(*both) == ["default_bridge_no_dns client"]


def test_the_peer_is_there_but_has_not_that_name_on_this_network() -> None:
    store = Box("shop-store-1", more={"service": "store", "alias": {"net/shop-store-1": "shop-store-1"}})
    finding = one(caller(UNKNOWN.format("store")), store)
    assert (finding.cause, finding.details["peer"], finding.details["host"]) == (
        "alias_missing",
        "shop-store-1",
        "store",
    )


def test_a_name_that_is_nobodys_comes_with_the_nearest_one() -> None:
    finding = one(caller(UNKNOWN.format("stor")), Box("store"))
    assert (finding.cause, finding.about.name, finding.details["peer"]) == ("unknown_host", "client", "store")


def test_in_a_variable_it_is_the_variable_that_is_wrong() -> None:
    finding = one(caller(UNKNOWN.format("stor"), env_hosts={"STORE_URL": "stor:8080"}), Box("store"))
    assert (finding.cause, finding.details["env_key"], finding.details["expected"]) == (
        "env_wrong_value",
        "STORE_URL",
        "store",
    )


def test_name_servers_of_its_own_that_do_not_answer() -> None:
    box = caller(NO_ANSWER.format("api.example.com"), more={"dns_server": {"0": "192.0.2.1"}})
    finding = one(box)
    assert (finding.cause, finding.details["value"]) == ("upstream_dns_broken", "192.0.2.1")


def test_without_a_network_and_on_one_without_a_way_out() -> None:
    line = NO_ANSWER.format("api.example.com")
    assert found(caller(line, networks={"none": ""})) == ["network_none client"]
    assert found(caller(line, more={"network_internal": {"net": True}})) == ["network_internal client"]
    assert found(caller(line, more={"network_internal": {"net": False}})) == []


def test_one_that_is_alone_on_an_internal_network_calls_the_outside_though_it_says_not_whom() -> None:
    lines = ['{"err": {"message": "timeout of 3000ms exceeded", "code": "ECONNABORTED"}}'] * 3
    inside = Box("client", log=lines, more={"network_internal": {"net": True}})
    assert found(inside) == ["network_internal client"]
    assert found(inside, Box("store", listens=["0.0.0.0:8080"])) == []
    assert found(Box("client", log=lines)) == []


def test_a_client_that_says_only_that_it_could_not_reach_a_deaf_peer_was_refused() -> None:
    line = "Error: P1001: Can't reach database server at `store:8080`"
    finding = one(caller(line), Box("store"))
    assert (finding.cause, finding.about.name, finding.details["port"]) == ("dependency_refusing", "store", 8080)
    assert found(caller(line), Box("store", listens=["0.0.0.0:8080"])) == []


def test_a_peer_that_does_not_listen_is_the_origin() -> None:
    finding = one(caller(REFUSED.format("store:8080")), Box("store"))
    assert (finding.cause, finding.about.name, finding.details["port"]) == ("dependency_refusing", "store", 8080)


def test_a_variable_that_leads_to_another_port_than_the_peers_is_wrong() -> None:
    store = Box("store", listens=["0.0.0.0:6379"])
    for more in ({"env_hosts": {"STORE_URL": "store:63790"}}, {"more": {"env_port": {"STORE_PORT": 63790}}}):
        finding = one(caller(REFUSED.format("store:63790"), **more), store)
        assert (finding.cause, finding.about.name) == ("env_wrong_value", "client")
        assert finding.details["env_key"] in ("STORE_URL", "STORE_PORT")
        assert finding.details["expected"] == 6379


def test_localhost_in_a_variable_is_the_container_itself() -> None:
    box = caller(REFUSED.format("localhost:5432"), env_hosts={"DB_URL": "localhost:5432"})
    finding = one(box, Box("db", listens=["0.0.0.0:5432"]))
    assert (finding.cause, finding.details["env_key"], finding.details["peer"]) == ("env_wrong_value", "DB_URL", "db")


def test_a_peer_that_listens_for_itself_only_refuses_the_others() -> None:
    finding = one(caller(REFUSED.format("store:8080")), Box("store", listens=["127.0.0.1:8080"]))
    assert (finding.cause, finding.about.name) == ("bound_to_loopback", "store")


def test_a_peer_that_listens_but_answers_too_late() -> None:
    store = Box("store", listens=["0.0.0.0:8080"])
    assert found(caller(LATE.format("store:8080")), store) == ["dependency_slow store"]
    assert found(caller(LATE.format("store:8080"), times=1), store) == []


@pytest.mark.parametrize("line", [UNKNOWN.format("store"), REFUSED.format("store:8080"), LATE.format("store:8080")])
def test_what_is_over_is_no_fault_any_more(line: str) -> None:
    log = [line] * 5 + [FINE.format("store:8080")] * 30
    assert found(Box("client", log=log), Box("store")) == []


@pytest.mark.parametrize(
    "boxes",
    [
        (Box("client"), Box("store", state="exited")),
        (Box("client", env_hosts={"STORE_URL": "store:1"}), Box("store", listens=["0.0.0.0:2"])),
        (Box("client"), Box("store", networks={"back": "10.0.0.2"})),
        (caller("GET http://api.example.com/ failed: Name or service not known"),),
        (Box("client", networks={"none": ""}),),
        (Box("client", more={"dns_server": {"0": "192.0.2.1"}}),),
        (Box("client", more={"network_internal": {"net": True}}),),
        (caller(REFUSED.format("store:8080")), Box("store", more={"sockets_visible": None})),
        (caller(REFUSED.format("store:8080")), Box("store", listens=["0.0.0.0:8080"])),
    ],
)
def test_nothing_is_said_where_nobody_complains_or_nothing_can_be_seen(boxes: tuple[Box, ...]) -> None:
    assert found(*boxes) == []


def test_every_number_and_name_in_what_is_said_is_carried_by_the_evidence() -> None:
    finding = one(caller(REFUSED.format("store:8080")), Box("store"))
    assert len(finding.evidence) >= 2
    assert "8080" in finding.summary
    assert "client" in finding.summary
