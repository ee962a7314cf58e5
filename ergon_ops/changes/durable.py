"""Who would make the container anew, and what to edit there so that a change lasts: the next `compose up`, `up` or
`docker run` knows nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import COMPOSE, OURS
from ergon_ops.facts import Reading
from ergon_ops.proposals import Intent

SWARM = "com.docker.swarm.service.name"
MIB = 1024 * 1024
NOTHING = ("restart", "start", "stop", "pause", "unpause")
Labels = Mapping[str, str]
Place = Callable[[Sequence[str], str, str], tuple[str, str]]


def first_file(files: Sequence[str], service: str, key: str) -> tuple[str, str]:
    """Where nobody looks into the files of a project: the one to edit, and how the setting is called there."""
    del service
    return files[0], key


@dataclass(frozen=True, slots=True)
class Field:
    """One setting in the words of each place that may define it; "" where that place has none."""

    compose: str
    manifest: str
    flag: str


def labels_of(readings: Iterable[Reading]) -> dict[str, str]:
    return {item.key: str(item.value) for item in readings if item.name == "label"}


def owner_of(labels: Labels) -> str:
    """compose, swarm, ergon-ops, or none."""
    if SWARM in labels:
        return "swarm"
    if COMPOSE + "service" in labels:
        return "compose"
    return "ergon-ops" if OURS + "manifest" in labels else "none"


def durable_edit(intent: Intent, labels: Labels, manifest_path: Callable[[str], str], place: Place = first_file) -> str:
    """File and value, as one line. `manifest_path`: digest of a registered manifest → its file, or "". `place`: Compose
    files on this machine, service, setting → the file that says it, and its word for it."""
    if intent.kind in NOTHING:
        return f"none needed: a {intent.kind} changes no configuration"
    if intent.kind in ("rebuild_advice", "host_advice"):
        return str(intent.arguments["text"])
    if intent.kind == "app_setting":
        return _app_setting(intent.arguments)
    fields = fields_of(intent)
    match owner_of(labels):
        case "compose":
            return _compose_edit(labels, fields, place if intent.target.host == "local" else first_file)
        case "swarm":
            return f"docker service update {' '.join(item.flag for item in fields)} {labels[SWARM]}"
        case "ergon-ops":
            path = manifest_path(labels[OURS + "manifest"]) or "the manifest it was started from"
            key = labels.get(OURS + "container", intent.target.name)
            values = [item.manifest for item in fields if item.manifest] or ["no field of a manifest says this yet"]
            return f"containers.{key}: {'; '.join(values)} in {path}"
        case _:
            flags = " ".join(item.flag for item in fields)
            return f"docker run {flags} when {intent.target.name} is made again; nothing else defines it"


def _compose_edit(labels: Labels, fields: Iterable[Field], place: Place) -> str:
    service, files = labels[COMPOSE + "service"], _compose_files(labels)
    by_file: dict[str, list[str]] = {}
    for item in fields:
        key, colon, value = item.compose.partition(":")
        file, word = place(files, service, key) if colon else (files[0], key)
        by_file.setdefault(file, []).append(word + colon + value)
    return "; ".join(f"services.{service}: {'; '.join(said)} in {file}" for file, said in by_file.items())


def _compose_files(labels: Labels) -> list[str]:
    folder = labels.get(COMPOSE + "project.working_dir", "").rstrip("/")
    files = labels.get(COMPOSE + "project.config_files", "").split(",")
    named = [file for file in files if file] or ["compose.yaml"]
    return [file if file.startswith("/") or not folder else f"{folder}/{file}" for file in named]


def fields_of(intent: Intent) -> list[Field]:
    wanted = intent.arguments
    match intent.kind:
        case "set_memory_limit":
            size = wanted["memory_bytes"]
            return [Field(f"mem_limit: {size}", f'"resources": {{"memory": "{size}"}}', f"--memory {size}")]
        case "set_cpu_limit":
            cores = f"{wanted['nano_cpus'] / 1e9:g}"
            return [Field(f"cpus: {cores}", f'"resources": {{"cpus": {cores}}}', f"--cpus {cores}")]
        case "set_cpu_shares":
            return [Field(f"cpu_shares: {wanted['shares']}", "", f"--cpu-shares {wanted['shares']}")]
        case "set_pids_limit":
            count = wanted["pids"]
            return [Field(f"pids_limit: {count}", f'"resources": {{"pids": {count}}}', f"--pids-limit {count}")]
        case "set_restart_policy":
            policy = wanted["name"] + (f":{wanted['max_retries']}" if wanted["max_retries"] else "")
            return [Field(f'restart: "{policy}"', f'"restart": "{policy}"', f"--restart {policy}")]
        case "connect_network":
            network = wanted["network"]
            return [Field(f"networks: [{network}]", f'"networks": ["{network}"]', f"--network {network}")]
        case _:
            return [_PATCHED[key](value) for key, value in wanted["patch"].items()]


def _environment(value: Mapping[str, Any]) -> Field:
    names = ", ".join(value)
    pairs = " ".join(f"--env {key}={item}" for key, item in value.items() if item is not None)
    return Field(f"environment: {names}", f'"environment": {names}', pairs or f"without {names}")


def _mounts(value: Iterable[Mapping[str, Any]]) -> Field:
    rows = [f"{row.get('source', row['type'])}:{row['target']}{':ro' * bool(row.get('read_only'))}" for row in value]
    return Field(f"volumes: {', '.join(rows)}", f'"volumes": {rows}', " ".join(f"--volume {row}" for row in rows))


def _ports(value: Iterable[Mapping[str, Any]]) -> Field:
    rows = [f"{row['host_ip'] + ':' if row.get('host_ip') else ''}{row['host']}:{row['container']}" for row in value]
    return Field(f"ports: {', '.join(rows)}", f'"ports": {rows}', " ".join(f"--publish {row}" for row in rows))


def _health(value: Mapping[str, Any]) -> Field:
    test = " ".join(value["test"][1:]) or "NONE"
    return Field(f"healthcheck: {test}", f'"health": {{"command": "{test}"}}', f'--health-cmd "{test}"')


def _log(value: Mapping[str, Any]) -> Field:
    options = [f"{key}: {item}" for key, item in (value.get("options") or {}).items()]
    flags = " ".join(f"--log-opt {option.replace(': ', '=')}" for option in options)
    said = f"logging: {{driver: {value['driver']}, options: {{{', '.join(options)}}}}}"
    return Field(said, "", f"--log-driver {value['driver']} {flags}".strip())


def _sysctls(value: Mapping[str, Any]) -> Field:
    pairs = [f"{key}={item}" for key, item in value.items() if item is not None]
    flags = " ".join(f"--sysctl {pair}" for pair in pairs) or f"without --sysctl {', '.join(value)}"
    return Field(f"sysctls: {', '.join(pairs) or 'without ' + ', '.join(value)}", "", flags)


def _dns(value: Mapping[str, Any]) -> Field:
    servers, options = (list(value.get(key) or []) for key in ("servers", "options"))
    if not servers and not options:
        return Field("no dns: and no dns_opt:", "", "without --dns and --dns-option")
    flags = [*(f"--dns {server}" for server in servers), *(f"--dns-option {option}" for option in options)]
    return Field(f"dns: {servers}, dns_opt: {options}", "", " ".join(flags))


def _plain(compose: str, manifest: str, flag: str) -> Callable[[Any], Field]:
    def field(value: Any) -> Field:
        words = " ".join(map(str, value)) if isinstance(value, list) else str(value)
        words = words.lower() if isinstance(value, bool) else words
        return Field(f"{compose}: {words}", f'"{manifest}": {words}' if manifest else "", f"{flag}{words}".strip())

    return field


_PATCHED: Mapping[str, Callable[[Any], Field]] = {
    "env": _environment,
    "command": _plain("command", "command", ""),
    "image": _plain("image", "image", ""),
    "mounts": _mounts,
    "ports": _ports,
    "sysctls": _sysctls,
    "dns": _dns,
    "shm_size": _plain("shm_size", "", "--shm-size "),
    "init": _plain("init", "", "--init="),
    "user": _plain("user", "", "--user "),
    "healthcheck": _health,
    "log": _log,
}


def _app_setting(wanted: Mapping[str, Any]) -> str:
    setting, value = wanted["setting"], wanted["value"]
    match wanted["service"]:
        case "redis" if wanted["persist"]:
            return "none needed: redis writes it into its own configuration file"
        case "redis":
            return f"{setting} {value} in redis.conf, or --{setting} {value} in its command"
        case "nginx" if setting != "reload":
            return f"{setting} {value}; in the nginx.conf of its image or mount: the container's copy goes with it"
        case "postgres":
            return "none needed while its data stays: ALTER SYSTEM keeps it in postgresql.auto.conf"
        case _:
            return "none needed: nothing of its configuration is changed"
