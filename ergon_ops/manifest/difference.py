"""Where a running container is not what its manifest says. Pure: over the manifest and the facts read of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.facts import Ledger
from ergon_ops.manifest.models import Container
from ergon_ops.manifest.problems import pointer
from ergon_ops.redaction import redact_command, redact_value
from ergon_ops.refs import Ref

EXPECTED_LABEL = "io.ergon-ops.expected"
WANTED_STATES = {"paused": ("paused",), "stopped": ("exited", "created")}
RUNNING = ("running", "restarting")
LONGEST_COMMAND = 480  # of a longer one the facts hold only the beginning
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Difference:
    """`wanted` and `found` are short texts without secrets; of a value of the environment only that it differs."""

    container: str
    pointer: str
    wanted: str
    found: str

    def to_json(self) -> dict[str, str]:
        return {"container": self.container, "pointer": self.pointer, "wanted": self.wanted, "found": self.found}

    def __str__(self) -> str:
        place = "".join(f"{part.replace('/', '.')}: " for part in self.pointer.split("/", 3)[3:])
        return f"{self.container}: {place}{self.wanted} in the manifest, {self.found} here"


@dataclass(frozen=True, slots=True)
class Seen:
    """A container as it is: its facts, and for each value of the manifest's environment whether it has that one."""

    ref: Ref
    ledger: Ledger
    equal: Mapping[str, bool]

    def value(self, name: str, key: str = "") -> Any:
        return self.ledger.value(self.ref, name, key)

    def all(self, name: str) -> dict[str, Any]:
        return {fact.key: fact.value for fact in self.ledger.all(self.ref, name)}


def differences(key: str, entry: Container, seen: Seen) -> Iterator[Difference]:
    """In the order of the manifest's keys. What the manifest leaves open is no difference, except limits: none said
    is none wanted."""
    name = seen.ref.short
    for path, wanted, found in _differences(entry, seen):
        yield Difference(name, pointer(("containers", key, *path)), wanted, found)


Row = tuple[tuple[str, ...], str, str]
Published = tuple[str, int, int, str]


def _differences(entry: Container, seen: Seen) -> Iterator[Row]:
    yield from _state(entry, seen)
    yield from _image(entry, seen)
    running = seen.value("state") in (*RUNNING, "paused")
    yield from _ports(entry, seen) if running else ()
    yield from _environment(entry, seen)
    yield from _volumes(entry, seen)
    yield from _networks(entry, seen)
    yield from _resources(entry, seen)
    yield from _health(entry, seen)
    yield from _restart(entry, seen)
    yield from _command(entry, seen)
    yield from _labels(entry, seen)


def _state(entry: Container, seen: Seen) -> Iterator[Row]:
    expected = entry.labels.get(EXPECTED_LABEL, "")
    state = str(seen.value("state"))
    if state not in WANTED_STATES.get(expected, RUNNING):
        yield (), expected or "running", state


def _image(entry: Container, seen: Seen) -> Iterator[Row]:
    found = str(seen.value("image") or "")
    if entry.image and image_name(entry.image) != image_name(found):
        yield ("image",), entry.image, found


def image_name(image: str) -> str:
    """With what may be left out: `nginx` is `nginx:latest`, as is `docker.io/library/nginx:latest`."""
    short = image.removeprefix("docker.io/").removeprefix("library/")
    return short if ":" in short.rsplit("/", 1)[-1] or "@" in short else f"{short}:latest"


def _ports(entry: Container, seen: Seen) -> Iterator[Row]:
    found = set(_published(seen))
    wanted: set[Published] = {
        (port.host_ip, port.host, port.container, port.protocol) for port in entry.ports if port.host is not None
    }
    for port in sorted(wanted - found):
        instead: Published | None = next((other for other in sorted(found - wanted) if other[2:] == port[2:]), None)
        found.discard(instead or port)
        yield ("ports",), _port(port), _port(instead) if instead else f"{port[2]} is not published"
    for port in sorted(found - wanted):
        yield ("ports",), f"{port[2]} not published", _port(port)


def _published(seen: Seen) -> Iterator[Published]:
    places = seen.all("published_port")
    for place, inside in places.items():
        address, _, rest = place.rpartition(":")
        host, _, protocol = rest.partition("/")
        if address == "::" and f"0.0.0.0:{rest}" in places:
            continue  # the same port on IPv6
        if host.isdigit():
            yield address, int(host), int(inside), protocol or "tcp"


def _port(port: Published) -> str:
    return f"{port[0]}:{port[1]}->{port[2]}/{port[3]}"


def _environment(entry: Container, seen: Seen) -> Iterator[Row]:
    has = seen.all("env_key")
    for key, value in entry.environment.items():
        if key not in has:
            yield ("environment", key), "set", "not set"
        elif value is not None and seen.equal.get(key) is False:
            yield ("environment", key), "one value", "another"


