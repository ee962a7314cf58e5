"""No space left, of four kinds with four cures: a tmpfs, /dev/shm, a volume, the host's disk; or inodes, not bytes.

Also what may not be written at all: a read-only root or mount.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ergon_ops.diagnosis.amounts import size
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.facts import Fact, Group
from ergon_ops.logtemplates.signals import Signal
from ergon_ops.refs import Ref

FULL, NEARLY = 0.98, 0.9
OFTEN = 2
SHM = "/dev/shm"
PASSING = ("/tmp", "/run", "/var/run", "/var/tmp", "/dev", "/etc")
KERNEL = re.compile(r"\bsysctl\b|setting key|/proc/|/sys/|cgroup", re.I)
NEEDS: tuple[Group, ...] = ("state", "limits", "config", "mounts", "filesystem", "signals")


def below(path: str, places: Iterable[str]) -> str:
    """The one of these mount points that a path lies on: the longest; "" if none but the root."""
    found = (place for place in places if path == place or path.startswith(place.rstrip("/") + "/"))
    return max(found, key=len, default="")


def mounted_at(scene: Scene, ref: Ref, path: str) -> str:
    return below(path, (SHM, *(fact.key for fact in scene.all(ref, "mount"))))


def complaints(scene: Scene, ref: Ref, place: str) -> tuple[Signal, ...]:
    """Lines about no space that name a path on this mount, or none at all."""
    lines = scene.current(ref, "no_space")
    return tuple(line for line in lines if mounted_at(scene, ref, line.values.get("path", place)) == place)


def full(scene: Scene, ref: Ref, place: str) -> Fact | None:
    """How full it is, if it is: to the brim, or nearly so that what should be written does not fit."""
    ratio = scene.get(ref, "fs_used_ratio", place)
    if ratio is None or not isinstance(ratio.value, (int, float)):
        return None
    named = [line for line in complaints(scene, ref, place) if "path" in line.values]
    return ratio if ratio.value >= (NEARLY if named else FULL) else None


def told(scene: Scene, ref: Ref, place: str, ratio: Fact | None) -> tuple[Fact, ...]:
    """Evidence: how full, what the log says, how large."""
    said = tuple(line.fact for line in complaints(scene, ref, place)[:1])
    sizes = (scene.get(ref, "fs_used", place), scene.get(ref, "fs_size", place), scene.get(ref, "mount", place))
    return tuple(fact for fact in (ratio, *said, *sizes) if fact is not None)


def details(scene: Scene, ref: Ref, place: str) -> dict[str, object]:
    limit, used = (scene.value(ref, name, place) for name in ("fs_size", "fs_used"))
    known = {"limit_bytes": limit, "used_bytes": used}
    return {"mount": place, "path": place, **{key: value for key, value in known.items() if value is not None}}


@rule("tmpfs_full", severity="critical", needs=NEEDS, details=("mount",), tier="T2", fixes=("recreate",))
def tmpfs_full(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A tmpfs mount is full: it has the size it was given, whatever the disk has left.

    Of a container that ended, whose tmpfs is gone, and where it is emptied again each time, the log must name a path
    on it.
    """
    for mount in scene.all(ref, "mount"):
        place = mount.key
        if mount.value != "tmpfs" or place == SHM or scene.value(ref, "mount_writable", place) is False:
            continue
        ratio = full(scene, ref, place)
        gone = [line for line in complaints(scene, ref, place) if "path" in line.values and not _of_inodes(line)]
        if ratio is None and (not gone or (scene.alive(ref) and sum(line.count for line in gone) < OFTEN)):
            continue
        limit = scene.number(ref, "fs_size", place)
        of = f" of {size(limit)}" if limit else ""
        yield Conclusion(
            summary=f"The tmpfs{of} at {place} is full, so nothing more can be written there."
            if ratio is not None or not scene.alive(ref)
            else f"The tmpfs{of} at {place} is too small: it was full again and again, and emptied since.",
            evidence=told(scene, ref, place, ratio),
            details=details(scene, ref, place),
        )


