"""Where it is and what it is made of: ports, networks, mounts, neighbours, image, configuration, variables."""

from __future__ import annotations

import re

from ergon_ops.facts import Fact
from ergon_ops.offline.numbers import traffic
from ergon_ops.offline.serving import name_and_port, spoken
from ergon_ops.offline.teller import Said, Teller, num, own_words, say
from ergon_ops.offline.units import duration, listed, moment, plain, plural, size, some
from ergon_ops.offline.verdict import asked_ports, exposure, setting
from ergon_ops.offline.words import Sentence

HOUSED = "lives in its network"
HIDDEN = "I never show values of variables, only their names."


_CONNECT = r"\b(?:connect|reach|access|talk to|get to|address|url|endpoint|host ?name)\b"


def ports(t: Teller) -> Said:
    published, exposed = t.rows("published_port"), t.rows("exposed_port")
    listening = tuple(row for row in t.rows("serving") if row.value == "listening" and name_and_port(row.key)[1])
    mode = t.fact("network_mode")
    if not published and t.running and mode is not None and _borrowed(plain(mode.value)):
        yield from _ports_of_another(t, mode, listening, exposed)
        return
    yield from asked_ports(t, published, listening)
    if published:
        pairs = listed([f"{plain(row.key)} → {row.value}" for row in published])
        yield say(f"I publish {pairs} inside.", *published)
        yield from exposure(t, published)
    elif t.running:
        yield say("I publish no port on the host.", t.fact("state"), t.fact("name"))
    else:
        yield say(f"I am not running ({plain(t.state)}), so I publish no port.", t.fact("state"))
    if listening:
        yield say(f"Inside {spoken(listening)} {'listens' if len(listening) == 1 else 'listen'}.", *listening)
    elif exposed:
        yield say(f"My image exposes {listed([plain(row.key) for row in exposed])}.", *exposed)
    yield from _from_inside(t, listening)


def _from_inside(t: Teller, listening: tuple[Fact, ...]) -> Said:
    """Where other containers find it, if that is asked: names are known on networks of one's own only."""
    networks = tuple(row for row in t.rows("network") if row.key not in ("bridge", "host", "none"))
    if not networks or not re.search(_CONNECT, t.ask.text.lower()):
        return
    near = {_port_of(row) for row in t.rows("listener") if row.key.startswith(("127.", "::1", "[::1]"))}
    wide = {_port_of(row) for row in t.rows("listener")} - near
    open_ = [row for row in listening if (port := name_and_port(row.key)[1]) not in near or port in wide]
    places = [f"{plain(t.view.ref.name)}:{name_and_port(row.key)[1]}" for row in open_[:3]]
    if places:
        where = listed([plain(row.key) for row in networks])
        yield say(f"Containers on {where} reach me as {listed(places)}.", *networks, *open_)


def _port_of(row: Fact) -> str:
    return row.key.rpartition(":")[2].partition("/")[0]


def _borrowed(mode: str) -> bool:
    """Whether it has no network of its own to publish a port of."""
    return mode == "host" or mode.startswith("container:")


def _ports_of_another(t: Teller, mode: Fact, listening: tuple[Fact, ...], exposed: tuple[Fact, ...]) -> Said:
    """What listens in it listens on the host itself, or in the network of another container."""
    on_host = plain(mode.value) == "host"
    whose = "the host's" if on_host else "another container's"
    shared = say(
        f"I share {whose} network (mode {plain(mode.value)}): my listeners are {whose}.", mode, t.fact("state")
    )
    yield shared if on_host else _housed(t, mode) or shared
    for port in (word for word in t.ask.about if word.isdigit()):
        if all(name_and_port(row.key)[1] != port for row in listening):
            yield say(f"Of mine I see nothing that listens on port {port}.", mode, t.fact("state"), *listening)
    if listening:
        place = "on the host itself, without being published" if on_host else "there"
        verb = "listens" if len(listening) == 1 else "listen"
        yield say(f"{spoken(listening)} {verb} {place}.", mode, *listening)
    elif exposed:
        yield say(f"My image exposes {listed([plain(row.key) for row in exposed])}.", *exposed)


