"""Where a person decides in the chat: a proposal as it comes, by its id, and taking a change back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ergon_ops.errors import UsageError
from ergon_ops.interfaces.commands.program import conclude, say
from ergon_ops.interfaces.render.proposal import proposal_line, show_block
from ergon_ops.interfaces.render.waiting import waiting

if TYPE_CHECKING:
    from ergon_ops.interfaces.repl.chat import Chat

Document = dict[str, Any]
QUESTION = "approve / reject / later? [later] "
APPROVE, REJECT, LATER = ("a", "approve"), ("r", "reject"), ("", "l", "later")


async def decide(chat: Chat, proposal: Document) -> None:
    """Shows the exact change and asks right here. Enter alone, and whatever is no clear word, is later. A command, or a
    question, is no answer either: it is what the person wants next, and is done instead."""
    show_block(proposal)
    if chat.person is None or not chat.actor.may_approve:
        say(f"waiting for approval: ergon-ops approve {proposal['id']}")
        return
    if chat.instead:
        say(waits(proposal))
        return
    typed = (await chat.person.choose(QUESTION)).strip()
    word = typed.casefold()
    if word in APPROVE:
        await _approve(chat, str(proposal["id"]))
    elif word in REJECT:
        await _reject(chat, str(proposal["id"]))
    elif typed.startswith("/") or typed.endswith("?"):
        chat.instead = typed
        say(waits(proposal))
    else:
        unclear = "" if word in LATER else f"“{word[:40]}” is not one of approve, reject, later. "
        say(f"{unclear}{waits(proposal)}")


def waits(proposal: Document) -> str:
    return f"It waits: /approve {proposal['id']} or /reject {proposal['id']}."


async def propose(chat: Chat, words: Sequence[str]) -> None:
    """What would be better for whom it is with, or for another one."""
    from ergon_ops.interfaces.render.improvements import show_improvements

    name = words[0].removeprefix("@") if words else chat.name
    if not name:
        raise UsageError("/propose needs the name of a container", next="/propose NAME")
    with waiting():
        document = await chat.assistant.propose(name)
    conclude(document)
    chat.proposals = tuple(dict.fromkeys((*(row["id"] for row in document["proposals"]), *chat.proposals)))
    show_improvements(chat.settings, document)


async def proposals(chat: Chat, words: Sequence[str]) -> None:
    rows = (await chat.assistant.proposals())["proposals"]
    chat.proposals = tuple(row["id"] for row in rows)
    for row in rows:
        say(proposal_line(row))
    say("/approve ID or /reject ID decides." if rows else "Nothing waits for approval.")


async def approve(chat: Chat, words: Sequence[str]) -> None:
    await _approve(chat, needed(chat, "/approve", words))


async def reject(chat: Chat, words: Sequence[str]) -> None:
    await _reject(chat, needed(chat, "/reject", words))


def needed(chat: Chat, command: str, words: Sequence[str]) -> str:
    if not words:
        some = ", ".join(chat.proposals) or "/proposals lists them"
        raise UsageError(f"{command} needs the ID of a proposal", next=some)
    return words[0]


async def _approve(chat: Chat, id: str) -> None:
    await chat.follow(chat.assistant.approve(id, actor=chat.actor), steps=True)
    chat.proposals = tuple(item for item in chat.proposals if item != id)


async def _reject(chat: Chat, id: str) -> None:
    done = await chat.assistant.reject(id, actor=chat.actor)
    chat.proposals = tuple(item for item in chat.proposals if item != done["id"])
    say(f"Rejected {done['id']}: {done['kind']} {done['container']}. Nothing was done.")


async def undo(chat: Chat, words: Sequence[str]) -> None:
    """A refusal (a restart cannot be undone) is told as one line."""
    if not words and not chat.changes:
        raise UsageError("nothing was changed in this chat", next="/undo c-… names another change, the journal has it")
    change = words[0] if words else chat.changes[-1]
    await chat.follow(chat.assistant.rollback(change, actor=chat.actor), steps=True)
