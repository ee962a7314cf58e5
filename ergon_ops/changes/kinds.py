"""The kinds of change, and the shape of their arguments. Sizes are bytes, CPUs billionths of a core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ergon_ops.changes.shapes import (
    NEEDED,
    Environment,
    Fields,
    Many,
    Number,
    OneOf,
    Scalar,
    Shape,
    Switch,
    Whole,
    Word,
)
from ergon_ops.dataclass import dataclass
from ergon_ops.engine.appsettings import checked_value
from ergon_ops.errors import UsageError
from ergon_ops.policy import KINDS as KNOWN
from ergon_ops.proposals import Intent, Reversibility
from ergon_ops.redaction import redact

MIB = 1024 * 1024
MOST_BYTES = 1 << 50
NAME = Word(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}", "a name of letters, digits, _ . -")
TEXT = Word(r".{1,4000}", "a text of at most 4000 characters")
PATH = Word(r"/.{0,1000}", "an absolute path")
SECONDS = Number(0, 86_400, default=None)
PORT = Whole(1, 65_535)


@dataclass(frozen=True, slots=True)
class Kind:
    """`once_per_run`: bound to the run of the container too, so that yesterday's restart is not done today.
    `advice` is for a person to follow and is never applied here."""

    arguments: Mapping[str, Shape]
    capability: str
    reversibility: Reversibility
    once_per_run: bool = False
    advice: bool = False


PATCH = Fields(
    {
        "env": Environment(),
        "command": Many(Word(r".{0,4000}", "a text"), least=1, default=None),
        "image": Word(r"[a-zA-Z0-9][a-zA-Z0-9_./:@-]{0,254}", "an image's name", default=None),
        "mounts": Many(
            Fields(
                {
                    "target": PATH,
                    "type": OneOf(("volume", "bind", "tmpfs", "none")),
                    "source": Word(r"[^:]{1,1000}", "a volume's name or an absolute path", default=None),
                    "read_only": Switch(default=None),
                    "size_bytes": Whole(1, MOST_BYTES, default=None),
                }
            ),
            default=None,
        ),
        "ports": Many(
            Fields(
                {
                    "container": PORT,
                    "host": PORT,
                    "host_ip": Word(r"[0-9a-fA-F.:]{0,45}", "an address", default=None),
                    "protocol": OneOf(("tcp", "udp", "sctp"), default=None),
                }
            ),
            default=None,
        ),
        "dns": Fields(
            {
                "servers": Many(Word(r"[0-9a-fA-F.:]{2,45}", "an address"), default=None),
                "options": Many(Word(r"[a-z0-9:-]{1,60}", "an option of resolv.conf"), default=None),
            },
            default=None,
        ),
        "sysctls": Environment(),
        "shm_size": Whole(MIB, MOST_BYTES, default=None),
        "init": Switch(default=None),
        "user": Word(r"[a-zA-Z0-9_.:-]{0,100}", "a user or uid, and :group", default=None),
        "healthcheck": Fields(
            {
                "test": Many(Word(r".{0,4000}", "a text"), least=1),
                "interval_s": SECONDS,
                "timeout_s": SECONDS,
                "start_period_s": SECONDS,
                "retries": Whole(1, 1000, default=None),
            },
            default=None,
        ),
        "log": Fields(
            {
                "driver": OneOf(("json-file", "local", "journald", "syslog", "none")),
                "options": Environment(),
            },
            default=None,
        ),
    },
    least=1,
)
STOP = {"timeout_s": Whole(0, 600, 10)}
KINDS: dict[str, Kind] = {
    "set_memory_limit": Kind(
        {
            "memory_bytes": Whole(6 * MIB, MOST_BYTES),
            "memory_swap_bytes": Whole(6 * MIB, MOST_BYTES, default=None, also=(-1,)),
        },
        "optimize",
        "live",
    ),
    "set_cpu_limit": Kind({"nano_cpus": Whole(10_000_000, 4096 * 10**9)}, "optimize", "live"),
    "set_cpu_shares": Kind({"shares": Whole(2, 262_144)}, "optimize", "live"),
    "set_pids_limit": Kind({"pids": Whole(1, 4_194_304, also=(-1,))}, "optimize", "live"),
    "set_restart_policy": Kind(
        {"name": OneOf(("no", "on-failure", "always", "unless-stopped")), "max_retries": Whole(0, 10_000, 0)},
        "optimize",
        "live",
    ),
    "restart": Kind(STOP, "restart", "restart", once_per_run=True),
    "start": Kind({}, "restart", "restart", once_per_run=True),
    "stop": Kind(STOP, "restart", "restart", once_per_run=True),
    "pause": Kind({}, "restart", "live", once_per_run=True),
    "unpause": Kind({}, "restart", "live", once_per_run=True),
    "connect_network": Kind({"network": NAME, "aliases": Many(NAME, most=20, default=[])}, "optimize", "live"),
    "app_setting": Kind(
        {
            "service": NAME,
            "setting": NAME,
            "value": Scalar(),
            "persist": Switch(default=False),
        },
        "optimize",
        "app",
    ),
    "recreate": Kind({"patch": PATCH}, "optimize", "recreate"),
    "rebuild_advice": Kind({"text": TEXT}, "optimize", "rebuild", advice=True),
    "host_advice": Kind({"text": TEXT}, "optimize", "host", advice=True),
}


def checked(intent: Intent) -> Intent:
    """The intent with its arguments complete and its true reversibility. Raises UsageError for any other shape."""
    kind = KINDS.get(intent.kind)
    if kind is None:
        raise UsageError(f"{intent.kind!r} is no kind of change", next=f"kinds: {', '.join(KNOWN)}")
    if intent.target.kind != "container":
        raise UsageError(f"{intent.kind} needs one container, not a {intent.target.kind}", next="name the container")
    names = ", ".join(kind.arguments) or "none"
    unknown = sorted(set(intent.arguments) - set(kind.arguments))
    if unknown:
        raise UsageError(f"{intent.kind} has no argument {unknown[0]!r}", next=f"it has: {names}")
    values = {}
    for name, shape in kind.arguments.items():
        given = intent.arguments.get(name)
        if given is None and shape.default is NEEDED:
            raise UsageError(f"{intent.kind} needs {name!r}", next=f"its arguments: {names}")
        values[name] = shape.default if given is None else shape.check(f"{intent.kind}: {name}", given)
    _agree(intent.kind, values)
    return replace(intent, arguments=values, reversibility=kind.reversibility)


def _agree(kind: str, values: dict[str, object]) -> None:
    """What no single argument can tell."""
    if kind == "set_memory_limit":
        memory, swap = values["memory_bytes"], values["memory_swap_bytes"]
        if isinstance(memory, int) and isinstance(swap, int) and 0 <= swap < memory:
            raise UsageError(
                f"set_memory_limit: memory_swap_bytes = {swap} is below memory_bytes",
                next="it counts memory and swap together; -1 is no bound, left out it follows the memory",
            )
    if kind == "set_restart_policy" and values["max_retries"] and values["name"] != "on-failure":
        raise UsageError("set_restart_policy: max_retries goes with on-failure only", next="leave it out")
    if kind == "app_setting":
        values["value"] = checked_value(str(values["service"]), str(values["setting"]), values["value"])
    if kind == "recreate":
        _agree_patch(values["patch"])


def _agree_patch(patch: object) -> None:
    assert isinstance(patch, dict)
    if any(redact(word) != word for word in (*patch.get("command", ()), *patch.get("healthcheck", {}).get("test", ()))):
        raise UsageError(
            "recreate: a command holds what looks like a secret, and a proposal is stored and shown",
            next="set it where the container is defined, then make it anew from there",
        )
    for row in patch.get("mounts", ()):
        needs = row["type"] in ("volume", "bind")
        if needs != ("source" in row) or (row["type"] == "bind") != str(row.get("source", "")).startswith("/"):
            raise UsageError(
                f"recreate: the mount of {row['target']} does not fit its type",
                next="volume: source is a name; bind: an absolute path; tmpfs and none: no source",
            )
