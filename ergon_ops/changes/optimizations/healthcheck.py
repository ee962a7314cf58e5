"""Healthchecks: one where there is none, and a working one where its program is missing or its time too short.

Only a test that follows from a listener that was seen, and from a program that was seen in the image, is proposed.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ergon_ops.changes.optimizations.rule import Site, Wish, optimization
from ergon_ops.dataclass import dataclass
from ergon_ops.facts import Fact
from ergon_ops.proposals import Expect

INTERVAL_S, TIMEOUT_S, START_S, RETRIES = 30.0, 5.0, 30.0, 3
LONGEST_S = 120.0
HTTP = frozenset({"nginx", "apache", "apache2", "httpd", "caddy", "uvicorn", "gunicorn", "haproxy", "traefik"})
HIDDEN = ("‹redacted", "…")


@dataclass(frozen=True, slots=True)
class Test:
    words: list[str]
    why: tuple[Fact, ...]


@optimization(
    "HEALTH",
    kinds=("recreate",),
    purpose="hygiene",
    source="docker-bench 4.6, 5.27 (hadolint DL3057 is off by default)",
    formula="a test of the port it listens on, by a program of its image",
    needs=("state", "config", "services", "sockets", "tools"),
    cures=("no_healthcheck",),
)
def healthcheck(site: Site) -> Iterator[Wish]:
    """Check a service that listens and has no healthcheck, by a program that its image has."""
    if not site.running or site.fact("health_command") is not None or not site.scene.known(site.ref, "health_command"):
        return
    test = derived(site)
    if test is None:
        if site.all("listener"):
            yield site.withheld(
                "recreate",
                "no program to check its port with was seen in its image",
                rule="HEALTH",
                next="a HEALTHCHECK in its Dockerfile, written by who knows it",
                why=site.all("listener")[:1],
            )
        return
    yield site.intent(
        "recreate",
        {"patch": {"healthcheck": {**_check(test.words), "start_period_s": START_S}}},
        rule="HEALTH",
        why=(site.scene.get(site.ref, "health_command"), *test.why),
        formula=f"{_spoken(test.words)} every {INTERVAL_S:.0f} s, at most {TIMEOUT_S:.0f} s, {RETRIES} times",
        note="It tells whether the port answers, not whether the answer is right.",
        risk="medium",
    )


@optimization(
    "HEALTH-CMD",
    kinds=("recreate",),
    purpose="performance",
    source="ours: a check whose program is missing says nothing about the app",
    formula="a test of the port it listens on, by a program of its image",
    needs=("state", "config", "services", "sockets", "tools"),
    cures=("healthcheck_cmd_missing",),
    only_cures=True,
)
def other_program(site: Site) -> Iterator[Wish]:
    """Check by a program that the image has, where the healthcheck's own is missing."""
    test, old = derived(site), site.fact("health_command")
    if test is None:
        yield site.withheld(
            "recreate", "no program to check its port with was seen in its image", rule="HEALTH-CMD", why=(old,)
        )
        return
    kept = {"interval_s": site.number("health_interval"), "timeout_s": site.number("health_timeout")}
    yield site.intent(
        "recreate",
        {"patch": {"healthcheck": {**_check(test.words), **{key: it for key, it in kept.items() if it}}}},
        rule="HEALTH-CMD",
        why=(old, *test.why),
        formula=f"{_spoken(test.words)} instead of: {old.value if old is not None else ''}",
        expect=Expect("health_streak", "", "==", 0, 60.0),
        risk="medium",
    )


