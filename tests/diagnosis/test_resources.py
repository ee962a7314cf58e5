"""Space, inodes, processes, open files, memory: exhausted now, not formerly, and each with its own cause."""

from __future__ import annotations

from typing import Any

import pytest

from ergon_ops.diagnosis import verdict
from ergon_ops.history.trends import growth
from tests.diagnosis.making import API, causes, evidence, only, scene

MIB = 1 << 20


def disk(place: str, ratio: float, *, kind: str = "bind", inodes: float = 0.1, size: int = 4 * MIB, **more: Any) -> Any:
    values = {
        "mount": {place: kind}, "mount_writable": {place: more.pop("writable", True)},
        "fs_size": {place: size, "/": 1 << 40}, "fs_used": {place: int(size * ratio), "/": 1 << 30},
        "fs_used_ratio": {place: ratio, "/": 0.3}, "fs_inode_ratio": {place: inodes, "/": 0.1},
    }  # fmt: skip
    return scene(more.pop("state", "running"), keyed=values, **more)


def test_each_kind_of_full_mount_is_its_own_cause_and_names_the_mount() -> None:
    for kind, cause in (("tmpfs", "tmpfs_full"), ("bind", "volume_disk_full"), ("volume pg", "volume_disk_full")):
        finding = only(disk("/spool", 1.0, kind=kind))
        assert finding.cause == cause
        assert finding.details["mount"] == "/spool"
        assert finding.details["limit_bytes"] == 4 * MIB


def test_a_nearly_full_mount_is_full_for_who_could_not_write_there() -> None:
    line = "OSError: [Errno 28] No space left on device: '/spool/batch.bin'"
    assert causes(disk("/spool", 0.95, kind="tmpfs")) == []
    assert causes(disk("/spool", 0.95, kind="tmpfs", log=[line])) == ["tmpfs_full"]
    assert causes(disk("/other", 0.95, kind="tmpfs", log=[line])) == []


def test_a_tmpfs_that_was_full_and_is_emptied_each_time_is_too_small() -> None:
    lines = [f"sort: write failed: /spool/sort{name}: No space left on device" for name in ("QrTzxA", "ABXCsa")]
    made = disk("/spool", 0.0, kind="tmpfs", log=lines)
    assert causes(made) == ["tmpfs_full"]
    assert "again and again" in only(made).summary
    assert causes(disk("/spool", 0.0, kind="tmpfs", log=lines[:1])) == []


def test_what_nobody_may_write_to_may_be_full() -> None:
    assert causes(disk("/iso", 1.0, writable=False)) == []


def test_no_inodes_is_another_cause_than_no_bytes() -> None:
    finding = only(disk("/spool", 0.01, kind="tmpfs", inodes=1.0, log=["open('/spool/a'): No space left on device"]))
    assert (finding.cause, finding.details["mount"], finding.details["ratio"]) == ("inodes_full", "/spool", 1.0)
    assert "1% of its space" in finding.summary


def test_shared_memory_is_told_by_its_mount_or_by_the_program() -> None:
    shm: dict[str, dict[str, Any]] = {
        "fs_used_ratio": {"/dev/shm": 1.0},
        "fs_size": {"/dev/shm": MIB},
        "fs_used": {"/dev/shm": MIB},
    }
    assert only(scene(shm_size=MIB, keyed=shm)).details == {"mount": "/dev/shm", "path": "/dev/shm", "limit_bytes": MIB}
    line = 'FATAL: could not resize shared memory segment "/PostgreSQL.1" to 56 bytes: No space left on device'
    made = scene("exited", exit_code=134, shm_size=MIB, log=[line], restart_policy="no")
    assert causes(made) == ["shm_too_small"]
    assert causes(scene(shm_size=64 * MIB)) == []


def test_of_a_tmpfs_that_is_gone_only_a_failed_write_tells_that_bytes_ran_out() -> None:
    write = "dd: error writing '/scratch/x': No space left on device"
    make = "sh: can't create /scratch/f49: No space left on device"
    kept: Any = {"exit_code": 1, "restart_policy": "no", "keyed": {"mount": {"/scratch": "tmpfs"}}}
    assert causes(scene("exited", log=[write], **kept)) == ["tmpfs_full"]
    assert causes(scene("exited", log=[make], **kept)) == ["restart_policy_absent"]


def test_a_read_only_root_and_a_read_only_mount_are_two_causes() -> None:
    line = 'nginx: [emerg] mkdir() "/var/cache/nginx/tmp" failed (30: Read-only file system)'
    kept: Any = {"exit_code": 1, "restart_policy": "no", "log": [line]}
    assert causes(scene("exited", readonly_rootfs=True, **kept)) == ["readonly_rootfs"]
    mounted: Any = {"mount": {"/var/cache": "bind"}, "mount_writable": {"/var/cache": False}}
    assert causes(scene("exited", readonly_rootfs=False, keyed=mounted, **kept)) == ["mount_readonly"]
    assert causes(scene("exited", readonly_rootfs=False, **kept)) == ["restart_policy_absent"]


