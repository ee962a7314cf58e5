"""What an inspect document says of a container's rights and namespaces, its ulimits and its image: for the audit."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ergon_ops.engine.documents import Document, integer, part, rows, text, words
from ergon_ops.facts import Value
from ergon_ops.redaction import is_secret_key, neutralise, redact_value
from ergon_ops.redaction.keys import harmless

Row = tuple[str, str, Value, str]
LONGEST = 200
MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
MODES = (
    ("ipc_mode", "HostConfig.IpcMode"),
    ("uts_mode", "HostConfig.UTSMode"),
    ("userns_mode", "HostConfig.UsernsMode"),
    ("cgroupns_mode", "HostConfig.CgroupnsMode"),
)


def security(doc: Document, at: float) -> Iterator[Row]:
    """The group `security`."""
    for name in words(doc, "HostConfig.CapAdd"):
        yield "capability_added", neutralise(name, LONGEST), True, "HostConfig.CapAdd"
    for name in words(doc, "HostConfig.CapDrop"):
        yield "capability_dropped", neutralise(name, LONGEST), True, "HostConfig.CapDrop"
    for option in words(doc, "HostConfig.SecurityOpt"):
        key, _, value = option.replace("=", ":", 1).partition(":")
        # A profile of its own is a whole document; only whether one is off matters.
        yield "security_option", neutralise(key, LONGEST), neutralise(value, 40) or "true", "HostConfig.SecurityOpt"
    for name, path in MODES:
        yield name, "", text(doc, path) or None, path
    for row in rows(doc, "HostConfig.Ulimits"):
        name = neutralise(text(row, "Name"), LONGEST)
        if name:
            yield "ulimit", name, integer(row, "Soft"), "HostConfig.Ulimits"
    for row in rows(doc, "HostConfig.Devices"):
        yield "device", neutralise(text(row, "PathInContainer"), LONGEST), True, "HostConfig.Devices"
    yield from _secrets(doc)


def _secrets(doc: Document) -> Iterator[Row]:
    """Names of variables whose values look like secrets that are written down; a value never leaves here."""
    for entry in words(doc, "Config.Env"):
        key, _, value = entry.partition("=")
        named = is_secret_key(key) and bool(value) and not harmless(key, value)
        # A password within a URL, whatever the variable is called.
        if named or ("://" in value and redact_value(key, value) != value):
            yield "env_secret", neutralise(key, LONGEST), True, f"Config.Env.{neutralise(key, LONGEST)}"


def image(doc: Document, at: float, *, here: bool) -> Iterator[Row]:
    """The group `image`, from its own document. `here`: this machine is the one that runs it."""
    if here:
        name = os.uname().machine
        yield "machine", "", MACHINES.get(name, name), "uname"
    yield "image_platform", "", f"{text(doc, 'Os')}/{text(doc, 'Architecture')}", "Architecture"
    yield "image_pinned", "", bool(words(doc, "RepoDigests")), "RepoDigests"
    for path in part(doc, "Config.Volumes"):
        yield "image_volume", neutralise(path, LONGEST), True, "Config.Volumes"
