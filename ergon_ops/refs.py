"""Who one talks to: a container, a service, a project or a whole fleet, on a named host."""

from __future__ import annotations

import re
from typing import Literal

from ergon_ops.dataclass import dataclass

RefKind = Literal["container", "service", "project", "fleet"]
LOCAL = "local"
RESERVED_CI_NAMES = frozenset({"fleet", "all"})


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """`host` is a Docker context name; `local` only for the default socket or a unix DOCKER_HOST."""

    name: str
    host: str = LOCAL
    kind: RefKind = "container"

    def __str__(self) -> str:
        return f"{self.host}/{self.name}"

    @property
    def short(self) -> str:
        """The name alone on the local host, else `host/name`."""
        return self.name if self.host == LOCAL else str(self)


FLEET = Ref("fleet", LOCAL, "fleet")


def host_ref(host: str) -> Ref:
    """What host facts are about."""
    return Ref("host", host, "fleet")


def slug(text: str) -> str:
    """`text` with the letters a CI name may have: `[a-z0-9-]`, no dash at either end."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
