"""Asks through the front door, over a fake engine, and checks what an answer carries."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ergon_ops.assistant.local import LocalAssistant
from ergon_ops.assistant.wiring import assemble
from ergon_ops.engine.fake import MIB, FakeEngine
from ergon_ops.events import epoch
from ergon_ops.messages import Actor, Question
from ergon_ops.settings import Settings
from tests.offline.worlds import host

HERE = Path(__file__).parent
PERSON = Actor("test", "tester", "balanced", True)
Document = dict[str, Any]


class Clock:
    """Real time, and the jumps a test makes."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass
class Desk:
    clock: Clock
    engine: FakeEngine
    assistant: LocalAssistant
    asked: int = 0
    _sessions: int = field(default=0)

    @classmethod
    def open(cls, folder: Path, *, seed: int) -> Desk:
        clock = Clock()
        engine = host(seed, clock)
        settings = Settings(state_dir=folder)
        return cls(clock, engine, assemble(settings, {"local": engine}, lambda _: engine, clock=clock))

    async def settle(self) -> None:
        """Everyone was seen once when all was well; then the cache loses its redis."""
        await self.ask("services and cpu?", ("all",))
        self.engine.kill_process("cache", "redis-server")

    async def ask(self, text: str, names: Sequence[str] = (), *, after: str = "") -> Document:
        """The answer's document, or the error's."""
        session = None
        if after:
            self._sessions += 1
            session = f"s{self._sessions}"
            await self._ask(after, ("webapp",), session)
        return await self._ask(text, tuple(names), session)

    async def _ask(self, text: str, names: tuple[str, ...], session: str | None) -> Document:
        self.clock.ahead += 2.0
        last: Document = {}
        question = Question(text, PERSON, names=names, session=session)
        async for event in self.assistant.ask(question):
            if event.type in ("answer", "error"):
                last = {"answer": "", "facts": [], "proposals": [], **event.data}
        return last


