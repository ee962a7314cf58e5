"""What is really run where a container starts a script: wrappers taken off, scripts followed to the command they end
in, places in the image as those of the project."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

from ergon_ops.dataclass import dataclass
from ergon_ops.packaging.analysis.containers import Dockerfile, dockerfile, filled
from ergon_ops.packaging.analysis.evidence import Evidence, Service
from ergon_ops.packaging.analysis.tree import Tree, inside, shown

# They hand on to the words behind them: with a number of words of their own, options aside.
WRAPPERS = {
    ("dumb-init",): 0, ("tini",): 0, ("exec",): 0, ("env",): 0, ("gosu",): 1, ("su-exec",): 1,
    ("uv", "run"): 0, ("poetry", "run"): 0, ("pipenv", "run"): 0, ("pdm", "run"): 0, ("rye", "run"): 0,
    ("hatch", "run"): 0,
}  # fmt: skip
VALUED = ("--package", "--group", "--extra", "--with", "--python", "-p", "--directory", "--project")  # of uv
SHELLS = ("sh", "bash", "ash", "dash")
DEEPEST, LONGEST = 5, 32 * 1024
NAME = r"[A-Za-z_]\w*"
GIVEN = re.compile(rf"^(?:export\s+)?({NAME})=(.*)$")
USUAL = re.compile(rf"^:\s+[\"']?\$\{{({NAME}):?=([^}}]*)\}}")
WORDS = re.compile(
    r"^(?:if|elif|else|fi|then|do|done|while|until|for|case|esac|function|set|export|local|readonly|unset|cd|trap|echo"
    r"|printf|return|exit|sleep|wait|true|false|source|\.|shift|mkdir|chown|chmod|ulimit|umask|test|\[{1,2}|\}|\{|:)\b|^[\[{}:]|\(\)"
)
BRANCH = re.compile(r"^\(?([\w\"'|\s*.-]+)\)(?:\s|$)(.*)$")
TESTED = re.compile(rf"^(?:el)?if\s+\[+\s+[\"']?\$\{{?(?:1|{NAME})[^\s]*\s+={{1,2}}\s+[\"']?([\w-]+)")
EVERY = ('"$@"', "$@", "${@}", '"${@}"', "$*")


@dataclass(frozen=True, slots=True)
class Launch:
    """`words` as the project's folder has them, where they stand, and whether the environment tunes any of them."""

    words: tuple[str, ...]
    why: Evidence
    tuned: bool = False
    scripted: bool = False


def launched(tree: Tree, folder: str, image: Dockerfile | None, given: Sequence[str], why: Evidence) -> Launch | None:
    """Of words that a container of `image` is given; None where nobody can tell."""
    values = dict(image.values) if image else {}
    words, tuned, scripted = tuple(given), False, False
    for _ in range(DEEPEST):
        words = unwrapped(words)
        text = _of_shell(words)
        path = _script(tree, folder, image, words) if text is None and words else ""
        if text is None and not path:
            break
        lines = _lines(tree.text(path)) if path else iter([(0, text or "")])
        rest = words[2:] if words[:1] and words[0] in SHELLS and path else words[1:]
        found = _last(lines, values, rest if path else ())
        if found is None:
            return None
        number, words, changed = found
        tuned, scripted = tuned or changed, scripted or bool(path)
        if path and words != tuple(rest):
            why = Evidence(path, number, shown(tree.text(path).splitlines()[number - 1]))
    if not words or any("$" in word or word in ("|", "&") for word in words):
        return None
    return Launch(tuple(_here(words, image)), why, tuned, scripted)


def image_of(service: Service) -> str:
    """The Dockerfile a service is built with."""
    return inside(service.context, service.dockerfile or "Dockerfile") if service.context else ""


def of_service(tree: Tree, service: Service) -> Launch | None:
    """What a service runs in the end: its own words before those of its image."""
    path = image_of(service)
    image = dockerfile(tree, path, dict(service.arguments)) if tree.has(path) else None
    entry = service.entrypoint if service.entrypoint is not None else image.entry if image else ()
    command = service.command or (() if service.entrypoint or not image else image.command)
    why = (
        service.commanded
        if service.command
        else image.lines.get("RUN", service.evidence)
        if image
        else service.evidence
    )
    return launched(tree, service.context or ".", image, (*entry, *command), why)


def of_image(tree: Tree, folder: str, image: Dockerfile) -> Launch | None:
    if "RUN" not in image.lines:
        return None
    return launched(tree, folder, image, (*image.entry, *image.command), image.lines["RUN"])


def unwrapped(words: Sequence[str]) -> tuple[str, ...]:
    """Without the programs that only hand on to another."""
    rest = list(words)
    while rest:
        if re.fullmatch(rf"{NAME}=\S*", rest[0]):
            rest = rest[1:]
            continue
        name = rest[0].rsplit("/", 1)[-1]
        own = next((key for key in WRAPPERS if (name, *rest[1 : len(key)]) == key), None)
        if own is None:
            break
        rest = rest[len(own) :]
        while rest and rest[0].startswith("-"):
            rest = rest[2 if rest[0] in VALUED and name == "uv" else 1 :]
        rest = rest[WRAPPERS[own] :]
    return tuple(rest)


def _of_shell(words: Sequence[str]) -> str | None:
    """The text that a shell is given to run."""
    if words and words[0].rsplit("/", 1)[-1] in SHELLS and len(words) > 2 and re.fullmatch(r"-\w*c", words[1]):
        return words[2]
    return None


