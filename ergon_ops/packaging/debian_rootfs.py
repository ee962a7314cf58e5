"""A root filesystem tar out of Debian packages, for machines where no image registry answers.

Packages are downloaded by apt with a view of its own (an empty dpkg status, the distribution's sources only) and their
file trees are merged straight into one tar: no chroot, no maintainer scripts, no root rights. What those scripts would
have done and servers need (users, owners, a few links) is written in `_finish`.

Runs as a program of its own (`python debian_rootfs.py OUTPUT PACKAGE…`), so that a deadline or Ctrl-C
ends all of it; each line on stdout is progress, the last line on stderr says what went wrong.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ergon_ops.dataclass import dataclass

RECIPE = "1"  # part of every cache key: raise it when the result changes
APT_S = 180.0
UNPACK_S = 60.0

LEFT_OUT_PACKAGES = (
    "libllvm",
    "llvm-",
    "libz3",
    "perl",
    "libperl",
    "postgresql-common",
    "postgresql-client-common",
    "ssl-cert",
)
LEFT_OUT_PATHS = re.compile(
    r"usr/share/(man|doc|locale|info|lintian|i18n|bash-completion|zoneinfo/(right|posix))/"
    r"|usr/lib/postgresql/\d+/lib/(bitcode/|llvmjit)"
    r"|usr/share/postgresql/\d+/man/"
    r"|usr/lib/python3[.\d]*/(test|idlelib|turtledemo|pydoc_data)/"
)
MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
USERS = {"root": 0, "www-data": 33, "nobody": 65534, "redis": 101, "postgres": 102, "memcache": 103, "haproxy": 104}
HOMES = {"redis": "/var/lib/redis", "postgres": "/var/lib/postgresql", "www-data": "/var/www"}


class RootfsError(Exception):
    """One line: what is missing or failed."""


@dataclass(frozen=True, slots=True)
class AptView:
    """An apt that sees nothing of the host but its distribution's package sources."""

    folder: Path

    def run(self, *arguments: str) -> None:
        _run(self.command(*arguments), deadline_s=APT_S)

    def command(self, *arguments: str) -> list[str]:
        settings = {
            "Dir::State": self.folder / "state",
            "Dir::State::status": self.folder / "status",
            "Dir::Cache": self.folder / "cache",
            "Dir::Etc::sourcelist": "/dev/null",
            "Dir::Etc::sourceparts": self.folder / "sources",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Debug::NoLocking": 1,
            "APT::Sandbox::User": "root",
            "Acquire::Retries": 2,
            "Acquire::Languages": "none",
        }
        command = ["apt-get", "-y", "-qq", "--no-install-recommends"]
        for name, value in settings.items():
            command += ["-o", f"{name}={value}"]
        return [*command, *arguments]

    def prepare(self) -> None:
        for name in ("state/lists/partial", "cache/archives/partial", "sources"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "status").touch()
        (self.folder / "sources" / "distribution.list").write_text("\n".join(distribution_sources()) + "\n")

    def archives(self) -> list[Path]:
        return sorted((self.folder / "cache" / "archives").glob("*.deb"))


def _run(command: Sequence[str], *, deadline_s: float) -> bytes:
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=deadline_s, check=False)
    except FileNotFoundError:
        raise RootfsError(
            f"{command[0]} is not installed: images can only be made here on a Debian-like system"
        ) from None
    except subprocess.TimeoutExpired:
        raise RootfsError(f"{command[0]} took longer than {deadline_s:.0f} s") from None
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
        raise RootfsError(f"{command[0]} failed: {lines[-1]}")
    return done.stdout


# -- package sources -------------------------------------------------------------------------------------------------


def distribution_sources(etc: Path = Path("/etc")) -> list[str]:
    """The host's own distribution as one-line entries; further sources may carry other versions and stay out."""
    release = dict(line.split("=", 1) for line in _lines(etc / "os-release") if "=" in line)
    codename = release.get("VERSION_CODENAME", "").strip('"')
    entries = [*_one_line_entries(etc / "apt"), *_stanza_entries(etc / "apt")]
    kept = [
        f"deb {options} {uri} {suite} {' '.join(components)}"
        for options, uri, suite, components in entries
        if codename
        and re.fullmatch(rf"{re.escape(codename)}(-updates|-security|/updates)?", suite)
        and "main" in components
    ]
    if not kept:
        raise RootfsError("no Debian package sources found: images can only be made here on a Debian-like system")
    return kept


Entry = tuple[str, str, str, list[str]]


