"""`registry`: what was built and runs is found again, a second image of the same inputs is a violation, and a manifest
waits for Ergon while it is away."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.assistant.recording import compared, listed
from ergon_ops.packaging.image import assembly
from ergon_ops.packaging.image.entries import file
from ergon_ops.packaging.image.shelf import sha256_of
from tests.interfaces.conftest import Shell
from tests.interfaces.test_package import site as site  # the fixture
from tests.packaging.image.making import SITE

Site = Callable[..., Path]


class Ergon(BaseHTTPRequestHandler):
    """The route that stores, as Tekton has it."""

    units: list[dict[str, Any]]
    status = 200

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path == "/api/ergon/registry/store"
        if self.status == 200:
            self.units.append(body)
        said = json.dumps({"id": f"unit-{len(self.units)}", "status": "success"}).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def ergon(port: int = 0, status: int = 200) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    units: list[dict[str, Any]] = []
    server = HTTPServer(("127.0.0.1", port), type("Here", (Ergon,), {"units": units, "status": status}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port, units
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_build_is_found_by_container_tag_and_digest(shell: Shell, site: Site) -> None:
    made = shell("package", str(site()), "--json").document
    found: Any = {}
    for name in ("shop", made["tag"], made["image_digest"], made["image_digest"][7:19], made["config_digest"][7:20]):
        found = shell("registry", "show", name, "--json").document
        assert found["image_digest"] == made["image_digest"], name
    assert found["lock"]["bases"][0]["debs"][0]["sha256"]
    assert found["files"]["srv/index.html"].startswith("file 644 0:0 ")
    listed = shell("registry", "list", "--json").document
    assert [row["tag"] for row in listed["builds"]] == [made["tag"]]
    assert listed["manifests"][0]["digest"] == made["manifest_digest"]
    assert listed["engine"]  # there is none, and that is said
    said = shell("registry", "show", "nobody")
    assert said.exit == 2
    assert made["tag"] in said.err


def test_an_image_is_one_line_however_often_it_was_built_and_stays_what_it_was_found_to_be(
    shell: Shell, site: Site
) -> None:
    path = str(site())
    for more in ((), ("--verify",), ()):
        assert shell("package", path, *more).exit == 0
    (line,) = [row for row in shell("registry", "list").out.splitlines() if row.startswith("shop:")]
    assert "  reproducible  " in line
    assert line.endswith(", built 3 times")
    shown = shell("registry", "show", "shop", "--json").document
    assert (shown["status"], len(shown["builds"])) == ("reproducible", 3)
    assert [row["status"] for row in shown["builds"]] == ["not-verified", "reproducible", "not-verified"]


def moody(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """A packager that puts in what nothing asked for."""
    copied = assembly.copied
    monkeypatch.setattr(assembly, "copied", lambda *words: {**copied(*words), "srv/when.txt": file(content)})


def test_a_second_image_of_the_same_inputs_is_a_violation_with_its_files(
    shell: Shell, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = site()
    first = shell("package", str(path), "--json").document
    with monkeypatch.context() as patch:
        moody(patch, b"12:30")
        said = shell("package", str(path), "--json")
    assert said.exit == 1
    found = said.document["violation"]
    assert said.document["status"] == "not-reproducible"
    assert (found["image_digest"], found["other_digest"]) == (first["image_digest"], said.document["image_digest"])
    assert found["difference"] == [{"path": "/srv/when.txt", "change": "added", "cause": "", "accepted": ""}]
    listed = shell("registry", "list", "--json").document
    assert [row["other_digest"] for row in listed["violations"]] == [said.document["image_digest"]]
    shown = shell("registry", "show", first["tag"], "--json").document
    assert shown["builds"][1]["image_digest"] == first["image_digest"]
    assert {row["status"] for row in shown["builds"]} == {"not-reproducible"}
    for row in shown["builds"]:  # neither archive took the place of the other
        assert f"sha256:{sha256_of(Path(row['archive']))}" == row["archive_sha256"]
    assert len({row["archive"] for row in shown["builds"]}) == 2


def test_causes_are_told_as_long_as_the_first_archive_is_there(
    shell: Shell, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = site()
    with monkeypatch.context() as patch:
        moody(patch, b"built at 12:30:11")
        first = shell("package", str(path), "--json").document
    with monkeypatch.context() as patch:
        moody(patch, b"built at 12:31:12")
        (row,) = shell("package", str(path), "--json").document["violation"]["difference"]
        assert (row["path"], row["change"], row["cause"]) == ("/srv/when.txt", "content", "time: a date or a clock")
        Path(first["archive"]).unlink()
        (row,) = shell("package", str(path), "--json").document["violation"]["difference"]
        assert (row["path"], row["change"], row["cause"]) == ("/srv/when.txt", "content", "")
        (known,) = Path(os.environ["XDG_STATE_HOME"]).rglob("state.db")
        with closing(sqlite3.connect(known)) as db, db:
            db.execute("UPDATE images SET files = x'' WHERE image_digest = ?", (first["image_digest"],))
        (row,) = shell("package", str(path), "--json").document["violation"]["difference"]
        assert (row["path"], row["change"]) == ("", "unknown")
        assert shell("registry", "show", first["image_digest"], "--json").document["files"] == {}
    assert len(shell("registry", "list", "--json").document["violations"]) == 1  # the same two images


def test_what_verifying_finds_is_a_violation_and_no_later_build_looks_better(
    shell: Shell, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second build is a process of its own, where nothing is put in."""
    path = site()
    assert shell("package", str(path), "--verify", "--json").document["violation"] is None
    (path.parent / "index.html").write_text("other")
    with monkeypatch.context() as patch:
        moody(patch, b"12:30")
        said = shell("package", str(path), "--verify", "--json")
    document = said.document
    assert (said.exit, document["status"]) == (1, "not-reproducible")
    rows = [{"path": "/srv/when.txt", "change": "removed", "cause": "", "accepted": ""}]
    assert document["differences"] == document["violation"]["difference"] == rows
    assert document["violation"]["image_digest"] == document["image_digest"] != document["violation"]["other_digest"]
    (kept,) = shell("registry", "list", "--json").document["violations"]
    assert (kept["image_digest"], kept["difference"]) == (document["image_digest"], rows)
    (line,) = [row for row in shell("registry", "list").out.splitlines() if row.startswith(document["tag"])]
    assert "  not-reproducible  " in line
    assert "/srv/when.txt: removed" in shell("registry", "show", document["tag"]).out


