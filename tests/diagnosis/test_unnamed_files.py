"""Files that cannot be written or read, where the program's words leave out which, or why."""

from __future__ import annotations

from typing import Any

import pytest

from tests.diagnosis.making import causes, only, scene

OPENED = ["store is sqlite:////srv/marks.sqlite3", *["(sqlite3.OperationalError) unable to open database file"] * 3]
OFTEN = {"log_signal_count": {"sqlite_unopened": 3}}


def mounted(place: str, *, writable: bool = True, kind: str = "volume v", **more: Any) -> dict[str, Any]:
    return {"mount": {place: kind}, "mount_writable": {place: writable}, **more}


def test_a_database_in_a_root_that_is_read_only_is_told_with_its_path() -> None:
    made = scene(log=OPENED, readonly_rootfs=True, keyed={**mounted("/tmp", kind="tmpfs"), **OFTEN})
    assert (only(made).cause, only(made).details) == ("readonly_rootfs", {"path": "/srv/marks.sqlite3"})


def test_a_database_on_a_mount_is_told_by_the_mount() -> None:
    readonly = scene(log=OPENED, readonly_rootfs=True, keyed={**mounted("/srv", writable=False), **OFTEN})
    assert only(readonly).cause == "mount_readonly"
    theirs = {**mounted("/srv", mount_owner={"/srv": "0:0"}, mount_mode={"/srv": "0755"}), **OFTEN}
    assert only(scene(log=OPENED[1:], user="1000", keyed=theirs)).cause == "permission_denied_nonroot"
    assert causes(scene(log=OPENED, user="0", keyed=theirs)) == ["sqlite_unopened"]


def test_a_database_that_could_not_be_opened_once_is_nothing() -> None:
    assert causes(scene(log=OPENED[:2], readonly_rootfs=True)) == []


NO_PATH = "# Can't open or create append-only dir appendonlydir: Read-only file system"


def test_the_only_mount_that_is_read_only_is_meant_where_no_path_is_said() -> None:
    made = scene("restarting", exit_code=1, readonly_rootfs=False, log=[NO_PATH], keyed=mounted("/d", writable=False))
    assert (only(made).cause, only(made).details["mount"]) == ("mount_readonly", "/d")


@pytest.mark.parametrize("line", ["sysctl: setting key 'vm.overcommit_memory': Read-only file system"])
def test_settings_of_the_kernel_are_on_no_mount(line: str) -> None:
    for rooted in (False, True):
        keyed = mounted("/d", writable=False)
        made = scene("restarting", exit_code=1, readonly_rootfs=rooted, log=[line], keyed=keyed)
        assert causes(made) == ["sysctl_denied"]


def test_a_volume_where_the_program_reads_a_file_is_a_directory() -> None:
    line = '[crit] 1#1: pread() "/etc/nginx/conf.d/a.conf" failed (21: Is a directory)'
    made = scene("restarting", exit_code=1, log=[line], keyed=mounted("/etc/nginx/conf.d/a.conf"))
    assert only(made).cause == "mount_directory_for_file"
    elsewhere = scene("restarting", exit_code=1, log=[line], keyed=mounted("/etc/nginx"))
    assert causes(elsewhere) == ["crash_loop"]
    folder = scene("restarting", exit_code=1, log=["cat: /data: Is a directory"], keyed=mounted("/data"))
    assert causes(folder) == ["crash_loop"]
