"""Audit of rights: what it may do beyond its need. A benchmark item is no fault. Sources beside each row."""

# ruff: noqa: E501
from __future__ import annotations

from collections.abc import Callable, Iterator

from ergon_ops.diagnosis.audits import Audit, Hit, declare, where
from ergon_ops.diagnosis.scene import Scene
from ergon_ops.refs import Ref

Hits = Callable[[Scene, Ref], Iterator[Hit]]
SOCKETS = ("/docker.sock", "/containerd.sock", "/podman.sock")
HOST_PLACES = ("/", "/boot", "/dev", "/etc", "/lib", "/proc", "/sys", "/usr")
MOST_SHOWN = 5


def host_namespaces(scene: Scene, ref: Ref) -> Iterator[Hit]:
    modes = ("network_mode", "pid_mode", "ipc_mode", "uts_mode", "userns_mode", "cgroupns_mode")
    # The engine's own default for cgroups is the host's on cgroup v1.
    shared = [fact for name in modes[:-1] if (fact := scene.get(ref, name)) is not None and fact.value == "host"]
    if shared:
        names = ", ".join(fact.name.removesuffix("_mode") for fact in shared)
        yield Hit(tuple(shared), {"value": names})


def engine_sockets(scene: Scene, ref: Ref) -> Iterator[Hit]:
    for source in scene.all(ref, "mount_source"):
        if str(source.value).endswith(SOCKETS) or source.key.endswith(SOCKETS):
            yield Hit((source,), {"mount": source.key})


def host_places(scene: Scene, ref: Ref) -> Iterator[Hit]:
    for source in scene.all(ref, "mount_source"):
        if (str(source.value).rstrip("/") or "/") in HOST_PLACES:
            yield Hit((source,), {"mount": source.key, "path": str(source.value)})


def added(scene: Scene, ref: Ref) -> Iterator[Hit]:
    facts = scene.all(ref, "capability_added")[:MOST_SHOWN]
    if facts:
        yield Hit(facts, {"value": ", ".join(fact.key for fact in facts)})


def as_root(scene: Scene, ref: Ref) -> Iterator[Hit]:
    user = scene.get(ref, "user")
    if user is not None and str(user.value or "0").partition(":")[0] in ("0", "root"):
        yield Hit((user,), {"user": str(user.value or "root")})


def new_privileges(scene: Scene, ref: Ref) -> Iterator[Hit]:
    option, user = scene.get(ref, "security_option", "no-new-privileges"), scene.get(ref, "user")
    if scene.known(ref, "ipc_mode") and (option is None or option.value == "false"):
        fact = option or scene.get(ref, "ipc_mode")
        yield Hit(tuple(item for item in (fact, user) if item is not None))


def unconfined(profile: str) -> Hits:
    def look(scene: Scene, ref: Ref) -> Iterator[Hit]:
        option = scene.get(ref, "security_option", profile)
        if option is not None and option.value == "unconfined":
            yield Hit((option,), {"setting": profile})

    return look


def secrets(scene: Scene, ref: Ref) -> Iterator[Hit]:
    for fact in scene.all(ref, "env_secret")[:MOST_SHOWN]:
        yield Hit((fact,), {"env_key": fact.key})


def logged_secrets(scene: Scene, ref: Ref) -> Iterator[Hit]:
    fact = scene.get(ref, "log_secrets")
    if fact is not None and isinstance(fact.value, int) and fact.value > 0:
        yield Hit((fact,), {"count": fact.value}, {"lines": "1 line" if fact.value == 1 else f"{fact.value} lines"})


def remote_shell(scene: Scene, ref: Ref) -> Iterator[Hit]:
    ports = [fact for fact in scene.all(ref, "published_port") if fact.value == 22]
    daemons = [fact for fact in scene.all(ref, "process") if fact.value == "sshd"]
    if ports or daemons:
        yield Hit((*ports[:1], *daemons[:1]), {"service": "sshd"})


def written(scene: Scene, ref: Ref) -> Iterator[Hit]:
    """Only of one that writes nothing outside of what a tmpfs could hold: then a read-only root costs nothing."""
    flag, outside = scene.get(ref, "readonly_rootfs"), scene.get(ref, "rootfs_written")
    if flag is not None and flag.value is False and outside is not None and outside.value == 0:
        yield Hit((flag, outside))


declare(
    (
        Audit("privileged", "It has every right of the host's root.", "It is privileged: it has every right of the host's root.", where("privileged", lambda value: value is True), ("config",), "docker-bench 5.4", severity="warning"),
        Audit("docker_socket_mounted", "The engine's socket is mounted into it: who has that has the host.", "The engine's socket is mounted at {mount}: who controls it controls the host.", engine_sockets, ("mounts",), "docker-bench 5.31", severity="warning", details=("mount",)),
        Audit("host_namespace", "It shares a namespace with the host.", "It shares the host's namespace: {value}.", host_namespaces, ("config", "security"), "docker-bench 5.9, 5.15-5.17, 5.20", severity="warning", details=("value",)),
        Audit("host_path_mounted", "A system folder of the host is mounted into it.", "The host's {path} is mounted at {mount}.", host_places, ("mounts",), "docker-bench 5.5; kube-linter sensitive-host-mounts", severity="warning", details=("mount", "path")),
        Audit("capability_added", "It has capabilities beyond the usual ones.", "It has capabilities beyond the usual ones: {value}.", added, ("security",), "docker-bench 5.3", details=("value",)),
        Audit("runs_as_root", "It runs as root.", "It runs as root; a user of its own would limit what a break-in reaches.", as_root, ("config",), "docker-bench 4.1; hadolint DL3002", ("recreate", "rebuild_advice"), details=("user",)),
        Audit("no_new_privileges_missing", "Its processes may gain rights by setuid programs.", "no-new-privileges is not set, so setuid programs can raise its rights.", new_privileges, ("security", "config"), "docker-bench 5.26"),
        Audit("seccomp_off", "The seccomp profile is switched off.", "Its {setting} profile is switched off.", unconfined("seccomp"), ("security",), "docker-bench 5.22", severity="warning", details=("setting",)),
        Audit("apparmor_off", "The AppArmor profile is switched off.", "Its {setting} profile is switched off.", unconfined("apparmor"), ("security",), "docker-bench 5.2", severity="warning", details=("setting",)),
        Audit("secret_in_env", "A secret stands in an environment variable, where `docker inspect` and every child see it.", "A secret stands in the environment variable {env_key}; a mounted file would hide it.", secrets, ("security",), "kube-linter env-var-secret", severity="warning", details=("env_key",)),
        Audit("secret_in_log", "Its log has lines with something like a secret in them.", "{lines} of its log hold something like a secret.", logged_secrets, ("signals",), "our redaction", ("rebuild_advice",), severity="warning", details=("count",)),
        Audit("ssh_inside", "It runs an SSH server.", "It runs or publishes an SSH server; `docker exec` needs none.", remote_shell, ("processes", "ports"), "docker-bench 5.7", details=("service",)),
        Audit("rootfs_writable", "Its root filesystem could be read-only.", "Its root filesystem is writable though it writes only where a tmpfs would do: docker-bench 5.13 wants it read-only, most images leave it writable.", written, ("config", "files"), "docker-bench 5.13; kube-linter no-read-only-root-fs"),
    )
)  # fmt: skip
