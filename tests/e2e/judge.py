"""Whether a sentence is true of a world, decided without the product's grounding: by plain patterns and plain sums.

It knows fewer ways of saying things than grounding does, so what it cannot read it leaves alone; what it reads, it
compares with the world itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.e2e.truth import Known, Truth

BYTES = {"b": 1, "byte": 1, "k": 1e3, "kb": 1e3, "kib": 2**10, "m": 1e6, "mb": 1e6, "mib": 2**20,
         "g": 1e9, "gb": 1e9, "gib": 2**30, "t": 1e12, "tb": 1e12, "tib": 2**40,
         "kilobyte": 1e3, "megabyte": 1e6, "gigabyte": 1e9, "terabyte": 1e12}  # fmt: skip
BINARY = {"kb": 2**10, "mb": 2**20, "gb": 2**30, "tb": 2**40, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40,
          "kilobyte": 2**10, "megabyte": 2**20, "gigabyte": 2**30, "terabyte": 2**40}  # fmt: skip
SECONDS = {"ms": 1e-3, "millisecond": 1e-3, "s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60,
           "h": 3600, "hr": 3600, "hour": 3600, "d": 86400, "day": 86400, "week": 604800, "month": 2.6e6,
           "year": 3.15e7}  # fmt: skip
NUMBER = r"(?<![\w.:/-])(\d+(?:[.,]\d+)?)"
SIZE = re.compile(
    rf"{NUMBER}\s*((?:[KMGT]i?B?|bytes?|B|(?:kilo|mega|giga|tera)bytes?))(/s| per second)?(?![\w-])", re.I
)
SHARE = re.compile(rf"{NUMBER}\s*(?:%|percent)", re.I)
SPAN_UNIT = r"(ms|milliseconds?|s|secs?|seconds?|min(?:utes?|s)?|h|hrs?|hours?|d|days?|weeks?|months?|years?)(?![\w-])"
SPAN = re.compile(rf"(?<!over )(?<!last ){NUMBER}\s*{SPAN_UNIT}(?:\s*(?:,|and)?\s*{NUMBER}\s*{SPAN_UNIT})?", re.I)
CORES = re.compile(rf"{NUMBER}\s*(?:v?CPUs?|(?:CPU )?cores?)(?!\w)", re.I)
PORT = re.compile(
    r"\bports?(?: number)?(?:\s+(?:is|are|of))?[\s:(]+((?:\d{2,5}(?:/tcp)?(?:,|\s|and|or|/)*)+)"
    r"|(?<=[\w\]]):(\d{2,5})\b",
    re.I,
)
PERIODS = re.compile(r"scheduler periods over the last ([\d.]+) s", re.I)
EXIT = re.compile(r"\bexit(?:ed)?(?: with)?(?: (?:code|status))+(?:\s+(?:is|was|of))?\s*:?\s*(\d+)", re.I)
COUNTED = {
    r"process(?:es)?|pids?|threads?": ("pids", "pids_limit"), r"restarts?|times": ("restart_count",),
    r"containers?": ("containers",), r"errors?": ("log_errors",), r"(?:log )?lines?": ("log_lines",),
}  # fmt: skip
COUNT = re.compile(rf"{NUMBER}\s+(?:\w+\s)?({'|'.join(COUNTED)})\b", re.I)
VERBS = (
    r"restarted|stopped|started|rebooted|killed|deleted|removed|changed|updated|upgraded|increased|decreased|raised|"
    r"reduced|reset|fixed|repaired|applied|approved|configured|installed|cleaned|enabled|disabled|set|scaled|moved"
)
ACTED = re.compile(
    rf"\b(?:I|we)(?:'ve|'ll have| have| had)? (?:just |now |already |successfully |also )?(?:{VERBS})\b"
    rf"|\b(?:has|have) (?:now |just |already |successfully )?been (?:{VERBS})\b|\bI(?:'m| am) (?:now )?restarting\b",
    re.I,
)
STATES = {"running": {"running"}, "exited": {"exited", "dead"}, "stopped": {"exited", "dead", "created"},
          "paused": {"paused"}, "restarting": {"restarting"}, "crashed": {"exited", "dead", "restarting"}}  # fmt: skip
STATE = re.compile(
    r"\b(?:is|am|are|was|state:|state is|status is|currently|status:|I'm|it's)\s+"
    r"((?:not |n't |currently |up and |now )*)"
    rf"({'|'.join(STATES)}|healthy|unhealthy|listening|up|down)\b(?! to)",
    re.I,
)
PROGRAMS = (
    "nginx", "apache", "httpd", "redis", "postgres", "mysql", "mariadb", "mongodb", "rabbitmq", "kafka", "memcached",
    "elasticsearch", "node", "php", "java", "tomcat", "django", "flask", "uvicorn", "gunicorn", "haproxy", "traefik",
    "kubernetes", "systemd", "ssh", "docker compose", "mssql", "oracle", "sqlite", "perl", "ruby", "golang",
)  # fmt: skip
PROGRAM = re.compile(
    rf"\b({'|'.join(PROGRAMS)})(?:ql|-server|\.?js|d|db)?\b(?:\s*(?:\(|on|at|:)?\s*(?:port )?(\d{{2,5}}))?", re.I
)
IMAGE = re.compile(r"\b[a-z][\w.-]*(?:/[\w.-]+)*:\d+(?:\.\d+)+\b")
ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
DATE = re.compile(r"\b\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?\b")
CAUSE = re.compile(r"\b(?:because|due to|caused by|as a result of|the cause is|reason is|owing to)\b(.*)", re.I)
MAYBE = re.compile(
    r"\b(?:if|whether|may|might|could|possibly|perhaps|can be|would|should|likely|for example|e\.g\.|such as)\b|\?\s*$",
    re.I,
)
TOPICS = {
    r"swap": ("memory_swap",), r"memory|ram\b|working set": ("memory_", "rss", "host_memory"),
    r"throttl": ("cpu_throttled",),
    r"cpu|processor|\bcores?\b": ("cpu_", "host_load", "host_pressure"),
    r"disk|volume|mount|filesystem|storage": ("fs_", "block_", "host_disk"),
    r"network|received|sent|traffic": ("network_",), r"shm": ("shm_",),
}  # fmt: skip


# Words beside a true number that do not make it false.
NEUTRAL = frozenset(
    """a i i'm am is are my me the of at on in to and with by have has use used uses using usage currently now it its
    memory memory_working_set memory_limit memory_ratio memory_usage limit cpu cpu_usage cpu_limit cpu_ratio uptime up
    for since running run runs serving serve listening listen listens listener port ports container webapp worker cache
    orders db working set image pids pids_limit processes process restart_count restarts restarted times state healthy
    health host swap total disk data volume""".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`claims` as they were read; `false` those that the world does not bear out."""

    claims: tuple[str, ...]
    false: tuple[str, ...]


