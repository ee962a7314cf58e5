"""Projects over HTTP: who there is, and a manifest and Dockerfiles made of one's files.

Nothing is written into anybody's folder and nothing is built or run: who holds a token may look. The texts come back,
and what was made is kept as the project's `docker_config`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ergon_ops.errors import PolicyRefused
from ergon_ops.interfaces.serve.wire import body_of, camel_key

if TYPE_CHECKING:
    from ergon_ops.interfaces.serve.house import Bridge

Document = dict[str, Any]
# Keys below these are names of applications, or a document with a form of its own.
AS_IT_IS = frozenset({"manifest", "evidence", "saidBy", "said_by"})
TERMINAL_ONLY = {"prove": "--prove", "force": "--force", "write": ""}


async def projects(request: Request) -> Response:
    from ergon_ops.assistant.projects import listed

    bridge: Bridge = request.app.state.bridge
    document = await asyncio.to_thread(listed, bridge.settings, tekton=bridge.tekton)
    return JSONResponse(outward(document))


async def generate(request: Request) -> Response:
    from ergon_ops.assistant.projects import generate as make

    bridge: Bridge = request.app.state.bridge
    body = await body_of(request)
    for name, option in TERMINAL_ONLY.items():
        if body.get(name):
            step = f"ergon-ops project dockerfile DIR {option}".rstrip()
            raise PolicyRefused(f"{name!r} is for a terminal: over HTTP nothing is written, built or run", next=step)
    word = request.path_params["id"]
    return JSONResponse(outward(await asyncio.to_thread(make, bridge.settings, word, tekton=bridge.tekton)))


def outward(document: Any) -> Any:
    """Keys as Tekton writes them, except inside of what has keys of its own."""
    if isinstance(document, list):
        return [outward(item) for item in document]
    if not isinstance(document, dict):
        return document
    return {camel_key(key): value if key in AS_IT_IS else outward(value) for key, value in document.items()}


ROUTES = (
    Route("/api/projects", projects),
    Route("/api/projects/{id}/docker/generate", generate, methods=["POST"]),
)
