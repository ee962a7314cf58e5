"""Projects of every kind, as a table: files by name, and what each application in them is.

`TREES` are (name, files, applications); an application is (path, type, run command, port). Files are short on purpose:
what counts is which words stand where. `_` in a text is a new line where that reads better.
"""
# ruff: noqa: E501 - a table of projects reads best one a line

from __future__ import annotations

import json
from pathlib import Path

Expected = tuple[str, str, str, int | None]
Project = tuple[str, dict[str, str], list[Expected]]


def package(**more: object) -> str:
    return json.dumps(more, indent=1)


FASTAPI = "from fastapi import FastAPI\n\napp = FastAPI()\n\n@app.get('/health')\ndef health(): return {'ok': True}\n"
FLASK = "from flask import Flask\napp = Flask(__name__)\n\n@app.route('/')\ndef index(): return 'hi'\n"
EXPRESS = "const express = require('express')\nconst app = express()\napp.get('/health', (q, r) => r.send('ok'))\n"
MANAGE = "import os, sys\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n"
SETTINGS = (
    "SECRET_KEY = 'x'\nALLOWED_HOSTS = ['*']\nROOT_URLCONF = 'shop.urls'\nWSGI_APPLICATION = 'shop.wsgi.application'\n"
)
URLS = "from django.http import HttpResponse\nfrom django.urls import path\nurlpatterns = [path('', lambda request: HttpResponse('ok'))]\n"
WSGI = "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\napplication = get_wsgi_application()\n"
GO = 'package main\n\nimport "net/http"\n\nfunc main() {\n\thttp.ListenAndServe(":9000", nil)\n}\n'
TSCONFIG = package(
    compilerOptions={
        "outDir": "dist",
        "rootDir": "src",
        "module": "commonjs",
        "target": "es2022",
        "esModuleInterop": True,
        "skipLibCheck": True,
        "experimentalDecorators": True,
        "emitDecoratorMetadata": True,
    },
    include=["src"],
)
NEST = {
    "@nestjs/common": "10",
    "@nestjs/core": "10",
    "@nestjs/platform-express": "10",
    "reflect-metadata": "0.2",
    "rxjs": "7",
}
NEST_MAIN = """import 'reflect-metadata'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'

@Module({})
class Shop {}

async function main() {
  const app = await NestFactory.create(Shop)
  await app.listen(3100)
}
main()
"""
REACT = {"react": "18", "react-dom": "18"}
PAGE = "export default function Page() { return null }\n"
HTML = "<!doctype html><html><head><title>x</title></head><body></body></html>\n"
KIT = {
    "@sveltejs/kit": "2",
    "@sveltejs/adapter-node": "5",
    "@sveltejs/vite-plugin-svelte": "3",
    "svelte": "4",
    "vite": "5",
}
SVELTE = "import adapter from '@sveltejs/adapter-node'\nexport default { kit: { adapter: adapter() } }\n"
SVELTE_VITE = "import { sveltekit } from '@sveltejs/kit/vite'\nexport default { plugins: [sveltekit()] }\n"
SVELTE_HTML = "<!doctype html><html><head>%sveltekit.head%</head><body>%sveltekit.body%</body></html>\n"
ANGULAR = {
    "@angular/core": "17",
    "@angular/common": "17",
    "@angular/compiler": "17",
    "@angular/platform-browser": "17",
    "rxjs": "7",
    "tslib": "2",
    "zone.js": "0.14",
}
ANGULAR_DEV = {
    "@angular-devkit/build-angular": "17",
    "@angular/cli": "17",
    "@angular/compiler-cli": "17",
    "typescript": "5.4",
}
ANGULAR_BUILD = {
    "builder": "@angular-devkit/build-angular:application",
    "options": {
        "outputPath": "dist/shop",
        "index": "src/index.html",
        "browser": "src/main.ts",
        "polyfills": ["zone.js"],
        "tsConfig": "tsconfig.json",
    },
}
ANGULAR_JSON = package(
    version=1,
    projects={
        "shop": {"projectType": "application", "root": "", "sourceRoot": "src", "architect": {"build": ANGULAR_BUILD}}
    },
    cli={"analytics": False},
)
ANGULAR_TS = package(
    compilerOptions={
        "target": "es2022",
        "module": "es2022",
        "moduleResolution": "node",
        "experimentalDecorators": True,
        "skipLibCheck": True,
        "lib": ["es2022", "dom"],
    },
    files=["src/main.ts"],
)
ANGULAR_MAIN = """import { Component } from '@angular/core'
import { bootstrapApplication } from '@angular/platform-browser'

@Component({ selector: 'shop-root', standalone: true, template: 'x' })
class Shop {}

bootstrapApplication(Shop)
"""
UVICORN = "fastapi\nuvicorn\n"

