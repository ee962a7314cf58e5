"""Whatever went wrong on the wire, as one line for a person, and whether it is worth another try.

Both SDKs raise errors of the same shape (`status_code`, `body`, `response`); they are read by shape here, so that this
module imports neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError, ProviderError
from ergon_ops.providers.spec import KEY_VARIABLES
from ergon_ops.providers.wire import Line, NotAStream, Stalled, TooBig
from ergon_ops.redaction import safe_text

SAID_LIMIT = 200
AGAIN = frozenset({"rate_limited", "overloaded", "server", "refused", "reset", "stall"})
_NO_MODEL = re.compile(
    r"model\W.{0,120}?(not found|not exist|no such|unknown|invalid|not supported)|(invalid|unknown|no such) model"
    r"|model_not_found",
    re.IGNORECASE | re.DOTALL,
)
_NO_ROOM = re.compile(
    r"context_length_exceeded|exceed_context_size|maximum context length|available context size|prompt is too long",
    re.IGNORECASE,
)
_NO_MONEY = re.compile(r"insufficient_quota|billing|credit balance|exceeded your current quota", re.IGNORECASE)


class Failure(Exception):
    """One try that failed. `again`: another may succeed; `after_s`: not before so many seconds; `said`: what the
    endpoint said, unredacted, to be read by code only."""

    def __init__(
        self, error: ProviderError, *, again: bool = False, after_s: float | None = None, said: str = ""
    ) -> None:
        super().__init__(error.message)
        self.error, self.again, self.after_s, self.said = error, again, after_s, said

    @property
    def status(self) -> int | None:
        return self.error.details.get("status")


@dataclass(frozen=True, slots=True)
class Teller:
    """Says what failed, in the words of one line."""

    line: Line

    @property
    def host(self) -> str:
        return urlsplit(self.line.url).netloc.rpartition("@")[2]

    def failure(
        self,
        reason: str,
        message: str,
        next: str = "",
        *,
        said: str = "",
        after_s: float | None = None,
        final: bool = False,
        **details: Any,
    ) -> Failure:
        shown = self.clean(said)
        text = f"{message}: {shown}" if shown else message
        error = ProviderError(text, reason=reason, next=next, details={"model": self.line.spec.model, **details})
        return Failure(error, again=reason in AGAIN and not final, after_s=after_s, said=said)

    def clean(self, text: str) -> str:
        """One line, redacted; our own key never, whatever it looks like."""
        key = self.line.key
        return safe_text(text.replace(key, "‹redacted:key›") if len(key) > 3 else text, SAID_LIMIT).strip().rstrip(".")

    def of(self, error: BaseException) -> Failure:
        """What a try ended with, read."""
        chain = list(_chain(error))
        for item in chain:
            match item:
                case Failure():
                    return item
                case TooBig():
                    return self.failure(
                        "too_big", f"the answer of {self.host} grew past {item.bound // 1024:,} KiB", "ask for less"
                    )
                case Stalled():
                    return self.failure("stall", f"{self.host} sent nothing for {item.seconds:g} s", "ask again")
                case NotAStream():
                    return self._no_stream(item)
        status = getattr(error, "status_code", None)
        body = getattr(error, "body", None)
        if isinstance(status, int) or body is not None:
            return self._answered(status if isinstance(status, int) else 200, body, _headers(error))
        return self._broken(chain)

    def _no_stream(self, error: NotAStream) -> Failure:
        if isinstance(error.body, dict) and error.body.get("error"):
            return self._answered(200, error.body, {})
        what = "a web page" if error.content_type == "text/html" else error.content_type or "something"
        return self.failure(
            "malformed", f"{self.line.shown} answered with {what}, not with a model's reply", self._base()
        )

    def _base(self) -> str:
        variable = KEY_VARIABLES[self.line.spec.provider].replace("API_KEY", "BASE_URL")
        usual = " usually ends in /v1" if self.line.spec.provider == "openai" else " is the address without /v1"
        return f"the base URL ({variable}){usual}"

    def _answered(self, status: int, body: Any, headers: Mapping[str, str]) -> Failure:
        said, kind = _said(body)
        name, model = self.line.spec.provider, self.line.spec.model
        known: dict[str, Any] = {"status": status, "said": said}
        words = f"{kind} {said}"
        nameless = status == 404 and re.search(r"\bmodel\b", said, re.IGNORECASE)
        if nameless or (status in (200, 400, 403) and _NO_MODEL.search(words)):
            return self.failure("model_not_found", f"{self.host} has no model {model!r}", status=status)
        if _NO_ROOM.search(words):
            text = f"the context of {model} is too small for the question and its facts"
            return self.failure("too_big", text, "serve it with 4,096 tokens or more", final=True, **known)
        if status in (401, 403) or kind in ("authentication_error", "permission_error"):
            refused = "the API key" if self.line.key else "a request without an API key"
            return self.failure("auth", f"{name} refused {refused} ({status})", f"set {KEY_VARIABLES[name]}", **known)
        if _NO_MONEY.search(words):
            return self.failure("cost", f"{name} wants payment first ({status})", "see your account there", **known)
        if status == 429 or kind == "rate_limit_error":
            return self._limited(known, headers)
        if status in (503, 529) or kind == "overloaded_error":
            return self.failure("overloaded", f"{name} is overloaded ({status})", "ask again in a minute", **known)
        if status == 404:
            return self.failure(
                "server", f"nothing to talk to at {self.line.shown} (404)", self._base(), final=True, **known
            )
        if status == 200 or status >= 500 or status in (408, 409):
            return self.failure("server", f"{name} failed ({status})", "ask again", **known)
        return self.failure(
            "server", f"{name} refused the request ({status})", "see /sent for what was sent", final=True, **known
        )

    def _limited(self, known: dict[str, Any], headers: Mapping[str, str]) -> Failure:
        after = retry_after(headers)
        when = f"ask again in {after:.0f} s" if after else "ask again in a minute"
        name = self.line.spec.provider
        return self.failure("rate_limited", f"{name} limits how often one may ask (429)", when, after_s=after, **known)

    def _broken(self, chain: list[BaseException]) -> Failure:
        names = {type(item).__name__ for item in chain}
        texts = " ".join(str(item) for item in chain)
        if names & {"ConnectError", "ConnectTimeout"}:
            return self._unreachable(texts, "ConnectTimeout" in names)
        if names & {
            "JSONDecodeError",
            "UnicodeDecodeError",
            "RecursionError",
            "TypeError",
            "AttributeError",
            "KeyError",
        }:
            return self.failure("malformed", f"{self.host} sent what is no model's reply", self._base())
        return self.failure("reset", f"{self.host} broke the connection off", "ask again")

    def _unreachable(self, texts: str, timed_out: bool) -> Failure:
        why = "connection refused"
        if "CERTIFICATE" in texts or "SSL" in texts or "TLS" in texts:
            why = "its certificate or TLS is not accepted"
        elif timed_out:
            why = f"no connection within {self.line.patience.connect_s:g} s"
        elif re.search(r"Name or service|getaddrinfo|nodename|Temporary failure in name|No address", texts):
            why = "no such host name"
        return self.failure("refused", f"cannot reach {self.host}: {why}", f"is it running? {self._base()}")


def own_error(error: BaseException) -> ErgonError | None:
    """What `on_sent` raised: an SDK takes it for a broken connection, but it is ours and means what it says."""
    return next((item for item in _chain(error) if isinstance(item, ErgonError)), None)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__  # not the context: that may be an earlier failure, which is being handled


def _headers(error: BaseException) -> Mapping[str, str]:
    headers = getattr(getattr(error, "response", None), "headers", None)
    return headers if headers is not None else {}


def _said(body: Any) -> tuple[str, str]:
    """Message and kind of an error document, of any of the shapes in use."""
    inner = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(inner, dict):
        message = inner.get("message") or inner.get("detail") or inner.get("error") or ""
        kinds = (inner.get("code"), inner.get("type"))
        kind = " ".join(str(item) for item in kinds if isinstance(item, str))
        return str(message), kind if len(kind.split()) != 1 else kind.strip()
    text = inner if isinstance(inner, str) else ""
    return ("" if "<html" in text.lower() or "<!doctype" in text.lower() else text), ""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from `retry-after-ms` or `retry-after` (seconds or a date); None if it is not said."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "")
        try:
            return max(float(value) * scale, 0.0)
        except ValueError:
            continue
    try:
        moment = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0) if moment.tzinfo else None
