"""What is mounted into it is not what it should be: a directory for a file, nothing over the image's own files, a file
that was replaced since, or one that its user may not touch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ergon_ops.diagnosis.disks import PASSING, below, path_of, unopened
from ergon_ops.diagnosis.lives import code_in, failure
from ergon_ops.diagnosis.rules import Conclusion, rule
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.diagnosis.startup import ended_of, refused
from ergon_ops.facts import Fact, Group
from ergon_ops.logtemplates.signals import Signal
from ergon_ops.refs import Ref

NEEDS: tuple[Group, ...] = ("state", "config", "mounts", "files", "signals")
FILE_NAME = re.compile(
    r".*\.(?:conf|cfg|cnf|ini|json|ya?ml|toml|xml|env|sh|py|js|ts|rb|php|lua|sql|pem|crt|cer|key|properties|txt"
    r"|htpasswd|hcl|rules|acl|sock)"
)
# Where an image's files are placeholders and an empty mount is what one wants.
DATA = (
    "/var/log", "/var/lib", "/var/cache", "/var/tmp", "/var/run", "/var/spool", "/tmp", "/run", "/data", "/home",
    "/root", "/mnt", "/media", "/dev", "/proc", "/sys", "/backup",
)  # fmt: skip
# What a program says of a module that it does not find, and what that is where nothing hides it.
MODULES = (
    ("python_module", "python_module_missing"), ("node_module", "node_module_missing"),
    ("ruby_gem", "ruby_gem_missing"), ("perl_module", "perl_module_missing"),
)  # fmt: skip
ROOT_USERS = ("", "0", "root", "None")


@rule("mount_directory_for_file", severity="critical", needs=NEEDS, details=("mount",), tier="T2", fixes=("recreate",))
def mount_directory_for_file(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A directory is mounted where a file is expected: its source was not there, and Docker made a directory of it.

    An empty directory at a place that is called like a file, or that the program says is a directory. The program may
    have started all the same, with its defaults. Of a volume, or of a directory that holds something, only if the
    program says so of that very place.
    """
    lines = scene.current(ref, "is_directory")
    yield from _said_to_be_one(scene, ref, lines)
    for kind in scene.all(ref, "mount_source_kind"):
        place = kind.key
        if kind.value != "empty directory" or scene.text(ref, "mount", place) != "bind":
            continue
        said = [line for line in lines if line.values.get("path", place) == place]
        if not said and not FILE_NAME.fullmatch(place) and not scene.value(ref, "mount_hides_file", place):
            continue
        source = scene.get(ref, "mount_source", place)
        from_where = f" from {source.value}" if source is not None and source.value else ""
        yield Conclusion(
            summary=f"At {place}, where a file is expected, an empty directory is mounted{from_where}: Docker makes one"
            " where the source is missing.",
            evidence=tuple(f for f in (kind, *(line.fact for line in said[:1]), source) if f is not None),
            details={"mount": place, "path": str(source.value) if source is not None else place},
        )


def _said_to_be_one(scene: Scene, ref: Ref, lines: tuple[Signal, ...]) -> Iterator[Conclusion]:
    """What the program wants to read as a file is a volume or a full directory: nothing else can be mounted there."""
    for line in lines:
        place = line.values.get("path", "").rstrip("/")
        mount, kind = scene.get(ref, "mount", place), scene.get(ref, "mount_source_kind", place)
        filled = kind is not None and kind.value == "directory"
        if mount is None or not FILE_NAME.fullmatch(place) or (mount.value == "bind" and not filled):
            continue
        what = "a directory" if mount.value == "bind" else f"a {str(mount.value).partition(' ')[0]}"
        yield Conclusion(
            summary=f"At {place}, which its program reads as a file, {what} is mounted.",
            evidence=(line.fact, mount, *(fact for fact in (kind,) if fact is not None)),
            details={"mount": place, "path": place},
        )


