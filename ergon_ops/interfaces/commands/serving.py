"""`serve`: the daemon."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from ergon_ops.errors import UsageError
from ergon_ops.interfaces.commands.program import Program, notice
from ergon_ops.interfaces.commands.spec import Argument, Command

LOOPBACK = ("127.0.0.1", "localhost", "::1")


async def serve(program: Program, arguments: Namespace) -> int:
    from ergon_ops.assistant.wiring import open_assistant
    from ergon_ops.interfaces.serve.daemon import DEFAULT_PORT, Daemon
    from ergon_ops.interfaces.serve.place import Place, further_socket

    host, port = address(arguments.http or f"127.0.0.1:{DEFAULT_PORT}")
    place = Place.of(program.settings)
    further = further_socket(Path(arguments.socket)) if arguments.socket else None
    assistant = open_assistant(program.settings, sampling=True)
    tekton = Path(program.settings.tekton_root) if program.settings.tekton_root else None
    try:
        daemon = Daemon(
            program.settings,
            assistant,
            place,
            lambda text: notice(f"ergon-ops: {text}"),
            host,
            port,
            tekton,
            further,
        )
        return await daemon.run()
    finally:
        await assistant.close()


async def mcp(program: Program, arguments: Namespace) -> int:
    from ergon_ops.assistant.wiring import open_assistant
    from ergon_ops.interfaces.mcp_server import run

    assistant = open_assistant(program.settings)
    try:
        return await run(assistant)
    finally:
        await assistant.close()


def address(text: str) -> tuple[str | None, int]:
    """`host:port`; `off` for no TCP at all. Raises UsageError, also for what is not this machine."""
    if text == "off":
        return None, 0
    host, colon, port = text.rpartition(":")
    host = host.strip("[]")
    if not colon or not host or not port.isdigit() or int(port) > 65_535:
        raise UsageError(f"{text!r} is no address", next="for example --http 127.0.0.1:8790, or --http off")
    if host not in LOOPBACK:
        raise UsageError(
            f"{host} is not this machine alone: beyond it there is no TLS here",
            next="listen on 127.0.0.1 and put a proxy with TLS before it",
        )
    return ("127.0.0.1" if host == "localhost" else host), int(port)


COMMANDS = (
    Command(
        "serve",
        "[--http HOST:PORT|off] [--socket PATH]",
        "the daemon: watches, and answers aish, HTTP and OpenAI clients",
        serve,
        (
            ("serve", "until Ctrl-C; the address and the token are printed"),
            ("serve --http 127.0.0.1:0", "on any free port"),
            ("serve --http off", "the unix socket alone"),
        ),
        "One a user. `ask`, `chat`, `list` and `diagnose` use it while it runs. With TEKTON_ROOT set, every"
        " container is known to Tekton's aish.",
        (
            Argument("--http", "where to listen; off for the unix socket alone", "HOST:PORT"),
            Argument("--socket", "another unix socket, for programs that look for one there", "PATH"),
        ),
    ),
    Command(
        "mcp",
        "",
        "an MCP server over stdio, for clients that start it",
        mcp,
        (("mcp", 'in a client\'s configuration: {"command": "ergon-ops", "args": ["mcp"]}'),),
        "Offers `ask`, the read tools and proposals; nothing is changed without a person at a terminal.",
    ),
)