def _script(tree: Tree, folder: str, image: Dockerfile | None, words: Sequence[str]) -> str:
    """The file of the project that is run as a shell script, '' where it is none."""
    named = words[1] if words[0].rsplit("/", 1)[-1] in SHELLS and len(words) > 1 else words[0]
    for path in _places(folder, image, named):
        if tree.has(path) and tree.files[path] <= LONGEST:
            head = tree.text(path)[:60].split("\n")[0]
            if named != words[0] or path.endswith(".sh") or re.match(r"#!.*\b(?:ba|da|a)?sh\b", head):
                return path
    return ""


def _places(folder: str, image: Dockerfile | None, named: str) -> Iterator[str]:
    """Where a file of the image may lie in the project."""
    bases = list(dict.fromkeys([folder, *(_above(folder)), *([image.path.rpartition("/")[0] or "."] if image else [])]))
    name = named.rsplit("/", 1)[-1]
    inner = [named.removeprefix("./").lstrip("/")]
    for origins, target in image.placed if image else ():
        whole = posixpath.join(image.folder or "/", target) if image else target
        for origin in origins:
            if whole == named or (posixpath.join(whole, origin.rsplit("/", 1)[-1]) == named and origin != "."):
                inner.insert(0, origin)
            elif named.startswith(whole.rstrip("/") + "/"):
                under = named[len(whole.rstrip("/")) + 1 :]
                inner.append(under if origin == "." else f"{origin}/{under}")
            elif origin.rsplit("/", 1)[-1] == name and "/" not in named:
                inner.append(origin)  # into a folder where programs are looked for
    yield from (posixpath.normpath(inside(base, one)) for one in inner for base in bases)


def _above(folder: str) -> Iterator[str]:
    while folder != ".":
        folder = folder.rpartition("/")[0] or "."
        yield folder


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """A script's lines with their numbers, continued ones joined, comments left out."""
    kept = ""
    for number, line in enumerate(text.splitlines(), 1):
        plain = re.sub(r"\s#\s.*$", "", line.strip())
        if plain.startswith("#"):
            continue
        if plain.endswith("\\"):
            kept += f"{plain[:-1].strip()} "
            continue
        yield number, kept + plain
        kept = ""


def _last(
    lines: Iterator[tuple[int, str]], values: dict[str, str], rest: Sequence[str]
) -> tuple[int, tuple[str, ...], bool] | None:
    """The command that a text ends in, for these arguments; True where the environment may say otherwise."""
    ends: list[tuple[str, bool, int, str]] = []  # branch, by `exec`, line, command
    branch = ""
    for number, line in lines:
        if match := TESTED.match(line):
            branch = match[1]
        elif re.match(r"(?:else|elif|fi|esac|;;)\b|;;", line):
            branch = ""
        elif (match := BRANCH.match(line)) and "=" not in match[1]:
            branch, line = match[1].strip("\"' "), match[2]
        if given := USUAL.match(line) or GIVEN.match(line):
            values.setdefault(given[1], filled(given[2].strip("\"'"), values))
            continue
        for part in re.split(r"\s*(?:&&|;;?|\|\|)\s*", re.sub(r"^then\s+|\s*\d?>{1,2}&?\s*\S+|\s&$", "", line)):
            if part and not WORDS.match(part):
                ends.append((branch, part.startswith("exec "), number, part))
    wanted = [row for row in ends if rest and rest[0] in re.split(r"[\"'\s|]+", row[0])]
    open_ = [row for row in ends if row[0] in ("", "*", "0")] if not wanted else []
    rows = wanted or open_ or ends
    best = next((row for row in reversed(rows) if row[1]), rows[-1] if rows else None)
    if best is None:
        return None
    return _words(best[2], best[3].removeprefix("exec ").strip(), values, rest)


def _words(
    number: int, text: str, values: Mapping[str, str], rest: Sequence[str]
) -> tuple[int, tuple[str, ...], bool] | None:
    if text in EVERY:
        return (number, tuple(rest), False) if rest else None
    every = " ".join(map(shlex.quote, rest))
    for said in EVERY:
        text = text.replace(said, every)
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    filled_in: list[str] = []
    tuned = False
    for word in words:
        whole = filled(word, values)
        tuned = tuned or whole != word
        if "$" in word and whole.startswith("$") and filled_in and filled_in[-1].startswith("-"):
            filled_in.pop()  # an option that only the environment gives its value
            continue
        filled_in.append(whole)
    return number, tuple(word for word in filled_in if word), tuned


def _here(words: Sequence[str], image: Dockerfile | None) -> Iterator[str]:
    """Programs by their names, files by their places in the project; what only names the image's own folder is left
    out."""
    home = (image.folder if image else "").rstrip("/")
    skip = False
    for index, word in enumerate(words):
        if skip:
            skip = False
            continue
        if home and re.fullmatch(rf"(?:--chdir|--app-dir|--workdir|--cwd)={re.escape(home)}/?", word):
            continue
        if home and word in ("--chdir", "--app-dir", "--workdir") and words[index + 1 : index + 2] == (home,):
            skip = True
            continue
        if index == 0 and re.match(r"/(?:[\w.-]+/)*bin/[\w.-]+$", word):
            word = word.rsplit("/", 1)[-1]
        yield word.removeprefix(f"{home}/") if home and word.startswith(f"{home}/") else word
