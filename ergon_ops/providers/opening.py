"""Builds the provider that was named."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from ergon_ops.errors import UsageError
from ergon_ops.providers.preloading import load
from ergon_ops.providers.protocol import OnSent, Patience, Provider
from ergon_ops.providers.spec import (
    KEY_VARIABLES,
    VENDOR_URLS,
    Endpoints,
    endpoint_of,
    is_address,
    read_spec,
    shown_url,
)
from ergon_ops.providers.wire import Line

# A vendor's own endpoint answers soon or not at all; a small machine may take its time to read a prompt.
VENDOR_PATIENCE, LOCAL_PATIENCE = Patience(first_s=25.0), Patience(between_s=60.0)


def open_provider(
    spec: str,
    *,
    endpoints: Endpoints,
    on_sent: OnSent | None = None,
    patience: Patience | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = time.time,
) -> Provider:
    """The provider of `anthropic[:MODEL]` or `openai[:MODEL]`; nothing is imported or sent yet. Raises UsageError.

    `on_sent` is called with every request before it leaves. `sleep` waits between tries."""
    read = read_spec(spec)
    endpoint = endpoint_of(read, endpoints)
    if patience is None:
        patience = LOCAL_PATIENCE if endpoint.base_url else VENDOR_PATIENCE
    url = endpoint.base_url.strip() or VENDOR_URLS[read.provider]
    if not is_address(url):
        variable = KEY_VARIABLES[read.provider].replace("API_KEY", "BASE_URL")
        raise UsageError(
            f"{shown_url(url)!r} is no address of a model", next=f"{variable} begins with http:// or https://"
        )
    line = Line(read, url, endpoint.api_key, not endpoint.base_url, patience, on_sent, sleep, clock)
    if read.provider == "anthropic":
        from ergon_ops.providers.anthropic import Anthropic

        return Anthropic(line)
    from ergon_ops.providers.openai import OpenAI

    return OpenAI(line)


def preload(spec: str) -> None:
    """Imports the SDK, for a thread that does so while a person types; `offline` has none. An SDK that is not there is
    told of later."""
    load(spec.strip().partition(":")[0])
