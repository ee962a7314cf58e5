"""One command line → one exit status. The only place at a terminal where anything may be caught broadly."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Coroutine, Sequence
from typing import Any

from ergon_ops.errors import ErgonError
from ergon_ops.interfaces.commands.program import Opener, Program, notice, print_json
from ergon_ops.interfaces.commands.registry import HIDDEN
from ergon_ops.interfaces.commands.words import Line, arguments, chosen


def run(words: Sequence[str], *, opener: Opener | None = None) -> int:
    """Runs one command and returns its exit status; whatever goes wrong becomes one line on stderr, or one document."""
    line = Line.of(words)
    if line.name in HIDDEN:
        return _quietly(line, opener)
    try:
        return _run(line, opener)
    except KeyboardInterrupt:
        return _interrupted(line)
    except ErgonError as error:
        return fail(error, as_json=line.as_json)
    except BrokenPipeError:
        raise
    except OSError as error:
        return fail(_system(error), as_json=line.as_json)
    except Exception as error:  # noqa: BLE001 the edge: a person sees one line, and how to get the rest
        return fail(_defect(error), as_json=line.as_json)


def _quietly(line: Line, opener: Opener | None) -> int:
    """For scripts of ours in a shell: whatever goes wrong is no business of who presses Tab."""
    with contextlib.suppress(Exception, KeyboardInterrupt):
        _run(line, opener)
    return 0


def _run(line: Line, opener: Opener | None) -> int:
    if line.help or "--version" in line.words[:1] or "-V" in line.words[:1]:
        return _tell(line)
    spec = chosen(line)
    found = arguments(line, spec)
    return _finish(spec.run(Program.of(found, opener), found))


def _tell(line: Line) -> int:
    """Help or version."""
    from ergon_ops import __version__
    from ergon_ops.interfaces.commands.help import command_help, program_help
    from ergon_ops.interfaces.render.width import terminal_width

    if not line.help:
        print_json({"version": __version__}) if line.as_json else print(f"ergon-ops {__version__}")
        return 0
    width = terminal_width() if sys.stdout.isatty() else 100
    text = command_help(chosen(line), width) if line.name else program_help(width)
    print_json({"help": text}) if line.as_json else print(text)
    return 0


def _finish(work: int | Coroutine[Any, Any, int]) -> int:
    if isinstance(work, int):
        return work
    try:
        import asyncio

        try:
            return asyncio.run(work)
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
    finally:
        work.close()  # Ctrl-C while asyncio was imported: it never began


def _interrupted(line: Line) -> int:
    if line.as_json and "--watch" not in line.words:
        return fail(Interrupted("stopped"), as_json=True)
    if sys.stderr.isatty():
        notice("")  # the shell's prompt does not follow ^C on the same line
    return 130


class Interrupted(ErgonError):
    exit, code = 130, "interrupted"


class Defect(ErgonError):
    code = "internal"


def _system(error: OSError) -> ErgonError:
    where = f"{error.filename}: " if error.filename else ""
    return ErgonError(f"{where}{error.strerror or error}", next="check the file, its permissions and the free space")


def _defect(error: Exception) -> ErgonError:
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno})" if frames else ""
    said = " ".join(str(error).split())[:300]
    return Defect(
        f"internal error: {type(error).__name__}{': ' if said else ''}{said}{where}",
        next="this is a defect of ergon-ops; please report it with this line",
    )


def fail(error: ErgonError, *, as_json: bool) -> int:
    if as_json:
        print_json(error.to_json())
    else:
        notice(f"ergon-ops: {error}")
    return error.exit
