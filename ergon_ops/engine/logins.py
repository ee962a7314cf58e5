"""Logins of `docker login`, as the docker CLI keeps them: in its file, or in a store that a helper program reads."""

from __future__ import annotations

import base64
import json
import subprocess
from dataclasses import field

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError

HUB = "docker.io"
HUB_HOSTS = ("registry-1.docker.io", "index.docker.io", "docker.io")
HELPER_S = 10.0
MISFORMED = (ValueError, TypeError, KeyError, AttributeError)  # docker.auth takes the file as it comes
BY_TOKEN = "<token>"  # the name that helpers give where the secret is an identity token


@dataclass(frozen=True, slots=True)
class Login:
    """Either a name and a password, or an identity token (of a registry that gives tokens by OAuth 2). Its text never
    shows them: it is handed to the registry that it is of, and to nobody else."""

    host: str
    name: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The value of an `Authorization` header (RFC 7617)."""
        return "Basic " + base64.b64encode(f"{self.name}:{self.secret}".encode()).decode()


def login_for(host: str) -> Login | None:
    """What `docker login` kept for a registry; None where it kept nothing. May run a helper program, for `HELPER_S` at
    most. Raises ErgonError for a file or a helper that cannot be read."""
    from docker import auth, errors

    try:
        kept = auth.load_config()
        known = HUB if host in HUB_HOSTS else host
        store = kept.get_credential_store(known)
        found = (_of_helper(store, auth.INDEX_URL if known == HUB else known) if store else None) or (
            auth.AuthConfig({"auths": kept.auths}).resolve_authconfig(known) or {}
        )
    except (errors.DockerException, OSError, *MISFORMED, subprocess.SubprocessError) as error:
        text = f"the logins of docker cannot be read: {type(error).__name__}"
        raise ErgonError(text, next=f"docker login {host}") from error
    token = found.get("IdentityToken") or found.get("identitytoken") or ""
    name, secret = found.get("Username") or found.get("username"), found.get("Password") or found.get("password")
    if token:
        return Login(host, token=str(token))
    return Login(host, str(name), str(secret)) if name and secret else None


def _of_helper(store: str, server: str) -> dict[str, str] | None:
    """As docker-credential-helpers speak: the server on stdin, a JSON object on stdout. Raises OSError, ValueError,
    SubprocessError."""
    command = [f"docker-credential-{store}", "get"]
    done = subprocess.run(command, input=server, capture_output=True, text=True, timeout=HELPER_S, check=False)
    if done.returncode:
        if "not found" in done.stdout + done.stderr:  # its words for: nobody logged in there
            return None
        raise subprocess.SubprocessError(f"docker-credential-{store} failed")
    said = json.loads(done.stdout)
    if not isinstance(said, dict):
        raise ValueError("no login")
    name, secret = str(said.get("Username") or ""), str(said.get("Secret") or "")
    return {"IdentityToken": secret} if name == BY_TOKEN else {"Username": name, "Password": secret}
