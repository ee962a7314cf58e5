"""`make e2e`: a real small model, which makes things up, is asked about drawn worlds; a judge looks at what is shown.

`python -m tests.e2e.small_model 8` asks eight questions; without a number as many as the promise is made for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ergon_ops.assistant.models import Models
from ergon_ops.assistant.wiring import assemble
from ergon_ops.engine.fake import FakeEngine
from ergon_ops.messages import Actor, Question
from ergon_ops.providers import Patience, open_provider
from ergon_ops.settings import Endpoint, load
from tests.clock import Time
from tests.e2e.judge import judge, wholly_true
from tests.e2e.recorded import Overheard, Record
from tests.e2e.truth import Truth, truths
from tests.offline.worlds import host

HERE = Path(__file__).parent
QUESTIONS = HERE.parent / "offline" / "questions_building.jsonl"
PROMISED = 104  # questions
FALSE_PER_100, STRUCK = 1.0, 0.03
A_WORLD = 8  # questions to each
WINDOW_S = 20.0  # rates are read over so long
TURN_S = 600.0  # a small machine may need minutes to read a prompt
ANSWER_TOKENS = 100
OFFLINE = "offline"  # in the place of an address: the rules answer
PERSON = Actor("terminal", "e2e", "balanced", may_approve=True)


@dataclass(slots=True)
class Asked:
    """One turn: what the model said, and what was shown of it."""

    question: str
    names: tuple[str, ...]
    world: dict[str, Truth]
    said: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    document: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def by_model(self) -> bool:
        return self.document.get("provider") != "offline"


@contextmanager
def serving(python: str) -> Iterator[str]:
    """The model's server in the environment that has it; its base URL."""
    process = subprocess.Popen(
        [python, str(HERE / "serve_model.py")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        if not address:
            raise SystemExit("e2e: the model's server did not start")
        yield f"{address}/v1"
    finally:
        process.kill()
        process.wait()


def questions(count: int, seed: int) -> list[tuple[str, tuple[str, ...]]]:
    """Of the questions with labels, those a model is asked at all: every intent in turn, drawn by the seed."""
    draw = random.Random(seed)
    by_intent: dict[str, list[Any]] = {}
    for line in QUESTIONS.read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["intent"] not in ("out_of_scope", "restart", "follow"):
            by_intent.setdefault(row["intent"], []).append(row)
    rows = [draw.choice(by_intent[intent]) for _ in range(count) for intent in draw.sample(sorted(by_intent), 1)]
    return [(row["q"], tuple(row["ask"])) for row in rows]


async def ask_all(url: str, count: int, seed: int, found: list[Asked], record: Record | None) -> None:
    rows = questions(count, seed)
    for at in range(0, count, A_WORLD):
        clock = Time()
        engine = host(seed * 1000 + at, clock)
        with tempfile.TemporaryDirectory(prefix="ergon-ops-e2e-") as folder:
            await ask(engine, clock, Path(folder), OFFLINE, "how is everyone?", ("all",))
            clock.now += WINDOW_S
            # One after another of one container: what a server has read of a prompt it need not read again.
            for text, names in sorted(rows[at : at + A_WORLD], key=lambda row: row[1]):
                one = await ask(engine, clock, Path(folder), url, text, names, record)
                found.append(one)
                whom = "model" if one.by_model else "offline"
                print(f"e2e: {len(found):3}/{count} {one.seconds:5.1f} s {whom:7} {text}", file=sys.stderr, flush=True)


async def ask(
    engine: FakeEngine,
    clock: Time,
    home: Path,
    url: str,
    text: str,
    names: tuple[str, ...],
    record: Record | None = None,
) -> Asked:
    """Without an address the record answers."""
    settings = load(environ={"HOME": str(home)}, cwd=home)
    settings = replace(
        settings,
        state_dir=home / "state",
        model="offline" if url == OFFLINE else "openai:smollm2",
        openai=Endpoint(url),
        limits=replace(settings.limits, seconds=TURN_S),
    )
    one = Asked(text, names, await truths(engine, clock()))
    models = Models(settings)
    patience = Patience(first_s=None, between_s=None)

    def opened(spec: str) -> Overheard:
        real = open_provider(spec, endpoints=settings, patience=patience) if url else None
        return Overheard(real, one.said, record, text, names)

    models.opener = opened
    engines = {"local": engine}
    assistant = assemble(settings, engines, engines.__getitem__, clock=clock, sleep=clock.sleep, models=models)
    question = Question(text, PERSON, names=names, max_tokens=ANSWER_TOKENS, deadline_s=TURN_S)
    began = time.monotonic()
    async for event in assistant.ask(question):
        if event.type == "text":
            one.shown.append(event.data["text"])
        elif event.type == "notice":
            one.notices.append(event.data["text"])
        one.document = dict(event.data)
    one.seconds = time.monotonic() - began
    await assistant.close()
    return one


@dataclass(slots=True)
class Score:
    """Counts over the turns that the model answered."""

    turns: int = 0
    by_model: int = 0
    shown: int = 0
    factual: int = 0
    false: list[str] = field(default_factory=list)
    said: int = 0
    said_false: int = 0
    true_said: int = 0
    struck: list[str] = field(default_factory=list)
    offline: Counter[str] = field(default_factory=Counter)

    def add(self, one: Asked) -> None:
        self.turns += 1
        whom = one.names if one.names != ("all",) else tuple(name for name in one.world if name)
        self._said(one, whom)
        if not one.by_model:
            self.offline[next((text[:90] for text in one.notices), "settled by rules")] += 1
            return
        self.by_model += 1
        self.shown += len(one.shown)
        for text in one.shown:
            verdict = judge(text, whom, one.world)
            self.factual += bool(verdict.claims)
            if verdict.false:
                self.false.append(f"{one.question!r} ({', '.join(one.names)}): {text.strip()!r}: {verdict.false}")

    def _said(self, one: Asked, whom: Sequence[str]) -> None:
        """A true sentence is struck if neither it nor each of its claims is shown, in whatever words."""
        kept = {plain(text) for text in one.shown}
        shown = plain(" ".join(one.shown))
        for text in (part for reply in one.said[:1] for part in cut(reply)):
            verdict = judge(text, whom, one.world)
            self.said += bool(verdict.claims)
            self.said_false += bool(verdict.false)
            if wholly_true(text, verdict):
                self.true_said += 1
                if plain(text) not in kept and not all(plain(claim) in shown for claim in verdict.claims):
                    self.struck.append(f"{one.question!r} ({', '.join(one.names)}): {text.strip()!r}")

    @property
    def false_per_100(self) -> float:
        return 100 * len(self.false) / max(1, self.shown)

    @property
    def struck_share(self) -> float:
        return len(self.struck) / max(1, self.true_said)


def cut(text: str) -> list[str]:
    """Sentences of a reply, roughly: at line ends and full stops."""
    return [part for part in re.split(r"(?<=[.!?])\s+|\n+", text) if part.strip()]


def plain(text: str) -> str:
    return " ".join(re.sub(r"\[e\d+(?:, ?e?\d+)*\]|[*`#]", "", text).lower().split()).strip(" .-")


def told(score: Score, asked: Sequence[Asked]) -> str:
    tokens = sum(one.document.get("usage", {}).get("input_tokens", 0) for one in asked)
    lines = [
        f"questions {score.turns}, answered by the model {score.by_model}, offline {score.turns - score.by_model}",
        *(f"  offline: {count} × {why}" for why, count in score.offline.most_common(5)),
        f"the model said {score.said} sentences with claims a judge can read, {score.said_false} of them false",
        f"shown {score.shown} sentences, {score.factual} with such claims; false {len(score.false)} = "
        f"{score.false_per_100:.2f} per 100 shown (promised: less than {FALSE_PER_100:g})",
        *(f"  FALSE: {text}" for text in score.false),
        f"true sentences said {score.true_said}, not shown {len(score.struck)} = {score.struck_share:.1%} "
        f"(promised: at most {STRUCK:.0%})",
        *(f"  STRUCK: {text}" for text in score.struck),
        f"{tokens} tokens read; {sum(one.seconds for one in asked) / max(1, len(asked)):.1f} s a question",
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make e2e")
    parser.add_argument("count", nargs="?", type=int, default=PROMISED)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--url", default="", help="a server that runs already")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has the model")
    parser.add_argument("--record", type=Path, help="keep what the model says, and do not ask it again what is kept")
    parser.add_argument("--replay", type=Path, help="what was kept answers; no model is needed")
    parser.add_argument("--transcript", type=Path)
    options = parser.parse_args()
    asked: list[Asked] = []
    kept = options.replay or options.record
    record = Record(kept) if kept else None
    known = options.url or options.replay
    with suppress(KeyboardInterrupt), nullcontext(options.url) if known else serving(options.python) as url:
        asyncio.run(ask_all(url, options.count, options.seed, asked, record))  # Ctrl-C: what was asked so far is judged
    score = Score()
    for one in asked:
        score.add(one)
    if options.transcript:
        rows = [
            {"q": one.question, "names": one.names, "said": one.said, "shown": one.shown, "notices": one.notices,
             "grounding": one.document.get("grounding"), "provider": one.document.get("provider")}
            for one in asked
        ]  # fmt: skip
        options.transcript.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    print(told(score, asked))
    return int(score.false_per_100 >= FALSE_PER_100 or score.struck_share > STRUCK)


if __name__ == "__main__":
    sys.exit(main())
