"""Which engines to speak to: DOCKER_HOST, contexts and TLS material, as the docker CLI honours them.

Contexts are read by ourselves: the SDK sees none of them when the folder has no `config.json`.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import UsageError
from ergon_ops.refs import LOCAL
from ergon_ops.settings import DockerEnv

DEFAULT_URL = "unix:///var/run/docker.sock"
DEFAULT_CONTEXT = "default"
PORTS = {"tcp": 2375, "http": 80, "https": 443, "ssh": 22}
SCHEMES = ("unix", "tcp", "http", "https", "ssh")


@dataclass(frozen=True, slots=True)
class Tls:
    """Files of one TLS endpoint; `ca` None = the system's authorities, `cert` None = no client certificate."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One engine: `host` is its name in every ref, `source` says who named it ("DOCKER_HOST", "context prod")."""

    host: str
    url: str
    source: str
    tls: Tls | None = None
    api_version: str = ""

    @property
    def local(self) -> bool:
        return self.host == LOCAL

    @property
    def unix(self) -> bool:
        """Reached through a socket on this machine: the engine itself may still be elsewhere."""
        return self.url.startswith("unix://")


def endpoints(env: DockerEnv, hosts: Sequence[str] = ()) -> tuple[Endpoint, ...]:
    """The engines of these contexts (`local` and `default` are the default one), else the current one.

    Raises UsageError for a context that does not exist or an address nobody can speak to.
    """
    known = contexts(env.config_dir)
    names = hosts or (_current(env),)
    found = {point.host: point for point in (_endpoint(env, name, known) for name in names)}
    return tuple(found.values())


def contexts(config_dir: Path) -> dict[str, Path]:
    """Every context's name and the folder of its `meta.json`, unreadable ones left out."""
    found = {}
    for path in sorted((config_dir / "contexts" / "meta").glob("*/meta.json")):
        name = _json(path).get("Name")
        if isinstance(name, str) and name:
            found[name] = path
    return found


def _current(env: DockerEnv) -> str:
    if env.docker_host:
        return DEFAULT_CONTEXT
    chosen = env.docker_context or _json(env.config_dir / "config.json").get("currentContext")
    return chosen if isinstance(chosen, str) and chosen else DEFAULT_CONTEXT


def _endpoint(env: DockerEnv, name: str, known: Mapping[str, Path]) -> Endpoint:
    if name in (DEFAULT_CONTEXT, LOCAL):
        return _default(env)
    if name in known:
        return _context(env, name, known[name])
    if env.docker_host and name == _default(env).host:
        return _default(env)
    near = difflib.get_close_matches(name, [*known, DEFAULT_CONTEXT], 3, 0.4)
    raise UsageError(
        f"There is no Docker context named {name!r}.",
        next=f"nearest: {', '.join(near)}" if near else "`docker context ls` lists them",
        details={"nearest": near},
    )


def _default(env: DockerEnv) -> Endpoint:
    url, source = (env.docker_host, "DOCKER_HOST") if env.docker_host else (DEFAULT_URL, "the default socket")
    tls = None
    if env.tls_verify and not url.startswith(("unix:", "ssh:")):
        tls = _tls(Path(env.cert_path) if env.cert_path else env.config_dir)
    address = _address(url, source, tls=tls is not None)
    return Endpoint(_host_name(address), address, source, tls, env.api_version)


def _context(env: DockerEnv, name: str, meta: Path) -> Endpoint:
    docker = _mapping(_mapping(_json(meta).get("Endpoints")).get("docker"))
    url, source = str(docker.get("Host") or DEFAULT_URL), f"context {name}"
    folder = env.config_dir / "contexts" / "tls" / hashlib.sha256(name.encode()).hexdigest() / "docker"
    skip = bool(docker.get("SkipTLSVerify"))
    tls = _tls(folder, verify=not skip) if folder.is_dir() or skip else None
    if url.startswith(("unix:", "ssh:")):
        tls = None
    return Endpoint(name, _address(url, source, tls=tls is not None), source, tls, env.api_version)


def _tls(folder: Path, *, verify: bool = True) -> Tls:
    files = {part: folder / f"{part}.pem" for part in ("ca", "cert", "key")}
    present = {part: path if path.is_file() else None for part, path in files.items()}
    return Tls(**present, verify=verify)


def _address(url: str, source: str, *, tls: bool) -> str:
    """The URL with scheme and port spelled out; a bare `host:port` is tcp, as for the docker CLI."""
    if "://" not in url:
        url = f"unix://{url}" if url.startswith("/") else f"tcp://{url}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        said = f"{source} names an address that cannot be read: {url} ({error})"
        raise UsageError(said, next="use unix, tcp or ssh") from None
    if parts.scheme not in SCHEMES or not (parts.path if parts.scheme == "unix" else parts.hostname):
        raise UsageError(f"{source} names an address nobody here can speak to: {url}", next="use unix, tcp or ssh")
    if parts.scheme == "unix":
        return f"unix://{parts.netloc}{parts.path}"
    if parts.scheme == "ssh":
        return url
    secure = tls or parts.scheme == "https"
    default = 2376 if secure and parts.scheme == "tcp" else PORTS[parts.scheme]
    name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{'https' if secure else 'http'}://{name}:{port or default}"


def _host_name(address: str) -> str:
    """`local` for a unix socket; else the machine's name, with the port where it is not Docker's usual one."""
    parts = urlsplit(address)
    if parts.scheme == "unix":
        return LOCAL
    usual = {"ssh": (None, 22)}.get(parts.scheme, (2375, 2376))
    return parts.hostname or LOCAL if parts.port in usual else f"{parts.hostname}-{parts.port}"


def _json(path: Path) -> Mapping[str, Any]:
    try:
        return _mapping(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError):
        return {}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
