"""Each running container as an OpenAI model: `GET /v1/models`, `POST /v1/chat/completions`, streaming and not."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ergon_ops.errors import ErgonError, NoSuchContainer, UsageError
from ergon_ops.events import Event
from ergon_ops.interfaces.render.answer import failure_line
from ergon_ops.interfaces.serve import talk
from ergon_ops.interfaces.serve.house import Bridge
from ergon_ops.interfaces.serve.wire import BadBody, actor_of, body_of, status_of
from ergon_ops.messages import Message, Question, Text

FLEET = "fleet"
Document = dict[str, Any]
LETTERS_A_TOKEN = 4


def failure(error: ErgonError) -> Response:
    """As the official clients read errors."""
    status = status_of(error)
    kinds = {404: ("invalid_request_error", "model_not_found"), 400: ("invalid_request_error", None)}
    kind, code = kinds.get(status, ("server_error", error.code))
    return JSONResponse({"error": {"message": str(error), "type": kind, "param": None, "code": code}}, status)


async def models(request: Request) -> Response:
    bridge: Bridge = request.app.state.bridge
    running = [row for row in bridge.watch.rows if row.running]
    rows = [
        {
            "id": bridge.watch.who[row.ref].ci_name,
            "object": "model",
            "created": int(row.created_at),
            "owned_by": row.ref.host,
        }
        for row in running
        if row.ref in bridge.watch.who
    ]
    fleet = {"id": FLEET, "object": "model", "created": int(bridge.started_at), "owned_by": "ergon-ops"}
    return JSONResponse({"object": "list", "data": [*rows, fleet]})


async def model(request: Request) -> Response:
    bridge: Bridge = request.app.state.bridge
    name = request.path_params["name"]
    try:
        await subject(bridge, name)
    except NoSuchContainer as error:
        return failure(error)
    return JSONResponse({"id": name, "object": "model", "created": int(bridge.started_at), "owned_by": "ergon-ops"})


async def subject(bridge: Bridge, name: str) -> tuple[str, ...]:
    return () if name == FLEET else (await bridge.container_of(name),)


async def completions(request: Request) -> Response:
    bridge: Bridge = request.app.state.bridge
    try:
        body = await body_of(request)
        asked = question_of(body, request, await subject(bridge, _model(body)))
    except ErgonError as error:
        return failure(error)
    head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": _model(body)}
    most = asked.max_tokens
    if body.get("stream") is True:
        options = body.get("stream_options")
        wants = isinstance(options, Mapping) and options.get("include_usage") is True
        return StreamingResponse(streamed(bridge, asked, head, usage=wants), media_type="text/event-stream")
    found = await bridge.reply(asked)
    text, cut = bounded(found.text, most)
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text, "refusal": None},
        "logprobs": None,
        "finish_reason": "length" if cut else "stop",
    }
    return JSONResponse(
        {**head, "object": "chat.completion", "choices": [choice], "usage": usage_of(found.document, asked, text)}
    )


def _model(body: Mapping[str, Any]) -> str:
    name = body.get("model")
    if not isinstance(name, str) or not name:
        raise BadBody("'model' must name a Container CI", next="GET /v1/models lists them")
    return name


def question_of(body: Mapping[str, Any], request: Request, names: tuple[str, ...]) -> Question:
    """The last message of the user is the question, those before it the conversation."""
    rows = body.get("messages")
    if not isinstance(rows, list) or not rows:
        raise BadBody("'messages' must be a list that is not empty")
    said = [_message(row) for row in rows]
    spoken = [item for item in said if item is not None]
    if not spoken or spoken[-1].role != "user" or not spoken[-1].text.strip():
        raise BadBody("the last message must be the user's, and not empty")
    return talk.question(
        spoken[-1].text,
        actor_of(request, "openai"),
        names=names,
        history=tuple(spoken[:-1]),
        max_tokens=_most(body),
    )


def _most(body: Mapping[str, Any]) -> int | None:
    most = body.get("max_completion_tokens", body.get("max_tokens"))
    if most is None:
        return None
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise BadBody("'max_tokens' must be a whole number above 0")
    return most


def _message(row: Any) -> Message | None:
    """System messages of a client are not ours to obey; tool messages have no one to answer."""
    if not isinstance(row, Mapping) or row.get("role") not in ("system", "developer", "user", "assistant", "tool"):
        raise BadBody("each message needs a role (system, user, assistant) and content")
    if row["role"] not in ("user", "assistant"):
        return None
    content = row.get("content")
    parts: Sequence[Any] = content if isinstance(content, list) else [{"type": "text", "text": content or ""}]
    texts = [part.get("text") for part in parts if isinstance(part, Mapping) and part.get("type") == "text"]
    if not all(isinstance(text, str) for text in texts):
        raise BadBody("the content of a message must be text")
    return Message(row["role"], (Text("\n".join(str(text) for text in texts)),))


def bounded(text: str, most: int | None) -> tuple[str, bool]:
    """At most so many tokens (four letters each), cut at a word."""
    longest = most * LETTERS_A_TOKEN if most else len(text)
    if len(text) <= longest:
        return text, False
    return text[:longest].rpartition(" ")[0] or text[:longest], True


def usage_of(document: Mapping[str, Any], asked: Question, text: str) -> Document:
    """What a model used; without one, the same counted in letters."""
    spent = document.get("usage") or {}
    before = sum(len(item.text) for item in asked.history) + len(asked.text)
    read = int(spent.get("input_tokens") or 0) or -(-before // LETTERS_A_TOKEN)
    wrote = int(spent.get("output_tokens") or 0) or -(-len(text) // LETTERS_A_TOKEN)
    return {"prompt_tokens": read, "completion_tokens": wrote, "total_tokens": read + wrote}


async def streamed(bridge: Bridge, asked: Question, head: Document, *, usage: bool) -> AsyncIterator[bytes]:
    """Sentence by sentence, as they are checked."""

    def chunk(delta: Document, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        more = {"usage": None} if usage else {}
        return sse({**head, "object": "chat.completion.chunk", "choices": [choice], **more})

    yield chunk({"role": "assistant", "content": ""})
    left = asked.max_tokens * LETTERS_A_TOKEN if asked.max_tokens else None
    told, document, cut = "", dict[str, Any](), False
    async with aclosing(sentences(bridge, asked)) as parts:
        async for text, last in parts:
            document = dict(last) if last is not None else document
            if text and not cut:
                piece, cut = bounded(text, None) if left is None else (text[: max(0, left - len(told))], False)
                cut = left is not None and len(told) + len(text) > left
                told += piece
                yield chunk({"content": piece})
    yield chunk({}, "length" if cut else "stop")
    if usage:
        yield sse({**head, "object": "chat.completion.chunk", "choices": [], "usage": usage_of(document, asked, told)})
    yield b"data: [DONE]\n\n"


async def sentences(bridge: Bridge, asked: Question) -> AsyncGenerator[tuple[str, Mapping[str, Any] | None], None]:
    """Each text as it comes; at the end what else the answer has to say, with its document."""
    told = ""
    async with aclosing(bridge.assistant.ask(asked)) as turn:
        async for event in turn:
            if event.type == "text":
                told += str(event.data["text"])
                yield str(event.data["text"]), None
            elif event.type in ("answer", "error"):
                yield _rest(event, told), event.data


def _rest(event: Event, told: str) -> str:
    if event.type == "error":
        return failure_line(event.data["error"])
    return talk.whole(event.data).removeprefix(str(event.data["answer"])) if told else talk.whole(event.data)


def sse(document: Document) -> bytes:
    return f"data: {json.dumps(document, ensure_ascii=False)}\n\n".encode()


async def unknown(request: Request) -> Response:
    """An address of OpenAI's that is not served, or one that is by another method."""
    path = request.url.path
    allowed = "POST" if path == "/v1/chat/completions" else "GET" if f"{path}/".startswith("/v1/models/") else ""
    if allowed:
        error = {"message": f"{path} takes {allowed}", "type": "invalid_request_error", "param": None, "code": None}
        return JSONResponse({"error": error}, 405, {"allow": allowed})
    return failure(UsageError(f"{request.url.path} is not served here", next="/v1/models and /v1/chat/completions are"))


ROUTES = (
    Route("/v1/models", models),
    Route("/v1/models/{name:path}", model),
    Route("/v1/chat/completions", completions, methods=["POST"]),
    Route("/v1/{path:path}", unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
)
