# ruff: noqa: E501 - a table of words reads best one a line
"""What a project's CI says of itself: sentences out of what was concluded of its files, each citing file and line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from ergon_ops.dataclass import dataclass
from ergon_ops.packaging.analysis.evidence import Analysis, Application, Evidence

# In the order of the answer.
TOPICS: dict[str, str] = {
    "kind": r"\bwho are you|what are you\b|\bframework|\blanguage|made (?:of|with|in)|written in|\bstack\b|\bversion|\bdescribe|introduce|tell me about|what(?:'s| is) in (?:you|there)|\b(?:applications?|programs?|parts)\b",
    "run": r"\brun\b|\bruns\b|\brunning you\b|\bstart(?:s|ed)?\b|\blaunch|\bexecute|\bcommand\b|\bserve[sd]?\b|\bbring you up\b",
    "port": r"\bports?\b|\blisten|\bexpose|\bpublish|\baddress\b|\burl\b|\bendpoint",
    "build": r"\bbuil[dt]|\bcompile|\binstall|\bpackage manager|\bdependenc|\blibrar|\brequirements\b|\bpackages\b",
    "entry": r"\bentry ?points?\b|\bmain file\b|\bwhich file|\bwhere (?:do|does|is) .*\b(?:begin|start|main|code)\b",
    "environment": r"\benv\b|\benvironment|\bvariables?\b|\bconfigur|\bsettings?\b|\bsecrets?\b|\bcredential|\bpasswords?\b",
    "needs": r"\bneeds?\b|\bservices?\b|\bdatabases?\b|\bdepends? on\b|\btalks? to\b|\bredis\b|\bpostgres|\bmysql\b|\bqueues?\b",
    "image": r"\bdocker|\bimages?\b|\bcontaineri[sz]e|\bproven\b|\bprove\b|\bbase image\b",
    "missing": r"\bmissing\b|\black(?:s|ing)?\b|\bincomplete\b|\bforgotten\b|\bto do\b|\btodo\b|\bready\b|\bwrong with (?:your|the) (?:files|code|project)\b|\bbroken\b",
}  # fmt: skip
_TOPICS = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in TOPICS.items()}
ANYBODY = {
    "app",
    "application",
    "program",
    "project",
    "service",
    "server",
    "docker",
    "dockerfile",
    "image",
    "container",
    ".",
}
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence and what it rests on."""

    text: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Proven:
    """What is known of one application's Dockerfile: its status, and the sentence of the proof."""

    application: str
    status: str
    detail: str


def topics(question: str) -> tuple[str, ...]:
    """What of a project a question asks for; () if nothing of it."""
    return tuple(name for name, pattern in _TOPICS.items() if pattern.search(question))


def answer(
    found: Analysis, question: str, proofs: Sequence[Proven] = (), *, has_manifest: bool = True
) -> tuple[Said, ...]:
    """Deterministic: the same files and question give the same words."""
    wanted = topics(question) or ("kind", "run", "port", "missing")
    if not found.applications:
        return tuple(_nothing(found))
    told: list[Said] = []
    items = _asked_about(found.applications, question)
    for item in items:
        name = f"{item.name}: " if len(found.applications) > 1 else ""
        rows = [row for topic in wanted for row in SPEAKERS[topic](item, found, proofs)]
        told += [
            Said(_first(name, row.text) if number == 0 else row.text, row.evidence) for number, row in enumerate(rows)
        ]
    if "missing" in wanted:
        told += _project_missing(found, has_manifest=has_manifest)
        if not any(_missing(item, found, ()) for item in items) and not _faults(found, has_manifest):
            told.append(Said("Nothing is missing as far as the files tell."))
    return tuple(told)


def _asked_about(items: Sequence[Application], question: str) -> Sequence[Application]:
    """Those that the question names, else all: of one that is called like a word of every question nobody can tell."""
    words = set(re.findall(r"[\w./-]*\w", question.lower()))
    named = [item for item in items if {item.name.lower(), item.path.lower()} & (words - ANYBODY)]
    return named or items


def _first(name: str, text: str) -> str:
    return name + text


def cited(evidence: Iterable[Evidence]) -> str:
    places = list(dict.fromkeys(map(str, evidence)))
    return f" ({', '.join(places[:3])})" if places else ""


def by(item: Application, field: str) -> str:
    """Who concluded it, where that was no file."""
    return f", as {item.said_by[field]} concluded" if field in item.said_by else ""


def said(text: str, evidence: Iterable[Evidence], end: str = ".") -> Said:
    rows = tuple(evidence)
    return Said(f"{text}{cited(rows)}{end}", rows)


def _nothing(found: Analysis) -> Iterator[Said]:
    yield Said(f"I see no application in my {found.files} files.")
    yield from _project_missing(found, has_manifest=True)


def _kind(item: Application, found: Analysis, proofs: Sequence[Proven]) -> Iterator[Said]:
    what = f"{item.type} program" if not item.output else f"{item.type} site"
    written = f" in {item.language}" if item.language and item.language not in (item.type, "html") else ""
    where = "" if item.path == "." else f", in {item.path}"
    yield said(f"I am a {what}{written}{where}", item.evidence.get("type", ()))
    if item.version:
        name = "Python" if item.language == "python" else "Node"
        yield said(f"I ask for {name} {item.version}{by(item, 'version')}", item.evidence.get("version", ()))