def test_a_reached_process_limit_names_it_and_who_takes_the_places() -> None:
    made = scene(pids_limit=20, pids=20, pids_limit_hits=7, keyed={"process": {str(n): "sleep" for n in range(19)}})
    finding = only(made)
    assert (finding.cause, finding.details) == ("pids_limit", {"value": 20, "count": 20})
    assert "sleep" in finding.summary
    assert evidence(made, finding)[:2] == [("pids", 20), ("pids_limit", 20)]


def test_refused_forks_count_in_the_window_not_since_the_start() -> None:
    assert causes(scene(pids_limit=20, pids=9, pids_limit_hits=7, pids_limit_hits_seen=3)) == ["pids_limit"]
    assert causes(scene(pids_limit=20, pids=9, pids_limit_hits=7, pids_limit_hits_seen=0)) == []
    assert causes(scene(pids_limit=20, pids=9, pids_limit_hits=7)) == []


def test_a_shell_that_its_process_limit_ended_says_so_in_its_log() -> None:
    made = scene(
        "exited",
        exit_code=2,
        pids_limit=20,
        restart_policy="no",
        log=["sh: can't fork: Resource temporarily unavailable"],
    )
    assert causes(made) == ["pids_limit"]


def test_steadily_more_processes_are_a_leak_and_many_that_stay_are_none() -> None:
    assert only(scene(pids=60, pids_slope=4.8, keyed={"process": {"7": "sleep"}})).details == {
        "count": 60,
        "value": "sleep",
    }
    assert causes(scene(pids=600, pids_slope=0)) == []
    assert causes(scene(pids=4, pids_slope=1.0)) == []


def test_zombies_are_told_with_who_does_not_wait_for_them() -> None:
    finding = only(scene(zombies=6, init=False, pids=7, keyed={"zombie_parent": {"9": "python3"}}))
    assert (finding.cause, finding.details) == ("zombies_no_init", {"count": 6, "value": "python3"})
    assert causes(scene(zombies=1, init=False)) == []


def test_zombies_of_checks_that_were_cut_short_are_no_fault_of_their_own() -> None:
    told: dict[str, Any] = {
        "health": "unhealthy",
        "health_output": "Health check exceeded timeout (2s)",
        "health_streak": 4,
    }
    assert "zombies_no_init" not in causes(scene(zombies=5, init=False, **told))
    assert "zombies_no_init" in causes(scene(zombies=40, init=False, **told))


def test_open_files_at_their_limit() -> None:
    held: dict[str, dict[str, Any]] = {"open_files": {"9": 64}, "open_files_limit": {"9": 64}, "process": {"9": "java"}}
    finding = only(scene(keyed=held))
    assert (finding.cause, finding.details) == ("open_files_limit", {"value": 64, "setting": "nofile"})
    assert "java has 64" in finding.summary
    free = {"open_files": {"9": 12}, "open_files_limit": {"9": 64}}
    assert causes(scene(keyed=free, log=["accept: Too many open files"])) == []


def test_paused_is_a_fault_unless_its_label_says_that_it_should_be() -> None:
    assert causes(scene("paused", frozen=True)) == ["paused"]
    meant = scene("paused", frozen=True, keyed={"label": {"io.ergon-ops.expected": "paused"}})
    assert causes(meant) == []
    assert verdict(meant, API, ()).word == "healthy"


def test_memory_that_grows_towards_its_limit_says_when_it_will_be_there() -> None:
    made = scene(memory_unreclaimable=60 * MIB, memory_limit=96 * MIB, memory_slope=float(MIB))
    finding = only(made)
    assert finding.cause == "memory_leak_near_limit"
    assert finding.details == {"limit_bytes": 96 * MIB, "used_bytes": 60 * MIB, "ratio": 0.625, "value": 36.0}
    assert "36 s" in finding.summary
    assert evidence(made, finding)[0] == ("memory_slope", float(MIB))


@pytest.mark.parametrize(
    ("used", "slope"), [(60, 0.0), (85, 0.0), (10, 1.0), (60, 0.01)], ids=["flat", "high", "low", "slow"]
)
def test_memory_that_is_flat_or_far_from_its_limit_is_no_fault(used: int, slope: float) -> None:
    assert causes(scene(memory_unreclaimable=used * MIB, memory_limit=96 * MIB, memory_slope=slope * MIB)) == []


def test_memory_that_is_all_but_used_up_is_one_also_while_it_stands_still() -> None:
    assert causes(scene(memory_unreclaimable=94 * MIB, memory_limit=96 * MIB, memory_slope=0.0)) == [
        "memory_leak_near_limit"
    ]


def test_growth_is_steady_or_none() -> None:
    assert growth([(t / 4, 100.0 + 5 * t) for t in range(6)]) == pytest.approx(20.0)
    assert growth([(0, 1.0), (1, 1.0), (2, 1.0), (3, 1.0), (4, 9.0)]) == 0.0
    assert growth([(0, 1.0), (1, 3.0), (2, 2.0), (3, 4.0), (4, 5.0)]) == 0.0
    assert growth([(t, 7.0) for t in range(6)]) == 0.0
    assert growth([(0, 1.0), (1, 2.0)]) is None
