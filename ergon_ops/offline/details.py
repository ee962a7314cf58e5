"""Small things that are read and seldom asked for: zombies, DNS, time zone, rights, open files, names, labels.

A row of the table is a pattern, the fact groups it needs, and a function that tells it. Where nothing is to be told,
the question is answered by whatever else was understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ergon_ops.dataclass import dataclass
from ergon_ops.facts import Fact
from ergon_ops.offline.insides import UNKNOWN, UNSAFE
from ergon_ops.offline.teller import Said, Teller, num, say
from ergon_ops.offline.units import duration, listed, plain, plural, size, some

_LOOKS = re.compile(r"(?:\w+[,:]? ){0,2}(?:is|are|am|does|do|did|has|have|how|which|what|who|any|show|list|tell)\b")

_ORDERS = re.compile(r"(?:please )?(?:make|set|add|change|turn|enable|disable|give|remove|drop|kill|run|start|let)\b")


def _zombies(t: Teller) -> Said:
    row, parents = t.fact("zombies"), t.rows("zombie_parent")
    if row is None:
        return
    if not num(row):
        yield say("None of my processes is a zombie.", row)
        return
    of = f", left by {listed(list(dict.fromkeys(plain(each.value) for each in parents)))}" if parents else ""
    verb = "is a zombie" if num(row) == 1 else "are zombies"
    yield say(f"{plural(num(row), 'process', 'processes')} of mine {verb}{of}.", row, *parents)


def _dns(t: Teller) -> Said:
    own, used, options = t.rows("dns_server"), t.rows("resolver"), t.rows("dns_option")
    if used:
        engine = " (the engine's own)" if {str(row.value) for row in used} == {"127.0.0.11"} else ""
        yield say(f"I ask {_values(used)}{engine} for names.", *used)
    if own:
        yield say(f"I was started with the DNS servers {_values(own)}.", *own)
    if options:
        yield say(f"DNS options: {_values(options)}.", *options)


def _zone(t: Teller) -> Said:
    row, offset = t.fact("timezone"), t.fact("log_clock_offset")
    if row is not None and row.value:
        yield say(f"My time zone is {plain(row.value)}, by the variable TZ.", row)
    elif t.known("env_key", "PATH") or t.rows("env_key"):
        yield say(
            "No variable sets a time zone for me: then it is that of my image, mostly UTC.", *t.rows("env_key")[:1]
        )
    if offset is not None and num(offset):
        yield say(f"My log's clock is {num(offset) / 3600:g} h off the engine's.", offset)


def _rights(t: Teller) -> Said:
    row, user = t.fact("privileged"), t.fact("user")
    if row is not None:
        yield say(
            "I am privileged: I may do all that the host's root may." if row.value else "I am not privileged.", row
        )
    added, dropped = t.rows("capability_added"), t.rows("capability_dropped")
    if added:
        yield say(f"Beside the default ones I have the capabilities {_keys(added)}.", *added)
    if dropped:
        yield say(f"These capabilities were taken from me: {_keys(dropped)}.", *dropped)
    if row is not None and not row.value and not added and not dropped:
        yield say("My kernel capabilities are the engine's default ones.", row)
    options = t.rows("security_option")
    if options:
        yield say(f"Security options: {some(plain(each.key or each.value) for each in options)}.", *options)
    if user is not None and user.value:
        yield say(f"I run as user {plain(user.value)}.", user)


def _files(t: Teller) -> Said:
    names = {row.key: plain(row.value) for row in t.rows("process")}
    for row in t.rows("open_files")[:3]:
        limit = t.fact("open_files_limit", row.key)
        of = f" of at most {num(limit):.0f}" if limit is not None else ""
        who = f"{names[row.key]} (process {plain(row.key)})" if row.key in names else f"Process {plain(row.key)}"
        yield say(f"{who} is nearest to its limit: {plural(num(row), 'file')} open{of}.", row, limit)


def _platform(t: Teller) -> Said:
    image, machine = t.fact("image_platform"), t.fact("machine")
    if image is not None:
        on = f"; the machine is {plain(machine.value)}" if machine is not None else ""
        yield say(f"My image is for {plain(image.value)}{on}.", image, machine)


def _names(t: Teller) -> Said:
    rows = [row for row in t.rows("alias") if row.value]
    by_network: dict[str, list[Fact]] = {}
    for row in rows:
        by_network.setdefault(row.key.partition("/")[0], []).append(row)
    for network, own in list(by_network.items())[:6]:
        names = listed(list(dict.fromkeys(plain(row.value) for row in own)))
        yield say(f"On {plain(network)} I am called {names}.", *own)


def _log(t: Teller) -> Said:
    row, growth, driver = t.fact("log_size"), t.fact("log_growth"), t.fact("log_driver")
    if row is None:
        return
    yield say(f"My log takes {size(num(row))} on the host's disk ({plain(driver.value)})." if driver else
              f"My log takes {size(num(row))} on the host's disk.", row, driver)  # fmt: skip
    if growth is not None:
        grows = f"It grows by {size(num(growth))} a second now." if num(growth) else "It does not grow at this moment."
        yield say(grows, growth)
    bound = [each for each in t.rows("log_option") if each.key == "max-size"]
    if bound:
        yield say(f"It is cut at {plain(bound[0].value)}.", *bound)
    else:
        yield say("Nothing bounds its size.", row)


def _peak(t: Teller) -> Said:
    row, now, span = t.fact("memory_peak"), t.fact("memory_working_set"), t.fact("history_span")
    if row is None or span is None or not num(span):
        return
    current = f"; now it is {size(num(now))}" if now is not None else ""
    yield say(
        f"In the {duration(num(span))} on record my memory was at most {size(num(row))}{current}.", row, span, now
    )


def _labels(t: Teller) -> Said:
    rows = t.rows("label")
    yield say(f"My labels are {_keys(rows)}." if rows else "I have no labels.", *(rows or (t.fact("state"),)))


def _secrets(t: Teller) -> Said:
    rows = t.rows("env_secret")
    if rows:
        yield say(f"Secrets stand in plain sight in my environment: {_keys(rows)}. I never show them.", *rows)
    elif t.rows("env_key"):
        yield say("I see no secret among the variables of my environment.", *t.rows("env_key"))


def _keys(rows: Sequence[Fact]) -> str:
    return some(plain(row.key) for row in rows)


def _values(rows: Sequence[Fact]) -> str:
    return listed(list(dict.fromkeys(plain(row.value) for row in rows)))


@dataclass(frozen=True, slots=True)
class Detail:
    pattern: str
    groups: tuple[str, ...]
    tell: Callable[[Teller], Said]


DETAILS = (
    Detail(r"\bzombies?\b|\bdefunct\b", ("processes",), _zombies),
    Detail(r"\bdns\b(?! name)|\bname ?servers?\b|\bresolv\.conf\b|\bresolver\b", ("networks",), _dns),
    Detail(r"\btime ?zones?\b|\btz\b", ("config",), _zone),
    Detail(
        r"\bprivileged\b|\b(?:kernel|linux|docker|container) (?:capabilit\w+|privileges)|\bcap_\w+|\bseccomp\b|"
        r"\bapparmor\b|\bno.new.privileges\b|\bsecurity (?:options?|settings?)\b",
        ("security", "config"),
        _rights,
    ),
    Detail(
        r"\bopen files?\b|\bfiles? (?:are |is |it )?(?:has |have )?open\b|\bfile (?:descriptors?|handles?)\b|"
        r"\bnofile\b|\bfds?\b",
        ("files", "processes"),
        _files,
    ),
    Detail(r"\barchitecture\b|\bplatform\b|\b(?:amd|arm)64\b|\bx86\w*|\baarch64\b", ("image",), _platform),
    Detail(r"\bhost ?name\b|\bdns names?\b|\balias(?:es)?\b", ("networks",), _names),
    Detail(
        r"\blogs? ?(?:file )?size\b|\blogs?\b.*\bgrow\w*|\bhow (?:big|large|full) (?:is|are)\b.*\blogs?\b|"
        r"\bsize of\b.*\blogs?\b|\blogs?\b.*\btoo (?:big|large)\b",
        ("logfile", "config"),
        _log,
    ),
    Detail(r"\blabels?\b", ("config",), _labels),
    Detail(
        r"^(?!.*\b(?:may|can|could|allowed|limit\w*)\b).*(?:\b(?:peak|highest|maximum|max)\b.*\b(?:memory|ram)\b|\b(?:memory|ram)\b.*\b(?:peak\w*|highest|(?:grow|grew|grown|"
        r"changed?|develop\w*)\b.*\bsince)\b|\bmost (?:memory|ram) (?:you|it|‹name›)? ?(?:ever|has|have)\b)",
        ("history", "memory"),
        _peak,
    ),
    Detail(
        r"\bsecrets?\b.*\b(?:exposed|leak\w*|plain|visible|in (?:the |my |your )?env\w*)\b|"
        r"\b(?:exposed|leaked) secrets?\b",
        ("security", "config"),
        _secrets,
    ),
)  # fmt: skip


def asked(text: str) -> tuple[Detail, ...]:
    said = text.lower()
    return tuple(item for item in DETAILS if re.search(item.pattern, said))


def instead(text: str, intents: tuple[str, ...], reason: str) -> tuple[str, ...]:
    """The intents of a question for such a thing; () for any other. Only a question: an order is no look."""
    said = text.lower()
    looks = (reason in UNKNOWN and not _ORDERS.match(said)) or (reason not in UNSAFE and _LOOKS.match(said) is not None)
    if not looks or {"restart", "why", "optimize"}.intersection(intents) or not asked(text):
        return ()
    return ("details", *([intent for intent in intents if intent != "host"] or ("status",)))


def groups_of(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(group for item in asked(text) for group in item.groups))


def told(t: Teller) -> Said:
    for item in asked(t.ask.text):
        yield from item.tell(t)
