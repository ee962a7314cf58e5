"""What is wrong with a manifest: where (a JSON pointer), what, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ManifestError

SHOWN = 12


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    pointer: str
    message: str
    next: str = ""

    def to_json(self) -> dict[str, str]:
        return {"pointer": self.pointer, "message": self.message, "next": self.next}

    def __str__(self) -> str:
        return f"{self.pointer or '(whole document)'}: {self.message}" + (f" ({self.next})" if self.next else "")


def pointer(parts: Iterable[str | int]) -> str:
    """RFC 6901: `/containers/api~1v2/ports/0`."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def nearest(name: str, known: Iterable[str]) -> str:
    """`did you mean "memory"?`, or the names there are, or nothing."""
    names = list(known)
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f'did you mean "{near[0]}"?'
    return f"known: {', '.join(names[:20])}" if names else ""


def failure(problems: Sequence[Problem], origin: str) -> ManifestError:
    """One error for all of them, in the order of their pointers."""
    found = sorted(set(problems))
    details = {"problems": [problem.to_json() for problem in found]}
    if len(found) == 1:
        only = found[0]
        where = f"{only.pointer}: " if only.pointer else ""
        return ManifestError(f"{origin}: {where}{only.message}", next=only.next or "correct it", details=details)
    listed = "; ".join(str(problem) for problem in found[:SHOWN])
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return ManifestError(f"{origin}: {len(found)} problems: {listed}{more}", next="correct them", details=details)
