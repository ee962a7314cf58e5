"""Programs of others against the daemon: schemathesis on its OpenAPI document, `llm` on its models."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

from tests.scenarios.serving import Serving

SEED = 7


def tried(daemon: Serving, programs: Path, box: str) -> bool:
    return all([fuzzed(daemon, programs / "schemathesis"), spoken_to(daemon, programs / "llm", box)])


def fuzzed(daemon: Serving, program: Path) -> bool:
    """Every operation but the endless one, with seeded bodies, names and headers, good and bad."""
    base = f"http://127.0.0.1:{daemon.port}"
    done = run(
        daemon,
        *(
            str(program),
            "run",
            f"{base}/openapi.json",
            "--url",
            base,
            "--header",
            f"Authorization: Bearer {daemon.token}",
        ),
        *("--seed", str(SEED), "--max-examples", "15", "--phases", "examples,coverage,fuzzing"),
        *("--exclude-path", "/api/events", "--suppress-health-check", "all", "--request-timeout", "60"),
    )
    cases = re.search(r"(\d+) generated", done.stdout)
    good = done.returncode == 0 and "Traceback" not in daemon.log
    print(f"{'ok  ' if good else 'MISS'} schemathesis: {cases[1] if cases else 'no'} cases", flush=True)
    if not good:
        print(done.stdout[-8000:], done.stderr[-2000:], daemon.log[-2000:])
    return good


def spoken_to(daemon: Serving, program: Path, box: str) -> bool:
    """Streamed and whole, and a second question of the same conversation."""
    home = daemon.home / "llm"
    home.mkdir(exist_ok=True)
    model = {"model_id": "box", "model_name": f"{box}-ci", "api_base": f"http://127.0.0.1:{daemon.port}/v1"}
    (home / "extra-openai-models.yaml").write_text(json.dumps([{**model, "api_key_name": "ergon"}]))
    (home / "keys.json").write_text(json.dumps({"ergon": daemon.token}))
    good = True
    for words in (("how are you?",), ("how are you?", "--no-stream"), ("and your memory?", "--continue")):
        done = run(daemon, str(program), "-m", "box", *words, LLM_USER_PATH=str(home))
        right = done.returncode == 0 and ("emory" in done.stdout if "--continue" in words else "Running" in done.stdout)
        good &= right
        print(
            f"{'ok  ' if right else 'MISS'} llm {' '.join(words)}: {done.stdout.strip()[:70]}{done.stderr[-300:]}",
            flush=True,
        )
    return good


def run(daemon: Serving, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={**os.environ, "NO_COLOR": "1", **more},
        cwd=daemon.home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def own_memory(pid: int) -> int:
    """Bytes: the process's share of what it has in memory (PSS)."""
    found = re.search(r"^Pss: +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0
