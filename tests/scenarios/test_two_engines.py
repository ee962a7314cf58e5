"""One engine reached twice: near, and by a context over mutual TLS as if it were on another machine."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.certificates import certificates
from tests.scenarios.containers import Yard
from tests.scenarios.program import Program
from tests.scenarios.weather import Weather

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def world(shared_yard: Yard) -> Yard:
    shared_yard.run("shop", "exec httpd -f -p 8080", host={"Memory": 64 << 20}, ExposedPorts={"8080/tcp": {}})
    shared_yard.run("busy", "while :; do :; done", host={"NanoCpus": 50_000_000})
    return shared_yard


def context(folder: Path, name: str, url: str, material: Path | None) -> None:
    """As `docker context create` writes it."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    meta = folder / "contexts" / "meta" / digest
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": url}}}))
    if material is not None:
        tls = folder / "contexts" / "tls" / digest / "docker"
        tls.mkdir(parents=True)
        for source, target in (("ca", "ca"), ("client", "cert"), ("client-key", "key")):
            shutil.copy(material / f"{source}.pem", tls / f"{target}.pem")


@pytest.fixture
def docker_config(engine: Weather, tmp_path: Path) -> Path:
    folder = tmp_path / "docker"
    context(folder, "remote", engine.far, engine.folder)
    return folder


@pytest.fixture
def remote(program: Program, docker_config: Path) -> Program:
    return replace(program, engine="", environment={"DOCKER_CONFIG": str(docker_config), "DOCKER_CONTEXT": "remote"})


@pytest.fixture
def both(program: Program, docker_config: Path) -> Program:
    """The operator's own file names the hosts."""
    folder = program.home / ".config" / "ergon-ops"
    folder.mkdir(parents=True)
    (folder / "ergon-ops.toml").write_text('hosts = ["default", "remote"]\n')
    return replace(program, environment={"DOCKER_CONFIG": str(docker_config)})


def test_far_away_services_are_declared_and_everything_comes_by_api(remote: Program) -> None:
    document = remote("ask", "shop", "what's your status?", "--json").json
    assert {fact["source"].partition(":")[0] for fact in document["facts"]} <= {"api", "derived", "command"}
    assert {fact["value"] for fact in document["facts"] if fact["name"] == "serving"} == {"declared"}
    assert "declare" in document["answer"]
    assert "listening" not in document["answer"]
    assert document["containers"] == ["remote/shop"]


def test_far_away_list_ask_and_diagnose_work_and_rates_come_in_time(
    remote: Program, within: Callable[[float, float], bool]
) -> None:
    listed = remote("list", "--json")
    rows = {row["name"]: row for row in listed.json["containers"]}
    assert {row["host"] for row in rows.values()} == {"remote"}
    assert 0.01 < rows["busy"]["cpu_cores"] < 0.2
    assert within(listed.seconds, 3.1)
    asked = remote("ask", "busy", "how much cpu do you use?", "--json")
    assert any(fact["name"] == "cpu_usage" and fact["value"] > 0.01 for fact in asked.json["facts"])
    assert within(asked.seconds, 3.1)
    found = remote("diagnose", "busy", "--json", code=1).json
    assert [item["cause"] for item in found["findings"]] == ["cpu_throttled"]
    assert "declared, not seen listening" in remote("doctor").out


def test_two_containers_of_one_name_are_asked_back_and_host_name_decides(both: Program) -> None:
    document = both("ask", "how is shop?", "--json").json
    assert (document["ci"], document["asked_back"]) == (None, True)
    assert "local/shop" in document["answer"]
    assert "remote/shop" in document["answer"]
    for host, name in (("local", "shop"), ("remote", "remote/shop")):
        for words in ([f"{host}/shop", "status?"], [f"how is {host}/shop?"]):
            told = both("ask", *words, "--json").json
            assert told["containers"] in ([name], [f"{host}/shop"]), words
            assert {fact["container"].partition("/")[0] for fact in told["facts"]} <= {host, "shop"}


def test_a_list_of_two_hosts_tells_them_apart(both: Program) -> None:
    rows = both("list", "--json").json["containers"]
    assert sorted((row["host"], row["name"]) for row in rows) == [
        ("local", "busy"), ("local", "shop"), ("remote", "busy"), ("remote", "shop")
    ]  # fmt: skip
    assert len({row["ci"] for row in rows}) == 4
    assert "remote/shop" in both("list").out
    text = both("ask", "all", "what's your status?").out
    assert "remote/busy" in text


def test_changes_never_guess_between_two_hosts(both: Program) -> None:
    document = both("ask", "restart shop", "--json").json
    assert document["proposals"] == []
    assert document["asked_back"] is True
    document = both("ask", "restart remote/shop", "--json").json
    assert [item["container"] for item in document["proposals"]] == ["remote/shop"]


def test_one_of_two_hosts_that_does_not_answer_is_named_and_the_other_answers(
    both: Program, tmp_path: Path, docker_config: Path, engine: Weather
) -> None:
    context(docker_config, "dead", f"tcp://{engine.theirs}:2399", None)
    folder = both.home / ".config" / "ergon-ops"
    (folder / "ergon-ops.toml").write_text('hosts = ["default", "dead"]\n')
    done = both("ask", "shop", "status?")
    assert done.out.startswith("Running ") or "shop" in done.out
    assert "dead" in done.err
    assert done.err.count("\n") == 1
    assert {row["host"] for row in both("list", "--json").json["containers"]} == {"local"}
    document = both("diagnose", "--json", code=1).json
    assert document["failures"].keys() == {"dead"}
    found = {(item["cause"], item["container"]) for item in document["findings"]}
    assert ("cpu_throttled", "busy") in found
    assert {name for _, name in found} <= {"busy", "shop"}, "of the host that answers alone"


def test_wrong_certificates_are_one_line(program: Program, engine: Weather, tmp_path: Path) -> None:
    strangers = tmp_path / "strangers"
    strangers.mkdir()
    certificates(strangers, engine.theirs)
    folder = tmp_path / "docker"
    context(folder, "forged", engine.far, strangers)
    context(folder, "bare", engine.far, None)
    for name in ("forged", "bare"):
        bad = replace(program, engine="", environment={"DOCKER_CONFIG": str(folder), "DOCKER_CONTEXT": name})
        done = bad("list", code=3)
        assert "TLS" in done.complaint or "certificate" in done.complaint
        assert bad("list", "--json", code=3).json["error"]["code"] == "engine_tls"
