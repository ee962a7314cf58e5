"""Sentences made from a drawn world: true ones in many words, and lies of every kind about the same facts."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ergon_ops.facts import Fact
from ergon_ops.refs import Ref
from tests.grounding.worlds import GIB, KIB, MIB, Drawn

Said = Iterator[str]


def size(count: float, draw: random.Random) -> str:
    """In one of the senses people use."""
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB"), (1, "bytes")):
        if count >= unit:
            thousand = {"GiB": 1e9, "MiB": 1e6, "KiB": 1e3}.get(name)
            if thousand and count >= thousand and draw.random() < 0.3:
                return f"{count / thousand:.1f} {name.replace('i', '')}"
            places = 1 if count / unit < 10 and name != "bytes" else 0
            return f"{count / unit:.{places}f} {name}"
    return "0 bytes"


def percent(ratio: float, draw: random.Random) -> str:
    value = ratio * 100
    return (
        draw.choice([f"{value:.1f}%", f"{value:.0f}%", f"{value:.0f} percent", f"{value:.2f} %"])
        if value >= 1
        else f"{value:.2f}%"
    )


def span(seconds: float, draw: random.Random) -> str:
    days, hours, minutes = seconds / 86400, seconds / 3600, seconds / 60
    if days >= 2:
        whole, rest = divmod(seconds, 86400)
        return draw.choice(
            [
                f"{int(days)} days",
                f"{int(whole)} days and {int(rest // 3600)} hours",
                f"{int(whole)}d {int(rest // 3600)}h",
                f"about {round(days)} days",
            ]
        )
    if hours >= 2:
        whole, rest = divmod(seconds, 3600)
        return draw.choice([f"{int(hours)} hours", f"{int(whole)} h {int(rest // 60)} min", f"{hours:.1f} hours"])
    return draw.choice([f"{int(minutes)} minutes", f"{int(minutes)} min"])


@dataclass
class Pen:
    world: Drawn
    draw: random.Random

    def fact(self, ref: Ref, name: str, key: str = "") -> Fact | None:
        found = self.world.ledger.get(ref, name, key)
        return found if found is not None and found.value is not None else None

    def number(self, ref: Ref, name: str, key: str = "") -> float | None:
        found = self.fact(ref, name, key)
        return float(found.value) if found is not None and isinstance(found.value, int | float) else None

    def text(self, ref: Ref, name: str) -> str:
        return self.world.ledger.text(ref, name)

    def any(self, *ways: str) -> str:
        return self.draw.choice(ways)

    def names(self, ref: Ref) -> str:
        return self.any(ref.name, f"**{ref.name}**", f"`{ref.name}`", f"The container {ref.name}", ref.name)


# -- true -------------------------------------------------------------------------------------------------------------


def truths(pen: Pen, ref: Ref) -> Said:
    """Every fact of one container in one of its phrasings."""
    for tell in (_state, _memory, _cpu, _counts, _times, _services, _places, _logs):
        yield from tell(pen, ref, pen.names(ref))


def _state(pen: Pen, ref: Ref, who: str) -> Said:
    state, health, code = pen.text(ref, "state"), pen.text(ref, "health"), pen.number(ref, "exit_code")
    if state == "running":
        yield pen.any(
            f"{who} is running.",
            f"{who} is up.",
            f"{who} is up and running.",
            f"- {ref.name}: running",
            f"{who} is currently in the running state.",
        )
    if state == "exited" and code is not None:
        yield pen.any(
            f"{who} exited with code {code:.0f}.",
            f"{who} is not running; it exited with exit code {code:.0f}.",
            f"{who} is down (exit code {code:.0f}).",
            f"{who} has stopped.",
        )
    if state == "restarting":
        yield pen.any(f"{who} is restarting.", f"{who} is in a restart loop.", f"{who} keeps restarting.")
    if state == "created":
        yield pen.any(f"{who} was never started.", f"{who} was created but never started.")
    words = {"healthy": (f"{who} is healthy.", f"The healthcheck of {ref.name} passes.", f"{ref.name}: healthy ✅"),
             "unhealthy": (f"{who} is unhealthy.", f"The healthcheck of {ref.name} fails.",
                           f"{who} is running but not healthy."),
             "none": (f"{who} has no healthcheck.", f"There is no healthcheck on {ref.name}.")}  # fmt: skip
    if health in words and state == "running":
        yield pen.draw.choice(words[health])
    if (streak := pen.number(ref, "health_streak")) and health == "unhealthy":
        yield pen.any(
            f"{who} has failed {streak:.0f} healthchecks in a row.",
            f"The healthcheck of {ref.name} failed {streak:.0f} times in a row.",
        )
    if pen.fact(ref, "oom_killed") is not None and state == "running":
        yield pen.any(f"{who} was not OOM-killed.", f"{who} has never been OOM-killed.")


def _memory(pen: Pen, ref: Ref, who: str) -> Said:
    used, limit, ratio = (pen.number(ref, name) for name in ("memory_working_set", "memory_limit", "memory_ratio"))
    if used is None or pen.text(ref, "state") != "running":
        return
    amount = size(used, pen.draw)
    yield pen.any(
        f"{who} uses {amount} of memory.",
        f"{who} is using {amount} of RAM right now.",
        f"Memory usage of {ref.name} is {amount}.",
        f"{ref.name}: memory {amount}",
        f"{who} consumes about {amount}.",
        f"~{amount} of memory is used by {ref.name}.",
    )
    if limit and ratio is not None:
        whole, left, share = size(limit, pen.draw), size(limit - used, pen.draw), percent(ratio, pen.draw)
        yield pen.any(
            f"{who} is at {share} of its memory limit.",
            f"Memory of {ref.name} is at {share}.",
            f"{who} uses {amount} of its {whole} limit ({share}).",
            f"- **Memory** of {ref.name}: {amount} / {whole} ({share})",
            f"{who} uses {share} of its memory limit of {whole}.",
        )
        yield pen.any(
            f"The memory limit of {ref.name} is {whole}.",
            f"{who} has a memory limit of {whole}.",
            f"{who} is limited to {whole} of memory.",
        )
        yield pen.any(
            f"{who} has {left} of memory left.",
            f"{who} has {left} of headroom.",
            f"{left} of memory is still free in {ref.name}.",
        )
        tens = int(ratio * 10) * 10
        if ratio * 100 > tens + 0.5:
            yield pen.any(
                f"{who} uses more than {tens}% of its memory limit.",
                f"{who} is below {tens + 10}% of its memory limit.",
                f"{who} is well below 100% of its limit." if ratio < 0.9 else f"{who} is below its memory limit.",
            )
    if limit is None and pen.world.ledger.get(ref, "memory_limit") is not None:
        yield pen.any(
            f"{who} has no memory limit.",
            f"No memory limit is set on {ref.name}.",
            f"{who} runs without a memory limit.",
        )


def _cpu(pen: Pen, ref: Ref, who: str) -> Said:
    used, limit, ratio, throttled = (
        pen.number(ref, name) for name in ("cpu_usage", "cpu_limit", "cpu_ratio", "cpu_throttled_ratio")
    )
    if used is None or pen.text(ref, "state") != "running":
        return
    yield pen.any(
        f"{who} uses {used:.2f} cores.",
        f"{who} uses {used:.3f} CPU cores.",
        f"CPU usage of {ref.name} is {used * 100:.0f}% of one core.",
        f"{who} consumes {used * 1000:.0f} millicores.",
    )
    if ratio is not None and limit:
        yield pen.any(
            f"{who} is at {percent(ratio, pen.draw)} of its CPU limit.",
            f"{who} uses {percent(ratio, pen.draw)} of its CPU limit of {limit:g} cores.",
            f"The CPU limit of {ref.name} is {limit:g} cores.",
        )
    if throttled:
        yield pen.any(
            f"{who} was throttled in {percent(throttled, pen.draw)} of the scheduler periods.",
            f"{who} is being throttled.",
            f"{who} is throttled {percent(throttled, pen.draw)} of the time.",
        )
    elif throttled == 0.0:
        yield pen.any(f"{who} is not throttled.", f"{who} is not being throttled.")
    for finding in pen.world.findings:
        if finding.about == ref and finding.cause == "cpu_throttled":
            yield pen.any(
                f"{who} is slow because its CPU is throttled.",
                f"The cause is CPU throttling in {ref.name}.",
                f"{who} is slow due to CPU throttling.",
                f"{ref.name}: {finding.summary}",
            )


def _counts(pen: Pen, ref: Ref, who: str) -> Said:
    count = pen.number(ref, "restart_count")
    if count is not None:
        number = f"{count:.0f}"
        times = {0: "0 times", 1: "once", 2: "twice"}.get(int(count), f"{number} times")
        ways = [
            f"{who} has restarted {times}.",
            f"{who} was restarted {times}.",
            f"Restarts of {ref.name}: {number}",
            f"The restart count of {ref.name} is {number}.",
        ]
        ways += (
            [f"{who} has never restarted.", f"{who} has had no restarts.", f"{ref.name} has not restarted."]
            if not count
            else [f"{who} has had {number} restart{'s' if count > 1 else ''}."]
        )
        yield pen.draw.choice(ways)
    if (pids := pen.number(ref, "pids")) is not None and pen.text(ref, "state") == "running":
        yield pen.any(
            f"{who} runs {pids:.0f} processes or threads.",
            f"{who} has {pids:.0f} processes.",
            f"The number of processes in {ref.name} is {pids:.0f}.",
        )
    rows = pen.world.ledger.all(ref, "env_key")
    if rows:
        yield pen.any(
            f"{who} has {len(rows)} environment variables.",
            f"{rows[0].key} is set in {ref.name}.",
            f"In {ref.name} the variable {rows[-1].key} is set.",
        )
    policy = pen.text(ref, "restart_policy")
    if policy and policy != "no":
        yield pen.any(f"The restart policy of {ref.name} is {policy}.", f"{who} has the restart policy `{policy}`.")


def _times(pen: Pen, ref: Ref, who: str) -> Said:
    state, now = pen.text(ref, "state"), pen.world.now
    started, ended, created = (pen.number(ref, name) for name in ("started_at", "finished_at", "created_at"))
    if state == "running" and started:
        at, age = datetime.fromtimestamp(started, UTC), now - started
        yield pen.any(
            f"{who} has been up for {span(age, pen.draw)}.",
            f"{who} started {span(age, pen.draw)} ago.",
            f"{who} has been running since {at:%Y-%m-%d %H:%M} UTC.",
            f"{who} started at {at:%H:%M} on {at:%B} {at.day}.",
            f"Uptime of {ref.name}: {span(age, pen.draw)}",
        )
    if state == "exited" and ended:
        at, age = datetime.fromtimestamp(ended, UTC), now - ended
        yield pen.any(
            f"{who} exited {span(age, pen.draw)} ago.",
            f"{who} has been down for {span(age, pen.draw)}.",
            f"{who} exited at {at:%H:%M:%S} UTC.",
        )
    if created:
        yield pen.any(
            f"{who} was created {span(now - created, pen.draw)} ago.",
            f"{who} was created on {datetime.fromtimestamp(created, UTC):%Y-%m-%d}.",
        )


def _services(pen: Pen, ref: Ref, who: str) -> Said:
    if pen.text(ref, "state") != "running":
        return
    for row in pen.world.ledger.all(ref, "serving"):
        name, _, port = row.key.rpartition(":")
        if row.value == "listening" and name:
            yield pen.any(
                f"{who} runs {name} on port {port}.",
                f"In {ref.name}, {name} listens on port {port}.",
                f"{who} serves {name} (port {port}).",
                f"{ref.name}: {name}:{port} is up",
                f"{name} is running in {ref.name} on :{port}.",
            )
        if row.value == "down":
            yield pen.any(f"In {ref.name}, {name} is down.", f"{who} is running, but {name} is not running.")


def _places(pen: Pen, ref: Ref, who: str) -> Said:
    image = pen.text(ref, "image")
    yield pen.any(
        f"{who} runs the image {image}.", f"The image of {ref.name} is `{image}`.", f"{who} was created from {image}."
    )
    for row in pen.world.ledger.all(ref, "published_port"):
        outside = row.key.split("/")[0].rpartition(":")[2]
        yield pen.any(
            f"{who} publishes port {outside} on the host.",
            f"{who} maps {outside} → {row.value}.",
            f"Port {outside} on the host is forwarded to port {row.value} of {ref.name}.",
        )
    for row in pen.world.ledger.all(ref, "mount"):
        used = pen.number(ref, "fs_used_ratio", row.key)
        yield pen.any(
            f"{who} has {str(row.value).split()[-1]} mounted at {row.key}.",
            *([f"In {ref.name}, {row.key} is {percent(used, pen.draw)} full."] if used else []),
        )
    for row in pen.world.ledger.all(ref, "network"):
        yield pen.any(f"{who} is on network {row.key}.", f"{who} is attached to the network {row.key}.")
        if row.value:
            yield f"The address of {ref.name} is {row.value}."
    for row in pen.world.ledger.all(ref, "link"):
        if row.key.startswith("uses "):
            yield pen.any(f"{who} depends on {row.key[5:]}.", f"{who} talks to {row.key[5:]}.")


def _logs(pen: Pen, ref: Ref, who: str) -> Said:
    lines, errors = pen.number(ref, "log_lines"), pen.number(ref, "log_errors")
    if lines is None or errors is None:
        return
    plural = "line" if lines == 1 else "lines"
    yield pen.any(
        f"{who} logged {lines:.0f} {plural}, {errors:.0f} of them errors.",
        f"There are {errors:.0f} errors in the logs of {ref.name}.",
        f"{who} has {errors:.0f} error lines among {lines:.0f} log lines.",
        *([f"There are no errors in the logs of {ref.name}."] if not errors else []),
    )
    for row in pen.world.ledger.all(ref, "log_template")[:2]:
        line = row.key.replace("<n>", str(pen.draw.randint(1, 90)))
        yield pen.any(
            f'The log of {ref.name} says "{line}".', f"{who} logged “{line}”.", f"`{line}` was logged by {ref.name}."
        )
    if (output := pen.text(ref, "health_output")) and pen.text(ref, "health") == "unhealthy":
        yield pen.any(f'The healthcheck of {ref.name} says "{output}".', f"{ref.name}'s last check said “{output}”.")


# -- lies -------------------------------------------------------------------------------------------------------------

Liar = Callable[[Pen, Ref, Ref], Said]


def lies(pen: Pen, ref: Ref, other: Ref) -> Iterator[tuple[str, str]]:
    """(kind, sentence)"""
    for kind, tell in LIARS.items():
        for sentence in tell(pen, ref, other):
            yield kind, sentence


def _wrong_number(pen: Pen, ref: Ref, other: Ref) -> Said:
    used, ratio, cores = (pen.number(ref, name) for name in ("memory_working_set", "memory_ratio", "cpu_usage"))
    far = pen.draw.choice([0.5, 0.7, 1.4, 2.2, 3.0])
    if used:
        yield pen.any(
            f"{ref.name} uses {size(used * far, pen.draw)} of memory.",
            f"Memory of {ref.name} is at {size(used * far, pen.draw)}.",
        )
    if ratio:
        yield f"{ref.name} is at {min(99.0, ratio * 100 * far):.0f}% of its memory limit."
    if cores and cores > 0.01:
        yield f"{ref.name} uses {cores * far:.3f} cores."
    if lines := pen.number(ref, "log_lines"):
        yield f"{ref.name} logged {lines * 3 + 7:.0f} lines."


def _wrong_unit(pen: Pen, ref: Ref, other: Ref) -> Said:
    used = pen.number(ref, "memory_working_set")
    if used:
        yield pen.any(
            f"{ref.name} uses {used / MIB:.0f} GiB of memory.",
            f"{ref.name} uses {used / MIB:.0f} KB of memory.",
            f"{ref.name} uses {used / MIB:.0f}% of its memory."
            if used / MIB < 100
            else f"{ref.name} uses {used / MIB:.0f} bytes of memory.",
        )


def _off_by_one(pen: Pen, ref: Ref, other: Ref) -> Said:
    count, streak, ratio = (pen.number(ref, name) for name in ("restart_count", "health_streak", "memory_ratio"))
    if count is not None:
        yield pen.any(f"{ref.name} has restarted {count + 1:.0f} times.", f"Restarts of {ref.name}: {count + 1:.0f}")
    if streak:
        yield f"The healthcheck of {ref.name} failed {streak + 1:.0f} times in a row."
    if ratio is not None and pen.text(ref, "state") == "running":
        yield f"Memory of {ref.name} is at {round(ratio * 100) + pen.draw.choice((-1, 1))}%."
    if (errors := pen.number(ref, "log_errors")) is not None:
        yield f"There are {errors + 1:.0f} errors in the logs of {ref.name}."


def _wrong_container(pen: Pen, ref: Ref, other: Ref) -> Said:
    mine, theirs = pen.number(ref, "memory_working_set"), pen.number(other, "memory_working_set")
    if mine and (theirs is None or abs(mine - theirs) > 0.2 * mine):
        yield f"{other.name} uses {mine / MIB:.0f} MiB of memory."
    a, b = pen.text(ref, "image"), pen.text(other, "image")
    if a != b:
        yield f"The image of {other.name} is {a}."
    x, y = pen.number(ref, "restart_count"), pen.number(other, "restart_count")
    if x and x != y:
        yield f"{other.name} has restarted {x:.0f} times."
    if theirs and mine and theirs > mine * 1.3:
        yield f"{ref.name} uses more memory than {other.name}."


def _wrong_state(pen: Pen, ref: Ref, other: Ref) -> Said:
    state, health = pen.text(ref, "state"), pen.text(ref, "health")
    if state == "running":
        yield pen.any(
            f"{ref.name} is down.",
            f"{ref.name} has exited.",
            f"{ref.name} is not running.",
            f"{ref.name} is paused.",
            f"{ref.name} is restarting.",
        )
    else:
        yield pen.any(
            f"{ref.name} is running.",
            f"{ref.name} is up and running.",
            f"{ref.name} is healthy.",
            f"{ref.name} is paused.",
        )
    yield (
        pen.any(f"{ref.name} is unhealthy.", f"The healthcheck of {ref.name} fails.")
        if health != "unhealthy"
        else pen.any(f"{ref.name} is healthy.", f"The healthcheck of {ref.name} passes.")
    )
    yield f"{ref.name} was OOM-killed."
    if pen.number(ref, "cpu_throttled_ratio") is not None:
        yield f"{ref.name} is not throttled." if pen.number(ref, "cpu_throttled_ratio") else f"{ref.name} is throttled."
    for row in pen.world.ledger.all(ref, "serving"):
        name = row.key.rpartition(":")[0] or row.key
        yield f"In {ref.name}, {name} is down." if row.value != "down" else f"In {ref.name}, {name} is running."


def _wrong_port(pen: Pen, ref: Ref, other: Ref) -> Said:
    rows = [row for row in pen.world.ledger.all(ref, "serving") if row.value == "listening"]
    for row in rows:
        name, _, port = row.key.rpartition(":")
        yield pen.any(
            f"In {ref.name}, {name} listens on port {int(port) + pen.draw.choice((1, 10, -1, 363))}.",
            f"{ref.name} runs {name} (port {int(port) + 1}).",
        )
    if len(rows) > 1:
        first, second = rows[0].key.rpartition(":"), rows[1].key.rpartition(":")
        yield f"In {ref.name}, {first[0]} listens on port {second[2]}."
    yield f"{ref.name} publishes port {pen.draw.randint(20000, 30000)} on the host."


def _wrong_exit(pen: Pen, ref: Ref, other: Ref) -> Said:
    code = pen.number(ref, "exit_code")
    wrong = pen.draw.choice([item for item in (1, 2, 9, 139, 137, 143) if item != code])
    yield pen.any(
        f"{ref.name} exited with code {wrong}.",
        f"{ref.name} exited ({wrong}).",
        f"The exit code of {ref.name} is {wrong}.",
    )


def _wrong_time(pen: Pen, ref: Ref, other: Ref) -> Said:
    state, now = pen.text(ref, "state"), pen.world.now
    for name, words in (("started_at", "started"), ("finished_at", "exited")):
        at = pen.number(ref, name)
        if at and (state == "running") is (name == "started_at"):
            if now - at < 600:
                continue
            age = (now - at) * pen.draw.choice([0.4, 2.5, 5.0])
            yield f"{ref.name} {words} {span(age, pen.draw)} ago."
            wrong = datetime.fromtimestamp(at + pen.draw.choice((-7200, 5400, 3900)), UTC)
            yield f"{ref.name} {words} at {wrong:%H:%M}."
            yield f"{ref.name} {words} on {datetime.fromtimestamp(at - 4 * 86400, UTC):%Y-%m-%d}."


def _wrong_name(pen: Pen, ref: Ref, other: Ref) -> Said:
    name = pen.any("payments-api", "auth-service", "db-replica-2", "edge-proxy", "billing_worker", "node-7f3a")
    yield pen.any(
        f"{ref.name} talks to {name}.",
        f"{name} is down.",
        f"{ref.name} depends on {name}.",
        f"The container {name} is healthy.",
    )
    yield f"{ref.name} runs the image shop/{ref.name}:{pen.draw.randint(50, 99)}.{pen.draw.randint(40, 99)}."
    yield f"The variable {pen.any('API_TOKEN_TTL', 'KAFKA_BROKERS', 'SMTP_RELAY')} is set in {ref.name}."
    yield f"{ref.name} has a volume mounted at /srv/{pen.any('uploads', 'blobs', 'queue')}."


def _invented_service(pen: Pen, ref: Ref, other: Ref) -> Said:
    program = pen.any("mysql", "RabbitMQ", "kafka", "Elasticsearch", "memcached", "Apache", "mongodb")
    yield pen.any(
        f"{ref.name} runs {program}.",
        f"In {ref.name}, {program} is running on port 9999.",
        f"{ref.name} serves {program}.",
        f"{program} is healthy in {ref.name}.",
    )


def _invented_cause(pen: Pen, ref: Ref, other: Ref) -> Said:
    cause = pen.any(
        "a memory leak",
        "a DNS failure",
        "a full disk",
        "a deadlock",
        "a misconfigured database",
        "network congestion",
        "a bug in the application code",
        "a traffic spike",
        "a hardware failure",
        "too many connections",
    )
    yield pen.any(
        f"{ref.name} is slow because of {cause}.",
        f"{ref.name} fails due to {cause}.",
        f"The root cause is {cause} in {ref.name}.",
        f"This is caused by {cause}.",
        f"{ref.name} suffers from {cause}.",
        f"There is {cause} in {ref.name}.",
    )


def _claimed_action(pen: Pen, ref: Ref, other: Ref) -> Said:
    yield pen.any(
        f"I restarted {ref.name}.",
        f"I have raised the memory limit of {ref.name}.",
        f"The memory limit of {ref.name} has been raised.",
        "Done!",
        f"I will restart {ref.name} now.",
        f"I've changed the configuration of {ref.name}.",
        f"I am restarting {ref.name} now.",
        f"{ref.name} has been fixed.",
        "The change has been applied.",
        f"Successfully restarted {ref.name}.",
        f"I'll go ahead and restart {ref.name}.",
        f"Restarted {ref.name} successfully.",
        f"I fixed {ref.name} for you.",
        f"I just cleared the cache of {ref.name}.",
    )


def _invented_log(pen: Pen, ref: Ref, other: Ref) -> Said:
    line = pen.any(
        "ERROR connection refused to billing",
        "FATAL: password authentication failed for user admin",
        "OutOfMemoryError: Java heap space",
        "WARN disk usage above 90 percent",
        "panic: runtime error: index out of range",
        "segfault at address zero in libc",
    )
    yield pen.any(
        f'The log of {ref.name} says "{line}".',
        f"{ref.name} logged `{line}`.",
        f"The logs of {ref.name} show {line}.",
        f"{ref.name}'s last line is “{line}”.",
    )


def _trend(pen: Pen, ref: Ref, other: Ref) -> Said:
    yield pen.any(
        f"Memory of {ref.name} is growing.",
        f"The memory usage of {ref.name} has been increasing.",
        f"CPU usage of {ref.name} is stable.",
        f"{ref.name} uses more and more memory over time.",
        f"The load of {ref.name} is trending upwards.",
    )


def _hidden(pen: Pen, ref: Ref, other: Ref) -> Said:
    yield pen.any(
        "DATABASE_URI=postgresql://shop:hunter2@orders-db:5432/orders",
        "The password is hunter2.",
        "SECRET_KEY is s3cr3t-value-nobody-may-see",
    )


def _vague(pen: Pen, ref: Ref, other: Ref) -> Said:
    ratio = pen.number(ref, "memory_ratio")
    if ratio is not None and pen.text(ref, "state") == "running":
        yield f"Memory of {ref.name} is almost full." if ratio < 0.8 else f"{ref.name} has plenty of memory left."
        yield f"{ref.name} is above its memory limit."


LIARS: dict[str, Liar] = {
    "wrong number": _wrong_number, "wrong unit": _wrong_unit, "off by one": _off_by_one,
    "wrong container": _wrong_container,
    "wrong state": _wrong_state, "wrong port": _wrong_port, "wrong exit code": _wrong_exit, "wrong time": _wrong_time,
    "wrong name": _wrong_name, "invented service": _invented_service, "invented cause": _invented_cause,
    "claimed action": _claimed_action, "invented log line": _invented_log, "trend": _trend, "hidden value": _hidden,
    "vague": _vague,
}  # fmt: skip
