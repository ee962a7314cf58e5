"""A registry asked over HTTP, without an engine: manifests and blobs, with a token where one is wanted, and with what
`docker login` kept where that is not enough for everybody.

Sources: the OCI distribution specification 1.1 (pull), and Docker's token authentication (distribution.github.io,
"Token Authentication Specification").
"""

from __future__ import annotations

import json
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.parse import urlencode, urlsplit

from ergon_ops.engine.logins import Login, login_for
from ergon_ops.errors import ErgonError
from ergon_ops.packaging.image.references import Reference, RegistryAway, RegistryRefused

CONNECT_S, READ_S = 5.0, 30.0
LARGEST = 8 * 1024 * 1024  # of a manifest, a token or a configuration
LOOPBACK = ("127.0.0.1", "localhost", "::1")
BY_ENGINE = "use an engine that has it"
CLIENT = "ergon-ops"


class Registry:
    """One repository of one registry. Synchronous; every read has a time limit."""

    def __init__(self, about: Reference) -> None:
        self.host, self._repository = about.host, about.repository
        self._near = urlsplit(f"//{about.host}").hostname in LOOPBACK
        self._opener = urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if self._near else []), _Onward)
        self._scheme, self._authorization = "", ""
        self._unread: ErgonError | None = None

    @contextmanager
    def opened(self, path: str, *, accept: str = "*/*") -> Iterator[IO[bytes]]:
        """The reply to a GET below the repository. Raises RegistryAway, RegistryRefused, also while it is read."""
        try:
            reply = self._asked(f"{self._address()}/v2/{self._repository}/{path}", accept)
            with reply:
                yield reply
        except urllib.error.HTTPError as error:
            error.close()
            raise self._refusal(error, path) from error
        except (OSError, HTTPException, ValueError) as error:
            raise self._away(error) from error

    def text(self, path: str, *, accept: str = "*/*") -> tuple[bytes, str]:
        """A small reply as it is, and its type."""
        with self.opened(path, accept=accept) as reply:
            body, kind = reply.read(LARGEST + 1), str(reply.headers.get("Content-Type") or "")  # type: ignore[attr-defined]
        if len(body) > LARGEST:
            raise RegistryAway(f"the registry {self.host} says more than can be a manifest", next=BY_ENGINE)
        return body, kind.partition(";")[0].strip()

    def _asked(self, url: str, accept: str) -> Any:
        """What lets us in goes to the registry only, not to where a blob really lies."""
        for again in (False, True):
            request = urllib.request.Request(url, headers={"Accept": accept, "User-Agent": CLIENT})
            if self._authorization:
                request.add_unredirected_header("Authorization", self._authorization)
            try:
                return self._opener.open(request, timeout=READ_S)
            except urllib.error.HTTPError as error:
                if error.code != 401 or again:
                    raise
                error.close()
                self._authorization = self._let_in(error)
        raise AssertionError("unreachable")

    def _let_in(self, error: urllib.error.HTTPError) -> str:
        """The header that answers what it asks for. A login is looked up only now: most are asked without one."""
        kind, _, words = str(error.headers.get("WWW-Authenticate") or "").partition(" ")
        said = dict(re.findall(r'(\w+)="([^"]*)"', words))
        realm = said.get("realm", "")
        safe = realm.startswith("https://") or (self._scheme == "http" and realm.startswith("http://"))
        if kind.lower() == "bearer" and safe:
            return f"Bearer {self._fetched_token(realm, said.get('service', ''), self._login())}"
        login = login_for(self.host) if kind.lower() == "basic" else None
        if login is None or not login.name:
            raise RegistryRefused(
                f"the registry {self.host} wants a login", next=f"docker login {self.host}"
            ) from error
        return login.basic

    def _login(self) -> Login | None:
        """Most images are for everybody: a login that cannot be read is told only if it is missed."""
        try:
            return login_for(self.host)
        except ErgonError as error:
            self._unread = error
            return None

    def _fetched_token(self, realm: str, service: str, login: Login | None) -> str:
        """By GET, with name and password where there are; an identity token is traded by POST, as OAuth 2 has it."""
        asked = {"service": service, "scope": f"repository:{self._repository}:pull"}
        query = {key: value for key, value in asked.items() if value}
        headers, body = {"User-Agent": CLIENT}, None
        if login is not None and login.token:
            more = {"grant_type": "refresh_token", "client_id": CLIENT, "refresh_token": login.token}
            url, body = realm, urlencode({**query, **more}).encode()
        else:
            url = f"{realm}{'&' if urlsplit(realm).query else '?'}{urlencode(query)}"
        request = urllib.request.Request(url, data=body, headers=headers)
        if login is not None and login.name:
            request.add_unredirected_header("Authorization", login.basic)
        with self._opener.open(request, timeout=READ_S) as reply:
            given = json.loads(reply.read(LARGEST))
        token = (given.get("token") or given.get("access_token")) if isinstance(given, dict) else ""
        if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
            raise ValueError("it gives no token")
        return token

    def _address(self) -> str:
        """https; on this machine also http, as engines do."""
        if not self._scheme:
            self._scheme = "https"
            try:
                self._opener.open(f"https://{self.host}/v2/", timeout=CONNECT_S).close()
            except urllib.error.HTTPError as error:
                error.close()  # it answers: what it says is looked at where something is asked for
            except (OSError, HTTPException) as error:
                reason = getattr(error, "reason", error)
                if not self._near or isinstance(reason, ssl.SSLCertVerificationError):
                    self._scheme = ""
                    raise
                self._scheme = "http"
        return f"{self._scheme}://{self.host}"

    def _refusal(self, error: urllib.error.HTTPError, path: str) -> ErgonError:
        if error.code in (401, 403):
            text = f"the registry {self.host} has no {self._repository} for everybody, or none at all"
            text += f"; {self._unread.message}" if self._unread else ""
            return RegistryRefused(text, next=f"docker login {self.host}, or use an engine that has it")
        if error.code == 404:
            what = path.rpartition("/")[2]
            text = f"the registry {self.host} has no {self._repository} {what[:80]}"
            return RegistryRefused(text, next="check the name and the tag")
        if error.code == 429:
            return RegistryAway(f"the registry {self.host} asks to wait: too many requests", next="try again later")
        return RegistryAway(f"the registry {self.host} answers HTTP {error.code}", next="try again later")

    def _away(self, error: Exception) -> ErgonError:
        reason = getattr(error, "reason", error)
        said = getattr(reason, "strerror", "") or str(reason) or type(reason).__name__
        text = f"the registry {self.host} does not answer: {said}"
        return RegistryAway(text, next="check the network, or use an engine that has the image")


class _Onward(urllib.request.HTTPRedirectHandler):
    """From https never to anything that is read by everybody on the way."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if req.full_url.startswith("https://") and not newurl.startswith("https://"):
            raise urllib.error.URLError("it sends us on to an address without encryption")
        return super().redirect_request(req, fp, code, msg, headers, newurl)
