"""What `docker login` kept opens a private registry, is told to nobody else, and is not shown."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.engine import logins
from ergon_ops.engine.logins import Login, login_for
from ergon_ops.errors import ErgonError
from ergon_ops.packaging.image.bases import lock_base, open_base
from ergon_ops.packaging.image.references import RegistryRefused
from ergon_ops.packaging.image.shelf import Shelf
from tests.packaging.image.registry_server import TOKEN, Hub, layer, serving

NAME, SECRET = "ana", "pa:ss wörd"
BASIC = "Basic " + base64.b64encode(f"{NAME}:{SECRET}".encode()).decode()
ONE = layer({"etc/one": b"1"})


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving(Hub()) as made:
        made.put("1", [ONE])
        yield made


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path / "config.json"


def keep(config: Path, host: str, **fields: Any) -> None:
    known = {"auth": base64.b64encode(f"{NAME}:{SECRET}".encode()).decode()}
    config.write_text(json.dumps({"auths": {host: fields or known}}))


async def opened(hub: Hub, tmp_path: Path) -> bytes:
    shelf = Shelf(tmp_path / "shelf")
    row, _ = await lock_base(f"{hub.address}/x:1", building=False, images=None, shelf=shelf, progress=print)
    base = await open_base(row, images=None, shelf=shelf, progress=print)
    return b"".join(base.tree["etc/one"].blocks())


async def test_a_token_is_asked_for_with_the_name_and_password(hub: Hub, config: Path, tmp_path: Path) -> None:
    hub.wants_token, hub.private = True, BASIC
    keep(config, hub.address)
    assert await opened(hub, tmp_path) == b"1"
    told = {said for path, said in hub.seen if not path.startswith("/token")}
    assert told == {"", f"Bearer {TOKEN}"}


async def test_a_registry_without_tokens_is_told_them_itself(hub: Hub, config: Path, tmp_path: Path) -> None:
    hub.login, hub.opens = True, BASIC
    keep(config, f"https://{hub.address}/v1/")  # as old versions wrote it
    assert await opened(hub, tmp_path) == b"1"


async def test_an_identity_token_is_traded(hub: Hub, config: Path, tmp_path: Path) -> None:
    hub.wants_token, hub.private = True, "identity-of-ana"
    keep(config, hub.address, auth=base64.b64encode(b"<token>:").decode(), identitytoken="identity-of-ana")
    assert await opened(hub, tmp_path) == b"1"
    assert ("POST /token", "identity-of-ana") in hub.seen


async def test_where_blobs_lie_elsewhere_nobody_is_told(hub: Hub, config: Path, tmp_path: Path) -> None:
    with serving(Hub(blobs=hub.blobs)) as other:
        hub.login, hub.opens, hub.elsewhere = True, BASIC, other.address
        keep(config, hub.address)
        assert await opened(hub, tmp_path) == b"1"
        assert {said for _, said in other.seen} == {""}


@pytest.mark.parametrize("kept", ["nothing", "another's", "wrong"])
async def test_without_the_right_one_it_says_how_to_log_in(
    kept: str, hub: Hub, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.wants_token, hub.private = True, BASIC
    if kept == "another's":
        keep(config, "registry.example.com")
    elif kept == "wrong":
        keep(config, hub.address, auth=base64.b64encode(b"ana:another").decode())
    with pytest.raises(RegistryRefused) as raised:
        await opened(hub, tmp_path)
    assert f"docker login {hub.address}" in str(raised.value.next)
    assert "another" not in f"{raised.value}{capsys.readouterr().out}"


@pytest.mark.parametrize(
    "broken", ['{"credsStore": "of-nobody"}', '{"auths": ', "[]", '{"auths": {"x": {"auth": "%%"}}}']
)
async def test_logins_that_cannot_be_read_are_only_missed_where_one_is_needed(
    broken: str, hub: Hub, config: Path, tmp_path: Path
) -> None:
    """`docker pull` of a public image fails then; ours need not."""
    config.write_text(broken)
    hub.wants_token = True
    assert await opened(hub, tmp_path) == b"1"
    hub.private = BASIC
    with pytest.raises(RegistryRefused) as raised:
        await opened(hub, tmp_path / "again")
    assert f"docker login {hub.address}" in str(raised.value.next)


def helper(folder: Path, lines: str) -> None:
    path = folder / "docker-credential-of-test"
    path.write_text(f"#!/bin/sh\ncat >/dev/null\n{lines}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("lines", [None, "exit 1", "echo 1", "echo what", "sleep 5"])
def test_a_helper_that_fails_or_hangs_is_told(
    lines: str | None, config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(logins, "HELPER_S", 0.3)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    if lines:
        helper(tmp_path, lines)
    config.write_text(json.dumps({"credHelpers": {"r.example.com": "of-test"}}))
    with pytest.raises(ErgonError, match="logins of docker cannot be read"):
        login_for("r.example.com")


def test_a_helper_program_is_asked(config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = json.dumps({"ServerURL": "r.example.com", "Username": "u", "Secret": "s3"})
    helper(tmp_path, f"echo '{said}'")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    config.write_text(json.dumps({"credHelpers": {"r.example.com": "of-test"}}))
    found = login_for("r.example.com")
    assert found == Login("r.example.com", "u", "s3")
    assert "s3" not in repr(found)


def test_a_helper_that_knows_nobody_leaves_the_file_to_be_asked(
    config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    helper(tmp_path, "echo credentials not found in native keychain; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    kept = {"auth": base64.b64encode(b"u:s3").decode()}
    config.write_text(json.dumps({"credsStore": "of-test", "auths": {"r.example.com": kept}}))
    assert login_for("r.example.com") == Login("r.example.com", "u", "s3")
    assert login_for("other.example.com") is None
