"""Which program a process is: from its file, its command line and the title it gave itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ergon_ops.engine.protocols import Process
from ergon_ops.services.programs import (
    BY_NAME,
    FRAMEWORKS,
    HELPERS,
    INITS,
    JAVA_MAINS,
    VERSION_TAIL,
    WRAPPERS,
    Nature,
    Program,
    program_named,
)

WORDS = 80
SHELLS = frozenset(["sh", "bash", "dash", "ash", "zsh", "ksh", "busybox"])
OPTION_WITH_VALUE = frozenset({"-X", "-W", "-r", "--require", "-I", "--loader", "--import", "--env-file"})
PORT_FLAG = re.compile(
    r"(?:^|\s)(?:--?(?:(?:http|web|server)[-.]?)?(?:port|bind|listen|addr|address|http)|-[pbl]|-Dserver\.port"
    r"|-c\s+port)[=\s]*(?:\S*?:)?(\d{2,5})(?=[\s,;]|$)"
)
PORT_WORD = re.compile(r"(?:^|\s)(?:tcp://)?(?:\*|\d{1,3}(?:\.\d{1,3}){3}|localhost|\[::\d?\]):(\d{2,5})(?=[\s,;)]|$)")


@dataclass(frozen=True, slots=True)
class Identity:
    """`name` as spoken; `detail` the framework; `program` None for one that is not in the table."""

    name: str
    nature: Nature
    detail: str = ""
    program: Program | None = None

    @property
    def transparent(self) -> bool:
        return self.nature in ("wrapper", "init", "helper")


def identify(process: Process, *, image: str = "") -> Identity:
    words = process.command.split(maxsplit=WORDS)[:WORDS]
    called = basename(words[0]).rstrip(":") if words else ""
    name = process.name
    if name in INITS or called in INITS:
        return Identity(name, "init")
    if called in FRAMEWORKS or name in FRAMEWORKS:
        return _framework(called if called in FRAMEWORKS else name, words)
    program = program_named(name) or program_named(called)
    if program is None:
        nature: Nature = "wrapper" if WRAPPERS & {name, called} else "helper" if name in HELPERS else "unknown"
        return Identity(name, nature)
    if program.nature == "runtime":
        return _of_runtime(program, words)
    return _of_server(program, name, words, image)


def _of_server(program: Program, name: str, words: list[str], image: str) -> Identity:
    if name in WRAPPERS:
        return Identity(name, "wrapper", program=program)
    if program.name == "apache" and {"-p", "-h", "-fv", "-vv"} & set(words):
        program = BY_NAME["busybox-httpd"]
        return Identity(program.name, "server", program=program)
    if program.name == "mysql" and "mariadb" in image:
        program = BY_NAME["mariadb"]
    return Identity(program.name, program.nature, "sentinel" if "sentinel" in name else "", program)


def _framework(word: str, words: list[str]) -> Identity:
    if word == "manage.py" and "runserver" not in words:
        return Identity("python", "runtime", "django", BY_NAME["python"])
    name, detail = FRAMEWORKS[word]
    program = BY_NAME[name]
    return Identity(name, program.nature, detail, program)


def _of_runtime(program: Program, words: list[str]) -> Identity:
    plain = Identity(program.name, "runtime", program=program)
    if program.name == "java":
        return _java(plain, " ".join(words))
    if program.name == "erlang":
        return _erlang(plain, " ".join(words))
    script = script_of(words)
    word = basename(script)
    if word in FRAMEWORKS:
        return _framework(word, words)
    if word in WRAPPERS and program.name in ("node", "python", "ruby"):
        return Identity(word, "wrapper")
    if program.name == "php" and "fpm" in " ".join(words[:2]):
        return Identity("php-fpm", "server", program=BY_NAME["php-fpm"])
    stem = word.partition(".")[0]
    return _framework(stem, words) if stem in FRAMEWORKS and "." in word else plain


def _java(plain: Identity, command: str) -> Identity:
    # The class path names every library: only what comes after it, or an archive, says what runs.
    heads = re.sub(r"(?:-cp|-classpath|--class-path|-Djava\.class\.path=?)\s*\S+", " ", command)
    for sign, name, detail in JAVA_MAINS:
        if sign.lower() in heads.lower():
            program = BY_NAME[name]
            return Identity(name, program.nature, detail, program)
    return plain


def _erlang(plain: Identity, command: str) -> Identity:
    for name in ("rabbit", "couch", "emqx"):
        if name in command:
            program = BY_NAME[{"rabbit": "rabbitmq", "couch": "couchdb", "emqx": "emqx"}[name]]
            return Identity(program.name, "server", program=program)
    return plain


def script_of(words: list[str]) -> str:
    """What an interpreter runs: the module behind `-m`, else the first word that is no option."""
    skip = False
    for position, word in enumerate(words[1:], start=1):
        if skip:
            skip = False
        elif word == "-m":
            return words[position + 1] if position + 1 < len(words) else ""
        elif word == "-c" or word == "-e":
            return ""
        elif word in OPTION_WITH_VALUE:
            skip = True
        elif not word.startswith("-"):
            return word
    return ""


def ports_in(command: str) -> tuple[int, ...]:
    """Ports a command line says it listens on; empty if it does not say."""
    found = PORT_FLAG.findall(command) + PORT_WORD.findall(command)
    return tuple(dict.fromkeys(port for port in map(int, found) if 0 < port < 65536))


def basename(word: str) -> str:
    return word.rstrip("/").rpartition("/")[2]


def plain_name(name: str) -> str:
    """A name for a program that is not in the table, without version."""
    return VERSION_TAIL.sub("", name) or name or "unknown"