def _run(item: Application, found: Analysis, proofs: Sequence[Proven]) -> Iterator[Said]:
    place = "" if item.path == "." else f" in {item.path}"
    if item.output:
        made = f", made by `{' '.join(item.build[0])}`" if item.build else ""
        where = "my files" if item.output == "." else f"the files in {item.output}"
        rests = item.evidence.get("run") or item.evidence.get("type", ())
        yield said(f"Nothing of me runs: {where}{made} are served by a web server{place}", rests)
    elif item.run:
        yield said(f"Run me with `{' '.join(item.run)}`{place}{by(item, 'run')}", item.evidence.get("run", ()))
    else:
        yield Said("How I am run cannot be told from my files.")


def _port(item: Application, found: Analysis, proofs: Sequence[Proven]) -> Iterator[Said]:
    rests = item.evidence.get("port", ())
    if item.port is None:
        yield Said(f"I listen on no port that my files tell of: I am a {item.type} program.")
    elif rests:
        yield said(f"I listen on port {item.port}{by(item, 'port')}", rests)
    else:
        yield said(
            f"I listen on port {item.port}: the usual one of {item.type}, as my files say no other",
            item.evidence.get("type", ())[:1],
        )


def _build(item: Application, found: Analysis, proofs: Sequence[Proven]) -> Iterator[Said]:
    if item.dependencies:
        by = f", installed with {item.manager}" if item.manager else ""
        yield said(f"What I need to be built is named in {item.dependencies}{by}", item.evidence.get("manager", ()))
    if item.build:
        yield said(f"I am built by `{' '.join(item.build[0])}`", item.evidence.get("build", ()))
    if item.packages and not item.dependencies:
        names = ", ".join(item.packages[:SHOWN]) + (" and more" if len(item.packages) > SHOWN else "")
        yield said(f"No file of mine names packages; I import {names}", item.evidence.get("dependencies", ()))
    elif not item.dependencies and not item.build:
        yield Said("I need no building.")


def _entry(item: Application, found: Analysis, proofs: Sequence[Proven]) -> Iterator[Said]:
    if item.entrypoint:
        yield said(f"I begin in {item.entrypoint}{by(item, 'entrypoint')}", item.evidence.get("entrypoint", ()))
    else:
        yield Said("No file of mine stands out as the one I begin in.")


def _environment(item: Application, found: Analysis, proofs: Sequence[Proven]) -> Iterator[Said]:
    if not item.variables:
        yield Said("My code reads no environment variable.")
    without = "I cannot be built without" if item.output else "I do not run without"
    for needed, text in ((True, without), (False, "I also read, with a value of my own otherwise,")):
        rows = [variable for variable in item.variables if variable.required is needed]
        names = [f"{one.name}{' (a secret)' if one.secret else ''}" for one in rows[:SHOWN]]
        more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
        if rows:
            yield said(f"{text} {', '.join(names)}{more}", [one.evidence for one in rows[:SHOWN]])


def _needs(item: Application, found: Analysis, proofs: Sequence[Proven]) -> Iterator[Said]:
    for need in item.needs:
        yield said(f"I need {need.service}{by(item, f'needs {need.service}')}", (need.evidence,))
    if not item.needs:
        yield Said("I need no other service that my files tell of.")


def _image(item: Application, found: Analysis, proofs: Sequence[Proven]) -> Iterator[Said]:
    proof = next((one for one in proofs if one.application == item.name), None)
    if item.dockerfile:
        rests = item.evidence.get("run", ())[:1] if item.type == "dockerfile" else (Evidence(item.dockerfile),)
        yield said(f"I have a Dockerfile that somebody wrote, {item.dockerfile}", rests)
    elif proof is None:
        yield Said("I have no Dockerfile yet: ergon-ops project dockerfile writes one.")
    if proof is not None:
        detail = proof.detail if proof.status != "not proven" else "not proven yet: add --prove"
        yield Said(f"My Dockerfile is {detail}.")


def _missing(item: Application, found: Analysis, proofs: Sequence[Proven]) -> list[Said]:
    rows = [Said(text) for text in item.missing]
    needed = [variable for variable in item.variables if variable.required]
    if needed:
        names = ", ".join(one.name for one in needed[:SHOWN])
        does = "builds" if item.output else "starts"
        rows.append(said(f"Whoever {does} me has to set {names}", [one.evidence for one in needed[:SHOWN]]))
    beside = {service.image.rsplit("/", 1)[-1].split(":")[0] for service in found.services}
    for need in item.needs:
        if not any(need.service in image or image in need.service for image in beside if image):
            rows.append(said(f"I need {need.service}, and no Compose file of mine starts one", (need.evidence,)))
    if item.port and not item.health and not item.output and item.level == "complete":
        rows.append(said("I see no address that tells my health, such as /health", item.evidence.get("type", ())[:1]))
    if item.dependencies and item.language != "python" and not item.beside:
        rows.append(said("No lock file fixes the versions of my packages", item.evidence.get("dependencies", ())))
    return rows


def _faults(found: Analysis, has_manifest: bool) -> bool:
    return bool(found.faults or found.secrets) or not has_manifest


def _project_missing(found: Analysis, *, has_manifest: bool) -> Iterator[Said]:
    for fault in found.faults[:SHOWN]:
        yield Said(f"{fault}.", (Evidence(fault.file, fault.line),))
    for item in found.secrets[:SHOWN]:
        yield said(f"{item.file} holds a secret: it stays out of every image", (item,))
    if not has_manifest:
        yield Said("There is no manifest.json: ergon-ops manifest init writes one.")


Speaker = Callable[[Application, Analysis, Sequence[Proven]], Iterable[Said]]
SPEAKERS: dict[str, Speaker] = {
    "kind": _kind,
    "run": _run,
    "port": _port,
    "build": _build,
    "entry": _entry,
    "environment": _environment,
    "needs": _needs,
    "image": _image,
    "missing": _missing,
}
