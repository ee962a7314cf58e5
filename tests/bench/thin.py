"""aish for machines without Tekton: from the start of its process to the first byte of its request."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from ergon_ops.tekton import thin_aish
from tests.bench.models import listening, until_heard
from tests.bench.rows import Cost, Row
from tests.bench.timing import processes

RUNS = 9


def aish() -> Row:
    """Against an interpreter that does nothing. It finds its CI among two hundred."""
    with listening() as ear, tempfile.TemporaryDirectory(prefix="ergon-ops-bench-") as folder:
        place = Path(folder)
        (place / "run").mkdir()
        (place / "run/cis.json").write_text(json.dumps({f"box-{number}-ci": entry(ear.url) for number in range(200)}))
        script = place / "aish"
        source = Path(thin_aish.__file__).read_text("utf-8")
        script.write_text(source.replace("{state}", folder), "utf-8")
        words = [sys.executable, str(script), "box-150-ci", "What's your status?"]
        taken = [until_heard(words, ear, TEKTON_ROOT="") for _ in range(RUNS)]
        (bare,) = processes([sys.executable, "-c", "pass"], runs=RUNS)
    return Row("aish NAME, start to request", Cost.of(taken), bare, "python -c pass", 0.12)


def entry(url: str) -> dict[str, object]:
    return {"endpoint": url, "message_endpoint": "/aish/x/y", "message_format": "json_simple", "pid": os.getpid()}
