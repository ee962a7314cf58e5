"""`aish install`: the small aish for machines without Tekton. `aish restore`: a CI removed through aish comes back."""

from __future__ import annotations

import os
import shutil
from argparse import Namespace
from pathlib import Path

from ergon_ops.errors import PolicyRefused, UsageError
from ergon_ops.interfaces.commands.program import Program, notice, print_json, say
from ergon_ops.interfaces.commands.spec import Argument, Command

DEFAULT_DIR = "~/.local/bin"
MARK = "Written by `ergon-ops aish install`"


def aish(program: Program, arguments: Namespace) -> int:
    return (install if arguments.action == "install" else restore)(program, arguments)


def restore(program: Program, arguments: Namespace) -> int:
    from ergon_ops.assistant.removals import restore as restored

    keys = restored(program.settings, arguments.where or "")
    if program.as_json:
        print_json({"restored": list(keys)})
        return 0
    told = f"{', '.join(keys)}: registered again by a running `ergon-ops serve` within seconds, else when it starts"
    say(told if keys else "no CI was removed through aish")
    return 0


def install(program: Program, arguments: Namespace) -> int:
    folder = Path(arguments.where or DEFAULT_DIR).expanduser().absolute()
    other = shutil.which("aish")
    if other and not ours(Path(other)):
        raise PolicyRefused(f"there is an aish already: {other}", next="it is Tekton's, and finds our CIs by itself")
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", next=f"mkdir -p {folder}, or name another one")
    target = folder / "aish"
    if target.exists() and not ours(target):
        raise PolicyRefused(f"{target} is not ours", next="name another folder")
    target.write_text(script(program), "utf-8")
    target.chmod(0o755)
    if program.as_json:
        print_json({"installed": str(target)})
        return 0
    say(f"installed {target}")
    if str(folder) not in os.get_exec_path():
        notice(f"ergon-ops: {folder} is not on PATH — add it, or call {target}")
    return 0


def script(program: Program) -> str:
    """Its text, knowing where our registry is."""
    source = Path(__file__).parent.parent.parent / "tekton" / "thin_aish.py"
    return source.read_text("utf-8").replace("{state}", str(program.settings.state_dir))


def ours(path: Path) -> bool:
    try:
        return MARK in path.read_text("utf-8", "replace")[:2_000]
    except OSError:
        return False


COMMANDS = (
    Command(
        "aish",
        "install [DIR] | restore [CI]",
        "an aish for machines without Tekton; CIs removed through aish come back",
        aish,
        (
            ("aish install", f"into {DEFAULT_DIR}"),
            ("aish install /usr/local/bin", "for everybody"),
            ("aish restore webapp-ci", "it was removed with `aish list remove`; without a name, all that were"),
        ),
        'Then `aish webapp-ci "What\'s your status?"` asks while `ergon-ops serve` runs; `aish list` shows who is'
        " there. Refuses where another aish is on PATH.",
        (
            Argument("action", "what to do", choices=("install", "restore")),
            Argument("where", f"the folder, {DEFAULT_DIR} if not given; or the CI", "WHERE", "?", completes="files"),
        ),
    ),
)
