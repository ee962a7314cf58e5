"""nginx: its configuration, and its status page where one is configured."""

from __future__ import annotations

import calendar
import re
import time
from collections.abc import Iterator

from ergon_ops.engine.probes.line import Line, NoWay, Refused
from ergon_ops.engine.probes.nginxconf import Directive, load, seconds
from ergon_ops.engine.probes.subject import Row, Subject, option, shown
from ergon_ops.engine.protocols import ProbeTarget
from ergon_ops.events import timestamp

USUAL = ("/etc/nginx/nginx.conf", "/usr/local/openresty/nginx/conf/nginx.conf", "/usr/local/nginx/conf/nginx.conf",
         "/opt/bitnami/nginx/conf/nginx.conf", "/etc/angie/angie.conf")  # fmt: skip
PASSES = ("proxy_pass", "fastcgi_pass", "uwsgi_pass", "grpc_pass", "scgi_pass")
TIMEOUTS = tuple(f"{kind}_{what}_timeout" for kind in ("proxy", "fastcgi", "uwsgi", "grpc")
                 for what in ("connect", "read", "send"))  # fmt: skip
VARIABLE = re.compile(r"\$\{?(\w+)\}?")
MOST = 40
DEFAULT_LOG = "/var/log/nginx/error.log"
COMPLAINT = re.compile(
    r"(?P<at>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(?:error|crit|alert|emerg)\] \S+ (?:\*\d+ )?(?P<said>.*)"
)
MOST_COMPLAINTS, LONGEST_LINE, QUARTER = 8, 400, 900
STATUS = re.compile(r"Active connections: (\d+)\s+server accepts handled requests\s+(\d+) (\d+) (\d+)"
                    r"(?:[ \d]*)\s+Reading: (\d+) Writing: (\d+) Waiting: (\d+)")  # fmt: skip


async def probe(subject: Subject, target: ProbeTarget) -> list[Row]:
    """Raises Refused where its configuration cannot be read."""
    root = await _configuration(subject, target)
    found = list(dict.fromkeys([*_numbers(root), *_listens(root), *upstreams(root), *_logs(root)]))
    return found + await _complaints(subject, root) + await _status(subject, target, root)


async def _configuration(subject: Subject, target: ProbeTarget) -> Directive:
    commands = [process.command.split() for process in target.processes]
    told = [option(words, "-c") for words in (*commands, subject.command)]
    named = [word if word.startswith("/") else f"/etc/nginx/{word}" for word in told if word]
    for path in dict.fromkeys((*named, *USUAL)):
        root = await load(path, subject.read, subject.names)
        if root is not None:
            return root
    raise Refused("its configuration cannot be read")


def _row(item: Directive, name: str, key: str, value: object) -> Row:
    source = f"nginx:{item.file}#{item.name}"
    return Row(name, shown(key), value if isinstance(value, int | float) else shown(str(value)), source)


def _numbers(root: Directive) -> Iterator[Row]:
    yield Row("nginx_config", "", shown(root.file), f"nginx:{root.file}")
    for item in root.each("worker_processes"):
        yield _row(item, "nginx_worker_processes", "", item.first)
    for item in root.each("worker_connections"):
        if item.first.isdigit():
            yield _row(item, "nginx_worker_connections", "", int(item.first))
    for item in root.each(*TIMEOUTS):
        if (value := seconds(item.first)) is not None:
            yield _row(item, "nginx_timeout", item.name, value)


def _listens(root: Directive) -> Iterator[Row]:
    for item in list(root.each("listen"))[:MOST]:
        port = item.first.rpartition(":")[2]
        if not item.first.startswith("unix:"):
            yield _row(item, "nginx_listen", item.first, int(port) if port.isdigit() else 80)


def upstreams(root: Directive) -> Iterator[Row]:
    """Servers of upstream blocks, and what is passed on straight from a location. A variable that is set to one word
    only is that word (`set $up api; proxy_pass http://$up:8000;`, for an address that is looked up again); others stay
    as written."""
    words = _variables(root)
    for block in list(root.each("upstream"))[:MOST]:
        for item in list(block.each("server"))[:MOST]:
            yield _row(item, "nginx_upstream", f"{block.first}/{item.first}", item.first)
    for server in root.each("server"):
        for location in server.each("location"):
            for item in [item for item in location.body if item.name in PASSES][:MOST]:
                place = VARIABLE.sub(lambda name: words.get(name[1], name[0]), item.first)
                yield _row(item, "nginx_upstream", f"location {' '.join(location.arguments)}", place)


