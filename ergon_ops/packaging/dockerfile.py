"""A plan as a Dockerfile and its .dockerignore: for people to read, and for any engine to build."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping

from ergon_ops.packaging.image.other_locks import NAMES as OTHER_LOCKS
from ergon_ops.packaging.plan import Config, Copy, Health, ImagePlan, Run, Stage, Unpack
from ergon_ops.packaging.writing import WRITTEN, signed

HEAD = f"""{WRITTEN} from what is in this project; `ergon-ops project dockerfile` writes it anew.
# Built twice by BuildKit it is the same image if it is told to:
#   docker buildx build --build-arg SOURCE_DATE_EPOCH=315532801 --provenance=false
#     --output type=docker,rewrite-timestamp=true .
"""
PIP = ("pip", "install", "--no-cache-dir", "--no-compile")
CLEAN = "PYTHONDONTWRITEBYTECODE=1 "  # pip leaves no bytecode of its own, with times in it, behind
INSTALLS = {
    "npm": ("npm", "install", "--no-audit", "--no-fund"),
    "pnpm": ("pnpm", "install"),
    "yarn": ("yarn", "install"),
    "bun": ("bun", "install"),
}


def dockerfile(plan: ImagePlan) -> str:
    parts = [HEAD, *(f"# {note}\n" for note in plan.notes)]
    alone = len(plan.stages) == 1
    for stage in plan.stages:
        name = "" if alone or stage is plan.final else f" AS {stage.name}"
        parts.append(f"FROM {stage.base}{name}\n" + "".join(f"{line}\n" for line in _stage(stage)))
    return signed("\n".join(part.rstrip("\n") + "\n" for part in parts if part))


def dockerignore(plan: ImagePlan) -> str:
    lines = "".join(f"{line}\n" for line in dict.fromkeys(plan.ignore))
    return signed(f"{WRITTEN}: what no image holds.\n{lines}")


def _stage(stage: Stage) -> Iterator[str]:
    folder = ""
    for step in stage.steps:
        wanted = _folder(step)
        if wanted and wanted != folder:
            folder = wanted
            yield f"WORKDIR {folder}"
        match step:
            case Copy():
                yield _copy(step)
            case Unpack():
                yield from _unpack(step)
            case Run():
                yield _run(step)
            case Config():
                yield from _config(step)


def _folder(step: Copy | Unpack | Run | Config) -> str:
    match step:
        case Unpack():
            return "/app" if step.manager == "pip" else step.target
        case Run() | Config():
            return step.folder
        case _:
            return ""


def _copy(step: Copy) -> str:
    origin = f"--from={step.stage} " if step.stage else ""
    words = [*step.sources, step.target]
    if any(re.search(r"[\s\[\]]", word) for word in words):
        return f"COPY {origin}{json.dumps(words, ensure_ascii=False)}"
    return f"COPY {origin}{' '.join(words)}"


def _unpack(step: Unpack) -> Iterator[str]:
    if step.manager != "pip":
        yield from _modules(step)
        return
    folders: dict[str, list[str]] = {}
    for name in step.files:
        folders.setdefault(name.rpartition("/")[0], []).append(name)
    for folder, names in folders.items():
        yield _copy(Copy(tuple(names), f"./{folder}/" if folder else "./"))
    target = f"--target={step.target}"
    if step.files:
        yield f"RUN {CLEAN}{shlex.join([*PIP, target, '-r', step.files[0]])}"
    elif step.packages:
        yield "# The project says these without a version that is fixed."
        yield "# hadolint ignore=DL3013"
        yield f"RUN {CLEAN}{shlex.join([*PIP, target, *step.packages])}"


def _modules(step: Unpack) -> Iterator[str]:
    yield _copy(Copy(step.files, "./"))
    words = list(INSTALLS[step.manager])
    if step.manager == "npm" and any(name in step.files for name in ("package-lock.json", "npm-shrinkwrap.json")):
        words[1] = "ci"
    elif any(name in OTHER_LOCKS for name in step.files):
        words.append("--frozen-lockfile")
    if step.production:
        words += {"npm": ["--omit=dev"], "pnpm": ["--prod"], "bun": ["--production"]}.get(step.manager, [])
    after = " && yarn cache clean" if step.manager == "yarn" else ""
    before = (
        "corepack enable && "
        if step.manager in ("pnpm", "yarn")
        else "npm install -g bun@1 && "
        if step.manager == "bun"
        else ""
    )
    yield f"RUN {before}{shlex.join(words)}{after}"


def _run(step: Run) -> str:
    return f"RUN {shell_words(step)}"


def shell_words(step: Run) -> str:
    """The step as one line of a shell."""
    given = "".join(f"{key}={shlex.quote(value)} " for key, value in step.environment.items())
    return " && ".join(given + _shell(words, alone=not given) for words in step.commands)


def _shell(words: tuple[str, ...], *, alone: bool) -> str:
    """As it is where it may stand between others, with nothing said for its first word only."""
    simple = alone and len(words) == 3 and words[:2] == ("sh", "-c")
    return words[2] if simple and not re.search(r"[;|#\n]|(?<!&)&(?!&)|^\s*\w+=", words[2]) else shlex.join(words)


def _config(step: Config) -> Iterator[str]:
    if step.environment:
        yield f"ENV {_pairs(step.environment)}"
    if step.labels:
        yield f"LABEL {_pairs(step.labels)}"
    yield f"USER {step.user}"
    if step.ports:
        yield f"EXPOSE {' '.join(map(str, step.ports))}"
    if step.health:
        yield _health(step.health)
    yield f"CMD {json.dumps(list(step.command), ensure_ascii=False)}"


def _pairs(values: Mapping[str, str]) -> str:
    return " \\\n    ".join(f"{key}={_quoted(value)}" for key, value in values.items())


def _quoted(value: str) -> str:
    return value if re.fullmatch(r"[\w./:@+,-]+", value) else '"' + re.sub(r'(["\\$])', r"\\\1", value) + '"'


def _health(health: Health) -> str:
    times = (
        f"--interval={health.interval_s:g}s --timeout={health.timeout_s:g}s --start-period={health.start_period_s:g}s"
    )
    return f"HEALTHCHECK {times} --retries={health.retries} \\\n    CMD {json.dumps(list(health.test))}"
