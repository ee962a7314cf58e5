"""A disk that will not have our state: reads go on, one notice, changes are refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ergon_ops.errors import StoreError
from ergon_ops.messages import Message, Text
from ergon_ops.store import Store

TRIAL = """
import os, sys
from pathlib import Path
from ergon_ops.errors import StoreError
from ergon_ops.messages import Message, Text
from ergon_ops.store import Store

folder = Path(sys.argv[1])

def say(store, text):
    session = store.sessions.create("s")
    store.sessions.append(session.id, Message("user", (Text(text),)))
    return [message.text for message in store.sessions.messages(session.id)]

def change(store):
    try:
        store.journal.append("applying")
    except StoreError as error:
        assert "\\n" not in str(error)
        return "refused"
    return "written"
"""
READ_ONLY = """
store = Store.open(folder)
print(store.durable, store.notice.count("\\n"), "read-only" in store.notice)
print(say(store, "now"), change(store))
"""
FILLED = """
store = Store.open(folder)
say(store, "before")
with open(folder.parent / "filler", "wb", buffering=0) as file:
    try:
        while True:
            file.write(os.urandom(65536))
            file.flush()
    except OSError:
        pass
for _ in range(200):
    said = say(store, "x" * 4000)
print(store.durable, store.notice.count("\\n"), said[0], len(said), change(store))
again = Store.open(folder)
print(again.durable, say(again, "again")[:1], change(again))
"""


def in_a_small_disk(tmp_path: Path, *, prepare: str, script: str) -> list[str]:
    """Run `script` in a mount namespace of its own, where `disk` is a file system of 1 MB."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("needs root for a file system of its own")
    disk = tmp_path / "disk"
    disk.mkdir()
    shell = f'mount -t tmpfs -o size=1m none "{disk}" && {prepare} exec "$@"'
    python = [sys.executable, "-W", "error", "-c", TRIAL + script, str(disk / "home" / "state")]
    command = ["unshare", "--mount", "sh", "-c", shell, "sh", *python]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if "mount" in done.stderr and "permission denied" in done.stderr.lower():
        pytest.skip("may not mount here")
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_read_only_home_is_answered_from_memory(tmp_path: Path) -> None:
    remount = f'mkdir "{tmp_path}/disk/home" && mount -o remount,ro "{tmp_path}/disk" &&'
    lines = in_a_small_disk(tmp_path, prepare=remount, script=READ_ONLY)
    assert lines == ["False 0 True", "['now'] refused"]


def test_a_read_only_home_still_remembers_what_was_said(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "former")
    session = store.sessions.create("s")
    store.sessions.append(session.id, Message("user", (Text("then"),)))
    store.close()
    copy = (
        f'mkdir "{tmp_path}/disk/home" && cp -a "{tmp_path}/former" "{tmp_path}/disk/home/state" &&'
        f' mount -o remount,ro "{tmp_path}/disk" &&'
    )
    lines = in_a_small_disk(tmp_path, prepare=copy, script=READ_ONLY)
    assert lines == ["False 0 True", "['then', 'now'] refused"]


AS_NOBODY = """
import ergon_ops.store.database, ergon_ops.store.upkeep
os.setegid(65534)
os.seteuid(65534)
"""


@pytest.mark.parametrize("mode", [0o500, 0o000])
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become an ordinary user")
def test_a_folder_one_may_not_write_is_answered_from_memory(mode: int) -> None:
    home = Path(tempfile.mkdtemp())  # not below pytest's own folder, which nobody else may enter
    home.chmod(0o711)
    folder = home / "s"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    folder.chmod(mode)
    script = TRIAL + AS_NOBODY + READ_ONLY.replace("read-only", "permission denied")
    command = [sys.executable, "-W", "error", "-c", script, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stderr, done.stdout.splitlines()) == ("", ["False 0 True", "['now'] refused"])
    assert folder.stat().st_mode & 0o777 == mode
    shutil.rmtree(home)


def test_a_disk_that_fills_later_moves_reads_to_memory_and_refuses_changes(tmp_path: Path) -> None:
    lines = in_a_small_disk(tmp_path, prepare="", script=FILLED)
    assert lines == ["False 0 before 201 refused", "False ['before'] refused"]


def test_a_full_database_gives_one_notice_and_refuses_changes_before_anything_is_done(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "s")
    session = store.sessions.create("s")
    store._db.rows("PRAGMA max_page_count = 50")
    for number in range(100):
        store.sessions.append(session.id, Message("user", (Text(f"{number}:" + "x" * 4000),)))
    assert not store.durable
    assert "full" in store.notice
    assert len(store.sessions.messages(session.id)) == 100
    with pytest.raises(StoreError, match="cannot be written"):
        store.journal.append("applying")
    store.close()


def test_a_file_locked_by_another_program_does_not_stop_an_answer(tmp_path: Path) -> None:
    import sqlite3

    store = Store.open(tmp_path / "s")
    other = sqlite3.connect(tmp_path / "s" / "state.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        store.journal.append("applying")
    session = store.sessions.create("s")
    assert store.sessions.resume("s") == session
    assert "locked" in store.notice
    other.close()
    store.close()