def _one_line_entries(apt: Path) -> Iterator[Entry]:
    for path in [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.list"))]:
        for line in _lines(path):
            found = re.match(r"\s*deb\s+(\[[^]]*\])?\s*(\S+)\s+(\S+)\s+(.+)", line)
            if found:
                yield found[1] or "", found[2], found[3], found[4].split("#")[0].split()


def _stanza_entries(apt: Path) -> Iterator[Entry]:
    for path in sorted((apt / "sources.list.d").glob("*.sources")):
        text = "\n".join(line for line in _lines(path) if not line.startswith("#"))
        for stanza in re.split(r"\n\s*\n", text):
            fields = {key.lower(): value.strip() for key, value in re.findall(r"(?m)^([\w-]+):[ \t]*(\S.*)$", stanza)}
            if "deb" not in fields.get("types", "").split() or fields.get("enabled") == "no":
                continue
            options = f"[signed-by={fields['signed-by']}]" if fields.get("signed-by", "").startswith("/") else ""
            for uri in fields.get("uris", "").split():
                for suite in fields.get("suites", "").split():
                    yield options, uri, suite, fields.get("components", "").split()


def _lines(path: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return path.read_text(errors="replace").splitlines()
    return []


# -- merging ---------------------------------------------------------------------------------------------------------


class Merger:
    """Writes package trees into one tar. First come, first served: a path is written once."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._seen: set[str] = set()
        self._certificates: list[bytes] = []

    def package(self, tree: bytes) -> None:
        with tarfile.open(fileobj=io.BytesIO(tree)) as source:
            for member in source:
                name = merged_path(member.name)
                if not name or name in self._seen or LEFT_OUT_PATHS.match(name + "/" * member.isdir()):
                    continue
                content = source.extractfile(member) if member.isreg() else None
                member.name = name
                if member.islnk():
                    member.linkname = merged_path(member.linkname)
                self._add(member, content.read() if content else b"")

    def _add(self, member: tarfile.TarInfo, content: bytes = b"") -> None:
        member.mtime = 0
        member.uname = member.gname = ""
        member.pax_headers = {}
        self._seen.add(member.name)
        if member.name.startswith("usr/share/ca-certificates/") and member.name.endswith(".crt"):
            self._certificates.append(content)
        self._tar.addfile(member, io.BytesIO(content) if member.isreg() else None)

    def folder(self, name: str, mode: int = 0o755, owner: str = "root") -> None:
        self._make(name, tarfile.DIRTYPE, mode, owner)

    def link(self, name: str, target: str) -> None:
        self._make(name, tarfile.SYMTYPE, 0o777, "root", target=target)

    def file(self, name: str, text: str, mode: int = 0o644) -> None:
        self._make(name, tarfile.REGTYPE, mode, "root", content=text.encode())

    def certificates(self) -> str:
        return b"".join(part if part.endswith(b"\n") else part + b"\n" for part in self._certificates).decode()

    def _make(self, name: str, kind: bytes, mode: int, owner: str, *, target: str = "", content: bytes = b"") -> None:
        if name in self._seen:
            return
        member = tarfile.TarInfo(name)
        member.type, member.mode, member.linkname, member.size = kind, mode, target, len(content)
        member.uid = member.gid = USERS[owner]
        self._add(member, content)


def merged_path(name: str) -> str:
    """`./lib/x` → `usr/lib/x`: every current release merges these folders into /usr, packages still name both."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if parts and parts[0] in MERGED:
        # The folder itself becomes a link, written by `_prepare`.
        return "/".join(["usr", *parts]) if len(parts) > 1 else ""
    return "/".join(parts)


def _prepare(merger: Merger) -> None:
    """Before any package, since the first writer of a path wins: owners and modes that packages leave to scripts."""
    merger.folder("usr")
    for name in MERGED:
        merger.folder(f"usr/{name}")
        merger.link(name, f"usr/{name}")
    merger.folder("tmp", 0o1777)
    merger.folder("run")
    merger.folder("run/lock", 0o1777)
    merger.folder("var")
    merger.folder("var/tmp", 0o1777)
    merger.link("var/run", "../run")  # relative: an absolute one would leave the tree of whoever unpacks it
    merger.folder("var/lib")
    for name in ("var/lib/redis", "var/lib/postgresql", "var/lib/postgresql/data"):
        merger.folder(name, 0o700 if name.endswith("data") else 0o755, "redis" if "redis" in name else "postgres")
    merger.folder("run/postgresql", 0o2775, "postgres")
    for name in ("var/lib/nginx", "var/log", "var/log/nginx"):
        merger.folder(name, 0o755, "www-data" if "nginx" in name else "root")


def _finish(merger: Merger) -> None:
    merger.link("usr/bin/sh", "dash")
    passwd = (f"{user}:x:{uid}:{uid}::{HOMES.get(user, '/')}:/bin/sh" for user, uid in USERS.items())
    merger.file("etc/passwd", "\n".join(passwd) + "\n")
    merger.file("etc/group", "\n".join(f"{user}:x:{uid}:" for user, uid in USERS.items()) + "\n")
    merger.file("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
    merger.file("etc/ssl/certs/ca-certificates.crt", merger.certificates())


# -- the program -----------------------------------------------------------------------------------------------------


def make(output: Path, packages: Sequence[str]) -> None:
    """Write the tar at `output`, unless another process has made it meanwhile; atomically, one maker at a time."""
    output.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with output.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if output.exists():
            return
        with tempfile.TemporaryDirectory(prefix="rootfs-", dir=output.parent) as folder:
            apt = AptView(Path(folder) / "apt")
            apt.prepare()
            print("downloading packages", flush=True)
            apt.run("update")
            apt.run("install", "--download-only", *packages)
            archives = [path for path in apt.archives() if not path.name.startswith(LEFT_OUT_PACKAGES)]
            print(f"unpacking {len(archives)} packages", flush=True)
            draft = Path(folder) / "rootfs.tar"
            _merge(archives, draft)
            draft.replace(output)


def _merge(archives: Sequence[Path], draft: Path) -> None:
    with tarfile.open(draft, "w", format=tarfile.PAX_FORMAT) as tar, ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        merger = Merger(tar)
        _prepare(merger)
        # Decompression is most of the work and runs in child processes, two archives ahead of the merging.
        pending = [pool.submit(_tree, path) for path in archives]
        for future in pending:
            merger.package(future.result())
        _finish(merger)


def _tree(archive: Path) -> bytes:
    return _run(["dpkg-deb", "--fsys-tarfile", str(archive)], deadline_s=UNPACK_S)


def main(arguments: Sequence[str]) -> int:
    output, *packages = arguments
    try:
        if shutil.which("apt-get") is None:
            raise RootfsError("apt-get is not installed: images can only be made here on a Debian-like system")
        make(Path(output), packages)
    except (RootfsError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
