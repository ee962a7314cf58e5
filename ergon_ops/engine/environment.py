"""What an environment variable may tell: never its value, only the host and port that it points to.

A value that could be read in two ways (a password with `/` or `@` in it) tells nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from ergon_ops.redaction import is_secret_key

DEFAULT_PORTS = {
    "redis": 6379, "rediss": 6379, "valkey": 6379, "postgres": 5432, "postgresql": 5432, "mysql": 3306, "mariadb": 3306,
    "amqp": 5672, "amqps": 5671, "mongodb": 27017, "memcached": 11211, "nats": 4222, "kafka": 9092, "http": 80,
    "https": 443, "ldap": 389, "smtp": 25,
}  # fmt: skip
HOST_KEYS = re.compile(r"(?:^|_)(?:HOST|HOSTNAME|SERVER|ADDR|ADDRESS|ENDPOINT|BROKERS?|UPSTREAM|BACKEND)S?$", re.I)
NAME = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?"
BARE = re.compile(rf"(?P<host>{NAME}):(?P<port>\d{{2,5}})")
ALONE = re.compile(NAME)
PORT_KEY = re.compile(r"(?:^|_)PORT(?:_NUMBER)?$", re.I)
OUT_OF_RANGE = re.compile(rf"(?:(?P<host>{NAME}|\*?):)?(?P<port>[1-9]\d{{4,6}})")
LIBPQ = re.compile(r"(?:^|\s)host=(?P<host>\S+)")
LIBPQ_PORT = re.compile(r"(?:^|\s)port=(?P<port>\d{2,5})")
GO_MYSQL = re.compile(rf"@tcp\((?P<host>{NAME}):(?P<port>\d{{2,5}})\)/")
PLACEHOLDER = re.compile(r"\$\{\w+(?::?-[^}]*)?\}|\$\(\w+\)|^\$[A-Z_]{3,}$|\{\{.+\}\}|^<[\w -]+>$|^%\w+%$")
EVERYWHERE = frozenset({"0.0.0.0", "::", "[::]", "true", "false", "yes", "no", "on", "off", "none", "null"})


def hosts(environment: Mapping[str, str]) -> dict[str, str]:
    """Variable name → `host` or `host:port`, for those that point somewhere."""
    found = {key: host_in(key, value.strip(), environment) for key, value in environment.items()}
    return {key: host for key, host in found.items() if host}


def oddities(environment: Mapping[str, str]) -> dict[str, str]:
    """Variable name → what is around its value, or in it, and hardly meant: `docker run --env-file` keeps quotes and
    the carriage return of a file from Windows, and fills no placeholders."""
    found = {key: _odd(value) or no_port(key, value) for key, value in environment.items() if not is_secret_key(key)}
    return {key: what for key, what in found.items() if what}


def no_port(key: str, value: str) -> str:
    """`no port: 93071` where a number above 65535 stands in the place of a port."""
    rest = value.partition("://")[2]
    place = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2] if rest else value.strip()
    if rest.rpartition("@")[2] != rest and "@" not in re.split(r"[/?#]", rest, maxsplit=1)[0]:
        return ""  # a password with a slash in it looks like a host
    match = OUT_OF_RANGE.fullmatch(place)
    if match is None or not (match["host"] is not None or PORT_KEY.search(key)) or int(match["port"]) < 65_536:
        return ""
    return f"no port: {match['port']}"


def _odd(value: str) -> str:
    if value.endswith("\r"):
        return "a carriage return"
    if PLACEHOLDER.search(value):
        return "a placeholder"
    if len(value) > 2 and value[0] == value[-1] and value[0] in "\"'":
        return "quotes"
    return "white space" if value != value.strip() else ""


def host_in(key: str, value: str, others: Mapping[str, str]) -> str:
    if "://" in value:
        return of_url(value)
    if dsn := GO_MYSQL.search(value):
        return f"{dsn['host']}:{dsn['port']}"
    if "host=" in value:
        return _of_libpq(value)
    if is_secret_key(key):
        return ""
    value = value.split(",")[0].strip()
    if (bare := BARE.fullmatch(value)) and _names_a_host(bare["host"]):
        return f"{bare['host']}:{bare['port']}"
    if HOST_KEYS.search(key) and ALONE.fullmatch(value) and _names_a_host(value):
        port = others.get(re.sub(r"(?i)(HOST|HOSTNAME|SERVER|ADDR|ADDRESS)$", "PORT", key), "")
        return f"{value}:{port}" if port.isdigit() and len(port) <= 5 else value
    return ""


def of_url(value: str) -> str:
    scheme, _, rest = value.removeprefix("jdbc:").partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in rest[len(authority) :] and "@" not in authority:
        return ""  # a password with a slash in it looks like a host
    first = authority.rpartition("@")[2].split(",")[0]
    try:
        parts = urlsplit(f"//{first}")
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if not ALONE.fullmatch(name) or name in EVERYWHERE:
        return ""
    port = port or DEFAULT_PORTS.get(scheme.split("+")[0].lower(), 0)
    return f"{name}:{port}" if port else name


def _of_libpq(value: str) -> str:
    host, port = LIBPQ.search(value), LIBPQ_PORT.search(value)
    if not host or not ALONE.fullmatch(host["host"]):
        return ""
    return f"{host['host']}:{port['port']}" if port else host["host"]


def _names_a_host(name: str) -> bool:
    return name.lower() not in EVERYWHERE and (any(letter.isalpha() for letter in name) or name.count(".") == 3)