def _housed(t: Teller, mode: Fact) -> Sentence | None:
    """Of one that lives in another's network namespace: whose it is, by name where the links tell."""
    kind, _, id = plain(mode.value).partition(":")
    if kind != "container":
        return None
    links = (row for row in t.rows("link") if row.key.startswith("uses ") and HOUSED in plain(row.value))
    link = next(links, None)
    whose = plain(link.key.removeprefix("uses ")) if link is not None else f"another container ({id[:12]})"
    return say(f"I live in the network of {whose}: addresses, ports and listeners are the same for both.", mode, link)


def network(t: Teller) -> Said:
    topics = set(t.ask.topics)
    if "netio" in topics or "io" in topics:
        yield from traffic(t)
        if "network" not in topics:
            return
    rows = t.rows("network")
    if not rows:
        mode = t.fact("network_mode")
        if mode is not None:
            yield _housed(t, mode) or say(f"I am on no network of my own (mode {plain(mode.value)}).", mode)
        else:
            yield say("I am attached to no network that I can see.", t.fact("state"))
        return
    places = [f"{plain(row.key)}{f' as {plain(row.value)}' if row.value else ' (no address now)'}" for row in rows]
    yield say(f"I am on {listed(places)}.", *rows)
    aliases = [row for row in t.rows("alias") if row.value]
    if aliases and "alias" in t.ask.text.lower():
        yield say(f"There I am called {some(plain(row.value) for row in aliases)}.", *aliases)


def mounts(t: Teller) -> Said:
    rows = t.rows("mount")
    asked = [row for row in rows if row.key in t.ask.about]
    wanted = [word for word in t.ask.about if word.startswith("/") and all(row.key != word for row in rows)]
    for path in wanted:
        yield say(f"Nothing is mounted at {plain(path)}.", *rows)
    if not rows:
        if not wanted:
            yield say(
                "Nothing is mounted into me: what I write stays in my own layer, and goes with me.", t.fact("state")
            )
        return
    for row in asked or (rows if not wanted else ()):
        yield _mount(t, row, item=len(asked or rows) > 2)


def _mount(t: Teller, row: Fact, *, item: bool) -> Sentence:
    source, writable = t.fact("mount_source", row.key), t.fact("mount_writable", row.key)
    of = f" of {plain(source.value, 120)}" if source is not None else ""
    mode = "" if writable is None or writable.value else ", read-only"
    used, whole = t.fact("fs_used", row.key), t.fact("fs_size", row.key)
    amount = f", {size(num(used))} of {size(num(whole))} used" if used is not None and whole is not None else ""
    text = f"{plain(row.key)}: {plain(row.value)}{of}{mode}{amount}."
    return say(text, row, source, writable, used, whole, item=item)


def dependencies(t: Teller) -> Said:
    links = t.rows("link")
    why = t.why_unknown("topology")
    if not links and why and why != "because I am not running":
        declared = t.view.persona.depends_on
        if declared:
            yield say(f"My manifest says that I depend on {listed([plain(name) for name in declared])}.")
        yield t.cannot_see("my connections", "topology")
        return
    uses, used = ([row for row in links if row.key.startswith(mark)] for mark in ("uses ", "used by "))
    told = []
    if uses:
        told.append(say(f"I use {some(_link(row, 'uses ') for row in uses)}.", *uses))
    if used:
        told.append(say(f"I am used by {some(_link(row, 'used by ') for row in used)}.", *used))
    yield from told
    if told and not uses:
        yield say("I see nobody that I use.", *links)
    if told and not used:
        yield say("I see nobody that uses me.", *links)
    said = bool(told)
    if not links:
        none = "I see no link to another container: no connection, shared setting or declared dependency."
        yield say(none, t.fact("state"))
    beside = [row for row in links if row.key.startswith("beside ")]
    if beside and not said:
        names = some(plain(row.key.removeprefix("beside ")) for row in beside)
        yield say(f"I share a network with {names}, without a sign that we talk.", *beside)


def _link(row: Fact, mark: str) -> str:
    """`orders-db (env DATABASE_URL)`"""
    return plain(row.key.removeprefix(mark)) + (f" ({plain(row.value)})" if row.value else "")


