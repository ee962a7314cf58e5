"""A project speaks of its files: every sentence that concludes something cites file and line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ergon_ops.packaging.analysis import Analysis, analyse
from ergon_ops.packaging.answers import Proven, answer, topics
from tests.packaging.projects import FASTAPI, TREES, UVICORN, write

CODE = "import os\nTOKEN = os.environ['API_TOKEN']\n" + FASTAPI


@pytest.fixture
def shop(tmp_path: Path) -> Analysis:
    files = {"main.py": CODE, "requirements.txt": UVICORN + "redis\n", ".env": "API_TOKEN=hunter2\n"}
    return analyse(write(tmp_path / "shop", files))


def told(found: Analysis, question: str, *proofs: Proven) -> str:
    return "\n".join(row.text for row in answer(found, question, proofs))


QUESTIONS = [
    ("how do I run you?", "Run me with `uvicorn main:app --host 0.0.0.0 --port 8000` (main.py:5, requirements.txt:2)."),
    ("which port?", "I listen on port 8000: the usual one of fastapi, as my files say no other (main.py:5)."),
    ("what are you made with?", "I am a fastapi program in python (main.py:5, requirements.txt:1)."),
    ("which environment variables do you read?", "I do not run without API_TOKEN (a secret) (main.py:2)."),
    ("which services do you need?", "I need redis (requirements.txt:3)."),
    ("where do you start, which file?", "I begin in main.py (main.py:5)."),
    ("is your docker image proven?", "I have no Dockerfile yet: ergon-ops project dockerfile writes one."),
    ("what is missing?", "Whoever starts me has to set API_TOKEN (main.py:2)."),
    ("what is missing?", "I need redis, and no Compose file of mine starts one (requirements.txt:3)."),
    ("what is missing?", ".env holds a secret: it stays out of every image (.env:1)."),
]


@pytest.mark.parametrize(("question", "sentence"), QUESTIONS, ids=[f"{q} {s[:12]}" for q, s in QUESTIONS])
def test_a_question_is_answered_from_the_files(shop: Analysis, question: str, sentence: str) -> None:
    assert sentence in told(shop, question).split("\n")


def test_several_questions_are_answered_in_order(shop: Analysis) -> None:
    text = told(shop, "how do I run you? which port? what is missing?")
    assert text.index("Run me") < text.index("I listen") < text.index("Whoever starts me")
    assert "hunter2" not in text


def test_what_is_proven_is_told(shop: Analysis) -> None:
    assert "proven: GET /health 200 in 1.2 s" in told(
        shop, "docker?", Proven("shop", "proven", "proven: GET /health 200 in 1.2 s")
    )


def test_what_asks_nothing_of_a_project_has_no_topic() -> None:
    assert topics("hello") == ()
    assert topics("is anything slow?") == ()


@pytest.mark.parametrize("name", [name for name, _, _ in TREES])
def test_whatever_is_cited_is_a_file_of_the_project(name: str, tmp_path: Path) -> None:
    files = next(files for other, files, _ in TREES if other == name)
    found = analyse(write(tmp_path / name, files))
    text = told(found, "what are you, how do I run you, which port, which env, which services, what is missing?")
    cited = re.findall(r"\(((?:[\w./-]+(?::\d+)?(?:, )?)+)\)", text)
    for place in (place for group in cited for place in group.split(", ")):
        path = place.split(":")[0]
        assert path in files or " " not in path, place
    for item in found.applications:
        assert f"{item.port}" in text or item.port is None


def test_a_project_without_an_application_says_so(tmp_path: Path) -> None:
    assert (
        told(analyse(write(tmp_path, {"notes.txt": "x"})), "how do I run you?") == "I see no application in my 1 files."
    )


def test_of_several_programs_the_one_that_is_named_answers(tmp_path: Path) -> None:
    files = {f"{name}/main.py": FASTAPI for name in ("api", "staff/admin", "app")}
    files |= {f"{name}/requirements.txt": UVICORN for name in ("api", "staff/admin", "app")}
    found = analyse(write(tmp_path / "shop", files))
    assert told(found, "which port does the admin use?").startswith("admin: I listen on port 8000")
    assert told(found, "what is missing in staff/admin?") == "Nothing is missing as far as the files tell."
    for question in ("which port?", "how do I run the app?"):
        assert [line.split(":")[0] for line in told(found, question).split("\n")] == ["api", "app", "admin"]
