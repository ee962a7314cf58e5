"""Settings: layers and their sources, a working directory that can only narrow, mistakes named with the nearest key."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ergon_ops.errors import UsageError
from ergon_ops.setting_values import SETTINGS
from ergon_ops.settings import Settings, docker_env, load, no_color


class Layers:
    """A user's configuration folder and a working directory, both empty at first."""

    def __init__(self, root: Path) -> None:
        self.home, self.work = root / "home", root / "work"
        self.user_file = self.home / ".config/ergon-ops/ergon-ops.toml"
        self.work_file = self.work / "ergon-ops.toml"
        self.user_file.parent.mkdir(parents=True)
        self.work.mkdir()

    def load(self, flags: dict[str, Any] | None = None, **environ: str) -> Settings:
        return load(flags, {"HOME": str(self.home), **environ}, cwd=self.work)


@pytest.fixture
def layers(tmp_path: Path) -> Layers:
    return Layers(tmp_path)


def test_nothing_set_gives_the_documented_defaults(layers: Layers) -> None:
    settings = layers.load()
    assert settings.mode == "balanced"
    assert settings.state_dir == layers.home / ".local/state/ergon-ops"
    assert settings.cache_dir == layers.home / ".cache/ergon-ops"
    assert (settings.limits.calls, settings.limits.seconds, settings.limits.tokens) == (8, 60.0, 30_000)
    assert settings.hosts == ()
    assert settings.sources == {}


def test_each_layer_beats_the_one_before_and_is_named_as_the_source(layers: Layers) -> None:
    layers.user_file.write_text('mode = "autonomous"\nshare = "facts+logs"\n[limits]\ncalls = 6\n')
    assert layers.load().mode == "autonomous"
    layers.work_file.write_text('mode = "balanced"\n[limits]\ncalls = 4\n')
    assert layers.load().mode == "balanced"
    assert layers.load(ERGON_OPS_MODE="restricted").mode == "restricted"
    settings = layers.load({"mode": "strict", "model": None}, ERGON_OPS_MODE="restricted", ERGON_OPS_MODEL="offline")
    assert settings.mode == "strict"
    assert settings.sources == {
        "mode": "flag",
        "share": str(layers.user_file),
        "limits.calls": str(layers.work_file),
        "model": "ERGON_OPS_MODEL",
    }


def test_every_setting_can_be_written_in_the_users_file(layers: Layers) -> None:
    layers.user_file.write_text(
        'state_dir = "/s"\ncache_dir = "c"\nhosts = ["a", "b"]\nmode = "strict"\nmodel = "openai:x"\nshare = "facts"\n'
        'tools = ["~/t"]\nprompts = ["p"]\ntekton_root = "/t"\nergon_url = "http://e"\non_finding = ["true"]\n'
        '[policy]\ndeny = ["recreate:*"]\nautonomous = ["x:*"]\n'
        "[engine]\ndeadline_s = 2\n[limits]\ncalls = 1\nseconds = 2.5\ntokens = 3\ncost_usd = 0.5\n"
        '[anthropic]\nbase_url = "http://a"\n[openai]\nbase_url = "http://o"\n[probes]\n"*" = false\nweb = "on"\n'
    )
    settings = layers.load()
    assert set(settings.sources) == set(SETTINGS)
    assert settings.cache_dir == layers.user_file.parent / "c"
    assert settings.prompts == (layers.user_file.parent / "p",)
    assert settings.policy.deny == ("recreate:*",)
    assert settings.engine.deadline_s == 2.0


@pytest.mark.parametrize(
    "line",
    [
        'tools = ["/x"]', 'prompts = ["/x"]', 'hosts = ["prod"]', 'mode = "autonomous"', 'state_dir = "/tmp/x"',
        'model = "openai:gpt"', 'share = "facts+logs"', "probes = true", '[policy]\nautonomous = ["*"]',
        '[probes]\n"orders-*" = "on"',
        '[openai]\nbase_url = "http://evil"', '[anthropic]\nbase_url = "http://evil"', "[limits]\ntokens = 1000000",
        "[engine]\ndeadline_s = 600",
    ],
)  # fmt: skip
def test_a_working_directory_cannot_widen_anything(layers: Layers, line: str) -> None:
    layers.work_file.write_text(line)
    with pytest.raises(UsageError, match="can only narrow") as raised:
        layers.load()
    assert str(layers.work_file) in raised.value.message


