"""The real program in a real terminal (a pseudo terminal of the standard library) over a fake engine: colours or none,
narrow, dumb, resized; Ctrl-C as a terminal sends it; and the state of a container that changes under one's hands."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.interfaces.pseudo import Pseudo, pseudo

STAND_IN = """\
import asyncio, os, sys
from ergon_ops.assistant.wiring import assemble
from ergon_ops.cli import main
from ergon_ops.engine.fake import demo, FakeEngine
engine = demo()
for number in range(10_000):
    engine.inventory["worker"].say(f"line {number}")
flag = os.environ["STAND_IN_FLAG"]
look = FakeEngine.read
async def read(self, ref, groups):
    if os.path.exists(flag):
        self.set_health("webapp", "unhealthy")
    return await look(self, ref, groups)
FakeEngine.read = read
inspect = FakeEngine.containers
async def containers(self):
    if os.path.exists(flag + ".stuck"):
        await asyncio.sleep(60)
    return await inspect(self)
FakeEngine.containers = containers
sys.exit(main(sys.argv[1:], opener=lambda settings: assemble(settings, {engine.host: engine}, lambda host: engine)))
"""
ANSI = re.compile(r"\x1b(\[[0-9;?]*[a-zA-Z]|[=>])")
PROMPT = "webapp healthy>"
Chat = Callable[..., Any]


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    program = tmp_path / "stand_in.py"
    program.write_text(STAND_IN)

    def begin(*words: str, columns: int = 80, **environ: str) -> Any:
        path = {"PYTHONPATH": str(Path(__file__).parents[2]), "STAND_IN_FLAG": str(tmp_path / "flag")}
        plain = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS", "LINES")}
        quiet = {"PROMPT_TOOLKIT_NO_CPR": "1"}  # nobody here answers where the cursor is
        everything = {
            **plain,
            **path,
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "PYTHONUTF8": "1",
            **quiet,
            **environ,
        }
        return pseudo([sys.executable, str(program), "chat", *words], everything, columns=columns)

    return begin


def prompting(text: str) -> bool:
    return re.sub(r"[\s\b]+", "", ANSI.sub("", text)).endswith((">", "[later]"))


def asked(terminal: Pseudo, text: str, until: str) -> str:
    """Types a line; gives what came until it says that and asks for the next line."""
    terminal.type(text + "\r")
    return ANSI.sub("", terminal.wait(lambda new: until in ANSI.sub("", new) and prompting(new)))


def left(terminal: Pseudo, key: str = "\x04") -> str:
    terminal.type(key)
    assert terminal.status() == 0
    assert "Traceback" not in terminal.seen
    assert "internal error" not in terminal.seen
    return terminal.seen


def test_an_incident_from_the_first_question_to_the_end(chat: Chat, tmp_path: Path) -> None:
    with chat("webapp") as terminal:
        terminal.wait(lambda text: PROMPT in ANSI.sub("", text) and prompting(text))
        told = asked(terminal, "how are you?", "· offline ·")
        assert re.search(r"· metrics webapp — \d+ facts, \d+ ms", told)
        (tmp_path / "flag").touch()
        terminal.wait("unhealthy")  # nobody typed anything
        asked(terminal, "/why", "health")
        terminal.type("/metrics\r")
        terminal.wait("any key ends this")
        terminal.wait("▄")
        terminal.type("q")
        terminal.wait(prompting)
        asked(terminal, "restart yourself", "[later]")
        asked(terminal, "", "It waits: /approve p-")
        (tmp_path / "flag.stuck").touch()
        terminal.type("how are you?\r")
        terminal.wait("looking")
        terminal.type("\x03")
        terminal.wait(lambda text: "stopped" in text and prompting(text))
        (tmp_path / "flag.stuck").unlink()
        asked(terminal, "/cost", "no model was asked")
        assert "\x1b[1m" in left(terminal)


@pytest.mark.parametrize("columns", [40, 60])
def test_a_narrow_window_breaks_between_words(chat: Chat, columns: int) -> None:
    with chat("webapp", columns=columns, NO_COLOR="1") as terminal:
        terminal.wait(lambda text: PROMPT in ANSI.sub("", text) and prompting(text))
        told = asked(terminal, "how are you?", "offline")
        seen = left(terminal)
    answer = told[told.index("Running nginx") :]
    assert all(len(line) <= columns for line in answer.splitlines())
    assert "services healthy." in " ".join(answer.split())
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", seen), "a colour"


def test_a_window_that_is_resized_goes_on_in_its_new_width(chat: Chat) -> None:
    with chat("webapp", columns=100) as terminal:
        terminal.wait(lambda text: PROMPT in ANSI.sub("", text) and prompting(text))
        asked(terminal, "how are you?", "offline")
        terminal.resize(40)
        told = asked(terminal, "and what do you run?", "offline")
        left(terminal)
    answer = told[told.rindex("facts, ") :] if "facts, " in told else told
    assert all(len(line) <= 40 for line in answer.splitlines()[1:])


def test_a_dumb_terminal_gets_no_escape_sequence(chat: Chat) -> None:
    with chat("webapp", TERM="dumb") as terminal:
        terminal.wait(prompting)
        asked(terminal, "how are you?", "offline")
        asked(terminal, "/metrics", "36 MiB of 80 MiB")
        asked(terminal, "/why", "memory_working_set")
        asked(terminal, "restart yourself", "[later]")
        asked(terminal, "reject", "Rejected p-")
        assert "\x1b" not in left(terminal, "/exit\r")


def test_ten_thousand_lines_are_shown_by_the_page(chat: Chat) -> None:
    with chat("worker") as terminal:
        terminal.wait(prompting)
        told = asked(terminal, "/logs 10000", "more lines: /more shows")
        assert told.count("line ") < 120
        asked(terminal, "/more", "line 199")
        left(terminal)


def test_what_is_pasted_into_a_terminal_stays_whole(chat: Chat) -> None:
    with chat("webapp") as terminal:
        terminal.wait(lambda text: PROMPT in ANSI.sub("", text) and prompting(text))
        terminal.type("\x1b[200~what is this?\nERROR no route to the bank\nERROR no route to the bank\n\x1b[201~")
        told = asked(terminal, "", "offline")
        assert "2 × “ERROR no route to the bank”" in " ".join(told.split())
        left(terminal)


def test_ctrl_c_twice_where_nothing_is_typed_leaves(chat: Chat) -> None:
    with chat("webapp") as terminal:
        terminal.wait(lambda text: PROMPT in ANSI.sub("", text) and prompting(text))
        terminal.type("\x03")
        terminal.wait(lambda text: "Ctrl-C again leaves" in text and prompting(text))
        terminal.type("\x03")
        assert terminal.status() == 0