TREES: list[Project] = [
    # -- Python
    ("fastapi", {"main.py": FASTAPI, "requirements.txt": UVICORN}, [(".", "fastapi", "uvicorn main:app --host 0.0.0.0 --port 8000", 8000)]),
    ("fastapi-package", {"app/__init__.py": "", "app/main.py": FASTAPI, "requirements.txt": UVICORN}, [(".", "fastapi", "uvicorn app.main:app --host 0.0.0.0 --port 8000", 8000)]),
    ("fastapi-src", {"src/shop/__init__.py": "", "src/shop/api.py": FASTAPI.replace("app", "api"), "pyproject.toml": '[project]\nname = "shop"\nrequires-python = ">=3.10"\ndependencies = ["fastapi[standard]"]\n'}, [(".", "fastapi", "uvicorn shop.api:api --app-dir src --host 0.0.0.0 --port 8000", 8000)]),
    ("fastapi-factory", {"service.py": "import fastapi\ndef create_app() -> fastapi.FastAPI:\n    app = fastapi.FastAPI()\n    return app\n", "requirements.txt": UVICORN}, [(".", "fastapi", "uvicorn service:create_app --factory --host 0.0.0.0 --port 8000", 8000)]),
    ("fastapi-own-port", {"main.py": FASTAPI + "if __name__ == '__main__':\n    import uvicorn\n    uvicorn.run(app, host='0.0.0.0', port=9100)\n", "requirements.txt": UVICORN}, [(".", "fastapi", "uvicorn main:app --host 0.0.0.0 --port 9100", 9100)]),
    ("fastapi-env-port", {"main.py": "import os\nimport uvicorn\nfrom fastapi import FastAPI\nPORT = int(os.getenv('PORT', '8085'))\napp = FastAPI()\nif __name__ == '__main__':\n    uvicorn.run(app, port=PORT)\n", "requirements.txt": UVICORN}, [(".", "fastapi", "uvicorn main:app --host 0.0.0.0 --port 8085", 8085)]),
    ("fastapi-annotated", {"server.py": "from fastapi import FastAPI as Api\nserver: Api = Api(title='x')\n", "Pipfile": '[packages]\nfastapi = "*"\nuvicorn = "*"\n[requires]\npython_version = "3.12"\n'}, [(".", "fastapi", "uvicorn server:server --host 0.0.0.0 --port 8000", 8000)]),
    ("fastapi-worker", {"web.py": FASTAPI, "tasks.py": "from celery import Celery\ncelery = Celery('t', broker='redis://redis')\n", "requirements.txt": UVICORN + "celery[redis]\n"}, [(".", "fastapi", "uvicorn web:app --host 0.0.0.0 --port 8000", 8000), (".", "celery", "celery -A tasks worker", None)]),
    ("not-fastapi", {"main.py": "# FastAPI() is what we left\nname = 'FastAPI('\nif __name__ == '__main__':\n    print(name)\n", "requirements.txt": "idna  # fastapi\n"}, [(".", "script", "python main.py", None)]),
    ("flask", {"app.py": FLASK, "requirements.txt": "Flask==3.0\n"}, [(".", "flask", "flask --app app run --host 0.0.0.0 --port 5000", 5000)]),
    ("flask-unlisted", {"app.py": "import sqlite3, json\nfrom flask import Flask\nimport yaml\nimport shapes\napp = Flask(__name__)\n", "shapes.py": "import idna\n"}, [(".", "flask", "flask --app app run --host 0.0.0.0 --port 5000", 5000)]),
    ("fastapi-both", {"main.py": "from fastapi import FastAPI\ndef create_app():\n    app = FastAPI()\n    return app\n\napp = create_app()\n", "requirements.txt": UVICORN}, [(".", "fastapi", "uvicorn main:app --host 0.0.0.0 --port 8000", 8000)]),
    ("flask-gunicorn", {"wsgi.py": FLASK, "requirements.txt": "flask\ngunicorn\n"}, [(".", "flask", "gunicorn -b 0.0.0.0:8000 wsgi:app", 8000)]),
    ("flask-factory", {"blog/__init__.py": "import flask\ndef create_app():\n    app = flask.Flask(__name__)\n    return app\n", "pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.12"\nflask = "^3"\ngunicorn = "*"\n', "poetry.lock": ""}, [(".", "flask", "gunicorn -b 0.0.0.0:8000 blog:create_app()", 8000)]),
    ("flask-port", {"run.py": FLASK + "app.run(host='0.0.0.0', port=7000)\n", "requirements.txt": "flask\n"}, [(".", "flask", "flask --app run run --host 0.0.0.0 --port 7000", 7000)]),
    ("django", {"manage.py": MANAGE, "shop/__init__.py": "", "shop/settings.py": SETTINGS, "shop/urls.py": URLS, "shop/wsgi.py": WSGI, "requirements.txt": "Django>=5\ngunicorn\npsycopg2-binary\n"}, [(".", "django", "gunicorn -b 0.0.0.0:8000 shop.wsgi:application", 8000)]),
    ("django-inner", {"requirements.txt": "django\n", "src/manage.py": MANAGE, "src/shop/settings.py": SETTINGS, "src/shop/urls.py": URLS, "src/shop/wsgi.py": WSGI, "package.json": package(scripts={"build": "vite build"}, devDependencies={"vite": "5"})}, [(".", "django", "python src/manage.py runserver 0.0.0.0:8000", 8000)]),
    ("starlette", {"asgi.py": "from starlette.applications import Starlette\napp = Starlette()\n", "requirements.txt": "starlette\nuvicorn\n"}, [(".", "starlette", "uvicorn asgi:app --host 0.0.0.0 --port 8000", 8000)]),
    ("sanic", {"srv.py": "from sanic import Sanic, text\napp = Sanic('x')\n\n@app.get('/')\nasync def index(request): return text('hi')\n", "requirements.txt": "sanic\n"}, [(".", "sanic", "sanic srv:app --host 0.0.0.0 --port 8000", 8000)]),
    ("quart", {"srv.py": "from quart import Quart\napp = Quart(__name__)\n", "requirements.txt": "quart\nhypercorn\n"}, [(".", "quart", "hypercorn --bind 0.0.0.0:8000 srv:app", 8000)]),
    ("fasthtml", {"main.py": "from fasthtml.common import *\napp, rt = fast_app(secret_key='dev')\n", "requirements.txt": "python-fasthtml\n"}, [(".", "fasthtml", "uvicorn main:app --host 0.0.0.0 --port 5001", 5001)]),
    ("streamlit", {"Home.py": "import streamlit as st\nst.title('x')\n", "pages/1_More.py": "import streamlit as st\nst.write('y')\n", "requirements.txt": "streamlit\n"}, [(".", "streamlit", "streamlit run Home.py --server.address 0.0.0.0 --server.port 8501", 8501)]),
    ("gradio", {"app.py": "import gradio as gr\nwith gr.Blocks() as demo:\n    pass\ndemo.launch(server_name='0.0.0.0')\n", "requirements.txt": "gradio\n"}, [(".", "gradio", "python app.py", 7860)]),
    ("dash", {"app.py": "from dash import Dash, html\napp = Dash(__name__)\nserver = app.server\napp.layout = html.P('x')\n", "requirements.txt": "dash\ngunicorn\n"}, [(".", "dash", "gunicorn -b 0.0.0.0:8050 app:server", 8050)]),
    ("dash-plain", {"app.py": "from dash import Dash, html\napp = Dash(__name__)\napp.layout = html.P('x')\n", "requirements.txt": "dash\ngunicorn\n"}, [(".", "dash", "python -c from app import app as app; app.run(host='0.0.0.0', port=8050)", 8050)]),
    ("aiohttp", {"main.py": "from aiohttp import web\napp = web.Application()\nweb.run_app(app, port=8088)\n", "requirements.txt": "aiohttp\n"}, [(".", "aiohttp", "python main.py", 8088)]),
    ("tornado", {"main.py": "import asyncio\nimport tornado.web\n\nasync def main():\n    app = tornado.web.Application([])\n    app.listen(8899)\n    await asyncio.Event().wait()\n\nasyncio.run(main())\n", "requirements.txt": "tornado\n"}, [(".", "tornado", "python main.py", 8899)]),
    ("grpc", {"server.py": "import grpc\nfrom concurrent import futures\nserver = grpc.server(futures.ThreadPoolExecutor(2))\nserver.add_insecure_port('[::]:50061')\nserver.start()\nserver.wait_for_termination()\n", "requirements.txt": "grpcio\n"}, [(".", "grpc", "python server.py", 50061)]),
    ("bot", {"bot.py": "import discord\nclient = discord.Client(intents=discord.Intents.default())\n", "requirements.txt": "discord.py\n"}, [(".", "bot", "python bot.py", None)]),
    ("script-package", {"report/__init__.py": "", "report/__main__.py": "if __name__ == '__main__':\n    print(1)\n", "pyproject.toml": '[project]\nname = "report"\n'}, [(".", "script", "python -m report", None)]),
    ("script-console", {"cli.py": "def main(): pass\n", "pyproject.toml": '[project]\nname = "x"\nversion = "1"\n[project.scripts]\nxrun = "cli:main"\n'}, [(".", "script", "xrun", None)]),
    ("stdlib-http", {"serve.py": "from http.server import HTTPServer, SimpleHTTPRequestHandler\nif __name__ == '__main__':\n    HTTPServer(('', 8123), SimpleHTTPRequestHandler).serve_forever()\n"}, [(".", "http", "python serve.py", 8123)]),
    ("stdlib-tcpserver", {"server.py": "import http.server, socketserver\nPORT = 9999\nwith socketserver.TCPServer(('', PORT), http.server.SimpleHTTPRequestHandler) as httpd:\n    httpd.serve_forever()\n"}, [(".", "http", "python server.py", 9999)]),
    ("script-bare", {"main.py": "print('hi')\n"}, [(".", "script", "python main.py", None)]),
    ("python-library", {"lib/__init__.py": "x = 1\n", "pyproject.toml": '[project]\nname = "lib"\n', "tests/test_app.py": FASTAPI}, []),
    ("procfile", {"app.py": FLASK, "requirements.txt": "flask\ngunicorn\n", "Procfile": "release: true\nweb: gunicorn app:app -b 0.0.0.0:8200\n"}, [(".", "flask", "gunicorn app:app -b 0.0.0.0:8200", 8200)]),
    ("examples-beside", {"shop/__init__.py": "", "shop/web.py": FLASK, "requirements.txt": "flask\ngunicorn\n", "examples/node/package.json": package(scripts={"start": "node i.js"}, dependencies={"express": "4"}), "examples/node/i.js": EXPRESS + "app.listen(1111)\n"}, [(".", "flask", "gunicorn -b 0.0.0.0:8000 shop.web:app", 8000)]),
    ("tornado-package", {"chat/__init__.py": "", "chat/rooms.py": "NAME = 'x'\n", "chat/server.py": "import asyncio\nimport tornado.web\nfrom tornado.options import define, options\nfrom chat.rooms import NAME\n\ndefine('port', default=8899)\n\nasync def main():\n    app = tornado.web.Application([])\n    app.listen(options.port)\n    await asyncio.Event().wait()\n\nif __name__ == '__main__':\n    asyncio.run(main())\n", "requirements.txt": "tornado\n"}, [(".", "tornado", "python -m chat.server", 8899)]),
    ("fastapi-settings", {"run.py": "import uvicorn\nfrom shop.settings import settings\nif __name__ == '__main__':\n    uvicorn.run('shop.web:app', port=settings.port)\n", "shop/__init__.py": "", "shop/web.py": FASTAPI, "shop/settings.py": "import os\n\nclass Settings:\n    port: int = int(os.getenv('SHOP_PORT', '8444'))\n\nsettings = Settings()\n", "requirements.txt": UVICORN}, [(".", "fastapi", "uvicorn shop.web:app --host 0.0.0.0 --port 8444", 8444)]),
    ("flask-makefile", {"web.py": FLASK, "requirements.txt": "flask\ngunicorn\n", "Makefile": "PORT ?= 8210\n\nrun:\n\tgunicorn --bind 0.0.0.0:$(PORT) web:app\n"}, [(".", "flask", "gunicorn -b 0.0.0.0:8210 web:app", 8210)]),
    ("cherrypy", {"app.py": "import cherrypy\n\nclass Root:\n    @cherrypy.expose\n    def index(self): return 'hi'\n\nif __name__ == '__main__':\n    cherrypy.config.update({\n        'server.socket_host': '0.0.0.0',\n        'server.socket_port': 8099,\n    })\n    cherrypy.quickstart(Root(), '/')\n", "requirements.txt": "CherryPy\n"}, [(".", "cherrypy", "python app.py", 8099)]),
    ("cherrypy-file", {"app.py": "import cherrypy\n\nclass Root:\n    @cherrypy.expose\n    def index(self): return 'hi'\n\nif __name__ == '__main__':\n    cherrypy.quickstart(Root(), '/', 'server.conf')\n", "server.conf": "[global]\nserver.socket_host: '0.0.0.0'\nserver.socket_port: 8097\n", "requirements.txt": "CherryPy\n"}, [(".", "cherrypy", "python app.py", 8097)]),
    ("robyn", {"app.py": "from robyn import Robyn\napp = Robyn(__file__)\n\n@app.get('/')\nasync def index(request): return 'hi'\n\nif __name__ == '__main__':\n    app.start(host='0.0.0.0', port=8077)\n", "requirements.txt": "robyn\n"}, [(".", "robyn", "python app.py", 8077)]),
    ("bottle-routes", {"web.py": "import os\nfrom bottle import route, run\n\n@route('/')\ndef index(): return 'hi'\n\nif __name__ == '__main__':\n    run(host='0.0.0.0', port=int(os.getenv('PORT', 8085)), server='waitress')\n", "requirements.txt": "bottle\nwaitress\n"}, [(".", "bottle", "python web.py", 8085)]),
    ("tornado-subclass", {"main.py": "import asyncio\nimport tornado.httpserver, tornado.web\nfrom tornado.options import define, options\n\ndefine(\n    'port',\n    default=8887,\n    type=int,\n)\n\nclass Shop(tornado.web.Application):\n    def __init__(self): super().__init__([])\n\nasync def main():\n    server = tornado.httpserver.HTTPServer(Shop())\n    server.listen(options.port, address='0.0.0.0')\n    await asyncio.Event().wait()\n\nasyncio.run(main())\n", "requirements.txt": "tornado\n"}, [(".", "tornado", "python main.py", 8887)]),
    ("fastapi-yaml", {"main.py": "import uvicorn, yaml\nfrom fastapi import FastAPI\n\nwith open('config.yaml') as file:\n    cfg = yaml.safe_load(file)\napp = FastAPI()\n\nif __name__ == '__main__':\n    uvicorn.run(app, host=cfg['server']['host'], port=cfg['server']['port'])\n", "config.yaml": "database:\n  port: 5433\nserver:\n  host: 0.0.0.0\n  port: 9443\n", "requirements.txt": UVICORN + "pyyaml\n"}, [(".", "fastapi", "uvicorn main:app --host 0.0.0.0 --port 9443", 9443)]),
    ("aiohttp-toml", {"server.py": "import tomllib\nfrom pathlib import Path\nfrom aiohttp import web\n\nconfig = tomllib.loads(Path('settings.toml').read_text())\nweb.run_app(web.Application(), port=config['http']['port'])\n", "settings.toml": "[redis]\nport = 6379\n\n[http]\nport = 8765\n", "requirements.txt": "aiohttp\n"}, [(".", "aiohttp", "python server.py", 8765)]),
    ("aiohttp-ini", {"server.py": "import configparser\nfrom aiohttp import web\n\nconfig = configparser.ConfigParser()\nconfig.read('etc/app.ini')\nport = config.getint('server', 'port', fallback=8000)\nweb.run_app(web.Application(), port=port)\n", "etc/app.ini": "[server]\nport = 8766\n", "requirements.txt": "aiohttp\n"}, [(".", "aiohttp", "python server.py", 8766)]),
    ("granian", {"app/__init__.py": "", "app/main.py": FASTAPI, "pyproject.toml": '[project]\nname = "feed"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["fastapi", "granian"]\n\n[tool.pdm.scripts]\nstart = {cmd = "granian --interface asgi --port 8700 app.main:app"}\n', "pdm.lock": ""}, [(".", "fastapi", "granian --interface asgi --host 0.0.0.0 --port 8700 app.main:app", 8700)]),
    ("django-folders", {"manage.py": MANAGE, "shop/__init__.py": "", "shop/settings.py": SETTINGS, "shop/urls.py": URLS, "shop/wsgi.py": WSGI, "requirements/base.txt": "Django>=5,<6\n", "requirements/dev.txt": "-r base.txt\npytest\n", "requirements/production.txt": "-r base.txt\ngunicorn\n", "gunicorn.conf.py": "import os\n\nport = os.environ.get('PORT', '8150')\nbind = f'0.0.0.0:{port}'\n"}, [(".", "django", "gunicorn -b 0.0.0.0:8150 shop.wsgi:application", 8150)]),
    ("procfile-default", {"app.py": FLASK, "requirements.txt": "flask\ngunicorn\n", "Procfile": "web: gunicorn --bind 0.0.0.0:${PORT:-8020} app:app\n"}, [(".", "flask", "sh -c gunicorn --bind 0.0.0.0:${PORT:-8020} app:app", 8020)]),
    ("flask-dotenv", {"app.py": "import os\nfrom dotenv import load_dotenv\nfrom flask import Flask\nload_dotenv()\napp = Flask(__name__)\n\nif __name__ == '__main__':\n    app.run(port=int(os.environ['PORT']))\n", ".env": "DEBUG=1\nPORT=5151\n", "requirements.txt": "flask\npython-dotenv\n"}, [(".", "flask", "flask --app app run --host 0.0.0.0 --port 5151", 5151)]),
    ("django-channels", {"manage.py": MANAGE, "shop/__init__.py": "", "shop/settings.py": SETTINGS.replace("WSGI", "ASGI").replace("wsgi", "asgi") + "INSTALLED_APPS = ['daphne', 'channels']\n", "shop/urls.py": URLS, "shop/asgi.py": WSGI.replace("wsgi", "asgi"), "requirements.txt": "Django>=5,<6\nchannels[daphne]\n", "compose.yaml": "services:\n  web:\n    build: .\n    command: daphne -b 0.0.0.0 -p 8003 shop.asgi:application\n"}, [(".", "django", "daphne -b 0.0.0.0 -p 8003 shop.asgi:application", 8003)]),
    ("quart-own-server", {"app.py": "from quart import Quart\napp = Quart(__name__)\n\nif __name__ == '__main__':\n    app.run(host='0.0.0.0', port=5050)\n", "requirements.txt": "quart\n"}, [(".", "quart", "hypercorn --bind 0.0.0.0:5050 app:app", 5050)]),
    ("hypercorn-config", {"main.py": FASTAPI + "import asyncio\nfrom hypercorn.asyncio import serve\nfrom hypercorn.config import Config\n\nif __name__ == '__main__':\n    config = Config()\n    config.bind = ['0.0.0.0:8470']\n    asyncio.run(serve(app, config))\n", "requirements.txt": "fastapi\nhypercorn\n"}, [(".", "fastapi", "hypercorn --bind 0.0.0.0:8470 main:app", 8470)]),
    ("websockets", {"server.py": "import asyncio\nimport websockets\n\nasync def handler(websocket): await websocket.send('hi')\n\nasync def main():\n    async with websockets.serve(handler, '0.0.0.0', 8764):\n        await asyncio.Future()\n\nif __name__ == '__main__':\n    asyncio.run(main())\n", "requirements.txt": "websockets\n"}, [(".", "http", "python server.py", 8764)]),
    ("litestar-returned", {"src/ledger/__init__.py": "", "src/ledger/asgi.py": "from litestar import Litestar, get\n\n@get('/')\nasync def index() -> str: return 'hi'\n\ndef create_app() -> Litestar:\n    return Litestar([index])\n", "src/ledger/cli.py": "import typer\nimport uvicorn\napp = typer.Typer()\n\n@app.command()\ndef serve(host: str = '127.0.0.1', port: int = 8222):\n    uvicorn.run('ledger.asgi:create_app', factory=True, host=host, port=port)\n", "pyproject.toml": '[project]\nname = "ledger"\nversion = "1"\ndependencies = ["litestar", "uvicorn", "typer"]\n[project.scripts]\nledger = "ledger.cli:app"\n'}, [(".", "litestar", "uvicorn ledger.asgi:create_app --factory --app-dir src --host 0.0.0.0 --port 8222", 8222)]),
    ("flask-held", {"server.py": "from flask import Flask\n\nclass Server:\n    def __init__(self, port=7123):\n        self.app = Flask(__name__)\n        self.port = port\n\n    def run(self):\n        self.app.run(host='0.0.0.0', port=self.port)\n\nif __name__ == '__main__':\n    Server().run()\n", "requirements.txt": "flask\n"}, [(".", "flask", "python server.py", 7123)]),
    ("flask-uwsgi", {"main.py": FLASK, "uwsgi.ini": "[uwsgi]\nmodule = main:app\nmaster = true\nhttp-socket = 0.0.0.0:9191\n", "requirements.txt": "flask\npyuwsgi\n"}, [(".", "flask", "uwsgi --ini uwsgi.ini", 9191)]),
    ("pyramid", {"shop/__init__.py": "from pyramid.config import Configurator\nfrom pyramid.response import Response\n\ndef main(settings, **more):\n    config = Configurator(settings=more)\n    config.add_route('home', '/')\n    config.add_view(lambda request: Response('hi'), route_name='home')\n    return config.make_wsgi_app()\n", "development.ini": "[app:main]\nuse = egg:shop\n\n[server:main]\nuse = egg:waitress#main\nlisten = localhost:6543\n", "production.ini": "[app:main]\nuse = egg:shop\n\n[server:main]\nuse = egg:waitress#main\nlisten = *:6544\n", "setup.py": "from setuptools import setup\n\nsetup(\n    name='shop',\n    version='1',\n    packages=['shop'],\n    install_requires=['pyramid', 'waitress'],\n    entry_points={'paste.app_factory': ['main = shop:main']},\n)\n"}, [(".", "pyramid", "pserve production.ini", 6544)]),
    ("pyramid-file", {"app.py": "from wsgiref.simple_server import make_server\nfrom pyramid.config import Configurator\nfrom pyramid.response import Response\n\nif __name__ == '__main__':\n    with Configurator() as config:\n        config.add_route('home', '/')\n        config.add_view(lambda request: Response('hi'), route_name='home')\n        app = config.make_wsgi_app()\n    make_server('0.0.0.0', 6545, app).serve_forever()\n", "requirements.txt": "pyramid\n"}, [(".", "pyramid", "python app.py", 6545)]),
    ("dash-procfile", {"app.py": "import os\nfrom dash import Dash, html\napp = Dash(__name__)\nserver = app.server\napp.layout = html.P('x')\n\nif __name__ == '__main__':\n    app.run(port=int(os.environ.get('PORT', 8055)))\n", "requirements.txt": "dash\ngunicorn\n", "Procfile": "web: gunicorn app:server\n"}, [(".", "dash", "gunicorn app:server", 8055)]),
    ("fastapi-toml-source", {"main.py": "import uvicorn\nfrom fastapi import FastAPI\nfrom settings import settings\napp = FastAPI()\n\nif __name__ == '__main__':\n    uvicorn.run(app, port=settings.server.port)\n", "settings.py": "from pydantic import BaseModel\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\n\nclass Server(BaseModel):\n    port: int = 8000\n\nclass Settings(BaseSettings):\n    server: Server = Server()\n    model_config = SettingsConfigDict(toml_file='config.toml')\n\nsettings = Settings()\n", "config.toml": "[server]\nport = 8808\n", "requirements.txt": UVICORN + "pydantic-settings\n"}, [(".", "fastapi", "uvicorn main:app --host 0.0.0.0 --port 8808", 8808)]),
    ("fastapi-subprocess", {"main.py": FASTAPI, "start.py": "import subprocess\n\nif __name__ == '__main__':\n    subprocess.run([\n        'uvicorn', 'main:app',\n        '--port', '8456',\n    ], check=True)\n", "requirements.txt": UVICORN}, [(".", "fastapi", "uvicorn main:app --host 0.0.0.0 --port 8456", 8456)]),
    ("flask-two", {"public.py": FLASK, "admin.py": FLASK, "requirements.txt": "flask\ngunicorn\n", "Procfile": "web: gunicorn public:app -b 0.0.0.0:8001\nadmin: gunicorn admin:app -b 0.0.0.0:8002\n"}, [(".", "flask", "gunicorn public:app -b 0.0.0.0:8001", 8001), (".", "http", "gunicorn admin:app -b 0.0.0.0:8002", 8002)]),
    ("streamlit-pages", {"src/board/main.py": "import streamlit as st\nst.title('x')\n", "src/board/pages/about.py": "import streamlit as st\nst.markdown('y')\n", ".streamlit/config.toml": "[theme]\nbase = 'light'\n\n[server]\nport = 8888\n", "requirements.txt": "streamlit\n"}, [(".", "streamlit", "streamlit run src/board/main.py --server.address 0.0.0.0 --server.port 8888", 8888)]),
    ("fastapi-spread", {"server/__init__.py": "", "server/web.py": FASTAPI, "server/cfg.py": "import os\n\nWEB = dict(\n    host='0.0.0.0',\n    port=int(os.environ.get('WEB_PORT', 8877)),\n)\n", "serve.py": "import uvicorn\nfrom server.cfg import WEB\n\nif __name__ == '__main__':\n    uvicorn.run('server.web:app', **WEB)\n", "requirements.txt": UVICORN}, [(".", "fastapi", "uvicorn server.web:app --host 0.0.0.0 --port 8877", 8877)]),
    # -- Node
    ("express", {"package.json": package(main="server.js", scripts={"start": "node server.js"}, dependencies={"express": "4"}), "server.js": EXPRESS + "const port = process.env.PORT || 4000\napp.listen(port)\n"}, [(".", "express", "node server.js", 4000)]),
    ("express-ts", {"package.json": package(scripts={"build": "tsc", "start": "node dist/index.js"}, dependencies={"express": "4"}, devDependencies={"typescript": "5", "@types/express": "4", "@types/node": "20"}), "tsconfig.json": TSCONFIG, "src/index.ts": "import express from 'express'\nconst app = express()\napp.listen(3456)\n"}, [(".", "express", "node dist/index.js", 3456)]),
    ("fastify", {"package.json": package(scripts={"start": "tsx app.ts"}, dependencies={"fastify": "4", "tsx": "4"}), "app.ts": "import Fastify from 'fastify'\nFastify().listen({ host: '0.0.0.0', port: 5050 })\n", "pnpm-lock.yaml": ""}, [(".", "fastify", "pnpm start", 5050)]),
    ("koa", {"package.json": package(main="index.js", dependencies={"koa": "2"}), "index.js": "const Koa = require('koa')\n// app.listen(1111)\nnew Koa().listen(3000)\n"}, [(".", "koa", "node index.js", 3000)]),
    ("nest", {"package.json": package(scripts={"build": "nest build", "start": "nest start"}, dependencies=NEST, devDependencies={"@nestjs/cli": "10", "typescript": "5.4", "@types/node": "20"}), "tsconfig.json": TSCONFIG, "nest-cli.json": "{}", "src/main.ts": NEST_MAIN}, [(".", "nestjs", "node dist/main.js", 3100)]),
    ("node-plain", {"package.json": package(scripts={"start": "node index.mjs"}), "index.mjs": "import http from 'node:http'\nhttp.createServer((q, r) => r.end('x')).listen(8090)\n"}, [(".", "node", "node index.mjs", 8090)]),
    ("next", {"package.json": package(scripts={"build": "next build", "start": "next start"}, dependencies={"next": "14", **REACT}), "yarn.lock": "", "pages/index.js": PAGE}, [(".", "next", "yarn start", 3000)]),
    ("next-port", {"package.json": package(scripts={"build": "next build", "start": "next start -p 3300"}, dependencies={"next": "14", **REACT}), "pages/index.js": PAGE}, [(".", "next", "npm start", 3300)]),
    ("next-export", {"package.json": package(scripts={"build": "next build"}, dependencies={"next": "14", **REACT}), "pages/index.js": PAGE, "next.config.js": "module.exports = { output: 'export' }\n"}, [(".", "next", "", 80)]),
    ("nuxt", {"package.json": package(scripts={"build": "nuxt build"}, dependencies={"nuxt": "3"}), "app.vue": "<template><p>x</p></template>\n"}, [(".", "nuxt", "node .output/server/index.mjs", 3000)]),
    ("sveltekit", {"package.json": package(scripts={"build": "vite build"}, type="module", devDependencies=KIT), "svelte.config.js": SVELTE, "vite.config.js": SVELTE_VITE, "src/app.html": SVELTE_HTML, "src/routes/+page.svelte": "<p>x</p>\n"}, [(".", "sveltekit", "node build", 3000)]),
    ("astro", {"package.json": package(scripts={"build": "astro build"}, dependencies={"astro": "4"}), "src/pages/index.astro": "<p>x</p>\n"}, [(".", "astro", "", 80)]),
    ("vite", {"package.json": package(scripts={"build": "vite build"}, dependencies={"react": "18"}, devDependencies={"vite": "5"}), "vite.config.ts": "export default { build: { outDir: 'public_html' } }\n", "index.html": "<html>"}, [(".", "vite", "", 80)]),
    ("cra", {"package.json": package(scripts={"build": "react-scripts build", "start": "react-scripts start"}, dependencies={"react-scripts": "5", **REACT}), "src/index.js": "export default 1\n", "public/index.html": HTML}, [(".", "cra", "", 80)]),
    ("angular", {"package.json": package(scripts={"build": "ng build"}, dependencies=ANGULAR, devDependencies=ANGULAR_DEV), "angular.json": ANGULAR_JSON, "tsconfig.json": ANGULAR_TS, "src/main.ts": ANGULAR_MAIN, "src/index.html": "<!doctype html><html><body><shop-root></shop-root></body></html>\n"}, [(".", "angular", "", 80)]),
    ("express-config", {"package.json": package(scripts={"start": "node index.js"}, dependencies={"express": "4"}), "index.js": "const config = require('./config')\nrequire('./app').listen(config.port)\n", "config.js": "module.exports = { port: process.env.PORT || 8081 }\n", "app.js": EXPRESS + "module.exports = app\n"}, [(".", "express", "node index.js", 8081)]),
    ("express-www", {"package.json": package(private=True, scripts={"start": "node ./bin/www"}, dependencies={"express": "4"}), "app.js": EXPRESS + "module.exports = app\n", "bin/www": "#!/usr/bin/env node\nvar port = normalize(process.env.PORT || '3030')\nvar server = require('http').createServer(require('../app'))\nserver.listen(port)\nfunction normalize(value) { return parseInt(value, 10) }\n"}, [(".", "express", "node bin/www", 3030)]),
    ("express-node-config", {"package.json": package(scripts={"start": "NODE_ENV=production node index.js"}, dependencies={"express": "4", "config": "3"}), "index.js": EXPRESS + "const port = require('config').get('server.port')\napp.listen(port)\n", "config/default.json": package(db={"port": 27018}, server={"port": 4700})}, [(".", "express", "npm start", 4700)]),
    ("express-watched", {"package.json": package(scripts={"start": "nodemon --quiet index.js"}, dependencies={"express": "4"}, devDependencies={"nodemon": "3"}), "index.js": EXPRESS + "app.listen(4040)\n"}, [(".", "express", "node index.js", 4040)]),
    ("express-tsx", {"package.json": package(scripts={"start": "tsx index.ts"}, dependencies={"express": "4"}, devDependencies={"tsx": "4"}), "index.ts": "import express from 'express'\nconst settings = {\n  db: { port: 5433 },\n  server: { port: 4050 },\n}\nexpress().listen(settings.server.port)\n"}, [(".", "express", "npm start", 4050)]),
    ("next-script", {"package.json": package(scripts={"build": "next build", "start": "sh ./scripts/start.sh"}, dependencies={"next": "14", **REACT}), "scripts/start.sh": "#!/bin/sh\nset -e\nexec node_modules/.bin/next start -p ${PORT:-3210}\n", "pages/index.js": PAGE}, [(".", "next", "npm start", 3210)]),
    ("astro-node", {"package.json": package(type="module", scripts={"build": "astro build"}, dependencies={"astro": "4", "@astrojs/node": "8"}), "astro.config.mjs": "import node from '@astrojs/node'\nexport default { output: 'server', server: { host: true, port: 4455 }, adapter: node({ mode: 'standalone' }) }\n", "src/pages/index.astro": "<p>x</p>\n"}, [(".", "astro", "node dist/server/entry.mjs", 4455)]),
    ("eleventy", {"package.json": package(scripts={"start": "eleventy --serve", "build": "eleventy"}, devDependencies={"@11ty/eleventy": "2"}), ".eleventy.js": "module.exports = () => ({ dir: { input: 'src', output: 'public' } })\n", "src/index.md": "# x\n"}, [(".", "eleventy", "", 80)]),
    ("vitepress", {"package.json": package(type="module", scripts={"dev": "vitepress dev docs", "build": "vitepress build docs"}, devDependencies={"vitepress": "1"}), "docs/index.md": "# x\n"}, [(".", "vitepress", "", 80)]),
    ("mono-shared", {"package.json": package(private=True, workspaces=["services/*", "libs/*"]), "package-lock.json": "{}", "libs/settings/package.json": package(name="@acme/settings", version="1.0.0", main="index.js"), "libs/settings/index.js": "module.exports = { gatewayPort: Number(process.env.GATEWAY_PORT) || 4400 }\n", "services/gateway/package.json": package(name="gateway", version="1.0.0", scripts={"start": "node index.js"}, dependencies={"@acme/settings": "1.0.0", "express": "4"}), "services/gateway/index.js": EXPRESS + "const { gatewayPort } = require('@acme/settings')\napp.listen(gatewayPort)\n"}, [("services/gateway", "express", "node index.js", 4400)]),
    ("next-own-server", {"package.json": package(scripts={"build": "next build", "start": "NODE_ENV=production node server.js"}, dependencies={"next": "14", **REACT}), "server.js": "const { createServer } = require('http')\nconst port = 3500\nconst app = require('next')({ dev: false, port })\nconst handle = app.getRequestHandler()\napp.prepare().then(() => createServer((req, res) => handle(req, res)).listen(port))\n", "pages/index.js": PAGE}, [(".", "next", "npm start", 3500)]),
    ("hono-bun", {"package.json": package(type="module", scripts={"start": "bun run src/index.ts"}, dependencies={"hono": "4"}), "bun.lock": '{"lockfileVersion": 1, "workspaces": {"": {"dependencies": {"hono": "4"}}}, "packages": {}}', "src/index.ts": "import { Hono } from 'hono'\nconst app = new Hono()\napp.get('/', (c) => c.text('hi'))\nexport default {\n  port: Number(process.env.PORT) || 3344,\n  fetch: app.fetch,\n}\n"}, [(".", "hono", "bun start", 3344)]),
    ("express-taken-apart", {"package.json": package(scripts={"start": "node index.js"}, dependencies={"express": "4"}), "index.js": EXPRESS + "const { PORT = 9012, AUTH_URL = 'http://localhost:9001' } = process.env\napp.get('/', (q, r) => r.send(AUTH_URL))\napp.listen(PORT)\n"}, [(".", "express", "node index.js", 9012)]),
    ("nest-elsewhere", {"package.json": package(scripts={"build": "tsc", "start": "nest start", "start:prod": "node dist/apps/shop/main"}, dependencies=NEST, devDependencies={"typescript": "5.4", "@types/node": "20"}), "tsconfig.json": TSCONFIG.replace('"src"', '"."'), "apps/shop/main.ts": NEST_MAIN.replace("3100", "process.env.port ?? 3131")}, [(".", "nestjs", "node dist/apps/shop/main", 3131)]),
    ("node-without-package", {"server.js": "require('http').createServer((a, b) => b.end()).listen(8000)\n"}, [(".", "node", "node server.js", 8000)]),
    ("node-library", {"package.json": package(name="lib", main="index.js", devDependencies={"prettier": "3"}), "index.js": "module.exports = 1\n"}, []),
    ("node-command", {"package.json": package(name="shrink", bin={"shrink": "./cli.js"}), "cli.js": "#!/usr/bin/env node\nconsole.log(1)\n"}, [(".", "node", "node cli.js", None)]),
    ("koa-own-file", {"package.json": package(scripts={"start": "node index.js"}, dependencies={"koa": "2"}), "index.js": "const Koa = require('koa')\nconst { port } = require('./config')\nnew Koa().listen(port)\n", "config.js": "module.exports = {\n  port: parseInt(process.env.WEB_PORT, 10) || 8082,\n}\n"}, [(".", "koa", "node index.js", 8082)]),
    # -- static
    ("static-docs", {"docs/index.html": "<html>", "docs/more/index.html": "<html>", "README.md": "x"}, [("docs", "static", "", 80)]),
    ("static", {"index.html": "<html>", "style.css": ""}, [(".", "static", "", 80)]),
    ("static-public", {"public/index.html": "<html>", "README.md": "x"}, [(".", "static", "", 80)]),
    ("mkdocs", {"mkdocs.yml": "site_name: x\n", "docs/index.md": "# x\n"}, [(".", "mkdocs", "", 80)]),
    # -- monorepos
    ("mono-services", {"services/api/main.py": FASTAPI, "services/api/requirements.txt": UVICORN, "services/mail/worker.py": "from celery import Celery\napp = Celery()\n", "services/mail/requirements.txt": "celery\n", "web/index.html": HTML, "web/package.json": package(scripts={"build": "vite build"}, devDependencies={"vite": "5"})}, [("services/api", "fastapi", "uvicorn main:app --host 0.0.0.0 --port 8000", 8000), ("services/mail", "celery", "celery -A worker worker", None), ("web", "vite", "", 80)]),
    ("mono-one-requirements", {"requirements.txt": UVICORN + "flask\n", "orders/main.py": FASTAPI, "users/main.py": FASTAPI}, [("orders", "fastapi", "uvicorn main:app --host 0.0.0.0 --port 8000", 8000), ("users", "fastapi", "uvicorn main:app --host 0.0.0.0 --port 8000", 8000)]),
    ("mono-workspaces", {"package.json": package(private=True, workspaces=["apps/*", "packages/*"], scripts={"start": "turbo run start"}), "package-lock.json": "{}", "apps/api/package.json": package(scripts={"start": "node index.js"}, dependencies={"express": "4"}), "apps/api/index.js": EXPRESS + "app.listen(4100)\n", "apps/site/index.html": HTML, "apps/site/package.json": package(scripts={"build": "vite build"}, devDependencies={"vite": "5"}), "packages/ui/package.json": package(name="ui", main="index.js"), "packages/ui/index.js": "module.exports = 1\n"}, [("apps/api", "express", "node index.js", 4100), ("apps/site", "vite", "", 80)]),
    ("mono-pnpm", {"package.json": package(private=True), "pnpm-workspace.yaml": "packages:\n  - 'apps/*'\n", "pnpm-lock.yaml": "", "apps/web/package.json": package(scripts={"build": "next build", "start": "next start"}, dependencies={"next": "14", **REACT}), "apps/web/pages/index.js": PAGE}, [("apps/web", "next", "pnpm start", 3000)]),
    ("mono-docs", {"package.json": package(private=True, workspaces=["apps/*"]), "package-lock.json": "{}", "apps/docs/package.json": package(name="docs", scripts={"build": "astro build"}, dependencies={"astro": "4"}), "apps/docs/src/pages/index.astro": "<p>x</p>\n"}, [("apps/docs", "astro", "", 80)]),
    ("mono-uv", {"pyproject.toml": '[project]\nname = "all"\nversion = "1"\n\n[tool.uv.workspace]\nmembers = ["packages/*"]\n', "uv.lock": "", "packages/core/pyproject.toml": '[project]\nname = "shop-core"\nversion = "1"\ndependencies = ["idna"]\n', "packages/core/src/shop_core/__init__.py": "import idna\nNAME = 'x'\n", "packages/api/pyproject.toml": '[project]\nname = "shop-api"\nversion = "1"\ndependencies = ["fastapi", "uvicorn", "shop-core"]\n\n[tool.uv.sources]\nshop-core = { workspace = true }\n', "packages/api/shop_api/__init__.py": "", "packages/api/shop_api/main.py": FASTAPI + "from shop_core import NAME\n"}, [("packages/api", "fastapi", "uvicorn shop_api.main:app --host 0.0.0.0 --port 8000", 8000)]),
    ("mono-poetry", {"libs/core/pyproject.toml": '[tool.poetry]\nname = "core"\nversion = "1"\n\n[tool.poetry.dependencies]\npython = "^3.11"\nidna = "*"\n', "libs/core/core/__init__.py": "import idna\n", "api/pyproject.toml": '[tool.poetry]\nname = "api"\nversion = "1"\n\n[tool.poetry.dependencies]\npython = "^3.11"\nflask = "^3"\ngunicorn = "*"\ncore = { path = "../libs/core", develop = true }\n', "api/api/__init__.py": "", "api/api/web.py": FLASK + "import core\n"}, [("api", "flask", "gunicorn -b 0.0.0.0:8000 api.web:app", 8000)]),
    ("mono-shared-table", {"package.json": package(private=True, workspaces=["packages/*"]), "package-lock.json": "{}", "packages/config/package.json": package(name="@r/config", version="1.0.0", main="index.js"), "packages/config/index.js": "module.exports.ports = {\n  api: 5656,\n  admin: 5757,\n}\n", "packages/admin/package.json": package(name="admin", version="1.0.0", scripts={"start": "node main.js"}, dependencies={"@r/config": "1.0.0", "koa": "2"}), "packages/admin/main.js": "const Koa = require('koa')\nconst { ports } = require('@r/config')\nnew Koa().listen(ports.admin)\n"}, [("packages/admin", "koa", "node main.js", 5757)]),
    ("mono-compose", {"compose.yaml": "services:\n  api:\n    build: ./api\n    ports: ['8080:9500']\n    depends_on: [db]\n  db:\n    image: postgres:16\n", "api/app.py": FLASK, "api/requirements.txt": "flask\ngunicorn\n"}, [("api", "flask", "gunicorn -b 0.0.0.0:9500 app:app", 9500)]),
    ("backend-frontend", {"backend/go.mod": "module example.com/shop\n", "backend/main.go": GO, "frontend/index.html": HTML, "frontend/package.json": package(scripts={"build": "vite build"}, devDependencies={"vite": "5"})}, [("backend", "go", "./shop", 9000), ("frontend", "vite", "", 80)]),
    # -- what people wrote for containers
    ("compose-override", {"docker-compose.yml": "services:\n  api:\n    build: ./api\n    environment:\n      PORT: '8040'\n    ports: ['8040:8040']\n", "docker-compose.override.yml": "services:\n  api:\n    environment: [PORT=8041]\n    ports: ['8041:8041']\n", "api/app.py": "import os\n" + FLASK + "\nif __name__ == '__main__':\n    app.run(port=int(os.environ.get('PORT', 5000)))\n", "api/requirements.txt": "flask\n"}, [("api", "flask", "flask --app app run --host 0.0.0.0 --port 8041", 8041)]),
    ("flask-dockerfile-command", {"app.py": FLASK + "if __name__ == '__main__':\n    app.run(port=5001)\n", "requirements.txt": "flask\ngunicorn\n", "Dockerfile": "FROM python:3.11\nENV PORT 8310\nCMD exec gunicorn --bind :$PORT app:app\n"}, [(".", "flask", "gunicorn -b 0.0.0.0:8310 app:app", 8310)]),
    ("compose-docker-folder", {"compose.yaml": "services:\n  front:\n    build: {context: ., dockerfile: docker/front.Dockerfile}\n  back:\n    build: {context: ., dockerfile: docker/back.Dockerfile}\n    environment: [HTTP_PORT=5252]\n", "docker/front.Dockerfile": "FROM nginx:1\nCOPY front/ /usr/share/nginx/html\n", "docker/back.Dockerfile": "FROM node:20\nCOPY back/package.json .\nCOPY back .\nCMD [\"node\", \"main.js\"]\n", "front/index.html": HTML, "back/package.json": package(scripts={"start": "node main.js"}, dependencies={"fastify": "4"}), "back/main.js": "require('fastify')().listen({ port: +(process.env.HTTP_PORT || 3000), host: '0.0.0.0' })\n"}, [("back", "fastify", "node main.js", 5252), ("front", "static", "", 80)]),
    ("flask-kubernetes", {"app.py": FLASK + "import os\nif __name__ == '__main__':\n    app.run(port=int(os.environ['PORT']))\n", "requirements.txt": "flask\ngunicorn\n", "k8s/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          ports:\n            - containerPort: 8765\n          env:\n            - name: PORT\n              value: \"8765\"\n"}, [(".", "flask", "gunicorn -b 0.0.0.0:8765 app:app", 8765)]),
    ("fastify-fly", {"fly.toml": "app = 'links'\n\n[env]\n  PORT = '8766'\n\n[http_service]\n  internal_port = 8766\n", "package.json": package(scripts={"start": "node server.mjs"}, dependencies={"fastify": "4"}), "server.mjs": "import Fastify from 'fastify'\nawait Fastify().listen({ port: Number(process.env.PORT), host: '0.0.0.0' })\n"}, [(".", "fastify", "node server.mjs", 8766)]),
    ("compose-developing", {"compose.yaml": "services:\n  web:\n    build: .\n    ports: ['3000:3000']\n", "package.json": package(scripts={"build": "vite build"}, devDependencies={"vite": "5"}), "index.html": HTML, "Dockerfile": "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm install\nEXPOSE 3000\nCMD [\"npx\", \"vite\"]\n"}, [(".", "vite", "", 80)]),
    ("django-command", {"manage.py": MANAGE, "shop/__init__.py": "", "shop/management/__init__.py": "", "shop/management/commands/__init__.py": "", "shop/management/commands/sendqueue.py": "import time\nfrom django.core.management.base import BaseCommand\n\nclass Command(BaseCommand):\n    def handle(self, *args, **options):\n        while True: time.sleep(1)\n", "shop/settings.py": SETTINGS + "INSTALLED_APPS = ['shop']\n", "shop/urls.py": URLS, "shop/wsgi.py": WSGI, "requirements.txt": "django\ngunicorn\n", "Procfile": "release: python manage.py migrate\nweb: gunicorn shop.wsgi -b 0.0.0.0:8000\nworker: python manage.py sendqueue\n"}, [(".", "django", "gunicorn shop.wsgi -b 0.0.0.0:8000", 8000), (".", "script", "python manage.py sendqueue", None)]),
    ("only-dockerfile", {"Dockerfile": "FROM alpine:3.19 AS build\nRUN true\nFROM alpine:3.19\nEXPOSE 7000/tcp\nENTRYPOINT [\"/srv/run\"]\nCMD [\"--fast\"]\n"}, [(".", "dockerfile", "/srv/run --fast", 7000)]),
    ("flask-exposed", {"app.py": FLASK, "requirements.txt": "flask\ngunicorn\n", "Dockerfile": "FROM python:3.11\nEXPOSE 8300\nCMD gunicorn app:app\n"}, [(".", "flask", "gunicorn -b 0.0.0.0:8300 app:app", 8300)]),
    # -- others, recognised
    ("go-cmd", {"go.mod": "module example.com/x/v2\nrequire github.com/gin-gonic/gin v1.9.1\n", "cmd/server/main.go": "package main\nfunc main() { r.Run(\":8099\") }\n", "lib/lib.go": "package lib\n"}, [(".", "gin", "./server", 8099)]),
    ("rust-axum", {"Cargo.toml": '[package]\nname = "srv"\n[dependencies]\naxum = "0.7"\n', "src/main.rs": 'let l = TcpListener::bind("0.0.0.0:3030");\n'}, [(".", "axum", "./srv", 3030)]),
    ("spring", {"pom.xml": "<parent><artifactId>spring-boot-starter-parent</artifactId></parent>", "src/main/resources/application.properties": "server.port=8181\n"}, [(".", "spring-boot", "java -jar app.jar", 8181)]),
    ("rails", {"Gemfile": "source 'https://rubygems.org'\n\ngem 'rails'\n", "config/application.rb": "", "bin/rails": "", "package.json": package(devDependencies={"esbuild": "1"})}, [(".", "rails", "bin/rails server -b 0.0.0.0", 3000)]),
    ("laravel", {"artisan": "#!/usr/bin/env php\n", "composer.json": '{"require": {"laravel/framework": "11"}}', "public/index.php": "<?php\n"}, [(".", "laravel", "php artisan serve --host 0.0.0.0 --port 8000", 8000)]),
    ("jekyll", {"_config.yml": "title: x\nport: 4123\n", "Gemfile": "gem 'jekyll'\n", "index.md": "# x\n"}, [(".", "jekyll", "", 80)]),
    ("sinatra", {"Gemfile": "gem 'sinatra'\n", "app.rb": "require 'sinatra'\nset :port, 4600\n"}, [(".", "sinatra", "ruby app.rb -o 0.0.0.0", 4600)]),
    ("sinatra-puma", {"Gemfile": "gem 'puma'\ngem 'sinatra'\n", "config.ru": "require_relative 'app'\nrun App\n", "app.rb": "require 'sinatra/base'\nclass App < Sinatra::Base\n  get('/') { 'hi' }\nend\n", "config/puma.rb": "workers 2\nport ENV.fetch('PORT', 9393)\n"}, [(".", "sinatra", "puma -C config/puma.rb", 9393)]),
    ("php-own-server", {"composer.json": '{\n "require": {"slim/slim": "^4"},\n "scripts": {\n  "start": "php -S localhost:8089 -t public"\n }\n}\n', "public/index.php": "<?php echo 1;\n"}, [(".", "php", "php -S 0.0.0.0:8089 -t public", 8089)]),
    ("rust-environment", {"Cargo.toml": '[package]\nname = "srv"\n[dependencies]\nactix-web = "4"\n', "src/main.rs": 'let port: u16 = env::var("PORT")\n    .unwrap_or_else(|_| "8095".to_string())\n    .parse()?;\nHttpServer::new(App::new).bind(("0.0.0.0", port))?;\n'}, [(".", "actix", "./srv", 8095)]),
    ("fiber-environment", {"go.mod": "module x.org/mailer\nrequire github.com/gofiber/fiber/v2 v2.52.4\n", "main.go": "package main\n\ntype Config struct {\n\tSMTPPort int `envconfig:\"SMTP_PORT\" default:\"2526\"`\n\tPort string `envconfig:\"PORT\" default:\"8191\"`\n}\n\nfunc main() { app.Listen(\":\" + cfg.Port) }\n"}, [(".", "fiber", "./mailer", 8191)]),
    ("rocket-settings", {"Cargo.toml": '[package]\nname = "paste"\n[dependencies]\nrocket = "0.5"\n', "Rocket.toml": "[debug]\nport = 8056\n\n[default]\nport = 8055\n", "src/main.rs": "#[launch]\nfn rocket() -> _ { rocket::build() }\n"}, [(".", "rocket", "./paste", 8055)]),
    ("hugo-spread", {"config/_default/hugo.toml": "baseURL = 'https://x.org/'\n", "content/_index.md": "# x\n", "layouts/index.html": HTML.replace("<body>", "<body>{{ .Content }}")}, [(".", "hugo", "", 80)]),
    ("quarkus-yaml", {"pom.xml": "<artifactId>quarkus-bom</artifactId>", "src/main/resources/application.yml": "quarkus:\n  datasource:\n    port: 5433\n  http:\n    port: 8484\n"}, [(".", "quarkus", "java -jar target/quarkus-app/quarkus-run.jar", 8484)]),
    ("spring-management", {"pom.xml": "<artifactId>spring-boot-starter-parent</artifactId>", "src/main/resources/application.properties": "management.server.port=9001\nserver.port=8484\n"}, [(".", "spring-boot", "java -jar app.jar", 8484)]),
    ("gin-settings", {"go.mod": "module x.org/crm\nrequire github.com/gin-gonic/gin v1.10.0\n", "config/config.yaml": "database:\n  port: 3306\nserver:\n  port: 8585\n", "main.go": "package main\n\nfunc main() {\n\tviper.SetConfigFile(\"config/config.yaml\")\n\tgin.Default().Run(fmt.Sprintf(\":%d\", viper.GetInt(\"server.port\")))\n}\n"}, [(".", "gin", "./crm", 8585)]),
    ("go-constant", {"go.mod": "module x.org/pulse\n", "main.go": "package main\n\nimport (\n\t\"net/http\"\n\t\"os\"\n)\n\nconst smtpPort = \"2526\"\nconst defaultPort string = \"8686\"\n\nfunc main() {\n\tport := os.Getenv(\"PORT\")\n\tif port == \"\" {\n\t\tport = defaultPort\n\t}\n\thttp.ListenAndServe(\":\"+port, nil)\n}\n"}, [(".", "go", "./pulse", 8686)]),
    ("php", {"index.php": "<?php echo 1;\n"}, [(".", "php", "apache2-foreground", 80)]),
    ("aspnet", {"Shop.csproj": '<Project Sdk="Microsoft.NET.Sdk.Web">\n</Project>'}, [(".", "aspnet", "dotnet Shop.dll", 8080)]),
    ("phoenix", {"mix.exs": "app: :shop,\n{:phoenix, \"~> 1.7\"}\n"}, [(".", "phoenix", "bin/shop start", 4000)]),
    ("deno", {"deno.json": "{}", "main.ts": "Deno.serve({ port: 8444 }, () => new Response())\n"}, [(".", "deno", "deno run --allow-net main.ts", 8444)]),
    ("shell", {"start.sh": "#!/bin/sh\nexec sleep 1\n"}, [(".", "shell", "sh start.sh", None)]),
    # -- what an image, a service or a unit really starts
    ("django-cookiecutter", {"manage.py": MANAGE, "shop/settings.py": SETTINGS, "shop/urls.py": URLS, "shop/wsgi.py": WSGI, "shop/__init__.py": "", "shop/celery_app.py": "from celery import Celery\napp = Celery('shop')\n", "requirements/production.txt": "django==5.0.8\ncelery==5.4.0\ngunicorn==23.0.0\n", "compose/local/django/Dockerfile": "FROM python:3.12\nWORKDIR /app\nCOPY ./compose/local/django/start /start\nENTRYPOINT [\"/entrypoint\"]\n", "compose/local/django/start": "#!/bin/bash\nexec uvicorn config.asgi --reload\n", "compose/production/django/Dockerfile": "FROM python:3.12\nWORKDIR /app\nCOPY ./requirements /requirements\nCOPY --chown=django:django ./compose/production/django/entrypoint /entrypoint\nCOPY ./compose/production/django/start /start\nCOPY ./compose/production/django/celery/worker/start /start-celeryworker\nCOPY ./compose/production/django/celery/beat/start /start-celerybeat\nCOPY . /app\nENTRYPOINT [\"/entrypoint\"]\n", "compose/production/django/entrypoint": "#!/bin/bash\nset -o errexit\nwait_for_it\nexec \"$@\"\n", "compose/production/django/start": "#!/bin/bash\nset -o errexit\npython /app/manage.py collectstatic --noinput\nexec /usr/local/bin/gunicorn shop.wsgi --bind 0.0.0.0:5000 --chdir=/app\n", "compose/production/django/celery/worker/start": "#!/bin/bash\nexec celery -A shop.celery_app worker -l INFO\n", "compose/production/django/celery/beat/start": "#!/bin/bash\nexec celery -A shop.celery_app beat -l INFO\n", "docker-compose.local.yml": "services:\n  django:\n    build: {context: ., dockerfile: ./compose/local/django/Dockerfile}\n    command: /start\n", "docker-compose.production.yml": "services:\n  django: &django\n    build:\n      context: .\n      dockerfile: ./compose/production/django/Dockerfile\n    command: /start\n  celeryworker:\n    <<: *django\n    command: /start-celeryworker\n  celerybeat:\n    <<: *django\n    command: /start-celerybeat\n"}, [(".", "django", "gunicorn shop.wsgi --bind 0.0.0.0:5000", 5000), (".", "celery", "celery -A shop.celery_app worker -l INFO", None), (".", "celery", "celery -A shop.celery_app beat -l INFO", None)]),
    ("flask-entrypoint", {"wsgi.py": "from shop import create_app\napp = create_app()\n", "shop/__init__.py": "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n", "requirements.txt": "flask\ngunicorn\n", "docker-entrypoint.sh": "#!/bin/sh\nset -e\nflask --app wsgi db upgrade\nexec gunicorn --workers \"${WEB_CONCURRENCY:-2}\" --bind \"0.0.0.0:${PORT:-8082}\" wsgi:app\n", "Dockerfile": "FROM python:3.11-slim AS base\nWORKDIR /srv\nCOPY . .\nENTRYPOINT [\"tini\", \"--\", \"./docker-entrypoint.sh\"]\n\nFROM base\n"}, [(".", "flask", "gunicorn -b 0.0.0.0:8082 wsgi:app", 8082)]),
    ("flask-branches", {"app.py": FLASK, "tasks.py": "from celery import Celery\ncelery = Celery('t')\n", "requirements.txt": "flask\ngunicorn\ncelery\n", "entrypoint.sh": "#!/bin/sh\ncase \"$1\" in\n  web)\n    exec gunicorn -w 3 -b 0.0.0.0:8091 app:app\n    ;;\n  worker)\n    exec celery -A tasks worker --concurrency 4\n    ;;\n  *)\n    exec \"$@\"\n    ;;\nesac\n", "Dockerfile": "FROM python:3.11\nWORKDIR /app\nCOPY . /app\nENTRYPOINT [\"/app/entrypoint.sh\"]\nCMD [\"web\"]\n", "compose.yaml": "services:\n  web:\n    build: .\n  jobs:\n    build: .\n    command: worker\n"}, [(".", "flask", "gunicorn -w 3 -b 0.0.0.0:8091 app:app", 8091), (".", "celery", "celery -A tasks worker --concurrency 4", None)]),
    ("fastapi-run", {"app/__init__.py": "", "app/main.py": FASTAPI, "requirements.txt": "fastapi[standard]\n", "Dockerfile": "FROM python:3.12\nWORKDIR /code\nCOPY ./app /code/app\nCMD [\"fastapi\", \"run\", \"--workers\", \"4\", \"app/main.py\"]\n"}, [(".", "fastapi", "fastapi run --workers 4 app/main.py", 8000)]),
    ("gunicorn-own-file", {"app.py": FLASK, "requirements.txt": "flask\ngunicorn\n", "deploy/gunicorn.py": "bind = '0.0.0.0:8093'\nworkers = 3\n", "Dockerfile": "FROM python:3.12\nWORKDIR /code\nCOPY . .\nCMD [\"python3\", \"-m\", \"gunicorn\", \"-c\", \"deploy/gunicorn.py\", \"app:app\"]\n"}, [(".", "flask", "gunicorn -c deploy/gunicorn.py app:app", 8093)]),
    ("compose-for-use", {"manage.py": MANAGE, "shop/settings.py": SETTINGS, "shop/urls.py": URLS, "shop/wsgi.py": WSGI, "shop/__init__.py": "", "requirements.txt": "django\ngunicorn\n", "Dockerfile": "FROM python:3.12\nCOPY . /app\n", "docker-compose.yml": "services:\n  web:\n    build: .\n    command: python manage.py runserver 0.0.0.0:8001\n", "docker-compose.prod.yml": "services:\n  web:\n    build: .\n    command: gunicorn shop.wsgi:application --bind 0.0.0.0:8094 --threads 2\n"}, [(".", "django", "gunicorn shop.wsgi:application --bind 0.0.0.0:8094 --threads 2", 8094)]),
    ("command-with-subcommand", {"pyproject.toml": "[project]\nname = 'feeds'\nversion = '1'\ndependencies = ['typer']\n[project.scripts]\nfeeds = 'feeds.cli:app'\n", "src/feeds/__init__.py": "", "src/feeds/cli.py": "import typer\napp = typer.Typer(no_args_is_help=True)\n@app.command()\ndef sync(): pass\n@app.command()\ndef check(): pass\n", "Dockerfile": "FROM python:3.12\nCOPY . .\nRUN pip install .\nENTRYPOINT [\"feeds\"]\nCMD [\"sync\"]\n"}, [(".", "script", "feeds sync", None)]),
    ("unit-with-option", {"requirements.txt": "aiohttp\n", "gate/__init__.py": "", "gate/__main__.py": "import sys\nfrom aiohttp import web\nweb.run_app(web.Application(), port=8071)\n", "README.md": "# gate\n\n    python -m gate --config local.yaml\n", "deploy/gate.service": "[Service]\nExecStart=/opt/gate/.venv/bin/python -m gate --config gate.yaml\n"}, [(".", "aiohttp", "python -m gate --config gate.yaml", 8071)]),
]  # fmt: skip


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root
