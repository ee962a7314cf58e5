"""The words that an image, a service or a unit starts a program of another language than Python with: taken as they
stand where they start the very program that was found."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ergon_ops.dataclass import dataclass
from ergon_ops.packaging.analysis.evidence import Application, Evidence
from ergon_ops.packaging.analysis.launching import Launch
from ergon_ops.packaging.analysis.packages import load_json
from ergon_ops.packaging.analysis.requirements import table
from ergon_ops.packaging.analysis.tree import Tree, inside

RUBY = re.compile(
    r"(?:bundle exec )?(?:\./)?(?:bin/)?(?:puma|rails s(?:erver)?|rackup|thrust|falcon|unicorn|ruby)(?=\s|$)"
)
PHP = re.compile(
    r"php (?:artisan (?:serve|octane:\w+)|-S|[\w./-]+\.php)|frankenphp|(?:\./)?(?:vendor/bin/)?rr serve"
    r"|apache2-foreground"
)
ELIXIR = re.compile(r"(?:bin/)?[\w-]+ start$|bin/server$|server$|mix phx\.server$")
ADDRESSES = re.compile(r"(?:--urls?[ =][\"']?https?://[^:\s]+|\s-S\s+[\w.\[\]*]+):(\d{2,5})\b")
# Frameworks whose build an image lays out anew: its words hold in it alone.
LAID_OUT = frozenset({"next", "nuxt", "sveltekit", "astro", "remix", "react-router", "tanstack-start", "angular"})
COMPILED = ("go", "rust")
RUNNERS = ("npm", "yarn", "pnpm", "bun")
RUNS = ("node", "bun", "deno")


@dataclass(frozen=True, slots=True)
class Adopted:
    """`run` () where only the port holds here; `installed`: its first word is a command of the project's own."""

    run: tuple[str, ...]
    port: int | None
    why: Evidence
    installed: bool = False


def of_language(tree: Tree, found: Application, launch: Launch, port: int | None) -> Adopted | None:
    """`port` is what the words themselves say; Thruster, in front of Rails, listens on its own."""
    taken = TAKES.get(found.language)
    run = taken(tree, found, launch.words) if taken else ()
    said = ADDRESSES.search(" ".join(launch.words))
    port = int(said[1]) if said else 80 if run and run[0].endswith("bin/thrust") else port
    return Adopted(run, port, launch.why) if run else None


def _java(tree: Tree, found: Application, words: Sequence[str]) -> tuple[str, ...]:
    """A jar that lies anywhere in the image by its name."""
    if found.run[:2] != ("java", "-jar") or words[0] != "java" or "-jar" not in words[:-1]:
        return ()
    jar = words[words.index("-jar") + 1]
    return tuple(word if word != jar else jar.rsplit("/", 1)[-1] for word in words) if jar[:1] == "/" else tuple(words)


def _compiled(tree: Tree, found: Application, words: Sequence[str]) -> tuple[str, ...]:
    """The same binary with more words."""
    if len(found.run) != 1 or not found.run[0].startswith("./"):
        return ()
    same = words[0].startswith("/") or words[0].rsplit("/", 1)[-1] == found.run[0].removeprefix("./")
    given = words[1:] if same else ()
    return (*found.run, *given) if given else ()


def _by(pattern: re.Pattern[str]) -> Callable[[Tree, Application, Sequence[str]], tuple[str, ...]]:
    def taken(tree: Tree, found: Application, words: Sequence[str]) -> tuple[str, ...]:
        return tuple(words) if pattern.match(" ".join(words)) else ()

    return taken


def _dotnet(tree: Tree, found: Application, words: Sequence[str]) -> tuple[str, ...]:
    """The same assembly, with more words or as a program of its own."""
    name = found.run[-1].removesuffix(".dll") if found.run else ""
    same = words[:1] == (f"./{name}",) or words[:2] == ("dotnet", f"{name}.dll")
    return tuple(words) if same else ()


def _elixir(tree: Tree, found: Application, words: Sequence[str]) -> tuple[str, ...]:
    """A release's own program, which the image's path names."""
    if not ELIXIR.match(" ".join(words)):
        return ()
    return tuple(words) if "/" in words[0] or words[0] == "mix" else (f"bin/{words[0]}", *words[1:])


def _node(tree: Tree, found: Application, words: Sequence[str]) -> tuple[str, ...]:
    """A file that is there or will be built, or a script of package.json."""
    if found.type in LAID_OUT:
        return ()
    scripts = table(load_json(tree, inside(found.path, "package.json")), "scripts")
    words = tuple(word.removeprefix(f"{found.path}/") for word in words)
    if words[0] in RUNNERS and (words[1:2] == ("run",) or len(words) == 2) and words[-1] in scripts:
        same = words[-1] == found.run[-1] or found.run[:1] in (("node",), ("bun",))
        return () if same and words[-1] == "start" else words
    file = next(
        (word for word in words[1:] if re.fullmatch(r"(?:\./)?[\w./-]+", word) and word not in ("run", "serve")), ""
    )
    if words[0] not in RUNS or not file:
        return ()
    path = file.removeprefix("./")
    there = any(tree.has(inside(found.path, path + end)) for end in ("", ".js", ".mjs", ".cjs", ".ts", "/index.js"))
    built = "build" in scripts and re.match(r"(?:dist|build|out|lib)/", path)
    return words if there or built else ()


TAKES: dict[str, Callable[[Tree, Application, Sequence[str]], tuple[str, ...]]] = {
    "ruby": _by(RUBY), "php": _by(PHP), "csharp": _dotnet, "fsharp": _dotnet, "elixir": _elixir,
    "java": _java, "kotlin": _java, "javascript": _node, "typescript": _node, **dict.fromkeys(COMPILED, _compiled),
}  # fmt: skip
