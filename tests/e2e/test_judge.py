"""The judge of shown sentences sees what is false of a drawn world, and leaves true ones alone."""

from __future__ import annotations

import pytest

from tests.clock import Time
from tests.e2e.judge import judge, wholly_true
from tests.e2e.truth import Truth, truths
from tests.offline.worlds import host


@pytest.fixture
async def world() -> dict[str, Truth]:
    clock = Time()
    return await truths(host(3, clock), clock())


TRUE = (
    "I am running.",
    "My memory is at 79% [e7].",
    "Memory is at 79%, 202 MiB of 256 MiB.",
    "memory_limit: 256 MiB",
    "nginx listens on port 80 and redis on port 6379.",
    "I have been up for 4 days 12 h.",
    "It was restarted 5 times.",
    "The server is listening.",
    "worker is running.",
    "mailer is not running.",
    "If I were stopped, memory would be free.",
    "The host's RAM is 8 GiB.",
    "host_memory: 8 GiB",
    "The engine's disk: /var/lib/docker 78% full.",
    "1 error line among 15 log lines.",
    "Memory at 79%, 202 MiB of my limit of 256 MiB. I use 0.2 cores, 13% of my limit of 1.5 cores.",
)
FALSE = (
    "I am stopped.",
    "The host's RAM is 3 GiB.",
    "I am not running.",
    "The server is not listening.",
    "Memory is at 97%.",
    "The memory limit is 202 MiB.",
    "I use 12 GB of memory.",
    "nginx listens on port 8081.",
    "MySQL runs here on port 3306.",
    "I have been up for 9 weeks.",
    "I restarted redis.",
    "The container has been updated.",
    "I am slow because of a DNS outage.",
    "My image is shop/webapp:1.2.3.4.",
    "My address is 10.9.8.7.",
    "mailer is running.",
    "I exited with code 137.",
    "The engine's disk: /var/lib/docker 12% full.",
    "7 error lines among 15 log lines.",
    "I use 0.2 cores, 79% of my limit of 1.5 cores.",
)


@pytest.mark.parametrize("sentence", TRUE)
def test_true_sentences_are_left_alone(world: dict[str, Truth], sentence: str) -> None:
    assert judge(sentence, ["webapp"], world).false == ()


@pytest.mark.parametrize("sentence", FALSE)
def test_false_sentences_are_seen(world: dict[str, Truth], sentence: str) -> None:
    assert judge(sentence, ["webapp"], world).false


def test_only_plain_true_numbers_count_as_true(world: dict[str, Truth]) -> None:
    for sentence, whole in (
        ("Memory is at 79% [e7].", True),
        ("Memory is at 79% of the moon.", False),
        ("Yes.", False),
    ):
        assert wholly_true(sentence, judge(sentence, ["webapp"], world)) is whole, sentence