def judge(sentence: str, subjects: Sequence[str], world: Mapping[str, Truth], *, acted: bool = False) -> Verdict:
    """`subjects`: whom the sentence is about unless it names somebody."""
    text = re.sub(r"\[e\d+(?:, ?e?\d+)*\]", "", sentence).replace("**", "").replace("`", "")
    text = re.sub(r"\bload 1?[15]m\b", "load", text)  # over which time, not a size
    if "[struck:" in text:
        return Verdict((), ())
    named = [name for name in world if name and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)]
    about = [world[name] for name in dict.fromkeys([*named, *(subjects if not named else ())])]
    everyone = (
        [*about, world[""]] if len(subjects) != 1 or re.search(r"\b(?:host|engine)(?:\b|_)", text, re.I) else about
    )
    claims: list[str] = []
    false: list[str] = []
    for claim, good in _claims(text, everyone or [world[""]], acted):
        claims.append(claim)
        if not good:
            false.append(claim)
    return Verdict(tuple(claims), tuple(false))


def wholly_true(sentence: str, verdict: Verdict) -> bool:
    """Nothing but true claims with a number, and words that claim nothing beside them."""
    if verdict.false or not any(re.search(r"\d", claim) for claim in verdict.claims):
        return False
    rest = re.sub(r"\[e\d+(?:, ?e?\d+)*\]", " ", sentence)
    for claim in verdict.claims:
        rest = rest.replace(claim, " ")
    return all(word in NEUTRAL for word in re.findall(r"[a-z_']+|\d+", rest.lower()))