@optimization(
    "HEALTH-TIME",
    kinds=("recreate",),
    purpose="performance",
    source="ours: a check gets twice the time, and a start twice the time it took",
    formula="timeout x 2; start period = max(30 s, time until its first good check x 2)",
    needs=("state", "config"),
    cures=("healthcheck_timeout", "start_period_too_short"),
    only_cures=True,
)
def more_time(site: Site) -> Iterator[Wish]:
    """Give a check more time, or a start, where the app is well and only the time is short."""
    command, finding = site.fact("health_command"), site.finding
    test = _same(site, command)
    if command is None or finding is None or test is None:
        return
    numbers = {f"{key}_s": site.number(f"health_{key}") for key in ("interval", "timeout", "start_period")}
    check = {"test": test, **{key: it for key, it in numbers.items() if it is not None}}
    slow = finding.cause == "healthcheck_timeout"
    name = "timeout_s" if slow else "start_period_s"
    now = numbers[name] or 0.0
    target = min(max(now * 2, 5.0) if slow else max(now * 2, START_S), LONGEST_S)
    yield site.intent(
        "recreate",
        {"patch": {"healthcheck": {**check, name: target, "retries": int(site.number("health_retries") or RETRIES)}}},
        rule="HEALTH-TIME",
        why=(site.fact(f"health_{name.removesuffix('_s')}"), command),
        formula=f"{name.removesuffix('_s').replace('_', ' ')} {now:g} s -> {target:g} s",
        expect=Expect("health_streak", "", "==", 0, 60.0),
        risk="medium",
    )


def _spoken(words: list[str]) -> str:
    return words[1] if words[0] == "CMD-SHELL" else shlex.join(words[1:])


def _check(words: list[str]) -> dict[str, object]:
    return {"test": words, "interval_s": INTERVAL_S, "timeout_s": TIMEOUT_S, "retries": RETRIES}


def _same(site: Site, command: Fact | None) -> list[str] | None:
    """The test it has, word for word; None where parts of it are hidden."""
    if command is None or any(mark in str(command.value) for mark in HIDDEN):
        return None
    if site.value("health_shell") is not False:
        return ["CMD-SHELL", str(command.value)]
    try:
        return ["CMD", *shlex.split(str(command.value))]
    except ValueError:
        return None


def derived(site: Site) -> Test | None:
    """The best test that what was seen allows."""
    tools = {fact.key: fact for fact in site.all("tool")}
    for row in site.all("listener"):
        address, _, rest = row.key.rpartition(":")
        port, _, protocol = rest.partition("/")
        if protocol != "tcp" or not port.isdigit():
            continue
        host = "127.0.0.1" if address in ("0.0.0.0", "::", "[::]", "*", "127.0.0.1", "::1", "[::1]") else address
        if ":" in host:
            continue
        for name, words in _tests(_program(site, row, port), host, port):
            if name in tools:
                return Test(words, (row, tools[name]))
    return None


def _program(site: Site, row: Fact, port: str) -> str:
    """What serves there, by the services that were recognised, else the program that listens."""
    served = [fact.key.partition(":")[0] for fact in site.all("serving") if fact.key.endswith(f":{port}")]
    return served[0] if served else str(row.value or "")


def _tests(program: str, host: str, port: str) -> Iterator[tuple[str, list[str]]]:
    """Program that is needed → test, most telling first. None of them asks for an answer's content: which pages there
    are is not known. (`curl` without `-f` succeeds with any answer of HTTP.)"""
    if program.startswith(("redis", "valkey")):
        cli = "valkey-cli" if program.startswith("valkey") else "redis-cli"
        yield cli, ["CMD", cli, "-h", host, "-p", port, "ping"]
    if program.startswith("postgres"):
        yield "pg_isready", ["CMD", "pg_isready", "-q", "-h", host, "-p", port]
    if program in HTTP or (program.startswith("python") and port not in ("", "22")):
        url = f"http://{host}:{port}/"
        yield "curl", ["CMD", "curl", "-sS", "-m", "3", "-o", "/dev/null", url]
    yield "bash", ["CMD", "bash", "-c", f"exec 3<>/dev/tcp/{host}/{port}"]
    python = f"import socket; socket.create_connection(('{host}', {port}), 3)"
    yield "python3", ["CMD", "python3", "-c", python]
    yield "nc", ["CMD-SHELL", f"nc -w 3 {shlex.quote(host)} {port} </dev/null"]  # that of busybox has no -z
