"""Python sources: what they construct, which variables they read, on which port they say they listen.

A syntax tree costs fifty times what looking for words does: only files that may construct or start something get one,
those nearest to the top first. Of the others a few forms are looked for, outside of comments and documentation.
"""

from __future__ import annotations

import re
from dataclasses import field

from ergon_ops.dataclass import dataclass
from ergon_ops.packaging.analysis.evidence import Evidence
from ergon_ops.packaging.analysis.tree import Tree, aside

# What a call means, by the name it is imported under.
CONSTRUCTORS: dict[str, str] = {
    "fastapi.FastAPI": "fastapi", "flask.Flask": "flask", "starlette.applications.Starlette": "starlette",
    "litestar.Litestar": "litestar", "quart.Quart": "quart", "sanic.Sanic": "sanic", "dash.Dash": "dash",
    "fasthtml.common.FastHTML": "fasthtml", "fasthtml.common.fast_app": "fasthtml", "fasthtml.FastHTML": "fasthtml",
    "gradio.Interface": "gradio", "gradio.Blocks": "gradio", "gradio.ChatInterface": "gradio",
    "gradio.TabbedInterface": "gradio",
    "celery.Celery": "celery", "aiohttp.web.Application": "aiohttp", "aiohttp.web.run_app": "aiohttp",
    "tornado.web.Application": "tornado", "grpc.server": "grpc", "grpc.aio.server": "grpc",
    "bottle.Bottle": "bottle", "bottle.run": "bottle", "bottle.default_app": "bottle", "falcon.App": "falcon",
    "falcon.API": "falcon", "falcon.asgi.App": "falcon", "apiflask.APIFlask": "flask",
    "flask_openapi3.OpenAPI": "flask",
    "cherrypy.quickstart": "cherrypy", "cherrypy.tree.mount": "cherrypy", "cherrypy.tree.graft": "cherrypy",
    "cherrypy.engine.start": "cherrypy", "robyn.Robyn": "robyn", "nicegui.ui.run": "nicegui",
    "blacksheep.Application": "blacksheep", "blacksheep.server.Application": "blacksheep", "shiny.App": "shiny",
    "pyramid.config.Configurator": "pyramid", "chainlit.on_message": "chainlit", "chainlit.on_chat_start": "chainlit",
    "discord.Client": "bot", "discord.Bot": "bot", "discord.ext.commands.Bot": "bot",
    "discord.ext.commands.AutoShardedBot": "bot", "nextcord.ext.commands.Bot": "bot", "disnake.ext.commands.Bot": "bot",
    "disnake.ext.commands.InteractionBot": "bot", "hikari.GatewayBot": "bot", "telegram.ext.ApplicationBuilder": "bot",
    "telegram.ext.Application.builder": "bot", "telegram.ext.Updater": "bot", "telebot.TeleBot": "bot",
    "telebot.async_telebot.AsyncTeleBot": "bot", "pyrogram.Client": "bot", "telethon.TelegramClient": "bot",
    "slack_bolt.adapter.socket_mode.SocketModeHandler": "bot",
    "slack_bolt.adapter.socket_mode.async_handler.AsyncSocketModeHandler": "bot",
    "aiogram.Bot": "bot", "streamlit.title": "streamlit", "streamlit.write": "streamlit",
    "streamlit.set_page_config": "streamlit", "streamlit.header": "streamlit", "streamlit.markdown": "streamlit",
    "streamlit.subheader": "streamlit", "streamlit.sidebar.title": "streamlit", "streamlit.sidebar.header": "streamlit",
}  # fmt: skip
# What is called, not kept under a name: a server is started by it, or a page is made of such calls.
CALLED = (
    "streamlit", "aiohttp", "bot", "tornado", "cherrypy", "bottle", "nicegui", "pyramid", "chainlit",
)  # fmt: skip
# Names that say by themselves what they construct; the others are common words, told by their package.
TELLING = {"FastAPI", "Flask", "Starlette", "Litestar", "Quart", "Sanic", "Dash", "FastHTML", "fast_app", "Celery"}
PACKAGES = {full.split(".")[0] for full in CONSTRUCTORS if full.rpartition(".")[2] not in TELLING}
# A pattern of many alternatives over every file would take longer than reading them all: words first.
WORDS = (
    *sorted(TELLING | PACKAGES), "BaseSettings", "decouple", "Env(", "Server", "make_server", "start_server",
    "run_app", "add_insecure_port", ".listen(", "port=", "port =", ".run(", "envvar", "Consumer(", "loop_forever",
    "start_consuming", "run_pending", "BlockingScheduler", "serve(", "listenTCP", ".bind =",
    "FastMCP", "transport=",
)  # fmt: skip
SYNTAX = re.compile(
    r"\b(?:" + "|".join(sorted(TELLING | PACKAGES)) + r")\b"
    r"|BaseSettings|decouple|\bEnv\(|(?:HTTP|TCP|WSGI)Server|make_server|start_server|run_app"
    r"|Consumer\(|loop_forever|start_consuming|run_pending|BlockingScheduler"
    r"|FastMCP|\btransport\s*=|uvicorn\.run\(|\.run\([^)\n]*\*\*|\bserve\(|listenTCP|\.bind\s*=\s|\benvvar\s*=|add_insecure_port|\.listen\(|\bport\s*=|\.run\(\s*(?:['\"][\d.:]*['\"]|host)"
)
MOST_PARSED = 300_000  # characters a project; of what lies deeper only words are looked for
SECRET = re.compile(r"(?i)(password|passwd|secret|token|api_?key|private_?key|credential|_key$|_pwd$|_dsn$)")


