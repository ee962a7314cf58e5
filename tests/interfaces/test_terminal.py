"""By hand, as an operator would: a real terminal (tmux), a real engine, real keys."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
    pytest.mark.skipif(shutil.which("docker") is None, reason="the docker command is not installed"),
]
PATIENCE_S = 40


@dataclass(frozen=True)
class Terminal:
    """A shell in a terminal of its own."""

    server: str

    def tmux(self, *words: str) -> str:
        return subprocess.run(["tmux", "-L", self.server, *words], capture_output=True, text=True, check=True).stdout

    def type(self, text: str, *keys: str) -> None:
        self.tmux("send-keys", "-l", text)
        self.tmux("send-keys", *(keys or ("Enter",)))

    def press(self, key: str) -> None:
        self.tmux("send-keys", key)

    @property
    def screen(self) -> str:
        return self.tmux("capture-pane", "-p", "-S", "-200")

    def wait(self, what: Callable[[str], object] | str) -> str:
        """The screen once it shows it."""
        end = time.monotonic() + PATIENCE_S
        shows = what if callable(what) else lambda text: what in text
        while time.monotonic() < end:
            if shows(screen := self.screen):
                return screen
            time.sleep(0.1)
        raise AssertionError(f"the terminal never showed {what}:\n{self.screen}")


@pytest.fixture
def terminal(docker_host: str, tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(f"ergon-{uuid4().hex[:8]}")
    program = f"{sys.executable} -m ergon_ops"
    environ = {
        **os.environ,
        "DOCKER_HOST": docker_host,
        "XDG_STATE_HOME": str(tmp_path),
        "HOME": str(tmp_path),
        "PS1": "$ ",
        "LANG": "C.UTF-8",
    }
    shell = ["bash", "--norc", "--noprofile"]
    size = ["-x", "80", "-y", "40"]
    subprocess.run(
        ["tmux", "-L", made.server, "-f", "/dev/null", "new-session", "-d", *size, *shell], env=environ, check=True
    )
    made.type(f"ergon-ops() {{ {program} \"$@\"; }}; PS1='$ '; clear")
    made.wait(lambda text: text.strip() == "$")
    yield made
    made.tmux("kill-server")


@pytest.fixture
def container(docker_host: str) -> Iterator[str]:
    """One of our own, from whatever image is here."""
    docker = ["docker", "-H", docker_host]
    images = subprocess.run([*docker, "images", "-q"], capture_output=True, text=True, check=True).stdout.split()
    if not images:
        pytest.skip("the engine has no image to run")
    name = f"ergon-terminal-{uuid4().hex[:6]}"
    sleep = ["--entrypoint", "/bin/sleep", "--memory", "32m", "--stop-timeout", "1", "--init"]
    subprocess.run(
        [*docker, "run", "-d", "--no-healthcheck", "--name", name, *sleep, images[0], "600"],
        capture_output=True,
        check=True,
    )
    yield name
    subprocess.run([*docker, "rm", "-f", name], capture_output=True, check=True)


def test_an_evening_at_the_terminal(terminal: Terminal, container: str) -> None:
    terminal.type("ergon-ops")
    screen = terminal.wait(re.compile(r"^all \d+ (running|unwell)>", re.MULTILINE).search)
    assert "Mind: offline" in screen
    assert "Ask, for example:" in screen

    terminal.tmux("send-keys", "-l", f"/switch {container[:-3]}")
    terminal.wait(f"{container}-ci")
    terminal.press("Tab")
    terminal.wait(f"/switch {container}")
    terminal.press("Enter")
    terminal.wait(f"{container} running>")
    terminal.type("how is your memory?")
    terminal.wait(lambda text: re.search(r"Memory at \d.*32\s+MiB", text, re.DOTALL))
    terminal.wait("-ci · offline · ")

    terminal.type("restart yourself")
    screen = terminal.wait("approve / reject / later? [later]")
    id = re.findall(r"Proposal (p-\w+)", screen)[-1]
    terminal.press("Enter")
    terminal.wait(f"It waits: /approve {id}")
    terminal.type(f"/approve {id}")
    terminal.wait(f"Restarted {container}: running")

    terminal.type("/why")
    terminal.wait(lambda text: re.search(r"^e\d+ .*api:inspect", text, re.MULTILINE))
    terminal.type("/metrics")
    terminal.wait(lambda text: re.search(r"memory .* of 32 MiB.*\n(.*\n)*any key ends this", text))
    terminal.press("q")
    terminal.wait(lambda text: "any key ends this" not in text)

    terminal.type("half a line", "C-c")
    terminal.type("/exit")
    terminal.wait(lambda text: text.rstrip().endswith("$"))

    terminal.type("clear; ergon-ops list --watch")
    terminal.wait("Ctrl-C ends")
    terminal.press("C-c")
    terminal.wait(lambda text: text.rstrip().endswith("$"))
    terminal.type("echo status $?")
    assert "Traceback" not in terminal.wait("status 130")

    terminal.type(f"clear; echo ERROR no route to the bank | ergon-ops ask {container} 'what is this?'")
    terminal.wait("no route to the bank")


def test_a_dumb_terminal_is_good_enough(terminal: Terminal, container: str) -> None:
    terminal.type(f"export TERM=dumb; ergon-ops chat {container}")
    terminal.wait(f"{container} running>")
    terminal.type("what are you running?")
    terminal.wait(" · offline · ")
    terminal.press("C-d")
    terminal.wait(lambda text: text.rstrip().endswith("$"))
    terminal.type("echo status $?")
    assert "\x1b" not in terminal.wait("status 0")
