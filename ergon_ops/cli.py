"""The entry point: words on the command line → one command, one exit status, never a traceback."""

from __future__ import annotations

import gc
import os
import sys

from ergon_ops import __version__

# Facts and modules are many and hold no cycles: at the default of 700 the collector took a tenth of a cold question.
YOUNG, MIDDLE, OLD = 50_000, 20, 20
TYPE_CHECKING = False  # type checkers know better; the module `typing` costs more than all of `--version`
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ergon_ops.interfaces.commands.program import Opener


def main(argv: Sequence[str] | None = None, *, opener: Opener | None = None) -> int:
    """Runs one command. Returns its exit status: 0 ok, 1 findings or failure, 2 usage, 3 engine, 4 no such container,
    5 refused, 6 rolled back, 7 unknown, 130 Ctrl-C. `opener` makes the assistant: the one over the real engines unless
    given."""
    try:
        gc.set_threshold(YOUNG, MIDDLE, OLD)
        _mend_streams()
        status = _run(list(sys.argv[1:] if argv is None else argv), opener)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader went away (`| head`): the rest of the output has no one to go to, and that is no failure.
        _discard_output()
        return 0
    except OSError as error:
        _discard_output()
        print(f"ergon-ops: the output cannot be written: {error.strerror or error}", file=sys.stderr)
        return 1
    return status


def _run(words: list[str], opener: Opener | None) -> int:
    if words in (["--version"], ["-V"]):
        print(f"ergon-ops {__version__}")
        return 0
    from ergon_ops.interfaces.commands import run

    return run(words, opener=opener)


def _mend_streams() -> None:
    """Closed streams (`<&-`) become /dev/null, lest the next file opened takes their place; what an encoding cannot
    say is spelled out instead of failing."""
    for number, name, flag in ((0, "stdin", os.O_RDONLY), (1, "stdout", os.O_WRONLY), (2, "stderr", os.O_WRONLY)):
        stream = getattr(sys, name)
        if stream is None:
            descriptor = os.open(os.devnull, flag)
            if descriptor != number:
                os.dup2(descriptor, number)
                os.close(descriptor)
            setattr(sys, name, open(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False))  # noqa: SIM115
        elif number and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _discard_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
