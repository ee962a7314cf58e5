"""What an inspect document says of names, ports and clocks beside the plain fields: resolvers, wanted ports, sysctls,
the healthcheck's last runs, hosts and ports that settings point to. Values are shown only where they cannot be secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ergon_ops.engine import environment
from ergon_ops.engine.documents import Document, integer, moment, part, rows, text, words
from ergon_ops.engine.environment import PORT_KEY
from ergon_ops.events import timestamp
from ergon_ops.facts import Value
from ergon_ops.redaction import is_secret_key, neutralise, redact_command

Row = tuple[str, str, Value, str]
LONGEST = 200
ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+\-/:]{0,60}")
NAME_PORT = re.compile(rf"(?:^|[=\s@/'\"(])({environment.NAME}):(\d{{2,5}})(?=$|[/?\s,'\")])")
FLAG_HOST = re.compile(rf"(?:^|\s)(?:-h|-H|--host(?:name)?)[=\s]({environment.NAME})(?=\s|$)")
FLAG_PORT = re.compile(r"(?:^|\s)(?:-p|-P|--port)[=\s](\d{2,5})(?=\s|$)")
SERVES = frozenset({"localhost", "0.0.0.0", "127.0.0.1", "::", "::1"})


def settings(doc: Document, values: Mapping[str, str]) -> Iterator[Row]:
    """Of the group `config`: ports and the time zone among the variables, empty ones, kernel settings, hosts that the
    command line names."""
    for key, value in values.items():
        path = f"Config.Env.{key}"
        if not value:
            yield "env_empty", neutralise(key, LONGEST), True, path
        elif PORT_KEY.search(key) and not is_secret_key(key) and value.isdigit() and 0 < int(value) < 65_536:
            yield "env_port", neutralise(key, LONGEST), int(value), path
    for key, what in environment.oddities(values).items():
        yield "env_odd", neutralise(key, LONGEST), what, f"Config.Env.{key}"
    zone = values.get("TZ", "").strip()
    if ZONE.fullmatch(zone):
        yield "timezone", "", zone, "Config.Env.TZ"
    for key, value in part(doc, "HostConfig.Sysctls").items():
        yield "sysctl", neutralise(key, LONGEST), neutralise(str(value), LONGEST), f"HostConfig.Sysctls.{key}"
    for row in words(doc, "HostConfig.ExtraHosts"):
        name, _, address = row.partition(":")
        if environment.ALONE.fullmatch(name) and address:
            yield "extra_host", neutralise(name, LONGEST), neutralise(address, LONGEST), "HostConfig.ExtraHosts"
    command = redact_command([*words(doc, "Config.Entrypoint"), *words(doc, "Config.Cmd")])
    for host in dict.fromkeys(hosts_in(command)):
        yield "command_host", neutralise(host, LONGEST), neutralise(host, LONGEST), "Config.Cmd"


def hosts_in(command: str) -> Iterator[str]:
    """`host` or `host:port` of the URLs, addresses and flags in a command line; what it serves itself is left out."""
    for word in command.split():
        at = re.search(r"[a-z][a-z0-9+.-]*://", word)
        host = environment.of_url(word[at.start() :].strip("'\"(),;")) if at else ""
        if host and host.partition(":")[0] not in SERVES:
            yield host
    for match in NAME_PORT.finditer(re.sub(r"\S*://\S*", " ", command)):
        named = any(letter.isalpha() for letter in match[1]) or match[1].count(".") == 3
        if named and match[1] not in SERVES:
            yield f"{match[1]}:{match[2]}"
    if flag := FLAG_HOST.search(command):
        port = FLAG_PORT.search(command)
        if flag[1] not in SERVES and not flag[1].isdigit():
            yield f"{flag[1]}:{port[1]}" if port else flag[1]


def resolution(doc: Document) -> Iterator[Row]:
    """Of the group `networks`: the name servers and resolver options it was given."""
    for index, address in enumerate(words(doc, "HostConfig.Dns")):
        yield "dns_server", str(index), neutralise(address, LONGEST), "HostConfig.Dns"
    for option in words(doc, "HostConfig.DnsOptions"):
        yield "dns_option", neutralise(option, LONGEST), neutralise(option, LONGEST), "HostConfig.DnsOptions"


def wanted_ports(doc: Document) -> Iterator[Row]:
    """Of the group `ports`: what it should publish, be it running or not; port 0: any that is free."""
    if part(doc, "HostConfig").get("PublishAllPorts"):
        yield "publish_all", "", True, "HostConfig.PublishAllPorts"
    for inside, places in part(doc, "HostConfig.PortBindings").items():
        number, _, protocol = inside.partition("/")
        for place in rows(places):
            key = f"{text(place, 'HostIp') or '0.0.0.0'}:{text(place, 'HostPort') or 0}/{protocol or 'tcp'}"
            if number.isdigit():
                yield "port_binding", key, int(number), f"HostConfig.PortBindings.{inside}"


def health_checks(doc: Document) -> Iterator[Row]:
    """Of the group `state`: exit code and length of the last runs of the healthcheck, by their start."""
    for index, row in enumerate(rows(doc, "State.Health.Log")):
        begun, ended, path = moment(row, "Start"), moment(row, "End"), f"State.Health.Log.{index}"
        if begun is None:
            continue
        yield "health_check", timestamp(begun), integer(row, "ExitCode"), f"{path}.ExitCode"
        if ended is not None:
            yield "health_check_time", timestamp(begun), round(max(0.0, ended - begun), 3), f"{path}.End"


def resolvers(data: str) -> Iterator[tuple[str, str]]:
    """Index and address of the name servers of a resolv.conf."""
    found = (line.split() for line in data.splitlines())
    servers = (words[1] for words in found if len(words) > 1 and words[0] == "nameserver")
    return ((str(index), neutralise(address, LONGEST)) for index, address in enumerate(servers))


def networks(found: Iterable[Document], names: Iterable[str]) -> Iterator[tuple[str, str, Value]]:
    """Name of the fact, network, value: of those networks of the engine's list that are named."""
    wanted = set(names)
    for row in found:
        name = text(row, "Name")
        if name not in wanted:
            continue
        yield "network_internal", name, bool(row.get("Internal"))
        yield "network_driver", name, text(row, "Driver")
        for pool in rows(row, "IPAM.Config"):
            if subnet := text(pool, "Subnet"):
                yield "network_subnet", f"{name}/{subnet}", subnet