@dataclass(frozen=True, slots=True)
class Made:
    """`name = FastAPI(…)`: `factory` is the function it is made in, if it is not at the top of its module; `server` is
    what a WSGI server is given of a Dash application, under its own name."""

    type: str
    name: str
    factory: str
    evidence: Evidence
    server: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    name: str
    required: bool
    line: int


@dataclass(frozen=True, slots=True)
class Mount:
    """`app.include_router(users.router, prefix="/users")`: `under` is None where it is no literal."""

    target: str
    under: str | None


@dataclass(slots=True)
class Source:
    """One file. `ports` are those it listens on by itself; `routes` are paths of GET handlers, each with the name of
    the application or router it belongs to; `routers` are this file's own, with the prefix they were given."""

    path: str
    made: list[Made] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    ports: list[tuple[int, Evidence]] = field(default_factory=list)
    routes: list[tuple[str, str]] = field(default_factory=list)
    routers: dict[str, str | None] = field(default_factory=dict)
    mounts: list[Mount] = field(default_factory=list)
    servers: dict[str, str] = field(default_factory=dict)  # app → server, of `server = app.server`
    asks: list[tuple[str, ...]] = field(default_factory=list)  # keys of settings it listens on
    main: Evidence | None = None
    serves: bool = False
    transports: list[str] = field(default_factory=list)  # of an MCP server, of each call that starts it: '' its own
    lasts: bool = False  # it waits for messages or times, and does not end

    def read(self, one: Read) -> None:
        """Once a name, and once more if it turns out to be required."""
        if not any(known.name == one.name and known.required >= one.required for known in self.reads):
            self.reads.append(one)


def sources(tree: Tree) -> dict[str, Source]:
    """Every Python file that says something, in the order of their paths."""
    from ergon_ops.packaging.analysis.skimming import skimmed
    from ergon_ops.packaging.analysis.syntax import parsed

    found: dict[str, Source | None] = {}
    deep: list[str] = []
    for path in tree.under(".", ".py"):
        text = tree.text(path)
        if any(word in text for word in WORDS) and SYNTAX.search(text):
            found[path] = None
            deep.append(path)
        elif _says(text):
            found[path] = skimmed(path, text)
    spent = 0
    for path in sorted(deep, key=lambda path: (aside(path), path.count("/"), path)):
        text = tree.text(path)
        spent += len(text)
        found[path] = parsed(tree, path, text) if spent <= MOST_PARSED else skimmed(path, text)
    return {path: source for path, source in found.items() if source is not None}


def _says(text: str) -> bool:
    return (
        "environ" in text
        or "getenv" in text
        or "__main__" in text
        or "env(" in text
        or "env." in text
        or ("@" in text and (".get(" in text or "route(" in text))
    )
