"""What one looks at in the chat: who is there, the facts under an answer, tool outputs, findings, log lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ergon_ops.errors import EngineError, UsageError
from ergon_ops.interfaces.commands.program import conclude, notice_failures, say
from ergon_ops.interfaces.render.console import lines_of
from ergon_ops.interfaces.render.values import ago, clock, fact_lines, fact_name, facts_table, value_words
from ergon_ops.interfaces.render.waiting import waiting
from ergon_ops.interfaces.render.width import terminal_width, visible
from ergon_ops.interfaces.repl.paper import PAGE

if TYPE_CHECKING:
    from ergon_ops.interfaces.repl.chat import Chat

Document = dict[str, Any]
LOG_LINES, MOST_LOG_LINES = 30, 20_000


async def list_(chat: Chat, words: Sequence[str]) -> None:
    from ergon_ops.interfaces.render.listing import show_listing

    with waiting():
        document = await chat.assistant.listing()
    show_listing(chat.settings, document)
    notice_failures(document)


async def facts(chat: Chat, words: Sequence[str]) -> None:
    rows = known(chat)
    wanted = [word.casefold() for word in words]
    shown = [row for row in rows if all(word in searched(row) for word in wanted)]
    if not rows:
        say("Nothing was read in this session yet. Ask something, for example: how are you?")
    elif not shown:
        raise UsageError(f"none of the {len(rows)} facts has {' '.join(words)!r} in it", next="/facts shows them all")
    else:
        newest = {(row["container"], row["name"], row["key"]): row for row in shown}
        show_facts(chat, list(newest.values()))
        if older := len(shown) - len(newest):
            say(f"Of each the newest; {older} older reading{'' if older == 1 else 's'} left out: /why ID shows one.")


async def why(chat: Chat, words: Sequence[str]) -> None:
    if words:
        by_id = {str(row["id"]): row for row in known(chat)}
        missing = [word for word in words if word not in by_id]
        if missing:
            raise UsageError(f"there is no fact {', '.join(missing)} in this session", next="/facts shows them all")
        chat.paper.show([line for word in words for line in fact_lines(by_id[word])])
        return
    if not chat.answers:
        raise UsageError("nothing was answered in this chat yet", next="ask something first; /facts shows older facts")
    rows = chat.last.get("facts") or ()
    if not rows:
        say("The last answer rests on no facts.")
        return
    show_facts(chat, rows)
    grounding = chat.last.get("grounding")
    if grounding:
        said = ", ".join(f"{grounding.get(key, 0)} {key}" for key in ("checked", "unsupported", "replaced"))
        say(f"Sentences: {said}.")


def known(chat: Chat) -> list[Document]:
    """The facts of the session, and of the answers given here where nothing is stored."""
    rows = {str(row["id"]): row for row in chat.assistant.facts(chat.session)}
    for answer in chat.answers:
        rows.update({str(row["id"]): row for row in answer.get("facts") or ()})
    return list(rows.values())


def searched(row: Document) -> str:
    return f"{row['id']} {row['container']} {fact_name(row)} {value_words(row)} {row['source']}".casefold()


def show_facts(chat: Chat, rows: Sequence[Document]) -> None:
    chat.paper.show(lines_of(chat.settings, facts_table(rows, terminal_width())))


async def show(chat: Chat, words: Sequence[str]) -> None:
    if words:
        text = chat.assistant.shown(f"h{words[0]}" if words[0].isdigit() else words[0])
        if text is None:
            some = ", ".join(handles(chat)) or "/show alone shows the last tools"
            raise UsageError(f"there is no output {words[0][:40]!r}", next=some)
        chat.paper.show(visible(text).splitlines() or [""])
        return
    calls = chat.last.get("tool_calls") or ()
    if not calls:
        raise UsageError("no tool ran for the last answer", next="ask something first")
    by_id = {str(row["id"]): row for row in known(chat)}
    chat.paper.show([line for call in calls for line in output(chat, call, by_id)])


def handles(chat: Chat) -> list[str]:
    calls = (call for answer in reversed(chat.answers) for call in answer.get("tool_calls") or ())
    return [str(call["handle"]) for call in calls if call.get("handle")]


def output(chat: Chat, call: Document, facts: dict[str, Document]) -> Iterator[str]:
    """What one call gave: its full text where that was kept, else the facts."""
    arguments = " ".join(f"{key}={_short(value)}" for key, value in call["arguments"].items())
    about = f" {call['container']}" if call.get("container") else ""
    handle = f" [{call['handle']}]" if call.get("handle") else ""
    yield (
        f"{call['tool']}{about} {arguments}".rstrip()
        + f"{handle} — {'ok' if call['ok'] else 'failed'}, {call['ms']} ms"
    )
    text = chat.assistant.shown(str(call["handle"])) if call.get("handle") else None
    if text is not None:
        yield from (f"  {line}" for line in visible(text).splitlines())
        return
    for id in call.get("fact_ids") or ():
        row = facts.get(str(id))
        yield f"  {id} {fact_name(row)} = {value_words(row)}" if row else f"  {id}"


def _short(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


async def findings(chat: Chat, words: Sequence[str]) -> None:
    """Looked at now; where nobody can look, what was found the last time and when that was."""
    from ergon_ops.interfaces.render.findings import show_diagnosis

    name = words[0].removeprefix("@") if words else chat.name
    try:
        with waiting():
            document = await chat.assistant.diagnose("" if name == "all" else name)
    except EngineError:
        show_stored(chat)
        raise
    if conclude(document) == EngineError.exit:
        show_stored(chat)
    else:
        show_diagnosis(chat.settings, document)
    notice_failures(document)


def show_stored(chat: Chat) -> None:
    for row in chat.assistant.findings()["findings"]:
        say(f"{ago(row['last_seen'])}: {row['severity']} {row['container']}: {row['summary']}")


async def logs(chat: Chat, words: Sequence[str]) -> None:
    name, count, text = log_words(chat, words)
    with waiting():
        document = await chat.assistant.logs(name, tail=count, grep=text)
    lines = document["lines"]
    if document["unreadable"]:
        raise UsageError(f"{document['container']} has no logs to read: {document['unreadable']}")
    if not lines:
        say(f"No line with {text!r} in the last {count:,}." if text else f"{document['container']} wrote nothing.")
        return
    chat.paper.show([log_line(line) for line in lines], most=PAGE)


def log_words(chat: Chat, words: Sequence[str]) -> tuple[str, int, str]:
    """Whose, how many, and what must be in them: `/logs worker 200 error`. For a text more lines are looked through."""
    rest, name, count = list(words), chat.name, 0
    if rest and rest[0].removeprefix("@") in chat.names:
        name = rest.pop(0).removeprefix("@")
    if rest and rest[0].isdigit():
        count = min(max(int(rest.pop(0)), 1), MOST_LOG_LINES)
    if not name:
        raise UsageError("whose logs?", next="/logs NAME, or /switch NAME first")
    text = " ".join(rest).strip("\"'")
    return name, count or (2000 if text else LOG_LINES), text


def log_line(line: Document) -> str:
    at = f"{clock(line['at'])} " if line["at"] else ""
    return f"{at}{'! ' if line['stream'] == 'stderr' else '  '}{line['text']}"


async def more(chat: Chat, words: Sequence[str]) -> None:
    if not chat.paper.rest:
        raise UsageError("there is nothing more to show")
    chat.paper.show(chat.paper.rest, most=len(chat.paper.rest) if words[:1] == ["all"] else PAGE)
