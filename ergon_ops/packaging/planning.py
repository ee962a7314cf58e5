"""An application of a project → the plan of its image."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from ergon_ops.errors import UsageError
from ergon_ops.packaging.analysis.evidence import Application
from ergon_ops.packaging.analysis.secrets import IGNORED
from ergon_ops.packaging.analysis.tree import relative
from ergon_ops.packaging.compiled import COMPILED, jekyll
from ergon_ops.packaging.plan import Config, Copy, Health, ImagePlan, Manager, Run, Stage, Step, Unpack

APP, DEPENDENCIES, SITE = "/app", "/opt/deps", "/srv"
ITSELF = "/opt/itself"  # pip leaves a folder of scripts that is there as it is: in one place it would bring none
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PYTHON = {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
MANAGERS: Mapping[str, Manager] = {"npm": "npm", "pnpm": "pnpm", "yarn": "yarn", "bun": "bun"}


def python_base(version: str) -> str:
    return f"python:{version or '3.11'}-slim-bookworm"


def node_base(version: str) -> str:
    return f"node:{version or '20'}-bookworm-slim"


BUSYBOX = "busybox:1.36.1"


def plan_of(found: Application, *, labels: Mapping[str, str], ignore: tuple[str, ...] = ()) -> ImagePlan:
    """Raises UsageError where nobody knows how an image of it is made, with what is missing."""
    if found.type == "dockerfile":
        raise UsageError(f"{found.name} has a Dockerfile of its own, {found.dockerfile}", next="it is used as it is")
    make = _maker(found)
    if make is None:
        step = "write a Dockerfile by hand: it is read, shown and used as it is"
        raise UsageError(f"no Dockerfile can be written for {found.name}: it is a {found.type} project", next=step)
    if not found.run and not found.output:
        raise UsageError(
            f"{found.name}: {' '.join(found.missing) or 'nothing says how it is run'}", next="say it in a Procfile"
        )
    stages = make(found, labels)
    return ImagePlan(found.name, found.context or found.path, stages, (*IGNORED, *ignore), _notes(found))


def _maker(found: Application) -> Callable[[Application, Mapping[str, str]], tuple[Stage, ...]] | None:
    if found.output:
        return site
    if found.language == "python":
        return python
    if found.language in ("javascript", "typescript") and found.type != "deno":
        return node
    if found.type == "shell":
        return shell
    if found.language == "php" and found.run[:1] not in (("php",), ("apache2-foreground",)):
        return None  # a server that none of the official images has
    return COMPILED.get(found.type)


def _notes(found: Application) -> tuple[str, ...]:
    notes = list(found.missing)
    if found.output and found.language not in ("html", "markdown"):
        notes.append(
            "Addresses that only the page knows are answered with 404: a web server with a fallback would be needed."
        )
    run = found.output or found.type == "shell" or found.language in ("python", "javascript", "typescript")
    if found.build and not run:
        notes.append(f"What builds it is known; {'; '.join(' '.join(words) for words in found.build)} is not run.")
    notes += [f"The {field} is what {who} concluded." for field, who in found.said_by.items()]
    when = "while it is built" if found.output else "in its environment"
    needed = ", ".join(variable.name for variable in found.variables if variable.required)
    return (*notes, *((f"It needs {needed} {when}.",) if needed else ()))


def place(found: Application) -> str:
    """The folder in the image that it is run in."""
    outside = found.context and found.context != found.path and not found.from_context
    inner = relative(found.path, found.context) if outside else ""
    return f"{APP}/{inner}" if inner and inner != "." else APP


def environment(found: Application) -> dict[str, str]:
    """PORT where the code reads it, so that both agree; and that it is to be heard from outside."""
    reads_port = any(variable.name == "PORT" for variable in found.variables) or any(
        "$PORT" in word for word in found.run
    )
    said = " ".join(found.run)
    asks = "gunicorn" in said and not re.search(
        r"(?:\s-b|--bind)\b", said
    )  # it takes PORT, else only this host hears it
    names = [*(["PORT"] if reads_port or asks else []), *([found.told_by] if found.told_by else [])]
    heard = {found.heard_by: "0.0.0.0"} if found.heard_by else {}
    return {**{name: str(found.port) for name in names}, **heard} if found.port else {}


def config(found: Application, labels: Mapping[str, str], test: tuple[str, ...], more: Mapping[str, str]) -> Config:
    ports = (found.port,) if found.port else ()
    health = Health(test) if test else None
    return Config(found.run, place(found), {**more, **environment(found)}, ports, labels=labels, health=health)


# -- Python


def pip(found: Application) -> Unpack:
    files = (found.dependencies, *found.beside) if found.dependencies.endswith(".txt") else ()
    return Unpack("pip", files, DEPENDENCIES, packages=found.packages)


def python(found: Application, labels: Mapping[str, str]) -> tuple[Stage, ...]:
    placed = [DEPENDENCIES] if found.entrypoint else [DEPENDENCIES, ITSELF]
    looked = [*placed, *([f"{place(found)}/{found.folder}"] if found.folder else [])]
    looked += [f"{APP}/{folder}" for folder in found.own]
    scripts = "".join(f"{folder}/bin:" for folder in placed)
    more = {**PYTHON, "PYTHONPATH": ":".join(looked), "PATH": f"{scripts}{PATH}"}
    if found.type == "streamlit":  # outside of site-packages it takes itself for a checkout of its own
        more["STREAMLIT_GLOBAL_DEVELOPMENT_MODE"] = "false"
    steps: list[Step] = [pip(found)] if found.dependencies or found.packages else []
    steps.append(Copy((".",), f"{APP}/"))
    if not found.entrypoint:  # a command of its own: it has to be installed
        steps.append(Run((("pip", "install", "--no-cache-dir", "--no-deps", f"--target={ITSELF}", "."),), APP))
    if found.build:  # with the packages it asks for; what is written belongs to the image
        steps.append(Run(found.build, place(found), {key: more[key] for key in ("PYTHONPATH", "PATH")}))
    last = config(replace(found, run=beating(found.run)), labels, python_test(found), more)
    return (Stage("image", python_base(found.version), (*steps, last)),)


def beating(run: tuple[str, ...]) -> tuple[str, ...]:
    """Celery's beat writes down what it did in the folder it is started in, where no image lets it."""
    beats = run[:1] == ("celery",) and ("beat" in run or ("worker" in run and {"-B", "--beat"} & {*run}))
    said = any(re.fullmatch(r"-s.*|--schedule(?:-filename)?(?:=.*)?", word) for word in run)
    return (*run, "--schedule", "/tmp/celerybeat-schedule") if beats and not said else run


