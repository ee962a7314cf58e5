"""Which model is meant, and where it is: `anthropic`, `openai:some-model`."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import UsageError
from ergon_ops.settings import Endpoint

# Seen on 2026-11-22: the small, quick model of each vendor that calls tools through the API spoken here.
DEFAULT_MODELS = {"anthropic": "claude-haiku-5-5", "openai": "gpt-6-luna"}
VENDOR_URLS = {"anthropic": "https://api.anthropic.com", "openai": "https://api.openai.com/v1"}
KEY_VARIABLES = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}


class Endpoints(Protocol):
    """The settings, as far as providers look at them."""

    @property
    def anthropic(self) -> Endpoint: ...
    @property
    def openai(self) -> Endpoint: ...


@dataclass(frozen=True, slots=True)
class Spec:
    provider: str
    model: str

    def __str__(self) -> str:
        return f"{self.provider}:{self.model}"


def read_spec(text: str) -> Spec:
    """`provider` or `provider:model`; a model's name may have colons of its own. Raises UsageError."""
    provider, _, model = text.strip().partition(":")
    if provider not in DEFAULT_MODELS:
        known = ", ".join(f"{name}:MODEL" for name in DEFAULT_MODELS)
        raise UsageError(f"no provider {provider or text!r}", next=f"a model is named {known}, or offline")
    return Spec(provider, model.strip() or DEFAULT_MODELS[provider])


def endpoint_of(spec: Spec, endpoints: Endpoints) -> Endpoint:
    return endpoints.anthropic if spec.provider == "anthropic" else endpoints.openai


def endpoint_url(spec: str | Spec, endpoints: Endpoints) -> str:
    """Where requests go, for consent and display: without user, password and query."""
    read = read_spec(spec) if isinstance(spec, str) else spec
    return shown_url(endpoint_of(read, endpoints).base_url or VENDOR_URLS[read.provider])


def shown_url(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2]
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", "")).rstrip("/")


def is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # no port, or brackets that do not close
        return False


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
