"""What can be set, where each value came from, and the only place that reads the environment.

Layers, weakest first: defaults, the user's `ergon-ops.toml`, the working directory's `ergon-ops.toml` (it may only
narrow), `ERGON_OPS_*`, command line flags. `Settings.sources` names the layer of every value that was set.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import UsageError
from ergon_ops.setting_values import (
    DOCKER_ENV,
    ENV_ONLY,
    FILE,
    MODES,
    SETTINGS,
    SHARES,
    Share,
    converted,
    refuse_typo,
    spelled,
)

if TYPE_CHECKING:
    from ergon_ops.messages import Mode


@dataclass(frozen=True, slots=True)
class DockerEnv:
    """What the docker CLI would read from the environment, unchanged; `config_dir` holds contexts and TLS files."""

    docker_host: str = ""
    docker_context: str = ""
    tls_verify: bool = False
    cert_path: str = ""
    config_dir: Path = Path()
    api_version: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """`kind:host/name` globs. Deny beats everything; `autonomous` may run at once in that mode if it is `live`."""

    deny: tuple[str, ...] = ()
    autonomous: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Engine:
    deadline_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one turn may cost with a model; past it the offline mind answers."""

    calls: int = 8
    seconds: float = 60.0
    tokens: int = 30_000
    cost_usd: float = 0.0  # of one process; 0 = no limit


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`base_url` empty = the vendor's own."""

    base_url: str = ""
    api_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    state_dir: Path = Path()
    cache_dir: Path = Path()
    hosts: tuple[str, ...] = ()
    mode: Mode = "balanced"
    model: str = ""
    share: Share = "facts"
    probes: bool = True
    probes_by_name: tuple[tuple[str, bool], ...] = ()
    tools: tuple[Path, ...] = ()
    prompts: tuple[Path, ...] = ()
    tekton_root: str = ""
    ergon_url: str = ""
    on_finding: tuple[str, ...] = ()
    policy: Policy = Policy()
    engine: Engine = Engine()
    limits: Limits = Limits()
    anthropic: Endpoint = Endpoint()
    openai: Endpoint = Endpoint()
    docker: DockerEnv = DockerEnv()
    no_color: bool = False
    width: int | None = None
    sources: Mapping[str, str] = field(default_factory=dict)

    def may_probe(self, name: str) -> bool:
        """Whether the services of the container of that name may be asked: the longest glob that fits it decides."""
        from fnmatch import fnmatchcase

        fitting = [(len(glob), not on) for glob, on in self.probes_by_name if fnmatchcase(name, glob)]
        return not max(fitting)[1] if fitting else self.probes

    def rows(self) -> list[tuple[str, Any, str]]:
        """`(key, value, source)` of every setting, ready for JSON; of an API key only that there is one."""
        rows = [(key, _plain(self._value(key)), self.sources.get(key, "default")) for key in SETTINGS]
        rows += [(key, "set" if self._value(key) else "", self.sources.get(key, "default")) for key in ENV_ONLY]
        docker = {f"docker.{item.name}": _plain(getattr(self.docker, item.name)) for item in fields(self.docker)}
        rows += [(key, value, self.sources.get(key, "default")) for key, value in docker.items()]
        return [*rows, ("no_color", self.no_color, self.sources.get("no_color", "default"))]

    def _value(self, key: str) -> Any:
        part, _, name = key.rpartition(".")
        return getattr(getattr(self, part) if part else self, name)


def load(
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    cwd: Path | None = None,
) -> Settings:
    """All layers laid over each other. `overrides` are flags by key; None among them means not given.

    Raises UsageError for an unknown key (nearest one named), a value of the wrong type, or a file in the working
    directory that would widen something.
    """
    environ = os.environ if environ is None else environ
    user_file, here = config_dir(environ) / FILE, (cwd or Path.cwd()) / FILE
    settings = _with(_defaults(environ), _from_file(user_file), str(user_file))
    if here.resolve() != user_file.resolve():
        settings = _with(settings, _narrowing(settings, _from_file(here), here), str(here))
    settings = _with_environment(settings, environ)
    flags = {key: converted(key, value, "flag") for key, value in (overrides or {}).items() if value is not None}
    return _with(settings, flags, "flag")


def home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or os.path.expanduser("~"))


def config_dir(environ: Mapping[str, str] | None = None) -> Path:
    return _xdg(os.environ if environ is None else environ, "XDG_CONFIG_HOME", ".config")


def docker_env(environ: Mapping[str, str] | None = None) -> DockerEnv:
    """As the docker CLI reads it: any DOCKER_TLS_VERIFY that is not empty means verify."""
    environ = os.environ if environ is None else environ
    return DockerEnv(
        docker_host=environ.get("DOCKER_HOST", ""),
        docker_context=environ.get("DOCKER_CONTEXT", ""),
        tls_verify=bool(environ.get("DOCKER_TLS_VERIFY")),
        cert_path=environ.get("DOCKER_CERT_PATH", ""),
        config_dir=Path(environ.get("DOCKER_CONFIG") or home(environ) / ".docker"),
        api_version=environ.get("DOCKER_API_VERSION", ""),
    )


