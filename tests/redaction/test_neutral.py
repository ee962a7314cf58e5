"""What a container writes cannot move the cursor, hide text, turn its direction or break the line."""

from __future__ import annotations

import pytest

from ergon_ops.redaction import neutralise


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[1;1Hcleared", "cleared"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;cGFzdGU=\x07clipboard", "clipboard"),
        ("\x1bPq#0\x1b\\sixel", "sixel"),
        ("\x9b31mC1 red\x9b0m", "C1 red"),
        ("\x9d0;title\x9cC1 title", "C1 title"),
        ("\x1bcreset", "reset"),
        ("half \x1b[", "half "),
        ("unfinished \x1b]0;visible", "unfinished 0;visible"),
        ("bell\x07 null\x00 back\x08space", "bell null backspace"),
        ("abc\u202edcba\u202c", "abcdcba"),
        ("\u2066isolate\u2069 \u200fmark", "isolate mark"),
        ("zero\u200bwidth\u200d \ufeffbom", "zerowidth bom"),
        ("tag\U000e0041\U000e0042s", "tags"),
        ("hangul\u3164filler\u2800braille", "hangulfillerbraille"),
        ("two\nlines\r\nthree\n", "two ⏎ lines ⏎ three"),
        ("page\x0cbreak\u2028line", "page ⏎ break ⏎ line"),
        ("progress 10%\rprogress 90%", "progress 10% progress 90%"),
        ("a\tb", "a b"),
        ("no\u00a0break", "no break"),
        ("bad \udcff byte", "bad � byte"),
        ("Grüße, 世界 ✓", "Grüße, 世界 ✓"),
    ],
)
def test_text_becomes_one_harmless_line(text: str, shown: str) -> None:
    assert neutralise(text) == shown


def test_what_is_shown_is_printable_whatever_came_in() -> None:
    every = "".join(
        map(chr, [*range(0x3000), *range(0xD800, 0xE010), *range(0xFE00, 0x10000), *range(0xE0000, 0xE0200)])
    )
    shown = neutralise(every, limit=len(every))
    assert shown.isprintable()
    assert "\u202e" not in shown


def test_a_cut_is_marked_with_how_much_is_missing() -> None:
    shown = neutralise("x" * 5000, limit=100)
    assert len(shown) <= 100
    assert shown.endswith("… (+4,924 characters)")
    assert neutralise("x" * 100, limit=100) == "x" * 100


def test_neutralising_twice_changes_nothing() -> None:
    text = "\x1b[31mred\x1b[0m\nnext\u202e \x9b1m"
    assert neutralise(neutralise(text)) == neutralise(text)