def questions(kind: str) -> list[Document]:
    lines = (HERE / f"questions_{kind}.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines if line.strip()]


# -- what an answer must carry -------------------------------------------------------------------------------------


def misses(row: Document, answer: Document, desk: Desk) -> list[str]:
    """The requirements of a question that its answer does not meet."""
    return [need for need in row["must"] if not any(_met(one, row, answer, desk) for one in _ways(need))]


def _ways(need: str) -> list[str]:
    return re.split(r"\|(?![^(]*\))", need)


def _met(need: str, row: Document, answer: Document, desk: Desk) -> bool:
    text = answer["answer"]
    kind, _, rest = need.partition(":")
    if kind == "text":
        return re.search(rest, text, re.I) is not None
    if need == "proposal":
        return bool(answer["proposals"]) and "propose to restart" in text and "nothing has been done" in text
    if need == "ci":
        return f"{row['ask'][0]}-ci" in text
    if need == "names":
        return all(name in text for name in desk.engine.inventory)
    if kind == "finding":
        return rest.replace("_", " ") in text.lower() and any(item["cause"] == rest for item in answer["findings"])
    if kind in ("max", "min"):
        return _winner(rest, answer, desk, least=kind == "min")
    if kind == "both":
        return all(_carried(rest, "", name, answer) for name in row["ask"])
    found = re.fullmatch(r"(\w+)(?:\[(.*)\])?", need)
    assert found, f"unreadable requirement {need!r}"
    about = "host" if found[1].startswith(("host_", "engine")) else row["ask"][0]
    return _carried(found[1], found[2] or "", about, answer)


def _carried(name: str, key: str, about: str, answer: Document) -> bool:
    """A fact of that name and container is cited and its value (or key) is in the text."""
    rows = [fact for fact in answer["facts"] if fact["name"] == name and fact["container"] == about]
    if key == "0.0.0.0:8080/tcp":
        key = ""  # the published port is drawn
    rows = [fact for fact in rows if not key or fact["key"] == key]
    return any(shown(fact, answer["answer"]) for fact in rows)


def _winner(name: str, answer: Document, desk: Desk, *, least: bool) -> bool:
    running = [box for box in desk.engine.inventory.values() if box.alive or name == "restart_count"]
    truth = {
        "memory_working_set": lambda box: box.working_set,
        "cpu_usage": lambda box: box.cpu_cores,
        "restart_count": lambda box: box.restart_count,
    }[name]
    best = sorted(running, key=truth, reverse=not least)[0].name
    sentences = re.split(r"(?<=[.!?])\s+|\n", answer["answer"])
    named = [first_name(sentence, desk) for sentence in sentences]
    return best in named and _carried(name, "", best, answer)


def first_name(sentence: str, desk: Desk) -> str:
    places = {sentence.find(name): name for name in desk.engine.inventory if name in sentence}
    return places[min(places)] if places else ""


def foreign(row: Document, answer: Document) -> list[str]:
    """Facts of containers nobody asked about."""
    if "all" in row["ask"]:
        return []
    allowed = {*row["ask"], "host"}
    return [f"{fact['container']}:{fact['name']}" for fact in answer["facts"] if fact["container"] not in allowed]


def shown(fact: Document, text: str) -> bool:
    """Whether the fact's value, as a person would write it, stands in the text."""
    value, key = fact["value"], fact["key"]
    if fact["name"] == "serving":
        name, _, port = key.rpartition(":")
        return (name or port) in text and (not name or port in text)
    if fact["name"] in ("env_key", "mount", "network", "link"):
        return key.split(" ")[-1] in text
    if fact["name"] == "published_port":
        return key.split("/")[0] in text
    if fact["name"] == "event":
        return str(value) in text
    if fact["name"] == "log_template":
        return key[:25] in text
    if value is None:
        return fact["name"] in ("memory_limit", "cpu_limit") and "no limit" in text.lower()
    return any(form in text for form in forms(fact)) or (fact["unit"] in ("s", "time") and _time_shown(fact, text))


STATES = {
    "healthy": ("healthy", "healthcheck passes"), "none": ("no healthcheck",), "exited": ("exited", "not running"),
    "running": ("running", "Running", "up"), "unhealthy": ("unhealthy", "healthcheck fails"),
}  # fmt: skip


def forms(fact: Document) -> Iterable[str]:
    value, unit = fact["value"], fact["unit"]
    if isinstance(value, bool):
        yield ""  # said in words: that it is cited is enough
    elif unit in ("bytes", "bytes/s"):
        for size, name in ((1, "bytes"), (1024, "KiB"), (MIB, "MiB"), (1024 * MIB, "GiB")):
            yield f"{value / size:.0f} {name}"
            yield f"{value / size:.1f} {name}"
    elif unit == "ratio":
        yield f"{value * 100:.0f}%"
        yield f"{value * 100:.1f}%"
    elif unit == "cores":
        yield f"{value:.2f}".rstrip("0").rstrip(".") + " core"
        yield f"{value:.3f}".rstrip("0").rstrip(".") + " core"
    elif isinstance(value, float):
        yield f"{value:.2f}"
        yield f"{value:g}"
    elif isinstance(value, int):
        yield str(value)
    elif unit == "state":
        yield from STATES.get(str(value), (str(value),))
    else:
        yield str(value)[:40]


_SPAN = re.compile(r"(?:(\d+) days?)? ?(?:(\d+) h)? ?(?:(\d+) min)? ?(?:(\d+) s)?")


def _time_shown(fact: Document, text: str) -> bool:
    if fact["unit"] == "time":
        return datetime.fromtimestamp(epoch(fact["value"]), UTC).strftime("%Y-%m-%d %H:%M:%S UTC") in text
    value = float(fact["value"])
    spans = [
        sum(int(part or 0) * size for part, size in zip(found, (86400, 3600, 60, 1), strict=True))
        for found in _SPAN.findall(text)
    ]
    least = 3600.0 if value >= 86400 else 60.0  # the smallest unit that is said
    return any(abs(span - value) <= least for span in spans if span)
