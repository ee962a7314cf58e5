"""Two that share one network namespace: whose is down, or has come up again without the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ergon_ops.diagnosis import diagnose
from ergon_ops.findings import Finding
from tests.diagnosis.facts import NOW, Box, scene

LOG = ['level=error msg="scrape failed: Connection refused"'] * 3
SHARED: dict[str, Any] = {"network_mode": "container:shop"}


def told(owner: Box, log: list[str], **more: Any) -> list[Finding]:
    asker = Box("probe", networks={}, log=log, env_hosts={"SCRAPE_URL": "127.0.0.1:9113"}, more={**SHARED, **more})
    return [item for item in diagnose(scene(asker, owner), asker.ref) if item.nature == "fault"]


def test_whose_network_it_lives_in_is_stopped() -> None:
    (finding,) = told(Box("shop", "exited", more={"exit_code": 0}), LOG)
    assert (finding.cause, finding.about.name) == ("namespace_peer_stopped", "shop")
    assert [ref.name for ref in finding.victims] == ["probe"]
    assert finding.fix is not None
    assert finding.fix.kind == "start"


def test_whose_network_it_lives_in_was_started_again() -> None:
    (finding,) = told(Box("shop", listens=["127.0.0.1:9113"], more={"started_at": NOW - 20.0}), LOG)
    assert (finding.cause, finding.about.name, finding.details) == ("namespace_stale", "probe", {"peer": "shop"})


@pytest.mark.parametrize("log", [[], ["level=info msg=scraped"]])
def test_one_that_complains_of_nothing_is_left_alone(log: list[str]) -> None:
    assert told(Box("shop", "exited", more={"exit_code": 0}), log) == []
    assert told(Box("shop", more={"started_at": NOW - 20.0}), log) == []


def test_one_that_was_started_before_it_is_where_it_belongs() -> None:
    assert "namespace_stale" not in [item.cause for item in told(Box("shop"), LOG, started_at=NOW - 300.0)]
    other = replace(Box("shop"), name="other", more={"started_at": NOW - 20.0})
    assert "namespace_stale" not in [item.cause for item in told(other, LOG)]
