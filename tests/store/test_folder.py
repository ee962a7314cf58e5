from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ergon_ops.errors import StoreError
from ergon_ops.messages import Message, Text
from ergon_ops.store import Store

HELLO = Message("user", (Text("hello"),))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_folder_is_0700_and_every_file_0600_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    folder = tmp_path / "ergon-ops"
    before = os.umask(umask)
    try:
        store = Store.open(folder)
        store.sessions.append(store.sessions.create("a").id, HELLO)
        store.journal.append("tried")
    finally:
        os.umask(before)
    assert mode(folder) == 0o700
    assert {path.name: mode(path) for path in folder.iterdir()} == dict.fromkeys(
        (path.name for path in folder.iterdir()), 0o600
    )
    assert store.durable
    store.close()


def test_a_folder_others_can_write_is_refused_in_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(StoreError) as caught:
        Store.open(tmp_path)
    assert "written by others" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder that belongs to somebody else")
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12345)
    with pytest.raises(StoreError, match="belongs to uid 12345"):
        Store.open(tmp_path)


def test_a_folder_used_for_something_else_is_not_locked_for_others(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "thesis.txt").write_text("…")
    with pytest.raises(StoreError, match="in use for something else"):
        Store.open(tmp_path)
    assert mode(tmp_path) == 0o755


def test_our_own_folder_and_file_are_tightened(tmp_path: Path) -> None:
    Store.open(tmp_path / "s").close()
    (tmp_path / "s").chmod(0o755)
    (tmp_path / "s" / "state.db").chmod(0o644)
    Store.open(tmp_path / "s").close()
    assert mode(tmp_path / "s") == 0o700
    assert mode(tmp_path / "s" / "state.db") == 0o600


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    folder, target = tmp_path / "s", tmp_path / "target"
    folder.mkdir(mode=0o700)
    (folder / "state.db").symlink_to(target)
    with pytest.raises(StoreError, match="symbolic link"):
        Store.open(folder)
    assert not target.exists()


@pytest.mark.parametrize("sign", ["PRAGMA user_version = 99", "INSERT INTO migrations VALUES ('telepathy', '2031')"])
def test_a_file_of_a_newer_version_gives_one_line_and_stays_untouched(tmp_path: Path, sign: str) -> None:
    Store.open(tmp_path / "s").close()
    path = tmp_path / "s" / "state.db"
    db = sqlite3.connect(path)
    db.execute(sign)
    db.commit()
    db.close()
    body, files = path.read_bytes(), sorted(os.listdir(tmp_path / "s"))
    with pytest.raises(StoreError) as caught:
        Store.open(tmp_path / "s")
    assert "newer ergon-ops" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == body
    assert sorted(os.listdir(tmp_path / "s")) == files


def test_a_migration_leaves_a_backup_of_the_old_file(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    store = Store.open(folder)
    session = store.sessions.create("kept")
    store.sessions.append(session.id, HELLO)
    store.close()
    db = sqlite3.connect(folder / "state.db")  # as the version before the last two migrations had left it
    db.execute("DROP TABLE manifests")
    db.execute("DROP TABLE consents")
    db.execute("ALTER TABLE findings DROP COLUMN container_id")
    db.execute("DELETE FROM migrations WHERE name IN ('registrations', 'whose_findings')")
    db.execute("PRAGMA user_version = 3")
    db.commit()
    db.close()
    store = Store.open(folder)
    assert store.sessions.messages("nobody") == ()
    assert store.sessions.messages(session.id) == (HELLO,)
    store.manifests.register("sha256:1", path="/m.json", name="shop", body="{}")
    store.close()
    backup = folder / "state.db.before-registrations"
    assert mode(backup) == 0o600
    old = sqlite3.connect(backup)
    assert old.execute("PRAGMA user_version").fetchone() == (3,)
    assert old.execute("SELECT count(*) FROM messages").fetchone() == (1,)
    old.close()


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ergon_ops.store import database
    from ergon_ops.store.migrations import MIGRATIONS

    Store.open(tmp_path / "s").close()

    def half_done(db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE half (x)")
        raise RuntimeError("power cut")

    monkeypatch.setattr(database, "MIGRATIONS", (*MIGRATIONS, half_done))
    with pytest.raises(RuntimeError):
        Store.open(tmp_path / "s")
    db = sqlite3.connect(tmp_path / "s" / "state.db")
    assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'half'").fetchone() == (0,)
    assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    db.close()


def test_a_damaged_file_is_kept_and_reads_go_on_in_memory(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    folder.mkdir(mode=0o700)
    (folder / "state.db").write_bytes(b"not a database at all, however long one reads in it" * 100)
    store = Store.open(folder)
    assert not store.durable
    assert "not a state file" in store.notice
    assert store.sessions.messages(store.sessions.create().id) == ()
    assert (folder / "state.db").read_bytes().startswith(b"not a database")
    store.close()


WRITER = """
import sys
from pathlib import Path
from ergon_ops.messages import Message, Text
from ergon_ops.store import Store
store = Store.open(Path(sys.argv[1]))
session = store.sessions.create("shared")
for number in range(40):
    store.sessions.append(session.id, Message("user", (Text(f"{sys.argv[2]} {number}"),)))
    store.journal.append("tried", actor=sys.argv[2])
assert store.durable, store.notice
"""


def test_processes_share_one_new_file_and_one_journal(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    command = [sys.executable, "-W", "error", "-c", WRITER, str(folder)]
    running = [subprocess.Popen([*command, name], stderr=subprocess.PIPE, text=True) for name in ("a", "b", "c")]
    assert [(child.communicate()[1], child.returncode) for child in running] == [("", 0)] * 3
    store = Store.open(folder)
    session = store.sessions.resume("shared")
    assert session is not None
    assert session.messages == 120
    assert len(store.journal.rows()) == 120
    assert store.journal.verify() == []
    store.close()


OTHER = "import sys; from pathlib import Path; from ergon_ops.store import Store; Store.open(Path(sys.argv[1])).close()"


def test_one_process_may_open_it_twice_while_others_come_and_go(tmp_path: Path) -> None:
    """A daemon opens the file for an answer beside its own connection; its log must not be taken away for that."""
    folder = tmp_path / "s"
    with contextlib.closing(Store.open(folder)) as daemon:
        daemon.projects.add("first", "/first")
        Store.open(folder).close()
        subprocess.run([sys.executable, "-c", OTHER, str(folder)], check=True)
        daemon.projects.add("second", "/second")
        with contextlib.closing(Store.open(folder)) as later:
            assert [row.name for row in later.projects.all()] == ["first", "second"]
        assert (folder / "state.db-wal").exists()


def test_a_file_that_is_damaged_inside_is_left_alone_and_the_answer_comes_from_memory(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    with contextlib.closing(Store.open(folder)) as store:
        for number in range(2000):
            store.projects.add(f"project-{number}", f"/a/long/folder/{number}")
    path = folder / "state.db"
    body = path.read_bytes()
    page = body.index(b"project-1000") // 4096 * 4096
    path.write_bytes(body[:page] + b"\xff" * 4096 + body[page + 4096 :])
    with contextlib.closing(Store.open(folder)) as store:
        assert len(store.projects.all()) < 2000
        store.projects.add("new", "/new")
        assert "new" in [row.name for row in store.projects.all()]
        assert not store.durable
        assert "damaged" in store.notice
    assert path.read_bytes()[page : page + 4096] == b"\xff" * 4096
