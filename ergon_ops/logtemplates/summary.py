"""What a log says, in a few lines: templates with counts, first and last seen, the worst first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import field, replace

from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import LogLine
from ergon_ops.facts import Reading, reading
from ergon_ops.loglevels import ORDER, Level, at_least, level_of
from ergon_ops.logtemplates.masks import coarse, mask, render
from ergon_ops.logtemplates.traces import Entry, entries
from ergon_ops.refs import Ref

MOST = 1_000
SAMPLE = 400
PATTERN = 300
SIBLINGS = 5
JSON_LONGEST = 20_000
MESSAGE_KEYS = ("msg", "message", "event", "text", "log", "body", "short_message")
CAUSE_KEYS = ("error", "err", "exception", "exc_info", "stack", "reason")
OTHER = "(other lines)"


@dataclass(frozen=True, slots=True)
class Template:
    """`pattern` is the line with what varies masked, `sample` the first one as it was; `lines` counts raw lines."""

    pattern: str
    count: int
    first_at: float | None
    last_at: float | None
    level: Level
    sample: str
    stream: str
    lines: int = 1


@dataclass(frozen=True, slots=True)
class LogSummary:
    """`lines` were read; `errors` entries (a stack trace is one) are at level error or above."""

    templates: tuple[Template, ...]
    lines: int
    errors: int

    def at_least(self, level: str) -> tuple[Template, ...]:
        return tuple(template for template in self.templates if at_least(template.level, level))


@dataclass(slots=True)
class _Group:
    skeleton: str
    values: tuple[str, ...]
    level: Level
    sample: str
    stream: str
    order: int
    varies: set[int] = field(default_factory=set)
    count: int = 0
    lines: int = 0
    first_at: float | None = None
    last_at: float | None = None

    def take(self, entry: Entry, values: tuple[str, ...]) -> None:
        self.count += 1
        self.lines += entry.lines
        if entry.at is not None:
            self.first_at = entry.at if self.first_at is None else min(self.first_at, entry.at)
            self.last_at = entry.at if self.last_at is None else max(self.last_at, entry.at)
        if values != self.values and len(self.varies) < len(self.values):
            pairs = enumerate(zip(self.values, values, strict=False))
            self.varies |= {index for index, (mine, theirs) in pairs if mine != theirs}


def summarise(lines: Iterable[LogLine]) -> LogSummary:
    """Every line is counted in exactly one template. The same lines give the same summary."""
    groups: dict[tuple[str, str], _Group] = {}
    total = 0

    def counted() -> Iterable[LogLine]:
        nonlocal total
        for line in lines:
            total += 1
            yield line

    for entry in entries(counted()):
        text, status = _message(entry.named)
        skeleton, values = mask(text)
        # JSON has its level in a field: the skeleton of its message alone does not tell.
        key = (skeleton, status)
        group = groups.get(key)
        if group is None:
            level = _level(entry, status)
            if len(groups) >= MOST:
                skeleton, values = _coarser(skeleton, len(groups)), ()
                key = (skeleton, level)
            group = groups.get(key) or _Group(skeleton, values, level, entry.named[:SAMPLE], entry.stream, len(groups))
            groups[key] = group
        group.take(entry, values)
    templates = _ordered(_merged([_template(group) for group in groups.values()]))
    errors = sum(template.count for template in templates if ORDER[template.level] >= ORDER["error"])
    return LogSummary(templates, total, errors)


def _coarser(skeleton: str, groups: int) -> str:
    """The more kinds of lines there are, the less of a line tells them apart."""
    if groups >= 3 * MOST:
        return OTHER
    words = coarse(skeleton)
    return words if groups < 2 * MOST else " ".join((*words.split(" ")[:2], "<…>"))


def _level(entry: Entry, status: str) -> Level:
    if status:
        return level_of(status)
    level = level_of(entry.text)
    return level or ("error" if entry.trace else "")


def _message(text: str) -> tuple[str, str]:
    """Of a JSON line its message, with a small JSON of what tells its level; of others the line itself."""
    start = text.lstrip()
    if not start.startswith("{") or not start.endswith("}") or len(start) > JSON_LONGEST:
        return text, ""
    try:
        body = json.loads(start)
    except ValueError:
        return text, ""
    said = next((str(body[key]) for key in MESSAGE_KEYS if isinstance(body.get(key), str) and body[key]), "")
    why = next((str(body[key]).partition("\n")[0] for key in CAUSE_KEYS if body.get(key)), "")
    code = next((body[key] for key in ("status", "status_code", "statusCode") if isinstance(body.get(key), int)), None)
    parts = [said, why if why != said else "", f"status \x01{code}" if code is not None else ""]
    message = " — ".join(part for part in parts if part)
    level = level_of(start) or ("error" if why else "")
    if code is not None and code >= 400 and ORDER[level] < ORDER["warning"]:
        level = "error" if code >= 500 else "warning"
    return message or text, json.dumps({"level": level or "none"})


def _template(group: _Group) -> Template:
    pattern = render(group.skeleton, group.values, group.varies)
    short = pattern if len(pattern) <= PATTERN else pattern[: PATTERN - 1] + "…"
    return Template(
        short or OTHER, group.count, group.first_at, group.last_at, group.level, group.sample, group.stream, group.lines
    )


def _merged(templates: list[Template]) -> list[Template]:
    """Templates that differ in one word only become one, if there are several of them: names are variable parts too."""
    shapes: dict[tuple[str, int, str], list[int]] = {}
    for number, template in enumerate(templates):
        words = template.pattern.split(" ")
        if 3 <= len(words) <= 30:
            for place in range(len(words)):
                rest = " ".join((*words[:place], "<…>", *words[place + 1 :]))
                shapes.setdefault((rest, place, template.level), []).append(number)
    gone: set[int] = set()
    made: list[Template] = []
    for (rest, _, _), numbers in sorted(shapes.items(), key=lambda item: -len(item[1])):
        mine = [number for number in numbers if number not in gone]
        if len(mine) >= SIBLINGS:
            gone.update(mine)
            made.append(_together(rest, [templates[number] for number in mine]))
    return made + [template for number, template in enumerate(templates) if number not in gone]


def _together(pattern: str, templates: Sequence[Template]) -> Template:
    firsts = [template.first_at for template in templates if template.first_at is not None]
    lasts = [template.last_at for template in templates if template.last_at is not None]
    return replace(
        templates[0],
        pattern=pattern,
        count=sum(template.count for template in templates),
        lines=sum(template.lines for template in templates),
        first_at=min(firsts, default=None),
        last_at=max(lasts, default=None),
    )


def _ordered(templates: list[Template]) -> tuple[Template, ...]:
    worst = sorted(templates, key=lambda item: (-max(1, ORDER[item.level]), -item.count, item.pattern, item.stream))
    return tuple(worst)


def readings(
    ref: Ref, summary: LogSummary, *, at: float, source: str, window_s: float | None = None, limit: int = 12
) -> tuple[Reading, ...]:
    """`log_lines`, `log_errors` and the first `limit` templates with their counts; the time of a template is that of
    the last line of its kind."""
    rows: list[tuple[str, str, int, float]] = [
        ("log_lines", "", summary.lines, at),
        ("log_errors", "", summary.errors, at),
    ]
    counts: dict[str, tuple[int, float]] = {}
    for template in summary.templates[:limit]:
        count, last = counts.get(template.pattern, (0, 0.0))
        seen = template.last_at if template.last_at is not None else at
        counts[template.pattern] = (count + template.count, max(last, seen))
    rows += [("log_template", pattern, count, last) for pattern, (count, last) in counts.items()]
    return tuple(
        reading(ref, name, value, key=key, at=seen, source=source, window_s=window_s) for name, key, value, seen in rows
    )
