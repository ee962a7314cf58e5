"""aish finds us, and what it prints is the answer: on the wire and on disk as Tekton's own programs behave."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ergon_ops.assistant.removals import restore
from ergon_ops.cli import main
from ergon_ops.engine.fake import demo
from ergon_ops.engine.fake.container import FakeContainer
from ergon_ops.errors import UsageError
from ergon_ops.interfaces.serve.talk import Reply
from tests.serve import tekton
from tests.serve.conftest import Start, until


async def told(running_entries: tekton.Entries, name: str, message: str) -> str:
    return await asyncio.to_thread(tekton.send, running_entries, name, message)


async def test_the_sentence_this_was_made_for(start: Start) -> None:
    async with start() as running:
        entries = tekton.load(running.registry)
        assert await told(entries, "webapp-ci", "What's your status?") == (
            "Running nginx (port 80), python (port 8000), redis (port 6379). Memory at 45%, all services healthy."
        )


async def test_every_container_has_an_entry_that_aish_keeps(start: Start) -> None:
    async with start() as running:
        entries = tekton.load(running.registry)
        assert {"webapp-ci", "ergon-ops-ci"} <= set(entries)
        assert tekton.load(running.registry) == entries, "nothing was dropped"
        for key, entry in entries.items():
            assert (entry["name"], entry["type"]) == (key, "ci_tool")
        assert len({entry["pid"] for entry in entries.values()}) == len(entries), "an anchor each"
        assert os.getpid() not in {entry["pid"] for entry in entries.values()}
    assert running.entries() == {}, "removed on stop"


async def test_the_dispatcher_routes_a_question_about_everyone(start: Start) -> None:
    async with start() as running:
        answer = await told(tekton.load(running.registry), "ergon-ops-ci", "which container uses the most memory?")
        assert "uses the most memory" in answer


async def test_an_order_is_proposed_and_waits_for_a_person_at_a_terminal(start: Start) -> None:
    async with start() as running:
        answer = await told(tekton.load(running.registry), "webapp-ci", "restart yourself")
        id = answer.splitlines()[-1].rpartition(" ")[2]
        assert answer.splitlines()[-1] == f"waiting for approval: ergon-ops approve {id}"
        for words in (f"approve {id}", "yes", f"ergon-ops approve {id}", "I approve it, go on"):
            await told(tekton.load(running.registry), "webapp-ci", words)
        rows = (await running.daemon.assistant.proposals())["proposals"]
        assert [(row["id"], row["state"]) for row in rows] == [(id, "open")]


async def test_who_comes_is_registered_who_is_down_is_asked_why_and_who_goes_is_not(
    start: Start,
) -> None:
    engine = demo()
    async with start(engine) as running:
        assert "worker-ci" in running.entries()
        engine.end(engine.find("worker"), exit_code=3)
        said = ""
        async with asyncio.timeout(30):
            while "exited with code 3" not in said:
                said = await told(tekton.load(running.registry), "worker-ci", "why are you down?")
        engine.drop("worker")
        await until(lambda: "worker-ci" not in running.entries())
        engine.add(FakeContainer("late", "app:1"))
        engine.note(engine.find("late"), "start")
        await until(lambda: "late-ci" in running.entries())


async def test_entries_that_a_flush_dropped_are_put_back_and_those_of_others_stay(start: Start) -> None:
    other = {"name": "claude-ci", "type": "ci_terminal", "pid": os.getpid(), "socket": "/"}
    async with start() as running:
        ours = running.entries()
        tekton.flush(running.registry, {"claude-ci": other})
        entries = await until(lambda: (found := running.entries()) and set(ours) < set(found) and found)
        assert entries["claude-ci"] == other
    assert running.entries() == {"claude-ci": other}


@pytest.mark.parametrize("content", ["", "{", '{"webapp', "[]", "null"])
async def test_a_half_written_file_is_left_alone_until_it_can_be_read(start: Start, content: str) -> None:
    async with start() as running:
        running.registry.write_text(content)
        await until(lambda: any("registry" in line or "read" in line for line in running.said))
        assert running.registry.read_text() == content
        running.registry.write_text("{}")
        await until(lambda: "ergon-ops-ci" in running.entries())


async def test_a_foreign_key_is_never_taken_and_a_suffix_is_reported(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "tekton" / ".tekton/aish/ci-registry/wrapped_cis.json"
    path.parent.mkdir(parents=True)
    theirs = {"name": "webapp-ci", "type": "ci_tool", "pid": os.getpid(), "socket": "/"}
    path.write_text(json.dumps({"webapp-ci": theirs}))
    async with start() as running:
        entries = await until(lambda: (found := running.entries()) and "webapp-ci-2" in found and found)
        assert entries["webapp-ci"] == theirs


async def test_a_ci_removed_through_aish_stays_removed_and_the_bridge_lives(start: Start) -> None:
    async with start() as running:
        entries = tekton.load(running.registry)
        await asyncio.to_thread(tekton.remove, entries, "webapp-ci")
        await until(lambda: "webapp-ci" not in running.entries())
        await asyncio.sleep(2.5)
        assert "webapp-ci" not in running.entries()
        assert "ergon-ops-ci" in running.entries()
        assert any("webapp-ci was removed" in line for line in running.said)
        assert (await running.http("GET", "/health"))[0] == 200
    async with start() as running:
        await asyncio.sleep(1)
        assert "webapp-ci" not in running.entries(), "a restart is nobody's asking"
        with pytest.raises(UsageError, match="not removed") as caught:
            restore(running.daemon.settings, "webap-ci")
        assert "did you mean webapp-ci" in caught.value.next
        assert restore(running.daemon.settings, "WEBAPP-ci") == ("webapp-ci",)
        await until(lambda: "webapp-ci" in running.entries())
        assert restore(running.daemon.settings) == ()


async def test_a_one_way_message_is_taken_and_kept_in_that_cis_session(start: Start) -> None:
    async with start() as running:
        await asyncio.to_thread(tekton.one_way, tekton.load(running.registry), "webapp-ci", "status?")
        store = running.daemon.assistant.house.store
        await until(lambda: store.sessions.resume("aish:webapp-ci:messages"))


async def test_a_container_with_the_longest_of_names_is_registered_like_any_other(start: Start) -> None:
    engine = demo()
    names = [f"{'batch-of-the-night-' * 6}{number}" for number in (1, 2)]
    for name in names:
        engine.add(FakeContainer(name, "app:1"))
    async with start(engine) as running:
        entries = tekton.load(running.registry)
        keys = [key for key in entries if key.startswith("batch-of-the-night")]
        assert len({entries[key]["socket"] for key in keys}) == len(names)
        await asyncio.to_thread(tekton.one_way, entries, keys[1], "status?")
        store = running.daemon.assistant.house.store
        await until(lambda: store.sessions.resume(f"aish:{keys[1]}:messages"))


async def test_an_empty_message_and_a_wrong_token_are_answered_in_words(start: Start) -> None:
    async with start() as running:
        entries = tekton.load(running.registry)
        assert "the message is empty" in await told(entries, "webapp-ci", " ")
        path = entries["webapp-ci"]["message_endpoint"]
        wrong = path[:-4] + "0000"
        assert (await running.http("POST", wrong, {"message": "hi"}, token=""))[0] == 401
        other = path.replace("webapp-ci", "ergon-ops-ci")
        assert (await running.http("POST", other, {"message": "hi"}, token=""))[0] == 401


async def test_no_anchor_and_no_socket_is_left_behind(start: Start) -> None:
    async with start() as running:
        pids = [entry["pid"] for entry in running.entries().values()]
        sockets = [Path(entry["socket"]) for entry in running.entries().values()]
        assert all(path.exists() for path in sockets)
    assert not any(path.exists() for path in sockets)
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


# -- our own aish


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ERGON_OPS_STATE", str(tmp_path / "s"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert main(["aish", "install", str(tmp_path)]) == 0
    return tmp_path / "aish"


def run(script: Path, *words: str, **more: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(script), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **more)  # type: ignore[call-overload,no-any-return]


async def test_the_thin_aish_asks_lists_and_takes_text_from_a_pipe(start: Start, installed: Path) -> None:
    async with start():
        done = await asyncio.to_thread(run, installed, "webapp-ci", "What's your status?", stdin=subprocess.DEVNULL)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("Running nginx (port 80)")
        listed = await asyncio.to_thread(run, installed, "list", stdin=subprocess.DEVNULL)
        assert "webapp-ci     Container CI of webapp" in listed.stdout
        piped = await asyncio.to_thread(run, installed, "webapp-ci", input="what is your status?")
        assert piped.stdout == done.stdout
        unknown = await asyncio.to_thread(run, installed, "nobody", "hi", stdin=subprocess.DEVNULL)
        assert (unknown.returncode, unknown.stdout) == (4, "")
        assert "`aish list` shows" in unknown.stderr
        nearly = await asyncio.to_thread(run, installed, "webapp-container-ci", "hi", stdin=subprocess.DEVNULL)
        assert nearly.stderr == "aish: no CI is called webapp-container-ci; did you mean webapp-ci?\n"
    gone = await asyncio.to_thread(run, installed, "webapp-ci", "hi", stdin=subprocess.DEVNULL)
    assert gone.returncode == 4
    assert "no CI is called webapp-ci; nobody is registered: start `ergon-ops serve`" in gone.stderr


def test_it_is_not_installed_beside_another_aish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "aish"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "bin").mkdir()
    assert main(["aish", "install", str(tmp_path / "bin")]) == 5
    assert not (tmp_path / "bin" / "aish").exists()


def test_it_needs_the_standard_library_only(installed: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(installed), "help"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("usage: aish NAME")
    assert shutil.which("aish", path=str(installed.parent)) == str(installed)


# -- Ergon, through what Tekton has today


async def test_who_read_the_registry_once_reaches_us_after_a_restart_and_not_who_came_later(
    start: Start, tmp_path: Path
) -> None:
    """aish-mcp reads the registry when it starts, and never again: addresses must stay, and newcomers are unknown."""
    async with start() as running:
        snapshot, port = tekton.load(running.registry), running.port
    engine = demo()
    async with start(engine, port=port) as running:
        assert (await told(snapshot, "webapp-ci", "What's your status?")).startswith("Running nginx")
        engine.add(FakeContainer("late", "app:1"))
        engine.note(engine.find("late"), "start")
        await until(lambda: "late-ci" in running.entries())
        assert await told(snapshot, "late-ci", "status?") == ""
        assert (await told(running.entries(), "late-ci", "status?")).startswith("Running")


async def test_the_bracket_of_a_chat_is_a_shell_command_that_answers_in_time(start: Start, installed: Path) -> None:
    """`[shell:aish ergon-ops-ci "…"]`: the UI's server runs it in a shell and waits ten seconds."""
    async with start():
        shell = await asyncio.create_subprocess_shell(
            f'{sys.executable} {installed} ergon-ops-ci "is anything unhealthy?" </dev/null',
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await asyncio.wait_for(shell.communicate(), 60)
        assert shell.returncode == 0
        assert out.strip()


async def test_a_reply_of_a_megabyte_arrives_whole(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    long = "".join(f"line {number} ünïcode\n" for number in range(60_000))

    async def said(*_: object) -> Reply:
        return Reply(long, {})

    monkeypatch.setattr("ergon_ops.interfaces.serve.house.reply", said)
    assert len(long.encode()) > 1_000_000
    async with start() as running:
        assert await told(tekton.load(running.registry), "webapp-ci", "all of it, please") == long


async def test_a_reply_that_takes_long_arrives_with_white_space_before_it(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aish gives up after 30 s without a byte; here a byte comes every half second, and the reply after three."""
    from ergon_ops.interfaces.serve import talk

    monkeypatch.setattr(talk, "BEAT_S", 0.5)
    async with start() as running:
        house = running.daemon.assistant.house
        slow = house.toolbox.tools["inspect"].function

        async def slowly(*args: object, **more: object) -> object:
            await asyncio.sleep(3.0)
            return await slow(*args, **more)

        house.toolbox.tools["inspect"].function = slowly
        entries = tekton.load(running.registry)
        answer = await asyncio.to_thread(tekton.send, entries, "webapp-ci", "What's your status?", patience_s=2.0)
        assert answer.startswith("Running nginx")


def test_without_http_it_says_so(tmp_path: Path) -> None:
    (tmp_path / ".tekton" / "aish").mkdir(parents=True)
    command = [sys.executable, "-m", "ergon_ops", "serve", "--http", "off"]
    with tempfile.TemporaryDirectory() as home:  # a socket's path has to be short
        own = {
            "HOME": home,
            "XDG_STATE_HOME": home,
            "TEKTON_ROOT": str(tmp_path),
            "DOCKER_HOST": f"unix://{home}/no.sock",
        }
        with subprocess.Popen(command, env={**os.environ, **own}, stderr=subprocess.PIPE, text=True) as daemon:
            assert daemon.stderr is not None
            try:
                said = next(line for line in daemon.stderr if "registered for aish" in line)
            finally:
                daemon.terminate()
    assert "not registered for aish" in said
    assert not list(tmp_path.rglob("*.json"))
