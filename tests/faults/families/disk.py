"""Filesystems: full ones of every kind, read-only ones, and mounts that hide or miss what was meant."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tests.faults.draw import Draw
from tests.faults.programs import both, exited, logged, mib, python, shell
from tests.faults.scenario import SVC, Case, Expect, Look, scenario
from tests.faults.site import Site

FULL = ("fs_used_ratio", "fs_used", "fs_inode_ratio", "shm_size", "logs", "signals")
PY_WRITE = """
import sys, time
part = 0
while True:
    try:
        with open("%s/part-%05d" % (sys.argv[1], part), "wb") as file:
            file.write(b"x" * int(sys.argv[2]))
        part += 1
        time.sleep(0.02)
    except OSError as problem:
        print("cannot store part", part, "-", problem, flush=True)
        time.sleep(1)
"""
PY_ONCE = """
import sys
with open(sys.argv[1], "w") as file:
    file.write("ready")
"""


def writer(draw: Draw, folder: str, *, size: int = 256 * 1024, **options: object):  # type: ignore[no-untyped-def]
    """Fills a folder in a drawn language and says what it was told when it could not."""
    name = draw.name()
    if draw.pick(True, False):
        return python(name, PY_WRITE, folder, str(size), options=options)
    script = (
        f"n=0; while :; do dd if=/dev/zero of={folder}/$n bs={max(size, 1)} count={1 if size else 0} 2>/tmp/said"
        " || { cat /tmp/said; sleep 1; }; n=$((n+1)); done"
    )
    return shell(name, script, image=SVC, options=options)


@scenario("R10", "disk", "T1")
def tmpfs_full(draw: Draw) -> Case:
    """A tmpfs of a few MiB is written full."""
    folder, size = draw.folder(), draw.mib(2, 9)
    box = writer(draw, folder, tmpfs={folder: f"size={size}"})
    expect = Expect("tmpfs_full", box.name, {"mount|path": folder}, decisive=FULL, accepts=("recreate",))
    return Case((box,), box.name, _full(box.name, folder), (expect,))


@scenario("R10-inodes", "disk", "T2")
def inodes_full(draw: Draw) -> Case:
    """No space left on a filesystem that is nearly empty: its inodes are used up."""
    folder, count = draw.folder(), draw.between(60, 200)
    box = writer(draw, folder, size=1, tmpfs={folder: f"size={draw.mib(24, 60)},nr_inodes={count}"})
    expect = Expect(
        "inodes_full", box.name, {"mount|path": folder}, siblings=("tmpfs_full",), decisive=("fs_inode_ratio",),
        accepts=("recreate",),
    )  # fmt: skip
    return Case((box,), box.name, logged(box.name, "No space left"), (expect,))


@scenario("R12", "disk", "T1")
def shm_full(draw: Draw) -> Case:
    """/dev/shm is too small for what a program shares there."""
    size = draw.mib(2, 12)
    box = writer(draw, "/dev/shm", shm_size=size)
    return Case((box,), box.name, _full(box.name, "/dev/shm"), (_shm(box.name, size),))


@scenario("R12-postgres", "disk", "T2")
def shm_too_small_for_postgres(draw: Draw) -> Case:
    """A database asks for more shared memory than its container has."""
    name, size = draw.name(), draw.pick(128, 192, 256) * 1024
    script = f"exec postgres -D /var/lib/postgresql/data -c max_connections={draw.between(3000, 4000)}"
    box = shell(name, script, image=SVC, options={"shm_size": size, "user": "postgres"})
    look = both(exited(name), logged(name, "shared memory"))
    return Case((box,), name, look, (_shm(name, size),), also=("restart_policy_absent",))


def _shm(name: str, size: int) -> Expect:
    return Expect("shm_too_small", name, {"limit_bytes": size}, decisive=("shm_size", *FULL), accepts=("recreate",))


@scenario("R13", "disk", "T1")
def volume_full(draw: Draw) -> Case:
    """A volume of a few MiB is full."""
    folder, size, volume = draw.folder(), draw.mib(3, 9), draw.name()
    box = writer(draw, folder, volumes={volume: {"bind": folder, "mode": "rw"}})
    expect = Expect(
        "volume_disk_full", box.name, {"mount|path": folder}, decisive=FULL, accepts=("host_advice", "recreate")
    )
    limited = {volume: {"type": "tmpfs", "device": "tmpfs", "o": f"size={mib(size)}m"}}
    return Case((box,), box.name, _full(box.name, folder), (expect,), volumes=limited)


def _full(name: str, folder: str) -> Look:
    """The program was refused, and the filesystem is full as `df` inside sees it."""

    def look(site: Site) -> bool:
        if not any(text in site.logs(name) for text in ("No space left", "ENOSPC")):
            return False
        row = site.sh(name, f"df -k {folder}").splitlines()[-1].split()
        return int(row[4].rstrip("%")) >= 95

    return look


@scenario("C05", "disk", "T1")
def read_only_nginx(draw: Draw) -> Case:
    """nginx on a read-only root filesystem cannot make its folders."""
    name = draw.name()
    box = shell(name, "exec nginx -g 'daemon off; error_log stderr;'", image=SVC, options={"read_only": True})
    return Case(
        (box,),
        name,
        both(exited(name), logged(name, "Read-only file system")),
        (_readonly(name),),
        also=("restart_policy_absent",),
    )


@scenario("C05-app", "disk", "T1")
def read_only_app(draw: Draw) -> Case:
    """A program writes beside itself, and the root filesystem is read-only."""
    name, path = draw.name(), f"/var/lib/{draw.word()}.lock"
    box = shell(
        name, f"python3 -c 'open(\"{path}\", \"w\")'" if draw.pick(True, False) else f"echo 1 > {path}",
        image=SVC, options={"read_only": True},
    )  # fmt: skip
    look = both(exited(name), logged(name, "Read-only file system"))
    return Case((box,), name, look, (_readonly(name),), also=("restart_policy_absent",))


def _readonly(name: str) -> Expect:
    return Expect(
        "readonly_rootfs", name, {}, decisive=("readonly_rootfs", "logs", "signals"),
        accepts=("recreate",),
    )  # fmt: skip


@scenario("C05-mount", "disk", "T2")
def read_only_mount(draw: Draw) -> Case:
    """Only the volume is read-only, the root filesystem is not."""
    folder, volume = draw.folder(), draw.name()
    name = draw.name()
    box = python(
        name, PY_ONCE, f"{folder}/{draw.word()}", options={"volumes": {volume: {"bind": folder, "mode": "ro"}}}
    )
    expect = Expect(
        "mount_readonly", name, {"mount|path": folder}, decisive=("mount_writable", "logs", "signals"),
        accepts=("recreate",),
    )  # fmt: skip
    look = both(exited(name), logged(name, "Read-only file system"))
    return Case((box,), name, look, (expect,), volumes={volume: {}}, also=("restart_policy_absent",))


@scenario("C06", "disk", "T1")
def folder_of_root(draw: Draw) -> Case:
    """A program that is not root writes to a folder of root's."""
    name, uid = draw.name(), draw.between(1000, 60000)
    path = f"{draw.pick('/etc', '/usr/share', '/var/lib')}/{draw.word()}.db"
    code = f'python3 -c \'open("{path}", "w")\''
    script = draw.pick(code, f"echo 1 > {path}")
    box = shell(name, script, image=SVC, options={"user": str(uid)})
    expect = Expect(
        "permission_denied_nonroot", name, {"path": path.rsplit("/", 1)[0], "user": str(uid)},
        decisive=("user", "logs", "signals"), accepts=("recreate",),
    )  # fmt: skip
    look = both(exited(name), logged(name, "Permission denied"))
    return Case((box,), name, look, (expect,), also=("restart_policy_absent",))


