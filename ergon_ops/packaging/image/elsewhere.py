"""Files from elsewhere, by the ordinary clients of their registries: resolved once for a lock, later fetched by it."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ergon_ops.errors import ErgonError
from ergon_ops.packaging.debian_rootfs import LEFT_OUT_PACKAGES, AptView, RootfsError
from ergon_ops.packaging.image.locks import Locked
from ergon_ops.packaging.image.shelf import Shelf
from ergon_ops.packaging.programs import output_of

FETCH_S = 600.0
GLIBC = (36, 35, 34, 31, 28, 27, 24, 17, 12, 5)  # manylinux_2_N that a Debian of today can run
Progress = Callable[[str], None]


@contextmanager
def draft(shelf: Shelf) -> Iterator[Path]:
    """A folder that is gone again in any case."""
    folder = shelf.draft_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# -- Debian


async def lock_debs(
    packages: Sequence[str], shelf: Shelf, progress: Progress, *, left_out: Collection[str] = ()
) -> tuple[Locked, ...]:
    """These packages and all they need, as the distribution of this machine has them today."""
    with draft(shelf) as folder:
        apt = await _apt(folder, progress)
        await _run_apt(apt, "install", "--download-only", *packages)
        found = [path for path in apt.archives() if not path.name.startswith(LEFT_OUT_PACKAGES)]
        found = [path for path in found if _part(path, 0) not in left_out]
        return tuple(shelf.keep(path, name=_part(path, 0), version=_part(path, 1)) for path in found)


async def fetch_debs(items: Sequence[Locked], shelf: Shelf, progress: Progress) -> None:
    """Raises ErgonError where a mirror no longer has one of them."""
    missing = [item for item in items if not shelf.has(item)]
    if not missing:
        return
    with draft(shelf) as folder:
        apt = await _apt(folder, progress)
        names = [f"{item.name}={item.version}" for item in missing]
        command = apt.command("download", *names)
        await output_of(command, deadline_s=FETCH_S, folder=folder, doing="fetching the locked Debian packages")
        _take_all(missing, folder, shelf)


async def _apt(folder: Path, progress: Progress) -> AptView:
    apt = AptView(folder / "apt")
    try:
        apt.prepare()
    except RootfsError as error:
        raise ErgonError(str(error), next="use an engine that reaches a registry") from error
    progress("base: asking the distribution for its packages")
    await _run_apt(apt, "update")
    return apt


async def _run_apt(apt: AptView, *words: str) -> None:
    await output_of(apt.command(*words), deadline_s=FETCH_S, doing=f"apt-get {words[0]}")


def _part(path: Path, number: int) -> str:
    """`name_version_arch.deb`, where a colon of the version is written %3a."""
    return path.name.split("_")[number].replace("%3a", ":")


def _take_all(items: Sequence[Locked], folder: Path, shelf: Shelf) -> None:
    for item in items:
        path = folder / item.file
        if not path.is_file():
            raise ErgonError(f"{item.file} is no longer to be had", next="lock anew: --lock, and look at what changes")
        shelf.take(path, item)


# -- Python


def pip_command(python: str) -> list[str]:
    """For wheels that fit the image's Python, whatever this machine's is."""
    abi = f"cp{python.replace('.', '')}"
    machine = os.uname().machine
    platforms = [f"manylinux_2_{number}_{machine}" for number in GLIBC]
    platforms += [f"manylinux{kind}_{machine}" for kind in ("2014", "2010", "1")] + [f"linux_{machine}"]
    words = ["--only-binary=:all:", "--python-version", python, "--implementation", "cp"]
    words += [word for name in (abi, "abi3", "none") for word in ("--abi", name)]
    words += [f"--platform={name}" for name in platforms]
    base = [_interpreter(python), "-m", "pip", "download", "--disable-pip-version-check", "--no-input", "-q"]
    return [*base, "--timeout", "30", *words]


def _interpreter(python: str) -> str:
    """pip reads conditions such as `python_version < "3.12"` for the Python that runs it: the same, if it is here."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    return sys.executable if own == python else shutil.which(f"python{python}") or sys.executable


async def lock_wheels(
    python: str, wishes: Sequence[str], constraints: Sequence[str], context: Path, shelf: Shelf, progress: Progress
) -> tuple[Locked, ...]:
    """`wishes` are pip's own words (`-r FILE`, `name>=1`); `constraints` are versions another lock fixed."""
    progress("dependencies: asking which wheels fit")
    with draft(shelf) as folder:
        words = [*pip_command(python), "-d", str(folder / "wheels"), *wishes]
        if constraints:
            (folder / "constraints.txt").write_text("".join(f"{line}\n" for line in constraints), "utf-8")
            words += ["-c", str(folder / "constraints.txt")]
        (folder / "wheels").mkdir()
        await output_of(words, deadline_s=FETCH_S, folder=context, doing="fetching its packages")
        found = sorted((folder / "wheels").iterdir())
        if odd := [path.name for path in found if path.suffix != ".whl"]:
            raise ErgonError(f"{odd[0]} is no wheel", next="ask for a version that has one")
        return tuple(shelf.keep(path, name=path.name.split("-")[0], version=path.name.split("-")[1]) for path in found)


async def fetch_wheels(items: Sequence[Locked], python: str, shelf: Shelf, progress: Progress) -> None:
    missing = [item for item in items if not shelf.has(item)]
    if not missing:
        return
    progress(f"dependencies: fetching {len(missing)} of {len(items)} wheels")
    with draft(shelf) as folder:
        lines = [f"{item.name}=={item.version} --hash=sha256:{item.sha256}\n" for item in missing]
        (folder / "locked.txt").write_text("".join(lines), "utf-8")
        words = ["--no-deps", "--require-hashes", "-d", str(folder), "-r", str(folder / "locked.txt")]
        await output_of(
            [*pip_command(python), *words], deadline_s=FETCH_S, folder=folder, doing="fetching the locked wheels"
        )
        _take_all(missing, folder, shelf)


# -- Node


async def fetch_tarballs(
    items: Sequence[Locked], shelf: Shelf, progress: Progress, *, doing: str = "dependencies"
) -> None:
    missing = [item for item in items if not shelf.has(item)]
    if not missing:
        return
    progress(f"{doing}: fetching {len(missing)} of {len(items)} npm packages")
    with draft(shelf) as folder:
        await pack(missing, folder)
        _take_all(missing, folder, shelf)


async def pack(items: Sequence[Locked], folder: Path) -> None:
    """`npm pack` writes each under the name that `tarball_name` says."""
    npm = shutil.which("npm")
    if npm is None:
        raise ErgonError("npm is not installed here, so its packages cannot be fetched", next="install Node and npm")
    wanted = [f"{item.name}@{item.version}" for item in items]
    groups = [wanted[at : at + 40] for at in range(0, len(wanted), 40)]
    for group in groups:
        words = [npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder), *group]
        await output_of(words, deadline_s=FETCH_S, folder=folder, doing="npm pack")


def tarball_name(name: str, version: str) -> str:
    return f"{re.sub('^@', '', name).replace('/', '-')}-{version.partition('+')[0]}.tgz"