def no_color(environ: Mapping[str, str] | None = None) -> bool:
    """NO_COLOR set to anything, or a terminal that cannot."""
    found = os.environ if environ is None else environ
    return bool(found.get("NO_COLOR")) or found.get("TERM") == "dumb"


def dumb_terminal(environ: Mapping[str, str] | None = None) -> bool:
    """One that cannot move its cursor."""
    environ = os.environ if environ is None else environ
    return environ.get("TERM", "dumb") in ("", "dumb", "unknown")


def _xdg(environ: Mapping[str, str], name: str, fallback: str) -> Path:
    given = environ.get(name, "")
    return (Path(given) if given.startswith("/") else home(environ) / fallback) / "ergon-ops"


def _defaults(environ: Mapping[str, str]) -> Settings:
    width = environ.get("COLUMNS", "")
    docker = docker_env(environ)
    sources = {f"docker.{key}": name for key, name in DOCKER_ENV.items() if environ.get(name)}
    if environ.get("NO_COLOR") or no_color(environ):
        sources["no_color"] = "NO_COLOR" if environ.get("NO_COLOR") else "TERM"
    return Settings(
        state_dir=_xdg(environ, "XDG_STATE_HOME", ".local/state"),
        cache_dir=_xdg(environ, "XDG_CACHE_HOME", ".cache"),
        docker=docker,
        no_color=no_color(environ),
        width=int(width) if width.isdigit() and int(width) > 0 else None,
        sources=sources,
    )


# ---- files -----------------------------------------------------------------------------------------------------


def _from_file(path: Path) -> dict[str, Any]:
    """Flat keys and converted values; a file that is not there sets nothing."""
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", next="check its permissions") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not TOML: {error}", next="correct the file") from error
    import tomllib

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not TOML: {error}", next="correct the file") from error
    return {key: converted(key, value, str(path), path.parent) for key, value in _flat(_with_switches(document))}


def _with_switches(document: Mapping[str, Any]) -> dict[str, Any]:
    """`probes` as a table of names is a setting of its own; its `*` is what else `probes = …` says."""
    table = document.get("probes")
    if not isinstance(table, dict):
        return dict(document)
    others = {name: value for name, value in table.items() if name != "*"}
    plain = {key: value for key, value in document.items() if key != "probes"}
    return plain | ({"probes": table["*"]} if "*" in table else {}) | {"probes_by_name": list(others.items())}


def _flat(document: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for name, value in document.items():
        pairs += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]
    return pairs


def _narrowing(settings: Settings, values: dict[str, Any], path: Path) -> dict[str, Any]:
    """What a folder one happened to enter may set: it can forbid and restrict, never allow, redirect or send."""
    for key, value in values.items():
        if not _narrows(settings, key, value):
            raise UsageError(
                f"{path} may not set {key} to {_plain(value)!r}: a working directory can only narrow",
                next=f"set it in your own {FILE}, or remove that line",
            )
    if "policy.deny" in values:
        values["policy.deny"] = tuple(dict.fromkeys((*settings.policy.deny, *values["policy.deny"])))
    if "probes_by_name" in values:
        values["probes_by_name"] = (*settings.probes_by_name, *values["probes_by_name"])
    return values


def _narrows(settings: Settings, key: str, value: Any) -> bool:
    match key:
        case "policy.deny":
            return True
        case "mode":
            return MODES.index(value) <= MODES.index(settings.mode)
        case "share":
            return SHARES.index(value) <= SHARES.index(settings.share)
        case "model":
            return bool(value == "offline")
        case "probes":
            return value is False
        case "probes_by_name":
            return not any(on for _, on in value)
        case "engine.deadline_s" | "limits.calls" | "limits.seconds" | "limits.tokens":
            return bool(value <= settings._value(key))
        case "limits.cost_usd":
            return bool(value <= (settings.limits.cost_usd or value))
        case _:
            return False


# ---- values ----------------------------------------------------------------------------------------------------


def _with_environment(settings: Settings, environ: Mapping[str, str]) -> Settings:
    by_key = {**{key: spec.env for key, spec in SETTINGS.items()}, **ENV_ONLY}
    known = {name for names in by_key.values() for name in names}
    for name in environ:
        if name.startswith("ERGON_OPS_") and name not in known:
            refuse_typo(name, known)
    for key, names in by_key.items():
        given = next((name for name in names if environ.get(name)), None)
        if given is not None:
            text = environ[given]
            value = text if key in ENV_ONLY else converted(key, spelled(key, text), given)
            settings = _with(settings, {key: value}, given)
    return settings


def _with(settings: Settings, values: Mapping[str, Any], source: str) -> Settings:
    for key, value in values.items():
        part, _, name = key.rpartition(".")
        given: dict[str, Any] = {part: replace(getattr(settings, part), **{name: value})} if part else {name: value}
        settings = replace(settings, **given, sources={**settings.sources, key: source})
    return settings


def _plain(value: Any) -> Any:
    return [*map(_plain, value)] if isinstance(value, tuple) else str(value) if isinstance(value, Path) else value
