"""Somebody answers, and says no: whose mistake it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.diagnosis.facts import Box, found, one

URL = "http://store:8080/v1/items"
STORE = Box("store", listens=["0.0.0.0:8080"])


def client(line: str, times: int = 4, **more: Any) -> Box:
    return Box("client", log=[line.format(url=URL)] * times, env_hosts={"STORE_URL": "store:8080"}, **more)


@pytest.mark.parametrize(
    ("line", "cause", "about"),
    [
        ("ERROR sync failed: 401 Client Error: Unauthorized for url: {url}", "dependency_denied", "client"),
        ("level=error url={url} status=403 msg=rejected", "dependency_denied", "client"),
        ('{{"level":50,"err":{{"message":"status code 404","url":"{url}"}}}}', "dependency_path_missing", "client"),
        ("ERROR: `POST {url}` resulted in a `429 Too Many Requests` response", "dependency_rate_limited", "client"),
        ("error: HTTP status server error (503 Service Unavailable) for url ({url})", "dependency_erroring", "store"),
    ],
)
def test_the_status_tells_whose_mistake_it_is(line: str, cause: str, about: str) -> None:
    finding = one(client(line), STORE)
    assert (finding.cause, finding.about.name, finding.details["peer"]) == (cause, about, "store")
    assert found(client(line, times=2), STORE) == []
    assert found(client(line), Box("other")) == []


def test_one_answer_among_many_good_ones_is_handled() -> None:
    lines = ["GET store 200"] * 9 + [f"WARN {URL} failed with status 429, retrying"]
    assert found(Box("client", log=lines * 4, env_hosts={"STORE_URL": "store:8080"}), STORE) == []


def test_what_goes_through_a_proxy_is_the_proxys_answer() -> None:
    line = f"ERROR sync failed: 403 Client Error: Forbidden for url: {URL}"
    hosts = {"STORE_URL": "store:8080", "HTTP_PROXY": "squid:3128"}
    squid = Box("squid", listens=["0.0.0.0:3128"])
    assert found(Box("client", log=[line] * 4, env_hosts=hosts), STORE, squid) == ["proxy_in_the_way client"]
    excepted = Box("client", log=[line] * 4, env_hosts=hosts, more={"env_key": {"NO_PROXY": True}})
    assert found(excepted, STORE, squid) == ["dependency_denied client"]


@pytest.mark.parametrize(
    ("proxy", "line"),
    [
        ("proxy.lan:3128", "ERROR sync failed: <urlopen error [Errno -2] Name or service not known>"),
        ("proxy.lan:3128", "curl: (5) Could not resolve proxy: proxy.lan"),
        ("localhost:3128", "ERROR sync failed: <urlopen error [Errno 99] Cannot assign requested address>"),
        ("localhost:3128", "ERROR sync failed: <urlopen error [Errno 111] Connection refused>"),
    ],
)
def test_a_proxy_that_is_not_there_is_told_by_its_variable(proxy: str, line: str) -> None:
    hosts = {"STORE_URL": "store:8080", "HTTP_PROXY": proxy}
    box = Box("client", log=[line] * 3, env_hosts=hosts)
    assert found(box, STORE) == ["proxy_unreachable client"]
    listening = Box("client", log=[line] * 3, env_hosts=hosts, listens=["127.0.0.1:3128"])
    assert ("proxy_unreachable client" in found(listening, STORE)) is (proxy != "localhost:3128")


def test_a_hosts_file_of_its_own_may_give_another_address() -> None:
    line = "ERROR GET http://store:8080/ failed: timed out"
    there = Box("store", networks={"net": "10.0.0.7"}, listens=["0.0.0.0:8080"])
    wrong = Box("client", networks={"net": "10.0.0.3"}, log=[line] * 3, more={"extra_host": {"store": "10.9.9.9"}})
    assert found(wrong, there) == ["extra_hosts_wrong client"]
    right = Box("client", networks={"net": "10.0.0.3"}, log=[line] * 3, more={"extra_host": {"store": "10.0.0.7"}})
    assert found(right, there) == ["dependency_slow store"]


def test_a_name_of_a_desktop_is_nobodys_here() -> None:
    box = Box("client", log=["Error: getaddrinfo ENOTFOUND host.docker.internal"])
    assert found(box) == ["unknown_host client"]


def test_http_spoken_to_a_redis_is_told_by_both_logs() -> None:
    store = Box("cache", listens=["0.0.0.0:6379"], log=["# Possible SECURITY ATTACK detected. It looks like somebody"])
    asks = Box("client", log=["ERROR RemoteDisconnected"] * 4, env_hosts={"API_URL": "cache:6379"})
    assert found(asks, store) == ["wrong_protocol client"]
    assert found(Box("client", log=["ERROR RemoteDisconnected"] * 4, env_hosts={"API_URL": "cache:6379"})) == []
