"""Others agree: Debian's registry keeps the digest both ways, and `docker build` of our Dockerfile makes the same files."""
# ruff: noqa: E501 - tables of files read best one a line

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from ergon_ops import manifest
from ergon_ops.packaging.analysis import analyse
from ergon_ops.packaging.containers import packaged, plan_for
from ergon_ops.packaging.dockerfile import dockerfile, dockerignore
from ergon_ops.packaging.image import locks
from ergon_ops.packaging.image.identity import platform
from ergon_ops.packaging.image.locks import Lock, LockedBase, LockedPackages
from ergon_ops.packaging.image.running import volatile
from ergon_ops.packaging.image.shelf import Shelf
from ergon_ops.packaging.image.verifying import files_of
from ergon_ops.packaging.image.wishes import wishes
from ergon_ops.packaging.plan import ImagePlan, Unpack
from ergon_ops.stack.contexts import copy_context
from tests.engine.real import RealEngine
from tests.packaging.image.making import API, SITE, built, locked, project, wheel

PYTHON_BASE = "ergon-ops-base/python:1"  # as `project dockerfile --prove` makes it, with a pip that it needs


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """Debian's docker-registry on a port of its own: host and port."""
    program = shutil.which("docker-registry")
    if program is None or shutil.which("skopeo") is None:
        pytest.skip("docker-registry or skopeo is not installed (Debian: apt-get install docker-registry skopeo)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    settings = {
        "version": 0.1,
        "http": {"addr": address},
        "storage": {"filesystem": {"rootdirectory": str(tmp_path / "r")}},
    }
    (tmp_path / "registry.json").write_text(json.dumps(settings))
    with (tmp_path / "registry.log").open("wb") as log:
        process = subprocess.Popen([program, "serve", str(tmp_path / "registry.json")], stdout=log, stderr=log)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://{address}/v2/", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def skopeo(*words: str) -> bytes:
    return subprocess.run(["skopeo", *words], check=True, capture_output=True, timeout=120).stdout


def stored(registry: str) -> tuple[str, bytes]:
    """Digest and bytes of the manifest, as the registry gives them."""
    request = urllib.request.Request(f"http://{registry}/v2/shop/manifests/1")
    request.add_header("Accept", "application/vnd.oci.image.manifest.v1+json")
    with urllib.request.urlopen(request, timeout=30) as reply:
        return reply.headers["Docker-Content-Digest"], reply.read()


async def test_a_registry_keeps_the_digest_both_ways(tmp_path: Path, shelf: Shelf, registry: str) -> None:
    made = await built(locked(project(tmp_path / "shop", SITE), shelf, tmp_path), shelf, tmp_path / "out")
    there = f"docker://{registry}/shop:1"
    skopeo("copy", "-q", "--preserve-digests", "--dest-tls-verify=false", f"oci-archive:{made.archive}", there)
    assert stored(registry) == (made.image.digest, made.image.manifest)
    skopeo("copy", "-q", "--preserve-digests", "--src-tls-verify=false", there, f"oci:{tmp_path / 'back'}:1")
    index = json.loads((tmp_path / "back" / "index.json").read_text())
    assert index["manifests"][0]["digest"] == made.image.digest
    config = tmp_path / "back" / "blobs" / "sha256" / made.image.config_digest[7:]
    assert config.read_bytes() == made.image.config


async def as_docker_builds_it(real: RealEngine, plan: ImagePlan, context: Path, folder: Path, base: str) -> Path:
    """The archive of our Dockerfile's image, on the same base; wheels come from a folder, not from the network."""
    copy_context(context, folder / "context", plan.ignore)
    text = dockerfile(plan).replace(f"FROM {plan.bases[0]}", f"FROM {base}")
    (folder / "context" / "Dockerfile").write_text(text)
    (folder / "context" / ".dockerignore").write_text(dockerignore(plan))
    await real.images.build(folder / "context", "pack-oracle:1", labels={}, build_args={}, progress=print)
    try:
        await real.images.save("pack-oracle:1", folder / "oracle.tar")
    finally:
        await real.images.remove_image("pack-oracle:1")
    return folder / "oracle.tar"


def identities(archive: Path) -> dict[str, tuple[object, ...]]:
    """Everything but times, without what engines put into every container and the folders of pip's own working."""
    return {path: entry.identity for path, entry in files_of(archive).items() if not volatile(path)}


@pytest.mark.engine
async def test_docker_build_of_our_dockerfile_makes_the_same_files(
    tmp_path: Path, shelf: Shelf, docker_host: str
) -> None:
    """With a bit more in the project than a toy: links, a script, an executable file, names from all over the world."""
    path = project(
        tmp_path / "shop", {**API, "run.sh": "#!/bin/sh\n", "ünï/cødé.txt": "x", "tests/t.py": "", ".env": "A=b"}
    )
    (path.parent / "run.sh").chmod(0o700)
    (path.parent / "link").symlink_to("shop/things.py")
    async with RealEngine.opened(docker_host) as real:
        id = await real.images.image_id(PYTHON_BASE)
        if id is None:
            pytest.skip(f"the engine has no {PYTHON_BASE}: project dockerfile DIR --prove makes it")
        found = manifest.load(path)
        plan = plan_for(found, packaged(found)[0], analyse(path.parent), path)
        base = f"pack-base:{id[7:19]}"
        wheels = [
            wheel(tmp_path / "wheels" / "fastapi-2.0-py3-none-any.whl", {"fastapi/__init__.py": b"", "fastapi/data.json": b"{}"}),
            wheel(
                tmp_path / "wheels" / "uvicorn-1.0-py3-none-any.whl",
                {"uvicorn/__init__.py": b"", "uvicorn-1.0.data/scripts/uv.sh": b"#!/bin/sh\n", "uvicorn-1.0.data/data/share/uv.txt": b"x"},
                scripts={"uvicorn": "uvicorn.main:run"},
            ),
        ]  # fmt: skip
        (tmp_path / "Dockerfile").write_text(
            f"FROM {PYTHON_BASE}\nCOPY wheels /opt/wheels\nENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/opt/wheels\n"
        )
        await real.images.build(tmp_path, base, labels={}, build_args={}, progress=print)
        try:
            base_id = await real.images.image_id(base)
            assert base_id is not None
            step = next(step for _, step in plan.steps() if isinstance(step, Unpack))
            wish = wishes(step, path.parent)
            items = tuple(shelf.keep(one, name=one.name.split("-")[0], version="1") for one in wheels)
            row = LockedPackages("pip", wish.digest, "3.11", wish.requested, items)
            lock = Lock(platform(), (LockedBase(plan.bases[0], base_id, base),), (row,))
            target = locks.path_for(path)
            target.write_text(locks.text_with(target, plan.container, lock))
            made = await built(path, shelf, tmp_path / "out", images=real.images)
            oracle = await as_docker_builds_it(real, plan, path.parent, tmp_path, base)
        finally:
            await real.images.remove_image(base)
    ours, theirs = identities(made.archive), identities(oracle)
    assert "app/link" in ours
    assert {name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)} == set()
