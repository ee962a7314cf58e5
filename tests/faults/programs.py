"""What runs in the boxes: small servers and clients in several languages, so that a fault is not known by its program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.faults.draw import MIB, Draw
from tests.faults.scenario import BUSYBOX, Box, Look
from tests.faults.site import Site

SECOND = 1_000_000_000

PY_WEB = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *words): pass
print("serving on %s:%s" % (sys.argv[1], sys.argv[2]), flush=True)
http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Answer).serve_forever()
"""
# Another program than one expects there.
PY_NOT_ME = PY_WEB.replace("self.send_response(200)", "self.send_response(503)")
NODE_WEB = """
const [bind, port] = process.argv.slice(2);
require('http').createServer((q, s) => s.end('ok')).listen(Number(port), bind, () => console.log('serving on ' + bind + ':' + port));
"""
# Asks its peer again and again; says what happened, in the words of its language.
PY_CLIENT = """
import time, urllib.request, sys
while True:
    try:
        with urllib.request.urlopen(sys.argv[1], timeout=float(sys.argv[2])) as answer:
            print("GET", sys.argv[1], answer.status, flush=True)
    except Exception as problem:
        print("ERROR GET", sys.argv[1], "failed:", problem, flush=True)
    time.sleep(0.5)
"""
NODE_CLIENT = """
const [url, patience] = process.argv.slice(2);
setInterval(() => {
  const asked = require('http').get(url, {timeout: Number(patience) * 1000, agent: false}, a => { console.log('GET', url, a.statusCode); a.resume(); });
  asked.on('timeout', () => asked.destroy(new Error('timed out after ' + patience + ' s')));
  asked.on('error', problem => console.error('ERROR GET', url, problem.message));
}, 600);
"""


def idle(draw: Draw, **options: Any) -> Box:
    """Somebody who does nothing and needs nothing."""
    return Box(draw.name(), ["sleep", "3600"], image=BUSYBOX, options={"network_mode": "none", **options})


def web(
    draw: Draw,
    port: int,
    *,
    bind: str = "0.0.0.0",
    name: str = "",
    networks: Sequence[str] = (),
    aliases: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
) -> Box:
    """An HTTP server in a drawn language that answers every GET with `ok`."""
    folder = draw.folder()
    language = draw.pick("python", "node")
    command = ["python3", "-u", f"{folder}/main.py"] if language == "python" else ["node", f"{folder}/main.js"]
    return Box(
        name or draw.name(),
        [*command, bind, str(port)],
        files={command[-1]: PY_WEB if language == "python" else NODE_WEB},
        networks=tuple(networks),
        aliases=tuple(aliases),
        serves=port,
        options=options or {},
    )


def client(
    draw: Draw,
    url: str,
    *,
    patience_s: float = 3.0,
    networks: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
    language: str = "",
) -> Box:
    """Asks `url` twice a second and logs each answer."""
    folder = draw.folder()
    language = language or draw.pick("python", "node")
    command = ["python3", "-u", f"{folder}/poll.py"] if language == "python" else ["node", f"{folder}/poll.js"]
    return Box(
        draw.name(),
        [*command, url, f"{patience_s:g}"],
        files={command[-1]: PY_CLIENT if language == "python" else NODE_CLIENT},
        networks=tuple(networks),
        options=options or {},
    )


def stranger(draw: Draw, port: int, *, networks: Sequence[str], aliases: Sequence[str]) -> Box:
    """Listens on the port and has nothing to do with what is asked of it: 503."""
    command = ["python3", "-u", "/srv/other.py", "0.0.0.0", str(port)]
    files = {"/srv/other.py": PY_NOT_ME}
    return Box(draw.name(), command, files=files, networks=tuple(networks), aliases=tuple(aliases), serves=port)


def python(name: str, code: str, *arguments: str, **more: Any) -> Box:
    return Box(name, ["python3", "-u", "/srv/job.py", *arguments], files={"/srv/job.py": code}, **more)


def node(name: str, code: str, *arguments: str, **more: Any) -> Box:
    flags = more.pop("flags", ())
    return Box(name, ["node", *flags, "/srv/job.js", *arguments], files={"/srv/job.js": code}, **more)


def shell(name: str, script: str, *, image: str = BUSYBOX, **more: Any) -> Box:
    return Box(name, ["sh", "-c", script], image=image, **more)


def memory(size: int, **more: Any) -> dict[str, Any]:
    return {"mem_limit": size, "memswap_limit": size, **more}


def check(
    *test: str, interval: float = 1.0, timeout: float = 2.0, retries: int = 2, start_period: float = 0.0
) -> dict[str, Any]:
    return {
        "test": list(test),
        "interval": int(interval * SECOND),
        "timeout": int(timeout * SECOND),
        "retries": retries,
        "start_period": int(start_period * SECOND),
    }


# -- what one sees from outside --------------------------------------------------------------------------------------


def logged(name: str, *texts: str, times: int = 1) -> Look:
    """One of the texts is in the log, so many times at least; in capitals or not, as the language has it."""
    return lambda site: any(site.logs(name).lower().count(text.lower()) >= times for text in texts)


def exited(name: str, code: int | None = None) -> Look:
    def look(site: Site) -> bool:
        state = site.state(name)
        return bool(state["Status"] == "exited" and code in (None, state["ExitCode"]))

    return look


def running(name: str) -> Look:
    return lambda site: bool(site.state(name)["Status"] == "running")


def both(*looks: Look) -> Look:
    return lambda site: all(look(site) for look in looks)


def restarted(name: str, times: int) -> Look:
    return lambda site: bool(site.inspect(name)["RestartCount"] >= times)


def unhealthy(name: str, text: str = "") -> Look:
    def look(site: Site) -> bool:
        health = site.state(name)["Health"]
        return health["Status"] == "unhealthy" and any(text in row["Output"] for row in health["Log"])

    return look


def kib(size: int) -> str:
    return f"{size // 1024}k"


def mib(size: int) -> int:
    return size // MIB
