"""Which program a process is: from its file, its command line and the title it gave itself."""

from __future__ import annotations

import re

from ergon_ops.dataclass import dataclass
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
MULTI_CALL = frozenset({"busybox", "toybox"})
JAVA_PRODUCTS = tuple(sorted({name for _, name, _ in JAVA_MAINS if name != "java"}))
OPTION_WITH_VALUE = frozenset({"-X", "-W", "-r", "--require", "-I", "--loader", "--import", "--env-file"})
LISTEN_FLAG = re.compile(
    r"--?(?:(?:http|web|server)[-.]?)?(?:port|bind|listen|addr|address|http)|-p|-Dserver\.port|port", re.IGNORECASE
)
# To others these mean a backend or a backlog.
RUNTIME_FLAGS = frozenset({"-b", "-l"})
ENDS_IN_PORT = re.compile(r"(?:tcp://)?(?:[\w.*-]*|\[[0-9a-fA-F:]*\]):(\d{2,5})|(\d{2,5})")
ADDRESS = re.compile(r"(?:tcp://)?(?:\*|[\d.]+|localhost|\[[0-9a-fA-F:]*\]):(\d{2,5})")


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


def identify(process: Process, *, image: str = "", around: str = "") -> Identity:
    """`around` are the other command lines of the container: a launcher's says what a long one has lost."""
    words = process.command.split(maxsplit=WORDS)[:WORDS]
    name = process.name
    if len(words) > 1 and basename(words[0]) in MULTI_CALL and name in MULTI_CALL:
        words = words[1:]
        name = basename(words[0])
    called = basename(words[0]).rstrip(":") if words else ""
    if name in INITS or called in INITS:
        return Identity(name, "init")
    if called in FRAMEWORKS or name in FRAMEWORKS:
        return _framework(called if called in FRAMEWORKS else name, words)
    program = program_named(name) or program_named(called)
    if program is None:
        nature: Nature = "wrapper" if WRAPPERS & {name, called} else "helper" if name in HELPERS else "unknown"
        return Identity(name, nature)
    if program.nature == "runtime":
        return _of_runtime(program, words, f"{image} {around}")
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


def _of_runtime(program: Program, words: list[str], hints: str) -> Identity:
    plain = Identity(program.name, "runtime", program=program)
    if program.name == "java":
        return _java(plain, " ".join(words), hints)
    if program.name == "erlang":
        return _erlang(plain, " ".join((*words, hints)))
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


def _java(plain: Identity, command: str, hints: str) -> Identity:
    # The class path names every library: only what comes after it, or an archive, says what runs.
    heads = re.sub(r"(?:-cp|-classpath|--class-path|-Djava\.class\.path=?)\s*\S+", " ", command)
    for sign, name, detail in JAVA_MAINS:
        if sign.lower() in heads.lower():
            program = BY_NAME[name]
            return Identity(name, program.nature, detail, program)
    cut = "…" in command
    named = next((name for name in JAVA_PRODUCTS if cut and name in hints), "")
    return Identity(named, "server", program=BY_NAME[named]) if named else plain


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


def ports_in(command: str, *, runtime: bool = False) -> tuple[int, ...]:
    """Ports a command line says it listens on; empty if it says none. An address behind another option is a peer's."""
    found: list[str] = []
    before = ""
    for word in command.split(maxsplit=WORDS)[1:WORDS]:
        flag, equals, value = word.strip(",;()[]").partition("=")
        if equals and LISTEN_FLAG.fullmatch(flag):
            found += _port(value)
        elif LISTEN_FLAG.fullmatch(before) or (runtime and before in RUNTIME_FLAGS):
            found += _port(word)
        elif word.startswith("-p") and word[2:].isdigit():
            found.append(word[2:])
        elif not before.startswith("-") and (address := ADDRESS.fullmatch(word.strip(",;()"))):
            found.append(address[1])
        before = word
    return tuple(dict.fromkeys(port for port in map(int, found) if 0 < port < 65536))


def _port(value: str) -> list[str]:
    match = ENDS_IN_PORT.fullmatch(value.strip("'\""))
    return [match[1] or match[2]] if match else []


def basename(word: str) -> str:
    return word.rstrip("/").rpartition("/")[2]


def plain_name(name: str) -> str:
    """A name for a program that is not in the table, without version."""
    return VERSION_TAIL.sub("", name) or name or "unknown"
