"""Logs become a few templates with counts; nothing is counted twice, nothing is lost."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable

import pytest

from ergon_ops.engine.protocols import LogLine
from ergon_ops.logtemplates import summary as logtemplates
from ergon_ops.logtemplates.summary import LogSummary, Template, summarise
from ergon_ops.refs import Ref


def log(*texts: str, stream: str = "stdout", start: float = 100.0) -> list[LogLine]:
    out = "stderr" if stream == "stderr" else "stdout"
    return [LogLine(start + number, out, text) for number, text in enumerate(texts)]  # type: ignore[arg-type]


def only(lines: Iterable[LogLine]) -> Template:
    (template,) = summarise(lines).templates
    return template


def test_lines_that_differ_in_numbers_are_one_template_with_first_and_last() -> None:
    template = only(log("took 12 ms", "took 7 ms", "took 1,204 ms"))

    assert (template.pattern, template.count) == ("took <n> ms", 3)
    assert (template.first_at, template.last_at) == (100.0, 102.0)
    assert template.sample == "took 12 ms"


@pytest.mark.parametrize(
    ("one", "two", "pattern"),
    [
        ("2026-11-22 02:30:00,123 INFO up", "2026-11-23 09:00:00,999 INFO up", "INFO up"),
        ("[2026-11-22 02:30:00 +0000] [7] [INFO] up", "[2026-11-22 02:31:00 +0000] [9] [INFO] up", "[<n>] [INFO] up"),
        ("Nov 22 02:30:00 host cron: run", "Nov 23 04:30:01 host cron: run", "host cron: run"),
        ("1:M 22 Nov 2026 02:30:00.123 * saved", "1:M 22 Nov 2026 05:30:00.001 * saved", "* saved"),
        ("E1122 02:30:00.123456       1 r.go:127] no", "E1123 02:31:00.1       1 r.go:127] no", "E r.go:127] no"),
        ("job 3f2b8c9d-1a2b-4c3d-8e9f-0a1b2c3d4e5f done", "job 9f2b8c9d-1a2b-4c3d-8e9f-0a1b2c3d4e50 done",
         "job <uuid> done"),
        ("commit 9fceb02d0ae5 pushed", "commit 1badcafe0123 pushed", "commit <hex> pushed"),
        ("from 10.0.0.7:51234 hello", "from 10.9.0.7:41234 hello", "from <ip>:<n> hello"),
        ("at 0x7ffe12 fault", "at 0xdeadbe fault", "at <hex> fault"),
        ("user 'bob' gone", "user 'eve' gone", "user <…> gone"),
        ('open "/tmp/a b" failed', 'open "/tmp/c d" failed', "open <…> failed"),
        ("GET /users/17/orders", "GET /users/9/orders", "GET /users/<n>/orders"),
        ('time="2026-11-22T02:30:00Z" level=info', 'time="2026-11-23T02:30:00Z" level=info', "level=info"),
        ('level=info msg="done 5" ms=3', 'level=info msg="done 6" ms=4', 'level=info msg="done <n>" ms=<n>'),
        ('{"level":"info","msg":"took 5 ms","pid":7}', '{"level":"info","msg":"took 6 ms","pid":8}', "took <n> ms"),
    ],
)  # fmt: skip
def test_variable_parts_are_masked(one: str, two: str, pattern: str) -> None:
    template = only(log(one, two))

    assert (template.pattern, template.count) == (pattern, 2)


def test_what_never_varies_is_shown() -> None:
    assert only(log(*["connect to db:63790 refused"] * 3)).pattern == "connect to db:63790 refused"
    assert only(log("KeyError: 'DATABASE_URL'")).pattern == "KeyError: 'DATABASE_URL'"


def test_names_of_things_with_digits_stay() -> None:
    assert only(log("utf8 sha256 http2 ipv4 s3 k8s", "utf8 sha256 http2 ipv4 s3 k8s")).pattern.startswith("utf8 sha256")


def test_many_lines_that_differ_in_one_name_are_one_template() -> None:
    template = only(log(*(f"user {name} logged in" for name in ("ann", "bob", "eve", "joe", "sue", "tim"))))

    assert (template.pattern, template.count) == ("user <…> logged in", 6)


def test_status_codes_of_access_logs_are_kept_apart() -> None:
    line = '10.0.0.{} - - [22/Nov/2026:02:30:0{} +0000] "GET /pay HTTP/1.1" {} 51 "-" "curl/8"'
    summary = summarise(log(*(line.format(n, n, 502 if n % 3 == 0 else 200) for n in range(9))))

    assert [(template.level, template.count) for template in summary.templates] == [("error", 3), ("info", 6)]
    assert '"GET /pay HTTP/1.1" 502' in summary.templates[0].pattern
    assert summary.errors == 3


def test_json_lines_of_one_message_and_two_levels_are_two_templates() -> None:
    summary = summarise(log('{"level":"info","msg":"sync"}', '{"level":"error","msg":"sync","err":"no route"}'))

    assert [(template.level, template.pattern) for template in summary.templates] == [
        ("error", "sync — no route"), ("info", "sync"),
    ]  # fmt: skip


def test_a_json_access_log_with_500_is_an_error() -> None:
    assert only(log('{"level":"info","msg":"request","status":503}')).level == "error"


PYTHON = (
    "Traceback (most recent call last):",
    '  File "/srv/app.py", line 41, in pay',
    "    charge(order)",
    "    ~~~~~~^^^^^^^",
    "TimeoutError: provider did not answer within 5.0 s",
)
JAVA = (
    "java.lang.IllegalStateException: no session",
    "\tat com.acme.Shop.pay(Shop.java:41)",
    "\tat java.base/java.lang.Thread.run(Thread.java:840)",
    "Caused by: java.net.ConnectException: Connection refused",
    "\t... 12 more",
)
NODE = (
    "TypeError: Cannot read properties of undefined (reading 'id')",
    "    at pay (/app/index.js:41:7)",
    "    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
    "",
    "Node.js v18.19.0",
)
GO = (
    "panic: runtime error: index out of range [5] with length 3",
    "",
    "goroutine 1 [running]:",
    "main.pay(0x5, {0xc000012120, 0x1})",
    "\t/src/main.go:41 +0x1d",
    "main.main()",
    "\t/src/main.go:9 +0x1d",
    "exit status 2",
)


@pytest.mark.parametrize(
    ("trace", "pattern"),
    [
        (PYTHON, "TimeoutError: provider did not answer within 5.0 s"),
        (JAVA, "java.lang.IllegalStateException: no session — caused by java.net.ConnectException: Connection refused"),
        (NODE, "TypeError: Cannot read properties of undefined (reading 'id')"),
        (GO, "panic: runtime error: index out of range [5] with length 3"),
    ],
)
def test_a_stack_trace_is_one_entry_named_by_its_exception(trace: tuple[str, ...], pattern: str) -> None:
    summary = summarise(log("starting", *trace, "ready", *trace))
    worst = summary.templates[0]

    assert (worst.pattern, worst.count, worst.level) == (pattern, 2, "error")
    assert sum(template.count for template in summary.templates) == 4
    assert summary.errors == 2


def test_a_chained_traceback_is_named_by_the_last_exception() -> None:
    chained = ("Traceback (most recent call last):", "  File x", "KeyError: 'a'", "",
               "During handling of the above exception, another exception occurred:", "", *PYTHON)  # fmt: skip

    assert only(log(*chained)).pattern == PYTHON[-1]


@pytest.mark.parametrize("between", [(), ("",)])
def test_the_same_exception_again_is_counted_again(between: tuple[str, ...]) -> None:
    summary = summarise(log(*(*PYTHON, *between) * 70))

    assert [(template.pattern, template.count) for template in summary.templates] == [(PYTHON[-1], 70)]
    assert summary.errors == 70


def test_a_trace_on_one_stream_is_not_torn_by_lines_of_the_other() -> None:
    mixed: list[LogLine] = []
    for number, text in enumerate(PYTHON):
        mixed += [LogLine(float(number), "stderr", text), LogLine(float(number), "stdout", "tick")]

    summary = summarise(mixed)

    assert [(template.pattern, template.count) for template in summary.templates] == [(PYTHON[-1], 1), ("tick", 5)]


def test_a_trace_without_an_end_is_still_counted() -> None:
    assert summarise(log(*PYTHON[:2])).errors == 1


def test_the_worst_comes_first_then_the_most_frequent() -> None:
    summary = summarise(log("a", "a", "WARN b", "ERROR c", "b c", "a"))

    assert [template.level for template in summary.templates] == ["error", "warning", "", ""]
    assert summary.templates[2].count == 3


def test_a_level_filters() -> None:
    summary = summarise(log("INFO a", "WARN b", "ERROR c"))

    assert [template.level for template in summary.at_least("warn")] == ["error", "warning"]


@pytest.mark.parametrize("seed", range(5))
def test_every_line_is_counted_once_and_the_same_lines_give_the_same_summary(seed: int) -> None:
    dice = random.Random(seed)
    words = [
        "ok",
        "ERROR",
        "user",
        "7",
        "0x1f",
        "'q'",
        "/a/b",
        '"x y"',
        "{",
        "\tat x",
        "Traceback (most recent call last):",
    ]
    texts = [" ".join(dice.choices(words, k=dice.randint(1, 8))) for _ in range(3000)]

    first, second = summarise(log(*texts)), summarise(log(*texts))

    assert first == second
    assert first.lines == 3000
    assert sum(template.lines for template in first.templates) == 3000


def test_odd_lines_are_survived() -> None:
    odd = [
        "",
        " ",
        "{",
        "}",
        "{}",
        '{"a":',
        '"' * 5000,
        "'" * 5000,
        "\\" * 100,
        "x" * 1_000_000,
        "a1" * 500_000,
        "[]" * 999,
    ]

    summary = summarise(log(*odd))

    assert summary.lines == len(odd)
    assert all(len(template.pattern) <= 300 for template in summary.templates)


def _took(count: int, width: int = 60) -> float:
    dice = random.Random(count)
    texts = [f"job {dice.random()} of user{n} at /x/{n} {'y' * width}" for n in range(count)]
    start = time.perf_counter()
    summary: LogSummary = summarise(log(*texts))
    assert summary.lines == count
    return time.perf_counter() - start


def test_work_grows_no_faster_than_the_log() -> None:
    _took(500)
    small, large = _took(2_000), _took(20_000)

    assert large < 40 * small


def test_distinct_lines_without_end_stay_bounded() -> None:
    letters = "abcdefghij"
    texts = ["".join(letters[int(digit)] for digit in str(n)) + " " + letters[n % 10] * (n % 50) for n in range(20_000)]

    summary = summarise(log(*texts))

    assert len(summary.templates) <= 3_010
    assert sum(template.count for template in summary.templates) == 20_000


NASTY = (
    "1 ",
    "1",
    "[ ",
    "[",
    "a.",
    '"',
    "'",
    "(",
    "x=",
    "A",
    "Aa.",
    "at ",
    "0x",
    "a1",
    ":",
    "-",
    "2026-11-22 02:30:00 ",
    ")w",
    "/",
)


@pytest.mark.parametrize("bit", NASTY)
def test_no_line_takes_longer_than_its_length_explains(bit: str) -> None:
    def fastest(size: int) -> float:
        text = (bit * size)[:size] + "\x02"
        lines = log("panic: x", *(text + str(number) for number in range(40)))
        times = []
        for _ in range(3):
            start = time.process_time()
            summarise(lines)
            times.append(time.process_time() - start)
        return min(times)

    assert fastest(1_900) < 80 * fastest(190)  # ten times the length; its square would be a hundred


def test_a_log_of_ever_new_names_is_told_by_its_plain_words() -> None:
    letters = "abcdefghij"
    names = ["".join(letters[int(digit)] for digit in f"{n:05d}") for n in range(4_000)]
    summary = summarise(log(*(f"status unpacked lib-{name}:amd of {name}" for name in names)))

    told = [template for template in summary.templates if template.pattern.startswith("status unpacked")]
    assert sum(template.count for template in told) == 4_000
    assert sum(template.count for template in summary.templates) == 4_000


def test_readings_carry_lines_errors_and_the_first_templates() -> None:
    rows = logtemplates.readings(
        Ref("api"), summarise(log("ERROR no", "fine 1", "fine 2")), at=9.0, source="s", limit=2
    )

    assert [(row.name, row.key, row.value) for row in rows] == [
        ("log_lines", "", 3), ("log_errors", "", 1), ("log_template", "ERROR no", 1), ("log_template", "fine <n>", 2),
    ]  # fmt: skip


def test_a_template_is_as_old_as_the_last_line_of_its_kind() -> None:
    lines = log("request 17 done", "cache is warm", "request 18 done", start=100.0)
    rows = logtemplates.readings(Ref("web"), summarise(lines), at=900.0, source="api:logs")
    times = {item.key: item.at for item in rows if item.name == "log_template"}
    assert times == {"request <n> done": lines[2].at, "cache is warm": lines[1].at}
    assert {item.at for item in rows if item.name != "log_template"} == {900.0}


def test_without_times_it_is_as_old_as_the_look() -> None:
    lines = [LogLine(None, "stdout", "cache is warm")]
    rows = logtemplates.readings(Ref("web"), summarise(lines), at=900.0, source="api:logs")
    assert {item.at for item in rows} == {900.0}
