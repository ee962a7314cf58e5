"""The SDKs are slow to import (0.7 and 1.6 s): it is done once, beside whatever else goes on."""

from __future__ import annotations

import asyncio
import importlib
import threading

MODULES = {
    "anthropic": ("anthropic", "anthropic.resources.messages"),
    "openai": ("openai", "openai.resources.chat.completions"),
}
_DONE: set[str] = set()


def load(provider: str) -> None:
    """Imports the SDK here and now. One that is not there is told of when it is needed."""
    try:
        for module in MODULES.get(provider, ()):
            importlib.import_module(module)
    except ImportError:
        return
    finally:
        _DONE.add(provider)


def begin(provider: str) -> None:
    """Starts to import the SDK and does not wait: `loaded` does, when it is needed."""
    if provider not in _DONE:
        threading.Thread(target=load, args=(provider,), name=f"import {provider}", daemon=True).start()


async def loaded(provider: str) -> None:
    """The same without holding the event loop up; waits for a `load` that is under way."""
    if provider in _DONE:
        return
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def arrived() -> None:
        if not done.done():
            done.set_result(None)

    def work() -> None:
        load(provider)
        if not loop.is_closed():
            loop.call_soon_threadsafe(arrived)

    threading.Thread(target=work, name=f"import {provider}", daemon=True).start()
    await done
