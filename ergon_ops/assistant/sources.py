"""A project's own CI: asked about what is in its files, it answers from them, also where no engine runs."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ergon_ops.assistant import documents, recall
from ergon_ops.assistant.project_list import Project, one, projects, tekton_of
from ergon_ops.assistant.room import House
from ergon_ops.engine.protocols import Container
from ergon_ops.events import Event, Stream
from ergon_ops.messages import Message, Question, Text
from ergon_ops.refs import slug
from ergon_ops.toolbox.inventory import Inventory

if TYPE_CHECKING:
    from ergon_ops.packaging.answers import Said

PREFIX = "project:"
MANIFEST = "manifest.json"


def known(house: House) -> dict[str, Project]:
    """Projects by name whose folder is here."""
    found, _ = projects(house.store, tekton_of(house.settings))
    return {row.name: row for row in found if row.there}


def asked(house: House, question: Question) -> Project | None:
    """The project a question is for by its words: one that is named `project:NAME`, asked for what its files tell."""
    if len(question.names) != 1 or not question.names[0].casefold().startswith(PREFIX):
        return None
    return _of(house, question.names[0][len(PREFIX) :]) if _about_files(question) else None


def meant(house: House, question: Question) -> Project | None:
    """The same where no container is of that name: the project's name, or its CI's."""
    return _of(house, question.names[0].removeprefix(PREFIX)) if len(question.names) == 1 else None


def expect_project(house: House, question: Question) -> None:
    """Raises NoSuchProject, with the nearest projects, where one was spoken to as `project:NAME`."""
    if len(question.names) == 1 and question.names[0].casefold().startswith(PREFIX):
        one(known(house).values(), question.names[0][len(PREFIX) :])


def instead(house: House, question: Question, inventory: Inventory) -> Project | None:
    """The project that answers before any container is looked for: by its name in the question, or, with no engine to
    ask, by the name it is spoken to."""
    if inventory.failures and not inventory.containers:
        return meant(house, question) or named(house, question, ())
    return named(house, question, inventory.containers)


def named(house: House, question: Question, rows: Sequence[Container]) -> Project | None:
    """A project that is named in the question itself and asked for what its files tell; whoever runs goes first."""
    everyone = () if question.names else tuple(known(house).values())
    if not everyone or not _about_files(question):
        return None
    words = set(re.findall(r"[\w.-]*\w", question.text.lower()))
    taken = {word.lower() for row in rows for word in (row.ref.name, row.service, row.project) if word}
    found = [row for row in everyone if {row.name.lower(), row.ci} & (words - taken)]
    return found[0] if len(found) == 1 else None


def _about_files(question: Question) -> bool:
    """Imported when there is a project to ask about: most questions are to containers."""
    from ergon_ops.packaging.answers import topics

    return bool(topics(question.text))


def _of(house: House, name: str) -> Project | None:
    rows = known(house)
    return rows.get(name) or next((row for row in rows.values() if name in (row.ci, row.id, slug(row.name))), None)


async def tell(house: House, question: Question, stream: Stream, project: Project) -> AsyncGenerator[Event, None]:
    """The turn's events. Raises UsageError for a folder that went away meanwhile."""
    from ergon_ops.assistant import refining
    from ergon_ops.packaging.answers import Proven, answer

    started = time.perf_counter()
    yield stream.event("routed", kind="project", containers=[], why=f"{project.name} is a project")
    folder = Path(project.path)
    found = await asyncio.to_thread(refining.looked_at, folder, refining.known(house.store, folder))
    plans = [Proven(row.application, row.status, row.detail) for row in house.store.projects.plans(project.path)]
    has_manifest = (Path(project.path) / MANIFEST).is_file()
    rows = answer(found, question.text, plans, has_manifest=has_manifest)
    for number, row in enumerate(rows):
        yield stream.event("text", text=("\n" if number else "") + row.text)
    text = "\n".join(row.text for row in rows)
    session = _remember(house, question, text)
    data = documents.answer_json(
        question=question.text,
        ci=project.ci,
        containers=(),
        answer=text,
        elapsed_ms=(time.perf_counter() - started) * 1000,
        session=session,
        project=project.name,
        evidence=cited(rows),
    )
    yield stream.event("answer", **data)


def cited(rows: tuple[Said, ...]) -> list[documents.Document]:
    return [item.to_json() for item in dict.fromkeys(item for row in rows for item in row.evidence)]


def _remember(house: House, question: Question, text: str) -> str | None:
    session = recall.open_session(house.store, question.session).id
    if session is not None:
        house.store.sessions.append(session, Message("user", (Text(question.text),)))
        house.store.sessions.append(session, Message("assistant", (Text(text),)))
    return session
