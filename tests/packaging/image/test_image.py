"""An image is its inputs: what is in it, what its digests are of, and which file an engine and other tools read."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from ergon_ops.errors import ErgonError
from ergon_ops.packaging.image import layers, locks
from ergon_ops.packaging.image.shelf import Shelf
from tests.engine.real import RealEngine
from tests.packaging.image.making import API, SITE, built, locked, project


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


def member(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as tar:
        reader = tar.extractfile(name)
        assert reader is not None
        return reader.read()


def files(archive: Path) -> dict[str, tuple[str, int]]:
    """Path → kind and mode, of all layers on one another."""
    made: dict[str, tuple[str, int]] = {}
    for row in json.loads(member(archive, "manifest.json"))[0]["Layers"]:
        copy = archive.with_suffix(".layer")
        copy.write_bytes(member(archive, row))
        made |= {path: (entry.kind, entry.mode) for path, entry in layers.entries(copy) if entry}
    return made


async def test_a_site_is_its_files_on_a_web_server(tmp_path: Path, shelf: Shelf) -> None:
    path = locked(project(tmp_path / "p", {**SITE, ".env": "SECRET_KEY=hunter2\n", "notes.md": "x"}), shelf, tmp_path)
    (path.parent / "run.sh").chmod(0o700)
    made = await built(path, shelf, tmp_path / "out")
    found = files(made.archive)
    assert found["srv/index.html"] == ("file", 0o644)
    assert found["srv/run.sh"] == ("file", 0o755)
    assert found["srv/style"] == ("folder", 0o755)
    assert found["usr/bin/httpd"] == ("link", 0o777)
    assert not [name for name in found if ".env" in name or "ergon-lock" in name or name.endswith("manifest.json")]
    assert made.prepared.source.secrets == (".env",)
    assert b"hunter2" not in made.archive.read_bytes()


async def test_every_digest_is_of_the_bytes_that_lie_in_the_archive(tmp_path: Path, shelf: Shelf) -> None:
    made = await built(locked(project(tmp_path / "p", SITE), shelf, tmp_path), shelf, tmp_path / "out")
    index = json.loads(member(made.archive, "index.json"))["manifests"][0]
    assert index["digest"] == made.image.digest
    manifest = member(made.archive, f"blobs/sha256/{made.image.digest[7:]}")
    assert f"sha256:{hashlib.sha256(manifest).hexdigest()}" == made.image.digest
    said = json.loads(manifest)
    for row in (said["config"], *said["layers"]):
        body = member(made.archive, f"blobs/sha256/{row['digest'][7:]}")
        assert (f"sha256:{hashlib.sha256(body).hexdigest()}", len(body)) == (row["digest"], row["size"])
    config = json.loads(member(made.archive, f"blobs/sha256/{made.image.config_digest[7:]}"))
    assert config["rootfs"]["diff_ids"] == [row["digest"] for row in said["layers"]]
    assert config["config"]["User"] == "10001:10001"
    assert config["config"]["ExposedPorts"] == {"80/tcp": {}}
    assert config["config"]["Healthcheck"]["Test"][0] == "CMD"
    assert config["created"] == "1980-01-01T00:00:01Z"


async def test_wheels_are_unpacked_as_pip_would_with_the_images_own_python(tmp_path: Path, shelf: Shelf) -> None:
    made = await built(locked(project(tmp_path / "p", API), shelf, tmp_path), shelf, tmp_path / "out")
    found = files(made.archive)
    assert found["opt/deps/bin/uvicorn"] == ("file", 0o755)
    assert found["opt/deps/fastapi/__init__.py"] == ("file", 0o644)
    assert found["app/shop/things.py"] == ("file", 0o644)
    assert "opt/deps/fastapi-2.0.dist-info/REQUESTED" in found
    own = {path: entry for path, entry in made.image.own.items() if entry is not None}
    script = b"".join(own["opt/deps/bin/uvicorn"].blocks())
    assert script.startswith(b"#!/usr/bin/python3\n")
    record = b"".join(own["opt/deps/uvicorn-1.0.dist-info/RECORD"].blocks()).decode()
    assert "../../bin/uvicorn,sha256=" in record
    assert "uvicorn-1.0.dist-info/RECORD,,\r\n" in record


async def test_a_warm_build_is_the_same_image(tmp_path: Path, shelf: Shelf) -> None:
    path = locked(project(tmp_path / "p", API), shelf, tmp_path)
    first = await built(path, shelf, tmp_path / "one")
    again = await built(path, shelf, tmp_path / "two")
    assert first.archive.read_bytes() == again.archive.read_bytes()
    assert not list((tmp_path / "shelf" / "drafts").iterdir())


async def test_requirements_that_changed_need_another_lock(tmp_path: Path, shelf: Shelf) -> None:
    path = locked(project(tmp_path / "p", API), shelf, tmp_path)
    (path.parent / "requirements.txt").write_text("fastapi\nuvicorn\nredis\n")
    with pytest.raises(ErgonError, match=r"requirements\.txt changed since the lock was made") as caught:
        await built(path, shelf, tmp_path / "out")
    assert "--lock" in caught.value.next
    assert not (tmp_path / "out").exists()


async def test_a_file_that_is_not_what_the_lock_says_is_never_used(tmp_path: Path, shelf: Shelf) -> None:
    path = locked(project(tmp_path / "p", API), shelf, tmp_path)
    (wheel,) = (tmp_path / "shelf" / "files").rglob("uvicorn-*.whl")
    body = bytearray(wheel.read_bytes())
    at = body.index(b"y = 2")
    body[at : at + 5] = b"y = 3"
    wheel.write_bytes(bytes(body))
    with pytest.raises(ErgonError, match=r"uvicorn-1\.0-py3-none-any\.whl"):
        await built(path, shelf, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_lock_that_is_damaged_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "m.ergon-lock.json").write_text('{"lock_version": 1,\n"containers": oops}\n')
    with pytest.raises(ErgonError, match=r"m\.ergon-lock\.json:2: "):
        locks.read(tmp_path / "m.ergon-lock.json", "api")


@pytest.mark.engine
async def test_an_engine_calls_it_by_the_digest_of_its_configuration(
    tmp_path: Path, shelf: Shelf, docker_host: str
) -> None:
    made = await built(locked(project(tmp_path / "p", SITE), shelf, tmp_path), shelf, tmp_path / "out")
    async with RealEngine.opened(docker_host) as real:
        try:
            await real.images.load(made.archive)
            assert await real.images.image_id(made.tag) == made.image.config_digest
        finally:
            await real.images.remove_image(made.tag)


async def test_skopeo_reads_it_as_both_kinds_of_archive(tmp_path: Path, shelf: Shelf) -> None:
    skopeo = shutil.which("skopeo")
    if skopeo is None:
        pytest.skip("skopeo is not installed (Debian: apt-get install skopeo)")
    made = await built(locked(project(tmp_path / "p", SITE), shelf, tmp_path), shelf, tmp_path / "out")

    def inspected(kind: str, *more: str) -> bytes:
        command = [skopeo, "inspect", "--raw", *more, f"{kind}:{made.archive}"]
        return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout

    assert inspected("oci-archive") == made.image.manifest
    assert inspected("oci-archive", "--config") == made.image.config
    assert inspected("docker-archive", "--config") == made.image.config
