"""Several programs of the same sources, and what a Dockerfile and a Compose file say of where and how they run."""
# ruff: noqa: E501 - tables read best one a line

from __future__ import annotations

from pathlib import Path

import pytest

from ergon_ops.packaging.analysis import analyse
from ergon_ops.packaging.describing import document_of
from tests.packaging.projects import EXPRESS, FASTAPI, FLASK, UVICORN, write
from tests.packaging.workspaces import package

WEB = {
    "web.py": FASTAPI,
    "requirements.txt": UVICORN + "redis\nrq\n",
    "jobs/__init__.py": "",
    "jobs/run.py": "import os\nq = os.environ['QUEUE']\n",
}


def told(root: Path, files: dict[str, str]) -> list[tuple[str, str, str, int | None]]:
    return [
        (item.name, item.type, " ".join(item.run), item.port)
        for item in analyse(write(root / "shop", files)).applications
    ]


SERVER = ("shop", "fastapi", "uvicorn web:app --host 0.0.0.0 --port 8000", 8000)


@pytest.mark.parametrize(
    ("line", "more"),
    [
        ("worker: python -m jobs.run", [("shop-worker", "script", "python -m jobs.run", None)]),
        ("clock: celery -A jobs.run beat", [("shop-clock", "celery", "celery -A jobs.run beat", None)]),
        ("admin: python admin.py --port 9001", [("shop-admin", "http", "python admin.py --port 9001", 9001)]),
        ("release: python -m jobs.run", []),
        ("setup: alembic upgrade head", []),
        ("again: uvicorn web:app --port 8000", []),
    ],
)
def test_each_line_of_a_procfile_that_goes_on_is_a_program(
    tmp_path: Path, line: str, more: list[tuple[str, str, str, int | None]]
) -> None:
    said = {**WEB, "Procfile": f"web: uvicorn web:app --host 0.0.0.0 --port 8000\n{line}\n"}
    assert told(tmp_path, said) == [SERVER, *more]


@pytest.mark.parametrize(
    ("command", "more"),
    [
        ("python -m jobs.run", [("shop-second", "script", "python -m jobs.run", None)]),
        ("rq worker high", [("shop-second", "script", "rq worker high", None)]),
        ("uvicorn web:app --reload", []),
        ("alembic upgrade head", []),
        ("bash", []),
        ("npm run dev", []),
    ],
)
def test_a_service_with_a_command_of_its_own_is_a_program(
    tmp_path: Path, command: str, more: list[tuple[str, str, str, int | None]]
) -> None:
    compose = f"services:\n  web:\n    build: .\n  second:\n    build: .\n    command: {command}\n    environment: [QUEUE=x]\n"
    files = {**WEB, "compose.yaml": compose}
    assert told(tmp_path, files) == [SERVER, *more]
    document = document_of(analyse(tmp_path / "shop"))
    kept = {name: entry.get("environment") for name, entry in document["containers"].items()}
    assert kept == {"shop": None, **{name: {"QUEUE": None} for name, _, _, _ in more}} if more else {"shop": None}


def test_what_both_say_is_one_program_and_a_worker_of_celery_stays_one(tmp_path: Path) -> None:
    tasks = "from celery import Celery\ncelery = Celery('t')\n"
    files = {
        **WEB, "tasks.py": tasks, "Procfile": "web: uvicorn web:app --port 8000 --host 0.0.0.0\nworker: celery -A tasks worker -l info\nbeat: celery -A tasks beat\n",
        "compose.yaml": "services:\n  web:\n    build: .\n  beat:\n    build: .\n    command: celery -A tasks beat --loglevel info\n",
    }  # fmt: skip
    assert [(name, run) for name, _, run, _ in told(tmp_path, files)][1:] == [
        ("shop-beat", "celery -A tasks beat"),
        ("shop-worker", "celery -A tasks worker -l info"),
    ]