@scenario("C03", "disk", "T2")
def folder_hides_content(draw: Draw) -> Case:
    """An empty folder of the host is mounted over the pages that the server should show."""
    name, port, folder = draw.name(), draw.port(), "/usr/share/nginx/html"
    config = f"user www-data; events {{}} http {{ error_log stderr; server {{ listen {port}; root {folder}; }} }}"
    asking = f"while :; do curl -s -o /dev/null 127.0.0.1:{port}/; sleep 1; done"

    def mount(site: Site) -> None:
        mounts = {"volumes": [f"{host_folder(site)}:{folder}"]}
        files = {"/etc/nginx/site.conf": config}
        script = f"nginx -c /etc/nginx/site.conf -g 'daemon off;' & {asking}"
        site.add(shell(name, script, image=SVC, files=files, options=mounts, serves=port))

    expect = Expect("volume_shadows_image", name, {"mount": folder}, (), ("mount", "logs", "signals"), ("recreate",))
    return Case((), name, logged(name, "forbidden"), (expect,), inject=mount)


def host_folder(site: Site) -> Path:
    """On the engine's host, which is this machine; removed with the site."""
    folder = Path(tempfile.mkdtemp(prefix="faults-host-"))
    folder.chmod(0o755)
    site.held.append(lambda: shutil.rmtree(folder, ignore_errors=True))
    return folder
