"""What a number without a unit counts: the noun behind it, before it, or its column's head."""

from __future__ import annotations

import re

from ergon_ops.grounding.amounts import Amount
from ergon_ops.grounding.lazy import lazily
from ergon_ops.grounding.lexicon import programs_of
from ergon_ops.grounding.metrics import COUNT, COUNTS, LIMIT_AFTER, LIMIT_BEFORE
from ergon_ops.grounding.scene import Scene

_BETWEEN = lazily(
    r"^(?:\s+of (?:the|my|its|our|these|those|all|their)\b)?(?:\s+(?!and\b|or\b|to\b|of my\b|but\b|is\b|are\b|"
    r"was\b|with\b|in\b|the\b)[a-z-]+){0,2}?\s*$",
    re.I,
)
_COPULA = lazily(
    r"^(?:\s*\b(?:count|counts|number|total|so far|value|currently|now|is|are|was|of|at|stands|equals|to|"
    r"has been|been|the|in|for|on|container)\b"
    r"|\s*[:=|×x(~]|\s)*$",
    re.I,
)
_SILENT = lazily(r"\s+(?:of (?:them|these) |others? |containers? )*(?:reports?|ha(?:s|ve)|shows?) (no health\w*)", re.I)
_UNTIL_BAD = lazily(
    r"\s+(?:\w+ )?(?:failures?|failed (?:\w+ )?checks?|retries|tries|attempts|misses)\s+(?:in a row )?"
    r"[^.;]{0,40}?\b(?:unhealthy|to (?:turn|flip|fail))\b",
    re.I,
)
_RATED = lazily(
    r"\s+(?:more |others? |of them |findings? )*(?:is|are) (?:only |just |rated )?(?:critical|warnings?|info)\b", re.I
)
_STATE_ALONE = lazily(
    r"\s+(running|run|exited|stopped|restarting|paused|unhealthy|healthy|created|dead|up|down)\b(?! \w)", re.I
)
_ELIDED = lazily(
    r"\s+(?:of (?:them|these|those|us) )?(?:is|are|has|have|keeps?|was|were)\s+(?:been |now |currently |still )*"
    r"(running|exited|stopped|restarting|crashing|paused|unhealthy|healthy|created|dead|up|down)\b",
    re.I,
)
_SAME_STATE = {"run": "running", "cras": "restarting", "dead": "exited"}
_PROGRAMS = lazily(r"\s+([a-z][\w.-]+?)(?= *(?:[,.;)]|$|and\b|ones\b|workers?\b|process\w*))", re.I)


def noun_of(scene: Scene, amount: Amount) -> tuple[tuple[str, ...], str | None]:
    """What is counted: the noun behind, else the one before, else the column's head."""
    behind = scene.nameless[amount.end : amount.end + 60]
    if _UNTIL_BAD.match(behind) is not None:
        return ("health_retries",), "failures"
    for match in COUNT.finditer(behind):
        if _BETWEEN.match(behind[: match.start()]):
            return formulas_of(match), match[0]
        break
    if scene.row and (label := _label(scene)) is not None:
        limit = re.search(r"limit|max|total|allow|cap\b", scene.column(amount.start), re.I)
        return (("pids_limit",) if limit and "pids" in formulas_of(label) else formulas_of(label)), label[0]
    if (elided := _ELIDED.match(behind)) is not None:
        return ("@containers",), _SAME_STATE.get(elided[1].lower()[:4], elided[1])
    if (alone := _STATE_ALONE.match(behind)) is not None:
        return ("@containers",), _SAME_STATE.get(alone[1].lower(), alone[1])
    if (silent := _SILENT.match(behind)) is not None:
        return ("@containers",), silent[1]
    if _RATED.match(behind) is not None:
        return ("@findings",), "findings"
    if (program := _PROGRAMS.match(behind)) is not None and programs_of(program[1]):
        return ("@program",), program[1]
    if re.match(r"\s+more\b", behind) and re.search(r"process|pids?\b|thread", scene.line, re.I):
        return ("pids_limit-pids",), "more"
    if LIMIT_AFTER.match(behind):
        return ("pids_limit",), "limit"
    ahead = scene.nameless[max(0, amount.start - 70) : amount.start]
    last = None
    for match in COUNT.finditer(ahead):
        if _COPULA.match(ahead[match.end() :]):
            last = match
    if last is not None:
        return formulas_of(last), last[0]
    if re.search(r"(?:process|pids?|thread)\w*", ahead, re.I) and LIMIT_BEFORE.search(ahead):
        return ("pids_limit",), "processes"
    if (head := COUNT.search(scene.column(amount.start))) is not None:
        return formulas_of(head), head[0]
    return (), None


def _label(scene: Scene) -> re.Match[str] | None:
    """What the first cell of a table's row counts; none if it is a name."""
    cell = scene.line.strip().strip("|").split("|")[0]
    return None if any(name in cell.lower() for name in scene.index.by_name) else COUNT.search(cell)


def formulas_of(match: re.Match[str]) -> tuple[str, ...]:
    return COUNTS[int((match.lastgroup or "n0")[1:])][1]
