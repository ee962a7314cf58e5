"""Models: what a provider is, and how one is opened. No SDK is imported before the first reply or `preload`."""

from __future__ import annotations

from ergon_ops.providers.opening import open_provider, preload
from ergon_ops.providers.prices import PRICES, PRICES_SEEN, cost_usd
from ergon_ops.providers.protocol import OnSent, Patience, Piece, Provider, Sent
from ergon_ops.providers.scripted import Scripted
from ergon_ops.providers.spec import DEFAULT_MODELS, Endpoints, Spec, endpoint_url, read_spec

__all__ = [
    "DEFAULT_MODELS",
    "PRICES",
    "PRICES_SEEN",
    "Endpoints",
    "OnSent",
    "Patience",
    "Piece",
    "Provider",
    "Scripted",
    "Sent",
    "Spec",
    "cost_usd",
    "endpoint_url",
    "open_provider",
    "preload",
    "read_spec",
]  # fmt: skip
