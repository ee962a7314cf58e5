"""On a real engine: what a container was given beyond its image, and that what is written of it is what it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ergon_ops.assistant.wiring import assemble
from ergon_ops.engine.protocols import PublishedPort
from ergon_ops.settings import load
from tests.engine.real import RealEngine

pytestmark = pytest.mark.engine
HEALTH = {"Test": ["CMD-SHELL", "wget -q -O - http://127.0.0.1:8080/"], "Interval": 2_000_000_000}


async def test_what_is_written_of_a_container_is_what_it_is(docker_host: str, tmp_path: Path) -> None:
    async with RealEngine.opened(docker_host) as real:
        ref = await real.run(
            "exec httpd -f -p 8080 -h /",
            environment={"MODE": "fast", "DB_PASSWORD": "s3cr3t-71aa"},
            ports=(PublishedPort("127.0.0.1", 0, 8080),),
            labels={"io.ergon-ops.project": "written-1"},
            memory_bytes=64 * 1024 * 1024,
            restart="on-failure:3",
            health=HEALTH,
        )
        given = await real.reads.overrides(ref, {"MODE": "fast", "DB_PASSWORD": "other", "NONE": "x"})
        assert set(given.environment) == {"MODE", "DB_PASSWORD"}
        assert given.equal == {"MODE": True, "DB_PASSWORD": False}
        assert given.command == ("sh", "-c", "exec httpd -f -p 8080 -h /")
        assistant = assemble(load(), {real.reads.host: real.reads}, lambda host: real.writes)
        document = (await assistant.manifest_of_running("written-1"))["manifest"]
        entry = document["containers"][ref.name]
        assert entry["environment"] == {"MODE": None, "DB_PASSWORD": None}
        assert entry["health"]["http"] == "/"
        assert entry["restart"] == "on-failure:3"
        assert "s3cr3t" not in json.dumps(document)
        path = tmp_path / "written.json"
        path.write_text(json.dumps(document))
        assert (await assistant.manifest_difference(str(path)))["differences"] == []
        entry["resources"]["memory"] = "96m"
        path.write_text(json.dumps(document))
        (only,) = (await assistant.manifest_difference(str(path)))["differences"]
        assert (only["wanted"], only["found"]) == ("96 MiB", "64 MiB")
