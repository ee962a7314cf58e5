"""A restart is proposed for an order or a polite request, never for a question about one or where it is forbidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from ergon_ops.offline import compose, understand
from tests.offline.desk import Desk
from tests.offline.scenes import HEALTHY, view

NAMES = ("webapp", "worker")


@pytest.mark.parametrize(
    "text",
    [
        "restart yourself", "please bounce it", "can you restart webapp?", "could you restart webapp", "restart webapp",
        "I want you to restart", "would you mind restarting?", "can we restart it", "do restart yourself now",
        "please do a restart", "webapp needs a reboot, please do", "will you restart it?",
        "it does not answer, restart it", "I need you to restart", "if you can, restart webapp",
        "restart it if possible", "turn it off and on again", "give webapp a restart", "do not hesitate to restart it",
        "go ahead and restart", "how about a restart", "don't stop webapp, restart it", "time to restart",
        "it is not healthy please restart it", "webapp hangs, restart it", "the site is stuck. pls bounce it now",
    ],
)  # fmt: skip
def test_an_order_or_a_polite_request_proposes(text: str) -> None:
    ask = understand(text, names=NAMES)
    assert (ask.intents, ask.change) == (("restart",), "restart")


@pytest.mark.parametrize(
    "text",
    [
        "don't restart webapp", "do not restart", "never restart it", "please do not restart webapp", "dont restart",
        "please never ever restart worker", "I do not want you to restart", "no restart please", "avoid a restart",
        "do not stop or restart webapp", "restart nothing, do not restart", "a restart is not allowed",
        "do not, under any circumstances, restart it", "Don’t restart webapp!", "you must not restart it",
        "hold off on restarting webapp", "I don't think you need a restart", "without a restart please",
        "should I restart webapp?", "shoud i restart you", "is it safe to restart you?", "would a restart help?",
        "will restarting fix it?", "when should I restart you", "who restarted you", "why restart you?",
        "do you need a restart?", "does it need a restart?", "need a restart?", "what if I restart you?",
        "what happens if I restart webapp", "if I restart you, what is lost?", "is a restart needed?",
        "is it ok to restart webapp", "how do I restart you?", "how can I restart webapp", "can a restart help?",
        "could restarting webapp help", "tell me whether to restart you", "before I restart you, show the logs",
        "would it help to restart", "I restarted you", "why did you restart", "when did you restart?",
        "restart webapp if it is unhealthy", "who can restart you?", "did someone restart you?",
    ],
)  # fmt: skip
def test_what_forbids_or_asks_about_a_restart_proposes_none(text: str) -> None:
    ask = understand(text, names=NAMES)
    assert "restart" not in ask.intents
    assert ask.change != "restart"
    assert ask.intents or ask.out_of_scope


def test_who_forbids_a_restart_is_told_that_none_is_proposed() -> None:
    reply = compose(understand("please don't restart webapp", names=NAMES), view(HEALTHY))
    assert reply.text.startswith("Understood: I propose no restart, and nothing has been done.")


def test_a_restart_is_proposed_again_only_for_someone_else_or_if_asked_again() -> None:
    first = understand("restart it")
    for text in ("what did I ask first?", "what did i say", "and now?", "what now?", "ok", "don't", "and then?"):
        assert "restart" not in understand(text, first).intents, text
    assert understand("and worker?", first, names=NAMES).intents == ("restart",)
    assert "restart" not in understand("and not worker", first, names=NAMES).intents
    assert understand("what did I ask first?", understand("how much memory?")).intents != ("memory",)


async def test_through_the_front_door_too(tmp_path: Path) -> None:
    desk = Desk.open(tmp_path, seed=3)
    for text in ("don't restart webapp", "should I restart webapp?", "who restarted you", "is it safe to restart you?"):
        assert not (await desk.ask(text, ("webapp",)))["proposals"], text
    assert not (await desk.ask("what did I ask first?", after="restart it"))["proposals"]
    assert (await desk.ask("can you restart webapp?"))["proposals"]


@pytest.mark.parametrize(
    "question",
    [
        "what would you change about yourself?", "optimize yourself", "how can you be faster?", "optimise worker",
        "what should I change about worker?", "worker, what would you improve?", "how do I make worker faster?",
        "could you be faster?", "any suggestions?", "make it faster please", "what would make you more efficient?",
        "are you sized right?", "propose improvements", "how could we improve the database?", "speed yourself up",
        "hey worker, what do you recommend?", "can you optimize yourself?", "what could be better about worker?",
    ],
)  # fmt: skip
def test_who_asks_what_would_be_better_gets_proposals(question: str) -> None:
    assert understand(question, names=("worker",)).intents == ("optimize",)


@pytest.mark.parametrize(
    "question",
    [
        "do not optimize yourself", "tune postgres for me", "recommend a good book", "is redis faster than memcached",
        "what did you change?", "what changed?", "why would anybody optimize you?", "who is faster, nginx or apache?",
        "how fast are you?", "what did we improve yesterday?", "are you better now?", "is it better today?",
        "never change yourself", "what is the best way to tune the jvm", "give yourself more memory",
        "set your memory limit to 2g", "what would you change about my laptop?",
    ],
)  # fmt: skip
def test_what_does_not_ask_for_it_makes_no_proposals(question: str) -> None:
    assert "optimize" not in understand(question, names=("worker",)).intents
