"""Where a program answers that it is well, told by calls and tables instead of decorated handlers."""
# ruff: noqa: E501 - tables read best one a line

from __future__ import annotations

from pathlib import Path

import pytest

from tests.packaging.test_settings import only
from tests.packaging.workspaces import package

ROUTED = {
    "starlette": "from starlette.applications import Starlette\nfrom starlette.routing import Route\napp = Starlette(routes=[Route('/health', h)])\n",
    "flask": "from flask import Flask\napp = Flask(__name__)\napp.add_url_rule('/health', view_func=h)\n",
    "aiohttp": "from aiohttp import web\napp = web.Application()\napp.add_routes([web.get('/health', h)])\nweb.run_app(app)\n",
    "litestar": "from litestar import Litestar, get\n@get('/health')\nasync def h() -> str: return 'ok'\napp = Litestar([h])\n",
    "bottle": "from bottle import route, run\n@route('/health')\ndef h(): return 'ok'\nrun(host='0.0.0.0', port=8081)\n",
}


def health(root: Path, kind: str, text: str) -> str:
    return only(root, {"main.py": text, "requirements.txt": f"{kind}\nuvicorn\n"}).health


@pytest.mark.parametrize("kind", ROUTED)
def test_an_address_that_a_call_tells_is_the_one_of_health(tmp_path: Path, kind: str) -> None:
    assert health(tmp_path, kind, ROUTED[kind]) == "/health"


@pytest.mark.parametrize("kind", ROUTED)
def test_one_that_answers_to_something_else_is_not(tmp_path: Path, kind: str) -> None:
    assert health(tmp_path, kind, ROUTED[kind].replace("'/health'", "'/health', methods=['POST']")) == ""


@pytest.mark.parametrize("kind", [kind for kind in ROUTED if kind != "flask"])
def test_one_that_may_stand_under_something_is_not(tmp_path: Path, kind: str) -> None:
    assert health(tmp_path, kind, f"{ROUTED[kind]}\nx = Mount('/v1', y)\n") == ""


@pytest.mark.parametrize(("kind", "place"), [("fastify", "url"), ("@hapi/hapi", "path")])
def test_an_address_that_stands_in_a_table_of_javascript(tmp_path: Path, kind: str, place: str) -> None:
    text = f"const H = require('{kind}')\nconst s = H.server({{port: 3459}})\ns.route({{method: 'GET', {place}: '/health', handler: f}})\ns.listen({{port: 3459}})\n"
    files = {"package.json": package(main="a.js", dependencies={kind: "1"}), "a.js": text}
    found = only(tmp_path, files)
    assert (found.health, found.port) == ("/health", 3459)
    assert only(tmp_path, {**files, "a.js": text.replace("'GET'", "'POST'")}).health == ""
