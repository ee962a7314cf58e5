"""One inspect document as readings, group by group. Values of secrets stay behind; sources name the field read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ergon_ops.engine import environment, hardening, netconfig
from ergon_ops.engine.documents import Document, integer, moment, part, pick, rows, text, words
from ergon_ops.engine.protocols import COMPOSE, OURS
from ergon_ops.facts import Group, Reading, Value, reading
from ergon_ops.redaction import neutralise, redact_command, redact_value, safe_text
from ergon_ops.refs import Ref

Row = tuple[str, str, Value, str]  # fact name, key, value, path of the field in the document
ALIVE = ("running", "paused", "restarting")
LONGEST_LABEL, LONGEST_COMMAND, LONGEST_OUTPUT = 200, 500, 1000
DEFAULT_SHARES = 1024
STOP_TIMEOUT_S = 10  # what the engine takes where the container says nothing


def readings(ref: Ref, document: Document, groups: Sequence[Group], *, at: float) -> list[Reading]:
    """The readings of those of `groups` that an inspect document answers."""
    found = []
    for group in dict.fromkeys(groups):
        for name, key, value, path in ROWS[group](document, at) if group in ROWS else ():
            found.append(reading(ref, name, value, at=at, source=f"api:inspect#{path}", key=key))
    return found


def is_alive(document: Document) -> bool:
    """Whether it has a process now."""
    return bool(pick(document, "State.Running")) and (integer(document, "State.Pid") or 0) > 0


def destinations(document: Document) -> list[str]:
    """Where something is mounted, tmpfs included."""
    mounted = [text(row, "Destination") for row in rows(document, "Mounts")]
    return [*filter(None, mounted), *part(document, "HostConfig.Tmpfs")]


def ports(document: Document) -> set[int]:
    """The inner ports it exposes or publishes."""
    declared = [*part(document, "Config.ExposedPorts"), *part(document, "NetworkSettings.Ports")]
    return {int(port.partition("/")[0]) for port in declared if port.partition("/")[0].isdigit()}


def environment_of(document: Document) -> dict[str, str]:
    return dict(entry.partition("=")[::2] for entry in words(document, "Config.Env"))


def _identity(doc: Document, at: float) -> Iterator[Row]:
    labels = part(doc, "Config.Labels")
    yield "name", "", text(doc, "Name").removeprefix("/"), "Name"
    yield "id", "", text(doc, "Id"), "Id"
    yield "image", "", text(doc, "Config.Image"), "Config.Image"
    yield "image_id", "", text(doc, "Image"), "Image"
    yield "created_at", "", moment(doc, "Created"), "Created"
    for name, label in (("project", COMPOSE), ("service", COMPOSE), ("project", OURS)):
        value = "" if label == OURS and f"{COMPOSE}project" in labels else labels.get(label + name)
        if value:
            yield name, "", neutralise(str(value), LONGEST_LABEL), f"Config.Labels.{label}{name}"
    number = labels.get(COMPOSE + "container-number")
    if isinstance(number, str) and number.isdigit():
        yield "replica", "", int(number), f"Config.Labels.{COMPOSE}container-number"
    needs = labels.get(COMPOSE + "depends_on")
    for entry in str(needs or "").split(","):
        service, _, rest = entry.partition(":")
        if service:
            yield "depends_on", service, rest.split(":")[0] or "service_started", f"Config.Labels.{COMPOSE}depends_on"


def _state(doc: Document, at: float) -> Iterator[Row]:
    state = text(doc, "State.Status")
    started, finished = moment(doc, "State.StartedAt"), moment(doc, "State.FinishedAt")
    alive = is_alive(doc)
    yield "state", "", state, "State.Status"
    if started is not None:
        yield "started_at", "", started, "State.StartedAt"
        if alive:
            yield "uptime", "", max(0.0, at - started), "State.StartedAt"
    if finished is not None:
        yield "finished_at", "", finished, "State.FinishedAt"
    error = text(doc, "State.Error")
    if not alive and (error or state != "created"):  # what was never tried has no exit code
        yield "exit_code", "", integer(doc, "State.ExitCode"), "State.ExitCode"
    yield "oom_killed", "", bool(pick(doc, "State.OOMKilled")), "State.OOMKilled"
    if error:
        yield "start_error", "", safe_text(error, LONGEST_OUTPUT), "State.Error"
    yield "restart_count", "", integer(doc, "RestartCount") or 0, "RestartCount"
    yield from _health(doc)


def _health(doc: Document) -> Iterator[Row]:
    status = text(doc, "State.Health.Status") or "none"
    yield "health", "", status, "State.Health.Status"
    if status == "none":
        return
    yield "health_streak", "", integer(doc, "State.Health.FailingStreak") or 0, "State.Health.FailingStreak"
    checks = list(rows(doc, "State.Health.Log"))
    yield from netconfig.health_checks(doc)
    if checks:
        last = checks[-1]
        path = "State.Health.Log.-1"  # the last one, however many there are
        yield "health_exit_code", "", integer(last, "ExitCode"), f"{path}.ExitCode"
        yield "health_output", "", safe_text(text(last, "Output").strip(), LONGEST_OUTPUT), f"{path}.Output"


def _limits(doc: Document, at: float) -> Iterator[Row]:
    host = part(doc, "HostConfig")
    yield "memory_limit", "", integer(host, "Memory") or None, "HostConfig.Memory"
    yield "memory_swap_limit", "", integer(host, "MemorySwap") or None, "HostConfig.MemorySwap"
    cores, path = _cores(host)
    yield "cpu_limit", "", cores, path
    shares = integer(host, "CpuShares")
    yield "cpu_shares", "", shares or None, "HostConfig.CpuShares"
    yield "cpuset", "", text(host, "CpusetCpus") or None, "HostConfig.CpusetCpus"
    pids = integer(host, "PidsLimit") or 0
    yield "pids_limit", "", pids if pids > 0 else None, "HostConfig.PidsLimit"
    yield "shm_size", "", integer(host, "ShmSize"), "HostConfig.ShmSize"
    yield "restart_policy", "", text(host, "RestartPolicy.Name") or "no", "HostConfig.RestartPolicy.Name"
    retries = integer(host, "RestartPolicy.MaximumRetryCount") or 0
    yield "restart_max", "", retries, "HostConfig.RestartPolicy.MaximumRetryCount"
    if host.get("AutoRemove"):
        yield "auto_remove", "", True, "HostConfig.AutoRemove"
    grace = integer(doc, "Config.StopTimeout")
    usual = STOP_TIMEOUT_S if host else None
    yield "stop_timeout", "", usual if grace is None else grace, "Config.StopTimeout"


def _cores(host: Document) -> tuple[float | None, str]:
    """`--cpus` is NanoCpus; an older way of saying it is quota over period."""
    nano, quota = integer(host, "NanoCpus") or 0, integer(host, "CpuQuota") or 0
    if nano <= 0 and quota > 0:
        return quota / (integer(host, "CpuPeriod") or 100_000), "HostConfig.CpuQuota"
    return (nano / 1e9 if nano > 0 else None), "HostConfig.NanoCpus"


def _config(doc: Document, at: float) -> Iterator[Row]:
    command = [*words(doc, "Config.Entrypoint"), *words(doc, "Config.Cmd")]
    yield "command", "", neutralise(redact_command(command), LONGEST_COMMAND), "Config.Cmd"
    yield "command_arguments", "", len(words(doc, "Config.Cmd")), "Config.Cmd"
    yield "user", "", text(doc, "Config.User") or None, "Config.User"
    for name, path in FLAGS:
        yield name, "", bool(pick(doc, path)), path
    yield "network_mode", "", text(doc, "HostConfig.NetworkMode"), "HostConfig.NetworkMode"
    yield "pid_mode", "", text(doc, "HostConfig.PidMode"), "HostConfig.PidMode"
    yield "log_driver", "", text(doc, "HostConfig.LogConfig.Type"), "HostConfig.LogConfig.Type"
    for key, value in part(doc, "HostConfig.LogConfig.Config").items():
        yield "log_option", key, _shown(key, value), f"HostConfig.LogConfig.Config.{key}"
    values = environment_of(doc)
    for key in values:
        yield "env_key", neutralise(key, LONGEST_LABEL), True, f"Config.Env.{key}"
    for key, host in environment.hosts(values).items():
        yield "env_host", neutralise(key, LONGEST_LABEL), host, f"Config.Env.{key}"
    yield from netconfig.settings(doc, values)
    for key, value in part(doc, "Config.Labels").items():
        yield "label", neutralise(key, LONGEST_LABEL), _shown(key, value), f"Config.Labels.{key}"
    for port in part(doc, "Config.ExposedPorts"):
        number = port.partition("/")[0]
        if number.isdigit():
            yield "exposed_port", port, int(number), "Config.ExposedPorts"
    yield from _health_command(doc)


FLAGS = (
    ("init", "HostConfig.Init"),
    ("privileged", "HostConfig.Privileged"),
    ("readonly_rootfs", "HostConfig.ReadonlyRootfs"),
)


def _health_command(doc: Document) -> Iterator[Row]:
    test = words(doc, "Config.Healthcheck.Test")
    if not test or test[0] == "NONE":
        yield "health_command", "", None, "Config.Healthcheck.Test"
        return
    command = redact_command(test[1:]) if test[0] == "CMD" else safe_text(" ".join(test[1:]), LONGEST_COMMAND)
    yield "health_command", "", neutralise(command, LONGEST_COMMAND), "Config.Healthcheck.Test"
    yield "health_shell", "", test[0] == "CMD-SHELL", "Config.Healthcheck.Test.0"
    for name, field, usual in TIMES:
        nanoseconds = integer(doc, f"Config.Healthcheck.{field}")
        yield name, "", nanoseconds / 1e9 if nanoseconds else usual, f"Config.Healthcheck.{field}"
    yield "health_retries", "", integer(doc, "Config.Healthcheck.Retries") or 3, "Config.Healthcheck.Retries"


# What the engine does where nothing is said.
TIMES = (
    ("health_interval", "Interval", 30.0),
    ("health_timeout", "Timeout", 30.0),
    ("health_start_period", "StartPeriod", 0.0),
)


def _mounts(doc: Document, at: float) -> Iterator[Row]:
    seen = set()
    for row in rows(doc, "Mounts"):  # the engine tells them in any order
        place, kind = text(row, "Destination"), text(row, "Type") or "bind"
        path = f"Mounts.{place}"
        if not place:
            continue
        seen.add(place)
        volume = text(row, "Name")
        yield "mount", place, f"volume {volume}" if kind == "volume" and volume else kind, f"{path}.Type"
        if kind == "bind":
            yield "mount_source", place, text(row, "Source"), f"{path}.Source"
        yield "mount_writable", place, bool(row.get("RW")), f"{path}.RW"
    for place, options in part(doc, "HostConfig.Tmpfs").items():
        if place not in seen:
            yield "mount", place, "tmpfs", "HostConfig.Tmpfs"
            yield "mount_writable", place, "ro" not in str(options).split(","), "HostConfig.Tmpfs"


def _networks(doc: Document, at: float) -> Iterator[Row]:
    own = text(doc, "Id")[:12]
    for name, network in part(doc, "NetworkSettings.Networks").items():
        path = f"NetworkSettings.Networks.{name}"
        yield "network", name, text(network, "IPAddress") or text(network, "GlobalIPv6Address"), f"{path}.IPAddress"
        for alias in words(network, "Aliases"):
            if alias != own:
                yield "alias", f"{name}/{alias}", alias, f"{path}.Aliases"
    yield from netconfig.resolution(doc)


def _ports(doc: Document, at: float) -> Iterator[Row]:
    for inside, places in part(doc, "NetworkSettings.Ports").items():
        number, _, protocol = inside.partition("/")
        for place in rows(places):
            key = f"{text(place, 'HostIp')}:{text(place, 'HostPort')}/{protocol or 'tcp'}"
            if number.isdigit():
                yield "published_port", key, int(number), f"NetworkSettings.Ports.{inside}"
    yield from netconfig.wanted_ports(doc)


def _shown(key: str, value: object) -> str:
    """A label or an option. Redacted whole, then cut: half a secret no longer looks like one."""
    whole = str(value)
    return neutralise(redact_value(key, neutralise(whole, len(whole) * 4 + 64)), LONGEST_LABEL)


ROWS: dict[Group, Callable[[Document, float], Iterator[Row]]] = {
    "identity": _identity,
    "state": _state,
    "limits": _limits,
    "config": _config,
    "mounts": _mounts,
    "networks": _networks,
    "ports": _ports,
    "security": hardening.security,
}
