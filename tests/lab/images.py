"""The images that tests and demo run: made once, quick when they are there. Run with DOCKER_HOST set."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

from ergon_ops.engine.connect import endpoints
from ergon_ops.engine.images import open_images
from ergon_ops.engine.protocols import Images
from ergon_ops.errors import ErgonError
from ergon_ops.settings import DockerEnv
from ergon_ops.stack.base_image import BaseImage, ensure_base
from ergon_ops.stack.demo_images import BASE, ensure_demo_images, ensure_image

BUSYBOX = "ergon-ops-lab/busybox:1"
SERVICES = "ergon-ops-lab/svc:1"
LAB = Path(__file__).parent
NODE = BaseImage(tag="ergon-ops-lab/node:1", packages=("nodejs",), context=LAB / "node")
# Real servers that only the fault bench breaks.
SERVERS = BaseImage(
    tag="ergon-ops-lab/servers:1",
    packages=("bash", "busybox-static", "coreutils", "curl", "dash", "haproxy", "lighttpd", "procps", "ruby"),
    context=LAB / "node",
)


async def ensure(images: Images, *, cache: Path) -> None:
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"lab: {time.monotonic() - began:4.1f} s  {line}", file=sys.stderr, flush=True)

    # The second download waits for the network while the first is unpacked.
    await asyncio.gather(
        ensure_demo_images(images=images, cache=cache, progress=say),
        ensure_base(NODE, images=images, cache=cache, progress=say),
        ensure_base(SERVERS, images=images, cache=cache, progress=say),
    )
    await asyncio.gather(
        ensure_image(LAB / "busybox", BUSYBOX, images=images, progress=say, salt=BASE.digest),
        ensure_image(LAB / "svc", SERVICES, images=images, progress=say, salt=BASE.digest + NODE.digest),
    )


def main() -> int:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ergon-ops"
    (endpoint,) = endpoints(DockerEnv(docker_host=os.environ["DOCKER_HOST"]))
    try:
        asyncio.run(ensure(open_images(endpoint), cache=cache))
    except ErgonError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
