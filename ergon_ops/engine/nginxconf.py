"""A directive of nginx's configuration file inside a container, changed in place and loaded without a break.

The file travels as the engine's archive, so nothing but nginx has to be in the container. What nginx does not take is
put back before anybody reloads it. Source: nginx.org, ngx_core_module and control signals.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.hands import Setting
from ergon_ops.errors import EngineConflict

if TYPE_CHECKING:
    from ergon_ops.engine.client import Client

MOST_BYTES = 1_000_000
TESTED = re.compile(r"configuration file (/\S+) (?:test is successful|syntax is ok)")
USUAL = "unset"  # where the file says nothing, nginx decides


class Nginx(Protocol):
    """One container: its API, its id, and nginx's answer to a fixed command."""

    @property
    def api(self) -> Client: ...
    @property
    def container_id(self) -> str: ...
    def mounted(self, path: str) -> bool: ...
    def nginx(self, *arguments: str) -> str:
        """Raises EngineConflict with what nginx said."""
        ...


@dataclass(frozen=True, slots=True)
class Directive:
    """`block`: the one it stands in; "" at the top of the file."""

    name: str
    block: str = ""

    def read(self, inside: Nginx) -> Setting:
        path = _path(inside)
        if inside.mounted(path):
            raise EngineConflict(
                f"{path} in the container is a mount, which cannot be replaced from outside",
                next=f"change {self.name} in the mounted file itself, then nginx -s reload in the container",
            )
        found = self._pattern.search(_fetch(inside, path)[1])
        return Setting(found["value"].strip() if found else USUAL, ours=bool(found))

    def write(self, inside: Nginx, value: str | None) -> None:
        path = _path(inside)
        info, text = _fetch(inside, path)
        _put(inside, path, info, self.changed(text, value))
        try:
            inside.nginx("-t")
        except EngineConflict:
            _put(inside, path, info, text)
            raise
        inside.nginx("-s", "reload")

    def changed(self, text: str, value: str | None) -> str:
        """The file with that value in the directive's place, or, for None, without the line that we put there."""
        if value is None:
            return text.replace(self._line_of(text), "", 1)
        if self._pattern.search(text):
            return self._pattern.sub(lambda found: f"{found['head']}{value};", text, count=1)
        line = f"{self.name} {value};\n"
        if not self.block:
            return line + text
        opened = re.search(rf"^[ \t]*{self.block}[ \t]*\{{[^\n]*\n?", text, re.MULTILINE)
        if opened is None:
            raise EngineConflict(f"nginx's configuration has no {self.block} block to put {self.name} into")
        return f"{text[: opened.end()]}{line}{text[opened.end() :]}"

    def _line_of(self, text: str) -> str:
        found = re.search(rf"^{self.name} [^;\n]*;\n", text, re.MULTILINE)
        return found[0] if found else ""

    @property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(rf"^(?P<head>[^#\n]*?\b{self.name}[ \t]+)(?P<value>[^;\n]+);", re.MULTILINE)


def _path(inside: Nginx) -> str:
    found = TESTED.search(inside.nginx("-t"))
    if found is None:
        raise EngineConflict("nginx does not say where its configuration is", next="nginx -t in the container")
    return found[1]


def _fetch(inside: Nginx, path: str) -> tuple[tarfile.TarInfo, str]:
    chunks, _ = inside.api.get_archive(inside.container_id, path)
    packed = _bounded(chunks.__iter__().__next__)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        info = next(iter(archive))
        file = archive.extractfile(info) if info.isfile() else None
        if file is None:
            raise EngineConflict(f"{path} in the container is no plain file", next="change it where it comes from")
        return info, file.read().decode("utf-8", "surrogateescape")


def _bounded(more: Callable[[], bytes]) -> bytes:
    packed = b""
    while len(packed) < MOST_BYTES:
        try:
            packed += more()
        except StopIteration:
            return packed
    raise EngineConflict("nginx's configuration is too big to be changed here")


def _put(inside: Nginx, path: str, info: tarfile.TarInfo, text: str) -> None:
    data = text.encode("utf-8", "surrogateescape")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    inside.api.put_archive(inside.container_id, str(PurePosixPath(path).parent), packed.getvalue())
