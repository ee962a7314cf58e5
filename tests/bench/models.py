"""To a model's first byte: the whole program with each SDK, beside `llm` and its first request to the same server."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ergon_ops.grounding import check
from tests.bench.rows import Cost, Row
from tests.bench.timing import DEADLINE_S, called, processes
from tests.grounding import worlds

PYTHON = sys.executable
PROGRAM = str(Path(PYTHON).with_name("ergon-ops"))
LLM = "ERGON_OPS_BENCH_LLM"  # the program `llm`, which the make target installs
RUNS = 5
SENTENCES = Path(worlds.__file__).with_name("true_building.txt")
IMPORTS = {
    "anthropic": "import anthropic, anthropic.resources.messages",
    "openai": "import openai, openai.resources.chat.completions",
}
REFUSAL = b'{"error": {"type": "authentication_error", "message": "no"}}'
ANSWER = b"HTTP/1.1 401 No\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s"


@dataclass(slots=True)
class Ear:
    """Hears when a request's first byte arrives and how long its body is; answers with a refusal."""

    url: str
    first: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def hear(self, listener: socket.socket) -> None:
        while True:
            try:
                wire, _ = listener.accept()
            except OSError:
                return
            with wire:
                wire.settimeout(DEADLINE_S)
                data = wire.recv(1)
                self.first.append(time.perf_counter())
                while b"\r\n\r\n" not in data:
                    data += wire.recv(65536)
                head, _, body = data.partition(b"\r\n\r\n")
                length = next(
                    (
                        int(line.split(b":")[1])
                        for line in head.lower().split(b"\r\n")
                        if line.startswith(b"content-len")
                    ),
                    0,
                )
                while len(body) < length:
                    body += wire.recv(65536)
                self.sizes.append(length)
                wire.sendall(ANSWER % (len(REFUSAL), REFUSAL))


@contextmanager
def listening() -> Iterator[Ear]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ear = Ear(f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread = threading.Thread(target=ear.hear, args=(listener,), daemon=True)
        thread.start()
        yield ear
        listener.shutdown(socket.SHUT_RDWR)


def first_bytes(name: str) -> list[Row]:
    """The programs take turns, and with them the bare import of each SDK."""
    taken: dict[str, list[float]] = {}
    with listening() as ear, tempfile.TemporaryDirectory(prefix="ergon-ops-bench-") as folder:
        others = _llm(Path(folder), ear.url)
        for _ in range(RUNS):
            for provider in IMPORTS:
                words = [PROGRAM, "ask", name, "What's your status?", "--model", f"{provider}:bench"]
                taken.setdefault(provider, []).append(until_heard(words, ear))
                imported, bare = processes([PYTHON, "-c", IMPORTS[provider]], [PYTHON, "-c", "pass"], runs=1)
                taken.setdefault(f"import {provider}", []).append(imported.median - bare.median)
            if others:
                taken.setdefault("llm", []).append(until_heard(others, ear, LLM_USER_PATH=folder))
        size = max(ear.sizes)
    llm = Cost.of(taken["llm"]) if others else None
    rows = [Row("start to first byte, openai", Cost.of(taken["openai"]), llm, "llm, to the same server")]
    for provider in IMPORTS:
        beyond = [
            max(0.0, whole - sdk) for whole, sdk in zip(taken[provider], taken[f"import {provider}"], strict=True)
        ]
        otherwise = Cost.of(taken[f"import {provider}"])
        rows.append(
            Row(
                f"start to first byte, beyond the SDK's import, {provider}",
                Cost.of(beyond),
                otherwise,
                "that import",
                1.0,
            )
        )
    if not others:
        print(f"bench: no llm to compare with ({LLM} is not set)", file=sys.stderr)
    return [
        *rows,
        Row("first request of a status question", _exactly(size), budget=10_000, unit="bytes"),
        *_prompt(name),
    ]


def until_heard(words: Sequence[str], ear: Ear, **more: str) -> float:
    """Seconds from the start of the process to the first byte of its first request."""
    before = len(ear.first)
    with tempfile.TemporaryDirectory(prefix="ergon-ops-bench-") as state:
        environ = {**os.environ, "XDG_STATE_HOME": state, "PYTHONDONTWRITEBYTECODE": "", **more}
        for name, path in (("ANTHROPIC", ""), ("OPENAI", "/v1")):
            environ |= {f"{name}_BASE_URL": ear.url + path, f"{name}_API_KEY": "bench"}
        began = time.perf_counter()
        done = subprocess.run(
            words,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
    if len(ear.first) == before:
        raise SystemExit(f"bench: {words[0]} sent nothing: {done.stderr.strip()[-300:]}")
    return ear.first[before] - began


def _llm(folder: Path, url: str) -> list[str] | None:
    """`llm` with a model of the same server."""
    program = os.environ.get(LLM) or shutil.which("llm")
    if program is None:
        return None
    models = [{"model_id": "bench", "model_name": "bench", "api_base": f"{url}/v1"}]
    (folder / "extra-openai-models.yaml").write_text(json.dumps(models))  # which is YAML too
    return [program, "--no-log", "-m", "bench", "What's your status?"]


def _prompt(name: str) -> list[Row]:
    done = subprocess.run([PROGRAM, "prompt", name, "--json"], capture_output=True, text=True, check=True, timeout=60)
    tokens = json.loads(done.stdout)["tokens"]
    return [
        Row("fixed prompt and schemas", _exactly(tokens["fixed"]), budget=2000, unit="tokens"),
        Row("first message: facts and question", _exactly(tokens["first_message"]), budget=700, unit="tokens"),
    ]


def _exactly(value: float) -> Cost:
    return Cost(value, value, value)


def grounding() -> Row:
    """One sentence against a ledger of six containers."""
    ground = worlds.written()
    sentences = [line for line in SENTENCES.read_text("utf-8").splitlines() if line.strip() and line[0] != "#"]
    whole = called(lambda: [check(sentence, ground) for sentence in sentences], 5)
    each = Cost(*(value / len(sentences) for value in (whole.median, whole.best, whole.p99)))
    return Row("grounding of one sentence", each)
