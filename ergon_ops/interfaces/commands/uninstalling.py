"""`uninstall`: takes back everything that ergon-ops put on this machine, and says what it keeps."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import time
from argparse import Namespace
from pathlib import Path

from ergon_ops.errors import ErgonError
from ergon_ops.interfaces.commands.aish import DEFAULT_DIR, ours
from ergon_ops.interfaces.commands.program import Program, print_json, say
from ergon_ops.interfaces.commands.spec import Argument, Command
from ergon_ops.settings import Settings, config_dir
from ergon_ops.tekton import registry

UNIT = Path("systemd/user/ergon-ops.service")
STOPPING_S = 20.0


def uninstall(program: Program, arguments: Namespace) -> int:
    settings = program.settings
    if arguments.purge and program.terminal and not _agreed(settings):
        say("nothing was removed")
        return 1
    removed = _removed(settings)
    kept = _kept(settings)
    if arguments.purge:
        for path in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        removed, kept = [*removed, *map(str, kept)], []
    if program.as_json:
        print_json({"removed": removed, "kept": [str(path) for path in kept]})
        return 0
    for text in removed:
        say(f"removed {text}")
    for path in kept:
        say(f"kept {path}")
    say(
        "Containers, images and volumes that others made were not touched; the program itself goes with your installer."
    )
    return 0


def _removed(settings: Settings) -> list[str]:
    run = settings.state_dir / "run"
    found = [f"the daemon (pid {pid})"] if (pid := _stop_daemon(run)) else []
    files = [run / "cis.json", *([registry.place(Path(settings.tekton_root))] if settings.tekton_root else [])]
    for file in files:
        if file.exists() and (count := registry.withdraw(file)):
            found.append(f"{count} entr{'y' if count == 1 else 'ies'} of {file}")
    if run.is_dir():
        shutil.rmtree(run)
        found.append(f"{run} (sockets and token)")
    unit, aish = config_dir().parent / UNIT, Path(DEFAULT_DIR).expanduser() / "aish"
    if unit.is_file() and "ergon-ops serve" in unit.read_text("utf-8", "replace"):
        unit.unlink()
        found.append(str(unit))
    if ours(aish):
        aish.unlink()
        found.append(str(aish))
    return found + asyncio.run(_demo(settings))


def _stop_daemon(run: Path) -> int:
    """Its pid, if one ran. It takes its registrations, anchors and sockets back by itself."""
    try:
        pid = int((run / "daemon.pid").read_text())
        if b"serve" not in Path(f"/proc/{pid}/cmdline").read_bytes():
            return 0
        os.kill(pid, signal.SIGTERM)
    except (OSError, ValueError):
        return 0
    patience = time.monotonic() + STOPPING_S
    while Path(f"/proc/{pid}").exists() and time.monotonic() < patience:
        time.sleep(0.1)
    return pid


async def _demo(settings: Settings) -> list[str]:
    """The demo's containers, if an engine answers and they are there."""
    from ergon_ops.assistant.stacks import demo_down

    try:
        document = await demo_down(settings, lambda _: None)
    except ErgonError:
        return []
    return [f"the demo's container {name}" for name in document["containers"]]


def _kept(settings: Settings) -> list[Path]:
    folders = (settings.state_dir, settings.cache_dir, config_dir())
    return [path for path in folders if path.exists()]


def _agreed(settings: Settings) -> bool:
    text = f"This removes all that is stored: {', '.join(map(str, _kept(settings)))}. Go on? [y/N] "
    print(text, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


COMMANDS = (
    Command(
        "uninstall",
        "[--purge]",
        "take back what was put on this machine",
        uninstall,
        (
            ("uninstall", "daemon, registrations, sockets, token, unit, aish and demo; what is stored stays"),
            ("uninstall --purge", "the state, the cache and your configuration too"),
        ),
        "Never touches a container, image or volume that it did not make.",
        (Argument("--purge", "also what is stored: sessions, journal, history, cache, configuration"),),
    ),
)
