"""Text that came with a question (`docker logs x | ergon-ops ask …`): only ever data, counted and quoted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ergon_ops import offline
from ergon_ops.assistant.telling import FLEET_CI, Turn
from ergon_ops.engine.protocols import LogLine, Logs
from ergon_ops.facts import Reading
from ergon_ops.offline import Ask, Reply, Step, View
from ergon_ops.persona import Persona
from ergon_ops.redaction import safe_text
from ergon_ops.refs import Ref
from ergon_ops.toolbox.sources import log_readings

ABOUT_ERRORS: frozenset[str] = frozenset({"errors", "why", "wrong"})
ABOUT_PIPE: frozenset[str] = ABOUT_ERRORS | {"logs", "identity", "status", "changes", "events"}
MOST_LINES = 20_000
NOBODY = Ref("input")


def about_piped(ask: Ask) -> Ask | None:
    """The question as one about the text that came with it, if that is what it may mean."""
    if ask.intents and not ABOUT_PIPE.intersection(ask.intents):
        return None
    about_errors = ABOUT_ERRORS.intersection(ask.intents)
    return replace(ask, intents=("errors",) if about_errors else ("logs",), out_of_scope="")


def tell_piped(turn: Turn, ask: Ask) -> Reply:
    """What the lines say, of nobody in particular."""
    room = turn.room
    room.ledger.add(_readings(turn, NOBODY, ask))
    return offline.compose_lines(
        ask, View(NOBODY, Persona(NOBODY, FLEET_CI, "", "job"), room.ledger, room.house.clock())
    )


async def tell_piped_of(turn: Turn, ref: Ref, ask: Ask) -> tuple[Sequence[View], Reply]:
    """The lines stand in for the container's own log."""
    view = await turn.room.desk.view(ref, (Step("inspect", {"groups": ["identity", "state"]}),))
    turn.room.ledger.add(_readings(turn, ref, ask))
    return (view,), offline.compose(ask, view)


def _readings(turn: Turn, ref: Ref, ask: Ask) -> tuple[Reading, ...]:
    lines = tuple(LogLine(None, "stdout", safe_text(line)) for line in turn.question.context.splitlines()[:MOST_LINES])
    return log_readings(ref, Logs(lines, "stdin"), level=ask.level, at=turn.room.house.clock())