def _claims(text: str, about: Sequence[Truth], acted: bool) -> Iterator[tuple[str, bool]]:
    taken: list[tuple[int, int]] = []

    def free(match: re.Match[str]) -> bool:
        inside = any(start < match.end() and match.start() < end for start, end in taken)
        if not inside:
            taken.append(match.span())
        return not inside

    words = " ".join(item.text for item in about)
    for pattern in (DATE, ADDRESS, IMAGE):
        yield from (
            (m[0], m[0].lower().replace("t", " ") in words or m[0].lower() in words)
            for m in pattern.finditer(text)
            if free(m)
        )
    yield from ((m[0], _port(m, about, words)) for m in PORT.finditer(text) if free(m))
    yield from ((m[0], _size(m, about, text)) for m in SIZE.finditer(text) if free(m))
    yield from ((m[0], _near(m[1], 0.01, about, "ratio", text, m.start())) for m in SHARE.finditer(text) if free(m))
    yield from (
        (m[0], _near(m[1], 1, about, "cores", "", 0) or _near(m[1], 1, about, "count", "", 0))
        for m in CORES.finditer(text)
        if free(m)
    )
    yield from ((m[0], _span(m, about, words)) for m in SPAN.finditer(text) if free(m))
    yield from (
        (m[0], _exactly(m[1], about, ("exit_code", "health_exit_code"))) for m in EXIT.finditer(text) if free(m)
    )
    yield from ((m[0], _counted(m, about)) for m in COUNT.finditer(text) if free(m))
    yield from ((m[0], _serves(m, about, words)) for m in PROGRAM.finditer(text))
    if not MAYBE.search(text):
        yield from ((m[0], any(_in_state(m, item) for item in about)) for m in STATE.finditer(text))
        yield from ((m[0], _caused(m[1], about)) for m in CAUSE.finditer(text))
        yield from ((m[0], acted or _counted_restart(m, about)) for m in ACTED.finditer(text))


def _value(text: str) -> tuple[float, float]:
    """The number, and half of its last digit."""
    text = text.replace(",", ".") if re.fullmatch(r"\d+,\d{1,2}", text) else text.replace(",", "")
    digits = len(text.partition(".")[2])
    return float(text), 0.5 * 10.0**-digits


def _fits(said: float, slack: float, scale: float, true: float) -> bool:
    return abs(true / scale - said) <= slack * 1.01 + 1e-9


def _of_topic(items: Iterable[Known], text: str, at: int) -> list[Known]:
    """Those of the resource that is named last before the number, else first behind it."""
    items = list(items)
    before = [(m.start(), names) for words, names in TOPICS.items() for m in re.finditer(words, text[:at], re.I)]
    after = [(-m.start(), names) for words, names in TOPICS.items() for m in re.finditer(words, text[at:], re.I)]
    chosen = max(before or after, default=None)
    if chosen is None:
        return items
    return [item for item in items if item.name.startswith(chosen[1])]


def _near(number: str, scale: float, about: Sequence[Truth], unit: str, text: str, at: int) -> bool:
    said, slack = _value(number)
    slack += 0.6 if unit == "ratio" else 0.0  # scheduler periods are counted whole
    if over := PERIODS.search(text):
        slack += 10 / float(over[1])  # of ten periods a second, one more or less
    items = [item for truth in about for item in truth.numbers if item.unit == unit]
    return any(_fits(said, slack, scale, item.value) for item in (_of_topic(items, text, at) if text else items))


