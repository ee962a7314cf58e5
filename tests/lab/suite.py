"""All tests, in two runs of pytest side by side: most of the time of either is spent waiting for an engine.

The second run has what brings its own engine or its own environment, and what looks only at containers of its own, so
that both take about as long; it is told when the first is through. With arguments, or on one processor, there is one
run.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

BESIDE = (
    *("tests/scenarios", "tests/engine/test_newer_engines.py", "tests/test_wheel.py", "tests/faults"),
    *("tests/changes", "tests/optimizations"),
)
PYTEST = (sys.executable, "-m", "pytest")


def main(arguments: Sequence[str]) -> int:
    if arguments or (os.cpu_count() or 1) < 2:
        os.execv(sys.executable, (*PYTEST, *arguments))
    began = time.monotonic()
    with tempfile.TemporaryFile() as said:
        own = ("-o", "cache_dir=.pytest_cache/beside", *BESIDE)
        beside = subprocess.Popen((*PYTEST, *own), stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
        others = subprocess.Popen((*PYTEST, *(f"--ignore={place}" for place in BESIDE)))
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both, and each takes down what it has started
        codes = (others.wait(), beside.wait())
        said.seek(0)
        print(f"\nbeside it: {' '.join(BESIDE)}\n{said.read().decode(errors='replace')}")
    print(f"both in {time.monotonic() - began:.0f} s")
    return max(codes, key=abs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
