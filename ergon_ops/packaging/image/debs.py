"""A root file system out of Debian packages, in Python alone: unpacked, merged, and what their scripts would have done
for what we run. No root rights, no dpkg, no chroot."""

from __future__ import annotations

import io
import lzma
import os
import subprocess
import tarfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ergon_ops.errors import ErgonError
from ergon_ops.packaging.debian_rootfs import LEFT_OUT_PATHS, MERGED, merged_path
from ergon_ops.packaging.image.entries import CAPABILITY, Entry, Tree, file, folder, link

UNPACK_S = 60.0
# What busybox is called in our images: what a web server, a check or a small script of a project needs.
APPLETS = """[ ash awk base64 basename cat chmod cp cut date dirname du echo env expr false find grep gunzip gzip head
    hostname httpd id kill ln ls md5sum mkdir mktemp mv nc nslookup pgrep ping pkill printf ps pwd readlink realpath rm
    rmdir sed seq sh sha256sum sleep sort stat sync tail tar tee test timeout touch tr true uname uniq unzip uptime vi
    wc wget which whoami xargs yes""".split()  # noqa: SIM905
USERS = {"root": 0, "www-data": 33, "nobody": 65534}
CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"


def root_of(packages: Iterable[Path], *, applets: bool = False) -> Tree:
    """The first package that has a path wins. Raises ErgonError for what is no package."""
    tree = dict(_first())
    certificates: dict[str, bytes] = {}
    paths = list(packages)
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:  # decompressing is most of the work, and goes on beside
        begun = {path: pool.submit(_data, path) for path in sorted(paths, key=_size, reverse=True)}
        members = (item for path in paths for item in _members(begun.pop(path).result()))
        for name, entry in members:
            if name not in tree and not LEFT_OUT_PATHS.match(f"{name}/" if entry.kind == "folder" else name):
                tree[name] = entry
            if name.startswith("usr/share/ca-certificates/") and isinstance(entry.content, bytes) and entry.size:
                certificates[name] = entry.content
    made = {**dict(_last(certificates)), **tree}
    if applets:
        busybox = "usr/bin/busybox"
        made = {**{f"usr/bin/{name}": link("busybox") for name in APPLETS if busybox in made}, **made}
    made.setdefault("usr/bin/sh", link("dash"))
    return dict(sorted(made.items()))


def _size(path: Path) -> int:
    return path.stat().st_size


def _first() -> Iterator[tuple[str, Entry]]:
    """What packages leave to their scripts, or to whoever installs them."""
    for name in MERGED:
        yield f"usr/{name}", folder()
        yield name, link(f"usr/{name}")
    for name in ("dev", "etc", "home", "opt", "proc", "run", "srv", "sys", "usr", "var", "var/log", "var/lib"):
        yield name, folder()
    yield "root", folder(0o700)
    yield "tmp", folder(0o1777)
    yield "var/tmp", folder(0o1777)
    yield "var/run", link("../run")


def _last(certificates: dict[str, bytes]) -> Iterator[tuple[str, Entry]]:
    rows = "".join(f"{user}:x:{uid}:{uid}::/{'root' if not uid else ''}:/bin/sh\n" for user, uid in USERS.items())
    yield "etc/passwd", file(rows.encode())
    yield "etc/group", file("".join(f"{user}:x:{uid}:\n" for user, uid in USERS.items()).encode())
    yield "etc/nsswitch.conf", file(b"passwd: files\ngroup: files\nhosts: files dns\n")
    if certificates:
        yield "etc/ssl", folder()
        yield "etc/ssl/certs", folder()
        bundle = b"".join(certificates[name].rstrip(b"\n") + b"\n" for name in sorted(certificates))
        yield CERTIFICATES, file(bundle)
        yield "usr/lib/ssl", folder()
        yield "usr/lib/ssl/certs", link("/etc/ssl/certs")
        yield "usr/lib/ssl/cert.pem", link(f"/{CERTIFICATES}")  # where OpenSSL looks without being told


def _members(data: bytes) -> Iterator[tuple[str, Entry]]:
    seen: dict[str, Entry] = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            name = merged_path(member.name)
            entry = _entry(tar, member, seen) if name else None
            if entry is not None:
                seen[name] = entry
                yield name, entry


def _entry(tar: tarfile.TarFile, member: tarfile.TarInfo, seen: dict[str, Entry]) -> Entry | None:
    mode, owner = member.mode & 0o7777, (member.uid, member.gid)
    if member.islnk():
        return seen.get(merged_path(member.linkname))
    if member.isdir():
        return Entry("folder", mode, *owner)
    if member.issym():
        return link(member.linkname)
    if not member.isreg():
        return None
    reader = tar.extractfile(member)
    made = file(reader.read() if reader else b"", mode)
    capability = member.pax_headers.get(CAPABILITY, "")
    return Entry("file", mode, *owner, "", made.sha256, made.size, capability, content=made.content)


def _data(path: Path) -> bytes:
    """The tar of a package's files: a .deb is an `ar` archive with `data.tar.*` in it."""
    content = path.read_bytes()
    at = 8
    if not content.startswith(b"!<arch>\n"):
        raise ErgonError(f"{path.name} is no Debian package", next="lock anew: --lock")
    while at + 60 <= len(content):
        name = content[at : at + 16].decode("ascii", "replace").strip().rstrip("/")
        size = int(content[at + 48 : at + 58])
        if name.startswith("data.tar"):
            body = content[at + 60 : at + 60 + size]
            return lzma.decompress(body) if name.endswith(".xz") else _other(path, name, body)
        at += 60 + size + size % 2
    raise ErgonError(f"{path.name} is no Debian package", next="lock anew: --lock")


def _other(path: Path, name: str, body: bytes) -> bytes:
    if name.endswith((".tar", ".gz", ".bz2")):
        import bz2
        import gzip

        return gzip.decompress(body) if name.endswith(".gz") else body if name.endswith("r") else bz2.decompress(body)
    try:
        command = ["dpkg-deb", "--fsys-tarfile", str(path)]
        return subprocess.run(command, capture_output=True, check=True, timeout=UNPACK_S).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise ErgonError(f"{path.name} cannot be unpacked here ({name})", next="install dpkg") from error
