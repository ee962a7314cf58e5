"""One application of all faces."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from ergon_ops.errors import ErgonError
from ergon_ops.interfaces.serve import http, openai_api, projects, rpc
from ergon_ops.interfaces.serve.guard import Guard, TooLarge, TooSlow
from ergon_ops.interfaces.serve.house import Bridge
from ergon_ops.interfaces.serve.wire import tell_defect, tell_failure


async def no_such_page(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = {404: "there is nothing at this address", 405: "not with this method"}
    told = ErgonError(words.get(error.status_code, error.detail), next="GET /openapi.json says what there is")
    return JSONResponse(told.to_json(), status_code=error.status_code, headers=error.headers)


def application(
    bridge: Bridge, *, token: str, like: str, refused: Callable[[str, str], None] = lambda _a, _b: None
) -> ASGIApp:
    """`like` is the daemon's likeness: callers of the unix socket compare it with their own."""
    app = Starlette(
        routes=[*http.ROUTES, *projects.ROUTES, *openai_api.ROUTES, *rpc.ROUTES],
        exception_handlers={
            ErgonError: tell_failure,
            TooLarge: tell_failure,
            TooSlow: tell_failure,
            HTTPException: no_such_page,
            Exception: tell_defect,
        },
    )
    app.state.bridge, app.state.like = bridge, like
    return Guard(app, token=token, paths=bridge.path_token, refused=refused)
