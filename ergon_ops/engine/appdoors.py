"""Where commands inside a container find its service: the port, the address and the password that it really has.

The process says it, else the container's command, else nobody: then it is where the service's manual has it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field
from typing import TYPE_CHECKING
from urllib.parse import quote

from ergon_ops.dataclass import dataclass
from ergon_ops.engine import toptable
from ergon_ops.engine.documents import Document, rows, text
from ergon_ops.engine.inspection import environment_of
from ergon_ops.engine.probes import files
from ergon_ops.engine.probes.inside import command_of
from ergon_ops.engine.probes.redis import configuration_of, configured, given_password
from ergon_ops.engine.probes.subject import EVERYWHERE, option

if TYPE_CHECKING:
    from ergon_ops.engine.client import Client

MOST_BYTES = 1_000_000
REDIS_TITLE = re.compile(
    r"\b(?:redis|valkey|keydb)-server (?P<host>\S+):(?P<port>[1-9]\d*)(?= |$)"
)  # it writes that itself
POSTGRES_DATA = re.compile(r"\bpostgres\b.*? (?:-D ?|--pgdata[= ])(?P<folder>/\S+)")
NGINX_FILES = re.compile(r" (?P<option>-[cp]) ?(?P<path>[^\s-]\S*)")
USUAL_DATA = "/var/lib/postgresql/data"
PORT_LINE, SOCKETS_LINE = 3, 4  # of postmaster.pid: storage/lmgr, LOCK_FILE_LINE_PORT and _SOCKET_DIR, counted from 0


@dataclass(frozen=True, slots=True)
class Door:
    """ "" is where the service's own client looks by itself."""

    host: str = ""
    port: str = ""
    password: str = field(default="", repr=False)

    def options(self) -> tuple[str, ...]:
        """redis-cli and psql say it alike."""
        return (*(("-h", self.host) if self.host else ()), *(("-p", self.port) if self.port else ()))


def redis_door(api: Client, container_id: str) -> Door:
    document = _document(api, container_id)
    command, own = command_of(document), environment_of(document)
    password = given_password(command, own)
    named = configuration_of(command)
    if not password and named:
        password = configured(_file(api, container_id, named))
    for title in _titles(api, container_id):
        if found := REDIS_TITLE.search(title):
            return Door(EVERYWHERE.get(found["host"], found["host"]), found["port"], password)
    return Door(port=option(command, "--port"), password=password)


def postgres_door(api: Client, container_id: str) -> Door:
    """As its lock file has it, which lies in its data folder while it runs."""
    own = environment_of(_document(api, container_id))
    password = own.get("POSTGRES_PASSWORD") or own.get("PGPASSWORD") or ""
    named = (found["folder"] for title in _titles(api, container_id) if (found := POSTGRES_DATA.search(title)))
    folder = next(named, "") or own.get("PGDATA") or USUAL_DATA
    lines = [*_file(api, container_id, f"{folder.rstrip('/')}/postmaster.pid").splitlines(), *[""] * 5]
    port, sockets = lines[PORT_LINE].strip(), lines[SOCKETS_LINE].strip()
    if not port.isdigit():
        return Door(password=password)
    return Door(sockets if sockets.startswith("/") else "", port, password)


def nginx_options(api: Client, container_id: str) -> tuple[str, ...]:
    """The configuration and the prefix that its master was started with: without them nginx looks at its usual ones."""
    masters = [title for title in _titles(api, container_id) if title.startswith("nginx: master process ")]
    said = masters[0].partition(" -g ")[0] if masters else ""
    return tuple(word for found in NGINX_FILES.finditer(said) for word in (found["option"], found["path"]))


def mounted(api: Client, container_id: str, path: str) -> bool:
    """A file that is a mount by itself: the engine cannot put another one in its place."""
    return any(text(row, "Destination") == path for row in rows(_document(api, container_id), "Mounts"))


def _document(api: Client, container_id: str) -> Document:
    found: Document = api.fetch(f"/containers/{quote(container_id, safe='')}/json")
    return found


def _titles(api: Client, container_id: str) -> Sequence[str]:
    from docker.errors import APIError

    try:
        table = toptable.ask(api, quote(container_id, safe=""))
    except APIError:
        return ()
    return [process.command for process in toptable.processes(table, at=0.0)]


def _file(api: Client, container_id: str, path: str) -> str:
    """ "" where there is none."""
    from docker.errors import APIError

    try:
        where = f"/containers/{quote(container_id, safe='')}/archive"
        packed = api.excerpt(where, most=MOST_BYTES, path=path)
    except APIError:
        return ""
    return (files.Archive(path, packed).read(path) or b"").decode("utf-8", "replace")