def python_test(found: Application) -> tuple[str, ...]:
    if not found.port:
        return ()
    if found.health:
        return (
            "python",
            "-c",
            f"import urllib.request as u; u.urlopen('http://127.0.0.1:{found.port}{found.health}', timeout=2)",
        )
    return ("python", "-c", f"import socket; socket.create_connection(('127.0.0.1', {found.port}), 2)")


# -- Node


def npm(found: Application, *, production: bool) -> Unpack:
    return Unpack(MANAGERS.get(found.manager, "npm"), ("package.json", *found.beside), APP, production)


def built(found: Application) -> Stage:
    """The stage in which a build script runs."""
    run = Run(tuple(map(by_npm, found.build)), place(found))
    steps: tuple[Step, ...] = (npm(found, production=False), Copy((".",), f"{APP}/"), run)
    if found.context:  # the packages of a workspace are known only with all of its files
        steps = (Copy((".",), f"{APP}/"), npm(found, production=False), run)
    return Stage("build", node_base(found.version), steps)


def by_npm(words: tuple[str, ...]) -> tuple[str, ...]:
    """A script is run by npm, which every image of Node has, whatever the project installs its packages with."""
    if words[0] not in MANAGERS or len(words) < 2 or re.search(r"\.\w+$", words[-1]):
        return words
    if words[1] in ("run", "start", "test"):
        return ("npm", *words[1:])
    return words if words[0] == "npm" else ("npm", "run", *words[1:])


def node(found: Application, labels: Mapping[str, str]) -> tuple[Stage, ...]:
    base = node_base(found.version)
    more = {"NODE_ENV": "production", "HOME": "/tmp"}
    if found.type in ("nuxt", "sveltekit", "astro", "next"):
        more |= {"HOST": "0.0.0.0", "HOSTNAME": "0.0.0.0", "PORT": str(found.port)}
    run = by_npm(found.run)
    last = config(found, labels, node_test(found), more)
    last = Config(run, last.folder, last.environment, last.ports, labels=labels, health=last.health)
    if found.build:
        return (built(found), Stage("image", base, (Copy((f"{APP}/",), f"{APP}/", stage="build"), last)))
    steps: tuple[Step, ...] = (npm(found, production=not found.whole), Copy((".",), f"{APP}/"))
    if not found.dependencies:
        steps = steps[1:]
    return (Stage("image", base, (*(reversed(steps) if found.context else steps), last)),)


def node_test(found: Application) -> tuple[str, ...]:
    if not found.port:
        return ()
    if found.health:
        url = f"http://127.0.0.1:{found.port}{found.health}"
        return ("node", "-e", f"fetch('{url}').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))")
    ends = ".on('connect', () => process.exit(0)).on('error', () => process.exit(1))"
    return ("node", "-e", f"require('net').connect({found.port}, '127.0.0.1'){ends}")


# -- sites, scripts


def site(found: Application, labels: Mapping[str, str]) -> tuple[Stage, ...]:
    """Files on a small web server; built in a stage of their own where they have to be."""
    port = found.port or 80
    test = ("wget", "-q", "-O", "/dev/null", f"http://127.0.0.1:{port}/")
    served = ("httpd", "-f", "-p", str(port), "-h", SITE)
    last = Config(served, SITE, ports=(port,), labels=labels, health=Health(test))
    if found.type == "static" and not found.build:
        source = "." if found.output == "." else f"{found.output}/"
        return (Stage("image", BUSYBOX, (Copy((source,), f"{SITE}/"), last)),)
    if found.type == "static":
        stage = Stage("build", BUSYBOX, (Copy((".",), f"{APP}/"), Run(found.build, place(found))))
    elif found.type == "jekyll":
        stage = jekyll(found)
    elif found.language == "markdown":
        looked = {"PYTHONPATH": DEPENDENCIES, "PATH": f"{DEPENDENCIES}/bin:{PATH}"}
        run = Run(found.build, APP, looked)
        stage = Stage("build", python_base(found.version), (pip(found), Copy((".",), f"{APP}/"), run))
    else:
        stage = built(found)
    copied = Copy((f"{place(found)}/{found.output}/".replace("/./", "/"),), f"{SITE}/", stage="build")
    return (stage, Stage("image", BUSYBOX, (copied, last)))


def shell(found: Application, labels: Mapping[str, str]) -> tuple[Stage, ...]:
    steps: tuple[Step, ...] = (Copy((".",), f"{APP}/"), *((Run(found.build, place(found)),) if found.build else ()))
    return (Stage("image", BUSYBOX, (*steps, config(found, labels, (), {}))),)