def test_a_worker_beside_a_server_of_node_is_one_too(tmp_path: Path) -> None:
    document = package(scripts={"start": "node index.js"}, dependencies={"express": "4"})
    files = {
        "package.json": document,
        "index.js": EXPRESS + "app.listen(4000)\n",
        "worker.js": "setInterval(() => 1, 9)\n",
        "Procfile": "web: node index.js\nworker: node worker.js\n",
    }
    assert [(name, run) for name, _, run, _ in told(tmp_path, files)] == [
        ("shop", "node index.js"),
        ("shop-worker", "node worker.js"),
    ]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("from kafka import KafkaConsumer\nfor m in KafkaConsumer('t'): pass\n", True),
        ("import paho.mqtt.client as mqtt\nc = mqtt.Client()\nc.loop_forever()\n", True),
        ("from apscheduler.schedulers.blocking import BlockingScheduler\nBlockingScheduler().start()\n", True),
        ("print('trained')\n", False),
        ("from kafka import KafkaProducer\nKafkaProducer().send('t', b'x')\n", False),
    ],
)
def test_a_second_file_is_a_program_if_it_waits_for_messages_or_times(tmp_path: Path, code: str, found: bool) -> None:
    body = "".join(f"    {line}\n" for line in code.splitlines())
    files = {**WEB, "listen.py": f"if __name__ == '__main__':\n{body}"}
    more = [("shop-listen", "script", "python listen.py", None)] if found else []
    assert told(tmp_path, files) == [SERVER, *more]


@pytest.mark.parametrize(
    ("text", "run", "port"),
    [
        ('FROM x:1\nARG P=7001\nENV PORT=$P\nEXPOSE ${PORT}\nCMD ["/srv/run"]\n', "/srv/run", 7001),
        ('FROM x:1\nENV PORT 7001\nCMD ["serve", "--port", "7001"]\n', "serve --port 7001", 7001),
        ("ARG V=1\nFROM x:$V\nEXPOSE 7001/tcp 7002\nCMD run\n", "run", 7001),
        ("FROM x:1\nEXPOSE $UNKNOWN\nCMD run\n", "run", None),
    ],
)
def test_a_dockerfile_is_read_with_its_arguments_filled_in(
    tmp_path: Path, text: str, run: str, port: int | None
) -> None:
    assert told(tmp_path, {"Dockerfile": text}) == [("shop", "dockerfile", run, port)]


def test_the_arguments_of_a_compose_file_come_first_and_its_file_is_the_one(tmp_path: Path) -> None:
    files = {
        "api/app.py": FLASK, "api/requirements.txt": "flask\ngunicorn\n", "api/docker/Dockerfile.prod": "FROM x:1\nARG P=1234\nCOPY . /app\nEXPOSE $P\nCMD gunicorn app:app\n",
        "compose.yaml": "services:\n  api:\n    build:\n      context: ./api\n      dockerfile: docker/Dockerfile.prod\n      args: {P: 8001}\n",
    }  # fmt: skip
    (item,) = analyse(write(tmp_path, files)).applications
    assert (item.path, item.port, item.dockerfile) == ("api", 8001, "api/docker/Dockerfile.prod")


def test_a_dockerfile_elsewhere_is_of_the_folder_it_copies_from(tmp_path: Path) -> None:
    """And what its sources read and need is told, though only it knows how they are started."""
    files = {
        "deploy/docker/Dockerfile": "FROM x:1\nCOPY requirements.txt .\nCOPY src /app\nCMD [\"python\", \"listener.py\"]\n",
        "requirements.txt": "paho-mqtt\n", "src/listener.py": "import os\nhost = os.environ['BROKER']\n",
    }  # fmt: skip
    (item,) = analyse(write(tmp_path, files)).applications
    assert (item.path, item.type, item.run) == (".", "dockerfile", ("python", "listener.py"))
    assert ([one.name for one in item.variables], [one.service for one in item.needs]) == (["BROKER"], ["mqtt"])


def test_of_several_dockerfiles_the_one_for_working_on_it_comes_last(tmp_path: Path) -> None:
    files = {
        "Dockerfile.dev": "FROM x:1\nEXPOSE 1111\nCMD dev\n",
        "Dockerfile.prod": "FROM x:1\nEXPOSE 2222\nCMD run\n",
    }
    assert told(tmp_path, files) == [("shop", "dockerfile", "run", 2222)]