def _volumes(entry: Container, seen: Seen) -> Iterator[Row]:
    mounts, sources, writable = seen.all("mount"), seen.all("mount_source"), seen.all("mount_writable")
    wanted = set()
    for volume in entry.volumes:
        source, place, read_only = volume_parts(volume)
        wanted.add(place)
        found = mounts.get(place)
        here = sources.get(place) or str(found or "").removeprefix("volume ")
        if found is None:
            yield ("volumes",), volume, f"nothing is mounted at {place}"
        elif source and source != here:
            yield ("volumes",), volume, f"{here} at {place}"
        elif read_only == bool(writable.get(place, True)):
            yield ("volumes",), volume, "writable" if read_only else "read-only"
    for place in sorted(set(mounts) - wanted):
        if sources.get(place) or not anonymous(str(mounts[place])):
            yield ("volumes",), f"nothing at {place}", sources.get(place) or str(mounts[place])


def volume_parts(volume: str) -> tuple[str, str, bool]:
    """Source (empty for an anonymous one), place inside, read-only."""
    parts = volume.split(":")
    source, place = ("", parts[0]) if len(parts) == 1 or parts[1][:1] != "/" else (parts[0], parts[1])
    return source, place, "ro" in parts[-1].split(",")


def anonymous(mount: str) -> bool:
    """An image's own volume under a name the engine drew; a tmpfs is not in a manifest."""
    return mount in ("tmpfs", "volume") or re.fullmatch(r"volume [0-9a-f]{64}", mount) is not None


def _networks(entry: Container, seen: Seen) -> Iterator[Row]:
    found = seen.all("network")
    project = str(seen.value("project") or "")
    if not entry.networks:
        return
    spelled = {name: {name, f"{project}_{name}"} for name in entry.networks}  # Compose puts its project before a name
    for name, names in spelled.items():
        if not names & set(found):
            yield ("networks",), name, ", ".join(sorted(found)) or "none"
    for name in sorted(set(found) - set().union(*spelled.values())):
        yield ("networks",), f"not on {name}", f"on {name}"


def _resources(entry: Container, seen: Seen) -> Iterator[Row]:
    limits = entry.resources
    rows = [("memory", limits.memory, "memory_limit", MIB), ("pids", limits.pids, "pids_limit", 1)]
    rows += [("memory_swap", limits.memory_swap, "memory_swap_limit", MIB)] * (limits.memory_swap is not None)
    rows += [("shm_size", limits.shm_size, "shm_size", MIB)] * (limits.shm_size is not None)
    for name, wanted, fact, unit in rows:
        found = seen.value(fact)
        if (wanted or 0) != (found or 0):
            yield ("resources", name), _amount(wanted, unit), _amount(found, unit)
    cores = seen.value("cpu_limit")
    if abs((limits.cpus or 0) - float(cores or 0)) > 0.001:
        yield ("resources", "cpus"), _amount(limits.cpus, 1), _amount(cores, 1)


def _amount(value: float | None, unit: int) -> str:
    if not value:
        return "no limit"
    return f"{value / unit:g} MiB" if unit == MIB else f"{value:g}"


def _health(entry: Container, seen: Seen) -> Iterator[Row]:
    wanted, command = entry.health, seen.value("health_command")
    if wanted is None:
        return
    if command is None:
        yield ("health",), "checked", "not checked"
        return
    port = wanted.port or next((port.container for port in entry.ports), None)
    if wanted.http and f"{port or ''}{wanted.http}" not in str(command):
        yield ("health", "http"), wanted.http, str(command)[:120]
    for name, fact in HEALTH_FACTS:
        said, found = getattr(wanted, name), seen.value(fact)
        if found is not None and abs(float(found) - said) > 0.001:
            yield ("health", name), f"{said:g}", f"{float(found):g}"


HEALTH_FACTS = (
    ("interval_s", "health_interval"),
    ("timeout_s", "health_timeout"),
    ("start_period_s", "health_start_period"),
    ("retries", "health_retries"),
)


def _restart(entry: Container, seen: Seen) -> Iterator[Row]:
    found = restart_words(str(seen.value("restart_policy") or "no"), int(seen.value("restart_max") or 0))
    if entry.restart.removesuffix(":0") != found:
        yield ("restart",), entry.restart, found


def restart_words(policy: str, most: int) -> str:
    return f"{policy}:{most}" if policy == "on-failure" and most else policy


def _command(entry: Container, seen: Seen) -> Iterator[Row]:
    found = str(seen.value("command") or "")
    if entry.command is None or len(found) > LONGEST_COMMAND:
        return
    wanted = redact_command(list(entry.command))
    if not found.endswith(wanted):
        yield ("command",), wanted[:120], found[:120]


def _labels(entry: Container, seen: Seen) -> Iterator[Row]:
    found = seen.all("label")
    for key, value in entry.labels.items():
        shown = redact_value(key, value)
        if key not in found:
            yield ("labels", key), shown[:120], "not there"
        elif len(shown) < 180 and found[key] != shown:
            yield ("labels", key), shown[:120], str(found[key])[:120]
