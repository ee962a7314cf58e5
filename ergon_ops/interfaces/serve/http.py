"""The plain HTTP face: messages in, answers out, who is there, and what happens."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ergon_ops import __version__
from ergon_ops.errors import NoSuchContainer
from ergon_ops.events import timestamp
from ergon_ops.interfaces.serve import talk
from ergon_ops.interfaces.serve.house import Bridge
from ergon_ops.interfaces.serve.wire import actor_of, body_of, camel, text_of
from ergon_ops.messages import Actor

KEEP_ALIVE_S = 15.0


def bridge_of(request: Request) -> Bridge:
    found: Bridge = request.app.state.bridge
    return found


async def health(request: Request) -> Response:
    """As Tekton's components answer."""
    bridge = bridge_of(request)
    body = {
        "status": "healthy" if bridge.reachable else "degraded",
        "component": "ergon-ops",
        "version": __version__,
        "timestamp": timestamp(time.time()),
        "uptime": round(time.time() - bridge.started_at, 3),
        "port": bridge.port,
        "registeredWithHermes": False,
        "details": {"containers": len(bridge.watch.rows), "unreachable": sorted(bridge.watch.failures)},
    }
    return JSONResponse(body)


async def ready(request: Request) -> Response:
    """Whether a question about a container would be answered now."""
    bridge = bridge_of(request)
    return JSONResponse({"ready": bridge.reachable}, status_code=200 if bridge.reachable else 503)


async def cis(request: Request) -> Response:
    bridge = bridge_of(request)
    rows = [
        {"name": row["ci"], "key": bridge.key_of(row["ci"]), **{key: row[key] for key in ("name", "state", "health")}}
        | {"container": row["name"], "name": row["ci"]}
        for row in bridge.watch.roster()
    ]
    return JSONResponse(camel({"cis": rows, "dispatcher": bridge.dispatcher, "failures": bridge.watch.failures}))


async def message(request: Request) -> Response:
    """The dispatcher: the question itself says who is meant."""
    return await _answered(request, ())


async def ci_message(request: Request) -> Response:
    name = request.path_params["name"]
    return await _answered(request, (await bridge_of(request).container_of(name),))


async def _answered(request: Request, names: tuple[str, ...]) -> Response:
    body = await body_of(request)
    text = text_of(body, "message", required=True)
    actor = actor_of(request, "http", text_of(body, "caller", most=200))
    return stream(bridge_of(request), text, actor, names, session=text_of(body, "session", most=200) or None)


def stream(
    bridge: Bridge,
    text: str,
    actor: Actor,
    names: tuple[str, ...],
    *,
    session: str | None = None,
    key: str = "response",
) -> Response:
    """Headers at once, then the reply when it is there."""
    asked = talk.question(text, actor, names=names, session=session)
    work = asyncio.ensure_future(bridge.reply(asked))

    async def body() -> AsyncIterator[bytes]:
        try:
            async for part in talk.beating(work, key=key):
                yield part
        finally:
            work.cancel()

    return StreamingResponse(body(), media_type="application/json")


async def aish(request: Request) -> Response:
    """What aish posts, to a path only that CI's entry knows. Always 200: aish drops the body of anything else."""
    bridge = bridge_of(request)
    key, token = request.path_params["key"], request.path_params["token"]
    if not bridge.knows(key, token):
        return JSONResponse(NoSuchContainer(f"no CI {key!r}").to_json(), status_code=404)
    body = await body_of(request)
    text = body.get("message") if isinstance(body.get("message"), str) else ""
    if not str(text).strip():
        return JSONResponse({"response": 'the message is empty — for example: "What\'s your status?"'})
    name = bridge.container_of_key(key)
    if name is None and key != bridge.dispatcher:
        return JSONResponse({"response": f"The container of {key} is gone."})
    return stream(bridge, str(text), Actor("aish", key), (name,) if name else (), session=None)


async def events(request: Request) -> Response:
    """Server-sent events: containers that come, go and change, findings that appear, worsen and clear."""
    bridge = bridge_of(request)

    async def body() -> AsyncIterator[bytes]:
        with bridge.watch.feed() as queue:
            yield b": ergon-ops\n\n"
            while True:
                try:
                    item: dict[str, Any] = await asyncio.wait_for(queue.get(), KEEP_ALIVE_S)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if item.get("type") == "closed":
                    return
                yield f"event: {item['type']}\ndata: {json.dumps(camel(item), ensure_ascii=False)}\n\n".encode()

    return StreamingResponse(body(), media_type="text/event-stream", headers={"cache-control": "no-store"})


async def document(request: Request) -> Response:
    from ergon_ops.interfaces.serve.openapi import openapi

    return JSONResponse(openapi())


ROUTES = (
    Route("/health", health),
    Route("/ready", ready),
    Route("/api/message", message, methods=["POST"]),
    Route("/api/ci", cis),
    Route("/api/ci/{name}/message", ci_message, methods=["POST"]),
    Route("/api/events", events),
    Route("/openapi.json", document),
    Route("/aish/{key}/{token}", aish, methods=["POST"]),
)
