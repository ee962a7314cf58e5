"""Whom one sits with: whom the chat is with, which session and model, what that costs, and what left this machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ergon_ops.errors import UsageError
from ergon_ops.events import timestamp
from ergon_ops.interfaces.commands.help import section
from ergon_ops.interfaces.commands.program import say
from ergon_ops.interfaces.render.values import ago, clock
from ergon_ops.interfaces.render.width import spelled, terminal_width

if TYPE_CHECKING:
    from ergon_ops.interfaces.repl.chat import Chat

Document = dict[str, Any]
KEYS = (
    ("@NAME …", "asks another container for once"),
    ("Tab", "completes names and commands"),
    ("Alt-Enter", "(or Esc Enter) begins a new line"),
    ("Ctrl-R", "searches what was typed before"),
    ("Ctrl-C", "stops a turn, not the chat; twice at an empty prompt it leaves"),
)


async def switch(chat: Chat, words: Sequence[str]) -> None:
    await chat.switch(words[0] if words else "")


async def help_(chat: Chat, words: Sequence[str]) -> None:
    from ergon_ops.interfaces.repl.slash import SLASHES, find

    shown = [find("/" + words[0].removeprefix("/"))] if words else SLASHES
    print(section("In this chat", [(item.shown, item.what) for item in shown], terminal_width()))
    if not words:
        print(section("Keys", KEYS, terminal_width()))
        say("Everything else is a question.")


async def leave(chat: Chat, words: Sequence[str]) -> None:
    chat.over = True


async def model(chat: Chat, words: Sequence[str]) -> None:
    """Raises UsageError for a model of no provider we know; the old one stays."""
    asked = words[0] if words else chat.model
    mind = chat.assistant.mind(asked or None)
    chat.model = asked
    say(f"{mind.name}: {mind.why}.")
    if words and mind.name != "offline":
        say("What is asked from now on is sent there, in this chat only. /sent shows it, /model offline ends it.")


async def cost(chat: Chat, words: Sequence[str]) -> None:
    """A turn a line where a model was used, then the sum."""
    used = [(number, answer) for number, answer in enumerate(chat.answers, 1) if tokens(answer.get("usage") or {})]
    if not used:
        turns = len(chat.answers)
        asked = f"{len(chat.assistant.sent())} requests were sent" if chat.assistant.sent() else "no model was asked"
        say(f"Nothing: {turns} answer{'' if turns == 1 else 's'}, {asked}, no tokens were counted.")
        return
    total = {key: sum((answer["usage"].get(key) or 0) for _, answer in used) for key in USED}
    known = all(answer["usage"].get("cost_usd") is not None for _, answer in used)
    for number, answer in used:
        say(f"turn {number}: {spent(answer['usage'])} · {answer.get('model') or answer.get('provider')}")
    say(f"in all: {spent({**total, 'cost_usd': total['cost_usd'] if known else None})}")


USED = ("input_tokens", "output_tokens", "cache_read_tokens", "cost_usd")


def tokens(usage: Document) -> int:
    return sum(int(usage.get(key) or 0) for key in USED[:3])


def spent(usage: Document) -> str:
    cached = f" (+ {usage['cache_read_tokens']:,} from cache)" if usage.get("cache_read_tokens") else ""
    price = usage.get("cost_usd")
    money = "price not known" if price is None else f"${price:.4f}"
    return f"{usage['input_tokens']:,} tokens in{cached}, {usage['output_tokens']:,} out · {money}"


async def sent(chat: Chat, words: Sequence[str]) -> None:
    """A list, and the newest in full; `/sent 2` another one. The bytes are shown as they were on the wire."""
    requests = chat.assistant.sent()
    if not requests:
        say("Nothing was sent to any model.")
        return
    if words and not (words[0].isdigit() and 1 <= int(words[0]) <= len(requests)):
        raise UsageError(f"{len(requests)} requests were sent", next=f"/sent 1 … /sent {len(requests)}")
    if not words:
        for number, item in enumerate(requests, 1):
            say(f"{number}  {clock(timestamp(item.at))}  {item.url}  {len(item.body):,} bytes")
    item = requests[int(words[0]) - 1 if words else -1]
    say(f"request {words[0] if words else len(requests)}, {len(item.body):,} bytes to {item.url}:")
    chat.paper.show(spelled(item.body.decode("utf-8", "backslashreplace")).split("\n"))


async def session(chat: Chat, words: Sequence[str]) -> None:
    if not words:
        rows = [row for row in chat.assistant.sessions()["sessions"] if chat.session in (row["name"], row["id"])]
        said = rows[0]["messages"] if rows else 0
        again = f"`ergon-ops chat --session {chat.session}` goes on with it"
        say(f"Session {chat.session}: {said} messages stored; {again}.")
        return
    if words[0] == "list":
        rows = chat.assistant.sessions()["sessions"]
        chat.paper.show([session_line(row) for row in rows] or ["No session was stored yet."])
        return
    chat.session = words[0]
    chat.answers.clear()
    say(resumed(chat))


def session_line(row: Document) -> str:
    about = ", ".join(row["about"]) or "-"
    return f"{row['name']}  {row['messages']} messages, {ago(row['updated_at'])}, about {about}"


def resumed(chat: Chat) -> str:
    """What one comes back to: how much was said, when, and the last question."""
    try:
        document = chat.assistant.session(chat.session)
    except UsageError:
        return f"Session {chat.session} is new."
    row, messages = document["session"], document["messages"]
    questions = [message["text"] for message in messages if message["role"] == "user"]
    last = f" The last question: “{questions[-1][:200]}”" if questions else ""
    return f"Session {row['name']} goes on: {len(questions)} questions, the last {ago(row['updated_at'])}.{last}"