@rule("mount_stale", severity="warning", needs=NEEDS, details=("mount",), tier="T2", fixes=("restart",))
def mount_stale(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """A mounted file was replaced on the host (as editors and `mv` do): inside is still the old one.

    A bind mount holds the file itself, not its name: the inode inside and the one outside differ.
    """
    for stale in scene.all(ref, "mount_stale"):
        if stale.value is not True:
            continue
        source = scene.get(ref, "mount_source", stale.key)
        where = f" ({source.value})" if source is not None and source.value else ""
        yield Conclusion(
            summary=f"The file mounted at {stale.key} was replaced on the host{where} since the start: inside it is"
            " still the old one, until a restart.",
            evidence=tuple(fact for fact in (stale, source) if fact is not None),
            details={"mount": stale.key, "path": str(source.value) if source is not None else stale.key},
        )


@rule(
    "volume_shadows_image",
    severity="warning",
    needs=NEEDS,
    details=("mount",),
    tier="T2",
    over=("entrypoint_not_found", "entrypoint_interpreter_missing", *(cause for _, cause in MODULES)),
    fixes=("recreate",),
)
def volume_shadows_image(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """An empty mount lies over files of the image that it needs.

    The image has entries there, the mount has none, and something is missed there (its log, or the start itself); of
    a bind mount over code, pages or settings also without a word, as some programs keep their logs in files.
    """
    for hidden in scene.all(ref, "mount_hides"):
        place, mount = hidden.key, scene.get(ref, "mount", hidden.key)
        empty = scene.get(ref, "mount_source_kind", place)
        if mount is None or not (mount.value == "tmpfs" or (empty is not None and empty.value == "empty directory")):
            continue
        missed = _missed(scene, ref, place)
        if not missed and (mount.value != "bind" or below(place, DATA) or not scene.running(ref)):
            continue
        count = "1 entry" if hidden.value == 1 else f"{hidden.value} entries"
        yield Conclusion(
            summary=f"An empty {'bind mount' if mount.value == 'bind' else mount.value} at {place} hides what the image"
            f" has there ({count}).",
            evidence=tuple(fact for fact in (hidden, *missed, empty, mount) if fact is not None),
            details={"mount": place, "path": place},
            severity="critical" if missed else None,
        )


@rule(
    "permission_denied_nonroot",
    severity="critical",
    needs=NEEDS,
    details=("path", "user"),
    tier="T2",
    over=("sqlite_unopened",),
    fixes=("recreate", "host_advice"),
)
def permission_denied_nonroot(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """It does not run as root, and the path it wants belongs to somebody else."""
    user = scene.get(ref, "user")
    name = str(user.value).partition(":")[0] if user is not None and user.value else ""
    if name in ROOT_USERS or user is None:
        return
    for line in (*_repeated(scene, ref, scene.current(ref, "permission_denied")), *_denied_database(scene, ref, name)):
        path = line.values.get("path", "")
        place = below(path, (fact.key for fact in scene.all(ref, "mount")))
        owner, mode = (scene.get(ref, word, place) for word in ("mount_owner", "mount_mode"))
        whose = f"; {place} belongs to {owner.value} (mode {mode.value})" if place and owner and mode else ""
        yield Conclusion(
            summary=f"As user {user.value} it may not use {path or 'what it wants'}{whose}.",
            evidence=tuple(fact for fact in (line.fact, user, owner, mode) if fact is not None),
            details={"path": path, "user": str(user.value), **({"mount": place} if place else {})},
        )
        return


def _denied_database(scene: Scene, ref: Ref, user: str) -> Iterator[Signal]:
    """SQLite could not open or write its file, and the folder that it is mounted in is somebody else's."""
    for line in unopened(scene, ref):
        path = line.values.get("path", "") or path_of(scene, ref, line)
        places = [fact.key for fact in scene.all(ref, "mount") if not below(fact.key, PASSING)]
        place = below(path, places) if path else places[0] if len(places) == 1 else ""
        owner, mode = scene.text(ref, "mount_owner", place), scene.text(ref, "mount_mode", place)
        theirs = owner.partition(":")[0] not in ("", user) and mode[-1:] in ("0", "1", "4", "5")
        if place and theirs and user.isdigit():
            yield replace(line, values={"path": path or place})


def _missed(scene: Scene, ref: Ref, place: str) -> tuple[Fact, ...]:
    """What says that something below that place is not there."""
    lines = scene.current(ref, "file_missing", "exec_missing", "index_forbidden", "module_missing")
    found = [line.fact for line in lines if below(line.values.get("path", ""), (place,))]
    error = refused(scene, ref)
    names = scene.text(ref, "mount_hidden_names", place).lower().split()
    modules = scene.current(ref, *(kind for kind, _ in MODULES))
    found += [line.fact for line in modules if _module(line.values.get("value", "")) & {_plain(name) for name in names}]
    if error is not None and re.search(rf"{re.escape(place)}/\S*?:? (?:stat \S+ )?no such file", str(error.value)):
        found.append(error)
    return tuple(found[:1])


def _module(name: str) -> set[str]:
    """What its folder or file is called: `redis` of `redis.client`, `@nest` of `@nest/core`, `DBI` of `DBI.pm`."""
    word = name.lower().removesuffix(".pm")
    return {_plain(word.split("/")[0].split(".")[0])} - {""}


def _plain(name: str) -> str:
    """Without the ending, or the version, of a file or folder."""
    return re.sub(r"\.(?:py|pyc|js|mjs|cjs|rb|pm|cpython\S*|abi3\S*)$|-\d[\w.]*$", "", name.lower()).replace("-", "_")


def _repeated(scene: Scene, ref: Ref, lines: tuple[Signal, ...]) -> tuple[Signal, ...]:
    """Of one that is well a single line proves nothing."""
    return tuple(line for line in lines if scene.troubled(ref) or line.count > 1)


@rule(
    "file_missing",
    severity="critical",
    needs=("state", "config", "mounts", "signals", "events"),
    details=("path",),
    tier="T1",
    symptom=True,
    over=("crash_loop", "restart_policy_absent"),
    fixes=("recreate", "rebuild_advice"),
)
def file_missing(scene: Scene, ref: Ref) -> Iterator[Conclusion]:
    """It ends since a file is not there, which is the last thing that it says.

    Gives way to any cause that is known of such a file: a mount over it, a module, a certificate.
    """
    code = failure(scene, ref)
    if code is None or not code_in(code) or not scene.troubled(ref):
        return
    for signal in scene.current(ref, "file_missing"):
        if not signal.values.get("path") or not ended_of(scene, ref, signal):
            continue
        path = signal.values["path"]
        mounts = [fact for fact in scene.all(ref, "mount") if path == fact.key or path.startswith(f"{fact.key}/")]
        where = f", below the mount at {mounts[0].key}" if mounts else ""
        yield Conclusion(
            summary=f"It needs the file {path}, which is not there{where}, and ends (exit code {code_in(code)}).",
            evidence=(signal.fact, code, *mounts[:1]),
            details={"path": path, "exit_code": code_in(code)},
        )
        return
