# ruff: noqa: SIM905 - a table of words reads best as words
"""Who speaks for a container: its CI name, its role and what it may do, from a registered manifest or from its looks.

A manifest is found by the digest and key the labels name, else by the container's name or Compose service. Role texts
are data: they are bounded here and never become instructions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, Literal, Protocol

from ergon_ops.capabilities import CAPABILITIES
from ergon_ops.dataclass import dataclass
from ergon_ops.engine.protocols import Container
from ergon_ops.manifest import Registrations
from ergon_ops.refs import LOCAL, RESERVED_CI_NAMES, Ref, slug

RoleKind = Literal["web", "app", "database", "cache", "store", "queue", "worker", "job", "proxy"]
ROLE_LIMIT = 200
CI_NAME_LIMIT = 80  # becomes part of a socket's path

# Names Tekton resolves itself, with and without `-ci`: its command words and its own CIs; and our own fleet's voice.
TEKTON_WORDS = frozenset(
    """help whoami list forward unforward prompt purpose review project route sundown sunrise introspect context
    explain status restart logs debug-mcp test alias inbox terma team-chat ci-tool ci-terminal""".split()
)
TEKTON_CIS = frozenset(
    """numa prometheus athena synthesis apollo rhetor metis harmonia noesis engram penia hermes ergon sophia telos terma
    hephaestus tekton tekton-core aish""".split()
)
TAKEN_CI_NAMES = (
    RESERVED_CI_NAMES | TEKTON_WORDS | TEKTON_CIS | {f"{name}-ci" for name in TEKTON_CIS} | {"ergon-ops-ci"}
)

KIND_OF_PROGRAM: dict[str, RoleKind] = {
    **dict.fromkeys("nginx apache apache2 httpd caddy lighttpd openresty angie".split(), "web"),
    **dict.fromkeys("haproxy traefik envoy squid kong pgbouncer proxysql nginx-proxy oauth2-proxy".split(), "proxy"),
    **dict.fromkeys(
        """postgres postgresql postgis timescaledb pgvector mysql mysqld mariadb mariadbd percona mongo mongod mongodb
        mssql cockroach cockroachdb clickhouse influxdb couchdb neo4j cassandra scylla elasticsearch opensearch
        rethinkdb firebird questdb surrealdb victoria-metrics""".split(),
        "database",
    ),
    **dict.fromkeys("redis redis-server valkey valkey-server memcached keydb dragonfly varnish".split(), "cache"),
    **dict.fromkeys("rabbitmq kafka nats nats-server activemq mosquitto redpanda pulsar nsqd".split(), "queue"),
    **dict.fromkeys("minio registry seaweedfs etcd zookeeper consul vault ceph sftp samba gitea".split(), "store"),
    **dict.fromkeys("celery sidekiq rq dramatiq".split(), "worker"),
    **dict.fromkeys("cron crond supercronic ofelia watchtower restic".split(), "job"),
}
KIND_OF_WORD: dict[str, RoleKind] = {
    **dict.fromkeys("db dbs database databases sql postgres pg mysql mariadb mongo mongodb".split(), "database"),
    **dict.fromkeys("cache caches redis valkey memcached sessions".split(), "cache"),
    **dict.fromkeys("queue queues broker mq rabbit rabbitmq kafka bus".split(), "queue"),
    **dict.fromkeys("proxy gateway gw lb loadbalancer ingress edge balancer haproxy traefik".split(), "proxy"),
    **dict.fromkeys("web www webserver frontend ui site website static nginx httpd caddy".split(), "web"),
    **dict.fromkeys("worker workers consumer celery sidekiq processor indexer".split(), "worker"),
    **dict.fromkeys("job jobs cron scheduler backup migrate migration migrations batch".split(), "job"),
    **dict.fromkeys("store storage minio s3 bucket files registry vault etcd".split(), "store"),
    **dict.fromkeys("api backend app server service exporter webapp".split(), "app"),
}
WEAK_WORDS = frozenset("app server service webapp".split())  # say less than an image that is known
DOES: dict[str, str] = {
    "web": "serves web traffic",
    "app": "runs an application",
    "database": "stores data",
    "cache": "keeps data at hand for others",
    "store": "keeps files and objects",
    "queue": "passes messages between services",
    "worker": "works through background tasks",
    "job": "runs a scheduled job",
    "proxy": "passes traffic on to others",
}


class ManifestContainer(Protocol):
    """What a persona takes from one container of a manifest (the manifest's own model fits)."""

    @property
    def role(self) -> str | None: ...
    @property
    def role_kind(self) -> str | None: ...
    @property
    def ci_name(self) -> str | None: ...
    @property
    def ci_capabilities(self) -> Sequence[str] | None: ...
    @property
    def depends_on(self) -> Sequence[str]: ...
    @property
    def applications(self) -> Sequence[str]: ...


class ManifestDocument(Protocol):
    @property
    def containers(self) -> Mapping[str, Any]: ...

    def digest(self) -> str: ...


class ServiceLike(Protocol):
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Persona:
    """`services` are programs or applications by name; `source` is `manifest` or `default`; `role_declared`: the
    `role_kind` is the manifest's, no guess from names and programs."""

    ref: Ref
    ci_name: str
    role: str
    role_kind: RoleKind
    services: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = CAPABILITIES
    slo: Mapping[str, float] = field(default_factory=dict)
    manifest_key: str = ""
    source: Literal["manifest", "default"] = "default"
    role_declared: bool = False


def personas(
    containers: Iterable[Container],
    manifests: Iterable[ManifestDocument] = (),
    services: Mapping[Ref, Sequence[ServiceLike]] | None = None,
) -> dict[Ref, Persona]:
    """One persona for each container, over all hosts at once: CI names are unique among them."""
    everyone = sorted(containers, key=lambda one: (one.ref.host != LOCAL, one.ref.host, one.ref.name))
    known = Registrations(manifests)
    entries = {one.ref: _entry(one, known) for one in everyone}
    names = ci_names([one.ref for one in everyone], {ref: _wish(entry) for ref, (_, entry) in entries.items()})
    seen = services or {}
    return {
        one.ref: _persona(one, names[one.ref], *entries[one.ref], tuple(s.name for s in seen.get(one.ref, ())))
        for one in everyone
    }


def ci_names(refs: Sequence[Ref], wishes: Mapping[Ref, str]) -> dict[Ref, str]:
    """A CI name for each ref, in the order given: wished ones first, then `<name>-ci`, `<name>-<host>-ci`, `…-2`."""
    given: dict[Ref, str] = {}
    taken = set(TAKEN_CI_NAMES)

    def claim(ref: Ref, candidates: Iterable[str]) -> None:
        name = next((name for name in candidates if name and name not in taken), "")
        if name:
            given[ref] = name
            taken.add(name)

    for ref in refs:
        claim(ref, [slug(wishes.get(ref, ""))[:CI_NAME_LIMIT].strip("-")])
    for ref in refs:
        if ref not in given:
            claim(ref, _default_names(ref))
    return given


def _default_names(ref: Ref) -> Iterator[str]:
    stem = slug(ref.name)[: CI_NAME_LIMIT - 30].strip("-") or "container"
    yield f"{stem}-ci"
    with_host = f"{stem}-{slug(ref.host)[:20].strip('-') or 'host'}-ci"
    yield with_host
    number = 2
    while True:
        yield f"{with_host}-{number}"
        number += 1


def _entry(container: Container, known: Registrations[ManifestDocument]) -> tuple[str, Any]:
    """Its key and entry in a registered manifest, or `("", None)`."""
    found = known.find(
        name=container.ref.name,
        digest=container.manifest_digest,
        key=container.manifest_key,
        project=container.project,
        service=container.service,
    )
    return (found[0], found[1].containers[found[0]]) if found else ("", None)


def _wish(entry: ManifestContainer | None) -> str:
    return (entry.ci_name or "") if entry is not None else ""


def _persona(one: Container, ci_name: str, key: str, entry: Any, programs: tuple[str, ...]) -> Persona:
    kind = role_kind(one, programs)
    if entry is None:
        role = default_role(one, kind, programs)
        return Persona(one.ref, ci_name, role, kind, programs or _hint(one), tuple(map(bounded, one.compose_needs)))
    wanted = entry.role_kind if entry.role_kind in DOES else kind
    granted = entry.ci_capabilities
    return Persona(
        ref=one.ref,
        ci_name=ci_name,
        role=bounded(entry.role or "") or default_role(one, wanted, programs),
        role_kind=wanted,
        services=programs or tuple(entry.applications) or _hint(one),
        depends_on=tuple(entry.depends_on),
        capabilities=CAPABILITIES if granted is None else tuple(name for name in CAPABILITIES if name in granted),
        slo=_slo(getattr(entry, "slo", None)),
        manifest_key=key,
        source="manifest",
        role_declared=entry.role_kind in DOES,
    )


def _slo(value: Any) -> dict[str, float]:
    pairs = value.items() if isinstance(value, Mapping) else vars(value).items() if hasattr(value, "__dict__") else ()
    return {str(key): float(number) for key, number in pairs if isinstance(number, int | float)}


def image_program(image: str) -> str:
    """The last part of an image's name without tag or digest: `ghcr.io/acme/Redis:7` → `redis`."""
    return image.split("@")[0].rsplit("/", 1)[-1].split(":")[0].lower()


def _hint(one: Container) -> tuple[str, ...]:
    program = image_program(one.image)
    return (program,) if program in KIND_OF_PROGRAM else ()


def role_kind(one: Container, programs: Sequence[str] = ()) -> RoleKind:
    """What sort of thing this is: the operator's own words for it first (the last telling one), then what runs."""
    for name in filter(None, (one.service, one.ref.name)):
        words = [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word]
        telling = [word.rstrip("0123456789") or word for word in words]
        for word in reversed(telling):
            if word in KIND_OF_WORD and word not in WEAK_WORDS:
                return KIND_OF_WORD[word]
    program = image_program(one.image)
    if program in KIND_OF_PROGRAM:
        return KIND_OF_PROGRAM[program]
    parts = re.split(r"[^a-z0-9]+", program)
    parts.reverse()
    for part in sorted(parts, key=WEAK_WORDS.__contains__):
        if kind := KIND_OF_WORD.get(part) or KIND_OF_PROGRAM.get(part):
            return kind
    return next((KIND_OF_PROGRAM[name] for name in programs if name in KIND_OF_PROGRAM), "app")


def default_role(one: Container, kind: str, programs: Sequence[str] = ()) -> str:
    """Such as `serves web traffic (nginx)`."""
    what = ", ".join(programs[:4]) or image_program(one.image)
    place = f", {one.service} of {one.project}" if one.service and one.project else ""
    return bounded(f"{DOES[kind]} ({what}){place}" if what else DOES[kind] + place)


def bounded(text: str) -> str:
    """One line of at most ROLE_LIMIT printable characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= ROLE_LIMIT else line[: ROLE_LIMIT - 1].rstrip() + "…"
