"""A base of a registry without an engine: found as Docker finds it, proven by its sha256, or a clear line."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ergon_ops import manifest
from ergon_ops.errors import ErgonError, UsageError
from ergon_ops.packaging.image import locks, pulling, registries
from ergon_ops.packaging.image.bases import Base, lock_base, open_base
from ergon_ops.packaging.image.identity import platform
from ergon_ops.packaging.image.locks import LockedBase
from ergon_ops.packaging.image.packager import Order, prepare
from ergon_ops.packaging.image.references import DOCKER_HOST, RegistryAway, RegistryRefused, parse
from ergon_ops.packaging.image.shelf import Shelf
from ergon_ops.packaging.image.verifying import files_of
from ergon_ops.packaging.programs import output_of
from tests.certificates import certificates
from tests.engine.real import IMAGE, RealEngine
from tests.interfaces.conftest import Shell
from tests.interfaces.conftest import shell as shell  # the fixture
from tests.packaging.image.making import SITE, built, locked, project, tools
from tests.packaging.image.registry_server import TOKEN, Hub, layer, serving, sha
from tests.packaging.image.test_peers import registry as registry
from tests.packaging.image.test_peers import skopeo

ONE = layer({"etc/os": b"one\n" * 5000, "bin/sh": b"#!\n"})
TWO = layer({"etc/two": os.urandom(300_000)})


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving(Hub()) as started:
        yield started


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registries, "READ_S", 0.4)
    monkeypatch.setattr(pulling, "PAUSE_S", 0.0)


async def had(image: str, shelf: Shelf) -> tuple[LockedBase, Base]:
    row, said = await lock_base(image, building=False, images=None, shelf=shelf, progress=lambda line: None)
    assert said == ""
    return row, await open_base(row, images=None, shelf=shelf, progress=lambda line: None)


def leftovers(shelf: Shelf) -> list[Path]:
    return [path for path in shelf.root.rglob("*") if path.name.startswith(".")]


D = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "name", "host", "repository", "wanted"),
    [
        ("python:3.11-slim", "python", DOCKER_HOST, "library/python", "3.11-slim"),
        ("docker.io/library/python", "python", DOCKER_HOST, "library/python", "latest"),
        ("docker.io/bitnami/redis:7", "bitnami/redis", DOCKER_HOST, "bitnami/redis", "7"),
        ("acme/app", "acme/app", DOCKER_HOST, "acme/app", "latest"),
        (f"python:3@{D}", "python", DOCKER_HOST, "library/python", D),
        ("ghcr.io/astral-sh/uv:0.5", "ghcr.io/astral-sh/uv", "ghcr.io", "astral-sh/uv", "0.5"),
        ("localhost/x", "localhost/x", "localhost", "x", "latest"),
        ("127.0.0.1:5000/a/b/c:1", "127.0.0.1:5000/a/b/c", "127.0.0.1:5000", "a/b/c", "1"),
        (f"registry.example.com:443/x@{D}", "registry.example.com:443/x", "registry.example.com:443", "x", D),
    ],
)
def test_a_name_is_taken_apart_as_docker_does(text: str, name: str, host: str, repository: str, wanted: str) -> None:
    found = parse(text)
    assert (found.name, found.host, found.repository, found.wanted) == (name, host, repository, wanted)


@pytest.mark.parametrize(
    "text", ["", "UPPER", "a b", "x:", "x@sha256:12", "x@md5:aa", "../x", "http://x/y", "a//b", "x:tag/y:"]
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no name of an image"):
        parse(text)


@pytest.mark.parametrize("zipped", [True, False])
async def test_an_image_comes_byte_for_byte_and_is_asked_for_once(zipped: bool, hub: Hub, shelf: Shelf) -> None:
    id = hub.put("1", [ONE, TWO], zipped=zipped, Env=["A=b"])
    row, base = await had(f"{hub.address}/acme/base:1", shelf)
    assert row == LockedBase(f"{hub.address}/acme/base:1", id, f"{hub.address}/acme/base@{sha(hub.manifests['1'][1])}")
    assert [one.path.read_bytes() for one in base.layers] == [ONE, TWO]
    assert [one.digest for one in base.layers] == [sha(ONE), sha(TWO)]
    assert base.config == {"Env": ["A=b"]}
    assert base.tree["etc/os"].size == 20_000
    assert {"etc/os", "etc/two", "bin/sh"} <= set(base.tree)
    count = len(hub.seen)
    assert (await open_base(row, images=None, shelf=shelf, progress=print)).tree == base.tree
    assert len(hub.seen) == count
    assert not leftovers(shelf)


async def test_a_token_is_fetched_where_one_is_wanted_and_shown_to_nobody_else(hub: Hub, shelf: Shelf) -> None:
    hub.put("1", [ONE])
    hub.wants_token = True
    with serving(Hub(blobs=hub.blobs)) as other:
        hub.elsewhere = other.address
        await had(f"{hub.address}/acme/base:1", shelf)
        assert len(other.seen) == 3  # its configuration when it was locked, and again with the layer
        assert {authorization for _, authorization in other.seen} == {""}
    (token,) = {path for path, _ in hub.seen if path.startswith("/token")}
    assert token == "/token?service=hub&scope=repository%3Aacme%2Fbase%3Apull"
    assert ("/v2/acme/base/manifests/1", f"Bearer {TOKEN}") in hub.seen


async def test_over_tls_nobody_is_believed_without_a_certificate_and_nothing_goes_on_in_the_open(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates(tmp_path, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server-key.pem")
    with serving(Hub(), context) as safe, serving(Hub(blobs=safe.blobs)) as open_to_all:
        safe.put("1", [ONE])
        image = f"{safe.address}/x:1"
        with pytest.raises(RegistryAway, match="certificate verify failed"):
            await had(image, shelf)
        assert safe.seen == []
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        safe.elsewhere = open_to_all.address
        with pytest.raises(RegistryAway, match="an address without encryption"):
            await had(image, shelf)
        assert open_to_all.seen == []
        safe.elsewhere = ""
        assert len((await had(image, shelf))[1].layers) == 1


async def test_of_a_list_the_image_of_this_platform_is_taken_and_the_list_is_locked(hub: Hub, shelf: Shelf) -> None:
    own, other = platform().split("/")[1], "s390x"
    id = hub.put("own", [ONE], machine=own)
    hub.put("other", [TWO], machine=other)
    listed = hub.index("1", {f"linux/{other}": "other", f"linux/{own}": "own"})
    row, base = await had(f"{hub.address}/x:1", shelf)
    assert (row.oci, row.reference) == (id, f"{hub.address}/x@{listed}")
    assert [one.digest for one in base.layers] == [sha(ONE)]
    hub.index("2", {f"linux/{other}": "other"})
    for tag, told in (("2", "is there for linux/s390x"), ("other", "is made for linux/s390x")):
        with pytest.raises(ErgonError, match=told):
            await had(f"{hub.address}/x:{tag}", shelf)


async def test_a_tag_that_moved_does_not_move_the_lock(hub: Hub, shelf: Shelf, tmp_path: Path) -> None:
    hub.put("1", [ONE])
    row, base = await had(f"{hub.address}/x:1", shelf)
    hub.put("1", [TWO])
    fresh = Shelf(tmp_path / "fresh")
    assert (await open_base(row, images=None, shelf=fresh, progress=print)).layers[0].digest == base.layers[0].digest
    moved = LockedBase(row.image, row.oci, f"{hub.address}/x:1")
    with pytest.raises(ErgonError, match="no longer the image of the lock"):
        await open_base(moved, images=None, shelf=Shelf(tmp_path / "other"), progress=print)


@pytest.mark.parametrize("fault", [503, "cut", "hang up", "hang"])
@pytest.mark.parametrize("zipped", [True, False])
async def test_what_breaks_on_the_way_is_asked_for_again_but_not_for_ever(
    fault: Any, zipped: bool, hub: Hub, shelf: Shelf
) -> None:
    hub.put("1", [ONE, TWO], zipped=zipped)
    row, _ = await lock_base(f"{hub.address}/x:1", building=False, images=None, shelf=shelf, progress=print)
    sent = json.loads(hub.manifests["1"][1])["layers"][1]["digest"]
    hub.faults[sent] = [fault] * 99
    with pytest.raises(RegistryAway, match=f"{hub.address}"):
        await open_base(row, images=None, shelf=shelf, progress=print)
    assert not leftovers(shelf)
    assert len([path for path, _ in hub.seen if path.endswith(sent)]) == pulling.TRIES
    hub.faults[sent] = [fault] * (pulling.TRIES - 1)
    assert len((await open_base(row, images=None, shelf=shelf, progress=print)).layers) == 2
    first = json.loads(hub.manifests["1"][1])["layers"][0]["digest"]
    assert len([path for path, _ in hub.seen if path.endswith(first)]) == 1  # what came is not asked for again


async def test_other_bytes_than_were_named_are_never_taken(hub: Hub, shelf: Shelf) -> None:
    id = hub.put("1", [ONE])
    image = f"{hub.address}/x:1"
    row, _ = await lock_base(image, building=False, images=None, shelf=shelf, progress=print)
    sent = json.loads(hub.manifests["1"][1])["layers"][0]["digest"]
    for what in (sent, id, row.reference.partition("@")[2]):
        hub.faults = {what: ["wrong"] * 9}
        with pytest.raises(ErgonError, match=r"gives (another manifest|other bytes) than"):
            await open_base(row, images=None, shelf=shelf, progress=print)
    hub.faults = {}
    hub.blobs[sent], true = sha(b"").encode(), hub.blobs[sent]
    with pytest.raises(ErgonError):
        await open_base(row, images=None, shelf=shelf, progress=print)
    hub.blobs[sent] = true
    lying = json.loads(hub.blobs[id])
    lying["rootfs"]["diff_ids"] = [sha(TWO)]
    text = json.dumps(lying).encode()
    body = json.loads(hub.manifests["1"][1])
    body["config"]["digest"] = sha(text)
    hub.blobs[sha(text)] = text
    hub._manifest("2", body)
    with pytest.raises(ErgonError, match="is not what its configuration says"):
        await had(f"{hub.address}/x:2", shelf)
    assert not leftovers(shelf)
    assert not list(shelf.root.rglob("*.tar"))


@pytest.mark.parametrize(
    ("break_it", "kind", "told"),
    [
        (lambda hub: hub.faults.update({"manifests/1": [429] * 9}), RegistryAway, "asks to wait"),
        (lambda hub: hub.faults.update({"manifests/1": [500] * 9}), RegistryAway, "answers HTTP 500"),
        (lambda hub: hub.faults.update({"manifests/1": ["hang"] * 9}), RegistryAway, "does not answer: timed out"),
        (lambda hub: hub.manifests.clear(), RegistryRefused, "has no x 1"),
        (lambda hub: setattr(hub, "login", True), RegistryRefused, "wants a login"),
        (lambda hub: hub.faults.update({"manifests/1": [403] * 9}), RegistryRefused, "has no x for everybody"),
        (lambda hub: hub.manifests.update({"1": ("text/html", b"<html>")}), RegistryAway, "gives no manifest"),
        (lambda hub: hub.manifests.update({"1": ("text/json", b"{}")}), ErgonError, "of a form that is not read here"),
        (lambda hub: hub.manifests.update({"1": (pulling.MANIFESTS[0], b"{}")}), ErgonError, "not described as an"),
        (lambda hub: hub.manifests.update({"1": (pulling.INDEXES[0], b'{"manifests": 1}')}), ErgonError, "as a list"),
    ],
)  # fmt: skip
async def test_each_failure_is_one_line_with_a_next_step(
    break_it: Callable[[Hub], None], kind: type[ErgonError], told: str, hub: Hub, shelf: Shelf
) -> None:
    hub.put("1", [ONE])
    break_it(hub)
    with pytest.raises(kind) as raised:
        await had(f"{hub.address}/x:1", shelf)
    assert told in raised.value.message
    assert raised.value.next
    assert "\n" not in str(raised.value)


async def test_giving_up_ends_the_pull_and_leaves_nothing(
    hub: Hub, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.put("1", [TWO * 40], zipped=False)
    row, _ = await lock_base(f"{hub.address}/x:1", building=False, images=None, shelf=shelf, progress=print)
    begun, go_on, read = threading.Event(), threading.Event(), pulling._Read.read

    def slow(self: Any, size: int = 65536) -> bytes:
        block = read(self, 65536)
        begun.set()
        go_on.wait(10)
        return block

    monkeypatch.setattr(pulling._Read, "read", slow)
    task = asyncio.create_task(open_base(row, images=None, shelf=shelf, progress=print))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    for _ in range(500):
        if not leftovers(shelf):
            break
        await asyncio.sleep(0.01)
    assert not leftovers(shelf)
    assert not list(shelf.root.rglob("*.tar"))


async def test_nothing_stands_for_an_image_that_is_named_by_its_digest(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(image: str, progress: Any) -> LockedBase:
        raise RegistryAway("the registry does not answer", next="check the network")

    async def debs(*words: Any, **more: Any) -> tuple[Any, ...]:
        return ()

    monkeypatch.setattr("ergon_ops.packaging.image.image_bases.of_registry", away)
    monkeypatch.setattr("ergon_ops.packaging.image.bases.lock_debs", debs)
    _, said = await lock_base("python:3.11", building=False, images=None, shelf=shelf, progress=print)
    assert "instead of python:3.11" in said
    with pytest.raises(RegistryAway, match=f"python:3.11@{D} cannot be pulled: the registry does not answer"):
        await lock_base(f"python:3.11@{D}", building=False, images=None, shelf=shelf, progress=print)


async def test_an_image_named_by_its_digest_is_that_one(hub: Hub, shelf: Shelf) -> None:
    id = hub.put("1", [ONE])
    digest = sha(hub.manifests["1"][1])
    hub.put("1", [TWO])
    for name in (f"{hub.address}/x@{digest}", f"{hub.address}/x:1@{digest}"):
        row, base = await had(name, shelf)
        assert (row.image, row.oci, row.reference) == (name, id, f"{hub.address}/x@{digest}")
        assert [one.digest for one in base.layers] == [sha(ONE)]


def test_a_base_that_cannot_be_had_is_told_in_one_line(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    path = project(tmp_path / "shop", SITE)
    document = json.loads(path.read_text())
    document["containers"]["shop"]["base_image"] = "127.0.0.1:9/acme/base:1"
    path.write_text(json.dumps(document))
    said = shell("package", str(path), "--executor", "none", "--output", str(tmp_path / "out"))
    assert said.exit == 1
    last = said.err.strip().splitlines()[-1]
    assert last.startswith(
        "ergon-ops: 127.0.0.1:9/acme/base:1 cannot be pulled: the registry 127.0.0.1:9 does not answer"
    )
    assert " — " in last
    assert not (tmp_path / "out").exists()
    assert not locks.path_for(path).exists()


# -- Debian's docker-registry


async def test_an_image_of_ours_that_a_registry_has_is_a_base_without_an_engine(
    tmp_path: Path, shelf: Shelf, registry: str
) -> None:
    """As skopeo pushes it: zipped, so that the registry's digests are others; the layers are the same."""
    first = await built(locked(project(tmp_path / "one" / "shop", SITE), shelf, tmp_path), shelf, tmp_path / "out")
    skopeo("copy", "-q", "--dest-tls-verify=false", f"oci-archive:{first.archive}", f"docker://{registry}/shop:1")
    fresh = Shelf(tmp_path / "fresh")
    row, base = await had(f"{registry}/shop:1", fresh)
    assert row.oci == first.image.config_digest
    assert [one.digest for one in base.layers] == [one.digest for one in first.image.layers]
    path = project(tmp_path / "shop", {"index.html": "two"})
    document = json.loads(path.read_text())
    document["containers"]["shop"]["base_image"] = f"{registry}/shop:1"
    path.write_text(json.dumps(document))
    known = await prepare(Order(manifest.load(path), path, "shop", tmp_path / "out"), tools(fresh))
    assert known.ready.made
    target = locks.path_for(path)
    target.write_text(locks.text_with(target, "shop", known.ready.lock))
    made = await built(path, fresh, tmp_path / "out")
    assert made.executor == "none"
    found = files_of(made.archive)
    assert {"srv/style/site.css", "usr/bin/busybox"} <= set(found)
    assert b"".join(found["srv/index.html"].blocks()) == b"two"


@pytest.mark.engine
async def test_an_engine_and_we_take_the_same_base_from_a_registry(
    tmp_path: Path, shelf: Shelf, registry: str, docker_host: str
) -> None:
    """The same lock and the same layers, whoever pulled."""
    name = f"{registry}/pack/base:1"
    await docker(docker_host, "tag", IMAGE, name)
    try:
        await docker(docker_host, "push", "-q", name)
        ours, base = await had(name, shelf)
        await docker(docker_host, "rmi", name)
        async with RealEngine.opened(docker_host) as real:
            other = Shelf(tmp_path / "other")
            theirs, _ = await lock_base(name, building=False, images=real.images, shelf=other, progress=print)
            assert theirs == ours
            opened = await open_base(theirs, images=real.images, shelf=other, progress=print)
        assert [one.digest for one in opened.layers] == [one.digest for one in base.layers]
        assert {path: item.identity for path, item in opened.tree.items()} == {
            path: item.identity for path, item in base.tree.items()
        }
    finally:
        await docker(docker_host, "rmi", name)


async def docker(host: str, *words: str) -> None:
    await output_of(["docker", "-H", host, *words], deadline_s=60.0, doing=f"docker {words[0]}")