def _variables(root: Directive) -> dict[str, str]:
    values: dict[str, set[str]] = {}
    for item in root.each("set"):
        if len(item.arguments) == 2:
            values.setdefault(item.first.removeprefix("$"), set()).add(item.arguments[1])
    return {name: next(iter(told)) for name, told in values.items() if len(told) == 1 and "$" not in min(told)}


def _logs(root: Directive) -> Iterator[Row]:
    for item in list(root.each("error_log", "access_log"))[:MOST]:
        yield _row(item, f"nginx_{item.name}", item.first, item.first)


async def _complaints(subject: Subject, root: Directive) -> list[Row]:
    """The newest line of each kind in an error log that is an ordinary file: the engine has none of it.

    Its times have no zone; that of the newest line is when the file was written, to a quarter of an hour.
    """
    told = [item.first for item in root.each("error_log")] or [DEFAULT_LOG]
    path = next((item for item in told if item.startswith("/")), "")
    found = await subject.tail(path) if path else None
    if found is None:
        return []
    kinds: dict[str, tuple[float, str]] = {}
    for line in found[0].decode("utf-8", "replace").splitlines():
        if (match := COMPLAINT.match(line)) is not None:
            kinds[re.sub(r"[\d.]+", "#", match["said"])[:80]] = (_seconds(match["at"]), line)
    newest = max((at for at, _ in kinds.values()), default=0.0)
    shift = round((found[1] - newest) / QUARTER) * QUARTER
    rows = sorted(kinds.values(), reverse=True)[:MOST_COMPLAINTS]
    return [
        Row("nginx_error", timestamp(at + shift), shown(line, LONGEST_LINE), f"nginx:{path}#{line[:19]}")
        for at, line in rows
    ]


def _seconds(stamp: str) -> float:
    return calendar.timegm(time.strptime(stamp, "%Y/%m/%d %H:%M:%S"))


async def _status(subject: Subject, target: ProbeTarget, root: Directive) -> list[Row]:
    """Of the first location with `stub_status`, asked as a local client would. Nothing where it does not answer."""
    places = [
        (server, location)
        for server in root.each("server")
        for location in server.each("location")
        if any(item.name == "stub_status" for item in location.body)
    ]
    if not places:
        return []
    server, location = places[0]
    ports = [item.first.rpartition(":")[2] for item in server.each("listen")]
    port = next((int(port) for port in ports if port.isdigit()), target.port or 80)
    path = location.arguments[-1]
    try:
        text = await subject.converse(target, port, lambda line: _fetched(line, path))
    except (NoWay, Refused):
        return []
    return _status_rows(text, f"nginx:GET {shown(path)}")


def _fetched(line: Line, path: str) -> str:
    """A page of HTTP/1.0: what comes until the server closes, at most what one look takes in."""
    if not re.fullmatch(r"/[\w./-]*", path):
        raise Refused("its status page has a name that is not asked for")
    line.send(f"GET {path} HTTP/1.0\r\nHost: localhost\r\nUser-Agent: ergon-ops\r\n\r\n".encode())
    head = line.until(b"\r\n\r\n").decode("latin-1")
    length = re.search(r"(?im)^content-length: (\d+)", head)
    if " 200 " not in head.partition("\r\n")[0] or not length:
        raise Refused("its status page does not answer")
    return line.exactly(min(int(length[1]), 2_000)).decode("latin-1")


def _status_rows(text: str, source: str) -> list[Row]:
    found = STATUS.search(text)
    if found is None:
        return []
    active, accepts, handled, _, reading, writing, waiting = map(int, found.groups())
    states = {"active": active, "reading": reading, "writing": writing, "waiting": waiting}
    rows = [Row("nginx_connections", key, value, f"{source}#{key}") for key, value in states.items()]
    return [*rows, Row("nginx_dropped", "", accepts - handled, f"{source}#accepts-handled")]