def _size(match: re.Match[str], about: Sequence[Truth], text: str) -> bool:
    said, slack = _value(match[1])
    unit = match[2].lower().removesuffix("s") if match[2].lower().endswith("bytes") else match[2].lower()
    kind = "bytes/s" if match[3] else "bytes"
    items = _of_topic((item for truth in about for item in truth.numbers if item.unit == kind), text, match.start())
    if re.search(r"\blimit\w*[^,;]{0,14}$", text[: match.start()], re.I) and kind == "bytes":
        items = [item for item in items if "limit" in item.name] or items
    return any(
        _fits(said, slack, scale, item.value)
        for scale in {BYTES.get(unit, 1), BINARY.get(unit, BYTES.get(unit, 1))}
        for item in items
    )


def _span(match: re.Match[str], about: Sequence[Truth], words: str) -> bool:
    def seconds(unit: str) -> float:
        unit = unit.lower()
        return SECONDS.get(unit) or SECONDS.get(unit.removesuffix("s")) or SECONDS[unit.removesuffix("utes")]

    said, slack = _value(match[1])
    scale = seconds(match[2])
    if match[3]:
        smaller = seconds(match[4])
        said, slack, scale = said * scale + float(match[3].replace(",", ".")) * smaller, smaller, 1.0
    else:
        slack = max(slack, 0.999 if scale >= 60 else slack)  # "3 hours" of 3 h 50 min
    known = [item.value for truth in about for item in truth.numbers if item.unit == "s"]
    return any(_fits(said, slack, scale, value) for value in known) or match[0].lower() in words


def _port(match: re.Match[str], about: Sequence[Truth], words: str) -> bool:
    said = [int(part) for part in re.findall(r"\d{2,5}", match[0])]
    return all(any(port in truth.ports for truth in about) or re.search(rf":{port}\b", words) for port in said)


def _exactly(number: str, about: Sequence[Truth], names: Sequence[str]) -> bool:
    return any(item.value == float(number) for truth in about for item in truth.numbers if item.name in names)


def _counted(match: re.Match[str], about: Sequence[Truth]) -> bool:
    said, _ = _value(match[1])
    names = next(names for words, names in COUNTED.items() if re.fullmatch(words, match[2], re.I))
    if re.search(r"\berrors? (?:log )?lines?$", match[0], re.I):
        names = ("log_errors",)
    return any(item.value == said for truth in about for item in truth.numbers if item.name in names)


def _serves(match: re.Match[str], about: Sequence[Truth], words: str) -> bool:
    program = match[1].lower()
    if program not in words:
        return False
    if not match[2]:
        return True
    return any(int(match[2]) in truth.serving.get(program, ()) for truth in about) or f"{program}:{match[2]}" in words


def _in_state(match: re.Match[str], truth: Truth) -> bool:
    word = match[2].lower()
    if word == "healthy":
        good = truth.health == "healthy" or (truth.health == "none" and truth.state == "running" and not truth.causes)
    elif word == "listening":
        good = bool(truth.serving)
    elif word in ("up", "down"):
        good = (truth.state == "running") == (word == "up")
    elif word == "unhealthy":
        good = truth.health == "unhealthy"
    else:
        good = truth.state in STATES[word]
    return good != bool(re.search(r"not|n't", match[1]))


def _caused(reason: str, about: Sequence[Truth]) -> bool:
    return any(word in reason.lower() for truth in about for word in truth.causes)


def _counted_restart(match: re.Match[str], about: Sequence[Truth]) -> bool:
    if match[0].lower().endswith("restarting"):
        return any(truth.state == "restarting" for truth in about)
    return (
        "restarted" in match[0].lower()
        and any(item.value > 0 for truth in about for item in truth.numbers if item.name == "restart_count")
        and not re.match(r"I|we", match[0])
    )
