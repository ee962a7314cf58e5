"""Lines that name nobody by a pattern: who went down when they began, whose name stands in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ergon_ops.diagnosis import diagnose
from ergon_ops.events import timestamp
from ergon_ops.refs import Ref
from ergon_ops.topology import Link
from tests.diagnosis.facts import NOW, Box, found, one, scene, together

LATE = "ERROR queue not polled: TimeoutError: Timeout reading from socket"


def store(state: str = "paused", since_s: float = 6.0, **more: Any) -> Box:
    event = {"event": {timestamp(NOW - since_s): "pause"}} if state == "paused" else {"finished_at": NOW - since_s}
    return Box("store", state, networks={"net": "10.0.0.3"}, more={**event, **more})


def worker(*lines: str, **more: Any) -> Box:
    return Box("worker", networks={"net": "10.0.0.2"}, log=lines or [LATE] * 3, more=more)


def test_a_neighbour_that_was_paused_when_the_calls_began_to_fail_is_meant() -> None:
    told = together("worker", worker(), store())
    assert [(item.cause, item.about) for item in told] == [("paused", Ref("store"))]
    assert told[0].victims == (Ref("worker"),)


@pytest.mark.parametrize(
    "other",
    [
        store(since_s=600.0),
        store("running"),
        store("exited", exit_code=0),
        Box("store", "paused", networks={"elsewhere": "10.0.9.3"}, more={"event": {timestamp(NOW - 6): "pause"}}),
    ],
)
def test_one_that_went_down_at_another_time_is_done_or_is_far_away_is_not(other: Box) -> None:
    assert together("worker", worker(), other) == ()


def test_of_two_that_went_down_together_nobody_knows() -> None:
    other = Box("other", "exited", more={"exit_code": 1, "finished_at": NOW - 6.0})
    assert diagnose(scene(worker(), store(), other), Ref("worker")) == ()


def test_one_that_was_stopped_is_meant_as_well() -> None:
    down = store("exited", exit_code=0, event={timestamp(NOW - 6.0): "stop"})
    finding = one(worker("ERROR lost: connection reset by peer", "ERROR lost: connection reset by peer"), down)
    assert (finding.cause, finding.about) == ("dependency_stopped", Ref("store"))


LINE = "[gateway] broker quartz 4779 not available: [Errno 111] Connection refused"


def gateway(*lines: str, **hosts: str) -> Box:
    return Box("gateway", env_hosts=hosts, log=lines or [LINE] * 3, more={"env_port": {"SENSORS_PORT": 4779}})


def broker(alias: str = "quartz") -> Box:
    more = {"alias": {f"net/{alias}": alias}}
    return Box("broker", listens=["0.0.0.0:4778"], networks={"net": "10.0.0.9"}, more=more)


def test_a_name_of_a_neighbour_with_a_port_behind_it_says_who_was_called() -> None:
    finding = one(gateway(), broker())
    assert (finding.cause, finding.about) == ("env_wrong_value", Ref("gateway"))
    assert (finding.details["env_key"], finding.details["expected"]) == ("SENSORS_PORT", 4778)


def test_a_name_of_nobody_here_or_a_plain_word_says_nothing() -> None:
    assert found(gateway(), broker("granite")) == []
    assert found(gateway("quartz crystals: connection refused", "quartz crystals: connection refused"), broker()) == []
    assert found(gateway("quartz 31337: connection refused", "quartz 31337: connection refused"), broker()) == []


@pytest.mark.parametrize(("kind", "whose"), [("called lately :8443", "shop"), ("", "worker")])
def test_an_expired_certificate_is_laid_to_the_one_that_was_called_if_that_is_one_alone(kind: str, whose: str) -> None:
    line = "not fetched: <urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired (_ssl.c:992)>"
    made = scene(worker(line, line), Box("shop", listens=["0.0.0.0:8443"], networks={"net": "10.0.0.3"}))
    link = Link(Ref("worker"), "shop", Ref("shop"), kind, 8443)
    made = replace(made, links=(link,) if kind else ())
    (told,) = [item for item in diagnose(made, Ref("worker")) if item.nature == "fault"]
    assert (told.cause, told.about) == ("tls_certificate_expired", Ref(whose))
