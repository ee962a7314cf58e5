"""haproxy: which servers its configuration names, since its log calls them by their names there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ergon_ops.engine.probes.line import Refused
from ergon_ops.engine.probes.subject import Row, Subject, option, shown
from ergon_ops.engine.protocols import ProbeTarget

USUAL = ("/usr/local/etc/haproxy/haproxy.cfg", "/etc/haproxy/haproxy.cfg", "/opt/bitnami/haproxy/conf/haproxy.cfg")
MOST = 40
SECTION = re.compile(r"(?:backend|listen)\s+(\S+)")
OTHER = re.compile(r"(?:global|defaults|frontend|resolvers|userlist|peers|program|cache|mailers|ring)\b")
SERVER = re.compile(r"\s+server\s+(\S+)\s+(?:ipv[46]@)?([A-Za-z0-9_.-]+(?::\d+)?)(?=\s|$)")


async def probe(subject: Subject, target: ProbeTarget) -> list[Row]:
    """Raises Refused where its configuration cannot be read."""
    commands = [process.command.split() for process in target.processes]
    told = [option(words, "-f") for words in (*commands, list(subject.command))]
    for path in dict.fromkeys((*(word for word in told if word.startswith("/")), *USUAL)):
        data = await subject.read(path)
        if data is not None:
            return list(servers(data.decode("utf-8", "replace"), path))[:MOST]
    raise Refused("its configuration cannot be read")


def servers(text: str, path: str) -> Iterator[Row]:
    """`backend/server` and the address of each, as its log calls them."""
    section = ""
    for line in text.splitlines():
        if (begun := SECTION.match(line)) is not None:
            section = begun[1]
        elif OTHER.match(line):
            section = ""
        elif section and (named := SERVER.match(line)) is not None:
            # A host and a port by their form: nothing to hide, whatever they are called.
            yield Row("haproxy_server", shown(f"{section}/{named[1]}"), named[2], f"haproxy:{path}#server")
