"""A turn as a person reads it: sentences as they are checked, a quiet line for what else happened."""

from __future__ import annotations

import sys

from ergon_ops.events import Event


def show_event(event: Event) -> None:
    """Text to stdout, everything else one line on stderr."""
    match event.type:
        case "text":
            sys.stdout.write(str(event.data["text"]))
            sys.stdout.flush()
        case "answer":
            sys.stdout.write("\n")
            for proposal in event.data.get("proposals", ()):
                print(f"waiting for approval: ergon-ops approve {proposal['id']}")
        case "notice":
            print(f"ergon-ops: {event.data['text']}", file=sys.stderr)
        case "error":
            body = event.data["error"]
            step = f" — {body['next']}" if body["next"] else ""
            print(f"ergon-ops: {body['message']}{step}", file=sys.stderr)
        case _:
            pass


def footer(event: Event) -> str:
    """Who answered, how, and on how many facts: `webapp-container-ci · offline · 7 facts · 0.21 s`."""
    data = event.data
    parts = [
        str(data.get("ci") or "everyone"),
        str(data.get("provider")),
        f"{len(data.get('facts', ()))} facts",
        f"{float(data.get('elapsed_ms', 0)) / 1000:.2f} s",
    ]
    line = " · ".join(parts)
    return f"\x1b[2m{line}\x1b[0m" if coloured() else line


def coloured() -> bool:
    import os

    from ergon_ops.settings import no_color

    return sys.stderr.isatty() and not no_color() and os.isatty(2)


def show_change(event: Event) -> None:
    """One line for each step of a change on its way."""
    if event.type == "error":
        show_event(event)
    elif event.type in ("change", "answer", "notice"):
        text = event.data.get("text")
        if text:
            print(text, flush=True)