def test_a_working_directory_can_narrow(layers: Layers) -> None:
    layers.user_file.write_text('share = "facts+logs"\nprobes = true\n[policy]\ndeny = ["stop:*"]\n')
    layers.work_file.write_text(
        'mode = "strict"\nshare = "facts"\nprobes = false\nmodel = "offline"\n[policy]\ndeny = ["recreate:*"]\n'
    )
    settings = layers.load()
    assert (settings.mode, settings.share, settings.probes, settings.model) == ("strict", "facts", False, "offline")
    assert settings.policy.deny == ("stop:*", "recreate:*")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("moed = 'strict'", "did you mean mode?"),
        ("[policy]\ndenny = []", "did you mean policy.deny?"),
        ("[limit]\ncalls = 3", "did you mean limits.calls?"),
        ("mode = 'turbo'", "one of strict, restricted"),
        ("mode = 3", "one of strict"),
        ("hosts = 'prod'", "a list of texts"),
        ("probes = 'yes'", "true or false"),
        ("[probes]\nweb = 'maybe'", "each on or off"),
        ("[limits]\ncalls = 0", "above 0"),
        ("[limits]\ncalls = 2.5", "a whole number"),
        ("[engine]\ndeadline_s = true", "a number above 0"),
        ("mode = ", "correct the file"),
    ],
)
def test_a_mistake_names_the_file_and_what_is_right(layers: Layers, text: str, told: str) -> None:
    layers.user_file.write_text(text)
    with pytest.raises(UsageError) as raised:
        layers.load()
    assert str(layers.user_file) in raised.value.message
    assert told in raised.value.next


def test_a_mistake_in_the_environment_names_the_variable(layers: Layers) -> None:
    with pytest.raises(UsageError, match="ERGON_OPS_MODE"):
        layers.load(ERGON_OPS_MODE="turbo")
    with pytest.raises(UsageError) as raised:
        layers.load(ERGON_OPS_MOED="strict")
    assert raised.value.next == "did you mean ERGON_OPS_MODE?"


def test_lists_and_numbers_are_read_from_the_environment(layers: Layers) -> None:
    settings = layers.load(ERGON_OPS_HOSTS="prod, stage", ERGON_OPS_TOOLS="/a:/b", ERGON_OPS_PROBES="1",
                           ERGON_OPS_ENGINE_DEADLINE_S="2.5")  # fmt: skip
    assert settings.hosts == ("prod", "stage")
    assert settings.tools == (Path("/a"), Path("/b"))
    assert settings.probes is True
    assert settings.engine.deadline_s == 2.5


def test_probes_are_on_unless_said_otherwise_for_all_or_by_name(layers: Layers) -> None:
    assert layers.load().may_probe("web")
    assert not layers.load(ERGON_OPS_PROBES="off").may_probe("web")
    layers.user_file.write_text('[probes]\n"*" = "off"\n"shop-*" = "on"\n"shop-db" = false\n')
    settings = layers.load()
    allowed = {name: settings.may_probe(name) for name in ("web", "shop-cache", "shop-db")}
    assert allowed == {"web": False, "shop-cache": True, "shop-db": False}
    layers.work_file.write_text('[probes]\n"shop-cache" = "off"\n')
    assert not layers.load().may_probe("shop-cache")
    assert not layers.load().may_probe("shop-db"), "a working directory adds to what is off"


def test_docker_is_read_as_its_own_cli_reads_it() -> None:
    env = docker_env({"HOME": "/h", "DOCKER_HOST": "tcp://x:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/c"})
    assert (env.docker_host, env.tls_verify, env.cert_path, env.config_dir) == (
        "tcp://x:2376",
        True,
        "/c",
        Path("/h/.docker"),
    )
    assert docker_env({"HOME": "/h", "DOCKER_CONFIG": "/d"}).config_dir == Path("/d")
    assert not docker_env({"HOME": "/h", "DOCKER_TLS_VERIFY": ""}).tls_verify


def test_xdg_folders_are_honoured_when_absolute(layers: Layers) -> None:
    assert layers.load(XDG_STATE_HOME="/state").state_dir == Path("/state/ergon-ops")
    assert layers.load(XDG_STATE_HOME="state").state_dir == layers.home / ".local/state/ergon-ops"
    assert layers.load(XDG_STATE_HOME="/state", ERGON_OPS_STATE="/mine").state_dir == Path("/mine")


def test_colour_and_width_come_from_the_terminal(layers: Layers) -> None:
    settings = layers.load(NO_COLOR="1", COLUMNS="72")
    assert (settings.no_color, settings.width, settings.sources["no_color"]) == (True, 72, "NO_COLOR")
    assert no_color({"TERM": "dumb"})
    assert not no_color({"NO_COLOR": ""})


def test_a_key_is_never_shown(layers: Layers) -> None:
    settings = layers.load(ANTHROPIC_API_KEY="hunter2-hunter2")
    assert settings.anthropic.api_key == "hunter2-hunter2"
    assert "hunter2" not in repr(settings) + json.dumps(settings.rows())
    assert ("anthropic.api_key", "set", "ANTHROPIC_API_KEY") in settings.rows()


def test_every_row_can_be_printed_as_json(layers: Layers) -> None:
    rows = layers.load().rows()
    assert {key for key, _, _ in rows} >= set(SETTINGS)
    assert json.loads(json.dumps(rows))


def test_settings_load_only_what_they_need() -> None:
    code = "import sys, ergon_ops.settings as s; s.load({}, {'HOME': '/nonexistent'}); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pydantic", "tomllib", "difflib", "asyncio", "json"} & set(loaded)
