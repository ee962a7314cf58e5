"""The table of settings, and how text from a file, the environment or a flag becomes a value of the right type."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from ergon_ops.errors import UsageError

FILE = "ergon-ops.toml"
Share = Literal["facts", "facts+logs"]
MODES: tuple[str, ...] = ("strict", "restricted", "balanced", "autonomous")  # strictest first
SHARES: tuple[str, ...] = get_args(Share)  # narrowest first
Kind = Literal["text", "path", "paths", "texts", "flag", "number", "count", "mode", "share", "switches"]


class Setting(NamedTuple):
    """`env`: variables that set it, the first one present wins. Paths in a file are relative to the file's folder."""

    kind: Kind
    env: tuple[str, ...]
    what: str


SETTINGS: dict[str, Setting] = {
    "state_dir": Setting("path", ("ERGON_OPS_STATE",), "folder of the state file"),
    "cache_dir": Setting("path", ("ERGON_OPS_CACHE",), "folder of downloads and built root filesystems"),
    "hosts": Setting("texts", ("ERGON_OPS_HOSTS",), "Docker contexts to read; none = the current one"),
    "mode": Setting("mode", ("ERGON_OPS_MODE",), "strict, restricted, balanced or autonomous"),
    "model": Setting("text", ("ERGON_OPS_MODEL",), "anthropic:<model>, openai:<model> or offline"),
    "share": Setting("share", ("ERGON_OPS_SHARE",), "what a model may be sent: facts, or facts+logs"),
    "probes": Setting(
        "flag", ("ERGON_OPS_PROBES",), "may ask a container's services (redis, postgres, nginx) how they are, read-only"
    ),
    "probes_by_name": Setting("switches", (), "the same by container name: a table [probes] of globs, on or off"),
    "tools": Setting("paths", ("ERGON_OPS_TOOLS",), "folders with tools of your own, searched before ours"),
    "prompts": Setting("paths", ("ERGON_OPS_PROMPTS",), "folders with prompts of your own, searched before ours"),
    "tekton_root": Setting("text", ("ERGON_OPS_TEKTON_ROOT", "TEKTON_ROOT"), "Tekton whose aish shall find the CIs"),
    "ergon_url": Setting("text", ("ERGON_OPS_ERGON_URL",), "where Tekton's Ergon answers; none = as Tekton says"),
    "on_finding": Setting(
        "texts", (), "what is told of a new, worse or cleared finding: a command, or one http(s) address"
    ),
    "policy.deny": Setting("texts", (), "changes never made, as kind:host/name globs"),
    "policy.autonomous": Setting("texts", (), "live changes that may run at once in the mode autonomous"),
    "engine.deadline_s": Setting("number", ("ERGON_OPS_ENGINE_DEADLINE_S",), "total seconds one engine call may take"),
    "limits.calls": Setting("count", (), "tool calls in one turn with a model"),
    "limits.seconds": Setting("number", (), "seconds of one turn with a model"),
    "limits.tokens": Setting("count", (), "tokens of one turn with a model"),
    "limits.cost_usd": Setting("number", ("ERGON_OPS_MAX_COST",), "dollars that models may cost while it runs"),
    "anthropic.base_url": Setting("text", ("ERGON_OPS_ANTHROPIC_BASE_URL", "ANTHROPIC_BASE_URL"), "its address"),
    "openai.base_url": Setting("text", ("ERGON_OPS_OPENAI_BASE_URL", "OPENAI_BASE_URL"), "its address"),
}
# Never in a file: we store no keys.
ENV_ONLY: dict[str, tuple[str, ...]] = {
    "anthropic.api_key": ("ERGON_OPS_ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY"),
    "openai.api_key": ("ERGON_OPS_OPENAI_API_KEY", "OPENAI_API_KEY"),
}
# What `docker_env` reads: field → variable.
DOCKER_ENV: dict[str, str] = {
    "docker_host": "DOCKER_HOST",
    "docker_context": "DOCKER_CONTEXT",
    "tls_verify": "DOCKER_TLS_VERIFY",
    "cert_path": "DOCKER_CERT_PATH",
    "config_dir": "DOCKER_CONFIG",
    "api_version": "DOCKER_API_VERSION",
}
SPELLED_FLAGS = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}


def spelled(key: str, text: str) -> Any:
    """An environment variable's text as the value a file would hold."""
    match SETTINGS[key].kind:
        case "paths":
            return [part for part in text.split(os.pathsep) if part]
        case "texts":
            return [part.strip() for part in text.split(",") if part.strip()]
        case "flag":
            return SPELLED_FLAGS.get(text.strip().lower(), text)
        case "number" | "count":
            try:
                return float(text) if "." in text else int(text)
            except ValueError:
                return text
        case _:
            return text


def converted(key: str, value: Any, source: str, folder: Path | None = None) -> Any:
    spec = SETTINGS.get(key)
    if spec is None:
        raise UsageError(f"{source}: there is no setting {key!r}", next=_nearest(key, SETTINGS))
    result = _value_of(spec.kind, value, folder)
    if result is None:
        raise UsageError(f"{source}: {key} cannot be {value!r}", next=f"it is {_EXPECTED[spec.kind]}: {spec.what}")
    return result


_EXPECTED: dict[Kind, str] = {
    "text": "text", "path": "a folder", "paths": "a list of folders", "texts": "a list of texts",
    "flag": "true or false",
    "number": "a number above 0", "count": "a whole number above 0",
    "switches": "a table of container names, each on or off",
    "mode": f"one of {', '.join(MODES)}", "share": f"one of {', '.join(SHARES)}",
}  # fmt: skip


def _value_of(kind: Kind, value: Any, folder: Path | None) -> Any:
    """The value in its own type, or None if it is not of that kind."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    match kind:
        case "mode" | "share":
            return value if value in (MODES if kind == "mode" else SHARES) else None
        case "text":
            return value if isinstance(value, str) else None
        case "path":
            return _path(value, folder) if isinstance(value, str | Path) and str(value) else None
        case "flag":
            return _switch(value)
        case "switches":
            pairs = [(str(name), _switch(on)) for name, on in value]
            return tuple(pairs) if all(on is not None for _, on in pairs) else None
        case "number":
            return float(value) if number else None
        case "count":
            return value if number and isinstance(value, int) else None
    if not isinstance(value, list | tuple) or not all(isinstance(item, str | Path) for item in value):
        return None
    return tuple(_path(item, folder) if kind == "paths" else str(item) for item in value)


def _switch(value: Any) -> bool | None:
    """TOML's own true and false, or the words on and off."""
    return (
        value if isinstance(value, bool) else {"on": True, "off": False}.get(value) if isinstance(value, str) else None
    )


def _path(value: str | Path, folder: Path | None) -> Path:
    return (folder or Path.cwd()) / Path(value).expanduser()


def refuse_typo(name: str, known: Iterable[str]) -> None:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1, cutoff=0.85)
    if near:
        raise UsageError(f"there is no setting {name}", next=f"did you mean {near[0]}?")


def _nearest(key: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    known = list(known)
    near = get_close_matches(key, known, n=1, cutoff=0.6) or get_close_matches(
        key, [k.split(".")[-1] for k in known], n=1
    )
    return f"did you mean {near[0]}?" if near else "`ergon-ops config` lists the settings"
