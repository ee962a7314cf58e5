"""Log bytes become safe lines, however they are cut into chunks."""

from __future__ import annotations

import pytest

from ergon_ops.engine.logstream import LONGEST, Newest, Raw, Splitter, shown, wanted
from ergon_ops.engine.protocols import LogLine, LogQuery

STAMP = b"2026-11-22T02:30:00.125000001Z "
AT = 1795314600.125


def frame(text: bytes, stream: int = 1) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(text).to_bytes(4, "big") + text


def lines(data: bytes, *, tty: bool = False, size: int = 1 << 20) -> list[LogLine]:
    splitter = Splitter(tty=tty)
    raws = [raw for start in range(0, len(data), size) for raw in splitter.feed(data[start : start + size])]
    return list(shown([*raws, *splitter.rest()]))


MIXED = frame(STAMP + b"one\n") + frame(STAMP + b"two\n", 2) + frame(b"") + frame(STAMP + b"no end")
WHOLE = [LogLine(AT, "stdout", "one"), LogLine(AT, "stderr", "two"), LogLine(AT, "stdout", "no end")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 31, 64, 1000])
def test_chunks_of_any_size_give_the_same_lines(size: int) -> None:
    assert lines(MIXED, size=size) == WHOLE
    plain = STAMP + b"one\r\n" + STAMP + b"two\n" + STAMP + b"no end"
    assert [(line.at, line.text) for line in lines(plain, tty=True, size=size)] == [
        (AT, "one"),
        (AT, "two"),
        (AT, "no end"),
    ]


def test_a_line_of_a_megabyte_is_one_line_cut_with_its_size_bounded() -> None:
    pieces = [frame(STAMP + b"x" * 16_384) for _ in range(63)] + [frame(STAMP + b"end\n"), frame(STAMP + b"next\n")]
    first, second = lines(b"".join(pieces), size=1000)
    assert (first.at, second.text) == (AT, "next")
    assert len(first.text) <= LONGEST
    assert "2026" not in first.text
    assert len(lines(STAMP + b"y" * 1_000_000 + b"\n" + STAMP + b"z\n", tty=True, size=4096)) == 2


def test_binary_and_colours_are_harmless() -> None:
    nasty = bytes(range(256)).replace(b"\n", b"") + b"\x1b[31mred\x1b[0m \xe2\x80\xaeevil"
    (line,) = lines(frame(STAMP + nasty + b"\n"))
    assert line.text.isprintable()
    assert "\x1b" not in line.text
    assert "red" in line.text


def test_secrets_in_lines_and_keys_over_several_lines_are_hidden() -> None:
    body = b"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"
    text = [b"password=hunter2xyz", b"-----BEGIN PRIVATE KEY-----", body, b"-----END PRIVATE KEY-----", b"after"]
    found = [line.text for line in lines(b"".join(frame(STAMP + line + b"\n") for line in text))]
    assert found[0].startswith("password=")
    assert "hunter2xyz" not in found[0]
    assert not any(body.decode() in line for line in found)
    assert found[-1] == "after"


def test_what_has_no_frames_is_read_as_plain_text() -> None:
    assert [line.text for line in lines(STAMP + b"hello\n", tty=False)] == ["hello"]


def test_the_newest_lines_are_kept() -> None:
    kept = Newest(lines=3, size=1000)
    for number in range(10):
        kept.add(Raw("stdout", b"", bytearray(str(number).encode())))
    assert [bytes(raw.text) for raw in kept] == [b"7", b"8", b"9"]
    assert not kept.cut
    kept.add(Raw("stdout", b"", bytearray(b"x" * 996)))
    assert kept.cut
    assert [len(raw.text) for raw in kept] == [1, 996]


def test_grep_and_level_choose_lines() -> None:
    error = LogLine(None, "stderr", "ERROR no room in [cache]")
    assert wanted(error, LogQuery(grep="NO ROOM in [", level="warning"))
    assert not wanted(error, LogQuery(grep="disk"))
    assert not wanted(LogLine(None, "stdout", "INFO fine"), LogQuery(level="error"))
