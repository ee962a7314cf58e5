"""A manifest for Ergon's registry, while a daemon runs: Ergon is away, then in trouble, then there; it arrives once."""

from __future__ import annotations

from pathlib import Path

import pytest

from ergon_ops.assistant.registry import send
from tests.interfaces.test_registry import ergon
from tests.packaging.image.making import SITE, project
from tests.serve.conftest import Start, until


async def test_a_manifest_that_waits_is_delivered_by_the_daemon_when_ergon_is_back(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ergon_ops.interfaces.serve.daemon.DELIVER_EVERY_S", 0.05)
    path = project(tmp_path / "shop", SITE)
    with ergon() as (port, _):
        pass  # a port where nobody listens
    async with start(ergon_url=f"http://127.0.0.1:{port}") as running:
        store = running.daemon.assistant.house.store.deliveries
        said = await send(running.daemon.settings, path)
        assert said["waiting"] == 1
        assert said["deliveries"][0]["tries"] >= 1, "the daemon may have tried meanwhile"
        await until(lambda: store.all()[0].tries >= 4)
        assert "does not answer" in store.all()[0].error
        with ergon(port, status=500) as (_, refused):
            await until(lambda: "HTTP 500" in store.all()[0].error)
        assert refused == []
        with ergon(port) as (_, units):
            await until(lambda: store.all()[0].sent_at)
            tries = store.all()[0].tries
        (unit,) = units
        assert unit["content"]["manifest"]["project"]["name"] == "shop"
        assert (store.all()[0].receipt, store.all()[0].error, store.due()) == ("unit-1", "", ())
        await until(lambda: "Ergon has taken every manifest" in running.said)
        assert running.said.count("1 manifest waits for Ergon") == 1  # however often it was tried
        assert store.all()[0].tries == tries


async def test_one_that_ergon_does_not_want_holds_up_no_other(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ergon(status=422) as (port, _):
        async with start(ergon_url=f"http://127.0.0.1:{port}") as running:
            store = running.daemon.assistant.house.store.deliveries
            await send(running.daemon.settings, project(tmp_path / "one", SITE))
            assert "refuses it: HTTP 422" in store.all()[0].error
            with ergon() as (other, units):
                store.queue("sha256:" + "b" * 64, f"http://127.0.0.1:{other}", "{}")
                said = await send(running.daemon.settings, None)
            assert (len(units), said["waiting"]) == (1, 1)