@rule(
    "shm_too_small",
    severity="critical",
    needs=NEEDS,
    details=("mount", "limit_bytes"),
    tier="T2",
    fixes=("recreate",),
    over=("segfault", "tmpfs_full"),
)
def shm_too_small(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """/dev/shm is full or too small for what the program wants there; Docker gives 64 MB unless told otherwise.

    By how full it is, or by the program's own words about shared memory. Source: docker-library/postgres #416.
    """
    ratio = full(scene, ref, SHM)
    said = scene.current(ref, "shm_full")
    limit = scene.get(ref, "shm_size")
    if scene.text(ref, "ipc_mode") == "host" or limit is None or not isinstance(limit.value, int):
        return
    if ratio is None and not said:
        return
    evidence = (ratio, *(line.fact for line in said[:1]), limit, *told(scene, ref, SHM, None))
    yield Conclusion(
        summary=f"/dev/shm of {size(limit.value)} is too small: "
        + ("it is full." if ratio is not None else "its program could not get the shared memory it wants."),
        evidence=tuple(fact for fact in evidence if fact is not None),
        details={"mount": SHM, "path": SHM, "limit_bytes": limit.value},
    )


@rule("volume_disk_full", severity="critical", needs=NEEDS, details=("mount",), tier="T2", fixes=("host_advice",))
def volume_disk_full(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The filesystem of a volume or a bind mount is full, and it is not the disk that the engine lives on."""
    for mount in scene.all(ref, "mount"):
        place, ratio = mount.key, full(scene, ref, mount.key)
        if ratio is None or mount.value == "tmpfs" or place == SHM or _same_disk(scene, ref, place):
            continue
        if scene.value(ref, "mount_writable", place) is False:
            continue
        limit = scene.number(ref, "fs_size", place)
        kind = str(mount.value)
        of = f" of {size(limit)}" if limit else ""
        yield Conclusion(
            summary=f"The filesystem{of} of the {'bind mount' if kind == 'bind' else kind} at {place} is full.",
            evidence=told(scene, ref, place, ratio),
            details=details(scene, ref, place),
        )


@rule(
    "host_disk_full",
    severity="critical",
    needs=NEEDS,
    details=("mount",),
    tier="T2",
    fixes=("host_advice",),
)
def host_disk_full(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """The host's disk is full, and it says so when it writes, or the engine could not even make its files."""
    error = scene.get(ref, "start_error")
    if error is not None and not scene.alive(ref) and "no space left on device" in str(error.value):
        yield Conclusion(
            summary="Could not be started: no space is left on the host's disk.",
            evidence=(error,),
            details={"mount": "/"},
        )
        return
    ratio = full(scene, ref, "/")
    said = [*complaints(scene, ref, ""), *complaints(scene, ref, "/")]
    if ratio is not None and said:
        yield Conclusion(
            summary="The host's disk, on which it writes its own files, is full.",
            evidence=(ratio, said[0].fact, *told(scene, ref, "/", None)),
            details=details(scene, ref, "/"),
        )


@rule(
    "inodes_full",
    severity="critical",
    needs=NEEDS,
    details=("mount", "ratio"),
    tier="T2",
    fixes=("host_advice", "recreate"),
)
def inodes_full(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """No inodes are left on a mount: `No space left on device` though there is space for bytes (`df -i`)."""
    for inodes in scene.all(ref, "fs_inode_ratio"):
        place = inodes.key
        used = scene.number(ref, "fs_used_ratio", place)
        if (
            not isinstance(inodes.value, (int, float))
            or inodes.value < FULL
            or scene.value(ref, "mount_writable", place) is False
        ):
            continue
        if place == "/" and not complaints(scene, ref, ""):
            continue
        left = f", though only {used:.0%} of its space is used" if used is not None and used < NEARLY else ""
        yield Conclusion(
            summary=f"The filesystem at {place} has no inodes left{left}: no more files can be made there.",
            evidence=told(scene, ref, place, inodes),
            details={"mount": place, "path": place, "ratio": round(float(inodes.value), 3)},
        )


@rule("readonly_rootfs", severity="critical", needs=NEEDS, details=("path",), tier="T2", over=("sqlite_unopened",),
      fixes=("recreate",))  # fmt: skip
def readonly_rootfs(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """It wants to write where its root filesystem, which is read-only, lets nobody write.

    Python's and Ruby's `tempfile` say only that no folder may be used, after trying all of them.
    """
    flag = scene.get(ref, "readonly_rootfs")
    lines = (*scene.current(ref, "readonly", "no_tempdir"), *unopened(scene, ref))
    for line in lines if flag is not None and flag.value is True else ():
        path = line.values.get("path", "") or path_of(scene, ref, line) or ("/tmp" * (line.kind == "no_tempdir"))
        if mounted_at(scene, ref, path) or (not path and (KERNEL.search(line.text) or _elsewhere(scene, ref, line))):
            continue
        assert flag is not None
        yield Conclusion(
            summary=f"Its root filesystem is read-only, and it cannot write {path or 'what it wants to'} there.",
            evidence=(line.fact, flag),
            details={"path": path},
        )
        return


@rule("mount_readonly", severity="critical", needs=NEEDS, details=("mount", "path"), tier="T2",
      over=("sqlite_unopened",), fixes=("recreate",))  # fmt: skip
def mount_readonly(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """It wants to write on a mount that is read-only.

    Where the line names no whole path, but the root may be written and one mount alone may not: on that one.
    """
    for line in (*scene.current(ref, "readonly"), *unopened(scene, ref)):
        path = line.values.get("path", "") or path_of(scene, ref, line)
        place = mounted_at(scene, ref, path) or ("" if path else _only_readonly(scene, ref, line))
        writable = scene.get(ref, "mount_writable", place)
        if place and writable is not None and writable.value is False:
            yield Conclusion(
                summary=f"The mount at {place} is read-only, and it cannot write {path or 'what it wants to'} there.",
                evidence=(line.fact, writable),
                details={"mount": place, "path": path or place},
            )
            return


def _elsewhere(scene: Scene, ref: Ref, line: Signal) -> bool:
    """A file that nothing names may be on a mount; what is there for a moment only holds no database."""
    mounts = [fact.key for fact in scene.all(ref, "mount") if not below(fact.key, PASSING)]
    return line.kind.startswith("sqlite_") and bool(mounts)


def _only_readonly(scene: Scene, ref: Ref, line: Signal) -> str:
    """The one mount that is read-only, where nothing else is; kernel settings, which nobody may write, are no file."""
    places = [fact.key for fact in scene.all(ref, "mount_writable") if fact.value is False]
    rooted = scene.get(ref, "readonly_rootfs")
    if line.kind.startswith("sqlite_"):
        data = [fact.key for fact in scene.all(ref, "mount") if not below(fact.key, PASSING)]
        return data[0] if data == places and len(places) == 1 else ""
    if line.kind != "readonly" or KERNEL.search(line.text) or rooted is None or rooted.value is not False:
        return ""
    told = [place for place in places if re.search(rf"{re.escape(place)}(?![\w.-])", scene.text(ref, "command"))]
    found = places if len(places) == 1 else told
    return found[0] if len(found) == 1 else ""


def unopened(scene: Scene, ref: Ref) -> tuple[Signal, ...]:
    """SQLite says only that it cannot open or write its file, not why: often enough that it is no passing thing."""
    lines = scene.current(ref, "sqlite_unopened", "sqlite_readonly")
    return tuple(line for line in lines if line.count > 1 or scene.troubled(ref))


def path_of(scene: Scene, ref: Ref, line: Signal) -> str:
    """The file of a line about SQLite that names none: the only one that the log names elsewhere."""
    if not line.kind.startswith("sqlite_"):
        return ""
    named = {item.values["path"] for item in scene.signals(ref, "sqlite_path") if item.values.get("path")}
    return named.pop() if len(named) == 1 else ""


def _of_inodes(line: Signal) -> bool:
    """A file that could not even be made: of a tmpfs that is gone, nobody can say whether bytes or inodes ran out."""
    return any(word in line.text.lower() for word in ("creat", "mkdir", "touch", "open"))


def _same_disk(scene: Scene, ref: Ref, place: str) -> bool:
    """Whether a mount lies on the disk of the container's own files: then the host's disk is full, not the volume."""
    return all(
        scene.value(ref, name, place) is not None and scene.value(ref, name, place) == scene.value(ref, name, "/")
        for name in ("fs_size", "fs_used")
    )
