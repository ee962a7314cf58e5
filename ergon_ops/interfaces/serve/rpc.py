"""The assistant over the unix socket: what `ask`, `chat`, `list` and `diagnose` of the same user call.

One POST a call, `/rpc/NAME` with its arguments as JSON. Documents come back as one line, streams as one event a line.
The kernel has vouched for the caller's user, so what it says of its terminal is believed: it could run the assistant
itself just as well. Nothing that decides about a change can be called.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ergon_ops import __version__
from ergon_ops.assistant import Assistant
from ergon_ops.assistant.remote import DOCUMENTS, STREAMS, question_from
from ergon_ops.errors import ErgonError, PolicyRefused, UsageError
from ergon_ops.interfaces.serve.house import Bridge
from ergon_ops.interfaces.serve.wire import body_of, failed


async def hello(request: Request) -> Response:
    """Who is here: a caller of another version or with other engines goes its own way."""
    if (refusal := _not_local(request)) is not None:
        return refusal
    import os

    return JSONResponse({"version": __version__, "pid": os.getpid(), "like": request.app.state.like})


async def call(request: Request) -> Response:
    if (refusal := _not_local(request)) is not None:
        return refusal
    name = request.path_params["name"]
    body = await body_of(request)
    bridge: Bridge = request.app.state.bridge
    try:
        if name in STREAMS:
            return _streamed(bridge.assistant, body)
        if name in DOCUMENTS:
            return JSONResponse(await _document(bridge.assistant, name, body))
    except ErgonError as error:
        return failed(error)
    except (KeyError, TypeError) as error:
        return failed(UsageError(f"{name}: {error}"))
    return failed(UsageError(f"there is no call {name!r}"))


def _not_local(request: Request) -> Response | None:
    return None if request.state.local else failed(PolicyRefused("that is for the unix socket alone"))


async def _document(assistant: Assistant, name: str, body: dict[str, Any]) -> Any:
    arguments = [str(item) for item in body.get("args", ())]
    return await getattr(assistant, name)(*arguments)


def _streamed(assistant: Assistant, body: dict[str, Any]) -> Response:
    stream = assistant.ask(question_from(body["question"]))

    async def lines() -> AsyncIterator[bytes]:
        async with aclosing(stream) as items:
            async for item in items:
                yield item.to_json().encode() + b"\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")


ROUTES = (Route("/rpc/hello", hello, methods=["GET"]), Route("/rpc/{name}", call, methods=["POST"]))
