"""Which engine is spoken to: as the docker CLI decides it, and what it is called in every ref."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from ergon_ops.engine.connect import Endpoint, Tls, contexts, endpoints
from ergon_ops.engine.transport import ssh_command
from ergon_ops.errors import UsageError
from ergon_ops.settings import DockerEnv


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "docker"
    add(folder, "prod", "tcp://10.0.0.5:2376", tls=True)
    add(folder, "desk", "unix:///home/me/.docker/desktop.sock")
    add(folder, "edge", "ssh://op@edge.example:2200")
    add(folder, "loose", "tcp://10.0.0.6:2376", skip=True)
    broken = folder / "contexts" / "meta" / "broken"
    broken.mkdir()
    (broken / "meta.json").write_text("{")
    return folder


def add(folder: Path, name: str, host: str, *, tls: bool = False, skip: bool = False) -> None:
    digest = hashlib.sha256(name.encode()).hexdigest()
    meta = folder / "contexts" / "meta" / digest
    meta.mkdir(parents=True)
    endpoint = {"Host": host, "SkipTLSVerify": skip}
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}}))
    if tls:
        material = folder / "contexts" / "tls" / digest / "docker"
        material.mkdir(parents=True)
        for part in ("ca", "cert", "key"):
            (material / f"{part}.pem").write_text("")


def one(env: DockerEnv, *hosts: str) -> Endpoint:
    (found,) = endpoints(env, hosts)
    return found


def test_nothing_set_is_the_default_socket_called_local(tmp_path: Path) -> None:
    found = one(DockerEnv(config_dir=tmp_path))
    assert (found.host, found.url, found.tls) == ("local", "unix:///var/run/docker.sock", None)
    assert found.local
    assert found.unix


@pytest.mark.parametrize(
    ("docker_host", "host", "url"),
    [
        ("unix:///run/user/1000/docker.sock", "local", "unix:///run/user/1000/docker.sock"),
        ("tcp://10.0.0.7:2375", "10.0.0.7", "http://10.0.0.7:2375"),
        ("tcp://build.example", "build.example", "http://build.example:2375"),
        ("tcp://10.0.0.7:8080", "10.0.0.7-8080", "http://10.0.0.7:8080"),
        ("10.0.0.7:2375", "10.0.0.7", "http://10.0.0.7:2375"),
        ("tcp://[::1]:2375", "::1", "http://[::1]:2375"),
        ("ssh://me@box.example", "box.example", "ssh://me@box.example"),
    ],
)
def test_only_a_unix_socket_is_local(docker_host: str, host: str, url: str, tmp_path: Path) -> None:
    found = one(DockerEnv(docker_host=docker_host, config_dir=tmp_path))
    assert (found.host, found.url, found.source) == (host, url, "DOCKER_HOST")


def test_tls_verify_takes_certificates_from_cert_path_or_the_config_folder(tmp_path: Path) -> None:
    for part in ("ca", "cert", "key"):
        (tmp_path / f"{part}.pem").write_text("")
    env = DockerEnv(
        docker_host="tcp://10.0.0.7", tls_verify=True, cert_path=str(tmp_path), config_dir=tmp_path / "none"
    )
    expected = Tls(tmp_path / "ca.pem", tmp_path / "cert.pem", tmp_path / "key.pem")
    assert one(env) == Endpoint("10.0.0.7", "https://10.0.0.7:2376", "DOCKER_HOST", expected)
    assert one(replace(env, cert_path="", config_dir=tmp_path)).tls == expected
    assert one(replace(env, docker_host="unix:///x.sock")).tls is None


def test_contexts_are_seen_without_a_config_file_and_carry_their_names(config: Path) -> None:
    assert set(contexts(config)) == {"prod", "desk", "edge", "loose"}
    env = DockerEnv(config_dir=config)
    prod, desk, edge, loose = endpoints(env, ["prod", "desk", "edge", "loose"])
    assert (prod.host, prod.url, prod.source) == ("prod", "https://10.0.0.5:2376", "context prod")
    assert prod.tls is not None
    assert prod.tls.verify
    assert prod.tls.key
    assert (desk.host, desk.url, desk.local) == ("desk", "unix:///home/me/.docker/desktop.sock", False)
    assert (edge.url, edge.tls) == ("ssh://op@edge.example:2200", None)
    assert loose.tls == Tls(verify=False)


def test_the_current_context_is_chosen_as_the_cli_chooses(config: Path) -> None:
    (config / "config.json").write_text('{"currentContext": "prod"}')
    env = DockerEnv(config_dir=config)
    assert one(env).host == "prod"
    assert one(replace(env, docker_context="edge")).host == "edge"
    assert one(replace(env, docker_context="default")).host == "local"
    assert one(replace(env, docker_context="edge", docker_host="unix:///x.sock")).host == "local"
    assert one(env, "local").url == "unix:///var/run/docker.sock"


def test_several_hosts_at_once_each_once(config: Path) -> None:
    found = endpoints(DockerEnv(config_dir=config), ["local", "prod", "default", "prod"])
    assert [point.host for point in found] == ["local", "prod"]


def test_an_unknown_context_names_the_nearest(config: Path) -> None:
    with pytest.raises(UsageError) as caught:
        endpoints(DockerEnv(config_dir=config), ["prd"])
    assert "prod" in caught.value.next


@pytest.mark.parametrize(
    "address", ["npipe:////./pipe/docker_engine", "tcp://", "unix://", "tcp://h:port", "gopher://h"]
)
def test_an_address_nobody_can_speak_to_is_a_usage_error(address: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        endpoints(DockerEnv(docker_host=address, config_dir=tmp_path))
    assert "DOCKER_HOST" in caught.value.message


def test_ssh_never_asks_and_takes_user_port_and_path() -> None:
    command = ssh_command("ssh://op@edge.example:2200/run/docker.sock")
    assert command[-6:] == ["edge.example", "docker", "--host", "unix:///run/docker.sock", "system", "dial-stdio"]
    assert "BatchMode=yes" in command
    assert command[command.index("-l") + 1] == "op"
    assert command[command.index("-p") + 1] == "2200"
    assert ssh_command("ssh://-oProxyCommand=x@h")[-5:] == ["--", "h", "docker", "system", "dial-stdio"]