def test_what_the_manifest_accepts_is_on_record_and_no_failure(
    shell: Shell, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = site(SITE, packaging={"accepted": [{"path": "/srv/when.*", "reason": "the time it was built"}]})
    shell("package", str(path))
    moody(monkeypatch, b"12:30")
    said = shell("package", str(path), "--json")
    assert (said.exit, said.document["status"]) == (0, "reproducible-except")
    assert said.document["violation"]["difference"][0]["accepted"] == "the time it was built"
    assert len(shell("registry", "list", "--json").document["violations"]) == 1


def test_what_differs_between_two_lists_of_files_is_told_by_kind() -> None:
    one = listed({"a": file(b"1"), "b": file(b"2"), "c": file(b"3"), "d": None})
    other = listed({"a": file(b"1"), "b": file(b"x"), "c": file(b"3", 0o755), "e": file(b"")})
    assert [(row.path, row.change) for row in compared(one, other)] == [
        ("/b", "content"),
        ("/c", "kind, mode or owner"),
        ("/d", "removed"),
        ("/e", "added"),
    ]


def test_a_manifest_is_stored_by_ergon_without_secrets(
    shell: Shell, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = site(SITE, project={"name": "shop", "repository": "https://example.com/shop.git"})
    document = json.loads(path.read_text())
    document["containers"]["shop"]["environment"] = {"API_KEY": "sk-live-0123456789abcdef"}
    path.write_text(json.dumps(document))
    made = shell("package", str(path), "--verify", "--json").document
    shell("package", str(path))
    with ergon() as (port, units):
        monkeypatch.setenv("ERGON_OPS_ERGON_URL", f"http://127.0.0.1:{port}")
        said = shell("registry", "send", str(path), "--json").document
        assert shell("registry", "send", str(path)).out.count("stored by Ergon as unit-1") == 1
    (unit,) = units  # what was taken is not sent again
    assert (said["waiting"], said["deliveries"][0]["receipt"]) == (0, "unit-1")
    assert (unit["type"], unit["name"]) == ("container", "shop")
    assert unit["version"] == f"1.0.0+{made['manifest_digest'][7:19]}"
    assert unit["source"] == {"project_id": "shop", "location": "https://example.com/shop.git"}
    assert unit["content"]["images"][0]["image_digest"] == made["image_digest"]
    assert unit["content"]["images"][0]["status"] == "reproducible"
    assert unit["content"]["manifest"]["containers"]["shop"]["applications"] == ["shop"]
    assert "sk-live" not in json.dumps(unit)


def test_a_manifest_waits_while_ergon_is_away_and_goes_when_it_is_back(
    shell: Shell, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = site()
    with ergon() as (port, _):
        pass
    monkeypatch.setenv("ERGON_OPS_ERGON_URL", f"http://127.0.0.1:{port}")
    said = shell("registry", "send", str(path))
    assert said.exit == 0
    assert "waits for Ergon" in said.out
    with ergon(port, status=503) as (_, units):
        assert shell("registry", "send", "--json").document["waiting"] == 1
    assert units == []
    with ergon(port) as (_, units):
        found = shell("registry", "send", "--json").document
    assert (found["waiting"], found["deliveries"][0]["tries"], len(units)) == (0, 3, 1)


def test_an_address_that_is_none_is_refused(shell: Shell, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERGON_OPS_ERGON_URL", "ftp://x")
    said = shell("registry", "send", str(site()))
    assert said.exit == 2
    assert "is no address of Ergon" in said.err


def test_ergons_port_is_the_one_that_tekton_names(tmp_path: Path) -> None:
    from ergon_ops.tekton.ergon import address

    (tmp_path / ".env.local").write_text("TEKTON_ROOT=/x\nERGON_PORT=8302\n")
    assert address("", tmp_path) == "http://127.0.0.1:8302"
    assert address("", None) == "http://127.0.0.1:8002"
    assert address("https://ergon.example/", tmp_path) == "https://ergon.example"
