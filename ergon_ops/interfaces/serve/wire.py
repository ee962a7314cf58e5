"""Bodies in, bodies out: what every HTTP face of the daemon shares."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from ergon_ops.errors import ErgonError, NoSuchContainer, NoSuchProject, PolicyRefused, UsageError
from ergon_ops.interfaces.serve.guard import BODY_S, TooLarge, TooSlow, is_unix
from ergon_ops.messages import Actor

Document = dict[str, Any]


class BadBody(UsageError):
    code = "bad_request"


async def body_of(request: Request) -> Document:
    """The JSON object that was sent. Raises BadBody with what is wrong with it."""
    try:
        raw = await request.body()
    except ClientDisconnect as error:
        raise BadBody("the request ended before its body did") from error
    try:
        found = json.loads(raw or b"{}")
    except (ValueError, RecursionError) as error:
        raise BadBody(f"the body is no JSON: {str(error)[:120]}", next="send a JSON object") from error
    if not isinstance(found, dict):
        raise BadBody("the body is no JSON object", next='for example {"message": "status?"}')
    return found


def text_of(body: Mapping[str, Any], key: str, *, required: bool = False, most: int = 100_000) -> str:
    value = body.get(key)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value.strip()):
        raise BadBody(f"{key!r} must be a text{' that is not empty' if required else ''}")
    if len(value) > most:
        raise BadBody(f"{key!r} is longer than {most} characters")
    return value.encode("utf-8", "replace").decode("utf-8")


def actor_of(request: Request, interface: str, identity: str = "") -> Actor:
    """Who asks, as the listener knows it. Nobody who comes by HTTP decides about changes here."""
    client = "unix" if is_unix(request.scope) else (request.client.host if request.client else "?")
    return Actor(interface, identity or client, "restricted", may_approve=False)


STATUS: tuple[tuple[type[ErgonError], int], ...] = (
    (NoSuchContainer, 404), (NoSuchProject, 404), (PolicyRefused, 403), (UsageError, 400),
)  # fmt: skip


def status_of(error: ErgonError) -> int:
    return next((status for kind, status in STATUS if isinstance(error, kind)), 503 if error.exit == 3 else 500)


def failed(error: ErgonError) -> Response:
    return JSONResponse(error.to_json(), status_code=status_of(error))


async def tell_failure(_: Request, error: Exception) -> Response:
    if isinstance(error, TooLarge):
        return JSONResponse(BadBody("the body is too long").to_json(), status_code=413)
    if isinstance(error, TooSlow):
        told = BadBody(f"the body was not there after {BODY_S:g} s", next="send it in one piece")
        return JSONResponse(told.to_json(), status_code=408, headers={"connection": "close"})
    assert isinstance(error, ErgonError)
    return failed(error)


async def tell_defect(_: Request, error: Exception) -> Response:
    """The edge: a caller sees one line, the log has the rest."""
    told = ErgonError(f"internal error: {type(error).__name__}", next="the daemon's log has more")
    return JSONResponse(told.to_json(), status_code=500)


def camel(document: Any) -> Any:
    """Keys as Tekton writes them outward: `first_seen` → `firstSeen`."""
    if isinstance(document, dict):
        return {camel_key(key): camel(value) for key, value in document.items()}
    return [camel(item) for item in document] if isinstance(document, list) else document


def camel_key(key: str) -> str:
    head, *rest = key.split("_")
    return head + "".join(word.capitalize() for word in rest)
