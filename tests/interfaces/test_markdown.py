"""Markdown as it streams: legible at any width, the same however it is cut, and nothing that was quoted is changed."""

from __future__ import annotations

import random
import re

import pytest

from ergon_ops.interfaces.render.markdown import Markdown
from ergon_ops.interfaces.render.sparks import Curves
from ergon_ops.interfaces.render.width import cells

ANSWER = """Running nginx (port 80). **CPU**: at 3 % of `1 core`, see [the docs](http://docs.example/x).

## Memory
- first item which is quite long and wraps around the end of the line. A second sentence of it.
* second with a **bold end**
  - a nested one that is long enough to be broken in a narrow window
10. ten

| name | cpu |
|---|---:|
| webapp | 3 % |
| worker | 15 % |

```sh
docker ps   --all --format '{{.Names}} **as it is**' --and-a-line-that-is-never-broken
```
Done."""
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def rendered(text: str, *, width: int = 80, color: bool = True, pieces: int = 1) -> str:
    """Fed in pieces that end where sentences and lines do."""
    screen = Markdown(lambda: width, color=color)
    cut = re.split(r"(?<=\. )|(?<=\n)", text) if pieces > 1 else [text]
    return "".join(screen.feed(piece) for piece in cut) + screen.end()


@pytest.mark.parametrize("width", [40, 60, 80, 200])
@pytest.mark.parametrize("color", [True, False])
def test_it_looks_the_same_sentence_by_sentence(width: int, color: bool) -> None:
    assert rendered(ANSWER, width=width, color=color, pieces=9) == rendered(ANSWER, width=width, color=color)


def test_no_line_but_code_is_longer_than_the_window_and_no_word_is_lost() -> None:
    shown = rendered(ANSWER, width=40, color=False)
    long = [line for line in shown.splitlines() if cells(line) > 40]
    assert [line.strip()[:9] for line in long] == ["docker ps"]
    for word in re.findall(r"[A-Za-z]{4,}", ANSWER):
        assert word in shown


def test_what_is_marked_is_styled_and_the_marks_are_gone() -> None:
    shown = rendered(ANSWER)
    assert "\x1b[1mCPU\x1b[0m:" in shown
    assert "\x1b[36m1\x1b[0m \x1b[36mcore\x1b[0m" in shown
    assert "\x1b[1mMemory\x1b[0m\n" in shown
    assert "see the docs\n(http://docs.example/x)" in shown
    assert "##" not in shown


def test_without_colour_it_is_plain_text() -> None:
    shown = rendered(ANSWER, color=False)
    assert "\x1b" not in shown
    assert "CPU: at 3 % of `1 core`" in shown


def test_lists_hang_under_their_text() -> None:
    lines = rendered(ANSWER, width=40, color=False).splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("- first"))
    assert lines[first + 1].startswith("  ")
    nested = next(number for number, line in enumerate(lines) if line.startswith("  - a nested"))
    assert lines[nested + 1].startswith("    ")


def test_a_table_has_columns_where_they_fit_and_blocks_where_not() -> None:
    table = "| container | what it says |\n|---|---|\n| webapp | " + "word " * 12 + "|\n| worker | ok |\n"
    wide, narrow = (rendered(table, width=width, color=False) for width in (120, 40))
    assert re.search(r"^worker     ok$", wide, re.MULTILINE)
    assert re.search(r"^container: worker\nwhat it says: ok$", narrow, re.MULTILINE)


@pytest.mark.parametrize(
    "said",
    [
        "“**kwargs and `code` and [a](b) and \\*”",
        "2 * 3 * 4 and */5 * * * * and a_b_c and __main__",
        "an **open mark and a `tick",
        "#5 of 7",
        "C:\\temp",
    ],
)
def test_what_is_no_markup_stays_as_it_is(said: str) -> None:
    assert rendered(f"It says {said}") == f"It says {said}\n"


def test_nothing_moves_the_cursor() -> None:
    assert "\x1b" not in rendered("a\x1b[2Jb\x07 \u202ec", color=False)


def test_any_text_in_any_pieces_is_shown_whole_and_ends_its_line() -> None:
    chance = random.Random(7)
    for _ in range(300):
        text = "".join(chance.choice("ab *`|#-\n[]()“”\\.1") for _ in range(chance.randrange(60)))
        screen, shown, rest = Markdown(lambda: 30, color=False), "", text
        while rest:
            size = chance.randrange(1, 9)
            shown, rest = shown + screen.feed(rest[:size]), rest[size:]
        shown += screen.end()
        assert not shown or shown.endswith("\n")
        assert [char for char in shown if char in "ab"] == [char for char in text if char in "ab"]


# -- curves ------------------------------------------------------------------------------------------------------------


def curves(**values: list[float | None]) -> Curves:
    made = Curves()
    for number in range(max(map(len, values.values()))):
        made.add({name: row[number] for name, row in values.items()} | {"memory_limit": 100.0})
    return made


def test_a_curve_is_the_share_of_its_limit_and_hardly_anything_looks_so() -> None:
    lines = list(curves(memory_working_set=[0, 50, 100, None], cpu_usage=[0.001] * 4).lines(80))
    assert lines[0].endswith("▁▁▁▁")
    assert lines[1].endswith("▁▅█")
    assert [line.split()[0] for line in lines] == ["cpu", "memory"]


@pytest.mark.parametrize("width", [20, 40, 80])
def test_curves_fit_and_have_a_plain_form(width: int) -> None:
    many = curves(memory_working_set=[float(n % 100) for n in range(900)])
    assert all(len(line) < width for line in many.lines(width))
    assert all(line.isascii() for line in many.lines(width, plain=True))
