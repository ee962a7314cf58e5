"""The sentences that go back to the person."""

from __future__ import annotations

from collections.abc import Sequence

SHOWN = 5


def listed(names: Sequence[str], last: str = "or") -> str:
    """`a, b or c`; of many the first few and how many more."""
    shown = list(names[:SHOWN])
    more = len(names) - len(shown)
    if more > 0:
        return (
            f"{', '.join(shown)} {last} one of {more} more" if last == "or" else f"{', '.join(shown)} and {more} more"
        )
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {last} {shown[-1]}"


def which(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"Do you mean {names[0]}?"
    return f"Which one do you mean: {listed(names)}?"


def which_of_all(names: Sequence[str]) -> str:
    return f"Which container do you mean: {listed(names)}?"


def nobody() -> str:
    return "There is no container on this host yet; start one, or try the demo with: ergon-ops demo up"


def unknown(name: str, nearest: Sequence[str]) -> str:
    here = f" The nearest names are {listed(nearest, 'and')}." if nearest else ""
    return f"There is no container called {name!r} here.{here}"


def nothing_like(what: str, names: Sequence[str]) -> str:
    return f"No container here {what}. There {'is' if len(names) == 1 else 'are'} {listed(names, 'and')}."
