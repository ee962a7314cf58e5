"""Debian packages become one root filesystem tar, without root rights or the packages' scripts."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from ergon_ops.packaging import debian_rootfs
from ergon_ops.packaging.debian_rootfs import Merger, RootfsError, distribution_sources, merged_path


@pytest.mark.parametrize(
    ("package_path", "merged"),
    [
        ("./lib/x86_64-linux-gnu/libc.so.6", "usr/lib/x86_64-linux-gnu/libc.so.6"),
        ("./usr/lib/tmpfiles.d/x.conf", "usr/lib/tmpfiles.d/x.conf"),
        ("./bin/bash", "usr/bin/bash"),
        ("./library/x", "library/x"),
        ("./lib", ""),
        ("./", ""),
    ],
)
def test_paths_end_up_where_merged_usr_has_them(package_path: str, merged: str) -> None:
    assert merged_path(package_path) == merged


def package(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.mtime = kind, target, 1_700_000_000
    return member


def merged(*packages: bytes) -> dict[str, tarfile.TarInfo]:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        merger = Merger(tar)
        debian_rootfs._prepare(merger)
        for tree in packages:
            merger.package(tree)
        debian_rootfs._finish(merger)
    with tarfile.open(fileobj=io.BytesIO(stream.getvalue())) as tar:
        members = tar.getmembers()
    assert len(members) == len({member.name for member in members}), "a path was written twice"
    return {member.name: member for member in members}


def test_manuals_and_translations_stay_out() -> None:
    tree = merged(package((entry("./usr/share/doc/bash/README"), b"x"), (entry("./usr/share/bash/keep"), b"x")))
    assert "usr/share/bash/keep" in tree
    assert "usr/share/doc/bash/README" not in tree


def test_hard_links_follow_their_file_into_usr() -> None:
    tree = merged(package((entry("./bin/a"), b"x"), (entry("./bin/b", tarfile.LNKTYPE, "./bin/a"), b"")))
    assert tree["usr/bin/b"].linkname == "usr/bin/a"


def test_owners_that_packages_leave_to_their_scripts_are_set() -> None:
    tree = merged(package((entry("./var/lib/postgresql", tarfile.DIRTYPE), b"")))
    assert (tree["var/lib/postgresql/data"].uid, tree["var/lib/postgresql/data"].mode) == (102, 0o700)
    assert tree["tmp"].mode == 0o1777
    assert tree["var/run"].linkname == "../run", "an absolute link would leave the tree of whoever unpacks it"
    assert tree["usr/bin/sh"].linkname == "dash"


def test_nothing_in_the_result_depends_on_when_it_was_made() -> None:
    assert {member.mtime for member in merged(package((entry("./etc/x"), b"x"))).values()} == {0}


def test_only_the_distributions_own_sources_are_used(tmp_path: Path) -> None:
    (tmp_path / "os-release").write_text('ID=debian\nVERSION_CODENAME="bookworm"\n')
    parts = tmp_path / "apt" / "sources.list.d"
    parts.mkdir(parents=True)
    (tmp_path / "apt" / "sources.list").write_text(
        "# deb http://commented.invalid bookworm main\n"
        "deb [arch=amd64] http://mirror.invalid/debian bookworm main contrib # ours\n"
        "deb-src http://mirror.invalid/debian bookworm main\n"
        "deb https://vendor.invalid/debian bookworm stable\n"
    )
    (parts / "node.sources").write_text("Types: deb\nURIs: https://node.invalid\nSuites: nodistro\nComponents: main\n")
    (parts / "debian.sources").write_text(
        "Types: deb deb-src\nURIs: http://security.invalid\nSuites: bookworm-security\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/k.gpg\n\n"
        "Types: deb\nURIs: http://off.invalid\nSuites: bookworm\nComponents: main\nEnabled: no\n"
    )
    assert distribution_sources(tmp_path) == [
        "deb [arch=amd64] http://mirror.invalid/debian bookworm main contrib",
        "deb [signed-by=/usr/share/keyrings/k.gpg] http://security.invalid bookworm-security main",
    ]


def test_without_a_distributions_sources_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(RootfsError, match="Debian-like"):
        distribution_sources(tmp_path)


def test_as_a_program_without_apt_it_says_so_in_one_line(tmp_path: Path) -> None:
    program = [sys.executable, "-I", debian_rootfs.__file__, str(tmp_path / "x.tar"), "bash"]
    done = subprocess.run(program, env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "apt-get is not installed: images can only be made here on a Debian-like system"
    ]
    assert not (tmp_path / "x.tar").exists()


def test_a_tar_that_another_process_made_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(b"made")
    debian_rootfs.make(tmp_path / "x.tar", ["no-such-package"])
    assert (tmp_path / "x.tar").read_bytes() == b"made"
