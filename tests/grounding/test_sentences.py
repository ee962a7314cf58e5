"""A stream is cut into sentences without a letter lost, wherever the deltas fall."""

from __future__ import annotations

import random

import pytest

from ergon_ops.grounding import Sentences

TEXT = """Hello! I run nginx 1.25.3 on port 80, e.g. for the shop. Memory is at 44.9% (61 MiB vs. 136 MiB).

## What I see
- **Memory:** 61 MiB
- The file /etc/nginx/nginx.conf was not read. It may be there.

1. First, look at orders-db.
2. Then ask again!

| Container | Memory |
| --- | --- |
| webapp | 61 MiB |

```
ERROR upstream timed out. Retrying. Done.
second line
```
Is that all? Yes … it is."""


def cut(text: str, sizes: random.Random) -> list[str]:
    sentences, found, at = Sentences(), [], 0
    while at < len(text):
        step = sizes.randint(1, 9)
        found += sentences.feed(text[at : at + step])
        at += step
    return found + sentences.end()


@pytest.mark.parametrize("seed", range(20))
def test_joined_they_are_the_input_and_cut_alike_however_it_came(seed: int) -> None:
    pieces = cut(TEXT, random.Random(seed))
    assert "".join(pieces) == TEXT
    assert [piece.strip() for piece in pieces] == [
        "Hello!",
        "I run nginx 1.25.3 on port 80, e.g. for the shop.",
        "Memory is at 44.9% (61 MiB vs. 136 MiB).",
        "## What I see",
        "- **Memory:** 61 MiB",
        "- The file /etc/nginx/nginx.conf was not read.",
        "It may be there.",
        "1. First, look at orders-db.",
        "2. Then ask again!",
        "| Container | Memory |",
        "| --- | --- |",
        "| webapp | 61 MiB |",
        "```\nERROR upstream timed out. Retrying. Done.\nsecond line\n```",
        "Is that all?",
        "Yes … it is.",
    ]


def test_what_never_ends_is_cut_all_the_same() -> None:
    endless = "word " * 5_000 + "x" * 9_000
    sentences, pieces = Sentences(), []
    for at in range(0, len(endless), 700):
        pieces += sentences.feed(endless[at : at + 700])
        assert sum(map(len, pieces)) >= at + 700 - 2_700
    pieces += sentences.end()
    assert "".join(pieces) == endless
    assert max(map(len, pieces)) <= 2_000


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n", "no stop", "A.\n\n\nB.", "```\nopen", "Hi.  ", "a\r\nb", "…", "``` x ``` y. z."]
)
def test_any_text_comes_out_whole(text: str) -> None:
    assert "".join(cut(text, random.Random(1))) == text


def test_random_letters_come_out_whole() -> None:
    draw = random.Random(7)
    for _ in range(300):
        text = "".join(draw.choice("ab. \n`~|-*1.!?…e.g") for _ in range(draw.randint(0, 400)))
        assert "".join(cut(text, draw)) == text


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("webapp is up for 1 h. worker exited 3 h ago. It is down.", 3),
        ("It took 5 min. orders-db came back.", 2),
        ("The timeout is 10 s. cache has none.", 2),
        ("It started 5 min. ago and is fine.", 1),
        ("It ran for 10 sec. before it died.", 1),
        ("It is up for 1 h. Worker is not.", 2),
        ("I use e.g. nginx and approx. 5 min. of time.", 1),
        ("Up for 2 h. e.g. since noon.", 1),
        ("plan h. worker", 1),
    ],
)
def test_a_unit_ends_a_sentence_unless_its_length_goes_on(text: str, count: int) -> None:
    for seed in range(5):
        pieces = cut(text, random.Random(seed))
        assert "".join(pieces) == text
        assert len(pieces) == count


def test_a_full_stop_of_other_letters_ends_a_sentence() -> None:
    cut = Sentences()
    parts = ["所有容器都健康。", "ERROR: gone. ", "好！ "]
    assert [*cut.feed("".join(parts)), *cut.end()] == parts