def image(t: Teller) -> Said:
    fact, digest, created = t.fact("image"), t.fact("image_id"), t.fact("created_at")
    if fact is None:
        yield t.cannot_see("my image", "inspect")
        return
    short = plain(digest.value).removeprefix("sha256:")[:12] if digest is not None else ""
    yield say(f"My image is {plain(fact.value, 200)}{f' (sha256:{short}…)' if short else ''}.", fact, digest)
    if created is not None:
        at = num(created)
        yield say(f"This container was created {duration(t.ago(at))} ago ({moment(at)}).", created)
    if "version" in t.ask.text.lower() and ":" not in plain(fact.value).rsplit("/", 1)[-1]:
        yield say("The image names no tag; which version of the program is in it I cannot tell.", fact)


CONFIG: tuple[tuple[str, str, str, str], ...] = (
    # topic that asks for it, fact, words with a value, words for null or false
    ("command", "command", "My command is {}.", "I have no command of my own."),
    ("policy", "restart_policy", "My restart policy is {}.", "I have no restart policy."),
    ("user", "user", "I run as user {}.", "I run as the image's default user (root unless the image says otherwise)."),
    ("logdriver", "log_driver", "My log driver is {}.", "I have no log driver."),
    ("privileged", "privileged", "I am privileged.", "I am not privileged."),
    ("readonly", "readonly_rootfs", "My root filesystem is read-only.", "My root filesystem is writable."),
    ("init", "init", "An init process of the engine is my PID 1.", "I have no init process of the engine."),
    ("netmode", "network_mode", "My network mode is {}.", "I have no network mode."),
)
QUOTED_CONFIG = frozenset({"command"})


def config(t: Teller) -> Said:
    text = t.ask.text.lower()
    topics = {*t.ask.topics, *(word for word in ("command", "entrypoint", "privileged", "init") if word in text)}
    topics |= {"command"} if "entrypoint" in topics or " cmd" in f" {text}" else set()
    asked = [row for row in CONFIG if row[0] in topics] or CONFIG[:4]
    said = [sentence for _, name, words, null in asked if (sentence := _setting(t, name, words, null)) is not None]
    if not said:
        yield t.cannot_see("my configuration", "inspect")
    yield from said
    if "logdriver" in topics:
        options = t.rows("log_option")
        if options:
            yield say(f"Its options: {some(f'{plain(row.key)}={plain(row.value)}' for row in options)}.", *options)


def _setting(t: Teller, name: str, words: str, null: str) -> Sentence | None:
    fact = t.view.ledger.get(t.view.ref, name)
    if fact is None:
        return None
    if fact.value in (None, "", False) or (name == "restart_policy" and fact.value == "no"):
        return say(setting(t, name, fact.value, null), fact)
    shown = own_words(fact) if name in QUOTED_CONFIG else plain(fact.value)
    extra = t.fact("restart_max") if name == "restart_policy" and t.number("restart_max") else None
    tries = f" (at most {extra.value} times)" if extra is not None else ""
    return say(setting(t, name, fact.value, words.format(shown).removesuffix(".") + tries + "."), fact, extra)


def env(t: Teller) -> Said:
    rows = t.rows("env_key")
    asked = _variables(t)
    for name in asked:
        found = next((row for row in rows if row.key.upper() == name.upper()), None)
        if found is not None:
            yield say(f"{plain(found.key)} is set; its value stays with me.", found)
        else:
            yield say(f"{plain(name)} is not set: I have no variable of that name.", *rows)
    if asked:
        return
    if not rows:
        yield say("I see no environment variables of mine.", t.fact("state"))
        return
    names = some((plain(row.key) for row in rows), 30)
    counted = f"{plural(len(rows), 'variable')} {'is' if len(rows) == 1 else 'are'} set"
    yield say(f"{counted}: {names}. {HIDDEN}", *rows)


def _variables(t: Teller) -> tuple[str, ...]:
    """Names of variables in the question, as typed."""
    words = (word.strip("?.,!:;${}\"'`()") for word in t.ask.text.split())
    return tuple(dict.fromkeys(word for word in words if "_" in word and word.isidentifier())) or tuple(
        word for word in t.ask.about if word.isupper() and len(word) > 2
    )
