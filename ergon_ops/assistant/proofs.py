"""Dockerfiles proven on the operator's engine; what came of it is kept with the plan."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ergon_ops.assistant.projects import Written
from ergon_ops.assistant.registering import first_engine, opened
from ergon_ops.packaging.analysis.secrets import IGNORED
from ergon_ops.packaging.plan import Run, Unpack
from ergon_ops.settings import Settings
from ergon_ops.stack.hands import open_hands
from ergon_ops.stack.proving import Claim, Proof
from ergon_ops.stack.proving import prove as prove_claim

Document = dict[str, Any]


async def prove(
    settings: Settings, folder: Path, work: Sequence[Written], progress: Callable[[str], None]
) -> list[Document]:
    """One after the other. Raises EngineError where no engine answers."""
    rows: list[Document] = []
    root = folder.resolve()  # noqa: ASYNC240 one look, before anything is waited for
    async with open_hands(first_engine(settings)) as hands:
        for item in work:
            claim = claim_of(item)
            proof = await prove_claim(claim, engine=hands, cache=settings.cache_dir, progress=progress)
            keep(settings, root, item, proof)
            rows.append(
                {
                    "application": item.application.name,
                    "status": "proven" if proof.proven else "failed",
                    "detail": proof.detail,
                    "instead": list(proof.instead),
                }
            )
    return rows


def claim_of(item: Written) -> Claim:
    """What its Dockerfile promises."""
    found, plan = item.application, item.plan if not item.own else None
    unpack = next((step for _, step in plan.steps() if isinstance(step, Unpack)), None) if plan else None
    language = "" if found.output or found.type == "dockerfile" else found.language
    return Claim(
        found.name,
        item.path.parent,
        item.path.read_text("utf-8", "replace") if item.path.exists() else item.text,
        plan.ignore if plan else IGNORED,
        found.port,
        found.health,
        {"typescript": "javascript"}.get(language, language),
        unpack.manager if unpack else "",
        unpack.files if unpack else (),
        (*(unpack.packages if unpack else ()), *_to_be_built(item)),
        http=found.http and found.type != "grpc",
        needs=tuple(dict.fromkeys(need.service for need in found.needs)),
    )


def _to_be_built(item: Written) -> tuple[str, ...]:
    """What pip fetches to install the project itself, where it does: as its pyproject.toml says, or setuptools."""
    steps = item.plan.steps() if item.plan and not item.own else ()
    if not any(isinstance(step, Run) and step.commands[0][:2] == ("pip", "install") for _, step in steps):
        return ()
    try:
        document = tomllib.loads((item.path.parent / "pyproject.toml").read_text("utf-8"))
        found = document.get("build-system", {}).get("requires", [])
        return tuple(word for word in found if isinstance(word, str)) or ("setuptools", "wheel")
    except (OSError, ValueError, AttributeError):
        return ("setuptools", "wheel")


def keep(settings: Settings, root: Path, item: Written, proof: Proof) -> None:
    body = json.dumps(item.plan.to_json(), ensure_ascii=False) if item.plan else "{}"
    with opened(settings) as store:
        store.projects.keep_plan(
            str(root),
            item.application.name,
            body=body,
            dockerfile=item.text,
            status="proven" if proof.proven else "failed",
            detail=proof.detail,
        )
